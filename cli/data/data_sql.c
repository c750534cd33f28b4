#include "cli/data/data_sql.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "cli/interrupt.h"
#include "store/market/market_query.h"

/* A field of RFC 4180: quoted where it has to be. */
static void print_field(const char *text) {
    if (strpbrk(text, ",\"\r\n") == NULL) {
        (void)fputs(text, stdout); /* flushing tells */
        return;
    }
    (void)putchar('"');
    for (; *text != '\0'; text++) {
        if (*text == '"')
            (void)putchar('"');
        (void)putchar(*text);
    }
    (void)putchar('"');
}

static void print_csv_cell(const struct market_cell *cell) {
    switch (cell->kind) {
    case MARKET_CELL_NULL:
        break;
    case MARKET_CELL_INTEGER:
        printf("%" PRId64, cell->integer);
        break;
    case MARKET_CELL_REAL:
        printf("%.15g", cell->real);
        break;
    case MARKET_CELL_TEXT:
        print_field(cell->text);
        break;
    case MARKET_CELL_BLOB:
        printf("<%" PRId64 " bytes>", cell->integer);
        break;
    }
}

static json_t *json_of_cell(const struct market_cell *cell) {
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

static void print_csv_row(const struct market_query *query) {
    const size_t columns = market_query_columns(query);
    for (size_t i = 0; i < columns; i++) {
        const struct market_cell cell = market_query_cell(query, i);
        if (i > 0)
            (void)putchar(',');
        print_csv_cell(&cell);
    }
    (void)putchar('\n');
}

static enum status print_json_row(const struct market_query *query, bool first,
                                  struct error *reterr) {
    const size_t columns = market_query_columns(query);
    json_t *row = json_object();
    bool made = row != NULL;
    for (size_t i = 0; made && i < columns; i++) {
        const struct market_cell cell = market_query_cell(query, i);
        made =
            json_object_set_new(row, market_query_column_name(query, i), json_of_cell(&cell)) == 0;
    }
    (void)fputs(first ? "\n" : ",\n", stdout); /* flushing tells */
    made = made && json_dumpf(row, stdout, JSON_REAL_PRECISION(15)) == 0;
    json_decref(row);
    if (!made)
        return error_set(reterr, STATUS_CORRUPT, "a row of the result cannot be written as JSON");
    return STATUS_OK;
}

static void print_csv_head(const struct market_query *query) {
    const size_t columns = market_query_columns(query);
    for (size_t i = 0; i < columns; i++) {
        if (i > 0)
            (void)putchar(',');
        print_field(market_query_column_name(query, i));
    }
    (void)putchar('\n');
}

enum status data_sql_print(struct market_file *market, const char *sql, bool json,
                           struct error *reterr) {
    struct market_query *query = NULL;
    enum status status = market_query_begin(market, sql, &query, reterr);
    if (status != STATUS_OK)
        return status;
    if (json)
        (void)putchar('[');
    else
        print_csv_head(query);
    for (bool first = true; status == STATUS_OK; first = false) {
        status = market_query_next(query, reterr);
        if (status == STATUS_OK && json)
            status = print_json_row(query, first, reterr);
        else if (status == STATUS_OK)
            print_csv_row(query);
        if (status == STATUS_OK && interrupt_asked())
            status = error_set(reterr, STATUS_INTERRUPTED, "interrupted");
        if (ferror(stdout) != 0)
            break; /* main tells a full disk from a reader that has seen enough */
    }
    if (json)
        (void)fputs("\n]\n", stdout); /* flushing tells */
    market_query_end(query);
    return status == STATUS_END ? STATUS_OK : status;
}
