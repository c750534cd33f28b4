#pragma once
/* What an on-chain liquidation costs and who gets it: insurance fund, liquidator, keeper. Amounts
 * are in one unit of the caller's choice. */

#include <stdint.h>

#include "base/units.h"

/* dYdX v4 (v4-chain, commit 84d4664ba, x/clob/keeper/liquidations.go): `proceeds` and `bankruptcy`
 * are what the close brings and what it would have to (signed: a buyer's are negative). Positive:
 * the account pays the fund what is left over, at most `fee_e8` of the proceeds, rounded down;
 * negative: the fund pays. */
int128 close_insurance_delta(int128 proceeds, int128 bankruptcy, int64_t fee_e8);

/* Drift v2 (protocol-v2, commit 0ae3e3b1d, math/liquidation.rs): the liquidator's fee rises with
 * the time since the account was last active, once `grace` has passed. */
struct close_fee_ramp {
    int64_t base_e8, most_e8;
    int64_t grace;
    int64_t rise_e8; /* a unit of time */
};
int64_t close_fee_ramp_e8(const struct close_fee_ramp *ramp, int64_t inactive);

/* The insurance fund's fee: 95 % of what is left of the margin ratio after the liquidator's fee and
 * the shortage, at most `most_e8`; in whole millionths. `value` is that of the position. Same
 * source. */
int64_t close_insurance_fee_e8(int128 shortage, int128 value, int64_t ratio_e8,
                               int64_t liquidator_fee_e8, int64_t most_e8);

/* The same for a borrowed asset, which is repaid by selling another: ratio is what repaying a unit
 * of value frees, liability weight less asset weight times the ratio of their multipliers; the fee
 * is of the liability's weighted value. */
int64_t close_insurance_fee_spot_e8(int128 shortage, int128 value, int64_t asset_part_e8,
                                    int64_t liability_weight_e8, int64_t most_e8);

/* Synthetix Perps V3 (synthetix-v3, commit 23585f73c, GlobalPerpsMarketConfiguration.sol): what a
 * keeper gets, between a least and a most; most 0: no limit. */
int128 close_keeper_reward(int128 rewards, int128 least, int128 most);
