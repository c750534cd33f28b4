#pragma once
/* Losses that nobody has paid, spread over the open positions of their instrument at once, as
 * on-chain protocols do through the funding index (loss_index.h). */

#include "base/error.h"
#include "engine/liquidation/wave.h"

/* Charges the wave's unpaid shortfalls, by instrument, to every open position in it, longs and
 * shorts alike, by lots; what rounding up brings over the loss goes to the fund. An instrument
 * without open positions leaves its loss unpaid. Whoever paid is queued. STATUS_RANGE: a wallet
 * overflows. */
MUST_CHECK enum status loss_spread_wave(struct book *book, struct wave *wave, struct error *reterr);
