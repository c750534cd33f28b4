/* Writes generic tick CSV of random walks of five instruments, in time order, to standard output:
 * the same rows for the same number. For measuring imports.
 *
 *   make_ticks_csv ROWS */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

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

static void print_row(const struct ahead *ahead, const struct instrument *instrument) {
    const size_t row = ahead->next;
    char price[32];
    char quantity[32];
    (void)decimal_format(ahead->price[row], instrument->price_tick.decimals, price);
    (void)decimal_format(ahead->quantity[row], instrument->lot.decimals, quantity);
    printf("%" PRId64 ",%s,%s,%s,%s\n", ahead->ts_ns[row] / 1000, instrument->symbol, price,
           quantity, ahead->flags[row] & TICK_BUY ? "buy" : "sell");
}

int main(int argc, char **argv) {
    const uint64_t rows = argc == 2 ? strtoull(argv[1], NULL, 10) : 0;
    if (rows < BENCH_INSTRUMENTS) {
        fprintf(stderr, "usage: make_ticks_csv ROWS\n");
        return 2;
    }
    struct instrument instruments[BENCH_INSTRUMENTS];
    int64_t start_ticks[BENCH_INSTRUMENTS];
    bench_instruments_init(instruments, start_ticks);
    struct ahead *ahead = calloc(BENCH_INSTRUMENTS, sizeof(*ahead));
    if (ahead == NULL)
        return EXIT_FAILURE;
    for (size_t i = 0; i < BENCH_INSTRUMENTS; i++) {
        const struct random_walk_settings settings = {
            .ticks = rows / BENCH_INSTRUMENTS + (i < rows % BENCH_INSTRUMENTS ? 1 : 0),
            .from_ns = FROM_NS,
            .length_ns = NS_PER_DAY,
            .start_ticks = start_ticks[i],
            .fall_percent = 30,
            .seed = 1,
            .instrument = i,
        };
        random_walk_init(&ahead[i].walk, &settings);
    }
    printf("ts,instrument,price,quantity,side\n");
    for (;;) {
        size_t first = BENCH_INSTRUMENTS;
        for (size_t i = 0; i < BENCH_INSTRUMENTS; i++) {
            if (refill(&ahead[i]) &&
                (first == BENCH_INSTRUMENTS ||
                 ahead[i].ts_ns[ahead[i].next] < ahead[first].ts_ns[ahead[first].next]))
                first = i;
        }
        if (first == BENCH_INSTRUMENTS)
            break;
        print_row(&ahead[first], &instruments[first]);
        ahead[first].next++;
    }
    free(ahead);
    return fflush(stdout) == 0 && !ferror(stdout) ? EXIT_SUCCESS : EXIT_FAILURE;
}
