#include "reports/export_columns.h"

#include <string.h>

#include "store/results/results_columns.h"

/* Tables of another name than their view. */
static const struct {
    const char *table;
    const char *view;
} views[] = {
    {"run", "runs"},
    {"input", "inputs"},
    {"setting", "settings"},
    {"note", "notes"},
    {"instrument", "instruments"},
    {"minute", "minutes"},
    {"liquidation", "liquidations"},
    {"account", "accounts"},
    {"cohort", "cohorts"},
    {"fund", "fund_path"},
    {"adl", "deleveragings"},
    {"contagion", "contagions"},
    {"metric", "metrics"},
};

/* Columns of views that are worked out, or whose digits stand elsewhere. */
static const struct {
    const char *table;
    const char *column;
    const char *sql;
    enum export_kind kind;
} worked_out[] = {
    {"run", "run", "id", EXPORT_PLAIN},
    {"run", "first_tick", "strftime('%Y-%m-%dT%H:%M:%SZ', from_ns / 1000000000, 'unixepoch')",
     EXPORT_PLAIN},
    {"run", "last_tick", "strftime('%Y-%m-%dT%H:%M:%SZ', to_ns / 1000000000, 'unixepoch')",
     EXPORT_PLAIN},
    {"account", "result", "equity_end_e8 - equity_start_e8", EXPORT_MONEY},
    {"cohort", "result", "equity_end - equity_start", EXPORT_PLAIN},
    {"metric", "value", "CASE WHEN exact <> '' AND value IS NOT NULL THEN exact ELSE value END",
     EXPORT_NUMBER},
};

/* How the exact form of a column is called. */
static const struct {
    const char *ending;
    enum export_kind kind;
} exact_forms[] = {
    {"_e8", EXPORT_MONEY},
    {"_ticks", EXPORT_PRICE},
    {"_lots", EXPORT_QUANTITY},
    {"_exact", EXPORT_NUMBER},
};

struct planner {
    struct export_plan *plan;
    const char *table;
    struct results_columns columns; /* of the table */
    GString *select;
};

static void add(struct planner *planner, const char *name, const char *sql, enum export_kind kind) {
    const struct export_column column = {g_strdup(name), kind};
    g_string_append_printf(planner->select, "%s%s", planner->plan->columns->len > 0 ? ", " : "",
                           sql);
    g_array_append_val(planner->plan->columns, column);
    if (kind == EXPORT_PRICE || kind == EXPORT_QUANTITY)
        planner->plan->on_grid = true;
}

/* Adds column `name` of the view. False: the table has no such column. */
static bool add_named(struct planner *planner, const char *name) {
    for (size_t i = 0; i < G_N_ELEMENTS(worked_out); i++)
        if (strcmp(worked_out[i].table, planner->table) == 0 &&
            strcmp(worked_out[i].column, name) == 0) {
            add(planner, name, worked_out[i].sql, worked_out[i].kind);
            return true;
        }
    for (size_t i = 0; i < G_N_ELEMENTS(exact_forms); i++) {
        char *exact = g_strconcat(name, exact_forms[i].ending, NULL);
        const bool has = results_columns_find(&planner->columns, exact) != NULL;
        if (has)
            add(planner, name, exact, exact_forms[i].kind);
        g_free(exact);
        if (has)
            return true;
    }
    if (results_columns_find(&planner->columns, name) == NULL)
        return false;
    add(planner, name, name, EXPORT_PLAIN);
    return true;
}

/* Of a table without a view: every column once, under its plain name. */
static void add_all(struct planner *planner) {
    for (size_t i = 0; i < planner->columns.count; i++) {
        const char *name = planner->columns.rows[i].name;
        char *plain = g_strdup(strcmp(name, "ts_ns") == 0 ? "ts" : name);
        for (size_t k = 0; k < G_N_ELEMENTS(exact_forms); k++)
            if (g_str_has_suffix(plain, exact_forms[k].ending))
                plain[strlen(plain) - strlen(exact_forms[k].ending)] = '\0';
        bool there = false;
        for (guint k = 0; k < planner->plan->columns->len; k++)
            there =
                there || strcmp(g_array_index(planner->plan->columns, struct export_column, k).name,
                                plain) == 0;
        if (!there && !add_named(planner, plain))
            add(planner, name, name, EXPORT_PLAIN); /* ts_ns where there is no ts */
        g_free(plain);
    }
}

/* By the primary key; tables without one in the order of their rows. */
static void add_order(struct planner *planner) {
    bool keyed = false;
    for (int place = 1; place <= (int)planner->columns.count; place++)
        for (size_t i = 0; i < planner->columns.count; i++)
            if (planner->columns.rows[i].key == place) {
                g_string_append_printf(planner->select, "%s%s", keyed ? ", " : " ORDER BY ",
                                       planner->columns.rows[i].name);
                keyed = true;
            }
    if (!keyed)
        g_string_append(planner->select, " ORDER BY rowid");
}

static enum status plan_columns(struct results_file *file, struct planner *planner,
                                struct error *reterr) {
    const char *view = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(views); i++)
        if (strcmp(views[i].table, planner->table) == 0)
            view = views[i].view;
    planner->plan->name = g_strdup(view != NULL ? view : planner->table);
    struct results_columns shown = {0};
    enum status status = STATUS_OK;
    if (view != NULL)
        status = results_columns_read(file, view, &shown, reterr);
    for (size_t i = 0; status == STATUS_OK && i < shown.count; i++)
        if (!add_named(planner, shown.rows[i].name))
            status = error_set(reterr, STATUS_FOREIGN,
                               "results file '%s': view %s has a column that this crossfall does "
                               "not know: %s",
                               results_file_path(file), view, shown.rows[i].name);
    if (status == STATUS_OK && shown.count == 0)
        add_all(planner);
    results_columns_finish(&shown);
    return status;
}

enum status export_plan_init(struct results_file *file, const char *table,
                             struct export_plan *ret_plan, struct error *reterr) {
    struct export_plan plan = {.columns = g_array_new(FALSE, FALSE, sizeof(struct export_column))};
    struct planner planner = {.plan = &plan, .table = table, .select = g_string_new("SELECT ")};
    enum status status = results_columns_read(file, table, &planner.columns, reterr);
    if (status == STATUS_OK && planner.columns.count == 0)
        status = error_set(reterr, STATUS_FOREIGN, "results file '%s' has no table %s",
                           results_file_path(file), table);
    if (status == STATUS_OK)
        status = plan_columns(file, &planner, reterr);
    if (status == STATUS_OK) {
        const bool by_id = strcmp(table, "run") == 0;
        g_string_append_printf(planner.select, "%s FROM %s WHERE %s = ?1",
                               plan.on_grid ? ", instrument" : "", table, by_id ? "id" : "run");
        add_order(&planner);
    }
    results_columns_finish(&planner.columns);
    plan.sql = g_string_free(planner.select, FALSE);
    if (status != STATUS_OK) {
        export_plan_finish(&plan);
        return status;
    }
    *ret_plan = plan;
    return STATUS_OK;
}

void export_plan_finish(struct export_plan *plan) {
    for (guint i = 0; plan->columns != NULL && i < plan->columns->len; i++)
        g_free(g_array_index(plan->columns, struct export_column, i).name);
    if (plan->columns != NULL)
        (void)g_array_free(plan->columns, TRUE); /* returns NULL */
    g_free(plan->name);
    g_free(plan->sql);
    *plan = (struct export_plan){0};
}
