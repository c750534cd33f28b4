#pragma once
/* How far forced orders may drive prices before a position would not fit money. */

#include "engine/book/book.h"
#include "engine/impact/flow.h"

/* Narrows `bounds` (one an instrument, PRICE_BOUNDS_WIDEST at first) so that at any prices within
 * them each position of the book is worth at most its share of what its pool's wallet can hold: of
 * a linear contract they end above, of an inverse one below. */
void price_bounds_narrow(const struct book *book, struct price_bounds *bounds);
