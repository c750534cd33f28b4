/* data sql: the rows of a query, each given as it comes. */

#include <stdlib.h>
#include <string.h>

#include "api/commands/api_commands.h"
#include "store/market/market_file.h"
#include "store/market/market_query.h"

struct sql_request {
    const char *sql;
    const char *data;
};

static const struct api_member members[] = {
    {"sql", API_TEXT, offsetof(struct sql_request, sql), true, 0, 0,
     "one SELECT; table ticks has the rows (docs/data.md)"},
    API_DATA(struct sql_request),
    {NULL, API_TEXT, 0, false, 0, 0, NULL},
};

static json_t *cell_json(const struct market_cell *cell) {
    switch (cell->kind) {
    case MARKET_CELL_INTEGER:
        return json_integer(cell->integer);
    case MARKET_CELL_REAL:
        return json_real(cell->real);
    case MARKET_CELL_TEXT:
        return json_string(cell->text);
    case MARKET_CELL_BLOB:
        return json_pack("{s:I}", "bytes", (json_int_t)cell->integer);
    case MARKET_CELL_NULL:
        break;
    }
    return json_null();
}

static enum status put_row(struct api_answer *answer, const struct market_query *query, bool first,
                           struct error *reterr) {
    const size_t columns = market_query_columns(query);
    json_t *row = json_object();
    bool made = row != NULL;
    for (size_t i = 0; made && i < columns; i++) {
        const struct market_cell cell = market_query_cell(query, i);
        made = json_object_set_new(row, market_query_column_name(query, i), cell_json(&cell)) == 0;
    }
    char *text = made ? json_dumps(row, JSON_REAL_PRECISION(15)) : NULL;
    json_decref(row);
    api_answer_put(answer, first ? "\n" : ",\n", first ? 1 : 2);
    if (text == NULL)
        return error_set(reterr, STATUS_CORRUPT, "a row of the result cannot be written as JSON");
    api_answer_put(answer, text, strlen(text));
    free(text);
    return STATUS_OK;
}

static enum status put_rows(const struct api_host *host, struct market_query *query,
                            struct api_answer *answer, struct error *reterr) {
    enum status status = STATUS_OK;
    api_answer_put(answer, "[", 1);
    for (bool first = true; status == STATUS_OK && !answer->enough; first = false) {
        status = market_query_next(query, reterr);
        if (status == STATUS_OK)
            status = put_row(answer, query, first, reterr);
        if (status == STATUS_OK && host_stops(&host->host))
            status = error_set(reterr, STATUS_INTERRUPTED, "interrupted");
    }
    api_answer_put(answer, "\n]\n", 3);
    answer->whole = status == STATUS_OK || status == STATUS_END;
    return status == STATUS_END ? STATUS_OK : status;
}

static enum status call(const struct api_host *host, const void *fields, struct api_answer *answer,
                        struct error *reterr) {
    const struct sql_request *request = fields;
    const char *path = NULL;
    struct market_file *market = NULL;
    struct market_query *query = NULL;
    enum status status = api_path("data", request->data, host->data, &path, reterr);
    if (status == STATUS_OK)
        status = market_file_open(path, MARKET_READ, &market, reterr);
    if (status == STATUS_OK)
        status = market_query_begin(market, request->sql, &query, reterr);
    if (status == STATUS_OK) {
        status = put_rows(host, query, answer, reterr);
        market_query_end(query);
    }
    market_file_close(market);
    return status;
}

const struct api_command api_data_sql = {
    .name = "data sql",
    .meaning = "the rows of a query on a market file",
    .members = members,
    .fields_size = sizeof(struct sql_request),
    .call = call,
};
