#pragma once
/* `crossfall data sql`: the rows of a query as CSV. */

#include "base/error.h"
#include "store/market/market_file.h"

/* Runs `sql` on `market` and prints every row as it comes to standard output. */
MUST_CHECK enum status data_sql_print(struct market_file *market, const char *sql,
                                      struct error *reterr);
