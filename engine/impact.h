#pragma once
/* How forced quantity moves a price: models as constant tables of functions with a state each
 * instrument. A displacement D is positive for falls; in log space price = baseline * exp(-D), in
 * price space (tests' reference model) price = baseline - D. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum impact_space { IMPACT_LOG, IMPACT_PRICE };

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
};

#define IMPACT_STATE_MAX 8 /* doubles of the largest state */

struct impact_model {
    const char *name;   /* key in scenario files */
    const char *title;  /* one line for `list impact-models` */
    const char *source; /* paper or document, with its date */
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
};

extern const struct impact_model *const impact_models[];        /* NULL-terminated */
const struct impact_model *impact_model_find(const char *name); /* NULL: no such model */
