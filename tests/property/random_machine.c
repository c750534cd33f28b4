#include "tests/property/random_machine.h"

#include <assert.h>
#include <stdio.h>

#include "tests/property/random_closing.h"
#include "tests/property/random_draw.h"
#include "tests/property/random_limits.h"
#include "tests/property/random_orders.h"
#include "tests/property/random_terms.h"

/* ---- rules ---- */

/* Stages in any order, the fund mostly first, as venues have it. */
static void make_stages(struct random_stream *dice, struct rulebook *rules, bool adl) {
    rules->waterfall.stage_count = 0;
    if (chance(dice, 90))
        rules->waterfall.stages[rules->waterfall.stage_count++] = STAGE_INSURANCE_FUND;
    if (chance(dice, 35))
        rules->waterfall.stages[rules->waterfall.stage_count++] = STAGE_BACKSTOP;
    if (adl)
        rules->waterfall.stages[rules->waterfall.stage_count++] = STAGE_ADL;
    if (chance(dice, 15) && rules->waterfall.stage_count > 1) {
        const size_t a = random_stream_below(dice, rules->waterfall.stage_count);
        const enum waterfall_stage first = rules->waterfall.stages[0];
        rules->waterfall.stages[0] = rules->waterfall.stages[a];
        rules->waterfall.stages[a] = first;
    }
    if (chance(dice, 50))
        rules->waterfall.stages[rules->waterfall.stage_count++] = STAGE_SOCIALISE;
    rules->waterfall.adl_rank = (enum adl_rank)between(dice, 0, ADL_PRO_RATA);
    rules->waterfall.adl_price = chance(dice, 75) ? ADL_AT_BANKRUPTCY : ADL_AT_MARK;
    rules->waterfall.adl_tie = chance(dice, 60) ? ADL_TIE_ACCOUNT_ID : ADL_TIE_LARGEST_POSITION;
    rules->waterfall.socialise_at = chance(dice, 40) ? SOCIALISE_AT_SESSION : SOCIALISE_AT_END;
    if (rules->waterfall.socialise_at ==
        SOCIALISE_AT_SESSION) /* worlds begin at midnight, and are short */
        rules->waterfall.session_close_ns =
            PICK(dice, 5, 20, 40, 60, 120) * between(dice, 1, 1000) * NS_PER_MS;
    rules->waterfall.adl_veto = chance(dice, 70) ? ADL_VETO_BANKRUPT : ADL_VETO_LOSERS;
}

static void must_be_right(const struct rulebook *rules) {
    struct error error;
    const enum status status = rulebook_check(rules, &error);
    if (status != STATUS_OK)
        fprintf(stderr, "random rulebook: %s\n", error.message);
    assert(status == STATUS_OK);
}

static void make_rules(struct random_stream *dice, const struct machine_features *with,
                       struct rulebook *rules) {
    make_stages(dice, rules, with->adl);
    rules->liquidation.fee_rate_e8 = with->fees ? between(dice, 1, 1000000) : 0;
    rules->limits.interval_ns =
        with->cool_down ? PICK(dice, 1, 300, 1000, 1700, 10000) * NS_PER_MS : 0;
    rules->limits.latency_ns =
        with->latency ? PICK(dice, 1, 50, 250, 400, 1000, 3000) * NS_PER_MS : 0;
    rules->limits.pace_pools = 0;
    if (chance(dice, 25)) {
        rules->limits.pace_pools = between(dice, 1, 5);
        rules->limits.pace_ns = PICK(dice, 100, 500, 1000, 5000) * NS_PER_MS;
    }
    rules->liquidation.price = chance(dice, with->adl ? 8 : 40) ? PRICE_BANKRUPTCY
                               : chance(dice, 12)               ? PRICE_MARK
                                                                : PRICE_MARKET;
    rules->liquidation.inventory_interval_ns = PICK(dice, 250, 700, 1000, 6000) * NS_PER_MS;
    rules->liquidation.inventory_fraction_e8 = PICK(dice, 1, 10, 33, 50, 100) * (RATE_SCALE / 100);
    rules->funding.cap_share_e8 = chance(dice, 30) ? between(dice, 1, 100) * (RATE_SCALE / 100) : 0;
    must_be_right(rules);
}

/* A copy of the rules as they stand, with tables of its own. */
static void copy_rules(const struct world_rules *from, struct world_rules *to) {
    *to = *from;
    to->rulebook.margin.tables = to->tables;
    for (size_t t = 0; t < to->rulebook.margin.table_count; t++)
        to->tables[t].tiers = to->tiers[t];
}

/* What an event brings: steeper or gentler, another trigger, other stages and waits. */
static void make_later_rules(struct random_stream *dice, const struct machine_features *with,
                             struct random_world *world) {
    copy_rules(&world->rules, &world->later_rules);
    struct rulebook *rules = &world->later_rules.rulebook;
    rules->margin.maintenance_multiplier = (struct decimal){between(dice, 30, 150), 2};
    rules->margin.trigger = chance(dice, 50) ? TRIGGER_AT_OR_BELOW : TRIGGER_BELOW;
    const int64_t pace_ns = rules->limits.pace_ns;
    make_rules(dice, with, rules);
    if (pace_ns > 0 && chance(dice, 50))
        rules->limits.pace_ns = pace_ns; /* another pace within one window */
    must_be_right(rules);
}

/* ---- events ---- */

static int64_t time_in(struct random_stream *dice, const struct random_world *world) {
    const struct world_series *series = &world->series[0];
    if (series->count == 0)
        return INT64_C(1621382400000000000);
    const int64_t at = series->ts_ns[random_stream_below(dice, series->count)];
    return chance(dice, 40) ? at : at + between(dice, -2000, 2000) * NS_PER_MS;
}

void random_machine_event(struct random_stream *dice, struct random_world *world,
                          struct replay_event event) {
    const size_t count = world->input.event_count++;
    assert(count < WORLD_EVENTS_MAX);
    event.ts_ns = time_in(dice, world);
    event.instrument = chance(dice, 50)
                           ? EVENT_ALL_INSTRUMENTS
                           : (uint32_t)random_stream_below(dice, world->input.instrument_count);
    size_t at = count;
    for (; at > 0 && event.ts_ns < world->events[at - 1].ts_ns; at--)
        world->events[at] = world->events[at - 1];
    world->events[at] = event;
}

/* Somewhere around the prices of these worlds, on no grid. */
static int64_t random_price_e8(struct random_stream *dice, const struct random_world *world) {
    const struct decimal tick = world->instruments[0].price_tick;
    const int64_t scaled = tick.mantissa * units_pow10(8 - tick.decimals);
    return between(dice, 50, 200) * scaled + scaled / 7;
}

static void make_events(struct random_stream *dice, const struct machine_features *with,
                        struct random_world *world) {
    world->input.events = world->events;
    for (int64_t n = with->funding ? between(dice, 1, 4) : 0; n > 0; n--)
        random_machine_event(dice, world,
                             (struct replay_event){.kind = EVENT_FUNDING,
                                                   .rate_e8 = PICK(dice, -2000000, -10000, 10000,
                                                                   100000, 1000000, 3000000)});
    if (chance(dice, 25))
        random_machine_event(
            dice, world,
            (struct replay_event){.kind = EVENT_FUND_CHANGE, .amount = between(dice, -200, 200)});
    if (chance(dice, 15)) {
        random_machine_event(dice, world, (struct replay_event){.kind = EVENT_ENGINE_STOP});
        random_machine_event(dice, world, (struct replay_event){.kind = EVENT_ENGINE_START});
    }
    if (chance(dice, 15)) {
        random_machine_event(dice, world, (struct replay_event){.kind = EVENT_FEED_STOP});
        random_machine_event(dice, world, (struct replay_event){.kind = EVENT_FEED_START});
    }
    if (chance(dice, 15)) {
        random_machine_event(
            dice, world,
            (struct replay_event){.kind = EVENT_FEED_ERROR,
                                  .rate_e8 = between(dice, 50, 150) * (RATE_SCALE / 100)});
        if (chance(dice, 70))
            random_machine_event(
                dice, world,
                (struct replay_event){.kind = EVENT_FEED_ERROR, .rate_e8 = RATE_SCALE});
    }
    if (chance(dice, 15))
        random_machine_event(
            dice, world,
            (struct replay_event){.kind = EVENT_SHOCK,
                                  .rate_e8 = between(dice, 60, 130) * (RATE_SCALE / 100)});
    if (chance(dice, 10))
        random_machine_event(
            dice, world,
            (struct replay_event){.kind = EVENT_EXPIRY, .amount = random_price_e8(dice, world)});
    if (chance(dice, 20)) {
        random_machine_event(
            dice, world,
            (struct replay_event){.kind = EVENT_DEPTH,
                                  .rate_e8 = PICK(dice, 10, 30, 50, 90, 200) * (RATE_SCALE / 100)});
        if (chance(dice, 70))
            random_machine_event(dice, world,
                                 (struct replay_event){.kind = EVENT_DEPTH, .rate_e8 = RATE_SCALE});
    }
    if (chance(dice, 15)) {
        make_later_rules(dice, with, world);
        random_machine_event(
            dice, world,
            (struct replay_event){.kind = EVENT_RULES, .rulebook = &world->later_rules.rulebook});
    }
}

/* ---- the world ---- */

static struct machine_features draw_features(struct random_stream *dice) {
    struct machine_features with;
    with.all = chance(dice, 55);
    with.adl = with.all || chance(dice, 60);
    with.poor_fund = with.all || chance(dice, 60);
    with.fees = with.all || chance(dice, 50);
    with.cool_down = with.all || chance(dice, 50);
    with.latency = with.all || chance(dice, 40);
    with.funding = with.all || chance(dice, 50);
    with.all =
        with.adl && with.poor_fund && with.fees && with.cool_down && with.latency && with.funding;
    return with;
}

static void make_money(struct random_stream *dice, const struct machine_features *with,
                       struct venue_input *venue) {
    venue->insurance_fund =
        with->poor_fund ? PICK(dice, 0, 1, 5, 20, 60) : between(dice, 100, 5000);
    venue->backstop = chance(dice, 40) ? 0 : between(dice, 0, chance(dice, 50) ? 100 : 5000);
}

struct random_world *random_waterfall_create(uint64_t seed, struct machine_features *ret_features) {
    struct random_world *world = random_world_create(seed);
    struct random_stream stream;
    struct random_stream *dice = &stream;
    random_stream_init(dice, seed, RANDOM_TEST, 3);
    const struct machine_features with = draw_features(dice);
    make_rules(dice, &with, &world->rules.rulebook);
    make_money(dice, &with, &world->input.simulated);
    if (world->equal_rules) {
        world->input.reference = world->input.simulated;
    } else {
        make_rules(dice, &with, &world->reference_rules.rulebook);
        make_money(dice, &with, &world->input.reference);
    }
    make_events(dice, &with, world);
    if (chance(dice, 8)) {
        for (size_t i = 0; i < world->input.instrument_count; i++)
            world->scale[i] = chance(dice, 50) ? 1.0 : (double)between(dice, 50, 200) / 100.0;
        world->input.scale = world->scale;
    }
    if (ret_features != NULL)
        *ret_features = with;
    return world;
}

struct random_world *random_machine_create(uint64_t seed, struct machine_features *ret_features) {
    struct random_world *world = random_waterfall_create(seed, ret_features);
    random_closing_add(world);
    random_terms_add(world);
    random_limits_add(world);
    struct random_stream dice;
    random_stream_init(&dice, seed, RANDOM_TEST, 13);
    if (chance(&dice, 35)) {
        random_orders_add(&dice, world);
        random_world_renew(&dice, world, 10);
    }
    return world;
}
