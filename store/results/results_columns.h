#pragma once
/* What columns a table or view of a results file has: for what walks through whole tables. */

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "store/results/results_file.h"

struct results_column {
    char *name;     /* letters, digits and _ alone, so it may stand in SQL */
    bool generated; /* worked out from the others, not stored */
    int key;        /* place in the primary key, from 1; 0: not of it */
};

/* In the order of the table. `count` 0: there is no such table or view. */
struct results_columns {
    struct results_column *rows;
    size_t count;
};

/* Reads the columns of `table`. STATUS_OK: the caller ends *ret_columns with
 * results_columns_finish(). STATUS_FOREIGN: a name that is none of ours. */
MUST_CHECK enum status results_columns_read(struct results_file *file, const char *table,
                                            struct results_columns *ret_columns,
                                            struct error *reterr);

void results_columns_finish(struct results_columns *columns); /* zeroed is fine */

/* NULL: there is none of this name. */
const struct results_column *results_columns_find(const struct results_columns *columns,
                                                  const char *name);
