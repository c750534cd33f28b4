#include "cli/data/data_sql.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

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

static void print_csv_head(const struct market_query *query) {
    const size_t columns = market_query_columns(query);
    for (size_t i = 0; i < columns; i++) {
        if (i > 0)
            (void)putchar(',');
        print_field(market_query_column_name(query, i));
    }
    (void)putchar('\n');
}

enum status data_sql_print(struct market_file *market, const char *sql, struct error *reterr) {
    struct market_query *query = NULL;
    enum status status = market_query_begin(market, sql, &query, reterr);
    if (status != STATUS_OK)
        return status;
    print_csv_head(query);
    while (status == STATUS_OK) {
        status = market_query_next(query, reterr);
        if (status == STATUS_OK)
            print_csv_row(query);
        if (ferror(stdout) != 0)
            break; /* main tells a full disk from a reader that has seen enough */
    }
    market_query_end(query);
    return status == STATUS_END ? STATUS_OK : status;
}
