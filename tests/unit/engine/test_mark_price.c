/* Goal: a mark price is what the venue's formula makes of price, readings and averages, and follows
 * a displacement as models.md 1.10 says; a liquidation that only the slow part of a displacement
 * brings has the earlier order for its parent.
 * Method: formulas with their results by hand; then a replay of two accounts. Marks in cents. */

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/rules/mark_price.h"
#include "tests/unit/engine/market_scene.h"

#define CENTS(x) ((int64_t)llround((x)*100.0))

static const struct mark_readings NOTHING = {
    .mark_ns = INT64_MIN, .index_ns = INT64_MIN, .funding_ns = INT64_MAX};

static struct mark_last last_of(double price, double move) {
    return (struct mark_last){
        .price = CENTS(price), .move = move, .outside = 1.0, .tick_size = 0.01};
}

/* The mark at `second` of a path whose price is then `price`. */
static int64_t mark_at(struct mark_path *path, const struct mark_rule *rule, double share,
                       const struct mark_readings *readings, double price, double move,
                       double second) {
    const struct mark_last last = last_of(price, move);
    return mark_path_update(path, rule, share, readings, &last,
                            (int64_t)(second * (double)NS_PER_S));
}

static void a_published_mark_stands_where_nothing_is_displaced(void **state) {
    (void)state;
    const struct mark_rule venue = {.average_ns = 100 * NS_PER_S};
    const struct mark_rule rule = mark_rule_of(&venue, MARK_RECORDED);
    struct mark_readings readings = NOTHING;
    struct mark_path path = {.has_move = false};
    assert_int_equal(mark_at(&path, &rule, 0.4, &readings, 1000, 0, 0), 0); /* none yet */
    readings.mark = 987.654;
    readings.mark_ns = 0;
    assert_int_equal(mark_at(&path, &rule, 0.4, &readings, 1000, 0, 1), 98765);
    assert_int_equal(mark_at(&path, &rule, 0.4, &readings, 500, 0, 1e6), 98765);
}

/* A fall by 10 % of its own making: 40 % of it at once, the rest with the average. */
static void a_displacement_reaches_a_published_mark_in_two_parts(void **state) {
    (void)state;
    const struct mark_rule venue = {.average_ns = 100 * NS_PER_S};
    const struct mark_rule rule = mark_rule_of(&venue, MARK_RECORDED);
    const double move = log(0.9);
    struct mark_readings readings = NOTHING;
    struct mark_path path = {.has_move = false};
    readings.mark = 1000;
    readings.mark_ns = 0;
    assert_int_equal(mark_at(&path, &rule, 0.4, &readings, 1000, 0, 0), CENTS(1000));
    assert_int_equal(mark_at(&path, &rule, 0.4, &readings, 900, move, 0),
                     CENTS(1000 * pow(0.9, 0.4)));
    assert_int_equal(mark_at(&path, &rule, 0.4, &readings, 900, move, 50),
                     CENTS(1000 * pow(0.9, 0.4 + 0.6 * (1 - exp(-0.5)))));
    assert_int_equal(mark_at(&path, &rule, 0.4, &readings, 900, move, 100),
                     CENTS(1000 * pow(0.9, 0.4 + 0.6 * (1 - exp(-1)))));
    assert_int_equal(mark_at(&path, &rule, 0.4, &readings, 900, move, 1e5), CENTS(900));
    /* and back: what passes at once is gone at once, the average lags behind */
    assert_int_equal(mark_at(&path, &rule, 0.4, &readings, 1000, 0, 1e5),
                     CENTS(1000 * pow(0.9, 0.6)));
}

static void the_basis_is_averaged(void **state) {
    (void)state;
    const struct mark_rule rule = {
        .part_count = 1, .parts = {MARK_PART_BASIS}, .average_ns = 100 * NS_PER_S};
    struct mark_readings readings = NOTHING;
    struct mark_path path = {.has_move = false};
    readings.index = 1000;
    readings.index_ns = 0;
    assert_int_equal(mark_at(&path, &rule, 0, &readings, 1010, 0, 0), CENTS(1010));
    assert_int_equal(mark_at(&path, &rule, 0, &readings, 990, 0, 0), CENTS(1010));
    assert_int_equal(mark_at(&path, &rule, 0, &readings, 990, 0, 100),
                     CENTS(1000 - 10 + 20 * exp(-1)));
    readings.index = 950; /* the index is in the mark at once */
    readings.index_ns = 100 * NS_PER_S;
    assert_int_equal(mark_at(&path, &rule, 0, &readings, 990, 0, 100),
                     CENTS(950 - 10 + 20 * exp(-1)));
}

/* Binance's three: index 1,000 with 2 of 8 hours to the next payment of 0.1 %; index plus basis;
 * last. */
static void of_several_the_median_counts(void **state) {
    (void)state;
    const struct mark_rule rule = {.part_count = 3,
                                   .parts = {MARK_PART_FUNDING, MARK_PART_BASIS, MARK_PART_LAST}};
    const struct mark_rule two = {.part_count = 2, .parts = {MARK_PART_INDEX, MARK_PART_LAST}};
    struct mark_readings readings = NOTHING;
    struct mark_path path = {.has_move = false};
    readings.index = 1000;
    readings.index_ns = 0;
    readings.funding_rate = 0.001;
    readings.funding_interval_ns = 8 * 3600 * NS_PER_S;
    readings.funding_ns = 2 * 3600 * NS_PER_S;
    assert_int_equal(mark_at(&path, &rule, 0, &readings, 1003, 0, 0), CENTS(1003));
    assert_int_equal(mark_at(&path, &rule, 0, &readings, 990, 0, 0), CENTS(990));
    readings.funding_ns = INT64_MAX; /* no payment is known: the index itself */
    assert_int_equal(mark_at(&path, &rule, 0, &readings, 1003, 0, 0), CENTS(1003));
    struct mark_path other = {.has_move = false};
    assert_int_equal(mark_at(&other, &two, 0, &readings, 1003, 0, 0), CENTS(1001.5));
    const struct mark_rule funding = {.part_count = 1, .parts = {MARK_PART_FUNDING}};
    readings.funding_ns = 2 * 3600 * NS_PER_S;
    assert_int_equal(mark_at(&other, &funding, 0, &readings, 1003, 0, 0), CENTS(1000.25));
}

static void bands_hold_and_old_readings_are_left_out(void **state) {
    (void)state;
    const struct mark_rule band = {
        .part_count = 1, .parts = {MARK_PART_LAST}, .band_e8 = RATE_SCALE / 20};
    const struct mark_rule stale = {
        .part_count = 1, .parts = {MARK_PART_INDEX}, .stale_ns = 60 * NS_PER_S};
    struct mark_readings readings = NOTHING;
    struct mark_path path = {.has_move = false};
    assert_int_equal(mark_at(&path, &band, 0, &readings, 900, 0, 0), 0); /* no index yet */
    readings.index = 1000;
    readings.index_ns = 0;
    assert_int_equal(mark_at(&path, &band, 0, &readings, 900, 0, 0), CENTS(950));
    assert_int_equal(mark_at(&path, &band, 0, &readings, 1100, 0, 0), CENTS(1050));
    assert_int_equal(mark_at(&path, &band, 0, &readings, 970, 0, 0), CENTS(970));
    assert_int_equal(mark_at(&path, &stale, 0, &readings, 900, 0, 60), CENTS(1000));
    assert_int_equal(mark_at(&path, &stale, 0, &readings, 900, 0, 60.001), CENTS(900));
}

/* 30 % own weight in the index, half of the rest follows at once: 65 %. */
static void shares_of_a_displacement(void **state) {
    (void)state;
    struct mark_rule rule = {.index_weight_e8 = 3 * RATE_SCALE / 10, .average_ns = 100 * NS_PER_S};
    assert_true(fabs(mark_share(&rule, 0.5) - 0.65) < 1e-12);
    assert_true(mark_pass(&rule, 0.65, 0) == 1.0); /* the last price */
    rule.part_count = 1;
    rule.parts[0] = MARK_PART_INDEX;
    assert_true(fabs(mark_pass(&rule, 0.65, NS_PER_MINUTE) - 0.65) < 1e-12);
    rule.parts[0] = MARK_PART_BASIS;
    assert_true(fabs(mark_pass(&rule, 0.65, 100 * NS_PER_S) - (0.65 + 0.35 * (1 - exp(-1)))) <
                1e-12);
}

static void bad_rules_are_refused(void **state) {
    (void)state;
    const struct {
        struct mark_rule rule;
        const char *says;
    } cases[] = {
        {{.part_count = 2, .parts = {MARK_PART_LAST, MARK_PART_LAST}}, "mark.of: a price stands"},
        {{.part_count = MARK_PARTS_MAX + 1}, "mark.of: at most"},
        {{.average_ns = -1}, "mark.average_ms"},
        {{.stale_ns = -1}, "mark.stale_ms"},
        {{.band_e8 = RATE_SCALE}, "mark.band"},
        {{.index_weight_e8 = RATE_SCALE + 1}, "mark.index_weight"},
    };
    for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
        struct error error = {STATUS_OK, ""};
        assert_int_equal(mark_rule_check(&cases[c].rule, &error), STATUS_CONFIG);
        assert_non_null(strstr(error.message, cases[c].says));
    }
}

/* Account a is liquidated at the published mark of 900. Its 10 units take 10 from the price, of
 * which half is in the mark at once (895) and the rest with the average: b, liquidated at 890, is
 * so a quarter of an hour later, and would stand without a's order. */
static void a_slow_mark_carries_a_cascade_on(void **state) {
    (void)state;
    struct market_scene scene;
    scene_open(&scene, 1);
    scene.mark = (struct mark_input){MARK_RECORDED, 0.5};
    scene.rules.mark.average_ns = 100 * NS_PER_S;
    scene.impact = (struct impact_params){.space = IMPACT_PRICE, .slope = 1.0, .permanent = 1.0};
    scene_account(&scene, "a", 1000);
    scene_position(&scene, 0, 10, 1000);
    scene_account(&scene, "b", 1100);
    scene_position(&scene, 0, 10, 1000);
    scene_tick(&scene, 0, 0, 1000);
    scene_reading(&scene, READING_MARK, 0, 1000);
    scene_tick(&scene, 0, 10, 905); /* a is not judged at it */
    scene_reading(&scene, READING_MARK, 20, 900);
    scene_tick(&scene, 0, 1000, 905);
    scene.clock_step_ns = NS_PER_S;
    scene_run(&scene);
    assert_int_equal(scene.row_count, 2);
    scene_expect(&scene, 0, 0, 0, 10, 900);
    assert_int_equal(scene.rows[0].ts_ns, 20 * NS_PER_S);
    assert_int_equal(scene.rows[0].generation, 0);
    scene_expect(&scene, 1, 1, 0, 10, 890);
    /* 900 (895/905)^(0.5 + 0.5 (1 - exp(-t/100))) is below 890.5 from t = 237.3 s on */
    const double needed = log(890.5 / 900.0) / log(895.0 / 905.0);
    const double wait = -100.0 * log(1.0 - (needed - 0.5) / 0.5);
    assert_int_equal(scene.rows[1].ts_ns, (20 + (int64_t)ceil(wait)) * NS_PER_S);
    assert_int_equal(scene.rows[1].parent, scene.rows[0].node);
    assert_int_equal(scene.rows[1].generation, 1);
    /* of 1,100 slack 1,000 went by the published fall, 100 by the displacement */
    assert_int_equal(scene.rows[1].caused_e8, llround(100.0 / 1100.0 * 1e8));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_published_mark_stands_where_nothing_is_displaced),
        cmocka_unit_test(a_displacement_reaches_a_published_mark_in_two_parts),
        cmocka_unit_test(the_basis_is_averaged),
        cmocka_unit_test(of_several_the_median_counts),
        cmocka_unit_test(bands_hold_and_old_readings_are_left_out),
        cmocka_unit_test(shares_of_a_displacement),
        cmocka_unit_test(bad_rules_are_refused),
        cmocka_unit_test(a_slow_mark_carries_a_cascade_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
