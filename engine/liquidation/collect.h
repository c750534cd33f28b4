#pragma once
/* The first act of a wave: assess the queued pools, plan the orders of those in breach, send them.
 */

#include <stdint.h>

#include "base/error.h"
#include "engine/book/book.h"
#include "engine/liquidation/wave.h"

/* Assesses every queued pool at the shown prices: in breach, its orders are added; healthy, it gets
 * a new box; cooling down, a timer. `trace` (may be NULL) fills an order's origin. */
MUST_CHECK enum status wave_collect(struct book *book, struct wave *wave, int64_t now_ns,
                                    struct order_origin (*trace)(void *context,
                                                                 const struct book *book,
                                                                 const struct pool *pool),
                                    void *context, struct error *reterr);

/* Sends the planned orders: window caps, which all pools share, cut them; what goes to market is
 * netted; what limits count is noted. `cut` (may be NULL) is told of each pool that a full window
 * has cut, and when that is over. STATUS_NO_MEMORY. */
MUST_CHECK enum status wave_send(const struct book *book, struct wave *wave,
                                 void (*cut)(void *context, uint32_t pool, int64_t over_ns),
                                 void *context, struct error *reterr);
