#pragma once
/* What becomes of a wave's orders in one instrument before it is filled (design §4.3 step 3):
 * limits cut them, the waterfall divides them between market and takers, those whom limits left
 * with a debt go to the takers too, and the fund takes over. Afterwards every order adds up
 * (order.h). */

#include <stdint.h>

#include "base/error.h"
#include "engine/book/book.h"
#include "engine/liquidation/waterfall.h"
#include "engine/liquidation/wave.h"

/* Decides order.market, taken, rest, wave->net and wave->matches of a touched instrument; `fill`
 * gives the price that every fill of the wave would get for any net. STATUS_NO_MEMORY. */
MUST_CHECK enum status execute_divide(struct book *book, struct wave *wave, uint32_t instrument,
                                      waterfall_price *fill, const void *context,
                                      struct error *reterr);

/* The wave has its wave->fill_price in `instrument`: what limits had noted is settled. What was
 * left out does not count for the block, and is not tried again in it; what is lost past bankruptcy
 * does. */
void execute_settle_limits(const struct book *book, struct wave *wave, uint32_t instrument);
