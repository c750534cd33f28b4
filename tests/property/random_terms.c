#include "tests/property/random_terms.h"

#include <assert.h>
#include <stdio.h>

#include "tests/property/random_draw.h"

/* Fee rates of some contracts. */
static void add_fee_rates(struct random_stream *dice, const struct random_world *world,
                          struct world_rules *rules) {
    rules->rulebook.liquidation.fee_rates = rules->fee_rates;
    rules->rulebook.liquidation.fee_rate_count = 0;
    if (!chance(dice, 30))
        return;
    for (size_t i = 0; i < world->input.instrument_count; i++)
        if (chance(dice, 60))
            rules->fee_rates[rules->rulebook.liquidation.fee_rate_count++] = (struct symbol_rate){
                world->instruments[i].symbol, chance(dice, 20) ? 0 : between(dice, 1, 3000000)};
}

static void add_terms(struct random_stream *dice, struct rulebook *rules) {
    if (chance(dice, 25))
        rules->liquidation.close = chance(dice, 40) ? CLOSE_PORTION : CLOSE_TO_COVER;
    if (chance(dice, 10))
        rules->liquidation.order = ORDER_RANDOM;
    for (size_t s = 0; s < rules->liquidation.stage_count; s++)
        if (chance(dice, 30))
            rules->liquidation.stages[s].closing.close =
                chance(dice, 50) ? CLOSE_PORTION : CLOSE_TO_COVER;
    if (chance(dice, 30))
        rules->liquidation.minimum_notional = between(dice, 1, 200);
    if (chance(dice, 30)) {
        rules->liquidation.insurance_fee_e8 = between(dice, 1, 5000000);
        rules->liquidation.insurance_fee_limit =
            (enum insurance_fee_limit)between(dice, 0, INSURANCE_FEE_MARGIN);
    }
    if (rules->limits.interval_ns > 0 && chance(dice, 50)) {
        rules->limits.release_initial_e8 = PICK(dice, 0, 10, 50, 100) * (RATE_SCALE / 100);
        rules->limits.release_ns = PICK(dice, 1, 2000, 10000) * NS_PER_MS;
    }
    if (chance(dice, 20))
        rules->waterfall.adl_rank = ADL_ACCOUNT_ORDER;
    if (chance(dice, 25) && rules->waterfall.stage_count < WATERFALL_STAGES_MAX) {
        rules->waterfall.stages[rules->waterfall.stage_count++] = STAGE_OPEN_INTEREST;
        if (rules->waterfall.stage_count > 1 &&
            rules->waterfall.stages[rules->waterfall.stage_count - 2] == STAGE_SOCIALISE) {
            rules->waterfall.stages[rules->waterfall.stage_count - 2] = STAGE_OPEN_INTEREST;
            rules->waterfall.stages[rules->waterfall.stage_count - 1] = STAGE_SOCIALISE;
        }
    }
    struct error error;
    const enum status status = rulebook_check(rules, &error);
    if (status != STATUS_OK)
        fprintf(stderr, "random rulebook: %s\n", error.message);
    assert(status == STATUS_OK);
}

void random_terms_add(struct random_world *world) {
    struct world_rules *const sets[] = {&world->rules, &world->reference_rules,
                                        &world->later_rules};
    bool used[] = {true, !world->equal_rules, false};
    for (size_t e = 0; e < world->input.event_count; e++)
        used[2] = used[2] || world->events[e].kind == EVENT_RULES;
    struct random_stream dice;
    random_stream_init(&dice, world->seed, RANDOM_TEST, 7);
    for (size_t s = 0; s < 3; s++)
        if (used[s])
            add_terms(&dice, &sets[s]->rulebook);
    random_stream_init(&dice, world->seed, RANDOM_TEST, 11);
    for (size_t s = 0; s < 3; s++)
        if (used[s])
            add_fee_rates(&dice, world, sets[s]);
}
