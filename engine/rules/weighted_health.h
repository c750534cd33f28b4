#pragma once
/* Health as the sum of weighted assets less weighted liabilities, with open orders at their worst
 * outcome and weights that fall as the venue's deposits or borrows grow: Mango v4 (mango-v4, commit
 * 1303a4a16, health/cache.rs, state/bank.rs). Amounts, prices and weights are in 1e-8; products are
 * rounded against the account. */

#include <stddef.h>
#include <stdint.h>

#include "base/units.h"

#define HEALTH_SCALE INT64_C(100000000)

/* Beyond `start` (quote) a weight is scaled by start / total: an asset's down, or a liability's up
 * by total / start. start 0: never. */
struct health_cap {
    int128 total, start;
};

struct health_token {
    int128 balance; /* signed; spot, free amounts of open orders included */
    int64_t price;
    int64_t asset_weight, liability_weight;
    struct health_cap deposits, borrows;
};

/* A spot market's open orders: what is set aside for them counts as the worse of base and quote.
 * Prices 0: no order is known. */
struct health_market {
    size_t base, quote; /* tokens */
    int128 reserved_base, reserved_quote;
    int64_t lowest_ask, highest_bid;
};

/* A perpetual that settles in a token. Sizes in base units. */
struct health_perp {
    size_t settle;
    int64_t price;
    int128 size, quote; /* signed; quote: what was paid (negative) or received */
    int128 bids, asks;  /* open orders, >= 0 */
    int64_t base_asset_weight, base_liability_weight;
    int64_t overall_asset_weight; /* of a positive whole */
};

/* What the perpetual adds to its settle token before that token's weight: the worse of its bids or
 * its asks filled at the price. `ret_unweighted` (may be NULL): before the overall weight. */
int128 health_of_perp(const struct health_perp *perp, int128 *ret_unweighted);

/* `amount` (signed) of a token, valued and weighted. */
int128 health_of_token(const struct health_token *token, int128 amount);

#define HEALTH_TOKENS_MAX 64

/* The whole account; token_count <= HEALTH_TOKENS_MAX. */
int128 health_of_account(const struct health_token *tokens, size_t token_count,
                         const struct health_market *markets, size_t market_count,
                         const struct health_perp *perps, size_t perp_count);
