#include "tests/property/random_terms.h"

#include <assert.h>
#include <stdio.h>

#include "tests/property/random_draw.h"

static void add_terms(struct random_stream *dice, struct rulebook *rules) {
    if (chance(dice, 25))
        rules->close = chance(dice, 40) ? CLOSE_PORTION : CLOSE_TO_COVER;
    if (chance(dice, 10))
        rules->order = ORDER_RANDOM;
    for (size_t s = 0; s < rules->liquidation_stage_count; s++)
        if (chance(dice, 30))
            rules->liquidation_stages[s].closing.close =
                chance(dice, 50) ? CLOSE_PORTION : CLOSE_TO_COVER;
    if (chance(dice, 30))
        rules->terms.minimum_notional = between(dice, 1, 200);
    if (chance(dice, 30)) {
        rules->terms.insurance_fee_e8 = between(dice, 1, 5000000);
        rules->terms.insurance_fee_limit =
            (enum insurance_fee_limit)between(dice, 0, INSURANCE_FEE_MARGIN);
    }
    if (rules->interval_ns > 0 && chance(dice, 50)) {
        rules->terms.release_initial_e8 = PICK(dice, 0, 10, 50, 100) * (RATE_SCALE / 100);
        rules->terms.release_ns = PICK(dice, 1, 2000, 10000) * NS_PER_MS;
    }
    if (chance(dice, 20))
        rules->adl_rank = ADL_ACCOUNT_ORDER;
    if (chance(dice, 25) && rules->stage_count < WATERFALL_STAGES_MAX) {
        rules->stages[rules->stage_count++] = STAGE_OPEN_INTEREST;
        if (rules->stage_count > 1 && rules->stages[rules->stage_count - 2] == STAGE_SOCIALISE) {
            rules->stages[rules->stage_count - 2] = STAGE_OPEN_INTEREST;
            rules->stages[rules->stage_count - 1] = STAGE_SOCIALISE;
        }
    }
    struct error error;
    const enum status status = rulebook_check(rules, &error);
    if (status != STATUS_OK)
        fprintf(stderr, "random rulebook: %s\n", error.message);
    assert(status == STATUS_OK);
}

void random_terms_add(struct random_world *world) {
    struct random_stream dice;
    random_stream_init(&dice, world->seed, RANDOM_TEST, 7);
    add_terms(&dice, &world->rules.rulebook);
    if (!world->equal_rules)
        add_terms(&dice, &world->reference_rules.rulebook);
    for (size_t e = 0; e < world->input.event_count; e++)
        if (world->events[e].kind == EVENT_RULES)
            add_terms(&dice, &world->later_rules.rulebook);
}
