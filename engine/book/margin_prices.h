#pragma once
/* Prices at which a pool would be in breach or bankrupt, all else held. Continuous, for display:
 * the engine itself decides on the tick grid. */

#include "engine/book/book.h"

/* The price (quote units) of an instrument, the nearest to the present one, at which the pool goes
 * into breach, or out of it: equity equals the requirement. All else is held, but collateral that
 * is valued at this price moves with it. NaN: no price above zero does it. */
double margin_liquidation_price(const struct book *book, const struct pool *pool,
                                uint32_t instrument);

/* The same where the pool's equity, its collateral at full value, is 0. */
double margin_bankruptcy_price(const struct book *book, const struct pool *pool,
                               uint32_t instrument);
