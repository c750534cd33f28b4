#include "loaders/ticks/depth_book.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal_text.h"

#define LEVELS_FIRST 64

/* Levels sorted so that the best is the last; a bid's key is its price, an ask's the negative of
 * it. There is room before the first level as behind the last, and what is moved is the shorter
 * part: nearly all updates are near the best, and snapshots come sorted, one way or the other. */
struct side {
    size_t count;
    size_t capacity;
    size_t first; /* where the levels begin in the arrays */
    int64_t *keys;
    int64_t *amounts;
};

struct depth_book {
    size_t *budget;
    int32_t price_decimals;
    int32_t amount_decimals;
    struct side sides[2];
};

struct depth_book *depth_book_create(size_t *budget) {
    struct depth_book *const book = calloc(1, sizeof(*book));
    if (book != NULL)
        book->budget = budget;
    return book;
}

void depth_book_destroy(struct depth_book *book) {
    if (book == NULL)
        return;
    for (int i = 0; i < 2; i++) {
        *book->budget += book->sides[i].capacity;
        free(book->sides[i].keys);
        free(book->sides[i].amounts);
    }
    free(book);
}

void depth_book_clear(struct depth_book *book) {
    book->sides[DEPTH_BID].count = 0;
    book->sides[DEPTH_ASK].count = 0;
}

/* Moves the levels to the middle of arrays that are at most half full. */
static enum status make_room(struct depth_book *book, struct side *side, struct error *reterr) {
    size_t capacity = side->capacity == 0 ? LEVELS_FIRST : side->capacity;
    if (2 * side->count >= capacity)
        capacity *= 2;
    if (capacity - side->capacity > *book->budget)
        return error_set(reterr, STATUS_CORRUPT,
                         "the books of all instruments have too many levels together");
    int64_t *const keys = malloc(capacity * sizeof(int64_t));
    int64_t *const amounts = malloc(capacity * sizeof(int64_t));
    if (keys == NULL || amounts == NULL) {
        free(keys);
        free(amounts);
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for a book");
    }
    const size_t first = (capacity - side->count) / 2;
    if (side->count > 0) {
        memcpy(keys + first, side->keys + side->first, side->count * sizeof(int64_t));
        memcpy(amounts + first, side->amounts + side->first, side->count * sizeof(int64_t));
    }
    free(side->keys);
    free(side->amounts);
    *book->budget -= capacity - side->capacity;
    side->keys = keys;
    side->amounts = amounts;
    side->capacity = capacity;
    side->first = first;
    return STATUS_OK;
}

/* Moves levels from..end by one, up or down. */
static void move(struct side *side, size_t from, size_t end, int by) {
    const size_t size = (end - from) * sizeof(int64_t);
    int64_t *const keys = side->keys + side->first + from;
    int64_t *const amounts = side->amounts + side->first + from;
    memmove(keys + by, keys, size);
    memmove(amounts + by, amounts, size);
}

/* Makes a gap for a level at `at`. */
static enum status insert(struct depth_book *book, struct side *side, size_t at,
                          struct error *reterr) {
    if (side->count == DEPTH_LEVELS_MAX)
        return error_set(reterr, STATUS_CORRUPT, "a book of more than %zu levels on one side",
                         DEPTH_LEVELS_MAX);
    const bool down = at < side->count - at;
    if (down ? side->first == 0 : side->first + side->count == side->capacity) {
        const enum status status = make_room(book, side, reterr);
        if (status != STATUS_OK)
            return status;
    }
    if (down) {
        move(side, 0, at, -1);
        side->first--;
    } else {
        move(side, at, side->count, 1);
    }
    side->count++;
    return STATUS_OK;
}

static void take_out(struct side *side, size_t at) {
    if (at < side->count - at) {
        move(side, 0, at, 1);
        side->first++;
    } else {
        move(side, at + 1, side->count, -1);
    }
    side->count--;
}

/* Multiplies all keys or amounts of the book; false, and nothing done: one would overflow. */
static bool widen(struct depth_book *book, bool amounts, int64_t factor) {
    const int64_t limit = INT64_MAX / factor;
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < 2; i++) {
            const struct side *const side = &book->sides[i];
            if (side->count == 0)
                continue;
            int64_t *const values = (amounts ? side->amounts : side->keys) + side->first;
            for (size_t k = 0; k < side->count; k++) {
                if (pass == 0 && (values[k] > limit || values[k] < -limit))
                    return false;
                if (pass == 1)
                    values[k] *= factor;
            }
        }
    }
    return true;
}

/* `value` at the decimals of the book, which grow where it needs more. */
static bool fit(struct depth_book *book, bool amounts, struct decimal value,
                int64_t *ret_mantissa) {
    int32_t *const decimals = amounts ? &book->amount_decimals : &book->price_decimals;
    if (value.decimals > *decimals) {
        value = decimal_normal(value);
        if (value.decimals > *decimals) {
            if (!widen(book, amounts, units_pow10(value.decimals - *decimals)))
                return false;
            *decimals = value.decimals;
        }
    }
    return decimal_rescale(value, *decimals, ret_mantissa);
}

/* The first level whose key is not below `key`. */
static size_t find_level(const struct side *side, int64_t key) {
    size_t low = 0;
    size_t high = side->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (side->keys[side->first + middle] < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

enum status depth_book_set(struct depth_book *book, enum depth_side which, struct decimal price,
                           struct decimal amount, struct error *reterr) {
    struct side *const side = &book->sides[which];
    if (price.mantissa <= 0 || amount.mantissa < 0)
        return error_set(reterr, STATUS_CORRUPT,
                         "a level with a price that is not above 0, or an "
                         "amount below 0");
    int64_t key;
    int64_t mantissa;
    if (!fit(book, false, price, &key) || !fit(book, true, amount, &mantissa))
        return error_set(reterr, STATUS_RANGE,
                         "the level cannot be held exactly beside the others of its book");
    if (which == DEPTH_ASK)
        key = -key;
    const size_t at = find_level(side, key);
    const bool there = at < side->count && side->keys[side->first + at] == key;
    if (mantissa == 0) {
        if (there)
            take_out(side, at);
        return STATUS_OK;
    }
    if (!there) {
        const enum status status = insert(book, side, at, reterr);
        if (status != STATUS_OK)
            return status;
        side->keys[side->first + at] = key;
    }
    side->amounts[side->first + at] = mantissa;
    return STATUS_OK;
}

/* The best price of a side that has one. */
static int64_t best_price(const struct depth_book *book, enum depth_side which) {
    const struct side *const side = &book->sides[which];
    const int64_t key = side->keys[side->first + side->count - 1];
    return which == DEPTH_BID ? key : -key;
}

bool depth_book_best(const struct depth_book *book, enum depth_side which,
                     struct depth_level *ret_level) {
    const struct side *const side = &book->sides[which];
    if (side->count == 0)
        return false;
    ret_level->price = (struct decimal){best_price(book, which), book->price_decimals};
    ret_level->amount =
        (struct decimal){side->amounts[side->first + side->count - 1], book->amount_decimals};
    return true;
}

bool depth_book_worst(const struct depth_book *book, enum depth_side which,
                      struct depth_level *ret_level) {
    const struct side *const side = &book->sides[which];
    if (side->count == 0)
        return false;
    const int64_t key = side->keys[side->first];
    ret_level->price = (struct decimal){which == DEPTH_BID ? key : -key, book->price_decimals};
    ret_level->amount = (struct decimal){side->amounts[side->first], book->amount_decimals};
    return true;
}

struct decimal depth_sum(int128 sum, int32_t decimals) {
    while (decimals > 18 || !units_fits_int64(sum)) {
        if (decimals == 0)
            return (struct decimal){INT64_MAX, 0}; /* beyond any market */
        sum = div_floor(sum, 10);
        decimals--;
    }
    return (struct decimal){(int64_t)sum, decimals};
}

bool depth_book_near(const struct depth_book *book, enum depth_side which, int percent,
                     struct decimal *ret_notional, struct decimal *ret_amount) {
    assert(percent > 0 && percent < 100);
    if (book->sides[DEPTH_BID].count == 0 || book->sides[DEPTH_ASK].count == 0)
        return false;
    const int64_t bid = best_price(book, DEPTH_BID);
    const int64_t ask = best_price(book, DEPTH_ASK);
    if (bid >= ask)
        return false;
    /* price >= (bid + ask) / 2 * (100 - percent) / 100, and the like for asks, without division */
    const int128 twice = (int128)bid + ask;
    const int128 limit = twice * (which == DEPTH_BID ? 100 - percent : 100 + percent);
    const struct side *const side = &book->sides[which];
    int128 notional = 0;
    int128 amount = 0;
    for (size_t i = side->first + side->count; i-- > side->first;) {
        const int128 price = which == DEPTH_BID ? side->keys[i] : -(int128)side->keys[i];
        if (which == DEPTH_BID ? 200 * price < limit : 200 * price > limit)
            break;
        /* 2^17 levels of 2^126: may pass 2^127 only for amounts of 2^47 units at such prices */
        if (__builtin_add_overflow(notional, price * side->amounts[i], &notional))
            return false;
        amount += side->amounts[i];
    }
    *ret_notional = depth_sum(notional, book->price_decimals + book->amount_decimals);
    *ret_amount = depth_sum(amount, book->amount_decimals);
    return true;
}
