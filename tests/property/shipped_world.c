#include "tests/property/shipped_world.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/elementary.h"
#include "tests/property/random_draw.h"
#include "tests/property/random_machine.h"
#include "tests/property/random_margin.h"
#include "tests/property/shipped_rules.h"

#define LOT_MAX 1e4      /* in contracts; rates by size are refused for much larger ones */
#define NOTIONAL_MAX 3e8 /* so that money has room for positions of some times as much */

/* 10 to the power of a hundredth of `low` to `high`. */
static double magnitude(struct random_stream *dice, int64_t low, int64_t high) {
    return elementary_exp(2.302585092994046 * (double)between(dice, low, high) / 100.0);
}

/* ---- contracts ---- */

/* The largest of 1, 2, 5 times a power of ten that is not above `value`. */
static struct decimal round_down(double value) {
    struct decimal result = {1, 0};
    double rest = value;
    while (rest < 1.0 && result.decimals < 14) {
        rest *= 10.0;
        result.decimals++;
    }
    for (; rest >= 10.0; rest /= 10.0)
        result.mantissa *= 10;
    result.mantissa *= rest >= 5.0 ? 5 : rest >= 2.0 ? 2 : 1;
    return result;
}

/* The same, or three quarters of it. */
static struct decimal rough(struct random_stream *dice, double value) {
    const struct decimal result = round_down(value);
    return chance(dice, 15) ? (struct decimal){result.mantissa * 75, result.decimals + 2} : result;
}

static int64_t first_price(const struct random_world *world, size_t i) {
    return world->series[i].count > 0 ? world->series[i].price[0][0] : 100;
}

/* More ticks to the same moves, so that thin margins meet moves of their own size. */
static void refine(struct random_stream *dice, struct world_series *series, int64_t factor) {
    for (size_t v = 0; v < 4; v++)
        for (size_t k = 0; k < series->count; k++)
            series->price[v][k] =
                series->price[v][k] * factor + (series->bars ? 0 : between(dice, 0, factor - 1));
}

/* The grid on which a lot is worth about `lot_value` of the settlement asset at the first price. */
static void make_grid(struct random_stream *dice, struct random_world *world, size_t i,
                      double lot_value, double price) {
    struct instrument *instrument = &world->instruments[i];
    const double tick = price / (double)first_price(world, i);
    instrument->price_tick =
        instrument->kind == CONTRACT_INVERSE ? round_down(tick) : rough(dice, tick);
    const double at = decimal_to_double(instrument->price_tick) * (double)first_price(world, i);
    instrument->contract_size = (struct decimal){1, 0};
    double lot = lot_value / at;
    if (instrument->kind == CONTRACT_QUANTO) {
        instrument->contract_size = (struct decimal){1, 6};
        lot *= 1e6;
    } else if (instrument->kind == CONTRACT_INVERSE) {
        instrument->contract_size = (struct decimal){PICK(dice, 1, 10, 100), 0};
        lot = lot_value * at / decimal_to_double(instrument->contract_size);
    }
    instrument->lot = rough(dice, lot < LOT_MAX ? lot : LOT_MAX);
    world->series[i].price_tick = instrument->price_tick;
    struct error error;
    if (instrument_init(instrument, &error) != STATUS_OK) {
        fprintf(stderr, "%s: %s\n", instrument->symbol, error.message);
        abort();
    }
}

/* Impact as strong on the new grid as it was on the old one. */
static void rescale_impact(struct random_world *world, size_t i, const struct instrument *old,
                           int64_t old_first) {
    const struct instrument *new = &world->instruments[i];
    struct impact_params *params = &world->params[i];
    const double old_price = old->tick_size * (double)old_first;
    const double price = new->tick_size *(double)first_price(world, i);
    const double lot = instrument_base(new, 1.0, price) / old->lot_size;
    const double move = price / old_price;
    if (params->space == IMPACT_PRICE && new->kind == CONTRACT_INVERSE) {
        world->models[i] =
            impact_model_find("linear"); /* its base units swell as the price falls */
        params->space = IMPACT_LOG;
        params->slope = 500.0;
    }
    params->slope *= params->space == IMPACT_LOG ? 1.0 / (lot * move) : move / lot;
    params->volume *= lot;
    params->depth_1pct *= lot;
    for (size_t k = 0; k < params->depth.count; k++) {
        params->depth.points[k].quantity *= lot;
        if (params->space == IMPACT_PRICE)
            params->depth.points[k].distance *= move;
    }
}

static double clamp(double value, double low, double high) {
    return value < low ? low : value > high ? high : value;
}

/* Prices at which both the notional and the size of a position come near an edge of the rules. */
static void make_contract(struct random_stream *dice, struct shipped_world *shipped,
                          const struct rulebook *rulebook, size_t i, int64_t factor) {
    struct random_world *world = shipped->world;
    struct instrument *instrument = &world->instruments[i];
    const struct instrument old = *instrument;
    const int64_t old_first = first_price(world, i);
    double notional = shipped_notional(dice, rulebook, world->instruments[i].symbol);
    if (notional == 0.0 || chance(dice, 50))
        notional = shipped->notional;
    const double size =
        shipped_size(dice, rulebook, world->instruments[i].symbol, shipped->settlement);
    double price = magnitude(dice, -100, 450);
    if (size > 0.0 && chance(dice, 80))
        price = instrument->kind == CONTRACT_INVERSE ? size / notional : notional / size;
    refine(dice, &world->series[i], factor);
    double lot_value = notional / (double)between(dice, 2, 20);
    /* Money must still hold a lot at a price of one tick. */
    const double first = (double)first_price(world, i);
    const double most = instrument->kind == CONTRACT_INVERSE ? 1e6 / first : 1e6 * first;
    lot_value = clamp(lot_value, 0.0, most);
    make_grid(dice, world, i, lot_value, clamp(price, 1e-3, 1e6));
    rescale_impact(world, i, &old, old_first);
}

static bool is_taken(const struct shipped_world *shipped, const struct collateral_asset *asset,
                     size_t count) {
    char pair[2 * SETTLEMENT_SIZE];
    (void)snprintf(pair, sizeof(pair), "%.31s%s", asset->symbol, shipped->settlement);
    bool taken = strcmp(asset->symbol, shipped->settlement) == 0;
    for (size_t i = 0; i < count; i++)
        taken = taken || strcmp(shipped->world->instruments[i].symbol, pair) == 0;
    return taken;
}

/* A spot instrument for an asset of the rulebook that has no contract in this world. */
static bool add_spot(struct random_stream *dice, struct shipped_world *shipped,
                     const struct rulebook *rulebook, size_t i) {
    const size_t first = random_stream_below(dice, rulebook->collateral.count);
    for (size_t k = 0; k < rulebook->collateral.count; k++) {
        const struct collateral_asset *asset =
            &rulebook->collateral.assets[(first + k) % rulebook->collateral.count];
        if (asset->price != COLLATERAL_BY_NAME || is_taken(shipped, asset, i))
            continue;
        (void)snprintf(shipped->spot, sizeof(shipped->spot), "%.31s%s", asset->symbol,
                       shipped->settlement);
        shipped->world->instruments[i].symbol = shipped->spot;
        shipped->world->instruments[i].kind = CONTRACT_SPOT;
        return true;
    }
    return false;
}

static void make_contracts(struct random_stream *dice, struct shipped_world *shipped,
                           const struct rulebook *rulebook) {
    struct random_world *world = shipped->world;
    const char *symbols[WORLD_INSTRUMENTS_MAX];
    enum contract_kind kinds[WORLD_INSTRUMENTS_MAX];
    const size_t room = world->input.instrument_count;
    const bool spot = room > 1 && rulebook->collateral.count > 1 && chance(dice, 70);
    size_t count = shipped_symbols(dice, rulebook, room - spot, symbols);
    for (size_t i = 0; i < count; i++) {
        kinds[i] = world->instruments[i].kind = shipped_kind(rulebook, symbols[i]);
        world->instruments[i].symbol = symbols[i];
    }
    settlement_find("", rulebook, symbols, kinds, count, shipped->settlement);
    if (spot && add_spot(dice, shipped, rulebook, count))
        count++;
    world->input.instrument_count = count;
    world->input.cross = NULL; /* of the old grids */
    shipped->notional = shipped_notional(dice, rulebook, symbols[0]);
    if (shipped->notional == 0.0)
        shipped->notional = magnitude(dice, 100, 700);
    shipped->notional = clamp(shipped->notional, 1e-3, NOTIONAL_MAX);
    const int64_t factor = PICK(dice, 1, 1, 7, 100);
    for (size_t i = 0; i < count; i++)
        make_contract(dice, shipped, rulebook, i, factor);
}

/* ---- accounts ---- */

/* Positions in the contracts that are left, one a contract unless isolated; no money yet. */
static void keep_positions(struct shipped_world *shipped) {
    struct random_world *world = shipped->world;
    world->rows[0].settlement = shipped->settlement;
    for (size_t a = 0; a < world->account_count; a++) {
        struct world_account *row = &world->rows[a];
        bool taken[WORLD_INSTRUMENTS_MAX] = {false};
        size_t kept = 0;
        row->balance = 0;
        for (size_t p = 0; p < row->position_count; p++) {
            struct world_position position = row->positions[p];
            position.instrument %= (uint32_t)world->input.instrument_count;
            position.isolated_margin = 0;
            const bool isolated = position.mode == MARGIN_ISOLATED;
            if (!isolated && taken[position.instrument])
                continue;
            taken[position.instrument] = taken[position.instrument] || !isolated;
            row->positions[kept++] = position;
        }
        row->position_count = kept;
    }
}

/* The instrument that values an asset, or the count: none, though its price may be fixed. */
static size_t valued_by(const struct shipped_world *shipped, const struct collateral_asset *asset) {
    char pair[2 * SETTLEMENT_SIZE];
    (void)snprintf(pair, sizeof(pair), "%.31s%s", asset->symbol, shipped->settlement);
    const size_t count = shipped->world->input.instrument_count;
    size_t i = 0;
    while (i < count && strcmp(shipped->world->instruments[i].symbol, pair) != 0)
        i++;
    return i;
}

/* Some of an asset: up to a band's bound, or worth something beside a position. */
static void hold(struct random_stream *dice, const struct shipped_world *shipped,
                 const struct collateral_asset *asset, struct world_account *row) {
    const size_t i = valued_by(shipped, asset);
    const bool is_fixed = asset->price == COLLATERAL_FIXED;
    if (strcmp(asset->symbol, shipped->settlement) == 0 || row->holding_count == 2 ||
        (!is_fixed && i == shipped->world->input.instrument_count))
        return;
    const double price = is_fixed ? decimal_to_double(asset->fixed_price)
                                  : shipped->world->instruments[i].tick_size *
                                        (double)first_price(shipped->world, i);
    double quantity = shipped->notional * (double)between(dice, 1, 150) / 100.0 / price;
    const struct collateral_band *band =
        &asset->bands[random_stream_below(dice, asset->band_count)];
    if (band->up_to != INT64_MAX && chance(dice, 50))
        quantity = (double)band->up_to / (double)MONEY_SCALE * (double)between(dice, 10, 150) / 100;
    if (quantity * price > NOTIONAL_MAX)
        return;
    const int64_t sign = shipped->owes && chance(dice, 35) ? -1 : 1;
    row->holdings[row->holding_count++] =
        (struct world_holding){.symbol = asset->symbol,
                               .quantity = sign * (1 + (int64_t)(quantity * (double)MONEY_SCALE))};
}

static void make_holdings(struct random_stream *dice, struct shipped_world *shipped,
                          const struct rulebook *rulebook) {
    struct random_world *world = shipped->world;
    shipped->owes = chance(dice, 40);
    for (size_t a = 0; a < world->account_count; a++) {
        if (rulebook->collateral.count < 2 || !chance(dice, 60))
            continue;
        const size_t first = random_stream_below(dice, rulebook->collateral.count);
        for (size_t k = 0; k < rulebook->collateral.count; k++)
            hold(dice, shipped,
                 &rulebook->collateral.assets[(first + k) % rulebook->collateral.count],
                 &world->rows[a]);
    }
}

static int64_t money_of(double amount) {
    return (int64_t)(amount * (double)MONEY_SCALE);
}

/* Wallets at which pools are in breach at some moment of the path; some have more, some less. */
static void make_wallets(struct random_stream *dice, struct shipped_world *shipped) {
    struct random_world *world = shipped->world;
    struct rulebook *rules = &world->rules.rulebook;
    const enum margin_mode mode = rules->margin.mode;
    rules->margin.mode = MARGIN_CROSS; /* balances are whole accounts' */
    random_world_renew(dice, world, chance(dice, 60) ? 10 : 0);
    rules->margin.mode = mode;
    for (size_t a = 0; a < world->account_count; a++) {
        struct world_account *row = &world->rows[a];
        if (chance(dice, 25))
            row->balance += money_of(shipped->notional * (double)between(dice, 1, 300) / 100.0);
        else if (chance(dice, 10))
            row->balance -= money_of(shipped->notional * (double)between(dice, 1, 30) / 1000.0);
    }
    accounts_destroy(world->accounts);
    world->accounts = random_world_accounts(world->rows, world->account_count);
    world->input.simulated.accounts = world->input.reference.accounts = world->accounts;
}

/* ---- venue and time ---- */

static int64_t draw_capital(struct random_stream *dice, double notional) {
    return chance(dice, 35) ? 0 : money_of(notional * magnitude(dice, -400, 150));
}

static void make_venue(struct random_stream *dice, struct shipped_world *shipped,
                       const struct rulebook *rulebook) {
    struct random_world *world = shipped->world;
    struct replay_input *input = &world->input;
    world->rules.rulebook = *rulebook;
    input->simulated = (struct venue_input){.rulebook = &world->rules.rulebook,
                                            .insurance_fund = draw_capital(dice, shipped->notional),
                                            .backstop = draw_capital(dice, shipped->notional)};
    input->reference = input->simulated;
    world->equal_rules = chance(dice, 45);
    if (world->equal_rules)
        return;
    struct rulebook *other = &world->reference_rules.rulebook;
    *other = *rulebook;
    other->margin.maintenance_multiplier = (struct decimal){between(dice, 50, 120), 2};
    if (rulebook_check(other, NULL) != STATUS_OK) /* a rate above 1 */
        other->margin.maintenance_multiplier = (struct decimal){1, 0};
    input->reference.rulebook = other;
    input->reference.insurance_fund = draw_capital(dice, shipped->notional);
}

static void make_events(struct random_stream *dice, struct shipped_world *shipped) {
    struct random_world *world = shipped->world;
    world->input.events = world->events;
    for (int64_t n = chance(dice, 40) ? between(dice, 1, 3) : 0; n > 0; n--)
        random_machine_event(
            dice, world,
            (struct replay_event){.kind = EVENT_FUNDING,
                                  .rate_e8 = PICK(dice, -1000000, -10000, 10000, 300000, 3000000)});
    if (chance(dice, 15))
        random_machine_event(
            dice, world,
            (struct replay_event){
                .kind = EVENT_FUND_CHANGE,
                .amount = money_of(shipped->notional * (double)between(dice, -100, 100) / 1000.0)});
    if (chance(dice, 10)) {
        random_machine_event(dice, world, (struct replay_event){.kind = EVENT_ENGINE_STOP});
        random_machine_event(dice, world, (struct replay_event){.kind = EVENT_ENGINE_START});
    }
}

/* Moves the world to the close of a session; worlds begin at midnight. */
static void move_to_session(struct random_stream *dice, struct random_world *world,
                            const struct rulebook *rulebook) {
    if (rulebook->waterfall.socialise_at != SOCIALISE_AT_SESSION || !chance(dice, 70))
        return;
    const int64_t by = rulebook->waterfall.session_close_ns - between(dice, 0, 2) * NS_PER_MINUTE;
    for (size_t i = 0; i < world->input.instrument_count; i++)
        for (size_t k = 0; k < world->series[i].count; k++)
            world->series[i].ts_ns[k] += by;
    if (world->input.from_ns != INT64_MIN) {
        world->input.from_ns += by;
        world->input.to_ns += by;
    }
}

struct shipped_world *shipped_world_create(const struct rulebook *rulebook, uint64_t seed) {
    struct shipped_world *shipped = calloc(1, sizeof(*shipped));
    assert(shipped != NULL);
    struct random_stream stream;
    struct random_stream *dice = &stream;
    random_stream_init(dice, seed, RANDOM_TEST, 8);
    struct random_world *world = random_world_create(seed);
    shipped->world = world;
    make_contracts(dice, shipped, rulebook);
    move_to_session(dice, world, rulebook);
    make_venue(dice, shipped, rulebook);
    keep_positions(shipped);
    if (chance(dice, rulebook->margin.portfolio != NULL ||
                             rulebook->liquidation.order == ORDER_OFFSET_FIRST
                         ? 70
                         : 30))
        random_margin_hedge(dice, world);
    random_margin_reprice(dice, world);
    make_holdings(dice, shipped, rulebook);
    make_events(dice, shipped);
    make_wallets(dice, shipped);
    return shipped;
}

void shipped_world_destroy(struct shipped_world *shipped) {
    if (shipped == NULL)
        return;
    random_world_destroy(shipped->world);
    free(shipped);
}
