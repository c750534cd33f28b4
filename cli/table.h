#pragma once
/* A table on standard output, drawn by libsmartcols. */

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct table; /* opaque */

struct table_column {
    const char *heading;
    bool right; /* numbers stand at the right */
};

/* STATUS_OK: the caller ends *ret_table with table_destroy(). STATUS_NO_MEMORY. */
MUST_CHECK enum status table_create(size_t columns, const struct table_column *headings,
                                    struct table **ret_table, struct error *reterr);

/* Adds a row of cells, one a column; NULL is an empty cell. Strings are copied. */
MUST_CHECK enum status table_add(struct table *table, const char *const *cells,
                                 struct error *reterr);

/* Prints it, never cut to the width of the terminal. */
MUST_CHECK enum status table_print(struct table *table, struct error *reterr);

void table_destroy(struct table *table); /* NULL is fine */
