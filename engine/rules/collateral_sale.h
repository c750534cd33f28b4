#pragma once
/* Selling one asset of an account to repay another that it owes, until it is healthy again: Drift
 * v2 (protocol-v2, commit 0ae3e3b1d, math/liquidation.rs) and Mango v4 (mango-v4, commit 1303a4a16,
 * instructions/token_liq_with_token.rs). Amounts in 1e-8 of their asset, prices in 1e-8 of the
 * quote, shortages and values in 1e-8 of the quote, multipliers and weights in 1e-8. */

#include <stdbool.h>
#include <stdint.h>

#include "base/units.h"

#define SALE_SCALE INT64_C(100000000)
#define SALE_UNLIMITED (((int128)1) << 120)

struct sale {
    int64_t asset_price, liability_price;
    int64_t asset_weight,
        liability_weight;         /* the latter with the exit buffer, where there is one */
    int64_t asset_multiplier;     /* 1 + the asset's fee: a seller gives so much more */
    int64_t liability_multiplier; /* 1 - the liability's fee: so much less is repaid */
};

/* The liability (in `units` a whole one) whose repayment frees `shortage`: each unit of value
 * frees the liability's weight less what is sold for it at the asset's weight, less the fee on it.
 * Rounded down, not less than 1; SALE_UNLIMITED where repaying frees nothing. */
int128 sale_to_cover(const struct sale *sale, int128 shortage, int64_t insurance_fee, int128 units);

/* What `liability` is repaid by: the asset sold for it, rounded down, at least 1; both in units of
 * their own. A rest of the asset (`asset` is all there is) worth less than `dust` goes as well. */
int128 sale_asset_for(const struct sale *sale, int128 liability, int128 liability_units,
                      int128 asset, int128 asset_units, int128 dust);

/* What selling all of `asset` repays, rounded up. */
int128 sale_liability_for(const struct sale *sale, int128 asset, int128 asset_units,
                          int128 liability_units);

/* The least liability that one unit of the asset may be sold for, in 1e-8, rounded down; and
 * whether a trade of `asset` for `liability` is not worse, both as prices cut off at a millionth.
 */
int128 sale_worst_price(const struct sale *sale);
bool sale_within_bound(const struct sale *sale, int128 asset, int128 liability);

/* Mango v4: what is swapped when health (weighted) is `health` < 0. What counts is limited by the
 * balance itself and by the balance with its perpetuals' unsettled results, whichever is less. */
struct sale_side {
    int128 balance;  /* signed; spot alone */
    int128 combined; /* signed; with what perpetuals add to it */
};
/* The liability repaid (0: nothing to sell, or to repay), at most `most`, rounded down but for the
 * part that health needs, which is rounded up. `fee` is on the asset's side. */
int128 sale_for_health(const struct sale *sale, struct sale_side asset, struct sale_side liability,
                       int128 health, int128 most, int64_t fee, int128 *ret_asset);
