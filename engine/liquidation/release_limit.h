#pragma once
/* A shortage that may be freed over time only (`close: to_cover` with `release_...`): Drift v2
 * (close_amount.h has the source and the sum). */

#include <stdint.h>

#include "engine/liquidation/limits.h"

extern const struct limit_kind release_limit;

/* The part (CLOSE_PART_SCALE) of a pool's `shortage`, money, that may be freed now. */
int64_t release_limit_part(const struct limits *limits, const struct book *book,
                           const struct pool *pool, int128 shortage);

/* The pool is healthy again: what comes is another liquidation. */
void release_limit_end(struct limits *limits, uint32_t pool);
