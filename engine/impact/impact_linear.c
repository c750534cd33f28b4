/* Linear impact (Kyle): each unit of notional moves the log price by the same amount (space log),
 * or each unit of quantity the price by the same amount (space price, the reference model of the
 * analytic tests). A share is permanent, the rest decays exponentially, which is the one decay that
 * is free of price manipulation beside linear impact (Gatheral 2010). */

#include "base/elementary.h"
#include "engine/impact/impact_list.h"

enum {
    PERMANENT,
    TRANSIENT,
    LOST /* 1 / m - 1 where an event has left m of the depth: slopes are 1 / m of normal */
};

/* The steepest rise one wave of buys may cause: a factor of 1000. Linear log impact of buys has a
 * pole (slope * notional = 1) which no real book follows. */
static const double BUY_FLOOR = 1e-3;

static enum status check(const struct impact_params *params, struct error *reterr) {
    enum status status = impact_check_range("slope", params->slope, 0.0, 1e9, reterr);
    if (status == STATUS_OK)
        status = impact_check_recovery(params, reterr);
    return status;
}

static void advance(const struct impact_params *params, double *state, int64_t elapsed_ns) {
    if (state[TRANSIENT] == 0.0)
        return;
    state[TRANSIENT] *= impact_decay(params->half_life_s, elapsed_ns);
    if (state[TRANSIENT] < IMPACT_NOTHING && state[TRANSIENT] > -IMPACT_NOTHING)
        state[TRANSIENT] = 0.0;
}

static double displacement(const struct impact_params *params, const double *state) {
    (void)params;
    return state[PERMANENT] + state[TRANSIENT];
}

/* ln((e^x - 1) / x): how far the average of a path falling by x in log price lies below its start.
 */
static double average_of_fall(double x) {
    if (x < 0.01 && x > -0.01)
        return x / 2.0 + x * x / 24.0 - x * x * x * x / 2880.0;
    return elementary_log((elementary_exp(x) - 1.0) / x);
}

static void displace(const struct impact_params *params, double *state, double amount) {
    const double permanent = params->permanent * amount;
    state[PERMANENT] += permanent;
    state[TRANSIENT] += amount - permanent;
}

static void execute(const struct impact_params *params, double *state, double price,
                    double net_quantity, double *ret_average, double *ret_displacement) {
    const double before = state[PERMANENT] + state[TRANSIENT];
    const double steepness = params->slope * (1.0 + state[LOST]);
    double fall;
    double average;
    if (params->space == IMPACT_PRICE) {
        fall = steepness * net_quantity;
        average = before + fall / 2.0;
    } else {
        double factor = 1.0 + steepness * net_quantity * price;
        if (factor < BUY_FLOOR)
            factor = BUY_FLOOR;
        fall = elementary_log(factor);
        average = before + average_of_fall(fall);
    }
    displace(params, state, fall);
    *ret_average = average;
    *ret_displacement = state[PERMANENT] + state[TRANSIENT];
}

static double slope(const struct impact_params *params, const double *state, double price) {
    const double steepness = params->slope * (1.0 + state[LOST]);
    return params->space == IMPACT_PRICE ? steepness : steepness * price;
}

static void set_depth(double *state, double factor) {
    state[LOST] = 1.0 / factor - 1.0;
}

const struct impact_model impact_linear = {
    .name = "linear",
    .title = "each unit of notional moves the log price alike; a share is permanent",
    .source = "Kyle 1985; no dynamic arbitrage: Gatheral, Quantitative Finance 10 (2010)",
    .has_price_space = true,
    .check = check,
    .advance = advance,
    .displacement = displacement,
    .execute = execute,
    .slope = slope,
    .set_depth = set_depth,
    .displace = displace,
};
