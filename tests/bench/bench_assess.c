/* Assessments a second of accounts with five positions (fewer where a rulebook has fewer
 * contracts), one line a bundled rulebook, and of a portfolio margin of 32 moves: equity and
 * requirement, exactly, at new prices each time.
 *
 * Usage: bench_assess FOLDER (the folder of `rulebooks`; default $CROSSFALL_SCENARIOS). */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <glib.h>

#include "base/random_stream.h"
#include "engine/book/book.h"
#include "scenarios/rulebook/rulebook_yaml.h"
#include "tests/bundled_rulebooks.h"

#define POSITIONS 5
#define ACCOUNTS 1000
#define SECONDS 0.4
#define PRICE 4000000 /* ticks of 0.01 */

static const char *const FALLBACK[POSITIONS] = {"BTCUSDT", "ETHUSDT", "BNBUSDT", "ADAUSDT",
                                                "XRPUSDT"};

static double now_s(void) {
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t); /* cannot fail with this clock */
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void add(const char **symbols, size_t *count, const char *symbol) {
    if (symbol == NULL || *count == POSITIONS)
        return;
    for (size_t i = 0; i < *count; i++)
        if (strcmp(symbols[i], symbol) == 0)
            return;
    symbols[(*count)++] = symbol;
}

/* Five contracts that the rulebook knows. */
static void choose(const struct rulebook *rules, const char **symbols) {
    size_t count = 0;
    for (size_t i = 0; i < rules->margin.table_count; i++)
        if (rules->margin.tables[i].symbol != NULL)
            add(symbols, &count, rules->margin.tables[i].symbol);
    for (size_t i = 0; i < rules->margin.size_count; i++)
        if (rules->margin.sizes[i].symbol != NULL)
            add(symbols, &count, rules->margin.sizes[i].symbol);
    for (size_t u = 0; rules->margin.portfolio != NULL && u < rules->margin.portfolio->unit_count;
         u++)
        for (size_t k = 0; k < rules->margin.portfolio->units[u].symbol_count; k++)
            add(symbols, &count, rules->margin.portfolio->units[u].symbols[k]);
    for (size_t i = 0; i < POSITIONS; i++)
        add(symbols, &count, FALLBACK[i]);
}

static struct accounts *make_accounts(const struct instrument *instruments, uint32_t positions) {
    struct accounts *accounts = NULL;
    struct random_stream random;
    random_stream_init(&random, 1, RANDOM_TEST, 9);
    enum status status = accounts_create(&accounts, NULL);
    for (int a = 0; a < ACCOUNTS && status == STATUS_OK; a++) {
        status = accounts_add(accounts, NULL, "", INT64_C(1000000) * MONEY_SCALE, false, NULL);
        for (uint32_t i = 0; i < positions && status == STATUS_OK; i++) {
            int64_t lots = random_stream_between(&random, 1, 20000);
            if (random_stream_below(&random, 2) == 0)
                lots = -lots;
            const int64_t cost = (int64_t)instrument_value_ceil(&instruments[i], lots, PRICE);
            status = accounts_add_position(accounts, i, lots, cost, MARGIN_CROSS, 0, 0, NULL);
        }
    }
    if (status == STATUS_OK)
        status = accounts_finish(accounts, NULL);
    if (status != STATUS_OK)
        exit(EXIT_FAILURE);
    return accounts;
}

/* -1: the rulebook has no margin for that many contracts. */
static double measure(const struct rulebook *rules, uint32_t positions) {
    const char *symbols[POSITIONS] = {NULL};
    choose(rules, symbols);
    struct instrument instruments[POSITIONS];
    int64_t prices[POSITIONS];
    for (size_t i = 0; i < positions; i++) {
        instruments[i] = (struct instrument){.symbol = symbols[i],
                                             .kind = CONTRACT_LINEAR,
                                             .price_tick = {1, 2},
                                             .lot = {1, 3},
                                             .contract_size = {1, 0}};
        prices[i] = PRICE;
        if (instrument_init(&instruments[i], NULL) != STATUS_OK)
            exit(EXIT_FAILURE);
    }
    struct accounts *accounts = make_accounts(instruments, positions);
    const struct venue_input venue = {.accounts = accounts, .rulebook = rules};
    struct book book;
    double rate = -1.0;
    if (book_init(&book, &venue, instruments, positions, NULL, prices, prices, NULL) == STATUS_OK) {
        uint64_t count = 0;
        int128 sum = 0; /* so that nothing is left out */
        const double begin = now_s();
        double end = begin;
        while (end - begin < SECONDS) {
            for (size_t i = 0; i < positions; i++)
                prices[i] = PRICE - (int64_t)((count + i) % 1000);
            for (size_t p = 0; p < book.pool_count; p++) {
                const struct pool_health health = book_health(&book, &book.pools[p], prices);
                sum += health.equity - health.requirement;
            }
            count += book.pool_count;
            end = now_s();
        }
        rate = sum != 0 ? (double)count / (end - begin) : 0.0;
        book_finish(&book);
    }
    accounts_destroy(accounts);
    return rate;
}

static void print_rate(const char *name, const char *form, const struct rulebook *rules) {
    uint32_t positions = POSITIONS;
    double rate = measure(rules, positions);
    while (rate < 0.0 && positions > 1)
        rate = measure(rules, --positions);
    printf("%-28s %-10s %8.3f M assessments/s", name, form, rate / 1e6);
    if (positions < POSITIONS)
        printf("  (contracts: %u)", positions);
    printf("\n");
}

static void measure_moves(void) {
    struct portfolio_margin scenario = {.move_count = 32, .initial_factor = {1, 0}};
    for (size_t m = 0; m < scenario.move_count; m++)
        scenario.moves[m] =
            (struct portfolio_move){((int64_t)m - 16) * 1000000 - 500000, RATE_SCALE};
    static struct portfolio_unit unit = {
        .name = "all", .symbol_count = 2, .symbols = {"BTCUSDT", "ETHUSDT"}};
    scenario.units = &unit;
    scenario.unit_count = 1;
    const struct rulebook rules = {
        .name = "32 moves", .margin.maintenance_multiplier = {1, 0}, .margin.portfolio = &scenario};
    print_rate("(32 moves, 4 units)", "portfolio", &rules);
}

int main(int argc, char **argv) {
    const char *folder = argc > 1 ? argv[1] : getenv("CROSSFALL_SCENARIOS");
    char **names = bundled_rulebook_names(folder);
    if (names == NULL) {
        fprintf(stderr, "usage: bench_assess FOLDER\n");
        return EXIT_FAILURE;
    }
    for (char **name = names; *name != NULL; name++) {
        struct yaml_arena *arena = yaml_arena_create();
        struct config_files files = {.arena = arena, .bundled_dir = folder};
        struct rulebook rules;
        struct error error = {0};
        if (rulebook_read(&files, *name, ".", NULL, &rules, &error) == STATUS_OK)
            print_rate(*name,
                       rules.margin.portfolio != NULL ? "portfolio"
                       : rules.margin.size_count > 0  ? "by size"
                                                      : "brackets",
                       &rules);
        else
            fprintf(stderr, "%s\n", error.message);
        yaml_arena_destroy(arena);
    }
    measure_moves();
    g_strfreev(names);
    return EXIT_SUCCESS;
}
