#pragma once
/* Takes the rows of a run and keeps them in the waiting tables of its writer. Not for other rooms.
 */

#include <stdbool.h>

#include <sqlite3.h>

#include "base/error.h"
#include "store/results/results_writer.h"

enum results_insert {
    INSERT_MINUTE,
    INSERT_LIQUIDATION,
    INSERT_ACCOUNT,
    INSERT_FUND,
    INSERT_ADL,
    INSERT_DENSITY,
    INSERT_CONTAGION,
    INSERT_COUNT,
};

struct results_writer {
    struct results_file *file;
    const struct results_run *run;
    bool attached; /* the waiting database is there */
    bool begun;    /* its transaction is open */
    sqlite3_stmt *insert[INSERT_COUNT];
};

/* Prepares the inserts into the waiting tables, which are there. */
MUST_CHECK enum status results_sink_prepare(struct results_writer *writer, struct error *reterr);

/* Ends them. */
void results_sink_finish(struct results_writer *writer);
