/* Writes CSV of random walks, in time order, to standard output: the same rows for the same number.
 * For measuring imports. Generic tick CSV is of five instruments, the other forms are of one:
 * trades as Binance and Tardis write them.
 *
 *   make_ticks_csv ROWS [generic|aggtrades|tardis] */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal_text.h"
#include "base/records.h"
#include "base/units.h"
#include "tests/bench/bench_accounts.h"
#include "tests/bench/random_walk.h"

#define FROM_NS (INT64_C(1621382400) * NS_PER_S) /* 2021-05-19 */
#define AHEAD 1024

struct ahead {
    struct random_walk walk;
    size_t next;
    size_t count;
    int64_t ts_ns[AHEAD];
    int64_t price[AHEAD];
    int64_t quantity[AHEAD];
    uint8_t flags[AHEAD];
};

static bool refill(struct ahead *ahead) {
    if (ahead->next == ahead->count) {
        ahead->next = 0;
        ahead->count = random_walk_next(&ahead->walk, AHEAD, ahead->ts_ns, ahead->price,
                                        ahead->quantity, ahead->flags);
    }
    return ahead->count > 0;
}

enum form { FORM_GENERIC, FORM_AGGTRADES, FORM_TARDIS };

static const char *const form_names[] = {"generic", "aggtrades", "tardis"};
static const char *const headers[] = {
    "ts,instrument,price,quantity,side",
    "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker",
    "exchange,symbol,timestamp,local_timestamp,id,side,price,amount",
};

static void print_row(enum form form, uint64_t number, const struct ahead *ahead,
                      const struct instrument *instrument) {
    const size_t row = ahead->next;
    const bool buy = (ahead->flags[row] & TICK_BUY) != 0;
    const int64_t ts_us = ahead->ts_ns[row] / 1000;
    char price[32];
    char quantity[32];
    (void)decimal_format(ahead->price[row], instrument->price_tick.decimals, price);
    (void)decimal_format(ahead->quantity[row], instrument->lot.decimals, quantity);
    if (form == FORM_AGGTRADES)
        printf("%" PRIu64 ",%s,%s,%" PRIu64 ",%" PRIu64 ",%" PRId64 ",%s\n", 500000000 + number,
               price, quantity, 1200000000 + 2 * number, 1200000000 + 2 * number + number % 2,
               ts_us / 1000, buy ? "false" : "true");
    else if (form == FORM_TARDIS)
        printf("binance-futures,%s,%" PRId64 ",%" PRId64 ",%" PRIu64 ",%s,%s,%s\n",
               instrument->symbol, ts_us, ts_us + 4000 + (int64_t)(number % 997),
               600000000 + number, buy ? "buy" : "sell", price, quantity);
    else
        printf("%" PRId64 ",%s,%s,%s,%s\n", ts_us, instrument->symbol, price, quantity,
               buy ? "buy" : "sell");
}

int main(int argc, char **argv) {
    const uint64_t rows = argc == 2 || argc == 3 ? strtoull(argv[1], NULL, 10) : 0;
    enum form form = FORM_GENERIC;
    while (argc == 3 && form <= FORM_TARDIS && strcmp(form_names[form], argv[2]) != 0)
        form++;
    if (rows < BENCH_INSTRUMENTS || form > FORM_TARDIS) {
        fprintf(stderr, "usage: make_ticks_csv ROWS [generic|aggtrades|tardis]\n");
        return 2;
    }
    const size_t count = form == FORM_GENERIC ? BENCH_INSTRUMENTS : 1;
    struct instrument instruments[BENCH_INSTRUMENTS];
    int64_t start_ticks[BENCH_INSTRUMENTS];
    bench_instruments_init(instruments, start_ticks);
    struct ahead *ahead = calloc(BENCH_INSTRUMENTS, sizeof(*ahead));
    if (ahead == NULL)
        return EXIT_FAILURE;
    for (size_t i = 0; i < count; i++) {
        const struct random_walk_settings settings = {
            .ticks = rows / count + (i < rows % count ? 1 : 0),
            .from_ns = FROM_NS,
            .length_ns = NS_PER_DAY,
            .start_ticks = start_ticks[i],
            .fall_percent = 30,
            .seed = 1,
            .instrument = i,
        };
        random_walk_init(&ahead[i].walk, &settings);
    }
    printf("%s\n", headers[form]);
    for (uint64_t number = 0;; number++) {
        size_t first = BENCH_INSTRUMENTS;
        for (size_t i = 0; i < count; i++) {
            if (refill(&ahead[i]) &&
                (first == BENCH_INSTRUMENTS ||
                 ahead[i].ts_ns[ahead[i].next] < ahead[first].ts_ns[ahead[first].next]))
                first = i;
        }
        if (first == BENCH_INSTRUMENTS)
            break;
        print_row(form, number, &ahead[first], &instruments[first]);
        ahead[first].next++;
    }
    free(ahead);
    return fflush(stdout) == 0 && !ferror(stdout) ? EXIT_SUCCESS : EXIT_FAILURE;
}
