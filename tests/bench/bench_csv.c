/* Rows a second from generic tick CSV, plain and packed, on one core: container, hash and decoder,
 * into a sink that only adds up. The rows are a random walk of five instruments.
 * Usage: bench_csv [ROWS]. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/random_stream.h"
#include "loaders/loaders.h"
#include "tests/unit/packed_file.h"

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

/* Writes `rows` rows of CSV into a new buffer. */
static char *make_rows(size_t rows, size_t *ret_size) {
    static const char *const names[] = {"BTCUSDT", "ETHUSDT", "BNBUSDT", "XRPUSDT", "DOGEUSDT"};
    int64_t price[5] = {3600000, 250000, 35000, 110000, 34000};
    struct random_stream stream;
    random_stream_init(&stream, 20210519, RANDOM_BENCH, 0);
    const size_t room = rows * 64 + 64;
    char *const csv = malloc(room);
    if (csv == NULL)
        return NULL;
    int64_t ts = INT64_C(1621429440000);
    size_t size = (size_t)snprintf(csv, room, "ts,instrument,price,quantity,side\n");
    for (size_t i = 0; i < rows; i++) {
        const uint64_t draw = random_stream_next(&stream);
        const unsigned name = (unsigned)((draw & 0xff) % 5);
        ts += (int64_t)(draw >> 8 & 0x3f);
        price[name] += (int64_t)(draw >> 16 & 0xf) - 7 + (price[name] < 1000 ? 8 : 0);
        const unsigned quantity = (unsigned)(draw >> 24 & 0xfff) + 1;
        size += (size_t)snprintf(csv + size, room - size,
                                 "%" PRId64 ",%s,%" PRId64 ".%02d,%u.%03u,%s\n", ts, names[name],
                                 price[name] / 100, (int)(price[name] % 100), quantity / 1000,
                                 quantity % 1000, draw >> 63 ? "buy" : "sell");
    }
    *ret_size = size;
    return csv;
}

/* Imports `bytes` as a file five times; prints the best. */
static int measure(const char *title, const void *bytes, size_t size, size_t rows) {
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
        if (loader_import(path, NULL, NULL, &sink, &report, &error) != STATUS_OK ||
            sum.rows != rows) {
            (void)fprintf(stderr, "%s: %s\n", title, error.message);
            return 1;
        }
        (void)clock_gettime(CLOCK_MONOTONIC, &to);
        const double seconds =
            (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
        best = seconds < best ? seconds : best;
    }
    printf("%-10s %8.1f MB  %6.2f M rows/s  %5.0f ns a row\n", title, (double)size / 1e6,
           (double)rows / best / 1e6, best * 1e9 / (double)rows);
    return 0;
}

int main(int argc, char **argv) {
    const size_t rows = argc > 1 ? (size_t)strtoull(argv[1], NULL, 10) : 2000000;
    if (rows == 0)
        return 1;
    static const char *const filters[] = {"zstd", "gzip", "lz4"};
    size_t size;
    char *const csv = make_rows(rows, &size);
    if (csv == NULL)
        return 1;
    int failed = measure("csv", csv, size, rows);
    for (size_t i = 0; i < 3 && !failed; i++) {
        void *packed;
        size_t packed_size;
        packed_bytes(filters[i], csv, size, &packed, &packed_size);
        failed = measure(filters[i], packed, packed_size, rows);
        free(packed);
    }
    packed_file_remove();
    free(csv);
    return failed;
}
