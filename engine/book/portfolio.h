#pragma once
/* Portfolio margin of the pools of a book: what each position and holding is exposed to, the
 * requirement, and the box, which needs the two ends of every price at once. */

#include "engine/book/book.h"

/* STATUS_CONFIG: a pool that portfolio_box() is for has more than SCENARIO_EXPOSURES_MAX positions
 * and holdings. */
MUST_CHECK enum status portfolio_check(const struct book *book, struct error *reterr);

/* Requirement of a pool at any column of prices, with position `changed` (UINT16_MAX: none) taken
 * as `lots` instead of its own. */
int128 portfolio_requirement(const struct book *book, const struct pool *pool,
                             const int64_t *prices, uint16_t changed, int64_t lots);

/* The box of a healthy pool under portfolio margin, or one with positions that settle in a coin:
 * bounds on both sides of every price it depends on, within which its
 * slack cannot be gone. STATUS_NO_MEMORY. */
MUST_CHECK enum status portfolio_box(struct book *book, uint32_t pool, struct error *reterr);
