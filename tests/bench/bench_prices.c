#include "tests/bench/bench_prices.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/units.h"
#include "store/market/market_catalog.h"
#include "store/market/market_file.h"
#include "store/market/market_import.h"
#include "store/market/market_source.h"
#include "tests/bench/random_walk.h"

#define FROM_NS (INT64_C(1621382400) * NS_PER_S) /* 2021-05-19 */
#define BATCH 65536

struct bench_prices {
    struct market_file *market;
    struct market_source *sources[BENCH_INSTRUMENTS];
};

static void check(enum status status, const struct error *error) {
    if (status != STATUS_OK) {
        fprintf(stderr, "bench_prices: %s\n", error->message);
        exit(EXIT_FAILURE);
    }
}

struct columns {
    int64_t ts_ns[BATCH];
    int64_t price[BATCH];
    int64_t quantity[BATCH];
    uint8_t flags[BATCH];
};

static void append_walk(struct random_walk *walk, const struct instrument *instrument,
                        const struct tick_sink *sink, struct columns *columns) {
    const struct series_key key = {
        .instrument = instrument->symbol, .series = "trade", .kind = SERIES_TICKS};
    size_t count;
    while ((count = random_walk_next(walk, BATCH, columns->ts_ns, columns->price, columns->quantity,
                                     columns->flags)) > 0) {
        const struct tick_batch batch = {
            .count = count,
            .ts_ns = columns->ts_ns,
            .value = {columns->price, columns->quantity},
            .flags = columns->flags,
            .price_decimals = instrument->price_tick.decimals,
            .quantity_decimals = instrument->lot.decimals,
        };
        struct error error;
        check(sink->append(sink->context, &key, &batch, &error), &error);
    }
}

void bench_prices_make(const char *path, uint64_t ticks, int fall_percent,
                       const int64_t start_ticks[BENCH_INSTRUMENTS]) {
    struct instrument instruments[BENCH_INSTRUMENTS];
    int64_t starts[BENCH_INSTRUMENTS];
    bench_instruments_init(instruments, starts);
    struct columns *columns = malloc(sizeof(*columns));
    if (columns == NULL)
        exit(EXIT_FAILURE);

    struct error error;
    struct market_file *market = NULL;
    struct market_import *import = NULL;
    check(market_file_open(path, MARKET_WRITE, &market, &error), &error);
    check(market_import_begin(market, &import, &error), &error);
    const struct tick_sink sink = market_import_sink(import);
    for (size_t i = 0; i < BENCH_INSTRUMENTS; i++) {
        const struct random_walk_settings settings = {
            .ticks = ticks / BENCH_INSTRUMENTS,
            .from_ns = FROM_NS,
            .length_ns = NS_PER_DAY,
            .start_ticks = start_ticks[i],
            .fall_percent = fall_percent,
            .seed = 1,
            .instrument = i,
        };
        struct random_walk walk;
        random_walk_init(&walk, &settings);
        append_walk(&walk, &instruments[i], &sink, columns);
    }
    const struct market_source_info source = {
        .name = "random walk",
        .sha256 = "0000000000000000000000000000000000000000000000000000000000000000",
        .format = "bench",
        .bytes = 0};
    struct market_import_result result;
    check(market_import_commit(import, &source, &result, &error), &error);
    printf("stored: %.2f bytes a random-walk tick\n",
           (double)result.stored_bytes / (double)result.rows);
    market_import_destroy(import);
    market_file_close(market);
    free(columns);
}

struct bench_prices *bench_prices_open(const char *path,
                                       struct price_source ret_prices[BENCH_INSTRUMENTS]) {
    struct instrument instruments[BENCH_INSTRUMENTS];
    int64_t starts[BENCH_INSTRUMENTS];
    bench_instruments_init(instruments, starts);
    struct bench_prices *prices = calloc(1, sizeof(*prices));
    if (prices == NULL)
        exit(EXIT_FAILURE);
    struct error error;
    check(market_file_open(path, MARKET_READ, &prices->market, &error), &error);
    for (size_t i = 0; i < BENCH_INSTRUMENTS; i++) {
        struct market_series_list list;
        check(market_list_series(prices->market, instruments[i].symbol, &list, &error), &error);
        if (list.count != 1) {
            fprintf(stderr, "bench_prices: %s has %zu series\n", instruments[i].symbol, list.count);
            exit(EXIT_FAILURE);
        }
        check(market_source_create(prices->market, &list.rows[0], INT64_MIN, INT64_MAX,
                                   &prices->sources[i], &error),
              &error);
        ret_prices[i] = (struct price_source){.source = market_source_port(prices->sources[i]),
                                              .kind = SERIES_TICKS};
        market_series_list_finish(&list);
    }
    return prices;
}

void bench_prices_close(struct bench_prices *prices) {
    for (size_t i = 0; i < BENCH_INSTRUMENTS; i++)
        market_source_destroy(prices->sources[i]);
    market_file_close(prices->market);
    free(prices);
}
