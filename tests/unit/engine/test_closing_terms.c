/* Goal: what on-chain protocols close of a pool in breach, what it costs, and who bears the rest.
 * Method: one instrument, a long of 100 from 100 at 95, everything worked out by hand. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/rules/risk_order.h"
#include "tests/unit/engine/market_scene.h"

/* Maintenance 5 %, 900 put up: at 95 equity is 400, 475 is asked for; 1.4 times that is 665. */
static void open_scene(struct market_scene *scene) {
    scene_open(scene, 1);
    scene->tiers[0].rate_e8 = RATE_SCALE / 20;
    scene->rules.liquidation.close = CLOSE_TO_COVER;
    scene->rules.liquidation.exit_ratio_e8 = 140000000;
    scene->rules.liquidation.price = PRICE_MARK;
    scene->rules.liquidation.fee_rate_e8 = RATE_SCALE / 100;
    scene_account(scene, "a", 900);
    scene_position(scene, 0, 100, 100);
    scene_tick(scene, 0, 0, 100);
    scene_tick(scene, 0, 1, 95);
}

/* The shortage is 265; a lot of 95 frees 6 % of it: 46.5 lots, so 47. They cost 44.65, which leaves
 * 355.35, and 53 lots ask 352.45. */
static void covers_the_shortage(void **state) {
    (void)state;
    struct market_scene scene;
    open_scene(&scene);
    scene_run(&scene);
    assert_int_equal(scene.row_count, 1);
    scene_expect(&scene, 0, 0, 0, 47, 95);
    assert_int_equal(scene_end(&scene, 0), USDT(35535) / 100);
}

/* With 1 % for the fund, of which the margin leaves room (7 - 1 - 2.79 %, times 0.95), a lot frees
 * 5 %: 55.8 lots, so 56; the fund gets 53.20. At a shortage of 561 the room is 0.089 %, in
 * millionths. */
static void the_fund_takes_what_the_margin_leaves(void **state) {
    (void)state;
    for (int deep = 0; deep < 2; deep++) {
        struct market_scene scene;
        open_scene(&scene);
        scene.rules.liquidation.insurance_fee_e8 = RATE_SCALE / 100;
        scene.rules.liquidation.insurance_fee_limit = INSURANCE_FEE_MARGIN;
        if (deep) {
            scene_account(&scene, "b", 604);
            scene_position(&scene, 0, 100, 100);
        }
        scene_run(&scene);
        scene_expect(&scene, 0, 0, 0, 56, 95);
        if (!deep) {
            assert_true(scene.summary.fund_end == USDT(532) / 10);
            continue;
        }
        /* 561 / 9500 = 5.9052 %; (6 - 5.9052) % * 0.95 = 0.0900 %; a lot frees 5.91 % of 95 */
        scene_expect(&scene, 1, 1, 0, 100, 95);
        assert_true(scene.summary.fund_end == USDT(532) / 10 + USDT(9500) / 100 * 90 / 1000);
    }
}

/* Of the 47 lots a tenth may be closed at once: 5. A second later a fifth of all that was short,
 * 53, may be free, of which the 5 lots were to free 28.50; 236.50 are short yet, so 10.35 % of 42
 * lots: 5 again. */
static void releases_over_time(void **state) {
    (void)state;
    struct market_scene scene;
    open_scene(&scene);
    scene.rules.limits.release_initial_e8 = RATE_SCALE / 10;
    scene.rules.limits.release_ns = 10 * NS_PER_S;
    scene.rules.limits.interval_ns = NS_PER_S;
    scene_tick(&scene, 0, 2, 95);
    scene_run(&scene);
    assert_int_equal(scene.row_count, 2);
    scene_expect(&scene, 0, 0, 0, 5, 95);
    scene_expect(&scene, 1, 0, 0, 5, 95);
}

/* A position worth no more than the minimum goes at once, and so does a shortage. */
static void small_ones_go_at_once(void **state) {
    (void)state;
    struct market_scene scene;
    open_scene(&scene);
    scene.rules.liquidation.minimum_notional = USDT(9500);
    scene.rules.limits.release_ns = 10 * NS_PER_S;
    scene.rules.limits.interval_ns = NS_PER_S;
    scene_run(&scene);
    scene_expect(&scene, 0, 0, 0, 100, 95);

    open_scene(&scene);
    scene.rules.liquidation.minimum_notional = USDT(266);
    scene.rules.limits.release_ns = 10 * NS_PER_S;
    scene.rules.limits.interval_ns = NS_PER_S;
    scene_run(&scene);
    scene_expect(&scene, 0, 0, 0, 47, 95);
}

/* A tenth of 9500 is 10 lots; where 2000 is the least, it is 21 lots of 95, rounded down. */
static void portion_has_a_minimum(void **state) {
    (void)state;
    for (int with = 0; with < 2; with++) {
        struct market_scene scene;
        open_scene(&scene);
        scene.rules.liquidation.close = CLOSE_PORTION;
        scene.rules.liquidation.fraction_e8 = RATE_SCALE / 10;
        scene.rules.liquidation.minimum_notional = with ? USDT(2000) : 0;
        scene.rules.limits.interval_ns = NS_PER_S;
        scene_run(&scene);
        assert_int_equal(scene.row_count, 1);
        scene_expect(&scene, 0, 0, 0, with ? 21 : 10, 95);
    }
}

/* One position a wave, drawn; over accounts and times either comes up, and always the same. */
static void draws_repeat(void **state) {
    (void)state;
    uint32_t first = 0;
    for (uint32_t account = 0; account < 100; account++)
        first += risk_random_start(0, NS_PER_S, account, 2) == 0;
    assert_in_range(first, 30, 70);
    uint32_t instruments[2];
    for (int run = 0; run < 2; run++) {
        struct market_scene scene;
        scene_open(&scene, 2);
        scene.tiers[0].rate_e8 = RATE_SCALE / 20;
        scene.rules.liquidation.order = ORDER_RANDOM;
        scene.rules.limits.interval_ns = NS_PER_S;
        scene_account(&scene, "a", 100);
        scene_position(&scene, 0, 10, 100);
        scene_position(&scene, 1, 10, 100);
        for (uint32_t i = 0; i < 2; i++) {
            scene_tick(&scene, i, 0, 100);
            scene_tick(&scene, i, 1, 99);
        }
        scene_run(&scene);
        assert_int_equal(scene.row_count, 1);
        instruments[run] = scene.rows[0].instrument;
    }
    assert_int_equal(instruments[0], instruments[1]);
}

/* At 90 a is closed and owes 50, which all open positions are to bear. */
static void open_loser(struct market_scene *scene) {
    scene_open(scene, 1);
    scene->rules.liquidation.price = PRICE_MARK;
    scene->rules.waterfall.stages[0] = STAGE_OPEN_INTEREST;
    scene->rules.waterfall.stage_count = 1;
    scene->fund = 0;
    scene_account(scene, "a", 50);
    scene_position(scene, 0, 10, 100);
}

/* a owes 50 once its 10 lots are closed at 90. b's 10 short and c's 5 long pay 50/15 a lot, rounded
 * up; the unit that is over is the fund's. */
static void losses_go_to_open_interest(void **state) {
    (void)state;
    struct market_scene scene;
    open_loser(&scene);
    scene_account(&scene, "b", 1000);
    scene_position(&scene, 0, -10, 100);
    scene_account(&scene, "c", 1000);
    scene_position(&scene, 0, 5, 100);
    scene_tick(&scene, 0, 0, 100);
    scene_tick(&scene, 0, 1, 90);
    scene_run(&scene);
    assert_int_equal(scene.row_count, 1);
    assert_int_equal(scene.rows[0].shortfall, USDT(50));
    assert_int_equal(scene.rows[0].paid_socialised, USDT(50));
    assert_int_equal(scene.rows[0].unpaid, 0);
    assert_true(scene.summary.socialised_loss == USDT(50));
    assert_true(scene.summary.unpaid == 0);
    assert_true(scene.summary.fund_end == 1);
    assert_int_equal(scene_end(&scene, 0), 0);
    assert_int_equal(scene_end(&scene, 1), USDT(1100) - 3333333334);
    assert_int_equal(scene_end(&scene, 2), USDT(950) - 1666666667);
}

/* Nobody has a position left: the loss is unpaid. */
static void a_loss_may_find_nobody(void **state) {
    (void)state;
    struct market_scene scene;
    open_loser(&scene);
    scene_tick(&scene, 0, 0, 100);
    scene_tick(&scene, 0, 1, 90);
    scene_run(&scene);
    assert_int_equal(scene.rows[0].unpaid, USDT(50));
    assert_true(scene.summary.unpaid == USDT(50));
}

/* Deribit charges BTC and ETH apart: 10 of each sold at 90 for 900; X pays the rate for all, 1 %,
 * 9, and Y its own, 2 %, 18. */
static void a_contract_has_its_own_fee(void **state) {
    (void)state;
    struct market_scene scene;
    struct symbol_rate own = {"Y", RATE_SCALE / 50};
    scene_open(&scene, 2);
    scene.tiers[0].rate_e8 = RATE_SCALE / 10;
    scene.rules.liquidation.order = ORDER_ALL;
    scene.rules.liquidation.fee_rate_e8 = RATE_SCALE / 100;
    scene.rules.liquidation.fee_rate_count = 1;
    scene.rules.liquidation.fee_rates = &own;
    scene_account(&scene, "a", 300);
    for (uint32_t i = 0; i < 2; i++) {
        scene_position(&scene, i, 10, 100);
        scene_tick(&scene, i, 0, 100);
        scene_tick(&scene, i, 1, 90);
    }
    scene_run(&scene);
    assert_int_equal(scene.row_count, 2);
    assert_int_equal(scene.rows[0].fee, USDT(9));
    assert_int_equal(scene.rows[1].fee, USDT(18));
    assert_true(scene.summary.fees == USDT(27));
    assert_int_equal(scene_end(&scene, 0), USDT(300 - 200 - 27));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_contract_has_its_own_fee),
        cmocka_unit_test(covers_the_shortage),
        cmocka_unit_test(the_fund_takes_what_the_margin_leaves),
        cmocka_unit_test(releases_over_time),
        cmocka_unit_test(small_ones_go_at_once),
        cmocka_unit_test(portion_has_a_minimum),
        cmocka_unit_test(draws_repeat),
        cmocka_unit_test(losses_go_to_open_interest),
        cmocka_unit_test(a_loss_may_find_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
