#pragma once
/* The end of a run: a row an account, and the totals that need every pool. */

#include "base/error.h"
#include "engine/book/book.h"
#include "engine/replay/tally.h"

/* Hands account rows to the sink, counts accounts by outcome, takes the fund and the ledger's
 * residual into the summary, and mixes final equities into the fingerprint. */
MUST_CHECK enum status outcome_write(const struct book *book, struct tally *tally,
                                     struct error *reterr);

/* The residual of one book's ledger (design §3): exactly 0. */
MUST_CHECK enum status outcome_residual(const struct book *book, int128 *ret_residual,
                                        struct error *reterr);
