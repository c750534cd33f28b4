#include "store/results/results_compare.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "store/results/results_columns.h"

static const char *const not_compared[] = {"ordinal", "created_at", "elapsed_s", "version"};

/* Columns that tell a reader which row it is. */
static const char *const telling[] = {"number", "ts_ns", "wave",  "account", "instrument", "role",
                                      "name",   "key",   "cause", "effect",  "cohort"};

struct comparison {
    const char *table;
    struct results_columns columns; /* of both */
    sqlite3_str *select;
    int *shown; /* index into `columns` of each column of the query */
    int count;
};

static bool is_listed(const char *name, const char *const *list, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i], name) == 0)
            return true;
    return false;
}

static bool is_compared(const struct comparison *comparison, const struct results_column *column) {
    const size_t count = sizeof(not_compared) / sizeof(not_compared[0]);
    return !column->generated &&
           (strcmp(comparison->table, "run") != 0 || !is_listed(column->name, not_compared, count));
}

static void add_order(struct comparison *comparison) {
    bool keyed = false;
    for (int place = 1; place <= (int)comparison->columns.count; place++)
        for (size_t i = 0; i < comparison->columns.count; i++)
            if (comparison->columns.rows[i].key == place) {
                sqlite3_str_appendf(comparison->select, "%s%s", keyed ? ", " : " ORDER BY ",
                                    comparison->columns.rows[i].name);
                keyed = true;
            }
    if (!keyed)
        sqlite3_str_appendall(comparison->select, " ORDER BY rowid");
}

/* Builds the query; the names are known to be names. */
static enum status plan(struct comparison *comparison, struct results_file *stored,
                        struct results_file *now, struct error *reterr) {
    struct results_columns old = {0};
    enum status status = results_columns_read(now, comparison->table, &comparison->columns, reterr);
    if (status == STATUS_OK)
        status = results_columns_read(stored, comparison->table, &old, reterr);
    if (status != STATUS_OK)
        return status;
    const size_t count = comparison->columns.count;
    comparison->shown = calloc(count + 1, sizeof(*comparison->shown));
    if (comparison->shown == NULL)
        status =
            error_set(reterr, STATUS_NO_MEMORY, "no memory to compare table %s", comparison->table);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        const struct results_column *column = &comparison->columns.rows[i];
        if (!is_compared(comparison, column))
            continue;
        if (results_columns_find(&old, column->name) == NULL)
            status = error_set(reterr, STATUS_FOREIGN,
                               "results file '%s': table %s has no column %s: another version made "
                               "it",
                               results_file_path(stored), comparison->table, column->name);
        sqlite3_str_appendf(comparison->select, "%s%s", comparison->count > 0 ? ", " : "SELECT ",
                            column->name);
        comparison->shown[comparison->count++] = (int)i;
    }
    results_columns_finish(&old);
    sqlite3_str_appendf(comparison->select, " FROM %s WHERE %s = ?1", comparison->table,
                        strcmp(comparison->table, "run") == 0 ? "id" : "run");
    add_order(comparison);
    if (status == STATUS_OK && sqlite3_str_errcode(comparison->select) != SQLITE_OK)
        status =
            error_set(reterr, STATUS_NO_MEMORY, "no memory to compare table %s", comparison->table);
    return status;
}

static bool equal(const struct results_rows *a, const struct results_rows *b, int column) {
    const enum results_kind kind = results_rows_kind(a, column);
    if (kind != results_rows_kind(b, column))
        return false;
    if (kind == RESULTS_NULL)
        return true;
    if (kind == RESULTS_INTEGER)
        return results_rows_integer(a, column) == results_rows_integer(b, column);
    if (kind == RESULTS_REAL) {
        const double x = results_rows_real(a, column);
        const double y = results_rows_real(b, column);
        return memcmp(&x, &y, sizeof(x)) == 0;
    }
    size_t a_size = 0;
    size_t b_size = 0;
    const void *a_bytes = results_rows_blob(a, column, &a_size);
    const void *b_bytes = results_rows_blob(b, column, &b_size);
    return a_size == b_size && (a_size == 0 || memcmp(a_bytes, b_bytes, a_size) == 0);
}

static void show(const struct results_rows *rows, int column, size_t size, char *ret_text) {
    if (results_rows_kind(rows, column) == RESULTS_REAL)
        (void)snprintf(ret_text, size, "%.17g", results_rows_real(rows, column));
    else if (results_rows_is_null(rows, column))
        (void)snprintf(ret_text, size, "NULL");
    else
        (void)snprintf(ret_text, size, "%s", results_rows_text(rows, column)); /* cut is ok */
}

static void show_where(const struct comparison *comparison, const struct results_rows *rows,
                       size_t size, char *ret_text) {
    size_t used = 0;
    ret_text[0] = '\0';
    for (int i = 0; i < comparison->count && used < size; i++) {
        const char *name = comparison->columns.rows[comparison->shown[i]].name;
        if (!is_listed(name, telling, sizeof(telling) / sizeof(telling[0])))
            continue;
        used += (size_t)snprintf(ret_text + used, size - used, "%s%s %s", used > 0 ? ", " : "",
                                 name, results_rows_text(rows, i)); /* cut is ok */
    }
}

/* Whether a column of the present rows differs; fills in the difference. */
static bool find_difference(const struct comparison *comparison, const struct results_rows *stored,
                            const struct results_rows *now,
                            struct results_difference *ret_difference) {
    for (int i = 0; i < comparison->count; i++) {
        if (equal(stored, now, i))
            continue;
        (void)snprintf(ret_difference->column, sizeof(ret_difference->column), "%s",
                       comparison->columns.rows[comparison->shown[i]].name); /* ours are shorter */
        show(stored, i, sizeof(ret_difference->stored), ret_difference->stored);
        show(now, i, sizeof(ret_difference->now), ret_difference->now);
        show_where(comparison, now, sizeof(ret_difference->where), ret_difference->where);
        return true;
    }
    return false;
}

/* Walks through both at once. */
static enum status walk(const struct comparison *comparison, struct results_rows *stored,
                        struct results_rows *now, uint64_t *ret_rows, bool *ret_differs,
                        struct results_difference *ret_difference, struct error *reterr) {
    *ret_rows = 0;
    *ret_differs = false;
    for (;;) {
        const enum status old_row = results_rows_next(stored, reterr);
        if (old_row != STATUS_OK && old_row != STATUS_END)
            return old_row;
        const enum status new_row = results_rows_next(now, reterr);
        if (new_row != STATUS_OK && new_row != STATUS_END)
            return new_row;
        if (old_row == STATUS_END && new_row == STATUS_END)
            return STATUS_OK;
        struct results_difference difference = {.row = *ret_rows + 1};
        (void)snprintf(difference.table, sizeof(difference.table), "%s",
                       comparison->table); /* ours are shorter */
        if (old_row != new_row) {
            *ret_differs = true;
            (void)snprintf(difference.stored, sizeof(difference.stored), "%s",
                           old_row == STATUS_OK ? "a row" : "no row"); /* fits */
            (void)snprintf(difference.now, sizeof(difference.now), "%s",
                           new_row == STATUS_OK ? "a row" : "no row"); /* likewise */
            show_where(comparison, old_row == STATUS_OK ? stored : now, sizeof(difference.where),
                       difference.where);
        } else {
            *ret_differs = find_difference(comparison, stored, now, &difference);
        }
        if (*ret_differs) {
            *ret_difference = difference;
            return STATUS_OK;
        }
        (*ret_rows)++;
    }
}

enum status results_compare(struct results_file *stored, struct results_file *now, const char *id,
                            const char *table, uint64_t *ret_rows, bool *ret_differs,
                            struct results_difference *ret_difference, struct error *reterr) {
    struct comparison comparison = {.table = table, .select = sqlite3_str_new(NULL)};
    struct results_rows *old_rows = NULL;
    struct results_rows *new_rows = NULL;
    enum status status = plan(&comparison, stored, now, reterr);
    char *sql =
        sqlite3_str_finish(comparison.select); /* NULL if nothing was put in, or no memory */
    if (status == STATUS_OK)
        status = results_query(stored, sql, id, &old_rows, reterr);
    if (status == STATUS_OK)
        status = results_query(now, sql, id, &new_rows, reterr);
    if (status == STATUS_OK)
        status =
            walk(&comparison, old_rows, new_rows, ret_rows, ret_differs, ret_difference, reterr);
    results_rows_end(old_rows);
    results_rows_end(new_rows);
    results_columns_finish(&comparison.columns);
    free(comparison.shown);
    sqlite3_free(sql);
    return status;
}
