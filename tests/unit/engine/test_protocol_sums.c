/* Goal: the sums of on-chain liquidations round as their protocols do and hold at their edges.
 * Method: cases worked out by hand; the protocols' own figures are conformance vectors. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/rules/close_amount.h"
#include "engine/rules/close_fee.h"
#include "engine/rules/close_health.h"
#include "engine/rules/close_price.h"
#include "engine/rules/collateral_sale.h"
#include "engine/rules/loss_index.h"
#include "engine/rules/margin_scale.h"
#include "engine/rules/mul_div.h"
#include "engine/rules/risk_order.h"
#include "engine/rules/weighted_health.h"

#define E8 INT64_C(100000000)

static void products_of_any_size(void **state) {
    (void)state;
    const int128 big = (int128)1 << 120;
    assert_true(mul_div_floor(7, 3, 2) == 10);
    assert_true(mul_div_ceil(7, 3, 2) == 11);
    assert_true(mul_div_ceil(8, 3, 2) == 12);
    assert_true(mul_div_floor(big, big, big) == big);
    assert_true(mul_div_floor(big + 1, big - 1, big) == big - 1); /* (b^2 - 1) / b */
    assert_true(mul_div_ceil(big + 1, big - 1, big) == big);
    assert_true(mul_div_floor_signed(-7, 3, 2) == -11);
    assert_true(mul_div_floor_signed(-8, 3, 2) == -12);
}

/* 5 % from an open notional of 100 to all of it at 200; 3 fifths of the unscaled margin. */
static void margin_scales(void **state) {
    (void)state;
    const struct open_interest_scale scale = {E8 / 20, E8 / 5 * 3, 100, 200};
    assert_int_equal(open_interest_rate_e8(&scale, 100), E8 / 20);
    assert_int_equal(open_interest_rate_e8(&scale, 150), E8 / 40 * 21); /* 52.5 % */
    assert_int_equal(open_interest_rate_e8(&scale, 200), E8);
    assert_true(open_interest_initial(&scale, 1001, 150) == 526); /* 525.525 */
    assert_true(open_interest_maintenance(&scale, 1001) == 31);   /* 51 * 0.6 = 30.6 */
    const struct skew_margin skew = {10, 1000, 2 * E8, E8 / 100, E8 / 2, 7};
    assert_true(skew_margin_initial(&skew, 1000) == 37);     /* 1000 * (2 % + 1 %) + 7 */
    assert_true(skew_margin_maintenance(&skew, 1001) == 23); /* 15.015 and 7 */
}

static void portions(void **state) {
    (void)state;
    assert_true(close_portion_most(1000, 50, E8 / 10) == 100);
    assert_true(close_portion_most(400, 50, E8 / 10) == 50);
    assert_true(close_portion_most(40, 50, E8 / 10) == 40);
    assert_true(close_portion_quantity(77, 1000, 100, 5) == 5); /* 7.7 lots, in fives */
    assert_true(close_portion_quantity(77, 1000, 10, 5) == 5);  /* at least a step */
    assert_true(close_portion_quantity(77, 1000, 1000, 5) == 77);
}

static void covers_and_releases(void **state) {
    (void)state;
    assert_true(close_cover(60, 100, 1000, E8 / 10, E8 / 50, E8 / 50) == 10000);
    assert_true(close_cover(61, 100, 7, E8 / 10, E8 / 50, E8 / 50) == 71); /* 71.17 */
    assert_true(close_cover(61, 100, 7, E8 / 10, E8 / 20, E8 / 20) == CLOSE_ALL);
    assert_true(close_cover(61, 0, 7, E8 / 10, 0, 0) == CLOSE_ALL);
    const struct close_release release = {1000, 100, 50};
    assert_int_equal(close_released_part(&release, 49, 0, 0), CLOSE_PART_SCALE);
    assert_int_equal(close_released_part(&release, 100, 0, 0), 1000);
    assert_int_equal(close_released_part(&release, 80, 20, 10), 0);
    assert_int_equal(close_released_part(&release, 80, 20, 20), 1250); /* 30 less 20, of 80 */
    assert_int_equal(close_released_part(&release, 80, 20, 90), CLOSE_PART_SCALE);
    const struct close_release at_once = {0, 0, 0};
    assert_int_equal(close_released_part(&at_once, 100, 0, 0), CLOSE_PART_SCALE);
}

static void windows(void **state) {
    (void)state;
    assert_true(close_window_capacity(E8 / 1000 * 7, E8 / 1000 * 3, 1000, E8, 10) == 100);
    struct close_window window = {0, 0};
    assert_true(close_window_room(&window, 100, 10, 5, 150) == 100);
    close_window_book(&window, 10, 5, 60);
    assert_true(close_window_room(&window, 100, 10, 15, 150) == 40);
    close_window_book(&window, 10, 15, 40);
    assert_true(close_window_room(&window, 100, 10, 25, 150) == 0);
    assert_true(close_window_room(&window, 100, 10, 26, 30) == 30);
}

static void prices(void **state) {
    (void)state;
    const struct close_fillable rule = {E8, E8 / 10};
    /* equity 30 of 40: a quarter of a tenth of 20 */
    const struct close_spread spread = close_fillable_spread(&rule, 30, 40, 20);
    assert_true(spread.num * 2 == spread.den);
    assert_true(close_fillable_value(spread, 1000) == 1000); /* 999.5, rounded up */
    assert_true(close_fillable_value(spread, -1000) == -1000);
    assert_true(close_fillable_spread(&rule, 50, 40, 20).num == 0);
    assert_true(close_fillable_value(close_fillable_spread(&rule, -5, 40, 20), 1000) == 998);
    /* half of a long of 100 frees 5 of 10; equity -3 rounds down to -2 of it */
    assert_true(close_bankruptcy_quote(-50, -3, 5, 10) == 52);
    assert_true(close_bankruptcy_quote(50, 3, 5, 10) == -51);
    assert_true(close_oracle_value(1001, E8 / 100) == 990);
    assert_true(close_oracle_value(-1001, E8 / 100) == -1012);
    assert_true(close_skew_price(1000, 10, 20, 100) == 1200); /* 10 % before, 30 % after */
    assert_true(close_skew_price(1000, -10, -20, 100) == 800);
}

static void fees(void **state) {
    (void)state;
    assert_true(close_insurance_delta(1000, 990, E8 / 200) == 5);
    assert_true(close_insurance_delta(1000, 997, E8 / 200) == 3);
    assert_true(close_insurance_delta(1000, 1004, E8 / 200) == -4);
    assert_true(close_insurance_delta(-1000, -1010, E8 / 200) == 5);
    const struct close_fee_ramp ramp = {E8 / 50, E8 / 20, 100, 1000};
    assert_int_equal(close_fee_ramp_e8(&ramp, 99), E8 / 50);
    assert_int_equal(close_fee_ramp_e8(&ramp, 1000), E8 / 100 * 3);
    assert_int_equal(close_fee_ramp_e8(&ramp, 1000000), E8 / 20);
    assert_int_equal(close_insurance_fee_e8(20, 1000, E8 / 20, E8 / 100, E8 / 20), 1900000);
    assert_int_equal(close_insurance_fee_e8(2000, 1000, E8 / 20, E8 / 100, E8 / 20), 0);
    assert_int_equal(close_insurance_fee_spot_e8(50, 1000, E8, E8 / 10 * 11, E8), 4545400);
    assert_true(close_keeper_reward(5, 10, 100) == 10);
    assert_true(close_keeper_reward(500, 10, 100) == 100);
    assert_true(close_keeper_reward(500, 10, 0) == 500);
}

static void losses(void **state) {
    (void)state;
    assert_true(loss_index_open_interest(100, 7, -4, 1000) == 9091); /* 9090.9 */
    assert_true(loss_index_open_interest(100, 0, 0, 1000) == -1);
    assert_true(loss_index_charge(9091, -4, 1000) == 37);
    assert_true(loss_index_deposits(11, 120, 1000) == 92);
    assert_true(loss_index_deposits(500, 120, 1000) == 999);
    assert_true(loss_index_deposits(500, 0, 1000) == 0);
}

static void risks(void **state) {
    (void)state;
    const struct risk safe = {200, 100, 150};
    const struct risk same_ratio = {400, 200, 300};
    const struct risk broke = {-1, 100, 150};
    assert_int_equal(risk_compare(&safe, &broke), -1);
    assert_int_equal(risk_compare(&same_ratio, &safe), 1);
    assert_int_equal(risk_compare(&safe, &safe), 0);
    const struct risk_order far = {98, 100, 1};
    const struct risk_order near = {101, 100, 9};
    assert_true(risk_order_compare(&far, &near) < 0);
    assert_true(risk_order_compare(&near, &(struct risk_order){99, 100, 1}) < 0);
    const struct risk poor = {50, 100, 150};
    assert_true(risk_may_become(&poor, &(struct risk){150, 100, 150}));
    assert_true(risk_may_become(&poor, &(struct risk){25, 50, 75}));
    assert_false(risk_may_become(&poor, &(struct risk){24, 50, 75}));
    assert_false(risk_may_become(&poor, &(struct risk){60, 101, 150}));
    assert_false(risk_may_become(&poor, &(struct risk){-1, 0, 0}));
}

/* A debt of 9 at weight 1.2 against 10 at weight 0.8: 2.8 short, and each unit swapped frees 0.4.
 */
static void sales(void **state) {
    (void)state;
    const struct sale sale = {E8, E8, E8 / 10 * 8, E8 / 10 * 12, E8, E8};
    int128 sold = 0;
    const struct sale_side asset = {10 * E8, 10 * E8};
    const struct sale_side debt = {-9 * E8, -9 * E8};
    assert_true(sale_for_health(&sale, asset, debt, -E8 / 10 * 28, 100 * E8, 0, &sold) == 7 * E8);
    assert_true(sold == 7 * E8);
    assert_true(sale_for_health(&sale, asset, debt, -E8 / 10 * 28, 2 * E8, 0, &sold) == 2 * E8);
    assert_true(sale_for_health(&sale, asset, debt, 0, 100 * E8, 0, &sold) == 0);
    assert_true(sale_for_health(&sale, (struct sale_side){10 * E8, -E8}, debt, -E8, 100 * E8, 0,
                                &sold) == 0);
    assert_true(sale_to_cover(&sale, E8 / 10 * 28, 0, 1000000) == 7000000);
    const struct sale nothing = {E8, E8, E8, E8, E8, E8};
    assert_true(sale_to_cover(&nothing, E8, 0, 1000000) == SALE_UNLIMITED);
    const struct sale dear = {E8, 100 * E8, E8, E8 / 10 * 11, E8, E8 / 1000 * 999};
    assert_true(sale_asset_for(&dear, 100000, 1000000, 100000000, 1000000, E8) == 10010010);
    assert_true(sale_asset_for(&dear, 998000, 1000000, 100000000, 1000000, E8) == 100000000);
    assert_true(sale_liability_for(&dear, 100000000, 1000000, 1000000) == 999000);
    assert_true(sale_within_bound(&dear, 1000, 10));
    assert_false(sale_within_bound(&dear, 1000, 9));
}

/* 100 at 0.8; a debt of 10 at 5 and 1.5; 20 set aside to buy the first with the second's worth. */
static void health(void **state) {
    (void)state;
    struct health_token tokens[2] = {
        {.balance = 100 * E8, .price = E8, .asset_weight = E8 / 10 * 8, .liability_weight = E8},
        {.balance = -10 * E8,
         .price = 5 * E8,
         .asset_weight = E8 / 2,
         .liability_weight = E8 / 2 * 3},
    };
    assert_true(health_of_account(tokens, 2, NULL, 0, NULL, 0) == 5 * E8);
    tokens[0].deposits = (struct health_cap){200 * E8, 50 * E8}; /* a quarter of the weight */
    assert_true(health_of_account(tokens, 2, NULL, 0, NULL, 0) == -55 * E8);
    tokens[0].deposits = (struct health_cap){0};
    /* As base it lifts the debt by 30; as quote it adds 16: the less counts. */
    const struct health_market market = {.base = 1, .quote = 0, .reserved_quote = 20 * E8};
    assert_true(health_of_account(tokens, 2, &market, 1, NULL, 0) == 21 * E8);
    const struct health_perp perp = {.settle = 0,
                                     .price = 10 * E8,
                                     .size = 2 * E8,
                                     .quote = -30 * E8,
                                     .asks = 5 * E8,
                                     .base_asset_weight = E8 / 10 * 9,
                                     .base_liability_weight = E8 / 10 * 11,
                                     .overall_asset_weight = E8 / 2};
    /* held: -30 + 18; sold: -30 + 50 - 3 * 11 = -13 */
    assert_true(health_of_perp(&perp, NULL) == -13 * E8);
    assert_true(health_of_account(tokens, 2, NULL, 0, &perp, 1) == E8 / 10 * (696 - 750));
}

/* A long of 20 at 1, weights 0.5: each lot closed adds 0.5. Spot -25 and quote 10: expecting to be
 * settled in full, 5 are missing, so 10 lots; all of what it adds by then is settled. */
static void closing_for_health(void **state) {
    (void)state;
    struct close_health close = {
        .health = -15 * E8,
        .unweighted = 20 * E8,
        .per_lot = close_health_per_lot(E8, true, E8 / 2, 0),
        .overall_weight = E8 / 2,
        .lots = 20,
        .lots_most = 100,
        .settle_most = 100 * E8,
    };
    assert_true(close.per_lot == E8 / 2);
    assert_true(close_health_lots(&close) == 10);
    assert_true(close_health_settled(&close, 10, 30 * E8) == 25 * E8);
    close.lots_most = 2;
    assert_true(close_health_lots(&close) == 2);
    assert_true(close_health_settled(&close, 2, 30 * E8) == 21 * E8);
    close.health = 0;
    assert_true(close_health_lots(&close) == 0);
    assert_true(close_health_per_lot(E8, true, E8 / 100 * 99, E8 / 50) == 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_of_any_size),
        cmocka_unit_test(margin_scales),
        cmocka_unit_test(portions),
        cmocka_unit_test(covers_and_releases),
        cmocka_unit_test(windows),
        cmocka_unit_test(prices),
        cmocka_unit_test(fees),
        cmocka_unit_test(losses),
        cmocka_unit_test(risks),
        cmocka_unit_test(sales),
        cmocka_unit_test(health),
        cmocka_unit_test(closing_for_health),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
