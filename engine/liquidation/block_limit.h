#pragma once
/* What a venue that works in blocks liquidates of one pool in one block: at most so much notional,
 * each position once (rulebook keys `block_...`). dYdX v4 (v4-chain, commit 84d4664ba,
 * x/clob/keeper/liquidations.go: SubaccountBlockLimits, and PlacePerpetualLiquidation for the one
 * order a market). Asked without such a rule, everything has room. */

#include <stdbool.h>
#include <stdint.h>

#include "engine/liquidation/limits.h"

extern const struct limit_kind block_limit;

/* End of the block that now_ns of the wave is in. The rules have blocks. */
int64_t block_limit_end_ns(const struct book *book);

/* Whether nothing of an open pool may be closed before the block ends. */
bool block_limit_is_reached(const struct limits *limits, const struct book *book,
                            const struct pool *pool);

/* Whether the position gets no order in this block: it has had its one, or one that its limit has
 * left a rest of. */
bool block_limit_spares(const struct limits *limits, const struct book *book,
                        const struct position *position);

/* Notional that a pool's orders may still close in this block, money; INT128_MAX: any. */
int128 block_limit_notional(const struct limits *limits, const struct book *book,
                            const struct pool *pool);

/* Of `lots` (signed) of a position what an order may close with `left` of that notional: all, as
 * much as it allows, rounded down to a lot but at least one as the protocol has it, or 0. What it
 * uses of `left` is taken off. */
int64_t block_limit_lots(const struct limits *limits, const struct book *book,
                         const struct position *position, int64_t lots, int128 *left);

/* What the pool's orders may still lose past bankruptcy in this block; the rules limit it. */
int128 block_limit_insurance(const struct limits *limits, const struct book *book, uint32_t pool);
