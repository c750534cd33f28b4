#pragma once
/* Which columns of a run's table are exported, and where their exact values are. Not for other
 * rooms. */

#include <glib.h>

#include "base/error.h"
#include "store/results/results_file.h"

enum export_kind {
    EXPORT_PLAIN,    /* as SQLite has it */
    EXPORT_NUMBER,   /* digits as text */
    EXPORT_MONEY,    /* integer in 1e-8 */
    EXPORT_PRICE,    /* integer in the instrument's price_tick */
    EXPORT_QUANTITY, /* integer in its lot */
};

struct export_column {
    char *name;
    enum export_kind kind;
};

struct export_plan {
    char *name;      /* of the file: the view's name, or the table's where it has none */
    GArray *columns; /* struct export_column */
    char *sql;       /* gives them for run ?1; behind them the instrument if `on_grid` */
    bool on_grid;
};

/* Plans the export of `table`. STATUS_OK: the caller ends *ret_plan with export_plan_finish().
 * STATUS_FOREIGN: columns that this version does not know how to write. */
MUST_CHECK enum status export_plan_init(struct results_file *file, const char *table,
                                        struct export_plan *ret_plan, struct error *reterr);

void export_plan_finish(struct export_plan *plan); /* zeroed is fine */
