#pragma once
/* Statistics of margin models and policies: coverage tests, procyclicality, fire-sale
 * vulnerability, scores of alarms, paired intervals. Pure functions of doubles; no file, no run.
 * They stand beside results, never on the way to a price, so libm is used. */

#include <stdbool.h>
#include <stddef.h>

/* 95 % point of chi-squared with one degree of freedom, to the six decimals of printed tables. */
#define CHI_SQUARED_1_AT_5_PERCENT 3.841459

/* Kupiec's likelihood ratio (1995) of `exceptions` in `days` (> 0, >= exceptions) against the
 * probability p (0 < p < 1): -2 ln[(1-p)^(T-x) p^x / ((1-x/T)^(T-x) (x/T)^x)], chi-squared(1). */
double kupiec_ratio(double days, double exceptions, double p);

/* Christoffersen's likelihood ratio (1998) of independence from the transition counts (first digit:
 * exception yesterday, second: today), chi-squared(1). */
double christoffersen_ratio(double n00, double n01, double n10, double n11);

/* Greenwood, Landier and Thesmar (2015): one round of sales of `banks` that target their leverage.
 * `weights` is banks x assets, row by row; ret_sales and ret_returns have an element an asset.
 * Returns the aggregate vulnerability, the loss by others' sales over `equity_total`. */
double aggregate_vulnerability(size_t banks, size_t assets, const double *bank_assets,
                               const double *weights, const double *debt_to_equity,
                               const double *price_impact, const double *shock, double equity_total,
                               double *ret_sales, double *ret_returns);

/* Procyclicality of a margin series (Murphy, Vasios and Vause 2014): highest over lowest, and the
 * largest rise over `days` steps, in percent (0 < days < count). */
double margin_peak_to_trough(size_t count, const double *margin);
double margin_largest_rise_percent(size_t count, const double *margin, size_t days);

/* Alarms: area under the ROC curve (Mann-Whitney, ties count half) and average precision (the
 * precision at each threshold, weighted by the recall it adds). NaN where one class is missing. */
double alarm_auc(size_t count, const double *score, const bool *event);
double alarm_average_precision(size_t count, const double *score, const bool *event);

/* Quantile of Student's t with `freedom` (>= 1) degrees, 0.5 <= p < 1. */
double student_quantile(double p, double freedom);

/* Two policies run on the same seeds: 95 % intervals of the mean difference. */
struct paired_interval {
    double mean_difference;
    double half_width_paired;
    double half_width_unpaired; /* with the paired interval's t */
    double variance_ratio;      /* variance unpaired over paired */
};
struct paired_interval paired_interval_of(size_t count, const double *policy_a,
                                          const double *policy_b);

/* Generalised Pareto tail of shape xi (< 1) and scale beta (> 0) above a threshold: the expected
 * loss beyond a margin `excess` (>= 0) above the threshold, and the probability of passing it given
 * the tail. */
double pareto_mean_excess(double xi, double beta, double excess);
double pareto_exceedance(double xi, double beta, double excess);

/* Branching ratio from the mean and variance of counts in long windows (Hardiman and Bouchaud
 * 2014): 1 - sqrt(mean / variance). */
double hawkes_branching(double mean, double variance);

/* Rank of a position in a queue of auto-deleveraging, profit times effective leverage:
 * profit / notional at entry * notional at mark / equity at mark. */
double adl_score(double profit, double entry_notional, double mark_notional, double equity);
