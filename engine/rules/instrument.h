#pragma once
/* What a run trades: symbol, grid, and what one lot at one tick is worth. */

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/units.h"

#define INSTRUMENTS_MAX 1024 /* of a run */

enum contract_kind { CONTRACT_LINEAR, CONTRACT_INVERSE, CONTRACT_QUANTO, CONTRACT_SPOT };

struct instrument {
    const char *symbol; /* borrowed for the run */
    enum contract_kind kind;
    const char *settles;          /* the asset it settles in; NULL: that of the accounts */
    struct decimal price_tick;    /* > 0; one price unit of a run */
    struct decimal lot;           /* > 0; one quantity unit of a run */
    struct decimal contract_size; /* > 0; what a unit of quantity stands for: linear, spot: base
                                     units; inverse: quote units; quanto: units of the settlement
                                     asset a unit of price. 1 for most */
    /* Money (1e-8 of the settlement asset) of one lot at a price of one tick is value_num /
     * value_den, in lowest terms; set by instrument_init(). Inverse: at a price of p ticks it is
     * value_num / (value_den * p). */
    int64_t value_num;
    int64_t value_den;
    double tick_size; /* price_tick as a double, for impact and reports */
    double lot_size;  /* lot * contract_size as a double; see instrument_base() */
};

static inline bool instrument_is_inverse(const struct instrument *instrument) {
    return instrument->kind == CONTRACT_INVERSE;
}

/* Sets the derived members from price_tick, lot, contract_size. STATUS_CONFIG: a member is not
 * positive or the kind is not supported; STATUS_RANGE: the grid is too fine or too coarse. */
MUST_CHECK enum status instrument_init(struct instrument *instrument, struct error *reterr);

/* Value of `lots` (signed) at `price_ticks` in money, rounded down (against the account). What a
 * position gains is its value now less its value at entry, whatever the kind: of an inverse
 * contract, which pays lots * (1/entry - 1/price), the value is -lots / price. */
static inline int128 instrument_value_floor(const struct instrument *instrument, int64_t lots,
                                            int64_t price_ticks) {
    if (__builtin_expect(instrument_is_inverse(instrument), 0))
        return div_floor(-(int128)lots * instrument->value_num,
                         (int128)instrument->value_den * price_ticks);
    const int128 product = (int128)lots * price_ticks * instrument->value_num;
    return instrument->value_den == 1 ? product : div_floor(product, instrument->value_den);
}

/* The same rounded up: what opening a position costs. */
static inline int128 instrument_value_ceil(const struct instrument *instrument, int64_t lots,
                                           int64_t price_ticks) {
    return -instrument_value_floor(instrument, -lots, price_ticks);
}

/* Notional of `lots` (signed) at `price_ticks`: |value|, money, rounded up. */
static inline int128 instrument_notional(const struct instrument *instrument, int64_t lots,
                                         int64_t price_ticks) {
    const int64_t magnitude = lots < 0 ? -lots : lots;
    return instrument_value_ceil(
        instrument, instrument_is_inverse(instrument) ? -magnitude : magnitude, price_ticks);
}

/* Most lots (>= 0) whose notional at `price_ticks` is at most `notional` (money, >= 0). */
int64_t instrument_lots_within(const struct instrument *instrument, int128 notional,
                               int64_t price_ticks);

/* The price in ticks at which `lots` (signed, not 0) are worth `value`, rounded towards the side
 * where they are worth more: up for a long, down for a short. 0: there is no such price above 0
 * within 2^62 ticks. */
int64_t instrument_price_of_value(const struct instrument *instrument, int64_t lots, int128 value);

/* Base units of so many lots at a price (quote units), for impact: inverse contracts are counted in
 * quote. */
static inline double instrument_base(const struct instrument *instrument, double lots,
                                     double price) {
    const double quantity = lots * instrument->lot_size;
    return instrument_is_inverse(instrument) ? quantity / price : quantity;
}

/* The cost of `lots` (signed) at an exact entry price, money, rounded up. STATUS_RANGE: too large.
 */
MUST_CHECK enum status instrument_cost(const struct instrument *instrument, int64_t lots,
                                       struct decimal entry_price, int64_t *ret_cost,
                                       struct error *reterr);
