#pragma once
/* How much of a position an order closes, as on-chain protocols have it. Amounts of value are in
 * one unit of the caller's choice (money, or a protocol's quantum), quantities in another. */

#include <stdint.h>

#include "base/units.h"

/* ---- a portion of the notional, not less than a minimum: dYdX v4 ---- */

/* v4-chain, commit 84d4664ba, x/clob/keeper/liquidations.go. The least that an order closes is
 * `minimum` or all of it; the most is `portion_e8` of the notional, not less than the least. */
int128 close_portion_least(int128 notional, int128 minimum);
int128 close_portion_most(int128 notional, int128 minimum, int64_t portion_e8);

/* Quantity of a position of `size` > 0 and `notional` that an order of at most `most` closes: all
 * of it where that is within the limit or the position is a step; else rounded down to whole steps,
 * at least one. */
int128 close_portion_quantity(int128 size, int128 notional, int128 most, int128 step);

/* ---- what covers a shortage: Drift v2 ---- */

#define CLOSE_ALL (((int128)1) << 120)

/* protocol-v2, commit 0ae3e3b1d, math/liquidation.rs. Closing a unit frees `ratio_e8` of its value
 * and costs the two fees: the quantity, in units of which `units` are worth `value`, that frees
 * `shortage`; rounded down. CLOSE_ALL: closing frees nothing, or the value is 0. */
int128 close_cover(int128 shortage, int128 value, int128 units, int64_t ratio_e8,
                   int64_t liquidator_fee_e8, int64_t insurance_fee_e8);

#define CLOSE_PART_SCALE 10000 /* parts are in 1e-4 */

/* Time release: the part of `shortage` that may be freed now, when `elapsed` of `duration` have
 * passed since the liquidation began (0: no delay) and `freed` has been freed by then. Of all that
 * is or was short, initial + elapsed / duration may be free. A shortage below `minimum` is
 * freed at once. */
struct close_release {
    int64_t initial_part; /* in CLOSE_PART_SCALE */
    int64_t duration;
    int128 minimum;
};
int64_t close_released_part(const struct close_release *release, int128 shortage, int128 freed,
                            int64_t elapsed);

/* ---- a cap a window, shared by all accounts of an instrument: Synthetix Perps V3 ---- */

/* synthetix-v3, commit 23585f73c, PerpsMarket.sol. What was closed counts until `window` has
 * passed without any closing. */
struct close_window {
    int64_t last; /* time of the last closing; meaningless while used is 0 */
    int128 used;  /* since the window began */
};

/* The most that a window holds: (maker fee + taker fee) * skew_scale * multiplier * seconds. */
int128 close_window_capacity(int64_t maker_fee_e8, int64_t taker_fee_e8, int128 skew_scale,
                             int64_t multiplier_e8, int64_t seconds);

/* What may still be closed of `wanted` at `now`. */
int128 close_window_room(const struct close_window *state, int128 capacity, int64_t window,
                         int64_t now, int128 wanted);

/* Books `closed` > 0, which close_window_room() allowed. */
void close_window_book(struct close_window *state, int64_t window, int64_t now, int128 closed);
