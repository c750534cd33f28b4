/* Goal: the oracle, by which the engine is judged, is right itself.
 * Method: worlds small enough to be worked out by hand, and the ladders of the analytic cases
 * (models.md section 8), whose ends are known in closed form. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/property/oracle.h"
#include "tests/property/random_world.h"

#define START INT64_C(1621382400000000000) /* 2021-05-19T00:00:00Z */

/* ---- worlds by hand: no impact, one flat rate of 0, full close, empty fund ---- */

struct hand {
    struct random_world world;
    struct world_account *rows; /* more than a random world holds */
    size_t row_count;
    struct oracle_result result;
};

static struct hand *hand_create(size_t instruments, struct decimal tick, struct decimal lot) {
    static const char *const symbols[] = {"A", "B", "C", "D"};
    struct hand *hand = calloc(1, sizeof(*hand));
    assert_non_null(hand);
    hand->rows = calloc(1000, sizeof(*hand->rows));
    assert_non_null(hand->rows);
    struct random_world *world = &hand->world;
    for (size_t i = 0; i < instruments; i++) {
        world->instruments[i] = (struct instrument){.symbol = symbols[i],
                                                    .kind = CONTRACT_LINEAR,
                                                    .price_tick = tick,
                                                    .lot = lot,
                                                    .contract_size = {1, 0}};
        assert_int_equal(instrument_init(&world->instruments[i], NULL), STATUS_OK);
        world->series[i].price_tick = tick;
        world->series[i].chunk = 3;
        world->models[i] = impact_model_find("none");
        world->params[i] = (struct impact_params){.permanent = 1.0};
        world->prices[i].kind = SERIES_TICKS;
    }
    world->rules.tiers[0][0] = (struct margin_tier){.cap = INT64_MAX};
    world->rules.tables[0] = (struct tier_table){.count = 1, .tiers = world->rules.tiers[0]};
    world->rules.rulebook = (struct rulebook){.name = "hand",
                                              .margin.trigger = TRIGGER_AT_OR_BELOW,
                                              .margin.table_count = 1,
                                              .margin.tables = world->rules.tables,
                                              .margin.maintenance_multiplier = {1, 0},
                                              .liquidation.close = CLOSE_FULL,
                                              .liquidation.order = ORDER_ALL,
                                              .waterfall.stage_count = 1,
                                              .waterfall.stages = {STAGE_INSURANCE_FUND}};
    world->input = (struct replay_input){.instrument_count = instruments,
                                         .instruments = world->instruments,
                                         .prices = world->prices,
                                         .impact_model = world->models,
                                         .impact_params = world->params,
                                         .simulated = {.rulebook = &world->rules.rulebook},
                                         .from_ns = INT64_MIN,
                                         .to_ns = INT64_MAX,
                                         .feedback = true,
                                         .cleaning = CLEANING_NONE,
                                         .threads = 1};
    return hand;
}

static void hand_tick(struct hand *hand, size_t instrument, int64_t ms, int64_t price) {
    struct world_series *series = &hand->world.series[instrument];
    series->ts_ns[series->count] = START + ms * NS_PER_MS;
    series->price[0][series->count++] = price;
}

static void hand_account(struct hand *hand, const char *id, int64_t balance) {
    struct world_account *row = &hand->rows[hand->row_count++];
    snprintf(row->id, sizeof(row->id), "%s", id);
    row->balance = balance;
}

/* A position of the account added last. */
static void hand_position(struct hand *hand, uint32_t instrument, int64_t lots, int64_t entry) {
    struct world_account *row = &hand->rows[hand->row_count - 1];
    row->positions[row->position_count++] = (struct world_position){
        .instrument = instrument,
        .lots = lots,
        .cost = (int64_t)instrument_value_ceil(&hand->world.instruments[instrument], lots, entry),
        .mode = MARGIN_CROSS};
}

static const struct oracle_flow *hand_run(struct hand *hand) {
    struct random_world *world = &hand->world;
    for (size_t i = 0; i < world->input.instrument_count; i++)
        world->prices[i].source = world_series_source(&world->series[i]);
    world->accounts = random_world_accounts(hand->rows, hand->row_count);
    world->input.simulated.accounts = world->accounts;
    if (world->input.cleaning == CLEANING_MODELLED)
        world->input.reference = world->input.simulated;
    oracle_run(&world->input, &hand->result);
    return &hand->result.simulated;
}

static void hand_destroy(struct hand *hand) {
    oracle_finish(&hand->result);
    accounts_destroy(hand->world.accounts);
    free(hand->rows);
    free(hand);
}

/* ---- analytic ladders ---- */

/* 1000 accounts of `lots` lots, the k-th in breach at a move of 10 k from 10000 against it; then
 * the price moves by `shock` ticks. One price unit a tick. */
static struct hand *ladder(int64_t sign, int64_t shock, double slope, struct decimal lot,
                           int64_t lots) {
    struct hand *hand = hand_create(1, (struct decimal){1, 0}, lot);
    hand->world.models[0] = impact_model_find("linear");
    hand->world.params[0].space = IMPACT_PRICE;
    hand->world.params[0].slope = slope;
    hand_tick(hand, 0, 0, 10000);
    hand_tick(hand, 0, 1000, 10000 - sign * shock);
    for (int k = 1; k <= 1000; k++) {
        char id[16];
        snprintf(id, sizeof(id), "k%d", k);
        hand_account(hand, id, 10 * k * 10 * MONEY_SCALE);
        hand_position(hand, 0, sign * lots, 10000);
    }
    return hand;
}

static void check_ladder(struct hand *hand, uint64_t accounts, int64_t lots_closed,
                         int64_t price_end, size_t waves, const uint64_t *wave_counts) {
    const struct oracle_flow *flow = hand_run(hand);
    assert_int_equal(flow->accounts_liquidated, accounts);
    assert_int_equal(flow->accounts_in_breach_at_start, 0);
    int64_t closed = 0;
    uint64_t counts[8] = {0};
    for (size_t r = 0; r < flow->book.row_count; r++) {
        closed += flow->book.rows[r].quantity_lots;
        counts[flow->book.rows[r].wave]++;
        assert_int_equal(flow->book.rows[r].ts_ns, START + NS_PER_S);
    }
    assert_int_equal(closed, lots_closed);
    assert_int_equal(hand->result.prices[0].last, price_end);
    assert_int_equal(hand->result.prices[0].last_without, hand->result.prices[0].last_recorded);
    for (size_t w = 0; w < waves; w++)
        assert_int_equal(counts[w + 1], wave_counts[w]);
    assert_int_equal(flow->orders_wave_max, waves);
    hand_destroy(hand);
}

static void ladder_sub_050(void **state) {
    (void)state;
    const uint64_t waves[] = {10, 5, 2, 1, 1};
    check_ladder(ladder(1, 100, 0.5, (struct decimal){1, 0}, 10), 19, 190, 10000 - 195, 5, waves);
}

static void ladder_short_mirror(void **state) {
    (void)state;
    const uint64_t waves[] = {10, 5, 2, 1, 1};
    check_ladder(ladder(-1, 100, 0.5, (struct decimal){1, 0}, 10), 19, -190, 10000 + 195, 5, waves);
}

static void ladder_touch(void **state) {
    (void)state;
    const uint64_t waves[] = {1};
    check_ladder(ladder(1, 10, 0.8, (struct decimal){1, 0}, 10), 1, 10, 10000 - 18, 1, waves);
    /* A trigger that asks for less than the requirement is not touched. */
    struct hand *below = ladder(1, 10, 0.8, (struct decimal){1, 0}, 10);
    below->world.rules.rulebook.margin.trigger = TRIGGER_BELOW;
    check_ladder(below, 0, 0, 10000 - 10, 0, waves);
}

static void ladder_partial_close(void **state) {
    (void)state;
    const uint64_t waves[] = {10, 5, 2, 1, 1};
    struct hand *hand = ladder(1, 100, 2.0, (struct decimal){5, 1}, 20); /* lots of 0.5 */
    hand->world.rules.rulebook.liquidation.close = CLOSE_FRACTION;
    hand->world.rules.rulebook.liquidation.fraction_e8 = RATE_SCALE / 4;
    hand->world.rules.rulebook.limits.interval_ns = NS_PER_DAY;
    check_ladder(hand, 19, 95, 10000 - 195, 5, waves); /* 47.5 of quantity */
}

static void ladder_zero_impact(void **state) {
    (void)state;
    const uint64_t waves[] = {10};
    check_ladder(ladder(1, 100, 0.0, (struct decimal){1, 0}, 10), 10, 100, 10000 - 100, 1, waves);
}

static void null_replay_of_a_ladder(void **state) {
    (void)state;
    struct hand *hand = ladder(1, 100, 0.5, (struct decimal){1, 0}, 10);
    hand->world.input.cleaning = CLEANING_MODELLED;
    const struct oracle_flow *flow = hand_run(hand);
    /* Ten triggers are in the recorded fall of 100; none is added, and without feedback the price
     * would have stayed 50 higher. */
    assert_int_equal(flow->accounts_liquidated, 10);
    assert_int_equal(hand->result.prices[0].last, 9900);
    assert_int_equal(hand->result.prices[0].last_without, 9950);
    assert_int_equal(hand->result.prices[0].min, 9900);
    assert_int_equal(hand->result.prices[0].min_without, 9950);
    hand_destroy(hand);
}

/* ---- settlement ---- */

/* Analytic case `conservation`: 2 at 30000 with 6000 of margin, closed at 26800 for a fee of
 * 0.0005: the fund of 1000 is left with 573.2. */
static void a_shortfall_is_paid_by_the_fund(void **state) {
    (void)state;
    struct hand *hand = hand_create(1, (struct decimal){1, 0}, (struct decimal){1, 0});
    hand->world.rules.rulebook.liquidation.fee_rate_e8 = 50000;
    hand->world.input.simulated.insurance_fund = 1000 * MONEY_SCALE;
    hand_tick(hand, 0, 0, 30000);
    hand_tick(hand, 0, 1000, 26800);
    hand_account(hand, "long", 6000 * MONEY_SCALE);
    hand_position(hand, 0, 2, 30000);
    const struct oracle_flow *flow = hand_run(hand);
    assert_int_equal(flow->book.row_count, 1);
    const struct liquidation_record *row = &flow->book.rows[0];
    assert_int_equal(row->price_ticks, 26800);
    assert_int_equal(row->bankruptcy_price_ticks, 27000);
    assert_int_equal(row->notional, 53600 * MONEY_SCALE);
    assert_int_equal(row->realised_pnl, -6400 * MONEY_SCALE);
    assert_int_equal(row->fee, 2680000000);
    assert_int_equal(row->shortfall, 42680000000);
    assert_int_equal(row->paid_fund, 42680000000);
    assert_int_equal(row->unpaid, 0);
    assert_false(row->at_first_assessment);
    assert_int_equal(flow->fund_end, 57320000000);
    assert_int_equal(flow->fund_count, 1);
    assert_int_equal(flow->funds[0].balance, 57320000000);
    assert_int_equal(flow->accounts[0].equity_start, 6000 * MONEY_SCALE);
    assert_int_equal(flow->accounts[0].equity_end, 0);
    assert_int_equal(flow->accounts[0].outcome, ACCOUNT_BANKRUPT);
    hand_destroy(hand);
}

/* Three accounts are 1 short each, the fund has 2: the ids that come first as bytes are paid. */
static void a_short_fund_pays_by_id(void **state) {
    (void)state;
    struct hand *hand = hand_create(1, (struct decimal){1, 4}, (struct decimal){1, 4});
    hand->world.input.simulated.insurance_fund = 2;
    hand_tick(hand, 0, 0, 100);
    hand_tick(hand, 0, 1, 89);
    const char *const ids[] = {"b", "c", "B"};
    for (int a = 0; a < 3; a++) {
        hand_account(hand, ids[a], 10);
        hand_position(hand, 0, 1, 100);
    }
    const struct oracle_flow *flow = hand_run(hand);
    assert_int_equal(flow->book.row_count, 3);
    const int64_t paid[] = {1, 0, 1};
    for (int a = 0; a < 3; a++) {
        assert_int_equal(flow->book.rows[a].shortfall, 1);
        assert_int_equal(flow->book.rows[a].paid_fund, paid[a]);
        assert_int_equal(flow->book.rows[a].unpaid, 1 - paid[a]);
    }
    assert_int_equal(flow->bad_debt, 3);
    assert_int_equal(flow->unpaid, 1);
    assert_int_equal(flow->fund_end, 0);
    hand_destroy(hand);
}

/* A hedged pool in breach sells one and buys the other; what it is short of is split by notional
 * (1000 and 500: 7 is 4.67 and 2.33, so 5 and 2). */
static void a_shortfall_is_split_by_notional(void **state) {
    (void)state;
    struct hand *hand = hand_create(2, (struct decimal){1, 4}, (struct decimal){1, 4});
    hand_tick(hand, 0, 0, 110);
    hand_tick(hand, 1, 0, 50);
    hand_tick(hand, 0, 5, 100);
    hand_account(hand, "hedged", 93);
    hand_position(hand, 1, -10, 50);
    hand_position(hand, 0, 10, 110);
    const struct oracle_flow *flow = hand_run(hand);
    assert_int_equal(flow->book.row_count, 2);
    assert_int_equal(flow->book.rows[0].instrument, 0);
    assert_int_equal(flow->book.rows[0].quantity_lots, 10);
    assert_int_equal(flow->book.rows[0].realised_pnl, -100);
    assert_int_equal(flow->book.rows[0].shortfall, 5);
    assert_int_equal(flow->book.rows[0].bankruptcy_price_ticks, 101);
    assert_int_equal(flow->book.rows[1].instrument, 1);
    assert_int_equal(flow->book.rows[1].quantity_lots, -10);
    assert_int_equal(flow->book.rows[1].realised_pnl, 0);
    assert_int_equal(flow->book.rows[1].shortfall, 2);
    assert_int_equal(flow->book.rows[1].bankruptcy_price_ticks, 49);
    hand_destroy(hand);
}

/* ---- tiers and partial closes ---- */

/* Up to 1000 the rate is 1 %, beyond it 5 % with a deduction of 40. 30 lots at 50 are 1500: margin
 * 35. Equity 34 at that price: closed down to 20 lots (1000, margin 10), with a third of the cost.
 */
static void a_tier_step_closes_to_the_tier_below(void **state) {
    (void)state;
    struct hand *hand = hand_create(1, (struct decimal){1, 4}, (struct decimal){1, 4});
    struct margin_tier *tiers = hand->world.rules.tiers[0];
    tiers[0] = (struct margin_tier){.cap = 1000, .rate_e8 = 1000000};
    tiers[1] =
        (struct margin_tier){.floor = 1000, .cap = INT64_MAX, .rate_e8 = 5000000, .deduction = 40};
    hand->world.rules.tables[0].count = 2;
    hand->world.rules.rulebook.liquidation.close = CLOSE_TIER_STEP;
    hand->world.rules.rulebook.margin.trigger = TRIGGER_BELOW;
    assert_int_equal(rulebook_check(&hand->world.rules.rulebook, NULL), STATUS_OK);
    hand_tick(hand, 0, 0, 60);
    hand_tick(hand, 0, 1, 50);
    hand_account(hand, "a", 334);
    hand_position(hand, 0, 30, 60);
    const struct oracle_flow *flow = hand_run(hand);
    assert_int_equal(flow->book.row_count, 1);
    assert_int_equal(flow->book.rows[0].quantity_lots, 10);
    assert_int_equal(flow->book.rows[0].realised_pnl, 500 - 600);
    assert_int_equal(flow->book.pools[0].positions[0].lots, 20);
    assert_int_equal(flow->book.pools[0].positions[0].cost, 1200);
    assert_int_equal(flow->accounts[0].equity_end, 34);
    assert_int_equal(flow->accounts[0].outcome, ACCOUNT_REDUCED);
    assert_int_equal(flow->book.coverage.partial_closes, 1);
    hand_destroy(hand);
}

/* 10 % of 2000 is 200 against an equity of 150; the target of 1.2 needs a requirement of at most
 * 125, so 1250 of notional: 12 of 20 lots stay, 8 are closed. */
static void to_target_closes_the_fewest_lots(void **state) {
    (void)state;
    struct hand *hand = hand_create(1, (struct decimal){1, 4}, (struct decimal){1, 4});
    hand->world.rules.tiers[0][0].rate_e8 = 10000000;
    hand->world.rules.rulebook.liquidation.close = CLOSE_TO_TARGET;
    hand->world.rules.rulebook.liquidation.target_ratio_e8 = 120000000;
    hand_tick(hand, 0, 0, 110);
    hand_tick(hand, 0, 1, 100);
    hand_account(hand, "a", 350);
    hand_position(hand, 0, 20, 110);
    const struct oracle_flow *flow = hand_run(hand);
    assert_int_equal(flow->book.row_count, 1);
    assert_int_equal(flow->book.rows[0].quantity_lots, 8);
    hand_destroy(hand);
}

/* ---- time ---- */

/* A fifth of 10 lots is 2, then of 8: 2 (1.6 rounded up). In breach all along with a cool-down of
 * 700 ms from 1 s on: orders at 1 s, 1.7 s and 2.4 s, between ticks; then time ends. */
static void a_cool_down_ends_between_ticks(void **state) {
    (void)state;
    struct hand *hand = hand_create(1, (struct decimal){1, 4}, (struct decimal){1, 4});
    hand->world.rules.rulebook.liquidation.close = CLOSE_FRACTION;
    hand->world.rules.rulebook.liquidation.fraction_e8 = RATE_SCALE / 5;
    hand->world.rules.rulebook.limits.interval_ns = 700 * NS_PER_MS;
    hand_tick(hand, 0, 0, 100);
    hand_tick(hand, 0, 1000, 80);
    hand_tick(hand, 0, 3000, 80);
    hand_account(hand, "a", 150);
    hand_position(hand, 0, 10, 100);
    const struct oracle_flow *flow = hand_run(hand);
    const int64_t at_ms[] = {1000, 1700, 2400};
    const int64_t lots[] = {2, 2, 2};
    assert_int_equal(flow->book.row_count, 3);
    for (int r = 0; r < 3; r++) {
        assert_int_equal(flow->book.rows[r].ts_ns, START + at_ms[r] * NS_PER_MS);
        assert_int_equal(flow->book.rows[r].quantity_lots, lots[r]);
        assert_int_equal(flow->book.rows[r].wave, 1);
    }
    hand_destroy(hand);
}

/* What a forced sale took from the price comes back with the clock, without a tick: half of 8 after
 * each second, shown at whole ticks; and a short squeezed on the way is closed at the clock step.
 */
static void decay_moves_the_price_between_ticks(void **state) {
    (void)state;
    struct hand *hand = hand_create(1, (struct decimal){1, 0}, (struct decimal){1, 0});
    hand->world.models[0] = impact_model_find("linear");
    hand->world.params[0] =
        (struct impact_params){.space = IMPACT_PRICE, .slope = 0.8, .half_life_s = 1.0};
    hand->world.input.clock_step_ns = NS_PER_S;
    hand_tick(hand, 0, 500, 1000);
    hand_tick(hand, 0, 1000, 990);
    hand_tick(hand, 0, 5500, 990);
    hand_account(hand, "long", 100 * MONEY_SCALE);
    hand_position(hand, 0, 10, 1000);
    const struct oracle_flow *flow = hand_run(hand);
    assert_int_equal(flow->book.row_count, 1);
    assert_int_equal(flow->book.rows[0].price_ticks, 986); /* half of the 8 on the way */
    assert_int_equal(hand->result.prices[0].min, 982);
    /* 8 at 1 s, 4 at 2 s, 2 at 3 s, 1 at 4 s, 0.5 at 5 s (989.5 is shown as 990) */
    assert_int_equal(flow->book.coverage.moves_without_tick, 4);
    assert_int_equal(hand->result.prices[0].last, 990);
    hand_destroy(hand);
}

/* An account is first looked at when both of its instruments have a price; in breach then, it is
 * liquidated and flagged. A second account is in breach later, in the same instant's second wave.
 */
static void the_first_assessment_waits_for_all_prices(void **state) {
    (void)state;
    struct hand *hand = hand_create(2, (struct decimal){1, 0}, (struct decimal){1, 0});
    hand->world.models[0] = impact_model_find("linear");
    hand->world.params[0].space = IMPACT_PRICE;
    hand->world.params[0].slope = 1.0;
    hand_tick(hand, 0, 0, 100);
    hand_tick(hand, 0, 1000, 90);
    hand_tick(hand, 1, 2000, 50);
    hand_account(hand, "both", -20 * MONEY_SCALE);
    hand_position(hand, 0, 1, 100);
    hand_position(hand, 1, 1, 50);
    hand_account(hand, "later", 11 * MONEY_SCALE);
    hand_position(hand, 0, 1, 100);
    const struct oracle_flow *flow = hand_run(hand);
    assert_int_equal(flow->book.row_count, 3);
    for (int r = 0; r < 3; r++)
        assert_int_equal(flow->book.rows[r].ts_ns, START + 2 * NS_PER_S);
    assert_true(flow->book.rows[0].at_first_assessment);
    assert_true(flow->book.rows[1].at_first_assessment);
    assert_false(flow->book.rows[2].at_first_assessment);
    assert_int_equal(flow->book.rows[2].wave, 2);
    assert_int_equal(flow->book.rows[2].account, 1);
    assert_int_equal(flow->accounts_in_breach_at_start, 1);
    assert_int_equal(flow->accounts[0].equity_start, -20 * MONEY_SCALE);
    hand_destroy(hand);
}

/* Bars of a minute: the first listed instrument decides the order of the extremes for both. */
static void bars_become_four_ticks(void **state) {
    (void)state;
    struct hand *hand = hand_create(2, (struct decimal){1, 0}, (struct decimal){1, 0});
    const int64_t bars[2][4] = {{100, 103, 95, 99}, {50, 60, 49, 55}};
    for (size_t i = 0; i < 2; i++) {
        struct world_series *series = &hand->world.series[i];
        series->bars = true;
        series->count = 1;
        series->ts_ns[0] = START;
        for (int v = 0; v < 4; v++)
            series->price[v][0] = bars[i][v];
        hand->world.prices[i].kind = SERIES_BARS;
        hand->world.prices[i].bar_ns = 60 * NS_PER_S;
    }
    hand_account(hand, "none", 0);
    (void)hand_run(hand);
    const int64_t path[4][2] = {{100, 50}, {103, 60}, {95, 49}, {99, 55}};
    assert_int_equal(hand->result.ticks, 8);
    assert_int_equal(hand->result.path.count, 4);
    for (int k = 0; k < 4; k++) {
        assert_int_equal(hand->result.path.ts_ns[k], START + k * 15 * NS_PER_S);
        for (int i = 0; i < 2; i++)
            assert_int_equal(hand->result.path.simulated[2 * k + i], path[k][i]);
    }
    hand_destroy(hand);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ladder_sub_050),
        cmocka_unit_test(ladder_short_mirror),
        cmocka_unit_test(ladder_touch),
        cmocka_unit_test(ladder_partial_close),
        cmocka_unit_test(ladder_zero_impact),
        cmocka_unit_test(null_replay_of_a_ladder),
        cmocka_unit_test(a_shortfall_is_paid_by_the_fund),
        cmocka_unit_test(a_short_fund_pays_by_id),
        cmocka_unit_test(a_shortfall_is_split_by_notional),
        cmocka_unit_test(a_tier_step_closes_to_the_tier_below),
        cmocka_unit_test(to_target_closes_the_fewest_lots),
        cmocka_unit_test(a_cool_down_ends_between_ticks),
        cmocka_unit_test(decay_moves_the_price_between_ticks),
        cmocka_unit_test(the_first_assessment_waits_for_all_prices),
        cmocka_unit_test(bars_become_four_ticks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
