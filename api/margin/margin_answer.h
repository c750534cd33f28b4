#pragma once
/* The answer of `crossfall margin` about one account, as JSON (interface §7). */

#include <jansson.h>

#include "engine/book/book.h"
#include "engine/liquidation/wave.h"

/* The account whose pools are first..end of the book, the cross one first, at the book's prices.
 * With isolated positions the figures are sums over the pools, and `isolated` has each by itself.
 * `wave` is prepared for the book's rules; its limits are renewed for the account.
 * The caller owns it. Figures are those of the account as it stands; open orders that would be
 * cancelled before it is closed are cancelled in the book. */
json_t *margin_answer_account(struct book *book, struct wave *wave, size_t first, size_t end);
