/* Records a second from Databento trades, plain and zstd, on one core: container, hash and decoder,
 * into a sink that only adds up. The trades are a random walk of one future, and the same of five
 * in turns. Usage: bench_dbn [RECORDS]. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/random_stream.h"
#include "loaders/loaders.h"
#include "tests/unit/base/packed_file.h"
#include "tests/unit/loaders/dbn_bytes.h"

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

static void make_trades(struct dbn_bytes *dbn, size_t records, unsigned instruments) {
    static const struct dbn_meaning meanings[] = {{"ESM0", 20200415, 20200416, "700"},
                                                  {"NQM0", 20200415, 20200416, "701"},
                                                  {"RTYM0", 20200415, 20200416, "702"},
                                                  {"YMM0", 20200415, 20200416, "703"},
                                                  {"CLM0", 20200415, 20200416, "704"}};
    int64_t price[5] = {11000, 34000, 4800, 94000, 8000};
    struct random_stream stream;
    random_stream_init(&stream, 20200415, RANDOM_BENCH, 0);
    uint64_t ts = UINT64_C(1586908800000000000);
    dbn_bytes_begin(dbn, 3, meanings, 5);
    for (size_t i = 0; i < records; i++) {
        const uint64_t draw = random_stream_next(&stream);
        const unsigned which = (unsigned)((draw & 0xff) % instruments);
        ts += draw >> 40 & 0xffffff;
        price[which] += (int64_t)(draw >> 16 & 0x7) - 3 + (price[which] < 1000 ? 4 : 0);
        dbn_bytes_trade(dbn, 700 + which, ts, price[which] * 250000000,
                        (uint32_t)(draw >> 24 & 0x7) + 1, draw >> 63 ? 'A' : 'B');
    }
}

static double seconds_of(clockid_t clock) {
    struct timespec now;
    (void)clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Imports `bytes` as a file five times; prints the best, and the best of its processor time, which
 * other work on the machine does not change. */
static int measure(const char *title, const void *bytes, size_t size, size_t records) {
    const char *const path = packed_file_write(bytes, size);
    double best = 1e9;
    double best_busy = 1e9;
    for (int round = 0; round < 5; round++) {
        struct sum sum = {0};
        const struct tick_sink sink = {.context = &sum, .append = add_up};
        struct import_report report;
        struct error error;
        const double from = seconds_of(CLOCK_MONOTONIC);
        const double busy_from = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
        if (loader_import(path, NULL, NULL, &sink, &report, &error) != STATUS_OK ||
            sum.rows != records) {
            (void)fprintf(stderr, "%s: %s\n", title, error.message);
            return 1;
        }
        const double seconds = seconds_of(CLOCK_MONOTONIC) - from;
        const double busy = seconds_of(CLOCK_PROCESS_CPUTIME_ID) - busy_from;
        best = seconds < best ? seconds : best;
        best_busy = busy < best_busy ? busy : best_busy;
    }
    printf("%-24s %7.1f MB  %6.2f M records/s  %5.0f ns a record, %3.0f ns of a processor\n", title,
           (double)size / 1e6, (double)records / best / 1e6, best * 1e9 / (double)records,
           best_busy * 1e9 / (double)records);
    return 0;
}

int main(int argc, char **argv) {
    const size_t records = argc > 1 ? (size_t)strtoull(argv[1], NULL, 10) : 3000000;
    if (records == 0)
        return 1;
    int failed = 0;
    for (unsigned instruments = 1; instruments <= 5 && !failed; instruments += 4) {
        struct dbn_bytes dbn;
        void *packed;
        size_t packed_size;
        make_trades(&dbn, records, instruments);
        packed_bytes("zstd", dbn.bytes, dbn.size, &packed, &packed_size);
        failed = measure(instruments == 1 ? "dbn, 1 instrument" : "dbn, 5 instruments", dbn.bytes,
                         dbn.size, records) ||
                 measure(instruments == 1 ? "dbn.zst, 1 instrument" : "dbn.zst, 5 instruments",
                         packed, packed_size, records);
        free(packed);
        dbn_bytes_free(&dbn);
    }
    packed_file_remove();
    return failed;
}
