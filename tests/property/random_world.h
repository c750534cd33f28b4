#pragma once
/* Random small worlds: everything a replay takes, drawn from a seed. Numbers are small, so that
 * equalities, ties and empty funds come up often; each world has some features switched off
 * (swarm testing), so that no feature hides another for good. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/replay/replay.h"

#define WORLD_INSTRUMENTS_MAX 4
#define WORLD_ACCOUNTS_MAX 40
#define WORLD_POSITIONS_MAX 5
#define WORLD_TIERS_MAX 5
#define WORLD_EVENTS_MAX 16
#define WORLD_ROWS_MAX 96 /* of an instrument's series */

/* One series as an array; a tick source that can be read again after a rewind. */
struct world_series {
    size_t count;
    int64_t ts_ns[WORLD_ROWS_MAX];
    int64_t price[4][WORLD_ROWS_MAX]; /* in ticks; ticks use the first, bars all: open, high, low,
                                         close */
    struct decimal price_tick;
    bool bars;
    bool prints; /* each with a quantity, `sold` lots; < 0: bought */
    int64_t sold[WORLD_ROWS_MAX];
    struct decimal lot;
    size_t chunk; /* rows a batch */
    size_t next;
    int64_t value[TICK_VALUES_MAX][WORLD_ROWS_MAX]; /* the present batch */
    uint8_t flags[WORLD_ROWS_MAX];
};

struct world_position {
    uint32_t instrument;
    int64_t lots;
    int64_t cost;
    enum margin_mode mode;
    int64_t isolated_margin;
};

/* Asset 1 or 2 of the world's collateral; 0 is the settlement asset. */
struct world_holding {
    uint32_t asset;
    int64_t quantity;
    const char *symbol; /* another asset than these; NULL: by number */
};

struct world_order {
    uint32_t instrument;
    int64_t lots, cost, leverage_e8;
};

struct world_account {
    char id[ACCOUNT_ID_SIZE];
    const char *settlement; /* of the whole set, in its first row; NULL: USDT */
    int64_t balance;
    bool exempt;
    size_t position_count;
    struct world_position positions[WORLD_POSITIONS_MAX];
    size_t holding_count;
    struct world_holding holdings[2];
    size_t order_count;
    struct world_order orders[3]; /* open in the market */
};

/* What random_margin.h gives to the rules. */
struct world_margin {
    size_t curve_count;
    struct size_curve curves[WORLD_INSTRUMENTS_MAX];
    struct portfolio_margin scenario;
    struct portfolio_unit units[2];
    struct portfolio_move own_moves[2][12];
    struct portfolio_offset offset;
    struct collateral_asset assets[3];
    struct collateral_band bands[3][4];
    int64_t tier_steps; /* 0: nothing is closed by steps */
    bool full_below_lowest_tier;
    int64_t closing_fee_rate_e8;
    int64_t exchange_below;
    struct decimal trigger_ratio;
};

struct world_rules {
    struct rulebook rulebook;
    struct symbol_rate fee_rates[WORLD_INSTRUMENTS_MAX];
    struct tier_table tables[WORLD_INSTRUMENTS_MAX];
    struct margin_tier tiers[WORLD_INSTRUMENTS_MAX][WORLD_TIERS_MAX];
    struct fund_share fund_shares[WORLD_INSTRUMENTS_MAX + 1];
    struct window_cap windows[WORLD_INSTRUMENTS_MAX + 1];
};

struct random_world {
    uint64_t seed;
    struct replay_input input; /* ready to run, after random_world_rewind() */
    struct instrument instruments[WORLD_INSTRUMENTS_MAX];
    struct price_source prices[WORLD_INSTRUMENTS_MAX];
    struct world_series series[WORLD_INSTRUMENTS_MAX];
    struct mark_input marks[WORLD_INSTRUMENTS_MAX];
    struct reading_source readings[2 * WORLD_INSTRUMENTS_MAX];
    struct world_series reading_series[2 * WORLD_INSTRUMENTS_MAX];
    const struct impact_model *models[WORLD_INSTRUMENTS_MAX];
    struct impact_params params[WORLD_INSTRUMENTS_MAX];
    double cross[WORLD_INSTRUMENTS_MAX * WORLD_INSTRUMENTS_MAX];
    double volatility[WORLD_INSTRUMENTS_MAX];
    struct world_rules rules;
    struct world_rules reference_rules;
    struct world_rules later_rules; /* that an event may bring */
    struct world_margin margin;
    struct replay_event events[WORLD_EVENTS_MAX];
    double scale[WORLD_INSTRUMENTS_MAX];
    bool equal_rules; /* the reference's rules are the simulated ones */
    size_t account_count;
    struct world_account rows[WORLD_ACCOUNTS_MAX];
    struct accounts *accounts; /* of both flows */
};

/* The world of `seed`, without what random_machine.h adds; the caller owns it and ends it with
 * random_world_destroy(). */
struct random_world *random_world_create(uint64_t seed);
void random_world_destroy(struct random_world *world);

/* Makes the accounts anew after their rows or rules have changed: wallets with which pools have
 * slack 0, or nearly so, at some moment of the path, `in_breach` percent of them at its start. */
struct random_stream;
void random_world_renew(struct random_stream *dice, struct random_world *world, int in_breach);

/* Makes the sources ready to be read from their beginning. */
void random_world_rewind(struct random_world *world);

/* The accounts of `count` rows as the engine takes them; the caller destroys the set. */
struct accounts *random_world_accounts(const struct world_account *rows, size_t count);

/* A tick source over `series`, which must outlive it. */
struct tick_source world_series_source(struct world_series *series);
