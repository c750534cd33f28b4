#pragma once
/* The first wave of one account alone, at given prices that no order moves: what `crossfall margin`
 * says would be closed. It is what a replay of that account does first at those prices, with limits
 * that nothing has used and without latency (tests/property/test_first_wave.c holds the two
 * together). */

#include <stddef.h>

#include "base/error.h"
#include "engine/book/book.h"
#include "engine/liquidation/wave.h"

/* Fills wave->orders for the pools first..end of one account, at book->prices and book->now_ns:
 * open orders are cancelled in the book, the planner's orders cut by block, pace, windows, limits
 * and what the block may lose. Nobody else is there to take a position over, so that what a limit
 * leaves is a rest. `wave` is prepared for the book's rules; its limits are renewed for the
 * account. STATUS_NO_MEMORY. */
MUST_CHECK enum status first_wave_collect(struct book *book, struct wave *wave, size_t pool_first,
                                          size_t pool_end, struct error *reterr);
