#pragma once
/* The insurance fund of all instruments, and its parts where each instrument has its own
 * (`waterfall.fund: per_instrument`). */

#include "engine/book/book.h"

/* Brings the book's fund to the form that its rulebook asks for. A fund for all is divided by the
 * rulebook's `fund_shares`: contracts have a share of 1 unless they are named, spot instruments
 * none, since nobody has positions in them. Parts are the ends of a running sum, rounded down, in
 * the instruments' order, so that they add up. Parts become a fund for all by their sum. What is
 * divided already stays as it is. STATUS_NO_MEMORY. */
MUST_CHECK enum status fund_split_prepare(struct book *book, struct error *reterr);

/* Money from outside into the fund, or out of it as far as there is any. What comes is divided as
 * at the start, what goes is taken from each part in proportion to it. */
void fund_split_change(struct book *book, int64_t amount);

/* What an instrument's fund may lose past bankruptcy now before a later stage has to. */
int128 fund_split_bearable(const struct book *book, uint32_t instrument, int64_t now_ns);

/* Notes the balances at the end of an instant. */
MUST_CHECK enum status fund_split_note(struct book *book, int64_t now_ns, struct error *reterr);
