/* Goal: what an amount of an asset counts for as collateral. Method: figures by hand of a weight
 * that falls with the root of the amount; that more never counts for less. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random_stream.h"
#include "engine/book/holdings.h"
#include "engine/rules/collateral.h"

#define UNITS(x) ((int64_t)(x)*MONEY_SCALE)

static struct collateral_band whole[] = {{INT64_MAX, 97500000}};
static struct collateral_band bands[] = {{UNITS(100), 97500000}, {INT64_MAX, 50000000}};

/* BTC at FTX: min(0.975, 1.1 / (1 + 0.002 * sqrt(amount))). */
static struct collateral_asset falling(void) {
    return (struct collateral_asset){.symbol = "BTC",
                                     .band_count = 1,
                                     .bands = whole,
                                     .sqrt_factor = {2, 3},
                                     .sqrt_top = {11, 1},
                                     .liability_weight_e8 = RATE_SCALE,
                                     .exchange_ratio_e8 = RATE_SCALE};
}

/* Of 10,000 the root is 100: 1.1 / 1.2 = 0.91666..., cut after twelve decimals. Of 4 it is 2: 1.1 /
 * 1.004 is above the weight. Of 2 the root is 1.41421356237309..., up to 1e-12 ...374: with a
 * factor of 1 it is 1.1 / 2.414213562374 = 0.4556349186... */
static void weights_fall_with_the_root(void **state) {
    (void)state;
    struct collateral_asset asset = falling();
    assert_int_equal(collateral_weighted(&asset, UNITS(10000)), INT64_C(916666666666));
    assert_int_equal(collateral_weighted(&asset, UNITS(4)), UNITS(4) / 1000 * 975);
    assert_int_equal(collateral_weighted(&asset, 0), 0);
    asset.sqrt_factor = (struct decimal){1, 0};
    assert_int_equal(collateral_weighted(&asset, UNITS(2)), 91126983);
    asset.bands = bands;
    asset.band_count = 2;
    asset.sqrt_factor = (struct decimal){1, 2}; /* of 400: 97.5 + 150, or 1.1 / 1.2 of all */
    assert_int_equal(collateral_weighted(&asset, UNITS(400)), UNITS(2475) / 10);
    asset.sqrt_factor = (struct decimal){1, 1}; /* 1.1 / 3 of all is less */
    assert_int_equal(collateral_weighted(&asset, UNITS(400)), INT64_C(14666666666));
}

/* But for the rounding of the weight, 1e-12 of the amount. */
static void more_never_counts_for_less(void **state) {
    (void)state;
    struct random_stream random;
    random_stream_init(&random, 1, RANDOM_TEST, 1);
    for (int round = 0; round < 20000; round++) {
        struct collateral_asset asset = falling();
        asset.sqrt_factor = (struct decimal){random_stream_between(&random, 1, 1000000), 6};
        const int64_t most = INT64_MAX >> random_stream_below(&random, 40);
        const int64_t more = random_stream_between(&random, 1, most);
        const int64_t less = random_stream_between(&random, 0, more);
        const int64_t of_more = collateral_weighted(&asset, more);
        assert_true(of_more >= 0 && of_more <= more);
        assert_true(of_more + more / 500000000000 + 1 >= collateral_weighted(&asset, less));
    }
}

/* As for bands, where price and quantity stay apart: the value is linear in the price. */
static void a_price_move_leaves_the_weight(void **state) {
    (void)state;
    const struct collateral_asset asset = falling();
    const struct collateral_rule rule = {
        .asset = &asset, .num = 1, .den = 1, .owed_e8 = RATE_SCALE};
    const int64_t within = collateral_weighted(&asset, UNITS(10000));
    for (int64_t price = 1; price < 100; price++)
        assert_true(collateral_counted(&rule, UNITS(10000), price) == (int128)within * price);
    /* worth `share` or more above the trigger, less at it */
    const int64_t trigger = collateral_trigger_price(&rule, UNITS(10000), (int128)within * 50);
    assert_int_equal(trigger, 49);
    /* what is owed has no such weight */
    assert_true(collateral_counted(&rule, -UNITS(10000), 7) == -(int128)UNITS(10000) * 7);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_fall_with_the_root),
        cmocka_unit_test(more_never_counts_for_less),
        cmocka_unit_test(a_price_move_leaves_the_weight),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
