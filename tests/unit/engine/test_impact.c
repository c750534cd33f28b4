/* Goal: every impact model in the list keeps the common laws, and the closed forms hold.
 * Method: walk the list; slices against one order; decay in steps against one step; figures of
 * models.md worked out by hand. */

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/elementary.h"
#include "base/units.h"
#include "engine/impact/impact.h"

static struct impact_params usual(const struct impact_model *model) {
    (void)model;
    struct impact_params params = {.space = IMPACT_LOG,
                                   .slope = 1e-9,
                                   .permanent = 0.25,
                                   .half_life_s = 300.0,
                                   .prefactor = 1.0,
                                   .volatility = 0.05,
                                   .volume = 50000.0,
                                   .crossover = 1e-4,
                                   .depth_1pct = 600.0,
                                   .depth_exponent = 0.674,
                                   .withdrawal = {.volatility = 0.13,
                                                  .fall = 0.25,
                                                  .floor = 0.05,
                                                  .volatility_reference = 1e-3,
                                                  .fall_reference = 0.03,
                                                  .half_life_s = 600.0}};
    impact_prepare(&params);
    return params;
}

/* Bands as venues publish them: cumulative base units within 1 %, 2 %, 5 %. */
static struct impact_params with_bands(void) {
    struct impact_params params = usual(NULL);
    params.depth = (struct depth_curve){
        .count = 3, .points = {{0.01, 400.0, 0.0}, {0.02, 700.0, 0.0}, {0.05, 1200.0, 0.0}}};
    impact_prepare(&params);
    return params;
}

/* A list of bids at 100, 99.5, 99 and 98 with 5, 10, 20 and 40: each level a step. */
static struct impact_params with_levels(void) {
    struct impact_params params = usual(NULL);
    params.space = IMPACT_PRICE;
    params.permanent = 0.0;
    params.depth = (struct depth_curve){.count = 7,
                                        .points = {{0.0, 5.0, 0.0},
                                                   {0.5, 5.0, 0.0},
                                                   {0.5, 15.0, 0.0},
                                                   {1.0, 15.0, 0.0},
                                                   {1.0, 35.0, 0.0},
                                                   {2.0, 35.0, 0.0},
                                                   {2.0, 75.0, 0.0}}};
    impact_prepare(&params);
    return params;
}

static void close_to(double a, double b, double tolerance) {
    if (!(fabs(a - b) <= tolerance * (1.0 + fabs(b))))
        fail_msg("%.17g is not %.17g", a, b);
}

static void slicing_changes_nothing(void **state) {
    (void)state;
    for (size_t m = 0; impact_models[m] != NULL; m++) {
        const struct impact_model *model = impact_models[m];
        for (int sign = -3; sign <= 3; sign += 2) {
            const struct impact_params params =
                sign == -3 || sign == 3 ? with_bands() : usual(model);
            double whole[IMPACT_STATE_MAX] = {0};
            double sliced[IMPACT_STATE_MAX] = {0};
            double average;
            double after;
            double price = 40000.0;
            model->execute(&params, whole, price, (sign > 0 ? 1000.0 : -1000.0), &average, &after);
            for (int slice = 0; slice < 10; slice++) {
                double d = model->displacement(&params, sliced);
                double d_after;
                model->execute(&params, sliced, price * exp(-d), (sign > 0 ? 100.0 : -100.0),
                               &average, &d_after);
                assert_true(sign * d_after >= sign * d);
                assert_true(sign * average >= sign * d && sign * average <= sign * d_after);
            }
            close_to(model->displacement(&params, sliced), after, 1e-12);
            close_to(model->displacement(&params, whole), after, 0.0);
        }
    }
}

static void decay_is_memoryless_and_ends(void **state) {
    (void)state;
    for (size_t m = 0; impact_models[m] != NULL; m++) {
        const struct impact_model *model = impact_models[m];
        const struct impact_params params = usual(model);
        double once[IMPACT_STATE_MAX] = {0};
        double average;
        double after;
        model->execute(&params, once, 40000.0, 2000.0, &average, &after);
        double steps[IMPACT_STATE_MAX];
        memcpy(steps, once, sizeof(steps));
        model->advance(&params, once, 600 * NS_PER_S);
        for (int s = 0; s < 600; s++)
            model->advance(&params, steps, NS_PER_S);
        close_to(model->displacement(&params, steps), model->displacement(&params, once), 1e-12);
        assert_true(model->displacement(&params, once) <= after);
        for (int s = 0; s < 100; s++)
            model->advance(&params, once, 3600 * NS_PER_S);
        double rest[IMPACT_STATE_MAX];
        memcpy(rest, once, sizeof(rest));
        model->advance(&params, rest, 3600 * NS_PER_S);
        assert_memory_equal(rest, once, sizeof(rest)); /* decay ends at a state that stands still */
    }
}

static void linear_closed_forms(void **state) {
    (void)state;
    const struct impact_model *linear = impact_model_find("linear");
    struct impact_params params = usual(linear);
    params.permanent = 1.0;
    double log_state[IMPACT_STATE_MAX] = {0};
    double average;
    double after;
    linear->execute(&params, log_state, 40000.0, 1000.0, &average, &after);
    close_to(after, log(1.04), 1e-14);
    /* proceeds: notional along the fall is ln(1.04) / slope, for 1000 units */
    close_to(40000.0 * exp(-average), log(1.04) / 1e-9 / 1000.0, 1e-12);
    params.space = IMPACT_PRICE;
    params.slope = 0.5;
    double price_state[IMPACT_STATE_MAX] = {0};
    linear->execute(&params, price_state, 40000.0, 190.0, &average, &after);
    close_to(after, 95.0, 0.0);
    close_to(average, 47.5, 0.0);
}

static void square_root_closed_forms(void **state) {
    (void)state;
    const struct impact_model *model = impact_model_find("square_root");
    struct impact_params params = usual(model);
    params.permanent = 0.0;
    double impact[IMPACT_STATE_MAX] = {0};
    double average;
    double after;
    model->execute(&params, impact, 1.0, 500.0, &average, &after);
    close_to(after, 0.05 * (sqrt(0.01 + 1e-4) - sqrt(1e-4)), 1e-13);
    params.permanent = 1.0; /* linear in the total quantity: models.md 1.8 */
    double permanent[IMPACT_STATE_MAX] = {0};
    model->execute(&params, permanent, 1.0, 500.0, &average, &after);
    close_to(after, 0.05 * 0.01, 1e-13);
    model->advance(&params, permanent, NS_PER_DAY);
    close_to(model->displacement(&params, permanent), after, 0.0);
}

/* Worked by hand: 600 units within 1 %, depth growing with distance to the power 0.674, straight
 * within 0.1 %; a band curve at and between its points; and beyond them. */
static void book_closed_forms(void **state) {
    (void)state;
    const struct impact_model *book = impact_model_find("book");
    struct impact_params params = usual(book);
    assert_int_equal(book->check(&params, NULL), STATUS_OK);
    params.permanent = 0.0;
    double average;
    double after;
    double power[IMPACT_STATE_MAX] = {0};
    book->execute(&params, power, 100.0, 300.0, &average, &after);
    close_to(after, 0.01 * pow(0.5, 1.0 / 0.674), 1e-13);
    const double near = 600.0 * pow(0.1, 0.674);
    const double x = 1.0 / 0.674;
    close_to(average, (near * 0.001 / 2.0 + (300.0 * after - near * 0.001) / (1.0 + x)) / 300.0,
             1e-13);
    close_to(book->slope(&params, power, 100.0), x * after / 300.0, 1e-13);
    book->execute(&params, power, 100.0, -300.0, &average, &after); /* bought back */
    close_to(after, 0.0, 0.0);
    book->execute(&params, power, 100.0, -0.5 * near, &average, &after); /* the other side alike */
    close_to(after, -0.0005, 1e-15);
    close_to(average, -0.00025, 1e-15);
    assert_true(book->beyond(power).quantity == 0.0);

    params = with_bands();
    assert_int_equal(book->check(&params, NULL), STATUS_OK);
    const double secant = 0.01 / 400.0;
    close_to(params.depth.secant, secant, 1e-15);
    double bands[IMPACT_STATE_MAX] = {0};
    book->execute(&params, bands, 100.0, 400.0, &average, &after);
    close_to(after, 0.75 * 0.01 + 0.25 * secant * 400.0, 1e-14);
    close_to(average, after / 2.0, 1e-14);
    book->execute(&params, bands, 100.0, 800.0, &average, &after);
    close_to(after, 0.75 * 0.05 + 0.25 * secant * 1200.0, 1e-14);
    assert_true(book->beyond(bands).quantity == 0.0);
    const double last = log(0.05 / 0.02) / log(1200.0 / 700.0) * 0.05 / 1200.0;
    const double before = after;
    book->execute(&params, bands, 100.0, 100.0, &average, &after);
    close_to(after, 0.75 * (0.05 + 100.0 * last) + 0.25 * secant * 1300.0, 1e-13);
    close_to(book->beyond(bands).quantity, 100.0, 1e-13);
    close_to(book->beyond(bands).notional, 100.0 * 100.0 * exp(before - average), 1e-12);
}

/* The case book-walk and its neighbours: 30 take 5 at 100, 10 at 99.5, 15 at 99. */
static void book_walks_levels(void **state) {
    (void)state;
    const struct impact_model *book = impact_model_find("book");
    const struct impact_params params = with_levels();
    assert_int_equal(book->check(&params, NULL), STATUS_OK);
    double average;
    double after;
    double walk[IMPACT_STATE_MAX] = {0};
    book->execute(&params, walk, 100.0, 5.0, &average, &after);
    close_to(after, 0.0, 0.0);
    book->execute(&params, walk, 100.0, 25.0, &average, &after);
    close_to(after, 1.0, 0.0);
    close_to(average, (10.0 * 0.5 + 15.0) / 25.0, 1e-14);
    book->execute(&params, walk, 99.0, 70.0, &average, &after); /* 45 are there, down to 98 */
    const double chord = 1.0 / 40.0;
    close_to(after, 2.0 + 25.0 * chord, 1e-14);
    close_to(book->beyond(walk).quantity, 25.0, 1e-14);
    close_to(book->beyond(walk).notional, 25.0 * (98.0 - 12.5 * chord), 1e-14);
    close_to(70.0 * (100.0 - average) - book->beyond(walk).notional, 5.0 * 99.0 + 40.0 * 98.0,
             1e-13);
}

/* Depth that is there no more: after a fall an order moves prices further, and minutes that are not
 * observed are minutes in which the price stood still. */
static void depth_withdraws_and_returns(void **state) {
    (void)state;
    static const char *const names[] = {"square_root", "book"};
    for (size_t m = 0; m < 2; m++) {
        const struct impact_model *model = impact_model_find(names[m]);
        struct impact_params params = usual(model);
        params.permanent = 0.0;
        double calm[IMPACT_STATE_MAX] = {0};
        double fallen[IMPACT_STATE_MAX] = {0};
        double skipped[IMPACT_STATE_MAX] = {0};
        double memory[IMPACT_MEMORY_MAX] = {0};
        double memory_skipped[IMPACT_MEMORY_MAX] = {0};
        const double prices[] = {100.0, 99.0, 99.0, 99.0, 97.0};
        for (int64_t k = 0; k < 5; k++) {
            model->observe(&params, fallen, memory, 1000 + k, prices[k]);
            if (k != 2 && k != 3)
                model->observe(&params, skipped, memory_skipped, 1000 + k, prices[k]);
        }
        assert_memory_equal(fallen, skipped, sizeof(fallen));
        const double kept = pow(0.5, 0.1);
        double sigma = kept * 1e-3 + (1.0 - kept) * log(100.0 / 99.0);
        sigma = kept * sigma * kept * kept + (1.0 - kept) * log(99.0 / 97.0);
        const double left = exp(-0.13 * (sigma / 1e-3 - 1.0)) * (1.0 - 0.25);
        double average;
        double after_calm;
        double after;
        model->execute(&params, fallen, 97.0, 100.0 * left, &average, &after);
        model->execute(&params, calm, 97.0, 100.0, &average, &after_calm);
        close_to(after, after_calm, 1e-12);
        for (int64_t k = 5; k < 20; k++) /* a crash: no more than the floor is left */
            model->observe(&params, skipped, memory_skipped, 1000 + k,
                           97.0 * exp(-0.1 * (double)k));
        model->execute(&params, skipped, 20.0, 100.0 * 0.05, &average, &after);
        close_to(after, after_calm, 1e-12);
        /* A day of rest: normal depth and a little more, since the day was calmer than normal. */
        model->observe(&params, skipped, memory_skipped, 1000 + 1440, 97.0 * exp(-1.9));
        model->execute(&params, skipped, 20.0, -5.0, &average, &after);
        model->execute(&params, calm, 20.0, -5.0 * exp(-0.13), &average, &after_calm);
        close_to(after, after_calm, 1e-12);
    }
}

/* With half of the depth an order does what two did before, but for what is permanent; the event
 * itself moves nothing, nor does its end. */
static void lost_depth_makes_orders_larger(void **state) {
    (void)state;
    for (size_t m = 0; impact_models[m] != NULL; m++) {
        const struct impact_model *model = impact_models[m];
        struct impact_params params = usual(model);
        params.permanent = 0.0;
        impact_prepare(&params);
        double normal[IMPACT_STATE_MAX] = {0};
        double lost[IMPACT_STATE_MAX] = {0};
        double average[2];
        double after[2];
        if (model->set_depth == NULL) {
            assert_string_equal(model->name, "none");
            continue;
        }
        model->execute(&params, normal, 100.0, 30.0, &average[0], &after[0]);
        model->execute(&params, lost, 100.0, 30.0, &average[1], &after[1]);
        const double slope = model->slope(&params, lost, 100.0);
        model->set_depth(lost, 0.5);
        assert_true(model->displacement(&params, lost) == after[0]);
        close_to(model->slope(&params, lost, 100.0), 2.0 * slope, 1e-12);
        model->execute(&params, normal, 100.0, 80.0, &average[0], &after[0]);
        model->execute(&params, lost, 100.0, 40.0, &average[1], &after[1]);
        close_to(average[1], average[0], 1e-12);
        close_to(after[1], after[0], 1e-12);
        model->set_depth(lost, 1.0);
        assert_true(model->displacement(&params, lost) == after[1]);
        model->execute(&params, normal, 100.0, -20.0, &average[0], &after[0]);
        model->execute(&params, lost, 100.0, -20.0, &average[1], &after[1]);
        close_to(after[1], after[0], 1e-12);
    }
}

static void no_withdrawal_remembers_nothing(void **state) {
    (void)state;
    struct impact_params params = usual(NULL);
    params.withdrawal = (struct withdrawal){0};
    double book[IMPACT_STATE_MAX] = {0};
    double memory[IMPACT_MEMORY_MAX] = {0};
    const double nothing[IMPACT_MEMORY_MAX] = {0};
    impact_model_find("book")->observe(&params, book, memory, 7, 100.0);
    impact_model_find("book")->observe(&params, book, memory, 8, 50.0);
    assert_memory_equal(memory, nothing, sizeof(memory));
    assert_memory_equal(book, nothing, sizeof(book));
}

static void bad_curves_are_refused(void **state) {
    (void)state;
    const struct impact_model *book = impact_model_find("book");
    struct error error;
    struct impact_params params = with_bands();
    params.depth.points[2].quantity = 700.0; /* rises no more */
    assert_int_equal(book->check(&params, &error), STATUS_CONFIG);
    assert_non_null(strstr(error.message, "depth: point 3"));
    params = with_levels();
    params.depth.points[4].distance = 0.9;
    assert_int_equal(book->check(&params, &error), STATUS_CONFIG);
    assert_non_null(strstr(error.message, "depth: point 5"));
    params = usual(book);
    params.depth_1pct = NAN;
    impact_prepare(&params);
    assert_int_equal(book->check(&params, &error), STATUS_CONFIG);
    assert_non_null(strstr(error.message, "depth_1pct"));
    params = usual(book);
    params.space = IMPACT_PRICE;
    assert_int_equal(book->check(&params, &error), STATUS_CONFIG);
    params = usual(book);
    params.withdrawal.floor = 0.0;
    assert_int_equal(book->check(&params, &error), STATUS_CONFIG);
    assert_non_null(strstr(error.message, "withdrawal.floor"));
}

static void parameters_out_of_range_are_named(void **state) {
    (void)state;
    struct error error;
    struct impact_params params = usual(NULL);
    params.permanent = 1.5;
    assert_int_equal(impact_model_find("linear")->check(&params, &error), STATUS_CONFIG);
    assert_non_null(strstr(error.message, "permanent"));
    params = usual(NULL);
    params.volume = NAN;
    assert_int_equal(impact_model_find("square_root")->check(&params, &error), STATUS_CONFIG);
    assert_non_null(strstr(error.message, "volume"));
    assert_null(impact_model_find("cubic"));
}

/* Goal: our exp and log agree with libm to the last digits, over the range prices use. */
static void elementary_agrees_with_libm(void **state) {
    (void)state;
    for (int k = -40000; k <= 40000; k++) {
        const double x = k * 0.001 + k * 1e-7;
        assert_true(fabs(elementary_exp(x) / exp(x) - 1.0) < 1e-15 * 4);
        const double y = exp(x);
        assert_true(fabs(elementary_log(y) - x) < 1e-15 * 4 * (1.0 + fabs(x)));
    }
    assert_true(elementary_exp(0.0) == 1.0 && elementary_log(1.0) == 0.0);
    close_to(elementary_normal_quantile(0.975), 1.959963984540054, 2e-9);
    close_to(elementary_normal_quantile(1e-6), -4.753424308822899, 2e-9);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slicing_changes_nothing),
        cmocka_unit_test(decay_is_memoryless_and_ends),
        cmocka_unit_test(linear_closed_forms),
        cmocka_unit_test(square_root_closed_forms),
        cmocka_unit_test(book_closed_forms),
        cmocka_unit_test(book_walks_levels),
        cmocka_unit_test(depth_withdraws_and_returns),
        cmocka_unit_test(lost_depth_makes_orders_larger),
        cmocka_unit_test(no_withdrawal_remembers_nothing),
        cmocka_unit_test(bad_curves_are_refused),
        cmocka_unit_test(parameters_out_of_range_are_named),
        cmocka_unit_test(elementary_agrees_with_libm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
