/* Formulas with their sources in the header; the analytic cases of the tests hold them. */

#include <assert.h>
#include <math.h>

#include "reports/risk_formulas.h"

/* k ln(p), with 0 ln(0) = 0 as a likelihood wants it. */
static double log_likelihood(double k, double p) {
    return k == 0.0 ? 0.0 : k * log(p);
}

double kupiec_ratio(double days, double exceptions, double p) {
    assert(days > 0.0 && exceptions <= days);
    const double found = exceptions / days;
    const double calm = days - exceptions;
    return -2.0 * (log_likelihood(calm, 1.0 - p) + log_likelihood(exceptions, p) -
                   log_likelihood(calm, 1.0 - found) - log_likelihood(exceptions, found));
}

double christoffersen_ratio(double n00, double n01, double n10, double n11) {
    const double after_calm = n01 / (n00 + n01);
    const double after_exception = n11 / (n10 + n11);
    const double any = (n01 + n11) / (n00 + n01 + n10 + n11);
    return -2.0 *
           (log_likelihood(n00 + n10, 1.0 - any) + log_likelihood(n01 + n11, any) -
            log_likelihood(n00, 1.0 - after_calm) - log_likelihood(n01, after_calm) -
            log_likelihood(n10, 1.0 - after_exception) - log_likelihood(n11, after_exception));
}

double aggregate_vulnerability(size_t banks, size_t assets, const double *bank_assets,
                               const double *weights, const double *debt_to_equity,
                               const double *price_impact, const double *shock, double equity_total,
                               double *ret_sales, double *ret_returns) {
    for (size_t k = 0; k < assets; k++)
        ret_sales[k] = 0.0;
    for (size_t b = 0; b < banks; b++) {
        double bank_return = 0.0;
        for (size_t k = 0; k < assets; k++)
            bank_return += weights[b * assets + k] * shock[k];
        for (size_t k = 0; k < assets; k++)
            ret_sales[k] +=
                weights[b * assets + k] * bank_assets[b] * debt_to_equity[b] * bank_return;
    }
    for (size_t k = 0; k < assets; k++)
        ret_returns[k] = ret_sales[k] * price_impact[k];
    double loss = 0.0;
    for (size_t b = 0; b < banks; b++)
        for (size_t k = 0; k < assets; k++)
            loss -= bank_assets[b] * weights[b * assets + k] * ret_returns[k];
    return loss / equity_total;
}

double margin_peak_to_trough(size_t count, const double *margin) {
    assert(count > 0);
    double low = margin[0];
    double high = margin[0];
    for (size_t i = 1; i < count; i++) {
        low = fmin(low, margin[i]);
        high = fmax(high, margin[i]);
    }
    return high / low;
}

double margin_largest_rise_percent(size_t count, const double *margin, size_t days) {
    assert(days > 0 && days < count);
    double largest = -INFINITY;
    for (size_t i = days; i < count; i++)
        largest = fmax(largest, margin[i] / margin[i - days] - 1.0);
    return 100.0 * largest;
}

double alarm_auc(size_t count, const double *score, const bool *event) {
    double won = 0.0;
    double pairs = 0.0;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            if (!event[i] || event[j])
                continue;
            pairs += 1.0;
            won += score[i] > score[j] ? 1.0 : score[i] == score[j] ? 0.5 : 0.0;
        }
    }
    return pairs > 0.0 ? won / pairs : NAN;
}

double alarm_average_precision(size_t count, const double *score, const bool *event) {
    /* The sum over thresholds equals the mean over events of the precision at the event's score. */
    double sum = 0.0;
    double events = 0.0;
    for (size_t i = 0; i < count; i++) {
        if (!event[i])
            continue;
        double raised = 0.0;
        double hits = 0.0;
        for (size_t j = 0; j < count; j++) {
            raised += score[j] >= score[i] ? 1.0 : 0.0;
            hits += score[j] >= score[i] && event[j] ? 1.0 : 0.0;
        }
        sum += hits / raised;
        events += 1.0;
    }
    return events > 0.0 ? sum / events : NAN;
}

/* Continued fraction of the incomplete beta function (Lentz), for x < (a + 1) / (a + b + 2). */
static double beta_fraction(double a, double b, double x) {
    const double tiny = 1e-300;
    double c = 1.0;
    double d = 1.0 - (a + b) * x / (a + 1.0);
    d = 1.0 / (fabs(d) < tiny ? tiny : d);
    double h = d;
    for (int m = 1; m <= 1000; m++) {
        for (int odd = 0; odd < 2; odd++) {
            const double top =
                odd == 0 ? m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m))
                         : -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
            d = 1.0 + top * d;
            d = 1.0 / (fabs(d) < tiny ? tiny : d);
            c = 1.0 + top / c;
            c = fabs(c) < tiny ? tiny : c;
            h *= c * d;
        }
        if (fabs(c * d - 1.0) < 1e-16)
            break;
    }
    return h;
}

/* Regularised incomplete beta function. */
static double beta_share(double a, double b, double x) {
    if (x <= 0.0)
        return 0.0;
    if (x >= 1.0)
        return 1.0;
    const double front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));
    return x < (a + 1.0) / (a + b + 2.0) ? front * beta_fraction(a, b, x) / a
                                         : 1.0 - front * beta_fraction(b, a, 1.0 - x) / b;
}

double student_quantile(double p, double freedom) {
    assert(p >= 0.5 && p < 1.0 && freedom >= 1.0);
    /* Both tails of t hold I(f / (f + t^2); f/2, 1/2), which falls in t: bisect. */
    double low = 0.0;
    double high = 1.0;
    while (beta_share(freedom / 2.0, 0.5, freedom / (freedom + high * high)) > 2.0 * (1.0 - p))
        high *= 2.0;
    for (int i = 0; i < 200 && low < high; i++) {
        const double middle = 0.5 * (low + high);
        if (middle == low || middle == high)
            break;
        if (beta_share(freedom / 2.0, 0.5, freedom / (freedom + middle * middle)) > 2.0 * (1.0 - p))
            low = middle;
        else
            high = middle;
    }
    return 0.5 * (low + high);
}

static double mean_of(size_t count, const double *values) {
    double sum = 0.0;
    for (size_t i = 0; i < count; i++)
        sum += values[i];
    return sum / (double)count;
}

struct paired_interval paired_interval_of(size_t count, const double *policy_a,
                                          const double *policy_b) {
    assert(count >= 2);
    const double mean_a = mean_of(count, policy_a);
    const double mean_b = mean_of(count, policy_b);
    double square_a = 0.0;
    double square_b = 0.0;
    double square_paired = 0.0;
    for (size_t i = 0; i < count; i++) {
        const double a = policy_a[i] - mean_a;
        const double b = policy_b[i] - mean_b;
        square_a += a * a;
        square_b += b * b;
        square_paired += (a - b) * (a - b);
    }
    const double freedom = (double)count - 1.0;
    const double t = student_quantile(0.975, freedom);
    const double unpaired = (square_a + square_b) / freedom;
    const double paired = square_paired / freedom;
    return (struct paired_interval){
        .mean_difference = mean_a - mean_b,
        .half_width_paired = t * sqrt(paired / (double)count),
        .half_width_unpaired = t * sqrt(unpaired / (double)count),
        .variance_ratio = unpaired / paired,
    };
}

double pareto_mean_excess(double xi, double beta, double excess) {
    assert(xi < 1.0);
    return (beta + xi * excess) / (1.0 - xi);
}

double pareto_exceedance(double xi, double beta, double excess) {
    if (xi == 0.0)
        return exp(-excess / beta);
    const double stretched = xi * excess / beta;
    return stretched > -1.0 ? exp(-log1p(stretched) / xi) : 0.0;
}

double hawkes_branching(double mean, double variance) {
    return 1.0 - sqrt(mean / variance);
}

double adl_score(double profit, double entry_notional, double mark_notional, double equity) {
    return profit / entry_notional * (mark_notional / equity);
}
