#include "cli/table.h"

#include <stdio.h>
#include <stdlib.h>

#include <libsmartcols.h>

struct table {
    struct libscols_table *lines;
    size_t columns;
};

static enum status no_memory(struct error *reterr) {
    return error_set(reterr, STATUS_NO_MEMORY, "no memory for a table");
}

enum status table_create(size_t columns, const struct table_column *headings,
                         struct table **ret_table, struct error *reterr) {
    struct table *table = calloc(1, sizeof(*table));
    if (table == NULL)
        return no_memory(reterr);
    table->columns = columns;
    table->lines = scols_new_table();
    bool made = table->lines != NULL;
    for (size_t i = 0; made && i < columns; i++) {
        made = scols_table_new_column(table->lines, headings[i].heading, 0,
                                      headings[i].right ? SCOLS_FL_RIGHT : 0) != NULL;
    }
    /* A width of our own choice: a pipe has none, and a terminal must not cut a number. */
    made = made && scols_table_set_termforce(table->lines, SCOLS_TERMFORCE_ALWAYS) == 0 &&
           scols_table_set_termwidth(table->lines, 1000) == 0;
    if (!made) {
        table_destroy(table);
        return no_memory(reterr);
    }
    *ret_table = table;
    return STATUS_OK;
}

enum status table_add(struct table *table, const char *const *cells, struct error *reterr) {
    struct libscols_line *line = scols_table_new_line(table->lines, NULL);
    if (line == NULL)
        return no_memory(reterr);
    for (size_t i = 0; i < table->columns; i++) {
        if (cells[i] != NULL && scols_line_set_data(line, i, cells[i]) != 0)
            return no_memory(reterr);
    }
    return STATUS_OK;
}

enum status table_print(struct table *table, struct error *reterr) {
    if (scols_print_table(table->lines) != 0)
        return error_set(reterr, STATUS_IO, "printing a table failed");
    return STATUS_OK;
}

void table_destroy(struct table *table) {
    if (table == NULL)
        return;
    scols_unref_table(table->lines);
    free(table);
}
