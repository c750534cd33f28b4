#pragma once
/* The last stage of the waterfall: what nobody has paid is taken from accounts in profit, when a
 * session closes or the run ends (design §4.3 step 5). */

#include <stdint.h>

#include "base/error.h"
#include "engine/book/book.h"

/* Equity the account came with, at the first mark price of each of its instruments. */
int128 socialise_equity_start(const struct book *book, uint32_t account);

/* The next close after `after_ns` is due by the book's rules; none if they know no sessions. */
void socialise_schedule(struct book *book, int64_t after_ns);

/* A session or the run ends: divides what is unpaid over the accounts that gained since the last
 * session closed (the first begins with the run), in proportion to that gain and at most all of it.
 * Gains count from here on. Does nothing without a `socialise` stage. *ret_loss is raised by what
 * was taken. Who paid is queued. */
MUST_CHECK enum status socialise_close(struct book *book, int128 *ret_loss, struct error *reterr);
