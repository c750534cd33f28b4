/* The order book as consumed volume (models.md 1.4, 1.6): E is what forced orders have consumed and
 * what has not come back. E decays exponentially, and D = F^-1(|E|) with F the depth within a
 * distance. Decaying the volume, not the price, keeps a non-linear book free of price manipulation
 * (Alfonsi, Fruth and Schied; Gatheral, Schied and Slynko). The permanent part must be linear in
 * the total quantity (Huberman and Stanzl); its slope is the permanent share of the secant of F at
 * 1 % (in price space: at the last point).
 *   D = (1 - permanent) * sign(E) * F^-1(|E|) + permanent * secant * Q total
 * Where depth has withdrawn to m of normal, or an event has left m of it, an order consumes 1 / m
 * of its quantity. Beyond the last point of F nothing is known: neither no depth nor endless depth,
 * so the last slope goes on, and what is executed there is counted. */

#include <math.h>

#include "base/elementary.h"
#include "engine/impact/impact_depth.h"
#include "engine/impact/impact_list.h"

enum {
    TOTAL,          /* base units, > 0 sold */
    CONSUMED,       /* E, of normal depth, > 0 sold */
    THINNED,        /* 1 / m - 1, by withdrawal */
    LOST,           /* the same, by an event */
    BEYOND,         /* base units executed beyond the last point */
    BEYOND_NOTIONAL /* what they were worth there */
};

static enum status check(const struct impact_params *params, struct error *reterr) {
    enum status status = impact_depth_check(params, reterr);
    if (status == STATUS_OK && !(params->depth.secant > 0.0))
        status = error_set(reterr, STATUS_CONFIG, "depth: the curve has not been prepared");
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
    if (fabs(state[CONSUMED]) < IMPACT_NOTHING * impact_depth_known(params))
        state[CONSUMED] = 0.0;
}

static double displacement(const struct impact_params *params, const double *state) {
    const double distance = impact_depth_distance(params, fabs(state[CONSUMED]));
    return (1.0 - params->permanent) * (state[CONSUMED] < 0.0 ? -distance : distance) +
           params->permanent * params->depth.secant * state[TOTAL];
}

/* Mean of D while E goes from `from` to `to` (not equal) and the total is `total` in the middle. */
static double mean(const struct impact_params *params, double from, double to, double total) {
    const double area =
        impact_depth_integral(params, fabs(to)) - impact_depth_integral(params, fabs(from));
    return (1.0 - params->permanent) * (area / (to - from)) +
           params->permanent * params->depth.secant * total;
}

/* Counts what of E's way from `before` to now went outwards beyond the last point. */
static void count_beyond(const struct impact_params *params, double *state, double price,
                         double before, double displaced) {
    const double known = impact_depth_known(params);
    const double after = state[CONSUMED];
    const double sign = after < 0.0 ? -1.0 : 1.0;
    const double from = sign * before > known ? before : sign * known;
    if (!(sign * after > sign * from))
        return;
    const double quantity = (after - from) / impact_consumption(state[THINNED], state[LOST]);
    const double at = mean(params, from, after, state[TOTAL] - quantity / 2.0);
    const double fill = params->space == IMPACT_PRICE ? price - (at - displaced)
                                                      : price * elementary_exp(displaced - at);
    state[BEYOND] += fabs(quantity);
    state[BEYOND_NOTIONAL] += fabs(quantity) * (fill > 0.0 ? fill : 0.0);
}

static void execute(const struct impact_params *params, double *state, double price,
                    double net_quantity, double *ret_average, double *ret_displacement) {
    const double displaced = displacement(params, state);
    const double before = state[CONSUMED];
    state[CONSUMED] += net_quantity * impact_consumption(state[THINNED], state[LOST]);
    state[TOTAL] += net_quantity;
    const double after = displacement(params, state);
    const double low = displaced < after ? displaced : after;
    const double high = displaced < after ? after : displaced;
    double average = low;
    if (state[CONSUMED] != before)
        average = mean(params, before, state[CONSUMED], state[TOTAL] - net_quantity / 2.0);
    /* The difference of two integrals loses digits where the quantity is small. */
    *ret_average = average < low ? low : average > high ? high : average;
    *ret_displacement = after;
    count_beyond(params, state, price, before, displaced);
}

static double slope(const struct impact_params *params, const double *state, double price) {
    (void)price;
    return (1.0 - params->permanent) * impact_consumption(state[THINNED], state[LOST]) *
               impact_depth_slope(params, fabs(state[CONSUMED])) +
           params->permanent * params->depth.secant;
}

static void observe(const struct impact_params *params, double *state, double *memory,
                    int64_t minute, double price) {
    impact_observe_withdrawal(&params->withdrawal, &state[THINNED], memory, minute, price);
}

static void set_depth(double *state, double factor) {
    state[LOST] = 1.0 / factor - 1.0;
}

static struct beyond_depth beyond(const double *state) {
    return (struct beyond_depth){state[BEYOND], state[BEYOND_NOTIONAL]};
}

const struct impact_model impact_book = {
    .name = "book",
    .title = "walks the book's depth; what is consumed comes back with a half-life",
    .source = "Obizhaeva and Wang, J. Fin. Markets 16 (2013); Alfonsi, Fruth and Schied 2010",
    .has_price_space = true,
    .check = check,
    .advance = advance,
    .displacement = displacement,
    .execute = execute,
    .slope = slope,
    .observe = observe,
    .beyond = beyond,
    .set_depth = set_depth,
};
