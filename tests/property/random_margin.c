#include "tests/property/random_margin.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/rules/collateral.h"
#include "tests/property/random_closing.h"
#include "tests/property/random_coins.h"
#include "tests/property/random_draw.h"
#include "tests/property/random_limits.h"
#include "tests/property/random_machine.h"
#include "tests/property/random_orders.h"
#include "tests/property/random_terms.h"

/* ---- contracts ---- */

/* A lot is worth 30,000 units of money over its price in ticks: some hundreds, as a linear one.
 * Impact in log space alone, since base units swell as the price falls. */
static void make_inverse(struct random_world *world, size_t i) {
    struct instrument *instrument = &world->instruments[i];
    instrument->kind = CONTRACT_INVERSE;
    instrument->price_tick = (struct decimal){1, 4};
    instrument->lot = (struct decimal){1, 4};
    instrument->contract_size = (struct decimal){3, 4};
    world->series[i].price_tick = instrument->price_tick;
    const enum status status = instrument_init(instrument, NULL);
    assert(status == STATUS_OK);
    (void)status;
    struct impact_params *params = &world->params[i];
    if (world->models[i] != impact_model_find("none"))
        world->models[i] = impact_model_find("linear");
    params->space = IMPACT_LOG;
    world->input.cross = NULL; /* its slopes are of one space */
    params->slope = 2e4;       /* 100 lots are 3e-6 quote units */
}

void random_margin_reprice(struct random_stream *dice, struct random_world *world) {
    for (size_t a = 0; a < world->account_count; a++) {
        struct world_account *row = &world->rows[a];
        size_t kept = 0;
        for (size_t p = 0; p < row->position_count; p++) {
            struct world_position position = row->positions[p];
            const struct instrument *instrument = &world->instruments[position.instrument];
            const struct world_series *series = &world->series[position.instrument];
            const int64_t first = series->count > 0 ? series->price[0][0] : 100;
            int64_t entry = first + between(dice, -first / 20, first / 20);
            entry = entry < 1 ? 1 : entry;
            if (instrument->kind == CONTRACT_SPOT)
                continue;
            position.cost = (int64_t)instrument_value_ceil(instrument, position.lots, entry);
            row->positions[kept++] = position;
        }
        row->position_count = kept;
    }
}

void random_margin_hedge(struct random_stream *dice, struct random_world *world) {
    for (size_t a = 0; a < world->account_count; a++) {
        struct world_account *row = &world->rows[a];
        if (row->position_count == 0 || row->position_count == WORLD_POSITIONS_MAX ||
            !chance(dice, 40))
            continue;
        struct world_position other = row->positions[0];
        if (other.mode != MARGIN_CROSS)
            continue;
        const int64_t sign = other.lots > 0 ? -1 : 1;
        bool taken = false;
        for (size_t p = 0; p < row->position_count; p++)
            taken = taken || (row->positions[p].instrument == other.instrument &&
                              (row->positions[p].lots > 0) == (sign > 0));
        other.lots = sign * between(dice, 1, 12);
        if (!taken)
            row->positions[row->position_count++] = other;
    }
}

/* ---- rules ---- */

static struct size_curve make_curve(struct random_stream *dice) {
    struct size_curve curve = {.unit = (enum size_unit)between(dice, 0, SIZE_ENTRY_NOTIONAL),
                               .base = {between(dice, 0, 50), 3},
                               .sqrt_scale = {1, 0},
                               .floor = {between(dice, 0, 10), 3},
                               .cap = {5, 1}};
    /* sizes are of the order of 1e-3 base units and 1e-5 of notional */
    const int64_t shape = between(dice, 0, 2);
    const int32_t finer = curve.unit == SIZE_BASE ? 0 : 2;
    if (shape == 0)
        curve.per_unit = (struct decimal){between(dice, 1, 60) * (finer > 0 ? 100 : 1), 0};
    if (shape == 1)
        curve.sqrt_factor = (struct decimal){between(dice, 1, 40) * (finer > 0 ? 10 : 1), 1};
    if (shape == 2 && curve.unit != SIZE_NOTIONAL) {
        curve.step = (struct decimal){between(dice, 1, 9), 4 + finer};
        curve.step_from = (struct decimal){between(dice, 0, 9), 4 + finer};
        curve.step_rate = (struct decimal){between(dice, 1, 9), 3};
    }
    if (chance(dice, 30))
        curve.sqrt_offset = (struct decimal){between(dice, 0, 9), 7};
    if (chance(dice, 30))
        curve.minimum = between(dice, 1, 30);
    return curve;
}

static struct portfolio_margin make_scenario(struct random_stream *dice,
                                             const struct random_world *world,
                                             struct world_margin *memory) {
    struct portfolio_margin s = {.basis_rate_e8 = between(dice, 0, 3) * 1000000,
                                 .minimum_rate_e8 = between(dice, 0, 3) * 1000000,
                                 .initial_factor = {13, 1},
                                 .holdings = chance(dice, 60)};
    const int64_t moves = between(dice, 1, 9);
    for (int64_t m = 0; m < moves; m++)
        s.moves[s.move_count++] = (struct portfolio_move){between(dice, -30, 30) * 1000000,
                                                          chance(dice, 70) ? RATE_SCALE : 35000000};
    s.units = memory->units;
    const size_t count = world->input.instrument_count;
    static const char *const names[] = {"U", "V"};
    for (size_t i = 0; i < count && i < 4; i++) {
        if (chance(dice, 20)) /* in a unit of its own */
            continue;
        const size_t u = i < 2 ? 0 : 1;
        if (s.unit_count <= u)
            s.unit_count = u + 1;
        memory->units[u].symbols[memory->units[u].symbol_count++] = world->instruments[i].symbol;
    }
    for (size_t u = 0; u < 2; u++)
        memory->units[u].name = names[u];
    if (s.unit_count == 2 && memory->units[0].symbol_count > 0 && chance(dice, 60)) {
        memory->offset = (struct portfolio_offset){{"U", "V"}, between(dice, 1, 9) * 10000000};
        s.offsets = &memory->offset;
        s.offset_count = 1;
    }
    return s;
}

static void add_band(struct collateral_asset *asset, int64_t up_to, int64_t weight_e8) {
    asset->bands[asset->band_count++] = (struct collateral_band){up_to, weight_e8};
}

/* Settlement, an asset valued by a price of the run, and one with a fixed price. */
static void make_collateral(struct random_stream *dice, struct random_world *world, size_t factor,
                            struct world_margin *memory) {
    static const char *const symbols[] = {"USDT", "XXX", "YYY"};
    for (size_t a = 0; a < 3; a++) {
        struct collateral_asset *asset = &memory->assets[a];
        *asset = (struct collateral_asset){
            .symbol = symbols[a],
            .bands = memory->bands[a],
            .liability_weight_e8 = RATE_SCALE + (chance(dice, 50) ? 0 : 10000000),
            .borrow_rate_e8 = chance(dice, 50) ? 0 : between(dice, 1, 20) * 1000000,
            .exchange_ratio_e8 = chance(dice, 60) ? RATE_SCALE : 97500000};
        if (a == 0 && chance(dice, 60)) {
            add_band(asset, INT64_MAX, RATE_SCALE);
            continue;
        }
        const int64_t bands = between(dice, 1, 3);
        for (int64_t b = 1; b < bands; b++)
            add_band(asset, b * between(dice, 50, 3000),
                     RATE_SCALE - b * between(dice, 0, 20000000));
        add_band(asset, INT64_MAX, between(dice, 0, 9) * 10000000);
    }
    for (size_t b = 1; b < 3; b++) /* rising bounds */
        for (size_t k = 1; k + 1 < memory->assets[b].band_count; k++)
            if (memory->bands[b][k].up_to <= memory->bands[b][k - 1].up_to)
                memory->bands[b][k].up_to = memory->bands[b][k - 1].up_to + 1;
    for (size_t k = 1; k + 1 < memory->assets[0].band_count; k++)
        if (memory->bands[0][k].up_to <= memory->bands[0][k - 1].up_to)
            memory->bands[0][k].up_to = memory->bands[0][k - 1].up_to + 1;
    memory->assets[1].price = COLLATERAL_INSTRUMENT;
    memory->assets[1].instrument = world->instruments[factor].symbol;
    memory->assets[2].price = COLLATERAL_FIXED;
    memory->assets[2].fixed_price = (struct decimal){between(dice, 1, 300), 2};
}

/* Moves of a unit's own, wider or narrower, more or fewer than the common ones. Whether a unit that
 * has some has an instrument that somebody holds. */
static bool make_own_moves(struct random_stream *dice, const struct random_world *world,
                           struct world_margin *memory) {
    bool held = false;
    for (size_t u = 0; u < memory->scenario.unit_count; u++) {
        struct portfolio_unit *unit = &memory->units[u];
        if (!chance(dice, 70))
            continue;
        unit->moves = memory->own_moves[u];
        const int64_t moves = between(dice, 1, 12);
        for (int64_t m = 0; m < moves; m++)
            unit->moves[unit->move_count++] = (struct portfolio_move){
                between(dice, -60, 60) * 1000000, chance(dice, 70) ? RATE_SCALE : 50000000};
        for (size_t a = 0; a < world->account_count; a++)
            for (size_t p = 0; p < world->rows[a].position_count; p++)
                for (size_t k = 0; k < unit->symbol_count; k++)
                    held = held ||
                           unit->symbols[k] ==
                               world->instruments[world->rows[a].positions[p].instrument].symbol;
    }
    return held;
}

/* Risk steps in every curve that may have them, and orders that go some of them down. */
static void make_steps(struct random_stream *dice, struct world_margin *memory) {
    for (size_t k = 0; k < memory->curve_count; k++) {
        struct size_curve *curve = &memory->curves[k];
        if (curve->unit == SIZE_NOTIONAL)
            curve->unit = SIZE_BASE;
        const int32_t finer = curve->unit == SIZE_BASE ? 0 : 2;
        curve->step = (struct decimal){between(dice, 1, 9), 4 + finer};
        curve->step_from = (struct decimal){between(dice, 0, 9), 4 + finer};
        curve->step_rate = (struct decimal){between(dice, 1, 60), 3};
    }
    memory->tier_steps = between(dice, 1, 3);
    memory->full_below_lowest_tier = chance(dice, 30);
}

/* Weights that fall with the root of the amount, which is of the order of 0.01 to 0.1. */
static void make_falls(struct random_stream *dice, struct world_margin *memory) {
    for (size_t a = 1; a < 3; a++)
        if (chance(dice, 75)) {
            memory->assets[a].sqrt_factor =
                (struct decimal){between(dice, 1, 3000), a == 1 ? 1 : 0};
            memory->assets[a].sqrt_top = chance(dice, 50)
                                             ? (struct decimal){11, 1}
                                             : (struct decimal){between(dice, 2, 30), 1};
        }
}

/* Whether a balance of the world counts for less by it. */
static bool falls(const struct random_world *world) {
    for (size_t a = 0; a < world->account_count; a++)
        for (size_t k = 0; k < world->rows[a].holding_count; k++) {
            const struct world_holding *held = &world->rows[a].holdings[k];
            struct collateral_asset without = world->margin.assets[held->asset];
            without.sqrt_factor = (struct decimal){0, 0};
            if (held->quantity > 0 &&
                collateral_weighted(&world->margin.assets[held->asset], held->quantity) <
                    collateral_weighted(&without, held->quantity))
                return true;
        }
    return false;
}

static void set_rules(struct random_world *world, struct rulebook *rules,
                      const struct margin_features *with) {
    struct world_margin *memory = &world->margin;
    if (with->by_size) {
        rules->margin.sizes = memory->curves;
        rules->margin.size_count = memory->curve_count;
    }
    if (with->scenario)
        rules->margin.portfolio = &memory->scenario;
    if (with->on_entry)
        rules->margin.basis = BASIS_ENTRY;
    if (memory->tier_steps > 0) {
        rules->liquidation.close = CLOSE_TIER_STEP;
        rules->liquidation.tier_steps = memory->tier_steps;
        rules->liquidation.full_below_lowest_tier = memory->full_below_lowest_tier;
    }
    rules->margin.closing_fee_rate_e8 = memory->closing_fee_rate_e8;
    rules->margin.trigger_ratio = memory->trigger_ratio;
    if (with->collateral) {
        rules->collateral.assets = memory->assets;
        rules->collateral.count = 3;
        rules->margin.exchange_below = memory->exchange_below;
    }
    struct error error;
    if (rulebook_check(rules, &error) != STATUS_OK) {
        fprintf(stderr, "random margin: %s\n", error.message);
        abort();
    }
}

/* ---- balances ---- */

/* Quantities (1e-8 of the asset) whose value is of the order of a position's. */
static void make_holdings(struct random_stream *dice, struct random_world *world, bool owed) {
    for (size_t a = 0; a < world->account_count; a++) {
        struct world_account *row = &world->rows[a];
        for (uint32_t asset = 1; asset < 3; asset++) {
            if (!chance(dice, 55))
                continue;
            const int64_t scale = asset == 1 ? 100000 : 2000;
            const int64_t sign = owed && chance(dice, 30) ? -1 : 1;
            row->holdings[row->holding_count++] = (struct world_holding){
                .asset = asset,
                .quantity = sign * (chance(dice, 10) ? 0 : between(dice, 1, scale))};
        }
    }
}

static struct random_world *create(uint64_t seed, bool coins,
                                   struct margin_features *ret_features) {
    struct random_world *world = random_waterfall_create(seed, NULL);
    struct random_stream stream;
    struct random_stream *dice = &stream;
    random_stream_init(dice, seed, RANDOM_TEST, 5);
    struct margin_features with = {.inverse = chance(dice, 40),
                                   .by_size = chance(dice, 40),
                                   .on_entry = chance(dice, 15),
                                   .collateral = chance(dice, 55),
                                   .scenario = chance(dice, 30),
                                   .hedge_mode = chance(dice, 35)};
    with.inverse = with.inverse && !coins;
    with.collateral = with.collateral || coins;
    with.owed = with.collateral && chance(dice, 60);
    const size_t count = world->input.instrument_count;
    size_t factor = random_stream_below(dice, count);
    with.shared_price = with.collateral && (count == 1 || chance(dice, 40));
    for (size_t i = 0; i < count && with.inverse; i++)
        if (chance(dice, 60) && !(with.shared_price && i == factor))
            make_inverse(world, i);
    if (with.collateral && !with.shared_price && factor > 0 &&
        world->instruments[factor].kind == CONTRACT_LINEAR)
        world->instruments[factor].kind = CONTRACT_SPOT;
    if (world->instruments[factor].kind == CONTRACT_INVERSE) {
        factor = 0; /* an inverse contract values nothing */
        with.collateral = with.collateral && world->instruments[0].kind == CONTRACT_LINEAR;
    }
    with.coins = coins && random_coins_settle(dice, world, factor);
    random_margin_reprice(dice, world);
    if (with.hedge_mode)
        random_margin_hedge(dice, world);
    struct world_margin *memory = &world->margin;
    for (size_t i = 0; i < count && with.by_size; i++)
        if (chance(dice, 70)) {
            memory->curves[memory->curve_count] = make_curve(dice);
            memory->curves[memory->curve_count++].symbol = world->instruments[i].symbol;
        }
    if (with.scenario)
        memory->scenario = make_scenario(dice, world, memory);
    if (with.collateral) {
        make_collateral(dice, world, factor, memory);
        make_holdings(dice, world, with.owed);
    }
    if (with.coins)
        random_coins_hold(dice, world, with.owed);
    struct random_stream more; /* so that worlds stay what they were before these keys */
    random_stream_init(&more, seed, RANDOM_TEST, 12);
    if (with.collateral && !coins && chance(&more, 50)) {
        make_falls(&more, memory);
        with.falling = falls(world);
    }
    if (with.scenario && chance(&more, 50))
        with.own_moves = make_own_moves(&more, world, memory);
    if (with.by_size && chance(&more, 45))
        make_steps(&more, memory);
    /* Not from the dice, so that worlds stay what they were before this key. */
    memory->exchange_below = world->seed % 2 == 0 ? 0 : 1 + (int64_t)(world->seed % 300);
    memory->closing_fee_rate_e8 = chance(dice, 30) ? between(dice, 1, 2000000) : 0;
    memory->trigger_ratio =
        chance(dice, 25) ? (struct decimal){between(dice, 50, 130), 2} : (struct decimal){1, 0};
    if (coins && !with.scenario &&
        chance(dice, 60)) { /* under it the oracle knows less of closing */
        random_closing_add(world);
        random_terms_add(world);
    }
    set_rules(world, &world->rules.rulebook, &with);
    if (!world->equal_rules)
        set_rules(world, &world->reference_rules.rulebook, &with);
    if (world->later_rules.rulebook.name != NULL)
        set_rules(world, &world->later_rules.rulebook, &with);
    if (!with.coins)
        random_limits_add(world);
    if (chance(&more, 40))
        random_orders_add(&more, world);
    random_world_renew(dice, world, chance(dice, 60) ? 15 : 0);
    if (ret_features != NULL)
        *ret_features = with;
    return world;
}

struct random_world *random_margin_create(uint64_t seed, struct margin_features *ret_features) {
    return create(seed, false, ret_features);
}

struct random_world *random_coins_create(uint64_t seed, struct margin_features *ret_features) {
    return create(seed, true, ret_features);
}
