#pragma once
/* A margin rate that grows with the size of the position (rulebook.h: size_curve), compiled for one
 * instrument in exact integers. */

#include <stdint.h>

#include "base/error.h"
#include "base/units.h"
#include "engine/rules/instrument.h"
#include "engine/rules/rulebook.h"

#define SIZE_RATE_SCALE INT64_C(1000000000000) /* rates are in 1e-12 */

/* A factor of an integer: value = ceil(n * num / den). */
struct size_ratio {
    int128 num;
    int128 den;
};

struct margin_size {
    enum size_unit unit;
    struct size_ratio per_unit; /* rate a lot, or a unit of money */
    struct size_ratio size;     /* size in 1e-12 a lot, or a unit of money; for root and steps */
    struct decimal sqrt_factor; /* mantissa 0: no root */
    int128 sqrt_scale_e12;
    int128 sqrt_offset_e24;
    int128 step_e12; /* 0: no steps */
    int128 step_from_e12;
    int64_t step_rate; /* rates from here on in SIZE_RATE_SCALE, multiplied */
    int64_t base, floor, cap;
    struct decimal multiplier;
    int64_t fee;    /* added at the end */
    int128 minimum; /* money */
};

/* Compiles `curve`; `multiplier` scales the rate and the minimum, `fee` (SIZE_RATE_SCALE) is added.
 * STATUS_CONFIG: below 0, cap above 1, or above 0.5 by notional; STATUS_RANGE: too fine. */
MUST_CHECK enum status margin_size_init(struct margin_size *size, const struct size_curve *curve,
                                        struct decimal multiplier, int64_t fee,
                                        const struct instrument *instrument, struct error *reterr);

/* Risk steps of a position, begun or whole; 0 in the lowest, and where there are none. */
int64_t margin_size_steps(const struct margin_size *size, int64_t lots, int64_t cost);

/* The rate (SIZE_RATE_SCALE, rounded up) of a position: of lots and cost, or of a notional. */
int64_t margin_size_rate(const struct margin_size *size, int64_t lots, int64_t cost,
                         int128 notional);
