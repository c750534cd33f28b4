/* Goal: what bounds losses and amounts beyond one order: funds of instruments, blocks,
 * price limits, windows. Method: small markets by hand (market_scene.h). */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/engine/market_scene.h"

/* 100 X and 100 Y of two accounts with 1000 each, from 100 to 80: 1000 is lost past bankruptcy in
 * each. Of a fund of 1200, X has two thirds: it pays 800 of its 1000, and Y 400. */
static void funds_do_not_help_each_other(void **state) {
    (void)state;
    for (int apart = 0; apart < 2; apart++) {
        struct market_scene scene;
        struct fund_share shares[] = {{"X", 2 * RATE_SCALE}, {NULL, RATE_SCALE}};
        scene_open(&scene, 2);
        scene.fund = USDT(1200);
        scene.rules.waterfall.fund = apart ? FUND_PER_INSTRUMENT : FUND_GLOBAL;
        scene.rules.waterfall.fund_shares = shares;
        scene.rules.waterfall.fund_share_count = apart ? 2 : 0;
        scene_account(&scene, "a", 1000);
        scene_position(&scene, 0, 100, 100);
        for (uint32_t i = 0; i < 2; i++) {
            scene_tick(&scene, i, 0, 100);
            scene_tick(&scene, i, 1, i == 0 ? 80 : 99);
            scene_tick(&scene, i, 2, 80);
        }
        scene_account(&scene, "b", 1000);
        scene_position(&scene, 1, 100, 100);
        scene_run(&scene);
        assert_int_equal(scene.row_count, 2);
        assert_int_equal(scene.rows[0].paid_fund, USDT(apart ? 800 : 1000));
        assert_int_equal(scene.rows[0].unpaid, USDT(apart ? 200 : 0));
        assert_int_equal(scene.rows[1].paid_fund, USDT(apart ? 400 : 200));
        assert_int_equal(scene.rows[1].unpaid, USDT(apart ? 600 : 800));
        assert_true(scene.summary.fund_end == 0);
    }
}

/* Equity is 500 less than nothing at 85. A block of a second lets 1000 of notional go, 11 lots of
 * 85, or one order; what is left of the block is rounded down, but a lot goes while there is any.
 */
static void blocks_bound_an_account(void **state) {
    (void)state;
    for (int once = 0; once < 2; once++) {
        struct market_scene scene;
        scene_open(&scene, 1);
        scene_account(&scene, "a", 1000);
        scene_position(&scene, 0, 100, 100);
        scene.rules.liquidation.close = CLOSE_FRACTION;
        scene.rules.liquidation.fraction_e8 = RATE_SCALE / 20;
        scene.rules.limits.block_ns = NS_PER_S;
        scene.rules.limits.block_once = once;
        scene.rules.limits.block_notional = USDT(1000);
        scene_tick(&scene, 0, 0, 100);
        scene_tick(&scene, 0, 1, 85);
        scene_tick(&scene, 0, 2, 85);
        scene_run(&scene);
        /* 5 lots of 100, 5 of 95, 5 of 90: 425 and 425 of the 1000, then 1 of the 150 left (85),
         * and 65 is left: one lot more */
        const int64_t lots[2][4] = {{5, 5, 1, 1}, {5, 0, 0, 0}};
        const size_t in_block = once ? 1 : 4;
        assert_true(scene.row_count > in_block);
        for (size_t r = 0; r < in_block; r++) {
            assert_int_equal(scene.rows[r].quantity_lots, lots[once][r]);
            assert_int_equal(scene.rows[r].ts_ns, scene.rows[0].ts_ns);
        }
        assert_int_equal(scene.rows[in_block].ts_ns, scene.rows[0].ts_ns + NS_PER_S);
        assert_int_equal(scene.rows[in_block].quantity_lots, 5);
    }
}

/* Equity of 500 where 855 is asked for, at 95; a lot sold moves the price by 0.2, so q lots fill at
 * 95 - 0.1 q. Past the bankruptcy price of 90 nothing is filled: 55 lots are. Nor past the fillable
 * price: (1 - 500 / 855) of the margin of 855 is 355, so a value of 9145, 92 a lot: 35 lots. Where
 * the adjustment is 0 it is the mark, and nothing is filled but the half tick that rounding
 * leaves. What is left is tried again a second later, at a price past all limits. */
static void limits_bound_the_price(void **state) {
    (void)state;
    const struct {
        enum order_limit limit;
        int64_t adjustment_e8;
        int64_t lots, price;
    } cases[] = {{LIMIT_NONE, RATE_SCALE, 100, 85},
                 {LIMIT_BANKRUPTCY, RATE_SCALE, 55, 90},
                 {LIMIT_FILLABLE, RATE_SCALE, 35, 92},
                 {LIMIT_FILLABLE, 0, 5, 95}};
    for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
        struct market_scene scene;
        scene_open(&scene, 1);
        scene.tiers[0].rate_e8 = 9 * (RATE_SCALE / 100);
        scene.impact =
            (struct impact_params){.space = IMPACT_PRICE, .slope = 0.2, .permanent = 1.0};
        scene_account(&scene, "a", 1000);
        scene_position(&scene, 0, 100, 100);
        scene.rules.limits.interval_ns = NS_PER_S;
        scene.rules.limits.order = cases[c].limit;
        scene.rules.limits.fillable_adjustment_e8 = cases[c].adjustment_e8;
        scene.rules.limits.fillable_spread_e8 = RATE_SCALE;
        scene_tick(&scene, 0, 0, 100);
        scene_tick(&scene, 0, 1, 95);
        scene_run(&scene);
        assert_int_equal(scene.row_count, 1);
        scene_expect(&scene, 0, 0, 0, cases[c].lots, cases[c].price);
    }
}

/* Two longs of 50, one with 500 behind it (bankrupt at 90), one with 700 (86): 100 lots at 85 fill
 * neither, so the one with the worse limit gives way first: 50 of the other at 90, and beside it 5
 * more, at 90 still. */
static void the_worst_limit_gives_way_first(void **state) {
    (void)state;
    struct market_scene scene;
    scene_open(&scene, 1);
    scene.tiers[0].rate_e8 = 9600000; /* 456 at 95, where 450 is left of 700 */
    scene.impact = (struct impact_params){.space = IMPACT_PRICE, .slope = 0.2, .permanent = 1.0};
    scene_account(&scene, "poor", 500);
    scene_position(&scene, 0, 50, 100);
    scene_account(&scene, "rich", 700);
    scene_position(&scene, 0, 50, 100);
    scene.rules.limits.interval_ns = NS_PER_S;
    scene.rules.limits.order = LIMIT_BANKRUPTCY;
    scene_tick(&scene, 0, 0, 100);
    scene_tick(&scene, 0, 1, 95);
    scene_run(&scene);
    assert_int_equal(scene.row_count, 2);
    scene_expect(&scene, 0, 0, 0, 5, 90);
    scene_expect(&scene, 1, 1, 0, 50, 90);
}

/* Worth 500 less than nothing at 85, bankrupt at 90: nothing is filled at 85, and a short takes all
 * 100 lots over. With as much to lose in a block as 40 lots lose, those go to market. */
static void rests_of_the_insolvent_are_taken_over(void **state) {
    (void)state;
    for (int insured = 0; insured < 2; insured++) {
        struct market_scene scene;
        scene_open(&scene, 1);
        scene_account(&scene, "a", 1000);
        scene_position(&scene, 0, 100, 100);
        scene_account(&scene, "b", 9000);
        scene_position(&scene, 0, -100, 100);
        scene.fund = USDT(9000);
        scene.rules.waterfall.stages[1] = STAGE_ADL;
        scene.rules.waterfall.stage_count = 2;
        scene.rules.limits.block_ns = NS_PER_S;
        if (insured)
            scene.rules.limits.block_insurance = USDT(200);
        else
            scene.rules.limits.order = LIMIT_BANKRUPTCY;
        scene_tick(&scene, 0, 0, 100);
        scene_tick(&scene, 0, 1, 85);
        scene_run(&scene);
        assert_int_equal(scene.row_count, insured ? 2 : 1);
        if (insured)
            scene_expect(&scene, 0, 0, 0, 40, 85);
        const size_t last = scene.row_count - 1;
        scene_expect(&scene, last, 0, 0, insured ? 60 : 100, 90);
        assert_true(scene.rows[last].adl);
        assert_true(scene.summary.fund_end == USDT(insured ? 8800 : 9000));
        assert_true(scene.summary.unpaid == 0);
    }
}

/* A window of 10 s takes 60 lots. Orders come a second after the breach: at 91 all of "b", then, at
 * 90, 10 of "a". 40 are left until more than 10 s have passed since. */
static void windows_are_shared(void **state) {
    (void)state;
    struct market_scene scene;
    struct window_cap caps[] = {{"X", {60, 0}}};
    scene_open(&scene, 1);
    scene_account(&scene, "a", 500);
    scene_position(&scene, 0, 50, 100);
    scene_account(&scene, "b", 450);
    scene_position(&scene, 0, 50, 100);
    scene.rules.limits.latency_ns = NS_PER_S;
    scene.rules.limits.window_ns = 10 * NS_PER_S;
    scene.rules.limits.windows = caps;
    scene.rules.limits.window_count = 1;
    scene_tick(&scene, 0, 0, 100);
    scene_tick(&scene, 0, 1, 91);
    scene_tick(&scene, 0, 2, 90);
    scene_tick(&scene, 0, 3, 90);
    scene_tick(&scene, 0, 30, 90);
    scene_run(&scene);
    assert_int_equal(scene.row_count, 3);
    scene_expect(&scene, 0, 1, 0, 50, 91); /* by the clock, before the tick */
    scene_expect(&scene, 1, 0, 0, 10, 90);
    scene_expect(&scene, 2, 0, 0, 40, 90);
    assert_int_equal(scene.rows[1].ts_ns, scene.rows[0].ts_ns + NS_PER_S);
    assert_int_equal(scene.rows[2].ts_ns, scene.rows[1].ts_ns + 10 * NS_PER_S + 1);
}

/* The same with both in breach at once: by account id, so "a" first, though "b" is listed first. */
static void turns_are_by_account_id(void **state) {
    (void)state;
    struct market_scene scene;
    struct window_cap caps[] = {{NULL, {60, 0}}};
    scene_open(&scene, 1);
    scene_account(&scene, "b", 500);
    scene_position(&scene, 0, 50, 100);
    scene_account(&scene, "a", 500);
    scene_position(&scene, 0, 50, 100);
    scene.rules.limits.window_ns = NS_PER_S;
    scene.rules.limits.windows = caps;
    scene.rules.limits.window_count = 1;
    scene_tick(&scene, 0, 0, 100);
    scene_tick(&scene, 0, 1, 90);
    scene_tick(&scene, 0, 5, 90);
    scene_run(&scene);
    assert_int_equal(scene.row_count, 3);
    scene_expect(&scene, 0, 0, 0, 10, 90);
    scene_expect(&scene, 1, 1, 0, 50, 90);
    scene_expect(&scene, 2, 0, 0, 40, 90);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(funds_do_not_help_each_other),
        cmocka_unit_test(blocks_bound_an_account),
        cmocka_unit_test(limits_bound_the_price),
        cmocka_unit_test(the_worst_limit_gives_way_first),
        cmocka_unit_test(rests_of_the_insolvent_are_taken_over),
        cmocka_unit_test(windows_are_shared),
        cmocka_unit_test(turns_are_by_account_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
