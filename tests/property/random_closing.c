#include "tests/property/random_closing.h"

#include <assert.h>
#include <stdio.h>

#include "tests/property/random_draw.h"

/* How much an order closes: what bounds the partial rules; mostly nothing. */
static void make_parts(struct random_stream *dice, struct rulebook *rules) {
    if (chance(dice, 10))
        rules->liquidation.close = CLOSE_STEP;
    rules->liquidation.partial_above = chance(dice, 25) ? between(dice, 1, 3000) : 0;
    rules->liquidation.full_within_ns =
        chance(dice, 25) ? PICK(dice, 1, 500, 2000, 30000) * NS_PER_MS : 0;
    rules->liquidation.tier_steps = chance(dice, 25) ? between(dice, 2, 3) : 1;
    rules->liquidation.full_below_lowest_tier = chance(dice, 25);
    rules->liquidation.step_notional = chance(dice, 50) ? between(dice, 1, 2000) : 0;
    rules->liquidation.step_quantity =
        rules->liquidation.step_notional > 0
            ? (struct decimal){0, 0}
            : (struct decimal){between(dice, 1, 300), chance(dice, 50) ? 4 : 3};
}

/* Stages from shallow to deep, each with a rule of its own; and what ends a closing by take-over.
 */
static void make_liquidation_stages(struct random_stream *dice, struct rulebook *rules) {
    rules->liquidation.last_price = chance(dice, 10) ? PRICE_BANKRUPTCY : PRICE_MARKET;
    rules->liquidation.then_price = chance(dice, 10) ? PRICE_BANKRUPTCY : PRICE_MARKET;
    rules->liquidation.stage_count = 0;
    int64_t percent = between(dice, 60, 130);
    while (chance(dice, 25) && percent >= 0 &&
           rules->liquidation.stage_count < LIQUIDATION_STAGES_MAX) {
        struct liquidation_stage *stage =
            &rules->liquidation.stages[rules->liquidation.stage_count++];
        *stage = (struct liquidation_stage){
            .ratio_e8 = percent * (RATE_SCALE / 100),
            .inclusive = chance(dice, 50),
            .closing = {.action = (enum closing_action)between(dice, 0, ACTION_BACKSTOP),
                        .close = (enum close_rule)between(dice, 0, CLOSE_STEP),
                        .fraction_e8 = PICK(dice, 10, 50, 100) * (RATE_SCALE / 100),
                        .target_ratio_e8 = PICK(dice, 100, 120) * (RATE_SCALE / 100),
                        .order = (enum close_order)between(dice, 0, ORDER_OFFSET_FIRST),
                        .price = (enum close_price)between(dice, 0, PRICE_BANKRUPTCY)},
        };
        percent = chance(dice, 20) && percent > 0 ? 0 : percent - between(dice, 1, 80);
    }
}

/* Who keeps remainders, when deleveraging begins, and at which price. */
static void make_losses(struct random_stream *dice, struct rulebook *rules) {
    rules->liquidation.remainder_to =
        chance(dice, 30) ? REMAINDER_INSURANCE_FUND : REMAINDER_ACCOUNT;
    rules->liquidation.remainder_max_rate_e8 = PICK(dice, 0, 1, 5, 100) * (RATE_SCALE / 100);
    rules->waterfall.adl_fund_fall_e8 =
        chance(dice, 25) ? PICK(dice, 1, 30, 60, 100) * (RATE_SCALE / 100) : 0;
    rules->waterfall.adl_fund_window_ns = PICK(dice, 10, 700, 3000, 60000) * NS_PER_MS;
    if (chance(dice, 15))
        rules->waterfall.adl_price = ADL_AT_PREVIOUS_MARK;
}

static void make_closing(struct random_stream *dice, struct rulebook *rules) {
    if (rules->liquidation.price == PRICE_MARKET && chance(dice, 12))
        rules->liquidation.price = PRICE_MARK;
    rules->liquidation.exit_ratio_e8 =
        chance(dice, 30) ? PICK(dice, 100, 101, 110, 150) * RATE_SCALE / 100 : 0;
    if (chance(dice, 20))
        rules->liquidation.order =
            (enum close_order)between(dice, ORDER_LARGEST_RELIEF, ORDER_OFFSET_FIRST);
    make_parts(dice, rules);
    make_liquidation_stages(dice, rules);
    make_losses(dice, rules);
    struct error error;
    const enum status status = rulebook_check(rules, &error);
    if (status != STATUS_OK)
        fprintf(stderr, "random rulebook: %s\n", error.message);
    assert(status == STATUS_OK);
}

void random_closing_add(struct random_world *world) {
    struct random_stream dice;
    random_stream_init(&dice, world->seed, RANDOM_TEST, 6);
    make_closing(&dice, &world->rules.rulebook);
    if (!world->equal_rules)
        make_closing(&dice, &world->reference_rules.rulebook);
    for (size_t e = 0; e < world->input.event_count; e++)
        if (world->events[e].kind == EVENT_RULES)
            make_closing(&dice, &world->later_rules.rulebook);
}
