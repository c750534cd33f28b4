#pragma once
/* At which price on-chain protocols close: limits and prices off the oracle, bankruptcy price of a
 * part, and prices with the market's skew in them. Amounts are in one unit of the caller's choice.
 */

#include <stdint.h>

#include "base/units.h"

/* dYdX v4 (v4-chain, commit 84d4664ba, x/clob/keeper/liquidations.go): an order may be filled up
 * to this far, in value of the whole position, to the account's disadvantage from the oracle:
 * clamp(adjustment * (1 - equity / requirement), 0, 1) * spread * own requirement. As a fraction,
 * since nothing is rounded. */
struct close_spread {
    int128 num, den; /* den > 0 */
};
struct close_fillable {
    int64_t adjustment_e8; /* bankruptcy adjustment */
    int64_t spread_e8;     /* of the position's maintenance margin */
};
/* `requirement` > 0. */
struct close_spread close_fillable_spread(const struct close_fillable *rule, int128 equity,
                                          int128 requirement, int128 own_requirement);

/* The same with `value` (signed as the position) of the position at the oracle: the worst value it
 * may be closed for, rounded in the account's favour: a seller gets no less, a buyer pays no
 * more. */
int128 close_fillable_value(struct close_spread spread, int128 value);

/* What a close must bring (signed: paid to the account) so that it uses up its share, by margin, of
 * the account's equity: -(change of value) - floor(equity * |change of requirement| / requirement).
 * `freed` is that change's magnitude. Same source. */
int128 close_bankruptcy_quote(int128 value_change, int128 equity, int128 freed, int128 requirement);

/* Drift v2, Mango v4: the value of what is closed at the oracle, less (a long, value > 0) or more
 * (a short) a fee, rounded against the account. */
int128 close_oracle_value(int128 value, int64_t fee_e8);

/* Synthetix Perps V3 (synthetix-v3, commit 23585f73c, AsyncOrder.calculateFillPrice): the mean of
 * the oracle price with the premium of the skew before and after the trade. `skew` and `change` are
 * signed, in the unit of skew_scale > 0. Rounded to the nearest unit of `price`. */
int128 close_skew_price(int128 price, int128 skew, int128 change, int128 skew_scale);
