#pragma once
/* How forced quantity moves a price: models as constant tables of functions with a state each
 * instrument. A displacement D is positive for falls; in log space price = baseline * exp(-D), in
 * price space (tests' reference model) price = baseline - D. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum impact_space { IMPACT_LOG, IMPACT_PRICE };

/* One point of a depth curve F: within `distance` of the undisturbed price rest `quantity` base
 * units. Distances are log prices, in price space price units. */
struct depth_point {
    double distance;
    double quantity;
    double exponent; /* impact_prepare() sets it: of distance in quantity, up to this point */
};

#define DEPTH_POINTS_MAX 64

/* F from the undisturbed price outwards; the same on both sides of it. Log space: both rise
 * strictly, from above 0, and log distance is linear in log quantity between points, distance in
 * quantity before the first. Price space: neither falls, straight lines from (0, 0) through the
 * points; of a list of bids each level is a step, two points of one distance. Beyond the last
 * point its slope goes on, straight. */
struct depth_curve {
    size_t count;
    struct depth_point points[DEPTH_POINTS_MAX];
    bool from_depth_1pct; /* impact_prepare() made the points */
    double slope_beyond;  /* and this: distance a base unit, beyond the last point */
    double secant;        /* and this: the same, of the permanent part */
};

/* Depth withdraws when prices move (models.md 1.7): a wave meets the depth of normal times
 *   max(floor, exp(-volatility * (sigma / volatility_reference - 1)) *
 *              (1 - fall * min(1, r15 / fall_reference)))
 * with sigma the moving average of absolute one-minute log returns and r15 the fall over the last
 * 15 minutes, of the path that the flow itself has moved. */
struct withdrawal {
    double volatility;           /* with `fall` 0 as well: no withdrawal */
    double fall;                 /* 0..1 */
    double floor;                /* above 0, to 1 */
    double volatility_reference; /* of normal times; 0: volatility does not count */
    double fall_reference;       /* log price, > 0 */
    double half_life_s;          /* of the moving average, > 0 */
};

/* Parameters of one instrument's model; a model reads those it lists. */
struct impact_params {
    enum impact_space space; /* price: for `linear` alone */
    double slope;       /* linear: price units a unit of quantity (space price), or log-price a unit
                           of quote notional (space log); >= 0 */
    double permanent;   /* share that does not decay, 0..1 */
    double half_life_s; /* of the rest; 0: nothing decays */
    double prefactor;   /* square_root: Y, order 1 */
    double volatility;  /* square_root: of log price over the period of `volume` */
    double volume;      /* square_root: base units traded in that period, > 0 */
    double crossover; /* square_root: quantity over volume where linear turns to square root; > 0 */
    double depth_share;    /* book: what depth_1pct is taken as where it is not known, / volume */
    double depth_1pct;     /* book: base units within 1 % of the price, on one side */
    double depth_exponent; /* book: depth grows with distance to this power */
    struct depth_curve depth;     /* book: instead of these two */
    struct withdrawal withdrawal; /* square_root, book */
};

/* Derives what models compute from the parameters once: the exponents and the secant of the depth
 * curve, which is made from depth_1pct and depth_exponent where it has no points. Before check()
 * and after every change. */
void impact_prepare(struct impact_params *params);

#define IMPACT_STATE_MAX 8   /* doubles of the largest state */
#define IMPACT_MEMORY_MAX 20 /* doubles of what a model remembers of prices */

/* What was executed where depth is not known. */
struct beyond_depth {
    double quantity; /* base units */
    double notional; /* at the price that the curve's continuation gives, quote units */
};

struct impact_model {
    const char *name;   /* key in scenario files */
    const char *title;  /* one line for `list impact-models` */
    const char *source; /* paper or document, with its date */
    bool has_price_space;
    /* STATUS_CONFIG: a parameter out of its range, named at the start of the message. */
    MUST_CHECK enum status (*check)(const struct impact_params *params, struct error *reterr);
    /* Lets `elapsed_ns` (>= 0) pass: decay. The state is IMPACT_STATE_MAX doubles, zero at first.
     */
    void (*advance)(const struct impact_params *params, double *state, int64_t elapsed_ns);
    /* The displacement now. */
    double (*displacement)(const struct impact_params *params, const double *state);
    /* Takes the net forced quantity of one wave (base units, > 0 sells) at `price` (> 0, the price
     * before the wave). Gives the displacement of the average fill and the one after it. In the
     * same instant, slicing the quantity in two calls (the second at the price after the first)
     * gives the same state. */
    void (*execute)(const struct impact_params *params, double *state, double price,
                    double net_quantity, double *ret_average, double *ret_displacement);
    /* d(displacement)/d(quantity sold) now, at `price`: for the local branching ratio. */
    double (*slope)(const struct impact_params *params, const double *state, double price);
    /* Takes note of the price (> 0) at which the flow's market ends `minute` (since 1970). Minutes
     * rise from call to call; in those left out the price stood still. `memory` is
     * IMPACT_MEMORY_MAX doubles, zero at first. It moves no displacement, only what comes after.
     * NULL: the model looks at no price. */
    void (*observe)(const struct impact_params *params, double *state, double *memory,
                    int64_t minute, double price);
    /* What went beyond the depth curve so far. NULL: the model has none. */
    struct beyond_depth (*beyond)(const double *state);
    /* From now on depth is `factor` (> 0) times that of normal times: an order consumes 1 / factor
     * of its quantity, beside what withdrawal does. What was consumed before is not touched, so no
     * displacement moves. NULL: the model moves no price. */
    void (*set_depth)(double *state, double factor);
    /* Adds `amount` to the displacement, caused elsewhere (cross-impact); it decays like any. NULL:
     * the model's impact is not linear, so that it takes none. */
    void (*displace)(const struct impact_params *params, double *state, double amount);
};

extern const struct impact_model *const impact_models[];        /* NULL-terminated */
const struct impact_model *impact_model_find(const char *name); /* NULL: no such model */
