/* Goal: a thinned series has its ends and every extreme that can be seen, in order, and never more
 * rows than the limit. Method: random tables with holes and equal values at every size around the
 * limit, against the definition (the extremes over the whole table); short tables come whole. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "reports/thin.h"

#define ROWS_MAX 4000
#define COLUMNS_MAX 4

static uint64_t next_random(uint64_t *state) {
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

static void expect_extremes(size_t count, const double *column, size_t kept, const size_t *chosen) {
    double low = INFINITY;
    double high = -INFINITY;
    for (size_t i = 0; i < count; i++) {
        low = fmin(low, column[i]);
        high = fmax(high, column[i]);
    }
    double low_kept = INFINITY;
    double high_kept = -INFINITY;
    for (size_t k = 0; k < kept; k++) {
        low_kept = fmin(low_kept, column[chosen[k]]);
        high_kept = fmax(high_kept, column[chosen[k]]);
    }
    assert_true(low == low_kept);
    assert_true(high == high_kept);
}

static void extremes_stay(void **state) {
    (void)state;
    static double values[COLUMNS_MAX * ROWS_MAX];
    static size_t chosen[ROWS_MAX];
    uint64_t random = 20210519;
    for (int round = 0; round < 2000; round++) {
        const size_t columns = 1 + next_random(&random) % COLUMNS_MAX;
        const size_t limit = 2 + 2 * columns + next_random(&random) % 100;
        const size_t count = next_random(&random) % (round % 20 == 0 ? ROWS_MAX : 3 * limit);
        const uint64_t spread = 1 + next_random(&random) % 50;
        for (size_t i = 0; i < columns * count; i++)
            values[i] =
                next_random(&random) % 9 == 0 ? NAN : (double)(next_random(&random) % spread);
        const size_t kept = thin_min_max(count, columns, values, limit, chosen);

        assert_true(kept <= limit && kept <= count);
        if (count <= limit)
            assert_int_equal(kept, count);
        for (size_t k = 1; k < kept; k++)
            assert_true(chosen[k - 1] < chosen[k]);
        if (count > 0) {
            assert_int_equal(chosen[0], 0);
            assert_int_equal(chosen[kept - 1], count - 1);
        }
        for (size_t c = 0; c < columns; c++)
            expect_extremes(count, values + c * count, kept, chosen);
    }
}

/* A series that only rises keeps points everywhere, not at its ends alone. */
static void points_are_spread(void **state) {
    (void)state;
    static double values[ROWS_MAX];
    static size_t chosen[ROWS_MAX];
    for (size_t i = 0; i < ROWS_MAX; i++)
        values[i] = (double)i;
    const size_t kept = thin_min_max(ROWS_MAX, 1, values, 200, chosen);
    assert_true(kept > 150);
    for (size_t k = 1; k < kept; k++)
        assert_true(chosen[k] - chosen[k - 1] <= 2 * ROWS_MAX / kept + 4);
}

/* Nothing but holes: the ends are all there is to keep. */
static void holes_alone(void **state) {
    (void)state;
    static double values[ROWS_MAX];
    static size_t chosen[ROWS_MAX];
    for (size_t i = 0; i < ROWS_MAX; i++)
        values[i] = NAN;
    assert_int_equal(thin_min_max(ROWS_MAX, 1, values, 100, chosen), 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(extremes_stay),
        cmocka_unit_test(points_are_spread),
        cmocka_unit_test(holes_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
