#pragma once
/* Which positions of a pool in breach are closed, and how much of each (the rulebook's `order` and
 * `close`). */

#include <stdint.h>

#include "engine/book.h"

/* The position (index in the pool) that goes first under one-at-a-time orders. The pool has one. */
uint16_t closing_first(const struct book *book, const struct pool *pool);

/* Lots to close of an open position, signed as it, at least one lot. */
int64_t closing_lots(const struct book *book, const struct pool *pool,
                     const struct position *position, struct pool_health health);

/* Price in ticks at which closing the position leaves the pool's equity at 0, the others held at
 * the shown prices; where the rulebook shares equity by maintenance margin, at which it uses up its
 * share. Rounded so that no more is used up. PRICE_NONE: no price above zero. */
int64_t closing_bankruptcy_price(const struct book *book, const struct pool *pool,
                                 const struct position *position, struct pool_health health);
