#pragma once
/* SQL over a market file: its tables as they are, and `ticks`, which shows the rows in the blocks
 * (store/market/tick_table.h). Reads only. */

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "store/market/market_file.h"

struct market_query; /* opaque */

enum market_cell_kind {
    MARKET_CELL_NULL,
    MARKET_CELL_INTEGER,
    MARKET_CELL_REAL,
    MARKET_CELL_TEXT,
    MARKET_CELL_BLOB, /* shown by its size alone */
};

struct market_cell {
    enum market_cell_kind kind;
    int64_t integer; /* of a blob: its bytes */
    double real;
    const char *text; /* UTF-8, borrowed until the next row */
};

/* Begins `sql`, one statement that gives rows and changes nothing. The caller ends *ret_query with
 * market_query_end(). STATUS_USAGE: not such a statement; the message has SQLite's words. */
MUST_CHECK enum status market_query_begin(struct market_file *market, const char *sql,
                                          struct market_query **ret_query, struct error *reterr);

size_t market_query_columns(const struct market_query *query);
const char *market_query_column_name(const struct market_query *query, size_t column);

/* Goes to the next row. STATUS_END: there is none. STATUS_CORRUPT: a block is damaged. */
MUST_CHECK enum status market_query_next(struct market_query *query, struct error *reterr);

struct market_cell market_query_cell(const struct market_query *query, size_t column);

void market_query_end(struct market_query *query); /* NULL is fine */
