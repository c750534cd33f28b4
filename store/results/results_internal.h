#pragma once
/* What the reader and the writer of the results file share. Not for other rooms. */

#include <sqlite3.h>

#include "base/error.h"

struct results_file {
    char *path;
    sqlite3 *database;
};

/* Turns an SQLite result into a status with the database's own words; SQLITE_OK, _ROW and _DONE
 * into STATUS_OK. `doing` says what was tried: "reading the runs". */
MUST_CHECK enum status results_status(struct results_file *file, int rc, const char *doing,
                                      struct error *reterr);

/* Runs `sql`, one statement or several. */
MUST_CHECK enum status results_execute(struct results_file *file, const char *sql,
                                       const char *doing, struct error *reterr);
