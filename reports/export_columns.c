#include "reports/export_columns.h"

/* The exact one of the columns that a column is kept in. */
static void put_stored(GString *select, const struct results_column *column) {
    char names[RESULTS_STORED_MAX][RESULTS_NAME_SIZE];
    const size_t count = results_column_stored(column, names);
    g_string_append(select, names[count - 1]);
}

static enum export_kind kind_of(const struct results_column *column) {
    switch (column->kind) {
    case COLUMN_SCALED:
    case COLUMN_DERIVED_SCALED:
        return EXPORT_MONEY;
    case COLUMN_PRICE:
    case COLUMN_TICKS:
        return EXPORT_PRICE;
    case COLUMN_QUANTITY:
        return EXPORT_QUANTITY;
    case COLUMN_DECIMAL:
        return EXPORT_NUMBER;
    case COLUMN_REAL:
        return column->sql != NULL ? EXPORT_NUMBER : EXPORT_PLAIN;
    case COLUMN_TEXT:
    case COLUMN_INTEGER:
    case COLUMN_BLOB:
    case COLUMN_TIME:
    case COLUMN_GENERATED:
    case COLUMN_DERIVED:
        break;
    }
    return EXPORT_PLAIN;
}

static void put_column(GString *select, const struct results_column *column) {
    if (column->kind == COLUMN_TIME || column->kind == COLUMN_GENERATED)
        g_string_append(select, column->name); /* as text, by SQLite */
    else if (column->sql != NULL)
        g_string_append(select, column->sql);
    else
        put_stored(select, column);
}

void export_plan_init(const struct results_table *table, struct export_plan *ret_plan) {
    struct export_plan plan = {.name = table->view != NULL ? table->view : table->name,
                               .columns = g_array_new(FALSE, FALSE, sizeof(struct export_column))};
    GString *select = g_string_new("SELECT ");
    for (const struct results_column *from = table->columns; from->name != NULL; from++) {
        if (from->flags & COLUMN_HIDDEN)
            continue;
        const struct export_column column = {from->name, kind_of(from)};
        g_string_append(select, plan.columns->len > 0 ? ", " : "");
        put_column(select, from);
        g_array_append_val(plan.columns, column);
        plan.on_grid =
            plan.on_grid || column.kind == EXPORT_PRICE || column.kind == EXPORT_QUANTITY;
    }
    g_string_append_printf(select, "%s FROM %s WHERE %s = ?1 ORDER BY %s",
                           plan.on_grid ? ", instrument" : "", table->name,
                           results_table_run(table), table->key != NULL ? table->key : "rowid");
    plan.sql = g_string_free(select, FALSE);
    *ret_plan = plan;
}

void export_plan_finish(struct export_plan *plan) {
    if (plan->columns != NULL)
        (void)g_array_free(plan->columns, TRUE); /* returns NULL */
    g_free(plan->sql);
    *plan = (struct export_plan){0};
}
