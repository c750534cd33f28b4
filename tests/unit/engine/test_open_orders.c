/* Goal: orders open in the market block margin and are cancelled before anything is closed. Method:
 * markets of one or two instruments, everything worked out by hand. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/book/book.h"
#include "tests/unit/engine/market_scene.h"

/* 10 long from 100 with 150, maintenance 10 %, and an order to buy 5 at 90: 450. At 95 equity is
 * 100 and the position asks 95. */
static void open_one(struct market_scene *scene, struct order_margin margin) {
    scene_open(scene, 1);
    scene->tiers[0].rate_e8 = RATE_SCALE / 10;
    scene->rules.margin.initial_rate_e8 = RATE_SCALE / 5;
    scene->rules.margin.orders = margin;
    scene_account(scene, "a", 150);
    scene_order(scene, 0, 5, 90);
    scene_position(scene, 0, 10, 100);
    scene_tick(scene, 0, 0, 100);
    scene_tick(scene, 0, 1, 95);
}

/* With 45 for the order, or 2 each, or 1 % and 1, or its initial margin, 90, 100 are not enough,
 * and without it they are: nothing is closed. */
static void cancelling_may_do(void **state) {
    (void)state;
    static const struct order_margin margins[] = {
        {.counts = ORDERS_MAINTENANCE},
        {.counts = ORDERS_MAINTENANCE, .rate = ORDER_RATE_INITIAL},
        {.counts = ORDERS_MAINTENANCE,
         .rate = ORDER_RATE_FIXED,
         .rate_e8 = RATE_SCALE / 100,
         .per_order = USDT(1)},
        {.counts = ORDERS_MAINTENANCE, .rate = ORDER_RATE_FIXED, .per_order = USDT(5)},
    };
    for (size_t m = 0; m < sizeof(margins) / sizeof(margins[0]); m++) {
        struct market_scene scene;
        open_one(&scene, margins[m]);
        scene_run(&scene);
        assert_int_equal(scene.row_count, 0);
        assert_int_equal(scene.summary.open_orders_cancelled, 1);
        assert_int_equal(scene.summary.accounts_in_breach_at_start, 0);
        assert_int_equal(scene_end(&scene, 0), USDT(100));
    }
}

/* 4.5 for the order are not yet too much; what counts for initial margin, or not at all, never is.
 */
static void what_does_not_count_is_left(void **state) {
    (void)state;
    static const struct order_margin margins[] = {
        {.counts = ORDERS_NONE, .per_order = USDT(100)},
        {.counts = ORDERS_INITIAL, .per_order = USDT(100)},
        {.counts = ORDERS_MAINTENANCE, .rate = ORDER_RATE_FIXED, .rate_e8 = RATE_SCALE / 100},
    };
    for (size_t m = 0; m < sizeof(margins) / sizeof(margins[0]); m++) {
        struct market_scene scene;
        open_one(&scene, margins[m]);
        scene_run(&scene);
        assert_int_equal(scene.row_count, 0);
        assert_int_equal(scene.summary.open_orders_cancelled, 0);
    }
}

/* At 94 equity is 90 of 94: the order is cancelled, and it is not enough; where the venue cancels
 * none it is closed at 95 already. */
static void what_is_still_in_breach_is_closed(void **state) {
    (void)state;
    for (int none = 0; none < 2; none++) {
        struct market_scene scene;
        open_one(&scene, (struct order_margin){.counts = ORDERS_MAINTENANCE});
        scene.rules.liquidation.cancel_orders = none ? CANCEL_NONE : CANCEL_ALL;
        scene_tick(&scene, 0, 2, 94);
        scene_run(&scene);
        assert_int_equal(scene.row_count, 1);
        scene_expect(&scene, 0, 0, 0, 10, none ? 95 : 94);
        assert_int_equal(scene.summary.open_orders_cancelled, none ? 0 : 1);
    }
}

/* BitMEX cancels in the contract alone that would be closed. 10 of X and 2 of Y from 100 with 175,
 * and an order of 45 in each: 210 are asked, and X, with the larger margin, would be closed:
 * without its order 165 are. At X 95 equity is 125 of 95 + 20 + 45: X is closed, Y's order stays.
 * At Y 70 it is 65 of 14 + 45. An order in a contract that is not held is never in the way of
 * another. */
static void one_contract_at_a_time(void **state) {
    (void)state;
    struct market_scene scene;
    scene_open(&scene, 2);
    scene.tiers[0].rate_e8 = RATE_SCALE / 10;
    scene.rules.margin.orders.counts = ORDERS_MAINTENANCE;
    scene.rules.liquidation.cancel_orders = CANCEL_INSTRUMENT;
    scene.rules.liquidation.order = ORDER_LARGEST_MARGIN;
    scene_account(&scene, "a", 175);
    scene_order(&scene, 1, -5, 90);
    scene_order(&scene, 0, 5, 90);
    scene_position(&scene, 0, 10, 100);
    scene_position(&scene, 1, 2, 100);
    for (uint32_t i = 0; i < 2; i++)
        scene_tick(&scene, i, 0, 100);
    scene_tick(&scene, 0, 1, 95);
    scene_tick(&scene, 1, 2, 70);
    scene_run(&scene);
    assert_int_equal(scene.row_count, 1);
    scene_expect(&scene, 0, 0, 0, 10, 95);
    assert_int_equal(scene.summary.open_orders_cancelled, 1);

    scene_open(&scene, 2);
    scene.tiers[0].rate_e8 = RATE_SCALE / 10;
    scene.rules.margin.orders.counts = ORDERS_MAINTENANCE;
    scene.rules.liquidation.cancel_orders = CANCEL_INSTRUMENT;
    scene.rules.liquidation.order = ORDER_LARGEST_MARGIN;
    scene_account(&scene, "a", 125);
    scene_order(&scene, 0, 5, 90); /* in a contract that is not held: never closed */
    scene_order(&scene, 1, -5, 90);
    scene_position(&scene, 1, 2, 100);
    for (uint32_t i = 0; i < 2; i++)
        scene_tick(&scene, i, 0, 100);
    scene_tick(&scene, 1, 1, 80); /* 85 of 16 + 90: 61 without Y's */
    scene_run(&scene);
    assert_int_equal(scene.row_count, 0);
    assert_int_equal(scene.summary.open_orders_cancelled, 1);
}

/* A tenth more is asked of orders too. */
static void the_trigger_ratio_holds_for_orders(void **state) {
    (void)state;
    struct market_scene scene;
    open_one(&scene, (struct order_margin){.counts = ORDERS_MAINTENANCE,
                                           .rate = ORDER_RATE_FIXED,
                                           .per_order = USDT(4)});
    scene.rules.margin.trigger_ratio = (struct decimal){101, 2}; /* 95.95 + 4.04 of 100 */
    scene_run(&scene);
    assert_int_equal(scene.summary.open_orders_cancelled, 0);
    open_one(&scene, (struct order_margin){.counts = ORDERS_MAINTENANCE,
                                           .rate = ORDER_RATE_FIXED,
                                           .per_order = USDT(4)});
    scene.rules.margin.trigger_ratio = (struct decimal){102, 2}; /* 96.9 + 4.08 */
    scene_run(&scene);
    assert_int_equal(scene.summary.open_orders_cancelled, 1);
}

/* Under portfolio margin an order needs its worst move alone, 10 % of 450, and 1: at 95, 95 + 46
 * are more than 100. Times a trigger ratio of 1.03, 103 + 47.38 are more than 150 at the start. */
static void portfolio_margin_counts_orders_too(void **state) {
    (void)state;
    struct portfolio_margin scenario = {
        .move_count = 1, .moves = {{-RATE_SCALE / 10, RATE_SCALE}}, .initial_factor = {1, 0}};
    for (int ratio = 0; ratio < 2; ratio++) {
        struct market_scene scene;
        open_one(&scene,
                 (struct order_margin){.counts = ORDERS_MAINTENANCE, .per_order = MONEY_SCALE});
        scene.rules.margin.table_count = 0;
        scene.rules.margin.portfolio = &scenario;
        if (ratio) {
            scene.rules.margin.trigger_ratio = (struct decimal){103, 2};
            scene.ticks[0].count = 1;
        }
        scene_run(&scene);
        assert_int_equal(scene.row_count, 0);
        assert_int_equal(scene.summary.open_orders_cancelled, 1);
    }
}

/* Pools without open orders pay nothing for those that have some. */
static void pools_stay_small(void **state) {
    (void)state;
    assert_int_equal(sizeof(struct pool), 24);
    assert_int_equal(sizeof(struct position), 20);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cancelling_may_do),
        cmocka_unit_test(what_does_not_count_is_left),
        cmocka_unit_test(what_is_still_in_breach_is_closed),
        cmocka_unit_test(one_contract_at_a_time),
        cmocka_unit_test(the_trigger_ratio_holds_for_orders),
        cmocka_unit_test(portfolio_margin_counts_orders_too),
        cmocka_unit_test(pools_stay_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
