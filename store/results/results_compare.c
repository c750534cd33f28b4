#include "store/results/results_compare.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "store/results/results_schema.h"

/* A column of the query: one in which a column of the table is kept. */
struct shown {
    char name[RESULTS_NAME_SIZE];
    bool telling; /* tells a reader which row it is */
};

struct comparison {
    const struct results_table *table;
    sqlite3_str *select;
    struct shown *shown;
    int count;
};

/* Builds the query: all that is kept but what belongs to the one making of a run. */
static enum status plan(struct comparison *comparison, struct error *reterr) {
    const struct results_table *table = comparison->table;
    size_t columns = 0;
    while (table->columns[columns].name != NULL)
        columns++;
    comparison->shown = calloc((columns + 1) * RESULTS_STORED_MAX, sizeof(*comparison->shown));
    if (comparison->shown == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory to compare table %s", table->name);
    for (size_t i = 0; i < columns; i++) {
        char names[RESULTS_STORED_MAX][RESULTS_NAME_SIZE];
        const size_t stored = results_column_stored(&table->columns[i], names);
        for (size_t k = 0; k < stored && !(table->columns[i].flags & COLUMN_OWN); k++) {
            struct shown *shown = &comparison->shown[comparison->count];
            memcpy(shown->name, names[k], sizeof(names[k]));
            shown->telling = table->columns[i].flags & COLUMN_TELLING;
            sqlite3_str_appendf(comparison->select, "%s%s",
                                comparison->count++ > 0 ? ", " : "SELECT ", shown->name);
        }
    }
    sqlite3_str_appendf(comparison->select, " FROM %s WHERE %s = ?1 ORDER BY %s", table->name,
                        results_table_run(table), table->key != NULL ? table->key : "rowid");
    if (sqlite3_str_errcode(comparison->select) != SQLITE_OK)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory to compare table %s", table->name);
    return STATUS_OK;
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
        if (!comparison->shown[i].telling)
            continue;
        used +=
            (size_t)snprintf(ret_text + used, size - used, "%s%s %s", used > 0 ? ", " : "",
                             comparison->shown[i].name, results_rows_text(rows, i)); /* cut is ok */
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
                       comparison->shown[i].name); /* ours are shorter */
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
                       comparison->table->name); /* ours are shorter */
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
    struct comparison comparison = {.table = results_table_find(table),
                                    .select = sqlite3_str_new(NULL)};
    struct results_rows *old_rows = NULL;
    struct results_rows *new_rows = NULL;
    enum status status = plan(&comparison, reterr);
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
    free(comparison.shown);
    sqlite3_free(sql);
    return status;
}
