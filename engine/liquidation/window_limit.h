#pragma once
/* A cap on what is closed of an instrument in a window of time, shared by all accounts
 * (`liquidation.window_quantity`): Synthetix Perps V3 (close_amount.h has the source and the sum).
 * A window is over when so long has passed without an order. */

#include "base/error.h"
#include "engine/book/book.h"
#include "engine/liquidation/wave.h"

/* Makes the wave's orders fit: of each instrument those whose pool has been in breach longest
 * first, ties by account id as bytes, then as they stand. What a window has no room for leaves the
 * wave (order.waits); its pool gets no order before the first of the windows that its orders found
 * full is over. Whole accounts handed to the vault are no orders of it. STATUS_NO_MEMORY. */
MUST_CHECK enum status window_limit_fit(struct book *book, struct wave *wave, struct error *reterr);

/* `lots` (magnitude) of an instrument's orders of this wave were not closed after all. */
void window_limit_return(struct book *book, uint32_t instrument, int64_t lots);
