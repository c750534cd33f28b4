#pragma once
/* Dealing out a whole number of money units in proportion to weights, by largest remainder. */

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/units.h"

/* Deals `total` (0..sum of weights) over `count` rows in proportion to `weights` (>= 0), into
 * ret_shares; the shares add up to `total` and none exceeds its weight. Left-over units go to the
 * largest remainders; `precedes(context, a, b)` < 0 says that row a comes before row b in a tie.
 * STATUS_NO_MEMORY alone can fail. */
MUST_CHECK enum status share_out(size_t count, const int64_t *weights, int128 total,
                                 int (*precedes)(const void *context, size_t a, size_t b),
                                 const void *context, int64_t *ret_shares, struct error *reterr);
