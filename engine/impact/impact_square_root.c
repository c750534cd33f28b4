/* Square-root law of the cumulated forced flow, linear where it is small:
 *   I(Q) = Y * sigma * (sqrt(|Q| / V + x) - sqrt(x)) * sign(Q)
 * with Q the consumed volume of the episode, V and sigma the volume and volatility of the same
 * period, x the crossover. What decays is the consumed volume, never the price: so a non-linear
 * impact stays free of price manipulation (Alfonsi-Fruth-Schied, Gatheral-Schied-Slynko). The
 * permanent part must be linear in the total quantity (Huberman-Stanzl); its slope is the permanent
 * share of the secant of the law at Q = V, Y * sigma / V.
 *   D = (1 - permanent) * I(Q decaying) + permanent * Y * sigma * Q total / V
 * Where depth has withdrawn to m of normal, or an event has left m of it, an order consumes 1 / m
 * of its quantity. */

#include <math.h>

#include "engine/impact/impact_list.h"

enum {
    TOTAL,    /* base units, > 0 sold */
    CONSUMED, /* of normal depth, likewise */
    THINNED,  /* 1 / m - 1, by withdrawal */
    LOST      /* the same, by an event */
};

static enum status check(const struct impact_params *params, struct error *reterr) {
    enum status status = impact_check_range("prefactor", params->prefactor, 0.0, 1e3, reterr);
    if (status == STATUS_OK)
        status = impact_check_range("volatility", params->volatility, 0.0, 1e3, reterr);
    if (status == STATUS_OK)
        status = impact_check_range("volume", params->volume, 1e-12, 1e18, reterr);
    if (status == STATUS_OK)
        status = impact_check_range("crossover", params->crossover, 1e-18, 1e3, reterr);
    if (status == STATUS_OK)
        status = impact_check_recovery(params, reterr);
    if (status == STATUS_OK)
        status = impact_check_withdrawal(&params->withdrawal, reterr);
    return status;
}

static void advance(const struct impact_params *params, double *state, int64_t elapsed_ns) {
    if (state[CONSUMED] == 0.0)
        return;
    state[CONSUMED] *= impact_decay(params->half_life_s, elapsed_ns);
    const double share = state[CONSUMED] / params->volume;
    if (share < IMPACT_NOTHING && share > -IMPACT_NOTHING)
        state[CONSUMED] = 0.0;
}

static double at(const struct impact_params *params, double total, double consumed) {
    const double scale = params->prefactor * params->volatility;
    const double share = fabs(consumed) / params->volume;
    /* (sqrt(s + x) - sqrt(x)) without cancellation for small s */
    const double root = share / (sqrt(share + params->crossover) + sqrt(params->crossover));
    const double transient = consumed < 0.0 ? -root : root;
    return scale *
           ((1.0 - params->permanent) * transient + params->permanent * (total / params->volume));
}

static double displacement(const struct impact_params *params, const double *state) {
    return at(params, state[TOTAL], state[CONSUMED]);
}

/* The average fill's displacement is the mean of D along the way, by Simpson's rule. */
static void execute(const struct impact_params *params, double *state, double price,
                    double net_quantity, double *ret_average, double *ret_displacement) {
    (void)price;
    const double consumed = net_quantity * impact_consumption(state[THINNED], state[LOST]);
    const double before = at(params, state[TOTAL], state[CONSUMED]);
    const double middle =
        at(params, state[TOTAL] + net_quantity / 2.0, state[CONSUMED] + consumed / 2.0);
    state[TOTAL] += net_quantity;
    state[CONSUMED] += consumed;
    const double after = at(params, state[TOTAL], state[CONSUMED]);
    *ret_average = (before + 4.0 * middle + after) / 6.0;
    *ret_displacement = after;
}

static double slope(const struct impact_params *params, const double *state, double price) {
    (void)price;
    const double share = fabs(state[CONSUMED]) / params->volume;
    const double scale = params->prefactor * params->volatility / params->volume;
    const double transient = (1.0 - params->permanent) *
                             impact_consumption(state[THINNED], state[LOST]) * 0.5 /
                             sqrt(share + params->crossover);
    return scale * (transient + params->permanent);
}

static void observe(const struct impact_params *params, double *state, double *memory,
                    int64_t minute, double price) {
    impact_observe_withdrawal(&params->withdrawal, &state[THINNED], memory, minute, price);
}

static void set_depth(double *state, double factor) {
    state[LOST] = 1.0 / factor - 1.0;
}

const struct impact_model impact_square_root = {
    .name = "square_root",
    .title = "square root of the forced flow over the day's volume; linear where small; decays",
    .source = "Sato and Kanazawa 2024 (arXiv 2411.13965); Donier and Bonart 2014 (arXiv 1412.4503)",
    .check = check,
    .advance = advance,
    .displacement = displacement,
    .execute = execute,
    .slope = slope,
    .observe = observe,
    .set_depth = set_depth,
};
