#pragma once
/* Orders through the market with a price limit (`liquidation.limit`), and with a limit on what an
 * account may lose past bankruptcy in a block (`block_insurance`): immediate or cancel. All fills
 * of a wave in one instrument get one price; what would be filled worse than its limit at that
 * price is left out of the wave and stays with its account.
 *
 * Who gives way: on the side that moves the price (sells if the wave sells on balance) the orders
 * with the worst limit first, then those with the next, until the price meets the limits of all
 * that are left; the orders of the last limit that has to give way do so pro rata, ties by account
 * id, and as little as will do. Then the other side, if the price now breaks its limits; then the
 * first again, until no limit is broken. Orders that have given way in part and have to again, do
 * wholly, so that this ends. */

#include "base/error.h"
#include "engine/book/book.h"
#include "engine/liquidation/waterfall.h"
#include "engine/liquidation/wave.h"

/* The limit in ticks of an order of a position, given its bankruptcy price and its pool's health;
 * PRICE_NONE: none. `fillable`: the worst price that close_fillable_value() allows for the whole
 * position, rounded to the tick that is better for the account. */
int64_t fill_limit_of(const struct book *book, const struct position *position,
                      struct pool_health health, int64_t bankruptcy_price);

/* Leaves out of the wave what may not be filled in `instrument`: order.market, order.lots,
 * order.rest, wave->net. `price` gives the fill for any net. An order loses at most
 * what its pool's block has left, of its lots in proportion. STATUS_NO_MEMORY. */
MUST_CHECK enum status fill_limit_cut(const struct book *book, struct wave *wave,
                                      uint32_t instrument, waterfall_price *price,
                                      const void *context, struct error *reterr);
