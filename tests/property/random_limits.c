#include "tests/property/random_limits.h"

#include <assert.h>
#include <stdio.h>

#include "tests/property/random_draw.h"

static void add_funds(struct random_stream *dice, struct random_world *world,
                      struct world_rules *rules) {
    struct rulebook *rulebook = &rules->rulebook;
    rulebook->waterfall.fund = chance(dice, 40) ? FUND_PER_INSTRUMENT : FUND_GLOBAL;
    rulebook->waterfall.fund_share_count = 0;
    rulebook->waterfall.fund_shares = rules->fund_shares;
    if (rulebook->waterfall.fund == FUND_GLOBAL || chance(dice, 50))
        return;
    for (size_t i = 0; i < world->input.instrument_count; i++)
        if (chance(dice, 60))
            rules->fund_shares[rulebook->waterfall.fund_share_count++] =
                (struct fund_share){world->instruments[i].symbol, between(dice, 0, 3) * RATE_SCALE};
    if (chance(dice, 50))
        rules->fund_shares[rulebook->waterfall.fund_share_count++] =
            (struct fund_share){NULL, between(dice, 0, 200) * (RATE_SCALE / 100)};
}

static void add_blocks(struct random_stream *dice, struct rulebook_limits *limits) {
    if (!chance(dice, 25))
        return;
    limits->block_ns = PICK(dice, 250, 700, 1000, 1000, 3000, 20000) * NS_PER_MS;
    limits->block_notional = chance(dice, 60) ? between(dice, 1, 2500) : 0;
    limits->block_once = chance(dice, 50);
}

static void add_price_limits(struct random_stream *dice, struct rulebook *rules) {
    struct rulebook_limits *limits = &rules->limits;
    limits->fillable_adjustment_e8 = PICK(dice, 0, 30, 100, 100, 250) * (RATE_SCALE / 100);
    limits->fillable_spread_e8 = PICK(dice, 0, 10, 50, 100, 150) * (RATE_SCALE / 100);
    if (limits->block_ns > 0 && chance(dice, 60))
        limits->block_insurance = between(dice, 1, 300);
    /* not every millisecond: the oracle would look at all pools as often */
    if (limits->block_ns > 0 || rules->limits.interval_ns >= 300 * NS_PER_MS)
        limits->order = chance(dice, 50)
                            ? LIMIT_NONE
                            : (enum order_limit)PICK(dice, LIMIT_FILLABLE, LIMIT_BANKRUPTCY);
    else if (rules->liquidation.then_price == PRICE_BANKRUPTCY &&
             rules->liquidation.stage_count == 0)
        limits->order = chance(dice, 50) ? LIMIT_BANKRUPTCY : LIMIT_NONE;
}

static void add_windows(struct random_stream *dice, struct random_world *world,
                        struct world_rules *rules) {
    struct rulebook *rulebook = &rules->rulebook;
    rulebook->limits.windows = rules->windows;
    rulebook->limits.window_count = 0;
    rulebook->limits.window_ns = 0;
    if (!chance(dice, 15))
        return;
    for (size_t i = 0; i < world->input.instrument_count; i++) {
        const struct decimal lot = world->instruments[i].lot;
        if (chance(dice, 60))
            rules->windows[rulebook->limits.window_count++] = (struct window_cap){
                world->instruments[i].symbol, {between(dice, 1, 40) * lot.mantissa, lot.decimals}};
    }
    if (rulebook->limits.window_count == 0 || chance(dice, 40))
        rules->windows[rulebook->limits.window_count++] =
            (struct window_cap){NULL, {between(dice, 1, 500), 5}};
    rulebook->limits.window_ns = PICK(dice, 300, 700, 1000, 3000, 20000) * NS_PER_MS;
}

static void add_limits(struct random_stream *dice, struct random_world *world,
                       struct world_rules *rules) {
    add_funds(dice, world, rules);
    add_blocks(dice, &rules->rulebook.limits);
    add_price_limits(dice, &rules->rulebook);
    add_windows(dice, world, rules);
    struct error error;
    const enum status status = rulebook_check(&rules->rulebook, &error);
    if (status != STATUS_OK)
        fprintf(stderr, "random rulebook: %s\n", error.message);
    assert(status == STATUS_OK);
}

void random_limits_add(struct random_world *world) {
    struct random_stream dice;
    random_stream_init(&dice, world->seed, RANDOM_TEST, 21);
    add_limits(&dice, world, &world->rules);
    if (!world->equal_rules)
        add_limits(&dice, world, &world->reference_rules);
    for (size_t e = 0; e < world->input.event_count; e++)
        if (world->events[e].kind == EVENT_RULES)
            add_limits(&dice, world, &world->later_rules);
}
