/* Goal: the largest fall of a path is the one a reader would find, and the path without feedback is
 * held within what was recorded when its falls are counted, and there alone.
 * Method: short paths by hand. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/replay/tally.h"

static void the_largest_fall_counts(void **state) {
    (void)state;
    static const int64_t prices[] = {100, 90, 95, 120, 96, 130, 110, 90, 200};
    struct price_path path = {0};
    for (size_t i = 0; i < sizeof(prices) / sizeof(prices[0]); i++)
        price_path_update(&path, prices[i]);
    assert_int_equal(path.first, 100);
    assert_int_equal(path.last, 200);
    assert_int_equal(path.min, 90);
    assert_int_equal(path.max, 200);
    assert_int_equal(path.fall_peak, 130); /* 30.8 %, before 20 % of 120 */
    assert_int_equal(path.fall_trough, 90);
}

/* Recorded 100 to 80; put back, the path would go to 150 and "fall" from there. */
static void what_never_was_is_no_peak(void **state) {
    (void)state;
    struct price_path recorded = {0};
    struct tally tally = {.instrument_count = 1, .recorded = &recorded};
    struct price_path without = {0};
    static const int64_t paths[][2] = {{100, 100}, {90, 150}, {80, 130}, {80, 85}, {80, 70}};
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        price_path_update(&recorded, paths[i][0]);
        price_path_update_held(&without, paths[i][1], tally_hold(&tally, 0, paths[i][1]));
    }
    assert_int_equal(without.max, 150); /* the path itself is as it is */
    assert_int_equal(without.min, 70);
    assert_int_equal(without.last, 70);
    assert_int_equal(without.fall_peak, 100);
    assert_int_equal(without.fall_trough, 80);
    tally.is_shocked = true; /* no history to hold it against */
    assert_int_equal(tally_hold(&tally, 0, 150), 150);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_largest_fall_counts),
        cmocka_unit_test(what_never_was_is_no_peak),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
