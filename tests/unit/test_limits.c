/* Goal: what bounds losses and amounts beyond one order: funds of instruments, blocks.
 * Method: small markets by hand (market_scene.h), without impact. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/market_scene.h"

/* 100 X and 100 Y of two accounts with 1000 each, from 100 to 80: 1000 is lost past bankruptcy in
 * each. Of a fund of 1200, X has two thirds: it pays 800 of its 1000, and Y 400. */
static void funds_do_not_help_each_other(void **state) {
    (void)state;
    for (int apart = 0; apart < 2; apart++) {
        struct market_scene scene;
        struct fund_share shares[] = {{"X", 2 * RATE_SCALE}, {NULL, RATE_SCALE}};
        scene_open(&scene, 2);
        scene.fund = USDT(1200);
        scene.rules.fund = apart ? FUND_PER_INSTRUMENT : FUND_GLOBAL;
        scene.rules.fund_shares = shares;
        scene.rules.fund_share_count = apart ? 2 : 0;
        scene_account(&scene, "a", 1000);
        scene_position(&scene, 0, 100, 100);
        for (uint32_t i = 0; i < 2; i++) {
            scene_tick(&scene, i, 0, 100);
            scene_tick(&scene, i, 1, i == 0 ? 80 : 99);
            scene_tick(&scene, i, 2, i == 0 ? 80 : 80);
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
        scene.rules.close = CLOSE_FRACTION;
        scene.rules.fraction_e8 = RATE_SCALE / 20;
        scene.rules.terms.block_ns = NS_PER_S;
        scene.rules.terms.block_once = once;
        scene.rules.terms.block_notional = USDT(1000);
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(funds_do_not_help_each_other),
        cmocka_unit_test(blocks_bound_an_account),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
