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
#include "engine/impact.h"

static struct impact_params usual(const struct impact_model *model) {
    (void)model;
    return (struct impact_params){.space = IMPACT_LOG,
                                  .slope = 1e-9,
                                  .permanent = 0.25,
                                  .half_life_s = 300.0,
                                  .prefactor = 1.0,
                                  .volatility = 0.05,
                                  .volume = 50000.0,
                                  .crossover = 1e-4};
}

static void close_to(double a, double b, double tolerance) {
    if (!(fabs(a - b) <= tolerance * (1.0 + fabs(b))))
        fail_msg("%.17g is not %.17g", a, b);
}

static void slicing_changes_nothing(void **state) {
    (void)state;
    for (size_t m = 0; impact_models[m] != NULL; m++) {
        const struct impact_model *model = impact_models[m];
        const struct impact_params params = usual(model);
        for (int sign = -1; sign <= 1; sign += 2) {
            double whole[IMPACT_STATE_MAX] = {0};
            double sliced[IMPACT_STATE_MAX] = {0};
            double average;
            double after;
            double price = 40000.0;
            model->execute(&params, whole, price, sign * 1000.0, &average, &after);
            for (int slice = 0; slice < 10; slice++) {
                double d = model->displacement(&params, sliced);
                double d_after;
                model->execute(&params, sliced, price * exp(-d), sign * 100.0, &average, &d_after);
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
        cmocka_unit_test(parameters_out_of_range_are_named),
        cmocka_unit_test(elementary_agrees_with_libm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
