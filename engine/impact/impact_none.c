/* No impact: forced orders fill at the price they see and leave it as it is. */

#include "engine/impact/impact_list.h"

static enum status check(const struct impact_params *params, struct error *reterr) {
    (void)params;
    (void)reterr;
    return STATUS_OK;
}

static void advance(const struct impact_params *params, double *state, int64_t elapsed_ns) {
    (void)params;
    (void)state;
    (void)elapsed_ns;
}

static double displacement(const struct impact_params *params, const double *state) {
    (void)params;
    (void)state;
    return 0.0;
}

static void execute(const struct impact_params *params, double *state, double price,
                    double net_quantity, double *ret_average, double *ret_displacement) {
    (void)params;
    (void)state;
    (void)price;
    (void)net_quantity;
    *ret_average = 0.0;
    *ret_displacement = 0.0;
}

static double slope(const struct impact_params *params, const double *state, double price) {
    (void)params;
    (void)state;
    (void)price;
    return 0.0;
}

const struct impact_model impact_none = {
    .name = "none",
    .title = "forced orders move no price",
    .source = "price-taking replay",
    .check = check,
    .advance = advance,
    .displacement = displacement,
    .execute = execute,
    .slope = slope,
};
