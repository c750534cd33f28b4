#pragma once
/* Futures that expire: every position is settled in cash at the settlement price. */

#include "base/error.h"
#include "engine/book.h"

/* Closes all positions of `instrument` at `price_ticks` (> 0), typically the average of the index
 * over the last hour (FTX). No market, no impact, no fee; nothing where it has had no price yet.
 * The gain goes to the wallet; one that falls below zero without any position left stays there as
 * the account's debt. Pools with other positions are queued. STATUS_RANGE: a wallet does not fit.
 */
MUST_CHECK enum status expiry_settle(struct book *book, uint32_t instrument, int64_t price_ticks,
                                     struct error *reterr);
