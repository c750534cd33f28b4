/* Rows a second from CSV, plain and packed, on one core: container, hash and decoder, into a sink
 * that only adds up. The rows are a random walk: generic tick CSV of five instruments, aggTrades of
 * Binance and trades of Tardis of one.
 * Usage: bench_csv [ROWS]. */

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/random_stream.h"
#include "loaders/loaders.h"
#include "tests/unit/base/packed_file.h"

struct sum {
    uint64_t rows;
    uint64_t hash; /* so that nothing can be left out */
};

static enum status add_up(void *context, const struct series_key *key,
                          const struct tick_batch *batch, struct error *reterr) {
    struct sum *const sum = context;
    (void)key;
    (void)reterr;
    for (size_t i = 0; i < batch->count; i++)
        sum->hash += (uint64_t)(batch->ts_ns[i] ^ batch->value[0][i]) + batch->flags[i];
    sum->rows += batch->count;
    return STATUS_OK;
}

/* A trade of the random walk. */
struct trade {
    uint64_t number;
    int64_t ts_ms;
    unsigned name;     /* of the instrument */
    int64_t price;     /* in cents */
    unsigned quantity; /* in thousandths */
    bool buy;
};

static const char *const names[] = {"BTCUSDT", "ETHUSDT", "BNBUSDT", "XRPUSDT", "DOGEUSDT"};

static int print_generic(char *text, size_t room, const struct trade *trade) {
    return snprintf(text, room, "%" PRId64 ",%s,%" PRId64 ".%02d,%u.%03u,%s\n", trade->ts_ms,
                    names[trade->name], trade->price / 100, (int)(trade->price % 100),
                    trade->quantity / 1000, trade->quantity % 1000, trade->buy ? "buy" : "sell");
}

static int print_aggtrades(char *text, size_t room, const struct trade *trade) {
    const uint64_t first = 1200000000 + 2 * trade->number;
    return snprintf(text, room,
                    "%" PRIu64 ",%" PRId64 ".%02d,%u.%03u,%" PRIu64 ",%" PRIu64 ",%" PRId64 ",%s\n",
                    500000000 + trade->number, trade->price / 100, (int)(trade->price % 100),
                    trade->quantity / 1000, trade->quantity % 1000, first,
                    first + trade->quantity % 3, trade->ts_ms, trade->buy ? "false" : "true");
}

static int print_tardis(char *text, size_t room, const struct trade *trade) {
    return snprintf(text, room,
                    "binance-futures,%s,%" PRId64 "000,%" PRId64 "%03u,%" PRIu64 ",%s,%" PRId64
                    ".%02d,%u.%03u\n",
                    names[trade->name], trade->ts_ms, trade->ts_ms + 4, trade->quantity % 1000,
                    600000000 + trade->number, trade->buy ? "buy" : "sell", trade->price / 100,
                    (int)(trade->price % 100), trade->quantity / 1000, trade->quantity % 1000);
}

static const struct kind {
    const char *title;
    const char *format;
    const char *columns; /* of --columns */
    unsigned instruments;
    const char *header;
    int (*print)(char *text, size_t room, const struct trade *trade);
} kinds[] = {
    {"generic", "generic-csv", NULL, 5, "ts,instrument,price,quantity,side\n", print_generic},
    {"aggTrades", "binance-aggtrades", "instrument:=BTCUSDT", 1,
     "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker\n",
     print_aggtrades},
    {"tardis", "tardis-trades", NULL, 1,
     "exchange,symbol,timestamp,local_timestamp,id,side,price,amount\n", print_tardis},
};

/* Writes `rows` rows of CSV into a new buffer. */
static char *make_rows(const struct kind *kind, size_t rows, size_t *ret_size) {
    int64_t price[5] = {3600000, 250000, 35000, 110000, 34000};
    struct random_stream stream;
    random_stream_init(&stream, 20210519, RANDOM_BENCH, 0);
    const size_t room = rows * 112 + 256;
    char *const csv = malloc(room);
    if (csv == NULL)
        return NULL;
    struct trade trade = {.ts_ms = INT64_C(1621429440000)};
    size_t size = (size_t)snprintf(csv, room, "%s", kind->header);
    for (size_t i = 0; i < rows; i++) {
        const uint64_t draw = random_stream_next(&stream);
        trade.number++;
        trade.name = (unsigned)((draw & 0xff) % kind->instruments);
        trade.ts_ms += (int64_t)(draw >> 8 & 0x3f);
        int64_t *const now = &price[trade.name];
        *now += (int64_t)(draw >> 16 & 0xf) - 7 + (*now < 1000 ? 8 : 0);
        trade.price = *now;
        trade.quantity = (unsigned)(draw >> 24 & 0xfff) + 1;
        trade.buy = draw >> 63 != 0;
        size += (size_t)kind->print(csv + size, room - size, &trade);
    }
    *ret_size = size;
    return csv;
}

/* Imports `bytes` as a file five times; prints the best. */
static int measure(const struct kind *kind, const char *packing, const void *bytes, size_t size,
                   size_t rows) {
    const char *const path = packed_file_write(bytes, size);
    double best = 1e9;
    for (int round = 0; round < 5; round++) {
        struct sum sum = {0};
        const struct tick_sink sink = {.context = &sum, .append = add_up};
        struct import_report report;
        struct error error;
        struct timespec from;
        struct timespec to;
        (void)clock_gettime(CLOCK_MONOTONIC, &from);
        if (loader_import(path, kind->format, kind->columns, &sink, &report, &error) != STATUS_OK ||
            sum.rows != rows) {
            (void)fprintf(stderr, "%s, %s: %s\n", kind->title, packing, error.message);
            return 1;
        }
        (void)clock_gettime(CLOCK_MONOTONIC, &to);
        const double seconds =
            (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
        best = seconds < best ? seconds : best;
    }
    printf("%-10s %-5s %8.1f MB  %5.1f bytes a row  %6.2f M rows/s  %5.0f ns a row\n", kind->title,
           packing, (double)size / 1e6, (double)size / (double)rows, (double)rows / best / 1e6,
           best * 1e9 / (double)rows);
    return 0;
}

static int measure_kind(const struct kind *kind, size_t rows) {
    static const char *const filters[] = {"zstd", "gzip", "lz4", NULL};
    size_t size;
    char *const csv = make_rows(kind, rows, &size);
    if (csv == NULL)
        return 1;
    int failed = measure(kind, "plain", csv, size, rows);
    for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]) && !failed; i++) {
        void *packed;
        size_t packed_size;
        const struct packed_entry entry = {"BTCUSDT-aggTrades-2021-05-19.csv", csv, size};
        if (filters[i] != NULL)
            packed_bytes(filters[i], csv, size, &packed, &packed_size);
        else
            packed_zip(&entry, 1, NULL, &packed, &packed_size);
        failed = measure(kind, filters[i] != NULL ? filters[i] : "zip", packed, packed_size, rows);
        free(packed);
    }
    free(csv);
    return failed;
}

int main(int argc, char **argv) {
    const size_t rows = argc > 1 ? (size_t)strtoull(argv[1], NULL, 10) : 2000000;
    if (rows == 0)
        return 1;
    int failed = 0;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && !failed; i++)
        failed = measure_kind(&kinds[i], rows);
    packed_file_remove();
    return failed;
}
