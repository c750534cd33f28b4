#pragma once
/* What on-chain protocols add to how much an order closes and what it costs: rulebook keys that
 * most venues leave out. The sums are in close_amount.h and close_fee.h. */

#include <stdint.h>

#include "engine/book/book.h"

/* What a pool is short of at the exit ratio (1 without one): >= 0. */
int128 closing_shortage(const struct book *book, struct pool_health health);

/* Lots, magnitude, at least 1, that `close: portion` and `close: to_cover` close. */
int64_t closing_portion(const struct book *book, const struct closing *rule,
                        const struct position *position);
int64_t closing_cover(const struct book *book, const struct closing *rule,
                      const struct position *position, struct pool_health health);

/* The insurance fund's fee rate of an order made at this health, where the rest of the margin
 * limits it; else the rulebook's. */
int64_t closing_insurance_e8(const struct book *book, const struct position *position,
                             struct pool_health health);

/* What an order of `lots` of a position frees of its pool's shortage, money, where the rulebook has
 * that released over time; -1 where not. */
int128 closing_frees(const struct book *book, const struct closing *rule,
                     const struct position *position, struct pool_health health, int64_t lots);
