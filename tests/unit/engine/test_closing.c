/* Goal: how a pool in breach is closed: until when, which positions, how much, at which price.
 * Method: markets of one to three instruments, everything worked out by hand. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/engine/market_scene.h"

/* 10 long from 100 with 150: at 90 equity is 50, the requirement at 10 % is 90. Each wave closes a
 * fifth, rounded up: 2 of 10, 2 of 8, 2 of 6. After the second, 6 lots ask 54; after the third, 4
 * lots ask 36: not in breach any more. With an exit ratio of 2, 72 is asked for and it goes on: 1
 * of 4 leaves 27, asking 54; 1 of 3 leaves 18, asking 36. */
static void goes_on_to_the_exit_ratio(void **state) {
    (void)state;
    for (int with = 0; with < 2; with++) {
        struct market_scene scene;
        scene_open(&scene, 1);
        scene.tiers[0].rate_e8 = RATE_SCALE / 10;
        scene.rules.liquidation.close = CLOSE_FRACTION;
        scene.rules.liquidation.fraction_e8 = RATE_SCALE / 5;
        scene.rules.liquidation.exit_ratio_e8 = with ? 2 * RATE_SCALE : 0;
        scene_account(&scene, "a", 150);
        scene_position(&scene, 0, 10, 100);
        scene_tick(&scene, 0, 0, 100);
        scene_tick(&scene, 0, 1, 90);
        scene_tick(&scene, 0, 2, 89);
        scene_run(&scene);
        assert_int_equal(scene.row_count, with ? 5 : 3);
        scene_expect(&scene, 2, 0, 0, 2, 90);
        if (with)
            scene_expect(&scene, 4, 0, 0, 1, 90);
        for (size_t r = 0; r < scene.row_count; r++)
            assert_false(scene.rows[r].erroneous);
        assert_int_equal(scene_end(&scene, 0), USDT(50 - (with ? 2 : 4)));
    }
}

/* Above the trigger at the start, below the exit ratio: nothing is to be closed. */
static void the_exit_ratio_triggers_nothing(void **state) {
    (void)state;
    struct market_scene scene;
    scene_open(&scene, 1);
    scene.tiers[0].rate_e8 = RATE_SCALE / 10;
    scene.rules.liquidation.exit_ratio_e8 = 3 * RATE_SCALE;
    scene_account(&scene, "a", 150);
    scene_position(&scene, 0, 10, 100);
    scene_tick(&scene, 0, 0, 100);
    scene_tick(&scene, 0, 1, 95);
    scene_run(&scene);
    assert_int_equal(scene.row_count, 0);
}

/* Hyperliquid's two stages: at 93 equity is 80 of 93 asked for, 0.86: through the market. At 90 it
 * is 50 of 90, 0.56: below two thirds the vault gets the position at mark and the 50, and no price
 * moves. At 80 equity is -50: a stage of its own goes down the waterfall, here to the other side.
 */
static void the_deepest_stage_wins(void **state) {
    (void)state;
    for (int depth = 0; depth < 3; depth++) {
        struct market_scene scene;
        scene_open(&scene, 1);
        scene.tiers[0].rate_e8 = RATE_SCALE / 10;
        scene.impact = (struct impact_params){.space = IMPACT_PRICE, .slope = 1, .permanent = 1};
        scene.backstop = USDT(1000);
        scene.rules.waterfall.stages[0] = STAGE_ADL;
        scene.rules.liquidation.stage_count = 2;
        scene.rules.liquidation.stages[0] = (struct liquidation_stage){
            .ratio_e8 = 66670000, .closing = {.action = ACTION_BACKSTOP, .price = PRICE_MARK}};
        scene.rules.liquidation.stages[1] = (struct liquidation_stage){
            .ratio_e8 = 0, .closing = {.action = ACTION_CLOSE, .order = ORDER_ALL}};
        scene_account(&scene, "long", 150);
        scene_position(&scene, 0, 10, 100);
        scene_account(&scene, "short", 100000);
        scene_position(&scene, 0, -10, 100);
        scene_tick(&scene, 0, 0, 100);
        scene_tick(&scene, 0, 1, depth == 0 ? 93 : depth == 1 ? 90 : 80);
        scene_run(&scene);
        assert_int_equal(scene.row_count, 1);
        scene_expect(&scene, 0, 0, 0, 10, depth == 0 ? 88 : depth == 1 ? 90 : 85);
        assert_int_equal(scene.rows[0].taken_over, depth == 1);
        assert_int_equal(scene.rows[0].adl, depth == 2);
        assert_int_equal(scene.summary.prices[0].last, depth == 0 ? 83 : depth == 1 ? 90 : 80);
        assert_true(scene.summary.backstop_taken == (depth == 1 ? USDT(900) : 0));
        assert_true(scene.summary.backstop_received == (depth == 1 ? USDT(50) : 0));
        assert_int_equal(scene_end(&scene, 0), depth == 0 ? USDT(150 - 10 * 12) : 0);
        assert_true(scene.summary.unpaid == 0);
    }
}

/* FTX: below the auto-close fraction all positions go, gains with losses, and what the account owes
 * is the fund's to pay: 100 + 10 * -20 + 5 * 10 = -50. */
static void the_vault_gets_all_and_the_fund_pays_what_is_owed(void **state) {
    (void)state;
    struct market_scene scene;
    scene_open(&scene, 2);
    scene.tiers[0].rate_e8 = RATE_SCALE / 25;
    scene.fund = USDT(30);
    scene.rules.liquidation.order = ORDER_LARGEST_LOSS;
    scene.rules.liquidation.stage_count = 1;
    scene.rules.liquidation.stages[0] = (struct liquidation_stage){
        .ratio_e8 = RATE_SCALE / 2, .closing = {.action = ACTION_BACKSTOP, .price = PRICE_MARK}};
    scene_account(&scene, "a", 100);
    scene_position(&scene, 0, 10, 100);
    scene_position(&scene, 1, -5, 50);
    scene_tick(&scene, 0, 0, 100);
    scene_tick(&scene, 1, 0, 50);
    scene_tick(&scene, 1, 1, 40);
    scene_tick(&scene, 0, 2, 80);
    scene_run(&scene);
    assert_int_equal(scene.row_count, 2);
    scene_expect(&scene, 0, 0, 0, 10, 80);
    scene_expect(&scene, 1, 0, 1, -5, 40);
    assert_true(scene.rows[0].taken_over && scene.rows[1].taken_over);
    assert_true(scene.summary.bad_debt == USDT(50));
    assert_true(scene.summary.fund_end == 0);
    assert_true(scene.summary.unpaid == USDT(20));
    assert_true(scene.summary.backstop_received == 0);
}

/* A warning closes nothing, whatever it would have been about. */
static void a_warning_leaves_the_rule_as_it_is(void **state) {
    (void)state;
    struct market_scene scene;
    scene_open(&scene, 1);
    scene.tiers[0].rate_e8 = RATE_SCALE / 10;
    scene.rules.liquidation.stage_count = 1;
    scene.rules.liquidation.stages[0] = (struct liquidation_stage){
        .ratio_e8 = 3 * RATE_SCALE, .closing = {.action = ACTION_WARN, .close = CLOSE_FULL}};
    scene_account(&scene, "a", 150);
    scene_position(&scene, 0, 10, 100);
    scene_tick(&scene, 0, 0, 100); /* 1.5: warned */
    scene_tick(&scene, 0, 1, 94);
    scene_run(&scene);
    assert_int_equal(scene.row_count, 1);
    scene_expect(&scene, 0, 0, 0, 10, 94);
}

static void the_stage_of_a_ratio(void **state) {
    (void)state;
    const struct rulebook rules = {
        .liquidation.stage_count = 3,
        .liquidation.stages = {{2 * RATE_SCALE, false, {.action = ACTION_WARN}},
                               {RATE_SCALE, true, {.action = ACTION_CLOSE}},
                               {RATE_SCALE / 2, false, {.action = ACTION_BACKSTOP}}}};
    const struct liquidation_stage *stages = rules.liquidation.stages;
    assert_null(rulebook_liquidation_stage(&rules, 200, 100));
    assert_ptr_equal(rulebook_liquidation_stage(&rules, 199, 100), &stages[0]);
    assert_ptr_equal(rulebook_liquidation_stage(&rules, 101, 100), &stages[0]);
    assert_ptr_equal(rulebook_liquidation_stage(&rules, 100, 100), &stages[1]);
    assert_ptr_equal(rulebook_liquidation_stage(&rules, 50, 100), &stages[1]);
    assert_ptr_equal(rulebook_liquidation_stage(&rules, 49, 100), &stages[2]);
    assert_ptr_equal(rulebook_liquidation_stage(&rules, -1, 0), &stages[2]);
}

/* Binance: one order of a fifth of 10 lots, at 90; still in breach, so the fund takes the 8 that
 * are left over at the price that leaves nothing: 50 of equity over 8 lots, 90 - 6.25, rounded up.
 */
static void then_what_is_left_is_taken_over(void **state) {
    (void)state;
    struct market_scene scene;
    scene_open(&scene, 1);
    scene.tiers[0].rate_e8 = RATE_SCALE / 10;
    scene.rules.liquidation.close = CLOSE_FRACTION;
    scene.rules.liquidation.fraction_e8 = RATE_SCALE / 5;
    scene.rules.liquidation.then_price = PRICE_BANKRUPTCY;
    scene.rules.liquidation.inventory_interval_ns = 3600 * NS_PER_S;
    scene.rules.liquidation.inventory_fraction_e8 = RATE_SCALE;
    scene_account(&scene, "a", 150);
    scene_position(&scene, 0, 10, 100);
    scene_tick(&scene, 0, 0, 100);
    scene_tick(&scene, 0, 1, 90);
    scene_run(&scene);
    assert_int_equal(scene.row_count, 2);
    scene_expect(&scene, 0, 0, 0, 2, 90);
    assert_false(scene.rows[0].taken_over);
    scene_expect(&scene, 1, 0, 0, 8, 84);
    assert_true(scene.rows[1].taken_over);
    assert_int_equal(scene.rows[1].wave, 2);
    assert_int_equal(scene_end(&scene, 0), USDT(2)); /* 84 less 83.75, eight times */
}

/* Healed by its order, an account begins anew: its next breach is again an order of its own. */
static void a_healthy_account_begins_anew(void **state) {
    (void)state;
    struct market_scene scene;
    scene_open(&scene, 1);
    scene.tiers[0].rate_e8 = RATE_SCALE / 10;
    scene.rules.liquidation.close = CLOSE_FRACTION;
    scene.rules.liquidation.fraction_e8 = RATE_SCALE / 2;
    scene.rules.liquidation.then_price = PRICE_BANKRUPTCY;
    scene.rules.liquidation.inventory_interval_ns = 3600 * NS_PER_S;
    scene.rules.liquidation.inventory_fraction_e8 = RATE_SCALE;
    scene_account(&scene, "a", 150);
    scene_position(&scene, 0, 10, 100);
    scene_tick(&scene, 0, 0, 100);
    scene_tick(&scene, 0, 1, 90); /* 50 of 90; with 5 lots of 45 */
    scene_tick(&scene, 0, 2, 85); /* 25 of 42.5; with 2 lots of 17 */
    scene_run(&scene);
    assert_int_equal(scene.row_count, 2);
    scene_expect(&scene, 0, 0, 0, 5, 90);
    scene_expect(&scene, 1, 0, 0, 3, 85);
    assert_false(scene.rows[1].taken_over);
}

/* OKX and BitMEX: down the tiers through the market, in the lowest tier the whole is taken over. */
static void the_last_order_is_taken_over(void **state) {
    (void)state;
    struct market_scene scene;
    scene_open(&scene, 1);
    scene.tiers[0] = (struct margin_tier){0, USDT(500), RATE_SCALE / 10, 0, 0};
    scene.tiers[1] = (struct margin_tier){USDT(500), INT64_MAX, RATE_SCALE / 5, USDT(50), 0};
    scene.table.count = 2;
    scene.rules.liquidation.close = CLOSE_TIER_STEP;
    scene.rules.liquidation.last_price = PRICE_BANKRUPTCY;
    scene.rules.liquidation.inventory_interval_ns = 3600 * NS_PER_S;
    scene.rules.liquidation.inventory_fraction_e8 = RATE_SCALE;
    scene_account(&scene, "a", 140);
    scene_position(&scene, 0, 10, 100);
    scene_tick(&scene, 0, 0, 110);
    scene_tick(&scene, 0, 1, 90); /* 40 of 130; 5 lots fit the lowest tier: 40 of 45 */
    scene_run(&scene);
    assert_int_equal(scene.row_count, 2);
    scene_expect(&scene, 0, 0, 0, 5, 90);
    assert_false(scene.rows[0].taken_over);
    scene_expect(&scene, 1, 0, 0, 5, 82);
    assert_true(scene.rows[1].taken_over);
    assert_int_equal(scene_end(&scene, 0), 0);
}

/* Hyperliquid: a fifth of a position of more than 800, here 900 (of 900 itself: all of it); within
 * 30 s after that what is still in breach, or is so again, goes in full. */
static void a_part_of_large_positions_then_all(void **state) {
    (void)state;
    for (int with = 0; with < 2; with++) {
        struct market_scene scene;
        scene_open(&scene, 1);
        scene.tiers[0].rate_e8 = RATE_SCALE / 10;
        scene.rules.liquidation.close = CLOSE_FRACTION;
        scene.rules.liquidation.fraction_e8 = RATE_SCALE / 5;
        scene.rules.liquidation.partial_above = with ? USDT(800) : USDT(900);
        scene.rules.liquidation.full_within_ns = 30 * NS_PER_S;
        scene_account(&scene, "a", 150);
        scene_position(&scene, 0, 10, 100);
        scene_tick(&scene, 0, 0, 100);
        scene_tick(&scene, 0, 1, 90);
        scene_run(&scene);
        assert_int_equal(scene.row_count, with ? 2 : 1);
        scene_expect(&scene, 0, 0, 0, with ? 2 : 10, 90);
        if (with)
            scene_expect(&scene, 1, 0, 0, 8, 90);
    }
}

/* Half of 10 lots heals the account: 50 of 45. At 84 it has 20 of 42: 19 s later in full, 31 s
 * later by half again. */
static void the_time_of_full_orders_ends(void **state) {
    (void)state;
    for (int late = 0; late < 2; late++) {
        struct market_scene scene;
        scene_open(&scene, 1);
        scene.tiers[0].rate_e8 = RATE_SCALE / 10;
        scene.rules.liquidation.close = CLOSE_FRACTION;
        scene.rules.liquidation.fraction_e8 = RATE_SCALE / 2;
        scene.rules.liquidation.full_within_ns = 30 * NS_PER_S;
        scene.rules.limits.interval_ns =
            60 * NS_PER_S * late; /* the next one is not of this test */
        scene_account(&scene, "a", 150);
        scene_position(&scene, 0, 10, 100);
        scene_tick(&scene, 0, 0, 100);
        scene_tick(&scene, 0, 1, 90);
        scene_tick(&scene, 0, late ? 61 : 20, 84);
        scene_run(&scene);
        assert_int_equal(scene.row_count, 2);
        scene_expect(&scene, 0, 0, 0, 5, 90);
        scene_expect(&scene, 1, 0, 0, late ? 3 : 5, 84);
    }
}

/* Three tiers of 300 each at 10, 20 and 30 %: 10 lots at 90 ask 180. One tier down 6 lots are kept,
 * two tiers down 3, three there are not. The lowest tier would ask 90 of all: with equity 80 it is
 * no use to go down to it. */
static void tiers_down(void **state) {
    (void)state;
    static const struct {
        int64_t steps, equity;
        bool unless_lowest;
        int64_t closed;
    } cases[] = {{1, 100, false, 4}, {2, 100, false, 7}, {3, 100, false, 10}, {2, 80, false, 7},
                 {2, 80, true, 10},  {2, 100, true, 7},  {2, 90, true, 10}};
    for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
        struct market_scene scene;
        scene_open(&scene, 1);
        scene.tiers[0] = (struct margin_tier){0, USDT(300), RATE_SCALE / 10, 0, 0};
        scene.tiers[1] = (struct margin_tier){USDT(300), USDT(600), RATE_SCALE / 5, USDT(30), 0};
        scene.tiers[2] =
            (struct margin_tier){USDT(600), INT64_MAX, RATE_SCALE / 10 * 3, USDT(90), 0};
        scene.table.count = 3;
        scene.rules.liquidation.close = CLOSE_TIER_STEP;
        scene.rules.liquidation.tier_steps = cases[c].steps;
        scene.rules.liquidation.full_below_lowest_tier = cases[c].unless_lowest;
        scene_account(&scene, "a", 100 + cases[c].equity);
        scene_position(&scene, 0, 10, 100);
        scene_tick(&scene, 0, 0, 120);
        scene_tick(&scene, 0, 1, 90);
        scene_run(&scene);
        assert_true(scene.row_count >= 1);
        scene_expect(&scene, 0, 0, 0, cases[c].closed, 90);
    }
}

/* Deribit: small orders in quick order, 40 ms apart, until equity meets what is asked: 50 lets 5
 * lots of 9 each stand. 200 of notional is 2 lots at 90. */
static void small_steps(void **state) {
    (void)state;
    for (int by_quantity = 0; by_quantity < 2; by_quantity++) {
        struct market_scene scene;
        scene_open(&scene, 1);
        scene.tiers[0].rate_e8 = RATE_SCALE / 10;
        scene.rules.liquidation.close = CLOSE_STEP;
        scene.rules.limits.interval_ns = 40 * NS_PER_MS;
        scene.rules.liquidation.step_notional = by_quantity ? 0 : USDT(200);
        scene.rules.liquidation.step_quantity = (struct decimal){by_quantity ? 35 : 0, 1};
        scene_account(&scene, "a", 150);
        scene_position(&scene, 0, 10, 100);
        scene_tick(&scene, 0, 0, 100);
        scene_tick(&scene, 0, 1, 90);
        scene_tick(&scene, 0, 2, 90);
        scene_run(&scene);
        const size_t orders = by_quantity ? 2 : 3;
        assert_int_equal(scene.row_count, orders);
        for (size_t r = 0; r < orders; r++) {
            scene_expect(&scene, r, 0, 0, by_quantity ? 3 : 2, 90);
            assert_int_equal(scene.rows[r].ts_ns, NS_PER_S + (int64_t)r * 40 * NS_PER_MS);
        }
    }
}

/* 10 long from 100 with 150, bankrupt at 85, sold at 90 for 900: 50 more than the bankruptcy price
 * brings, less a fee of 1 %, 9. The fund keeps 41, or what its share of the notional allows. */
static void the_fund_keeps_the_remainder(void **state) {
    (void)state;
    static const struct {
        int64_t rate_e8, kept;
    } cases[] = {{RATE_SCALE, 41}, {RATE_SCALE / 100 * 2, 18}, {0, 0}};
    for (size_t c = 0; c < 3; c++) {
        struct market_scene scene;
        scene_open(&scene, 1);
        scene.tiers[0].rate_e8 = RATE_SCALE / 10;
        scene.rules.liquidation.fee_rate_e8 = RATE_SCALE / 100;
        scene.rules.liquidation.remainder_to = REMAINDER_INSURANCE_FUND;
        scene.rules.liquidation.remainder_max_rate_e8 = cases[c].rate_e8;
        scene_account(&scene, "a", 150);
        scene_position(&scene, 0, 10, 100);
        scene_tick(&scene, 0, 0, 100);
        scene_tick(&scene, 0, 1, 90);
        scene_run(&scene);
        assert_int_equal(scene.row_count, 1);
        assert_int_equal(scene.rows[0].fee, USDT(9 + cases[c].kept));
        assert_true(scene.summary.fund_end == USDT(cases[c].kept));
        assert_true(scene.summary.fees == USDT(9));
        assert_int_equal(scene_end(&scene, 0), USDT(41 - cases[c].kept));
    }
}

/* BitMEX and OKX: 1 % to 10 lots, 5 % more each 5 lots begun. 23 lots from 100 are 3 steps up, 16 %
 * at entry. With 600, at 90 equity is 370 and 2070 * 0.16 = 331.2 are asked; at 88, 324 of 323.84;
 * at 87, 301 of 320.16: down to the next lower step, 20 lots (2 steps, 11 %), closes 3; or two
 * steps, 15 lots, closes 8; or four, which there are not: all. At 80 equity is 140 of 294.4, but
 * the lowest step would ask 18.4: in part still; at 74 it is 2, less than 17.02: in full. */
static void goes_down_by_risk_steps(void **state) {
    (void)state;
    static const struct {
        int64_t tier_steps, price, closed;
        bool careful;
    } cases[] = {{1, 88, 0, true},   {1, 87, 3, false}, {2, 87, 8, false}, {3, 87, 13, false},
                 {4, 87, 23, false}, {2, 80, 8, true},  {2, 74, 23, true}, {2, 74, 8, false}};
    struct size_curve curve = {.base = {1, 2},
                               .sqrt_scale = {1, 0},
                               .step = {5, 0},
                               .step_from = {10, 0},
                               .step_rate = {5, 2},
                               .cap = {1, 0}};
    for (int by_entry = 0; by_entry < 2; by_entry++)
        for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
            struct market_scene scene;
            scene_open(&scene, 1);
            curve.unit = by_entry ? SIZE_ENTRY_NOTIONAL : SIZE_BASE;
            if (by_entry) { /* as many hundreds */
                curve.step = (struct decimal){500, 0};
                curve.step_from = (struct decimal){1000, 0};
            }
            scene.rules.margin.sizes = &curve;
            scene.rules.margin.size_count = 1;
            scene.rules.liquidation.close = CLOSE_TIER_STEP;
            scene.rules.liquidation.tier_steps = cases[c].tier_steps;
            scene.rules.liquidation.full_below_lowest_tier = cases[c].careful;
            scene_account(&scene, "a", 600);
            scene_position(&scene, 0, 23, 100);
            scene_tick(&scene, 0, 0, 100);
            scene_tick(&scene, 0, 1, cases[c].price);
            scene_run(&scene);
            assert_int_equal(scene.row_count > 0, cases[c].closed > 0);
            if (cases[c].closed > 0)
                scene_expect(&scene, 0, 0, 0, cases[c].closed, cases[c].price);
        }
}

/* Two positions of one account, each bankrupt where it has used up its share of the 50 that are
 * left: together they leave no more to keep than that. */
static void the_remainder_is_what_the_account_has(void **state) {
    (void)state;
    struct market_scene scene;
    scene_open(&scene, 2);
    scene.tiers[0].rate_e8 = RATE_SCALE / 10;
    scene.rules.liquidation.bankruptcy = BANKRUPTCY_SHARED;
    scene.rules.liquidation.order = ORDER_ALL;
    scene.rules.liquidation.remainder_to = REMAINDER_INSURANCE_FUND;
    scene.rules.liquidation.remainder_max_rate_e8 = RATE_SCALE;
    scene_account(&scene, "a", 100);
    scene_position(&scene, 0, 10, 100);
    scene_position(&scene, 1, 5, 100);
    scene_tick(&scene, 1, 0, 100);
    scene_tick(&scene, 0, 0, 109);
    scene_tick(&scene, 0, 1, 95);
    scene_run(&scene);
    assert_int_equal(scene.row_count, 2); /* 50 of 145: 32.76 and 17.24 are their shares */
    assert_true(scene.summary.fund_end == USDT(30 + 15)); /* to whole ticks: 92 and 97 */
    assert_int_equal(scene_end(&scene, 0), USDT(5));
    assert_true(scene.summary.unpaid == 0);
}

/* OKX: of a fund of 1,000 no more than 30 % may go in a window; the first account costs 200, so 100
 * is left for the second, whose 10 lots are each 20 past bankruptcy: 5 through the market, 5
 * deleveraged. In the next window all 10 go to market. */
static void the_fund_may_not_fall_too_far(void **state) {
    (void)state;
    for (int later = 0; later < 2; later++) {
        struct market_scene scene;
        scene_open(&scene, 1);
        scene.fund = USDT(1000);
        scene.rules.waterfall.stage_count = 2;
        scene.rules.waterfall.stages[1] = STAGE_ADL;
        scene.rules.waterfall.adl_fund_fall_e8 = RATE_SCALE / 10 * 3;
        scene.rules.waterfall.adl_fund_window_ns = 100 * NS_PER_S;
        scene_account(&scene, "a", 100); /* bankrupt at 90 */
        scene_position(&scene, 0, 10, 100);
        scene_account(&scene, "b", 400); /* bankrupt at 60 */
        scene_position(&scene, 0, 10, 100);
        scene_account(&scene, "short", 10000);
        scene_position(&scene, 0, -20, 100);
        scene_tick(&scene, 0, 0, 100);
        scene_tick(&scene, 0, 1, 70);
        scene_tick(&scene, 0, later ? 101 : 100, 40);
        scene_run(&scene);
        assert_int_equal(scene.row_count, later ? 2 : 3);
        scene_expect(&scene, 0, 0, 0, 10, 70);
        scene_expect(&scene, 1, 1, 0, later ? 10 : 5, 40);
        if (!later) {
            scene_expect(&scene, 2, 1, 0, 5, 60);
            assert_true(scene.rows[2].adl);
        }
        assert_true(scene.summary.fund_end == (later ? USDT(600) : USDT(700)));
    }
}

/* Hyperliquid: whoever is deleveraged is closed at the mark before the move; ranked by mark over
 * entry times leverage, of shorts entry over mark. */
static void deleveraged_at_the_previous_mark(void **state) {
    (void)state;
    for (int apart = 0; apart < 2; apart++) { /* in ticks of one time, and of three */
        struct market_scene scene;
        scene_open(&scene, 1);
        scene.rules.waterfall.stages[0] = STAGE_ADL;
        scene.rules.waterfall.adl_rank = ADL_PRICE_RATIO_TIMES_LEVERAGE;
        scene.rules.waterfall.adl_price = ADL_AT_PREVIOUS_MARK;
        scene_account(&scene, "long", 100); /* bankrupt at 90 */
        scene_position(&scene, 0, 10, 100);
        scene_account(&scene, "s1", 1000);
        scene_position(&scene, 0, -10, 100); /* 100/80 * 800/1200 */
        scene_account(&scene, "s2", 500);
        scene_position(&scene, 0, -10, 90); /* 90/80 * 800/600: before s1 */
        scene_tick(&scene, 0, 0, 100);
        scene_tick(&scene, 0, 2, 98);
        scene_tick(&scene, 0, 3, 97);
        scene_tick(&scene, 0, apart ? 4 : 3, 96);
        scene_tick(&scene, 0, 5, 96);
        scene_tick(&scene, 0, 6, 80);
        scene_run(&scene);
        assert_int_equal(scene.row_count, 1);
        scene_expect(&scene, 0, 0, 0, 10, 96);
        assert_true(scene.rows[0].adl);
        assert_int_equal(scene.adl_count, 1);
        assert_int_equal(scene.adl[0].account, 2);
        assert_int_equal(scene.adl[0].price_ticks, 96);
        assert_int_equal(scene_end(&scene, 0), USDT(60));
    }
}

/* Three positions, equity 20: X long 10 of 50 = 500, Y short 30 of 10 = 300, Z long 4 of 100 = 400;
 * each asks 10 %. X frees most. The deltas add up to 600: without X 100 are left, without Z 200,
 * without Y 900. The loss is Y's alone. */
static void which_goes_first(void **state) {
    (void)state;
    static const struct {
        enum close_order order;
        uint32_t first;
    } cases[] = {{ORDER_LARGEST_LOSS, 1},
                 {ORDER_LARGEST_RELIEF, 0},
                 {ORDER_OFFSET_FIRST, 0},
                 {ORDER_DELTA_NEUTRAL, 0}};
    for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
        struct market_scene scene;
        scene_open(&scene, 3);
        scene.tiers[0].rate_e8 = RATE_SCALE / 10;
        scene.rules.liquidation.order = cases[c].order;
        scene_account(&scene, "a", 110);
        scene_position(&scene, 0, 10, 50);
        scene_position(&scene, 1, -30, 7);
        scene_position(&scene, 2, 4, 100);
        scene_tick(&scene, 0, 0, 50);
        scene_tick(&scene, 2, 0, 100);
        scene_tick(&scene, 1, 1, 10);
        scene_run(&scene);
        assert_true(scene.row_count >= 1);
        assert_int_equal(scene.rows[0].instrument, cases[c].first);
    }
}

/* Hedge mode: 10 long against 4 short of one contract. They offset each other at one price whatever
 * the book is, so that no price moves. */
static void hedges_are_offset_first(void **state) {
    (void)state;
    struct market_scene scene;
    scene_open(&scene, 1);
    scene.tiers[0].rate_e8 = RATE_SCALE / 10;
    scene.impact = (struct impact_params){.space = IMPACT_PRICE, .slope = 1, .permanent = 1};
    scene.rules.liquidation.order = ORDER_OFFSET_FIRST;
    scene.fund = USDT(1000);
    scene_account(&scene, "a", 180);
    scene_position(&scene, 0, 10, 100);
    scene_position(&scene, 0, -4, 100);
    scene_tick(&scene, 0, 0, 100);
    scene_tick(&scene, 0, 1, 80); /* 180 - 120 = 60 of 112 */
    scene_tick(&scene, 0, 2, 80);
    scene_run(&scene);
    assert_int_equal(scene.row_count, 2); /* 60 of 48: the rest stands */
    const size_t longs = scene.rows[0].quantity_lots > 0 ? 0 : 1;
    scene_expect(&scene, longs, 0, 0, 4, 80);
    scene_expect(&scene, 1 - longs, 0, 0, -4, 80);
    assert_int_equal(scene.summary.prices[0].min, 80);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goes_on_to_the_exit_ratio),
        cmocka_unit_test(the_exit_ratio_triggers_nothing),
        cmocka_unit_test(the_deepest_stage_wins),
        cmocka_unit_test(the_vault_gets_all_and_the_fund_pays_what_is_owed),
        cmocka_unit_test(a_warning_leaves_the_rule_as_it_is),
        cmocka_unit_test(the_stage_of_a_ratio),
        cmocka_unit_test(then_what_is_left_is_taken_over),
        cmocka_unit_test(a_healthy_account_begins_anew),
        cmocka_unit_test(the_last_order_is_taken_over),
        cmocka_unit_test(a_part_of_large_positions_then_all),
        cmocka_unit_test(the_time_of_full_orders_ends),
        cmocka_unit_test(tiers_down),
        cmocka_unit_test(small_steps),
        cmocka_unit_test(which_goes_first),
        cmocka_unit_test(hedges_are_offset_first),
        cmocka_unit_test(the_fund_keeps_the_remainder),
        cmocka_unit_test(goes_down_by_risk_steps),
        cmocka_unit_test(the_remainder_is_what_the_account_has),
        cmocka_unit_test(the_fund_may_not_fall_too_far),
        cmocka_unit_test(deleveraged_at_the_previous_mark),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
