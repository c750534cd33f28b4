#pragma once
/* Margin of a notional by protocols that scale it: dYdX v4 by open interest, Synthetix Perps V3 by
 * the position's share of the skew scale. Amounts are in one unit of the caller's choice (money, or
 * a protocol's own quantum); the roundings are in that unit. */

#include <stdint.h>

#include "base/units.h"

/* dYdX v4, liquidity tier (v4-chain, commit 84d4664ba, x/perpetuals/types/liquidity_tier.go): the
 * initial fraction rises from `initial_rate_e8` to 1 while the open notional goes from `lower` to
 * `upper`; `upper` 0: it does not. The maintenance margin is `maintenance_e8` of the *unscaled*
 * initial margin. */
struct open_interest_scale {
    int64_t initial_rate_e8;     /* 0..1e8 */
    int64_t maintenance_part_e8; /* 0..1e8, of the initial margin */
    int128 lower, upper;         /* notional of the open interest */
};

/* Initial margin of `notional` (>= 0) at the fraction that holds, rounded up. */
int128 open_interest_initial(const struct open_interest_scale *scale, int128 notional,
                             int128 open_notional);

/* Maintenance margin: both of its two steps round up. */
int128 open_interest_maintenance(const struct open_interest_scale *scale, int128 notional);

/* The initial fraction that holds at an open notional, rounded down to a millionth. */
int64_t open_interest_rate_e8(const struct open_interest_scale *scale, int128 open_notional);

/* Synthetix Perps V3 (synthetix-v3, commit 23585f73c, PerpsMarketConfiguration.sol): the initial
 * ratio is `factor` times the size's share of the skew scale plus a floor, the maintenance ratio a
 * part of it; a fixed sum a position comes on top of either. */
struct skew_margin {
    int128 size;       /* magnitude, in the unit of skew_scale */
    int128 skew_scale; /* > 0 */
    int64_t factor_e8;
    int64_t floor_e8;
    int64_t maintenance_part_e8;
    int128 position_minimum;
};

/* Initial and maintenance margin of a notional, each rounded up. */
int128 skew_margin_initial(const struct skew_margin *margin, int128 notional);
int128 skew_margin_maintenance(const struct skew_margin *margin, int128 notional);
