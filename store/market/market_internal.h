#pragma once
/* What the parts of the market file share. Not for other rooms. */

#include <stdint.h>

#include <sqlite3.h>

#include "base/error.h"

struct market_file {
    char *path;
    sqlite3 *database;
};

/* Turns an SQLite result into a status with the database's own words; SQLITE_OK, _ROW and _DONE
 * into STATUS_OK. `doing` says what was tried: "reading its blocks". */
MUST_CHECK enum status market_status(const struct market_file *market, int rc, const char *doing,
                                     struct error *reterr);

/* Runs `sql`, one statement or several, without rows. */
MUST_CHECK enum status market_execute(const struct market_file *market, const char *sql,
                                      const char *doing, struct error *reterr);

/* Prepares `sql`; the caller finalizes *ret_statement. */
MUST_CHECK enum status market_prepare(const struct market_file *market, const char *sql,
                                      const char *doing, sqlite3_stmt **ret_statement,
                                      struct error *reterr);

/* The first integer that `sql` gives, with ?1 bound to `argument`; 0 if it gives no row. */
MUST_CHECK enum status market_integer(const struct market_file *market, const char *sql,
                                      int64_t argument, const char *doing, int64_t *ret_value,
                                      struct error *reterr);

/* Ends the transaction under way, if there is one, with nothing changed. */
void market_roll_back(const struct market_file *market);
