#include "tests/property/random_world.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/property/oracle_book.h"
#include "tests/property/random_draw.h"

static const char *const SYMBOLS[WORLD_INSTRUMENTS_MAX] = {"AAA", "BBB", "CCC", "DDD"};

/* ---- dice ---- */

/* Log-uniform. */
static double spread(struct random_stream *dice, double low, double high) {
    double value = low;
    const double factor = high / low;
    for (double power = random_stream_uniform(dice); power > 0.02; power -= 0.02)
        value *= 1.0 + (factor > 1e3 ? 0.16 : factor > 50.0 ? 0.09 : 0.045);
    return value < high ? value : high;
}

/* ---- series ---- */

static enum status series_next(void *context, struct tick_batch *ret_batch, struct error *reterr) {
    (void)reterr;
    struct world_series *series = context;
    if (series->next == series->count)
        return STATUS_END;
    const size_t left = series->count - series->next;
    const size_t count = left < series->chunk ? left : series->chunk;
    /* Batches differ in how many decimals they write. */
    const int32_t decimals = series->price_tick.decimals + (int32_t)(series->next % 3);
    for (size_t v = 0; v < 4; v++)
        for (size_t k = 0; k < count; k++)
            series->value[v][k] = series->price[v][series->next + k] * series->price_tick.mantissa *
                                  units_pow10((int)(series->next % 3));
    *ret_batch = (struct tick_batch){
        .count = count, .ts_ns = series->ts_ns + series->next, .price_decimals = decimals};
    memset(series->flags, TICK_NO_QUANTITY, count);
    if (!series->bars)
        ret_batch->flags = series->flags;
    memset(series->value[series->bars ? 4 : 1], 0, count * sizeof(int64_t));
    for (size_t k = 0; k < count && series->prints; k++) {
        const int64_t lots = series->sold[series->next + k];
        series->value[1][k] = (lots < 0 ? -lots : lots) * series->lot.mantissa;
        series->flags[k] = lots < 0 ? TICK_BUY : TICK_SELL;
        ret_batch->quantity_decimals = series->lot.decimals;
    }
    for (size_t v = 0; v < (series->bars ? 5 : 2); v++)
        ret_batch->value[v] = series->value[v];
    series->next += count;
    return STATUS_OK;
}

struct tick_source world_series_source(struct world_series *series) {
    series->next = 0;
    return (struct tick_source){.context = series, .next = series_next};
}

void random_world_rewind(struct random_world *world) {
    for (size_t i = 0; i < world->input.instrument_count; i++)
        world->series[i].next = 0;
    for (size_t r = 0; r < world->input.reading_count; r++)
        world->reading_series[r].next = 0;
}

/* ---- grids and impact ---- */

static void make_instrument(struct random_stream *dice, struct random_world *world, size_t i) {
    /* Money of a lot at one tick: 1, 1/2, 1/10, 5, 3/20, 25/8 units. */
    static const struct {
        struct decimal tick, lot, size;
    } grids[] = {
        {{1, 4}, {1, 4}, {1, 0}},   {{1, 4}, {1, 4}, {5, 1}},  {{1, 5}, {1, 4}, {1, 0}},
        {{5, 4}, {1, 4}, {1, 0}},   {{15, 5}, {1, 4}, {1, 1}}, {{125, 6}, {25, 4}, {1, 1}},
        {{1, 4}, {10, 5}, {10, 1}},
    };
    const size_t grid =
        chance(dice, 50) ? 0 : random_stream_below(dice, sizeof(grids) / sizeof(grids[0]));
    world->instruments[i] = (struct instrument){.symbol = SYMBOLS[i],
                                                .kind = CONTRACT_LINEAR,
                                                .price_tick = grids[grid].tick,
                                                .lot = grids[grid].lot,
                                                .contract_size = grids[grid].size};
    struct error error;
    const enum status status = instrument_init(&world->instruments[i], &error);
    assert(status == STATUS_OK);
    (void)status;
}

/* By a power law, by points, or, in price space, by the levels of a list of orders. */
static void make_depth(struct random_stream *dice, struct impact_params *params,
                       const struct instrument *instrument) {
    const double lot = instrument->lot_size;
    const int64_t shape = between(dice, 0, 2);
    params->depth_1pct = lot * spread(dice, 2.0, 400.0);
    params->depth_exponent = spread(dice, 0.5, 1.5);
    if (shape == 0)
        return;
    if (shape == 2)
        params->space = IMPACT_PRICE;
    struct depth_curve *curve = &params->depth;
    double distance = shape == 1 ? spread(dice, 1e-3, 1e-2) : 0.0;
    double quantity = params->depth_1pct;
    const int64_t points = between(dice, 1, 6);
    for (int64_t k = 0; k < points; k++) {
        curve->points[curve->count++] = (struct depth_point){distance, quantity, 0.0};
        if (shape == 1)
            distance *= 1.0 + 2.0 * random_stream_uniform(dice) + 0.01;
        else
            distance += instrument->tick_size * (double)between(dice, 1, 20);
        if (shape == 2) /* a step */
            curve->points[curve->count++] = (struct depth_point){distance, quantity, 0.0};
        quantity += lot * (double)between(dice, 1, 40);
    }
}

/* Strengths are in ticks a lot or in log price per 1000 units of money, so that they bite in every
 * grid; a wave of the whole book may move prices by half, rarely by more. */
static void make_impact(struct random_stream *dice, struct random_world *world, size_t i,
                        int64_t model) {
    const struct instrument *instrument = &world->instruments[i];
    struct impact_params *params = &world->params[i];
    *params = (struct impact_params){.space = IMPACT_LOG,
                                     .permanent = 1.0,
                                     .prefactor = 1.0,
                                     .volatility = 0.05,
                                     .volume = 1.0,
                                     .crossover = 1e-3};
    if (chance(dice, 75)) {
        params->half_life_s = spread(dice, 0.3, 60.0);
        params->permanent = chance(dice, 50) ? 0.0 : random_stream_uniform(dice);
    }
    world->models[i] = impact_model_find("none");
    if (model == 1) {
        world->models[i] = impact_model_find("linear");
        params->slope = spread(dice, 0.0005, 0.02) / 1e-5;
    } else if (model == 2) {
        world->models[i] = impact_model_find("linear");
        params->space = IMPACT_PRICE;
        params->slope = spread(dice, 0.01, 0.6) * instrument->tick_size / instrument->lot_size;
    } else if (model == 3) {
        world->models[i] = impact_model_find("square_root");
        params->volume = instrument->lot_size * spread(dice, 20.0, 2000.0);
        params->volatility = spread(dice, 0.01, 0.2);
        params->crossover = spread(dice, 1e-3, 1e-1);
    } else if (model == 4) {
        world->models[i] = impact_model_find("book");
        make_depth(dice, params, instrument);
    }
    if (chance(dice, 50)) /* steep, so that a world of minutes notices */
        params->withdrawal = (struct withdrawal){.volatility = spread(dice, 0.05, 2.0),
                                                 .fall = random_stream_uniform(dice),
                                                 .floor = 0.2 + 0.8 * random_stream_uniform(dice),
                                                 .volatility_reference = spread(dice, 0.001, 0.1),
                                                 .fall_reference = spread(dice, 0.01, 0.1),
                                                 .half_life_s = spread(dice, 10.0, 1000.0)};
}

/* ---- cross-impact ---- */

/* A common factor: half the geometric mean of the own slopes, which is symmetric and positive. */
static void make_cross(struct random_stream *dice, struct random_world *world) {
    const size_t count = world->input.instrument_count;
    const double strength = random_stream_uniform(dice);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++)
            world->cross[i * count + j] =
                strength * sqrt(world->params[i].slope * world->params[j].slope);
    world->input.cross = world->cross;
}

/* ---- paths ---- */

static int64_t at_least_one(int64_t price) {
    return price < 1 ? 1 : price;
}

/* A common walk with jumps; each instrument follows it in its own measure and direction. */
static void make_path(struct random_stream *dice, struct random_world *world, bool all_together) {
    const size_t instruments = world->input.instrument_count;
    const size_t points = (size_t)between(dice, 6, WORLD_ROWS_MAX);
    const bool ragged = chance(dice, 25); /* off every grid of time */
    const bool long_gap = chance(dice, 6);
    const int64_t step_max = PICK(dice, 2, 4, 8, 20);
    int64_t price[WORLD_INSTRUMENTS_MAX];
    int64_t beta[WORLD_INSTRUMENTS_MAX];
    size_t begins[WORLD_INSTRUMENTS_MAX];
    for (size_t i = 0; i < instruments; i++) {
        price[i] = chance(dice, 10) ? between(dice, 5, 40) : between(dice, 80, 600);
        beta[i] = chance(dice, 80) ? between(dice, 5, 15) : between(dice, -12, 4);
        begins[i] = chance(dice, 20) ? random_stream_below(dice, points) : 0;
    }
    int64_t ts = INT64_C(1621382400000000000) + between(dice, 0, 3) * 250 * NS_PER_MS;
    for (size_t p = 0; p < points; p++) {
        const int64_t jump = chance(dice, 8) ? between(dice, -25, 25) : 0;
        for (size_t i = 0; i < instruments; i++) {
            const int64_t move =
                between(dice, -step_max, step_max) + price[i] * jump * beta[i] / 1000;
            price[i] = at_least_one(price[i] + move);
            if (p < begins[i] || (!all_together && jump == 0 && chance(dice, 40)))
                continue;
            struct world_series *series = &world->series[i];
            series->ts_ns[series->count] = ts;
            series->price[0][series->count++] = price[i];
        }
        if (ragged)
            ts += between(dice, 0, 3 * NS_PER_S);
        else
            ts += PICK(dice, 0, 1, 2, 4, 4, 6, 20) * 250 * NS_PER_MS;
        if (long_gap && chance(dice, 4))
            ts += 600 * NS_PER_S;
    }
}

/* One-minute bars around the walk's points in place of its ticks. */
static void make_bars(struct random_stream *dice, struct random_world *world, size_t i) {
    struct world_series *series = &world->series[i];
    series->bars = true;
    world->prices[i].kind = SERIES_BARS;
    world->prices[i].bar_ns = PICK(dice, 1, 1, 4, 60) * NS_PER_S;
    int64_t minute = INT64_C(1621382400000000000);
    for (size_t k = 0; k < series->count; k++) {
        const int64_t close = series->price[0][k];
        const int64_t open = k > 0 ? series->price[3][k - 1] : close;
        const int64_t low = open < close ? open : close;
        series->ts_ns[k] = minute;
        series->price[0][k] = open;
        series->price[1][k] = (open > close ? open : close) + between(dice, 0, 6);
        series->price[2][k] = at_least_one(low - between(dice, 0, 6));
        series->price[3][k] = close;
        minute += world->prices[i].bar_ns * (chance(dice, 95) ? 1 : 2);
    }
}

/* ---- rules ---- */

static void make_tiers(struct random_stream *dice, struct world_rules *rules, size_t table,
                       bool flat) {
    struct margin_tier *tiers = rules->tiers[table];
    const size_t count = flat ? 1 : (size_t)between(dice, 2, WORLD_TIERS_MAX);
    int64_t floor = 0;
    int64_t deduction = 0;
    int64_t rate = between(dice, flat ? 0 : 1, 30) * (RATE_SCALE / 200);
    for (size_t t = 0; t < count; t++) {
        const int64_t cap = t + 1 == count ? INT64_MAX
                                           : floor + (chance(dice, 50) ? between(dice, 1, 12) * 100
                                                                       : between(dice, 50, 3000));
        tiers[t] = (struct margin_tier){
            .floor = floor, .cap = cap, .rate_e8 = rate, .deduction = deduction};
        const int64_t steeper = rate + between(dice, 1, 20) * (RATE_SCALE / 200);
        if (t + 1 < count)
            deduction += (int64_t)div_nearest((int128)cap * (steeper - rate), RATE_SCALE);
        floor = cap;
        rate = steeper;
    }
    rules->tables[table].count = count;
    rules->tables[table].tiers = tiers;
}

static void make_rules(struct random_stream *dice, struct world_rules *rules, size_t instruments,
                       bool flat) {
    const bool own_tables = chance(dice, 50);
    for (size_t i = 0; i < (own_tables ? instruments : 1); i++) {
        make_tiers(dice, rules, i, flat);
        rules->tables[i].symbol = own_tables ? SYMBOLS[i] : NULL;
    }
    rules->rulebook = (struct rulebook){
        .name = "random",
        .source = "none",
        .valid_from = "2021-05-01",
        .margin.mode = MARGIN_CROSS,
        .margin.trigger = chance(dice, 70) ? TRIGGER_AT_OR_BELOW : TRIGGER_BELOW,
        .margin.initial_rate_e8 = RATE_SCALE / 100,
        .margin.table_count = own_tables ? instruments : 1,
        .margin.tables = rules->tables,
        .margin.maintenance_multiplier =
            chance(dice, 70) ? (struct decimal){1, 0} : (struct decimal){between(dice, 50, 150), 2},
        .liquidation.close = chance(dice, 9) ? CLOSE_FULL : (enum close_rule)between(dice, 1, 3),
        .liquidation.fraction_e8 = PICK(dice, 1000000, 20000000, 33333333, 50000000, 100000000),
        .liquidation.target_ratio_e8 = RATE_SCALE + between(dice, 0, 20) * (RATE_SCALE / 20),
        .liquidation.order = (enum close_order)between(dice, 0, ORDER_LARGEST_NOTIONAL),
        .liquidation.fee_rate_e8 = chance(dice, 50) ? 0 : between(dice, 1, 2000000),
        .liquidation.fee_to = chance(dice, 75) ? FEE_VENUE : FEE_INSURANCE_FUND,
        .liquidation.price = PRICE_MARKET,
        .liquidation.bankruptcy = BANKRUPTCY_HELD,
        .limits.interval_ns =
            chance(dice, 65) ? 0 : PICK(dice, 1, 300, 1000, 1700, 10000, 60000) * NS_PER_MS,
        .waterfall.stage_count = chance(dice, 90) ? 1 : 0,
        .waterfall.stages = {STAGE_INSURANCE_FUND},
        .waterfall.adl_rank = ADL_PROFIT_TIMES_LEVERAGE,
    };
    struct error error;
    const enum status status = rulebook_check(&rules->rulebook, &error);
    if (status != STATUS_OK)
        fprintf(stderr, "random rulebook: %s\n", error.message);
    assert(status == STATUS_OK);
}

/* ---- accounts ---- */

static void make_position(struct random_stream *dice, const struct random_world *world,
                          uint32_t instrument, bool isolated, int64_t sign,
                          struct world_position *ret_position) {
    const struct world_series *series = &world->series[instrument];
    const int64_t lots = sign * (chance(dice, 60) ? between(dice, 1, 12) : between(dice, 1, 60));
    const int64_t first = series->count > 0 ? series->price[0][0] : 100;
    const int64_t entry = at_least_one(first + between(dice, -first / 20, first / 20));
    *ret_position = (struct world_position){
        .instrument = instrument,
        .lots = lots,
        .cost = (int64_t)instrument_value_ceil(&world->instruments[instrument], lots, entry) +
                between(dice, 0, 2),
        .mode = isolated ? MARGIN_ISOLATED : MARGIN_CROSS,
    };
}

static void make_account(struct random_stream *dice, const struct random_world *world, size_t a,
                         bool isolated, struct world_account *ret_account) {
    const size_t instruments = world->input.instrument_count;
    /* Ids whose order as bytes is not that of the rows. */
    snprintf(ret_account->id, sizeof(ret_account->id), "%c%zu",
             "zAma9"[random_stream_below(dice, 5)], a);
    ret_account->exempt = chance(dice, 4);
    const int64_t wanted = chance(dice, 50) ? 1 : between(dice, 0, WORLD_POSITIONS_MAX);
    const int64_t side = chance(dice, 55) ? 1 : -1;
    bool taken[WORLD_INSTRUMENTS_MAX] = {false};
    for (int64_t p = 0; p < wanted; p++) {
        const uint32_t i = (uint32_t)random_stream_below(dice, instruments);
        const bool own = isolated && chance(dice, 30);
        if (!own && taken[i])
            continue;
        taken[i] = taken[i] || !own;
        make_position(dice, world, i, own, chance(dice, 60) ? side : -side,
                      &ret_account->positions[ret_account->position_count++]);
    }
}

/* The recorded prices at one moment of the path: for each instrument one of its rows, the same
 * share of the way through each. */
static void snapshot(struct random_stream *dice, const struct random_world *world,
                     int64_t *ret_prices) {
    const uint64_t share = random_stream_below(dice, 1000);
    for (size_t i = 0; i < world->input.instrument_count; i++) {
        const struct world_series *series = &world->series[i];
        const size_t row = share * series->count / 1000;
        const size_t column = series->bars ? random_stream_below(dice, 4) : 0;
        ret_prices[i] = series->count > 0 ? series->price[column][row] : 100;
    }
}

/* Gives every pool the wallet with which it has slack 0, or nearly so, at some moment of the path;
 * or none at the start. */
static void fill_wallets(struct random_stream *dice, struct random_world *world, int in_breach) {
    struct accounts *accounts = random_world_accounts(world->rows, world->account_count);
    const struct venue_input venue = {.accounts = accounts, .rulebook = &world->rules.rulebook};
    struct oracle_book book;
    oracle_book_init(&book, &world->input, &venue);
    size_t pool = 0;
    for (size_t a = 0; a < world->account_count; a++) {
        struct world_account *row = &world->rows[a];
        int64_t first[WORLD_INSTRUMENTS_MAX];
        for (size_t i = 0; i < world->input.instrument_count; i++)
            first[i] = world->series[i].count > 0 ? world->series[i].price[0][0] : 100;
        for (size_t p = 0; p <= row->position_count; p++) {
            int64_t *wallet = NULL;
            if (p == 0)
                wallet = &row->balance;
            else if (row->positions[p - 1].mode == MARGIN_ISOLATED)
                wallet = &row->positions[p - 1].isolated_margin;
            else
                continue;
            int64_t prices[WORLD_INSTRUMENTS_MAX];
            snapshot(dice, world, prices);
            int64_t noise = 0;
            if (chance(dice, in_breach))
                noise = -between(dice, 0, 60);
            else if (chance(dice, 40))
                noise = chance(dice, 50) ? between(dice, -3, 3) : between(dice, -50, 600);
            const int64_t slack = (int64_t)oracle_slack(&book, &book.pools[pool++],
                                                        chance(dice, in_breach) ? first : prices);
            *wallet = noise - slack;
            if (p > 0 && *wallet < 0)
                *wallet = 0;
        }
    }
    oracle_book_finish(&book);
    accounts_destroy(accounts);
}

/* Enough depth that all shorts, bought back where a fifth of it is left, move prices by half. */
static void tame_depth(struct impact_params *params, double quantity, double tick_size) {
    const double limit = params->space == IMPACT_PRICE ? 300.0 * tick_size : 0.5;
    impact_prepare(params);
    const struct depth_curve *curve = &params->depth;
    double state[IMPACT_STATE_MAX] = {0};
    double average;
    double after;
    impact_model_find("book")->execute(params, state, 1.0, 5.0 * quantity, &average, &after);
    if (after <= limit)
        return;
    const double factor = 5.0 * quantity / curve->points[0].quantity;
    for (size_t k = 0; k < curve->count; k++)
        params->depth.points[k].quantity *= factor;
    params->depth_1pct *= factor;
    impact_prepare(params);
}

/* What accounts hold and owe of the asset that instrument `i` values, in base units; of assets by
 * symbol. */
static double held_in(const struct random_world *world, size_t i) {
    double sum = 0.0;
    for (size_t a = 0; a < world->account_count; a++)
        for (size_t k = 0; k < world->rows[a].holding_count; k++) {
            const struct world_holding *held = &world->rows[a].holdings[k];
            if (held->symbol != NULL &&
                strncmp(world->instruments[i].symbol, held->symbol, strlen(held->symbol)) == 0)
                sum += fabs((double)held->quantity) / 1e8;
        }
    return sum;
}

/* Buying back all shorts must not send prices to the end of their range: linear impact in log space
 * has a pole, and the square root's permanent part grows without bound. */
static void tame_impact(struct random_world *world) {
    for (size_t i = 0; i < world->input.instrument_count; i++) {
        struct impact_params *params = &world->params[i];
        const struct instrument *instrument = &world->instruments[i];
        double shorts = 0.0; /* lots */
        for (size_t a = 0; a < world->account_count; a++)
            for (size_t p = 0; p < world->rows[a].position_count; p++)
                if (world->rows[a].positions[p].instrument == i &&
                    world->rows[a].positions[p].lots < 0)
                    shorts -= (double)world->rows[a].positions[p].lots;
        const double price = (double)world->series[i].price[0][0] * instrument->tick_size;
        double quantity = shorts * instrument->lot_size;
        if (instrument->kind == CONTRACT_INVERSE) /* its base units where a fifth of it is left */
            quantity /= 0.2 * (price > 0.0 ? price : 1.0);
        quantity += held_in(world, i);
        if (params->space == IMPACT_LOG && params->slope * quantity * price > 0.25)
            params->slope = 0.25 / (quantity * price);
        if (quantity > 20.0 * params->volume)
            params->volume = quantity / 20.0;
        if (world->models[i] == impact_model_find("book"))
            tame_depth(params, quantity, instrument->tick_size);
    }
}

void random_world_renew(struct random_stream *dice, struct random_world *world, int in_breach) {
    tame_impact(world);
    for (size_t i = 0; i < world->input.instrument_count; i++)
        impact_prepare(&world->params[i]);
    fill_wallets(dice, world, in_breach);
    accounts_destroy(world->accounts);
    world->accounts = random_world_accounts(world->rows, world->account_count);
    world->input.simulated.accounts = world->accounts;
    world->input.reference.accounts = world->accounts;
}

struct accounts *random_world_accounts(const struct world_account *rows, size_t count) {
    struct accounts *accounts;
    struct error error;
    enum status status = accounts_create(&accounts, &error);
    static const char *const assets[] = {"USDT", "XXX", "YYY"};
    if (status == STATUS_OK && count > 0 && rows[0].settlement != NULL)
        status = accounts_set_settlement(accounts, rows[0].settlement, &error);
    for (size_t a = 0; a < count && status == STATUS_OK; a++) {
        status = accounts_add(accounts, rows[a].id, "", rows[a].balance, rows[a].exempt, &error);
        for (size_t k = 0; k < rows[a].holding_count && status == STATUS_OK; k++) {
            const struct world_holding *held = &rows[a].holdings[k];
            status = accounts_add_holding(accounts,
                                          held->symbol != NULL ? held->symbol : assets[held->asset],
                                          held->quantity, &error);
        }
        for (size_t k = 0; k < rows[a].order_count && status == STATUS_OK; k++)
            status = accounts_add_order(
                accounts,
                (struct open_order_view){rows[a].orders[k].instrument, rows[a].orders[k].lots,
                                         rows[a].orders[k].cost, rows[a].orders[k].leverage_e8},
                &error);
        for (size_t p = 0; p < rows[a].position_count && status == STATUS_OK; p++) {
            const struct world_position *position = &rows[a].positions[p];
            status = accounts_add_position(accounts, position->instrument, position->lots,
                                           position->cost, position->mode,
                                           position->isolated_margin, 0, &error);
        }
    }
    if (status == STATUS_OK)
        status = accounts_finish(accounts, &error);
    if (status != STATUS_OK)
        fprintf(stderr, "random accounts: %s\n", error.message);
    assert(status == STATUS_OK);
    return accounts;
}

/* ---- the world ---- */

static void make_market(struct random_stream *dice, struct random_world *world) {
    const size_t instruments = world->input.instrument_count;
    const int64_t model = chance(dice, 12) ? 0 : between(dice, 1, 5); /* 5: each its own */
    for (size_t i = 0; i < instruments; i++) {
        make_instrument(dice, world, i);
        make_impact(dice, world, i, model == 5 ? between(dice, 0, 4) : model);
        world->series[i].price_tick = world->instruments[i].price_tick;
        world->series[i].chunk = chance(dice, 60) ? (size_t)between(dice, 1, 9) : WORLD_ROWS_MAX;
        world->volatility[i] = spread(dice, 0.01, 0.3);
        world->prices[i].kind = SERIES_TICKS;
    }
    if ((model == 1 || model == 2) && chance(dice, 50))
        make_cross(dice, world);
    make_path(dice, world, chance(dice, 40));
    const int bars = chance(dice, 25) ? (chance(dice, 80) ? 100 : 50) : 0;
    for (size_t i = 0; i < instruments; i++) {
        if (chance(dice, bars))
            make_bars(dice, world, i);
        world->prices[i].source = world_series_source(&world->series[i]);
    }
}

static void make_reference(struct random_stream *dice, struct random_world *world, bool flat) {
    world->equal_rules = chance(dice, 30);
    if (world->equal_rules) {
        world->input.reference = world->input.simulated;
        return;
    }
    make_rules(dice, &world->reference_rules, world->input.instrument_count, flat);
    world->input.reference =
        (struct venue_input){.accounts = world->accounts,
                             .rulebook = &world->reference_rules.rulebook,
                             .insurance_fund = chance(dice, 50) ? 0 : between(dice, 0, 1000)};
}

struct random_world *random_world_create(uint64_t seed) {
    struct random_world *world = calloc(1, sizeof(*world));
    assert(world != NULL);
    struct random_stream stream;
    struct random_stream *dice = &stream;
    random_stream_init(dice, seed, RANDOM_TEST, 1);
    world->seed = seed;
    struct replay_input *input = &world->input;
    *input = (struct replay_input){
        .instrument_count = (size_t)between(dice, 1, WORLD_INSTRUMENTS_MAX),
        .instruments = world->instruments,
        .prices = world->prices,
        .impact_model = world->models,
        .impact_params = world->params,
        .volatility = chance(dice, 80) ? world->volatility : NULL,
        .from_ns = INT64_MIN,
        .to_ns = INT64_MAX,
        .bar_path = (enum bar_path)between(dice, 0, BAR_PATH_CLOSE),
        .clock_step_ns = chance(dice, 25) ? 0 : PICK(dice, 250, 1000, 1000, 7000) * NS_PER_MS,
        .feedback = chance(dice, 85),
        .cleaning = chance(dice, 60) ? CLEANING_MODELLED : CLEANING_NONE,
        .max_waves = chance(dice, 90) ? 0 : (uint32_t)between(dice, 1, 3),
        .threads = 1,
    };
    make_market(dice, world);
    const bool flat = chance(dice, 6);
    make_rules(dice, &world->rules, input->instrument_count, flat);
    const bool isolated = chance(dice, 40);
    world->account_count =
        (size_t)(chance(dice, 8) ? between(dice, 1, 4) : between(dice, 8, WORLD_ACCOUNTS_MAX));
    for (size_t a = 0; a < world->account_count; a++)
        make_account(dice, world, a, isolated, &world->rows[a]);
    tame_impact(world);
    fill_wallets(dice, world, chance(dice, 70) ? 15 : 0);
    world->accounts = random_world_accounts(world->rows, world->account_count);
    input->simulated = (struct venue_input){
        .accounts = world->accounts,
        .rulebook = &world->rules.rulebook,
        .insurance_fund = chance(dice, 35) ? 0 : between(dice, 0, chance(dice, 50) ? 50 : 5000)};
    make_reference(dice, world, flat);
    if (chance(dice, 10) && world->series[0].count > 3) {
        input->from_ns = world->series[0].ts_ns[1];
        input->to_ns = world->series[0].ts_ns[world->series[0].count - 1];
    }
    return world;
}

void random_world_destroy(struct random_world *world) {
    if (world == NULL)
        return;
    accounts_destroy(world->accounts);
    free(world);
}
