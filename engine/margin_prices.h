#pragma once
/* Prices at which a pool would be in breach or bankrupt, all else held. Continuous, for display:
 * the engine itself decides on the tick grid. */

#include "engine/book.h"

/* The price (quote units) of position `index` of the pool, all else held, at which equity equals
 * the requirement: below it a long, above it a short is in breach. NaN: no price above zero does
 * it. */
double margin_liquidation_price(const struct book *book, const struct pool *pool, uint16_t index);

/* The price at which the pool's equity is 0. NaN: no price above zero. */
double margin_bankruptcy_price(const struct book *book, const struct pool *pool, uint16_t index);
