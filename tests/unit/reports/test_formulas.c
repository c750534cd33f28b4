/* Goal: the formulas of theory and of risk hold beyond the worked cases of analytic-cases.json: at
 * edges, against tables, and against slow definitions.
 * Method: printed tables, sums over a law, double sums in the place of closed integrals. */

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "reports/cascade_formulas.h"
#include "reports/risk_formulas.h"

static void assert_near(double got, double want, double tolerance) {
    if (!(fabs(got - want) <= tolerance * fmax(1.0, fabs(want))))
        fail_msg("got %.15g, want %.15g", got, want);
}

/* Two-sided 95 % points as printed (Fisher and Yates), and the normal limit. */
static void student_quantile_is_the_table(void **state) {
    (void)state;
    static const double table[][2] = {{1, 12.7062047364}, {2, 4.3026527299},  {3, 3.1824463053},
                                      {4, 2.7764451052},  {10, 2.2281388520}, {30, 2.0422724563},
                                      {1e6, 1.9599663}};
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        assert_near(student_quantile(0.975, table[i][0]), table[i][1], 1e-8 + 1e-6 * (i == 6));
    assert_near(student_quantile(0.5, 4.0), 0.0, 1e-12);
}

static void kupiec_at_its_edges(void **state) {
    (void)state;
    assert_near(kupiec_ratio(250.0, 0.0, 0.01), -2.0 * 250.0 * log(0.99), 1e-12);
    assert_near(kupiec_ratio(100.0, 100.0, 0.5), 200.0 * log(2.0), 1e-12);
    assert_near(kupiec_ratio(100.0, 5.0, 0.05), 0.0, 1e-12);
    /* Independent by count: the same share after a calm day and after an exception. */
    assert_near(christoffersen_ratio(90.0, 10.0, 9.0, 1.0), 0.0, 1e-12);
}

static void scores_with_ties(void **state) {
    (void)state;
    const double score[] = {0.5, 0.5, 0.5, 0.5};
    const bool event[] = {true, false, true, false};
    const bool none[] = {false, false, false, false};
    assert_near(alarm_auc(4, score, event), 0.5, 0.0);
    assert_near(alarm_average_precision(4, score, event), 0.5, 0.0);
    assert_true(isnan(alarm_auc(4, score, none)));
    assert_true(isnan(alarm_average_precision(4, score, none)));
}

static void pareto_without_shape_is_exponential(void **state) {
    (void)state;
    assert_near(pareto_exceedance(0.0, 2.0, 3.0), exp(-1.5), 1e-15);
    assert_near(pareto_exceedance(1e-9, 2.0, 3.0), exp(-1.5), 1e-8);
    assert_near(pareto_exceedance(-0.5, 1.0, 3.0), 0.0, 0.0); /* beyond the end of the tail */
    assert_near(pareto_mean_excess(0.0, 2.0, 3.0), 2.0, 1e-15);
}

static void laws_sum_to_one_and_have_their_moments(void **state) {
    (void)state;
    for (int k = 0; k < 5; k++) {
        const double n = 0.15 * k;
        const double theta = 0.5 + k;
        double sums[6] = {0};
        for (unsigned m = 0; m < 2000; m++) {
            const double p = general_poisson_pmf(theta, n, m);
            const double q = m > 0 ? borel_pmf(n, m) : 0.0;
            sums[0] += p;
            sums[1] += p * m;
            sums[2] += p * m * m;
            sums[3] += q;
            sums[4] += q * m;
            sums[5] += q * m * m;
        }
        const struct cascade_moments poisson = general_poisson_moments(theta, n);
        const struct cascade_moments borel = borel_moments(n);
        assert_near(sums[0], 1.0, 1e-12);
        assert_near(sums[1], poisson.mean, 1e-10);
        assert_near(sums[2] - sums[1] * sums[1], poisson.variance, 1e-9);
        assert_near(sums[3], 1.0, 1e-12);
        assert_near(sums[4], borel.mean, 1e-10);
        assert_near(sums[5] - sums[4] * sums[4], borel.variance, 1e-9);
    }
    assert_true(isinf(borel_moments(1.0).mean));
}

static void extinction_is_a_fixed_point(void **state) {
    (void)state;
    assert_near(galton_watson_extinction(0.7), 1.0, 0.0);
    assert_near(galton_watson_extinction(1.0), 1.0, 0.0);
    const double ratios[] = {1.01, 1.2, 2.0, 8.0};
    for (size_t i = 0; i < 4; i++) {
        const double q = galton_watson_extinction(ratios[i]);
        assert_true(q > 0.0 && q < 1.0);
        assert_near(q, exp(ratios[i] * (q - 1.0)), 1e-13);
    }
}

static void branching_matrices(void **state) {
    (void)state;
    const double rotation[] = {0, 0, 8, 1, 0, 0, 0, 1, 0}; /* its three roots have modulus 2 */
    const double zero[] = {0, 1, 0, 0};
    const double pivots[] = {1, 2, 3, 1}; /* I - N has a zero first pivot */
    double inverse[4];
    assert_near(branching_radius(3, rotation), 2.0, 1e-12);
    assert_near(branching_radius(2, zero), 0.0, 0.0);
    assert_true(branching_multiplier(2, pivots, inverse));
    assert_near(inverse[0], 0.0, 1e-15);
    assert_near(inverse[1], -1.0 / 3.0, 1e-15);
    assert_near(inverse[2], -0.5, 1e-15);
    assert_near(inverse[3], 0.0, 1e-15);
    const double singular[] = {1, 0, 0, 0.5};
    assert_false(branching_multiplier(2, singular, inverse));
    /* A ladder that ends: the other goes on. */
    const double coupled[] = {0.5, 0.5, 0.0, 0.5};
    const double s[] = {1.0, 1.0};
    const double depth[] = {2.0, INFINITY};
    double drop[2];
    assert_false(branching_final_drop(2, coupled, s, depth, drop));
    assert_near(drop[0], 3.0, 1e-12);
    assert_near(drop[1], 2.0, 1e-12);
}

/* The threshold is where the run turns from stopping to running away. */
static void reversion_has_its_threshold(void **state) {
    (void)state;
    const double kappas[] = {0.04, 0.25, 0.49, 1.0};
    for (size_t i = 0; i < 4; i++) {
        const double critical = generation_decay_critical(kappas[i]);
        assert_false(generation_decay_run(1.0, critical * 0.999, kappas[i]).runaway);
        assert_true(generation_decay_run(1.0, critical * 1.001, kappas[i]).runaway);
    }
    assert_near(generation_decay_run(2.0, 0.5, 0.0).peak_drop, 4.0, 1e-12);
}

/* Cost of the round trip as a double sum over slices of time, which is its definition. */
static double round_trip_by_sum(const struct kernel *kernel, double delta, double buy_rate,
                                double buy_time, double sell_rate, double sell_time) {
    enum { SLICES = 1500 };
    double cost = 0.0;
    for (int i = 0; i < 2 * SLICES; i++) {
        const double step_i = (i < SLICES ? buy_time : sell_time) / SLICES;
        const double t = i < SLICES ? (i + 0.5) * step_i : buy_time + (i - SLICES + 0.5) * step_i;
        for (int j = 0; j <= i; j++) {
            const double step_j = (j < SLICES ? buy_time : sell_time) / SLICES;
            const double u =
                j < SLICES ? (j + 0.5) * step_j : buy_time + (j - SLICES + 0.5) * step_j;
            const double age = j == i ? step_i / 3.0 : t - u;
            const double decay = kernel->kind == KERNEL_EXPONENTIAL
                                     ? exp(-age / kernel->scale)
                                     : pow(1.0 + age / kernel->scale, -kernel->exponent);
            const double move = j < SLICES ? pow(buy_rate, delta) : -pow(sell_rate, delta);
            const double rate = i < SLICES ? buy_rate : -sell_rate;
            cost += rate * step_i * move * step_j * decay * (j == i ? 0.5 : 1.0);
        }
    }
    return cost;
}

static void round_trips_cost_what_their_definition_says(void **state) {
    (void)state;
    const struct kernel kernels[] = {{KERNEL_EXPONENTIAL, 0.7, 0.0},
                                     {KERNEL_SHIFTED_POWER, 0.3, 0.4},
                                     {KERNEL_SHIFTED_POWER, 2.0, 1.6}};
    for (size_t i = 0; i < 3; i++) {
        const double slow = round_trip_by_sum(&kernels[i], 0.5, 1.0, 1.0, 4.0, 0.25);
        assert_near(round_trip_cost(&kernels[i], 0.5, 1.0, 1.0, 4.0, 0.25), slow, 2e-6);
    }
}

static void square_root_ladder_solves_its_equation(void **state) {
    (void)state;
    for (int k = 0; k < 20; k++) {
        const double c = 0.01 * (k + 1);
        const double q0 = 0.001 * (k % 5);
        const double s = 0.002 * (k % 7 + 1);
        const double x = ladder_square_root_drop(c, q0, s);
        assert_near(x, s + c * (sqrt(x + q0) - sqrt(q0)), 1e-14);
    }
    assert_near(ladder_final_drop(10.0, 0.5, 15.0), 17.5, 1e-15); /* used up before it stops */
    assert_near(ladder_final_drop(10.0, 1.5, 15.0), 32.5, 1e-15);
    assert_true(isinf(ladder_rising_drop(1.0, 0.002, 250.0001)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(student_quantile_is_the_table),
        cmocka_unit_test(kupiec_at_its_edges),
        cmocka_unit_test(scores_with_ties),
        cmocka_unit_test(pareto_without_shape_is_exponential),
        cmocka_unit_test(laws_sum_to_one_and_have_their_moments),
        cmocka_unit_test(extinction_is_a_fixed_point),
        cmocka_unit_test(branching_matrices),
        cmocka_unit_test(reversion_has_its_threshold),
        cmocka_unit_test(round_trips_cost_what_their_definition_says),
        cmocka_unit_test(square_root_ladder_solves_its_equation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
