#pragma once
/* What a run trades: symbol, grid, and what one lot at one tick is worth. */

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/units.h"

enum contract_kind { CONTRACT_LINEAR, CONTRACT_INVERSE, CONTRACT_QUANTO, CONTRACT_SPOT };

struct instrument {
    const char *symbol; /* borrowed for the run */
    enum contract_kind kind;
    struct decimal price_tick;    /* > 0; one price unit of a run */
    struct decimal lot;           /* > 0; one quantity unit of a run */
    struct decimal contract_size; /* > 0; base units a unit of quantity, 1 for most */
    /* Money (1e-8 of the settlement asset) of one lot at a price of one tick is value_num /
     * value_den, in lowest terms; set by instrument_init(). */
    int64_t value_num;
    int64_t value_den;
    double tick_size; /* price_tick as a double, for impact and reports */
    double lot_size;  /* base units a lot as a double: lot * contract_size */
};

/* Sets the derived members from price_tick, lot, contract_size. STATUS_CONFIG: a member is not
 * positive or the kind is not supported; STATUS_RANGE: the grid is too fine or too coarse. */
MUST_CHECK enum status instrument_init(struct instrument *instrument, struct error *reterr);

/* Value of `lots` (signed) at `price_ticks` in money, rounded down (against the account). */
static inline int128 instrument_value_floor(const struct instrument *instrument, int64_t lots,
                                            int64_t price_ticks) {
    const int128 product = (int128)lots * price_ticks * instrument->value_num;
    return instrument->value_den == 1 ? product : div_floor(product, instrument->value_den);
}

/* The same rounded up: what opening a position costs. */
static inline int128 instrument_value_ceil(const struct instrument *instrument, int64_t lots,
                                           int64_t price_ticks) {
    const int128 product = (int128)lots * price_ticks * instrument->value_num;
    return instrument->value_den == 1 ? product : div_ceil(product, instrument->value_den);
}

/* The cost of `lots` (signed) at an exact entry price, money, rounded up. STATUS_RANGE: too large.
 */
MUST_CHECK enum status instrument_cost(const struct instrument *instrument, int64_t lots,
                                       struct decimal entry_price, int64_t *ret_cost,
                                       struct error *reterr);
