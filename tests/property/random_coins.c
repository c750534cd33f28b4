#include "tests/property/random_coins.h"

#include <assert.h>

#include "tests/property/random_draw.h"

static const char *const COINS[] = {"USDT", "XXX", "YYY"};

static void set_grid(struct random_world *world, size_t i, struct decimal tick, struct decimal lot,
                     struct decimal size) {
    struct instrument *instrument = &world->instruments[i];
    instrument->price_tick = tick;
    instrument->lot = lot;
    instrument->contract_size = size;
    world->series[i].price_tick = tick;
    const enum status status = instrument_init(instrument, NULL);
    assert(status == STATUS_OK);
    (void)status;
}

/* Linear impact, of some percent for 100 lots. */
static void set_impact(struct random_world *world, size_t i, enum impact_space space,
                       double slope) {
    struct impact_params *params = &world->params[i];
    const bool some = world->models[i] != impact_model_find("none");
    if (some)
        world->models[i] = impact_model_find("linear");
    params->space = some ? space : IMPACT_LOG;
    params->slope = slope;
    world->input.cross = NULL; /* its slopes are of one space */
}

/* Positions back only their cross account, one a side. */
static void make_cross(struct random_world *world, size_t i) {
    for (size_t a = 0; a < world->account_count; a++) {
        struct world_account *row = &world->rows[a];
        bool has[2] = {false, false};
        size_t kept = 0;
        for (size_t p = 0; p < row->position_count; p++) {
            struct world_position position = row->positions[p];
            if (position.instrument == i) {
                bool *side = &has[position.lots > 0];
                if (*side)
                    continue;
                *side = true;
                position.mode = MARGIN_CROSS;
                position.isolated_margin = 0;
            }
            row->positions[kept++] = position;
        }
        row->position_count = kept;
    }
}

/* A coin of 1e-8 is worth about 3 units of money where a spot price values it, else 0.03; a lot of
 * a contract is worth some hundreds. */
bool random_coins_settle(struct random_stream *dice, struct random_world *world, size_t factor) {
    const bool own_price = world->instruments[factor].kind == CONTRACT_SPOT;
    const size_t count = world->input.instrument_count;
    if (own_price)
        set_grid(world, factor, (struct decimal){1, 2}, (struct decimal){1, 6},
                 (struct decimal){1, 0});
    /* In price space, where no debt that is bought back has a pole. */
    const struct instrument *values = &world->instruments[factor];
    set_impact(world, factor, IMPACT_PRICE, 0.1 * values->tick_size / values->lot_size);
    const size_t sure = (factor + 1) % count;
    for (size_t i = 0; i < count; i++) {
        if (i == factor || (i != sure && chance(dice, 35)))
            continue;
        struct instrument *instrument = &world->instruments[i];
        instrument->settles = COINS[chance(dice, 80) ? 1 : 2];
        if (chance(dice, 75)) {
            instrument->kind = CONTRACT_INVERSE;
            set_grid(world, i, (struct decimal){1, 4}, (struct decimal){1, 4},
                     own_price ? (struct decimal){3, 4} : (struct decimal){1, 2});
            set_impact(world, i, IMPACT_LOG, own_price ? 2e4 : 600.0);
        } else {
            instrument->kind = CONTRACT_QUANTO;
            set_grid(world, i, (struct decimal){1, 4}, (struct decimal){1, 4},
                     (struct decimal){own_price ? 1 : 10, 0});
            set_impact(world, i, IMPACT_LOG, 1e3);
        }
        make_cross(world, i);
    }
    return count > 1;
}

static bool settles_in(const struct random_world *world, const struct world_account *row,
                       uint32_t asset) {
    for (size_t p = 0; p < row->position_count; p++)
        if (world->instruments[row->positions[p].instrument].settles == COINS[asset])
            return true;
    return false;
}

void random_coins_hold(struct random_stream *dice, struct random_world *world, bool owed) {
    for (size_t a = 0; a < world->account_count; a++) {
        struct world_account *row = &world->rows[a];
        row->holding_count = 0;
        for (uint32_t asset = 1; asset < 3; asset++) {
            if (!chance(dice, settles_in(world, row, asset) ? 65 : 25))
                continue;
            const int64_t scale = asset == 1 ? PICK(dice, 100, 1000, 3000) : 2000;
            const int64_t sign = owed && chance(dice, 30) ? -1 : 1;
            row->holdings[row->holding_count++] = (struct world_holding){
                .asset = asset,
                .quantity = sign * (chance(dice, 10) ? 0 : between(dice, 1, scale))};
        }
    }
}
