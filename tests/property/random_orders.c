#include "tests/property/random_orders.h"

#include <assert.h>

#include "tests/property/random_draw.h"

static void add_rules(struct random_stream *dice, struct rulebook *rules) {
    rules->margin.orders = (struct order_margin){
        .counts = chance(dice, 80) ? ORDERS_MAINTENANCE : (enum order_counts)between(dice, 0, 1),
        .rate = (enum order_rate)between(dice, 0, ORDER_RATE_FIXED),
        .per_order = chance(dice, 60) ? 0 : between(dice, 1, 40)};
    if (rules->margin.orders.rate == ORDER_RATE_FIXED)
        rules->margin.orders.rate_e8 =
            chance(dice, 20) ? 0 : between(dice, 1, 20) * (RATE_SCALE / 100);
    rules->liquidation.cancel_orders =
        chance(dice, 50) ? CANCEL_ALL : (enum cancel_orders)between(dice, 1, CANCEL_INSTRUMENT);
    if (rules->limits.block_ns > 0 && rules->liquidation.cancel_orders == CANCEL_INSTRUMENT)
        rules->liquidation.cancel_orders = CANCEL_ALL;
    const enum status status = rulebook_check(rules, NULL);
    assert(status == STATUS_OK);
    (void)status;
}

/* Around the first price; often in a contract that the account holds. */
static void add_orders(struct random_stream *dice, const struct random_world *world,
                       struct world_account *row) {
    const int64_t count = between(dice, 1, 3);
    for (int64_t k = 0; k < count; k++) {
        uint32_t i = (uint32_t)random_stream_below(dice, world->input.instrument_count);
        if (row->position_count > 0 && chance(dice, 60))
            i = row->positions[0].instrument;
        const struct instrument *instrument = &world->instruments[i];
        const struct world_series *series = &world->series[i];
        const int64_t first = series->count > 0 ? series->price[0][0] : 100;
        const int64_t price = first + between(dice, -first / 10, first / 10);
        const int64_t lots = between(dice, 1, 12) * (chance(dice, 50) ? 1 : -1);
        if (instrument->kind == CONTRACT_SPOT || instrument->settles != NULL)
            continue;
        row->orders[row->order_count++] = (struct world_order){
            .instrument = i,
            .lots = lots,
            .cost = (int64_t)instrument_value_ceil(instrument, lots, price < 1 ? 1 : price),
            .leverage_e8 = chance(dice, 70) ? 0 : between(dice, 2, 50) * RATE_SCALE};
    }
}

void random_orders_add(struct random_stream *dice, struct random_world *world) {
    struct rulebook *const rules[] = {&world->rules.rulebook, &world->reference_rules.rulebook,
                                      &world->later_rules.rulebook};
    const bool used[] = {true, !world->equal_rules, world->later_rules.rulebook.name != NULL};
    for (size_t r = 0; r < 3; r++)
        if (used[r])
            add_rules(dice, rules[r]);
    for (size_t a = 0; a < world->account_count; a++)
        if (chance(dice, 60))
            add_orders(dice, world, &world->rows[a]);
}
