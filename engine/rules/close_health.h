#pragma once
/* How much of a perpetual is closed until an account's weighted health is back at 0, and how much
 * of its positive result a liquidator then takes over: Mango v4 (mango-v4, commit 1303a4a16,
 * instructions/perp_liq_base_or_positive_pnl.rs). Amounts in 1e-8 of the settle asset, whose own
 * weight is 1; weights in 1e-8. */

#include <stdbool.h>
#include <stdint.h>

#include "base/units.h"

struct close_health {
    int128 health;          /* of the account, the perpetual included at its overall weight */
    int128 unweighted;      /* what the perpetual adds to it before its overall weight */
    int128 per_lot;         /* > 0: what a lot closed adds to `unweighted` */
    int64_t overall_weight; /* of a positive `unweighted` */
    int64_t settle_fee;     /* of a positive result that a liquidator takes over */
    int128 lots;            /* magnitude of the position */
    int128 lots_most;       /* what the liquidator takes at most */
    int128 settle_most;
};

/* What a lot closed adds to `unweighted`: its value less the fee, in place of its value at the
 * weight that is lost. `weight` is the base asset weight of a long, the liability weight of a
 * short. */
int128 close_health_per_lot(int128 lot_value, bool is_long, int64_t weight, int64_t fee);

/* Lots to close, counting on what will be settled after: while the perpetual takes from health
 * every lot helps in full; then by what it can be settled for; then by the overall weight. */
int128 close_health_lots(const struct close_health *close);

/* The positive result that is taken over after `closed` lots were; `result` is the position's
 * (value and quote, at the oracle) by then. */
int128 close_health_settled(const struct close_health *close, int128 closed, int128 result);
