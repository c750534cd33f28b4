#include "store/market/market_query.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>

#include "store/market/market_internal.h"
#include "store/market/tick_table.h"

struct market_query {
    struct market_file *market;
    sqlite3_stmt *statement;
};

/* Whether nothing but blanks and semicolons is left of the text. */
static bool is_done(const char *tail) {
    while (*tail != '\0' && (isspace((unsigned char)*tail) || *tail == ';'))
        tail++;
    return *tail == '\0';
}

enum status market_query_begin(struct market_file *market, const char *sql,
                               struct market_query **ret_query, struct error *reterr) {
    enum status status = tick_table_register(market, reterr);
    if (status != STATUS_OK)
        return status;
    struct market_query *query = calloc(1, sizeof(*query));
    if (query == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for a query");
    query->market = market;
    const char *tail = "";
    const int rc = sqlite3_prepare_v2(market->database, sql, -1, &query->statement, &tail);
    if (rc == SQLITE_ERROR) {
        status = error_set(reterr, STATUS_USAGE, "SQL: %s", sqlite3_errmsg(market->database));
    } else {
        status = market_status(market, rc, "preparing the query", reterr);
        if (status == STATUS_OK && query->statement == NULL)
            status = error_set(reterr, STATUS_USAGE, "SQL: no statement");
        else if (status == STATUS_OK && !is_done(tail))
            status = error_set(reterr, STATUS_USAGE, "SQL: more than one statement: %.200s", tail);
        else if (status == STATUS_OK && (!sqlite3_stmt_readonly(query->statement) ||
                                         sqlite3_column_count(query->statement) == 0))
            status = error_set(reterr, STATUS_USAGE,
                               "SQL: only a SELECT: `import` and `delete` change a market file");
    }
    if (status != STATUS_OK) {
        market_query_end(query);
        return status;
    }
    *ret_query = query;
    return STATUS_OK;
}

size_t market_query_columns(const struct market_query *query) {
    return (size_t)sqlite3_column_count(query->statement);
}

const char *market_query_column_name(const struct market_query *query, size_t column) {
    const char *name = sqlite3_column_name(query->statement, (int)column);
    return name == NULL ? "" : name;
}

enum status market_query_next(struct market_query *query, struct error *reterr) {
    const int rc = sqlite3_step(query->statement);
    if (rc == SQLITE_DONE)
        return STATUS_END;
    if (rc == SQLITE_ERROR)
        return error_set(reterr, STATUS_USAGE, "SQL: %s", sqlite3_errmsg(query->market->database));
    return market_status(query->market, rc, "running the query", reterr);
}

struct market_cell market_query_cell(const struct market_query *query, size_t column) {
    sqlite3_stmt *statement = query->statement;
    const int i = (int)column;
    switch (sqlite3_column_type(statement, i)) {
    case SQLITE_INTEGER:
        return (struct market_cell){.kind = MARKET_CELL_INTEGER,
                                    .integer = sqlite3_column_int64(statement, i)};
    case SQLITE_FLOAT:
        return (struct market_cell){.kind = MARKET_CELL_REAL,
                                    .real = sqlite3_column_double(statement, i)};
    case SQLITE_TEXT:
        return (struct market_cell){.kind = MARKET_CELL_TEXT,
                                    .text = (const char *)sqlite3_column_text(statement, i)};
    case SQLITE_BLOB:
        return (struct market_cell){.kind = MARKET_CELL_BLOB,
                                    .integer = sqlite3_column_bytes(statement, i)};
    default:
        return (struct market_cell){.kind = MARKET_CELL_NULL};
    }
}

void market_query_end(struct market_query *query) {
    if (query == NULL)
        return;
    (void)sqlite3_finalize(query->statement); /* repeats what step said */
    free(query);
}
