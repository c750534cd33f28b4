#pragma once
/* Closed forms of the theory of cascades, for figures that stand beside the measured ones: ladders
 * of triggers, random ladders, branching matrices, reversion between generations, cost of round
 * trips. Pure functions of doubles; no file, no run. Notation: n is the branching ratio
 * (liquidatable quantity a unit of price, times the price move a unit of quantity), s the exogenous
 * drop. Nothing here stands on the way to a price, so libm is used. */

#include <stdbool.h>
#include <stddef.h>

/* ---- ladders ---- */

/* n of a homogeneous ladder: accounts of `quantity` every `spacing` (> 0), each selling
 * `close_fraction` of it at `impact` price units a unit of quantity. */
double ladder_branching_ratio(double impact, double close_fraction, double quantity,
                              double spacing);

/* Continuum drop of a homogeneous ladder of finite depth: s + n * depth where the ladder is used
 * up, else s / (1 - n). */
double ladder_final_drop(double s, double n, double depth);

/* Fall with feedback over fall without, s / (1 - n) / s; infinite from n = 1. Equals the factor by
 * which a replay is too large that adds feedback to a path that already contains it. */
double ladder_amplification(double n);

/* A ladder whose density rises as a * x: the fold, beyond which no interior stop exists. */
struct ladder_fold {
    double shock;         /* 1 / (2 * impact * a) */
    double drop;          /* 1 / (impact * a), twice the shock */
    double amplification; /* 2 */
    double branching;     /* 1 */
};
struct ladder_fold ladder_rising_fold(double impact, double a);

/* Its drop for a shock s: the smaller root of x = s + impact * a * x^2 / 2; infinite above the
 * fold. */
double ladder_rising_drop(double impact, double a, double s);

/* Square-root impact c * (sqrt(x + q0) - sqrt(q0)) of the liquidated depth x on a homogeneous
 * ladder: where the cascade of a shock s stops, and the impact's slope at x, the local branching
 * ratio (infinite at x = 0, q0 = 0). */
double ladder_square_root_drop(double c, double q0, double s);
double ladder_square_root_branching(double c, double q0, double x);

/* ---- reversion between generations ---- */

struct generation_decay {
    double peak_drop;     /* infinite: it runs away */
    double impact_sold;   /* impact times quantity sold */
    unsigned generations; /* that sold something */
    bool runaway;
};

/* An infinite homogeneous ladder where a share `kappa` (0..1) of the displacement reverts between
 * generations: D' = (1 - kappa) D + n e, e the last extension of the low. */
struct generation_decay generation_decay_run(double s, double n, double kappa);

/* Smallest n that runs away for ever: (1 + sqrt(kappa))^2. */
double generation_decay_critical(double kappa);

/* ---- populations ---- */

/* Isolated linear longs of one entry price whose inverse leverage is uniform on (mmr, u]: their
 * trigger drops are uniform, a homogeneous ladder. */
struct leverage_ladder {
    double drop_fraction_min; /* 0 */
    double drop_fraction_max; /* (u - mmr) / (1 - mmr) */
    double density;           /* quantity a unit of price */
};
struct leverage_ladder leverage_to_ladder(double mmr, double inverse_leverage_max,
                                          double open_interest, double entry);

/* Impact (price a unit of quantity) at which a ladder of that density has n = 1. */
double ladder_critical_impact(double density);

/* Quantity that a book must absorb a percent of `price` for n < 1. */
double ladder_critical_depth(double density, double price);

/* ---- random ladders ---- */

struct cascade_moments {
    double n;
    double mean; /* infinite from n = 1, as the variance */
    double variance;
};

/* P(M = m) of the generalised Poisson law (Consul and Jain 1973): the number liquidated on a
 * Poisson ladder, theta = density * s. Mean theta / (1 - n), variance theta / (1 - n)^3. */
double general_poisson_pmf(double theta, double n, unsigned m);
struct cascade_moments general_poisson_moments(double theta, double n);

/* P(T = k), k >= 1, of Borel's law: the cascade of one ancestor with Poisson(n) children. Mean
 * 1 / (1 - n), variance n / (1 - n)^3. */
double borel_pmf(double n, unsigned k);
struct cascade_moments borel_moments(double n);

/* Its tail at n = 1: k^-3/2 / sqrt(2 pi). */
double borel_critical_tail(unsigned k);

/* Probability that one ancestor's cascade dies out: smallest root of q = exp(n (q - 1)). */
double galton_watson_extinction(double n);

/* Drop on a Poisson ladder of `density` accounts a unit of price with sizes of mean `size_mean` and
 * mean square `size_square` (busy period of the M/G/1 queue). */
struct cascade_moments compound_ladder_moments(double density, double impact, double s,
                                               double size_mean, double size_square);

/* ---- several assets: matrices are size x size, row by row; x = s + N x ---- */

#define BRANCHING_SIZE_MAX 64

/* Spectral radius of a matrix, by repeated squaring (Gelfand). */
double branching_radius(size_t size, const double *matrix);

/* ret_multiplier = (I - N)^-1. False: singular. */
bool branching_multiplier(size_t size, const double *matrix, double *ret_multiplier);

/* Least solution of x = s + N min(x, depth), by generations from below; N >= 0. Elements of `depth`
 * may be infinite, then the radius must be below 1. Returns whether every ladder is used up. */
bool branching_final_drop(size_t size, const double *matrix, const double *s, const double *depth,
                          double *ret_drop);

/* ---- no dynamic arbitrage ---- */

enum kernel_kind { KERNEL_EXPONENTIAL, KERNEL_POWER, KERNEL_SHIFTED_POWER };

/* How impact decays: exp(-t / scale), t^-exponent, or (1 + t / scale)^-exponent. */
struct kernel {
    enum kernel_kind kind;
    double scale;
    double exponent; /* 0 < exponent < 2, not 1 */
};

/* Expected cost of buying at `buy_rate` for `buy_time`, then selling at `sell_rate` for
 * `sell_time`, when a rate v moves the price by v^delta and this decays with the kernel. Negative:
 * the pair of impact and decay invites manipulation (Gatheral 2010). */
double round_trip_cost(const struct kernel *kernel, double delta, double buy_rate, double buy_time,
                       double sell_rate, double sell_time);
