#include "tests/bench/bench_accounts.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/elementary.h"
#include "base/random_stream.h"
#include "base/units.h"

#define SEED 1

static const struct {
    const char *symbol;
    struct decimal price_tick;
    struct decimal lot;
    int64_t start_ticks;
} GRID[BENCH_INSTRUMENTS] = {
    {"BTCUSDT", {1, 2}, {1, 3}, 4000000}, /* 40,000 */
    {"ETHUSDT", {1, 2}, {1, 3}, 250000},  /* 2,500 */
    {"BNBUSDT", {1, 2}, {1, 2}, 40000},   /* 400 */
    {"ADAUSDT", {1, 4}, {1, 0}, 20000},   /* 2 */
    {"XRPUSDT", {1, 4}, {1, 1}, 15000},   /* 1.5 */
};

void bench_instruments_init(struct instrument instruments[BENCH_INSTRUMENTS],
                            int64_t start_ticks[BENCH_INSTRUMENTS]) {
    for (size_t i = 0; i < BENCH_INSTRUMENTS; i++) {
        instruments[i] = (struct instrument){
            .symbol = GRID[i].symbol,
            .kind = CONTRACT_LINEAR,
            .price_tick = GRID[i].price_tick,
            .lot = GRID[i].lot,
            .contract_size = {1, 0},
        };
        struct error error;
        if (instrument_init(&instruments[i], &error) != STATUS_OK) {
            fprintf(stderr, "%s: %s\n", GRID[i].symbol, error.message);
            exit(EXIT_FAILURE);
        }
        start_ticks[i] = GRID[i].start_ticks;
    }
}

const struct rulebook *bench_rulebook(void) {
    static struct margin_tier tiers[] = {
        {.floor = 0, .cap = 50000 * MONEY_SCALE, .rate_e8 = 500000, .deduction = 0},
        {.floor = 50000 * MONEY_SCALE,
         .cap = 250000 * MONEY_SCALE,
         .rate_e8 = 1000000,
         .deduction = 250 * MONEY_SCALE},
        {.floor = 250000 * MONEY_SCALE,
         .cap = INT64_MAX,
         .rate_e8 = 2500000,
         .deduction = 4000 * MONEY_SCALE},
    };
    static struct tier_table tables[] = {{.symbol = NULL, .count = 3, .tiers = tiers}};
    static const struct rulebook rulebook = {
        .name = "bench",
        .source = "made up",
        .valid_from = "",
        .margin.mode = MARGIN_CROSS,
        .margin.trigger = TRIGGER_BELOW,
        .margin.table_count = 1,
        .margin.tables = tables,
        .margin.maintenance_multiplier = {1, 0},
        .liquidation.close = CLOSE_FULL,
        .liquidation.fraction_e8 = RATE_SCALE,
        .liquidation.target_ratio_e8 = RATE_SCALE,
        .liquidation.order = ORDER_ALL,
        .liquidation.price = PRICE_MARKET,
        .waterfall.stage_count = 1,
        .waterfall.stages = {STAGE_INSURANCE_FUND},
    };
    return &rulebook;
}

/* low * (high / low)^u: even in the logarithm. */
static double log_uniform(struct random_stream *stream, double low, double high) {
    const double u = random_stream_uniform(stream);
    return low * elementary_exp(u * elementary_log(high / low));
}

static void check(enum status status, const struct error *error) {
    if (status != STATUS_OK) {
        fprintf(stderr, "accounts: %s\n", error->message);
        exit(EXIT_FAILURE);
    }
}

struct drawn_position {
    uint32_t instrument;
    int64_t lots;
    int64_t cost;
};

/* Account `index`: 1 to 5 instruments in a row, notional 100 to 200,000 each, mostly to one side;
 * the wallet is the sum of notionals over the leverage. Entered at the start prices. */
static void add_account(struct accounts *accounts, struct random_stream *stream,
                        double leverage_max, const struct instrument *instruments,
                        const int64_t *start_ticks) {
    struct drawn_position drawn[BENCH_INSTRUMENTS];
    const size_t count = 1 + random_stream_below(stream, BENCH_INSTRUMENTS);
    const uint32_t first = (uint32_t)random_stream_below(stream, BENCH_INSTRUMENTS);
    const int64_t side = random_stream_below(stream, 2) == 0 ? 1 : -1;
    const double leverage = log_uniform(stream, 2.0, leverage_max);
    int128 notional = 0;
    for (size_t k = 0; k < count; k++) {
        const uint32_t i = (first + (uint32_t)k) % BENCH_INSTRUMENTS;
        const int64_t lot_value =
            (int64_t)instrument_value_ceil(&instruments[i], 1, start_ticks[i]);
        const double wanted = log_uniform(stream, 1e2, 2e5) * (double)MONEY_SCALE;
        const int64_t lots = 1 + (int64_t)(wanted / (double)lot_value);
        const int64_t way = k == 0 || random_stream_below(stream, 100) < 85 ? side : -side;
        drawn[k].instrument = i;
        drawn[k].lots = way * lots;
        drawn[k].cost =
            (int64_t)instrument_value_ceil(&instruments[i], drawn[k].lots, start_ticks[i]);
        notional += drawn[k].cost < 0 ? -drawn[k].cost : drawn[k].cost;
    }
    struct error error;
    check(accounts_add(accounts, NULL, "", (int64_t)((double)notional / leverage), false, &error),
          &error);
    for (size_t k = 0; k < count; k++)
        check(accounts_add_position(accounts, drawn[k].instrument, drawn[k].lots, drawn[k].cost,
                                    MARGIN_CROSS, 0, 0, &error),
              &error);
}

struct accounts *bench_accounts_create(size_t count, double leverage_max,
                                       const struct instrument instruments[BENCH_INSTRUMENTS],
                                       const int64_t start_ticks[BENCH_INSTRUMENTS]) {
    struct accounts *accounts = NULL;
    struct error error;
    check(accounts_create(&accounts, &error), &error);
    for (size_t index = 0; index < count; index++) {
        struct random_stream stream;
        random_stream_init(&stream, SEED, RANDOM_BENCH, index);
        add_account(accounts, &stream, leverage_max, instruments, start_ticks);
    }
    check(accounts_finish(accounts, &error), &error);
    return accounts;
}
