#include "store/results/results_columns.h"

#include <stdlib.h>
#include <string.h>

static const char name_characters[] = "abcdefghijklmnopqrstuvwxyz"
                                      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";

static enum status add(struct results_columns *columns, const struct results_rows *rows,
                       const char *path, const char *table, struct error *reterr) {
    const char *name = results_rows_text(rows, 0);
    if (name[0] == '\0' || name[strspn(name, name_characters)] != '\0')
        return error_set(reterr, STATUS_FOREIGN,
                         "results file '%s': table %s has a column that is not of crossfall: '%s'",
                         path, table, name);
    struct results_column *grown =
        reallocarray(columns->rows, columns->count + 1, sizeof(*columns->rows));
    char *copy = strdup(name);
    if (grown != NULL)
        columns->rows = grown;
    if (grown == NULL || copy == NULL) {
        free(copy);
        return error_set(reterr, STATUS_NO_MEMORY, "results file '%s': no memory", path);
    }
    columns->rows[columns->count++] = (struct results_column){
        .name = copy,
        .generated = results_rows_integer(rows, 1) >= 2, /* 2: virtual, 3: kept */
        .key = (int)results_rows_integer(rows, 2)};
    return STATUS_OK;
}

enum status results_columns_read(struct results_file *file, const char *table,
                                 struct results_columns *ret_columns, struct error *reterr) {
    struct results_columns columns = {0};
    struct results_rows *rows = NULL;
    enum status status = results_query(file, "SELECT name, hidden, pk FROM pragma_table_xinfo(?1)",
                                       table, &rows, reterr);
    while (status == STATUS_OK) {
        status = results_rows_next(rows, reterr);
        if (status == STATUS_OK)
            status = add(&columns, rows, results_file_path(file), table, reterr);
    }
    results_rows_end(rows);
    if (status != STATUS_END) {
        results_columns_finish(&columns);
        return status;
    }
    *ret_columns = columns;
    return STATUS_OK;
}

void results_columns_finish(struct results_columns *columns) {
    for (size_t i = 0; i < columns->count; i++)
        free(columns->rows[i].name);
    free(columns->rows);
    *columns = (struct results_columns){0};
}

const struct results_column *results_columns_find(const struct results_columns *columns,
                                                  const char *name) {
    for (size_t i = 0; i < columns->count; i++)
        if (strcmp(columns->rows[i].name, name) == 0)
            return &columns->rows[i];
    return NULL;
}
