/* Goal: how fast synthetic accounts are drawn and what they cost in memory.
 * Method: the default population over 13 contracts, once without and once with open interest (two
 * more passes over the sizes), on one thread and on two; memory is what the set holds at its end,
 * and the most that was resident, which counts growing columns twice for a moment.
 *
 *   bench_population [ACCOUNTS] */

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "base/error.h"
#include "base/units.h"
#include "engine/book/accounts.h"
#include "scenarios/population/population.h"

#define INSTRUMENTS 13

static double now_s(void) {
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0)
        return 0.0;
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Bytes that malloc has handed out: unlike the resident set, without what was freed on the way. */
static double held_bytes(void) {
    const struct mallinfo2 info = mallinfo2();
    return (double)info.uordblks + (double)info.hblkhd;
}

static void stop(const struct error *error) {
    fprintf(stderr, "bench_population: %s\n", error->message);
    exit(EXIT_FAILURE);
}

static void measure(const struct population_settings *settings,
                    const struct instrument *instruments, const int64_t *start_price_ticks,
                    const struct rulebook *rulebook, unsigned threads) {
    struct accounts *accounts = NULL;
    struct error error;
    if (accounts_create(&accounts, &error) != STATUS_OK)
        stop(&error);
    const double before = held_bytes();
    const double start = now_s();
    if (population_generate(settings, instruments, INSTRUMENTS, start_price_ticks, NULL, rulebook,
                            accounts, threads, &error) != STATUS_OK ||
        accounts_finish(accounts, &error) != STATUS_OK)
        stop(&error);
    const double elapsed = now_s() - start;
    const double count = (double)accounts_count(accounts);
    printf("%10.0f accounts  %.2f positions each  open interest %-5s  %u thread%s  %6.2f s  "
           "%5.2f M accounts/s  %5.1f bytes an account\n",
           count, (double)accounts_position_count(accounts) / count,
           settings->open_interest != NULL ? "given" : "free", threads, threads == 1 ? " " : "s",
           elapsed, count / elapsed / 1e6, (held_bytes() - before) / count);
    accounts_destroy(accounts);
}

int main(int argc, char **argv) {
    static char symbols[INSTRUMENTS][8];
    struct instrument instruments[INSTRUMENTS];
    int64_t start_price_ticks[INSTRUMENTS];
    int64_t open_interest[INSTRUMENTS];
    struct error error;
    for (int i = 0; i < INSTRUMENTS; i++) {
        (void)snprintf(symbols[i], sizeof(symbols[i]), "C%d", i);
        instruments[i] = (struct instrument){.symbol = symbols[i],
                                             .kind = CONTRACT_LINEAR,
                                             .price_tick = {1, 2},
                                             .lot = {1, 3},
                                             .contract_size = {1, 0}};
        if (instrument_init(&instruments[i], &error) != STATUS_OK)
            stop(&error);
        start_price_ticks[i] = 4000000 >> i;
        open_interest[i] = (INT64_C(3000000000) >> i) * MONEY_SCALE;
    }
    struct margin_tier tiers[] = {
        {0, 50000 * MONEY_SCALE, 400000, 0, 125 * RATE_SCALE},
        {50000 * MONEY_SCALE, INT64_MAX, 500000, 50 * MONEY_SCALE, 100 * RATE_SCALE}};
    struct tier_table table = {NULL, 2, tiers};
    const struct rulebook rulebook = {.name = "bench",
                                      .margin.table_count = 1,
                                      .margin.tables = &table,
                                      .margin.maintenance_multiplier = {1, 0}};
    struct population_settings settings = population_settings_default();
    settings.accounts = argc > 1 ? strtoull(argv[1], NULL, 10) : 10000000;
    for (unsigned threads = 1; threads <= 2; threads++) {
        settings.open_interest = NULL;
        measure(&settings, instruments, start_price_ticks, &rulebook, threads);
        settings.open_interest = open_interest;
        measure(&settings, instruments, start_price_ticks, &rulebook, threads);
    }
    struct rusage usage = {0};
    if (getrusage(RUSAGE_SELF, &usage) == 0)
        printf("at most %.1f bytes an account resident, over all draws\n",
               (double)usage.ru_maxrss * 1024.0 / (double)settings.accounts);
    return EXIT_SUCCESS;
}
