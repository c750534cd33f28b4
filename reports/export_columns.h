#pragma once
/* Which columns of a run's table are exported, and where their exact values are: from the list of
 * tables, never from what a file says of itself. Not for other rooms. */

#include <glib.h>

#include "store/results/results_schema.h"

enum export_kind {
    EXPORT_PLAIN,    /* as SQLite has it */
    EXPORT_NUMBER,   /* digits as text */
    EXPORT_MONEY,    /* integer in 1e-8 */
    EXPORT_PRICE,    /* integer in the instrument's price_tick */
    EXPORT_QUANTITY, /* integer in its lot */
};

struct export_column {
    const char *name;
    enum export_kind kind;
};

struct export_plan {
    const char *name; /* of the file: the view's name, or the table's where it has none */
    GArray *columns;  /* struct export_column, in the order of the view */
    char *sql;        /* gives them for run ?1; behind them the instrument if `on_grid` */
    bool on_grid;
};

/* Plans the export of `table`. The caller ends *ret_plan with export_plan_finish(). */
void export_plan_init(const struct results_table *table, struct export_plan *ret_plan);

void export_plan_finish(struct export_plan *plan); /* zeroed is fine */
