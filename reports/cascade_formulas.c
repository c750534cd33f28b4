/* Formulas with their derivations in one line each; the analytic cases of the tests hold them. */

#include <assert.h>
#include <math.h>
#include <string.h>

#include "reports/cascade_formulas.h"

double ladder_branching_ratio(double impact, double close_fraction, double quantity,
                              double spacing) {
    assert(spacing > 0.0);
    return impact * close_fraction * quantity / spacing;
}

double ladder_final_drop(double s, double n, double depth) {
    const double exhausted = s + n * depth;
    return n < 1.0 ? fmin(s / (1.0 - n), exhausted) : exhausted;
}

double ladder_amplification(double n) {
    return n < 1.0 ? 1.0 / (1.0 - n) : INFINITY;
}

struct ladder_fold ladder_rising_fold(double impact, double a) {
    const double drop = 1.0 / (impact * a); /* where n = impact * a * x reaches 1 */
    const double shock = 0.5 * drop;        /* where the square root's argument reaches 0 */
    return (struct ladder_fold){
        .shock = shock,
        .drop = drop,
        .amplification = drop / shock,
        .branching = impact * a * drop,
    };
}

double ladder_rising_drop(double impact, double a, double s) {
    const double inside = 1.0 - 2.0 * impact * a * s;
    if (inside < 0.0)
        return INFINITY;
    /* (1 - sqrt(1 - 2 l a s)) / (l a) without the cancellation at small s */
    return 2.0 * s / (1.0 + sqrt(inside));
}

double ladder_square_root_drop(double c, double q0, double s) {
    /* With y = sqrt(x + q0): y^2 - c y = s + q0 - c sqrt(q0); the larger root. */
    const double right = s + q0 - c * sqrt(q0);
    const double y = 0.5 * (c + sqrt(c * c + 4.0 * right));
    return y * y - q0;
}

double ladder_square_root_branching(double c, double q0, double x) {
    return c / (2.0 * sqrt(x + q0));
}

struct generation_decay generation_decay_run(double s, double n, double kappa) {
    /* Far more than a stopping cascade takes: where the roots are complex the sign turns within
     * pi / angle generations, so a million means a distance of 1e-11 from the threshold. */
    const unsigned limit = 1000000;
    struct generation_decay result = {.peak_drop = s};
    double displacement = 0.0;
    double extension = s;
    while (extension > 0.0) {
        if (result.generations == limit || !isfinite(displacement)) {
            result.runaway = true;
            result.peak_drop = INFINITY;
            result.impact_sold = INFINITY;
            break;
        }
        displacement = (1.0 - kappa) * displacement + n * extension;
        result.impact_sold += n * extension;
        result.generations++;
        extension = s + displacement - result.peak_drop;
        /* Without reversion the extensions fade for ever: those below rounding are the end. */
        if (extension <= 1e-15 * result.peak_drop)
            break;
        result.peak_drop += extension;
    }
    return result;
}

double generation_decay_critical(double kappa) {
    const double root = 1.0 + sqrt(kappa);
    return root * root;
}

struct leverage_ladder leverage_to_ladder(double mmr, double inverse_leverage_max,
                                          double open_interest, double entry) {
    /* A long of inverse leverage i triggers at a drop of (i - mmr) / (1 - mmr) of its entry. */
    const double deepest = (inverse_leverage_max - mmr) / (1.0 - mmr);
    return (struct leverage_ladder){
        .drop_fraction_min = 0.0,
        .drop_fraction_max = deepest,
        .density = open_interest / (entry * deepest),
    };
}

double ladder_critical_impact(double density) {
    return 1.0 / density;
}

double ladder_critical_depth(double density, double price) {
    return 0.01 * price / ladder_critical_impact(density);
}

double general_poisson_pmf(double theta, double n, unsigned m) {
    if (theta <= 0.0)
        return m == 0 ? 1.0 : 0.0;
    const double rate = theta + (double)m * n;
    return exp(log(theta) + ((double)m - 1.0) * log(rate) - rate - lgamma((double)m + 1.0));
}

/* Mean a / (1 - n) and variance b / (1 - n)^3, the form that all subcritical sizes share. */
static struct cascade_moments moments_of(double n, double a, double b) {
    const double gain = ladder_amplification(n);
    return (struct cascade_moments){
        .n = n,
        .mean = a * gain,
        .variance = b * gain * gain * gain,
    };
}

struct cascade_moments general_poisson_moments(double theta, double n) {
    return moments_of(n, theta, theta);
}

double borel_pmf(double n, unsigned k) {
    assert(k >= 1);
    if (n <= 0.0)
        return k == 1 ? 1.0 : 0.0;
    const double mean = n * (double)k;
    return exp(-mean + ((double)k - 1.0) * log(mean) - lgamma((double)k + 1.0));
}

struct cascade_moments borel_moments(double n) {
    return moments_of(n, 1.0, n);
}

double borel_critical_tail(unsigned k) {
    return pow((double)k, -1.5) / sqrt(2.0 * M_PI);
}

double galton_watson_extinction(double n) {
    if (n <= 1.0)
        return 1.0;
    /* From 0 the map rises to the smallest root; Newton on the convex difference keeps below it. */
    double q = 0.0;
    for (int i = 0; i < 200; i++) {
        const double image = exp(n * (q - 1.0));
        const double next = q + (image - q) / (1.0 - n * image);
        if (!(next > q))
            break;
        q = next;
    }
    return q;
}

struct cascade_moments compound_ladder_moments(double density, double impact, double s,
                                               double size_mean, double size_square) {
    return moments_of(density * impact * size_mean, s, density * s * impact * impact * size_square);
}

double branching_radius(size_t size, const double *matrix) {
    assert(size >= 1 && size <= BRANCHING_SIZE_MAX);
    double power[BRANCHING_SIZE_MAX * BRANCHING_SIZE_MAX];
    double square[BRANCHING_SIZE_MAX * BRANCHING_SIZE_MAX];
    memcpy(power, matrix, size * size * sizeof(power[0]));
    /* log of the norm of N^(2^k), over 2^k: what the last squarings add is below rounding. */
    double log_radius = 0.0;
    double weight = 1.0;
    for (int k = 0; k < 60; k++) {
        double norm = 0.0;
        for (size_t i = 0; i < size * size; i++)
            norm = fmax(norm, fabs(power[i]));
        if (norm == 0.0)
            return 0.0;
        log_radius += weight * log(norm);
        weight *= 0.5;
        for (size_t i = 0; i < size * size; i++)
            power[i] /= norm;
        memset(square, 0, size * size * sizeof(square[0]));
        for (size_t i = 0; i < size; i++)
            for (size_t k2 = 0; k2 < size; k2++)
                for (size_t j = 0; j < size; j++)
                    square[i * size + j] += power[i * size + k2] * power[k2 * size + j];
        memcpy(power, square, size * size * sizeof(power[0]));
    }
    return exp(log_radius);
}

bool branching_multiplier(size_t size, const double *matrix, double *ret_multiplier) {
    assert(size >= 1 && size <= BRANCHING_SIZE_MAX);
    double left[BRANCHING_SIZE_MAX * BRANCHING_SIZE_MAX] = {0};
    for (size_t i = 0; i < size * size; i++) {
        const double unit = i % (size + 1) == 0 ? 1.0 : 0.0;
        left[i] = unit - matrix[i];
        ret_multiplier[i] = unit;
    }
    for (size_t column = 0; column < size; column++) { /* Gauss-Jordan with the largest pivot */
        size_t best = column;
        for (size_t row = column + 1; row < size; row++)
            if (fabs(left[row * size + column]) > fabs(left[best * size + column]))
                best = row;
        const double pivot = left[best * size + column];
        if (pivot == 0.0)
            return false;
        for (size_t j = 0; j < size; j++) {
            const double l = left[best * size + j];
            const double r = ret_multiplier[best * size + j];
            left[best * size + j] = left[column * size + j];
            ret_multiplier[best * size + j] = ret_multiplier[column * size + j];
            left[column * size + j] = l / pivot;
            ret_multiplier[column * size + j] = r / pivot;
        }
        for (size_t row = 0; row < size; row++) {
            const double factor = left[row * size + column];
            if (row == column || factor == 0.0)
                continue;
            for (size_t j = 0; j < size; j++) {
                left[row * size + j] -= factor * left[column * size + j];
                ret_multiplier[row * size + j] -= factor * ret_multiplier[column * size + j];
            }
        }
    }
    return true;
}

bool branching_final_drop(size_t size, const double *matrix, const double *s, const double *depth,
                          double *ret_drop) {
    assert(size >= 1 && size <= BRANCHING_SIZE_MAX);
    memcpy(ret_drop, s, size * sizeof(s[0]));
    for (long generation = 0; generation < 10000000; generation++) {
        double next[BRANCHING_SIZE_MAX];
        bool moved = false;
        for (size_t i = 0; i < size; i++) {
            next[i] = s[i];
            for (size_t j = 0; j < size; j++)
                next[i] += matrix[i * size + j] * fmin(ret_drop[j], depth[j]);
            moved = moved || next[i] > ret_drop[i];
        }
        if (!moved)
            break;
        memcpy(ret_drop, next, size * sizeof(next[0]));
    }
    bool exhausted = true;
    for (size_t i = 0; i < size; i++)
        exhausted = exhausted && ret_drop[i] >= depth[i];
    return exhausted;
}

/* Integral over 0 < u < T of (T - u) G(u): what trading at rate 1 for T costs against itself. */
static double kernel_self_cost(const struct kernel *kernel, double time) {
    const double scale = kernel->scale;
    const double gamma = kernel->exponent;
    switch (kernel->kind) {
    case KERNEL_EXPONENTIAL:
        return scale * scale * (time / scale + expm1(-time / scale));
    case KERNEL_POWER:
        return pow(time, 2.0 - gamma) / ((1.0 - gamma) * (2.0 - gamma));
    case KERNEL_SHIFTED_POWER: {
        const double u = time / scale;
        const double grown = expm1((2.0 - gamma) * log1p(u)) / (2.0 - gamma);
        return scale * scale * (grown - u) / (1.0 - gamma);
    }
    }
    return NAN;
}

double round_trip_cost(const struct kernel *kernel, double delta, double buy_rate, double buy_time,
                       double sell_rate, double sell_time) {
    const double buy_move = pow(buy_rate, delta);
    const double sell_move = pow(sell_rate, delta);
    const double buy = kernel_self_cost(kernel, buy_time);
    const double sell = kernel_self_cost(kernel, sell_time);
    /* What the purchase still lifts the price by while the sale goes on. */
    const double cross = kernel_self_cost(kernel, buy_time + sell_time) - buy - sell;
    return buy_rate * buy_move * buy + sell_rate * sell_move * sell - sell_rate * buy_move * cross;
}
