#pragma once
/* Futures that expire: every position is settled in cash at the settlement price. */

#include "base/error.h"
#include "engine/book/book.h"

/* Closes all positions of `instrument` at an exact `price` (> 0), typically the average of the
 * index over the last hour (FTX), which need not be on the tick grid; what a position is worth
 * there is rounded down. No market, no impact, no fee; nothing where it has had no price yet. The
 * gain goes to the wallet; one that falls below zero without any position left stays there as the
 * account's debt. Pools with other positions are queued. STATUS_RANGE: a value or wallet does not
 * fit. */
MUST_CHECK enum status expiry_settle(struct book *book, uint32_t instrument, struct decimal price,
                                     struct error *reterr);
