#pragma once
/* An order book by price level, put together from updates: best quotes, and what stands near. In
 * bounded memory; exact. */

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/units.h"

enum depth_side { DEPTH_BID, DEPTH_ASK };

/* Levels of one side, more than any venue shows: beyond it the updates are no book. */
#define DEPTH_LEVELS_MAX ((size_t)1 << 17)

struct depth_level {
    struct decimal price;
    struct decimal amount;
};

struct depth_book; /* opaque; used by one thread at a time */

/* NULL: no memory. `budget` is kept: levels that this and other books may still have room for
 * together; a book takes up to four times the levels it has, of 16 bytes. */
struct depth_book *depth_book_create(size_t *budget);
void depth_book_destroy(struct depth_book *book); /* NULL is fine */

/* Takes all levels out. */
void depth_book_clear(struct depth_book *book);

/* Sets what stands at a price (> 0); amount 0 takes the level out, whether it is there or not.
 * STATUS_CORRUPT: too many levels, or an amount below 0; STATUS_RANGE: the prices or amounts of the
 * book cannot all be held exactly; STATUS_NO_MEMORY. */
MUST_CHECK enum status depth_book_set(struct depth_book *book, enum depth_side side,
                                      struct decimal price, struct decimal amount,
                                      struct error *reterr);

/* The best level of a side. False: there is none. */
bool depth_book_best(const struct depth_book *book, enum depth_side side,
                     struct depth_level *ret_level);

/* The level of a side that is farthest from the best. False: there is none. */
bool depth_book_worst(const struct depth_book *book, enum depth_side side,
                      struct depth_level *ret_level);

/* Sum of price * amount, and of amount, over the levels of a side whose price is at most `percent`
 * (1..99) from the middle of the best quotes. A sum that does not fit int64 at its decimals loses
 * its last ones, downwards. False: a side is empty, or the best quotes cross. */
bool depth_book_near(const struct depth_book *book, enum depth_side side, int percent,
                     struct decimal *ret_notional, struct decimal *ret_amount);

/* `sum` at `decimals` as a decimal, as depth_book_near() says. */
struct decimal depth_sum(int128 sum, int32_t decimals);
