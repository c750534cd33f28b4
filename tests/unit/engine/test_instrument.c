/* Goal: what a lot at a tick is worth and what a position cost are exact, and what cannot be held
 * is refused. Method: hand-computed grids and costs, and the edges of 64 and 128 bits. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/rules/instrument.h"

static struct instrument grid(struct decimal tick, struct decimal lot, struct decimal size) {
    return (struct instrument){.symbol = "X",
                               .kind = CONTRACT_LINEAR,
                               .price_tick = tick,
                               .lot = lot,
                               .contract_size = size};
}

static void value_of_a_lot_is_in_lowest_terms(void **state) {
    (void)state;
    const struct {
        struct decimal tick, lot, size;
        int64_t num, den;
    } cases[] = {
        {{1, 2}, {1, 3}, {1, 0}, 1000, 1},         /* 0.01 * 0.001 = 1e-5 */
        {{100, 4}, {1, 3}, {1, 0}, 1000, 1},       /* written with trailing zeros */
        {{5, 1}, {1, 0}, {100, 0}, 5000000000, 1}, /* 0.5 * 1 * 100 = 50 */
        {{1, 6}, {1, 5}, {1, 0}, 1, 1000},         /* 1e-11: a thousandth of the money unit */
        {{25, 6}, {1, 4}, {1, 0}, 1, 4},           /* 2.5e-9 = a quarter */
        {{1, 8}, {1, 0}, {3, 0}, 3, 1},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct instrument instrument = grid(cases[i].tick, cases[i].lot, cases[i].size);
        assert_int_equal(instrument_init(&instrument, NULL), STATUS_OK);
        assert_int_equal(instrument.value_num, cases[i].num);
        assert_int_equal(instrument.value_den, cases[i].den);
    }
    struct instrument instrument =
        grid((struct decimal){5, 1}, (struct decimal){1, 3}, (struct decimal){100, 0});
    assert_int_equal(instrument_init(&instrument, NULL), STATUS_OK);
    assert_true(instrument.tick_size == 0.5);
    assert_true(instrument.lot_size == 0.1);
}

static void a_bad_grid_is_refused_by_name(void **state) {
    (void)state;
    const struct {
        struct decimal tick, lot, size;
        enum contract_kind kind;
        enum status status;
        const char *says;
    } cases[] = {
        {{0, 2}, {1, 3}, {1, 0}, CONTRACT_LINEAR, STATUS_CONFIG, "price_tick"},
        {{1, 2}, {-1, 3}, {1, 0}, CONTRACT_LINEAR, STATUS_CONFIG, "lot"},
        {{1, 2}, {1, 3}, {0, 0}, CONTRACT_LINEAR, STATUS_CONFIG, "contract_size"},
        {{1, 18}, {1, 18}, {1, 0}, CONTRACT_LINEAR, STATUS_RANGE, "too little"},
        {{INT64_MAX, 0}, {1, 0}, {1, 0}, CONTRACT_LINEAR, STATUS_RANGE, "too"},
        {{INT64_MAX, 0}, {INT64_MAX, 0}, {INT64_MAX, 0}, CONTRACT_LINEAR, STATUS_RANGE, "too"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct instrument instrument = grid(cases[i].tick, cases[i].lot, cases[i].size);
        struct error error = {0};
        instrument.kind = cases[i].kind;
        assert_int_equal(instrument_init(&instrument, &error), cases[i].status);
        assert_non_null(strstr(error.message, cases[i].says));
    }
}

static void cost_is_exact_and_rounds_up(void **state) {
    (void)state;
    struct instrument btc =
        grid((struct decimal){1, 2}, (struct decimal){1, 3}, (struct decimal){1, 0});
    struct instrument fine =
        grid((struct decimal){1, 6}, (struct decimal){1, 5}, (struct decimal){1, 0});
    assert_int_equal(instrument_init(&btc, NULL), STATUS_OK);
    assert_int_equal(instrument_init(&fine, NULL), STATUS_OK);
    const struct {
        const struct instrument *instrument;
        int64_t lots;
        struct decimal entry;
        int64_t cost;
    } cases[] = {
        {&btc, 500, {40000, 0}, INT64_C(2000000000000)}, /* 0.5 * 40000 */
        {&btc, -500, {40000, 0}, -INT64_C(2000000000000)},
        {&btc, 1, {4000012345678, 8}, INT64_C(4000012346)},   /* ...345.678 up */
        {&btc, -1, {4000012345678, 8}, -INT64_C(4000012345)}, /* up is towards zero */
        {&fine, 1, {1, 6}, 1},                                /* a thousandth, rounded up */
        {&fine, -1, {1, 6}, 0},
        {&btc, 7, {0, 0}, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t cost = 77;
        assert_int_equal(
            instrument_cost(cases[i].instrument, cases[i].lots, cases[i].entry, &cost, NULL),
            STATUS_OK);
        assert_int_equal(cost, cases[i].cost);
    }
}

static void a_cost_that_does_not_fit_is_refused(void **state) {
    (void)state;
    struct instrument btc =
        grid((struct decimal){1, 2}, (struct decimal){1, 0}, (struct decimal){1, 0});
    struct error error = {0};
    int64_t cost = 77;
    assert_int_equal(instrument_init(&btc, NULL), STATUS_OK);
    /* 92,233,720,368.54775807 is the last that fits */
    assert_int_equal(instrument_cost(&btc, 1, (struct decimal){INT64_MAX, 8}, &cost, &error),
                     STATUS_OK);
    assert_int_equal(cost, INT64_MAX);
    assert_int_equal(instrument_cost(&btc, 2, (struct decimal){INT64_MAX, 8}, &cost, &error),
                     STATUS_RANGE);
    assert_int_equal(
        instrument_cost(&btc, INT64_MAX, (struct decimal){INT64_MAX, 0}, &cost, &error),
        STATUS_RANGE);
    assert_non_null(strstr(error.message, "'X'"));
    assert_int_equal(cost, INT64_MAX);
}

/* 3 contracts of 100 USD at 50,000 are 0.006 coins; a long of them is worth more as the price
 * rises, a short less. */
static void an_inverse_contract_is_counted_in_coins(void **state) {
    (void)state;
    struct instrument inverse =
        grid((struct decimal){5, 1}, (struct decimal){1, 0}, (struct decimal){100, 0});
    inverse.kind = CONTRACT_INVERSE;
    assert_int_equal(instrument_init(&inverse, NULL), STATUS_OK);
    assert_int_equal(inverse.value_num, INT64_C(20000000000)); /* 100 / 0.5 in 1e-8 */
    assert_int_equal(inverse.value_den, 1);
    const int64_t ticks = 100000; /* 50,000 */
    assert_true(instrument_value_floor(&inverse, 3, ticks) == -600000);
    assert_true(instrument_value_floor(&inverse, -3, ticks) == 600000);
    assert_true(instrument_notional(&inverse, -3, ticks) == 600000);
    assert_true(instrument_notional(&inverse, 3, 7) == INT64_C(8571428572)); /* rounded up */
    assert_true(instrument_value_floor(&inverse, -3, 7) == INT64_C(8571428571));
    int64_t cost = 0;
    assert_int_equal(instrument_cost(&inverse, 3, (struct decimal){400005, 1}, &cost, NULL),
                     STATUS_OK);
    assert_int_equal(cost, -749990); /* 300 / 40,000.5 = 0.00749990625..., up is towards zero */
    assert_int_equal(instrument_cost(&inverse, -3, (struct decimal){400005, 1}, &cost, NULL),
                     STATUS_OK);
    assert_int_equal(cost, 749991);
    assert_true(instrument_base(&inverse, 3.0, 50000.0) == 0.006);
    /* the way back, each on the side where the position is worth no less */
    for (int64_t price = 3; price < 200000; price = price * 3 / 2) {
        for (int64_t lots = -3; lots <= 3; lots += 2) {
            const int128 value = instrument_value_floor(&inverse, lots, price);
            const int64_t back = instrument_price_of_value(&inverse, lots, value);
            assert_true(instrument_value_floor(&inverse, lots, back) >= value);
            assert_true(lots > 0 ? back <= price : back >= price);
        }
        const int128 notional = instrument_notional(&inverse, 5, price);
        assert_int_equal(instrument_lots_within(&inverse, notional, price), 5);
        assert_int_equal(instrument_lots_within(&inverse, notional - 1, price), 4);
    }
    assert_int_equal(instrument_price_of_value(&inverse, 3, 0), 0); /* worth 0 at no price */
    assert_int_equal(instrument_price_of_value(&inverse, -3, -1), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(value_of_a_lot_is_in_lowest_terms),
        cmocka_unit_test(a_bad_grid_is_refused_by_name),
        cmocka_unit_test(cost_is_exact_and_rounds_up),
        cmocka_unit_test(a_cost_that_does_not_fit_is_refused),
        cmocka_unit_test(an_inverse_contract_is_counted_in_coins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
