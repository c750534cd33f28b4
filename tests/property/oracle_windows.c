/* A cap a window that all accounts of an instrument share, by its definition: one order after the
 * other, who has been in breach longest first, gets what the window still has room for. */

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tests/property/oracle_book.h"

/* Lots that a window holds; -1: as many as one likes. */
static int128 capacity_of(const struct oracle_book *book, uint32_t i) {
    const struct instrument *instrument = &book->input->instruments[i];
    const struct window_cap *cap = NULL;
    for (size_t c = 0; c < book->rulebook->limits.window_count; c++) {
        const struct window_cap *other = &book->rulebook->limits.windows[c];
        if (other->symbol != NULL ? strcmp(other->symbol, instrument->symbol) == 0 : cap == NULL)
            cap = other;
    }
    if (cap == NULL || book->rulebook->limits.window_ns == 0)
        return -1;
    int128 lots = 0; /* the most whose quantity is within the cap */
    const int128 most = (int128)cap->quantity.mantissa * units_pow10(instrument->lot.decimals);
    const int128 lot = (int128)instrument->lot.mantissa * units_pow10(cap->quantity.decimals);
    while ((lots + 1) * lot <= most)
        lots++;
    return lots > 0 ? lots : 1;
}

static bool goes_first(const struct oracle_book *book, const struct oracle_order *a,
                       const struct oracle_order *b) {
    if (a->pool->breach_since != b->pool->breach_since)
        return a->pool->breach_since < b->pool->breach_since;
    if (a->pool->account != b->pool->account)
        return oracle_id_before(book, a->pool->account, b->pool->account);
    return a < b;
}

/* Makes an order smaller, and its take-over if it has one. */
static void shorten(struct oracle_book *book, struct oracle_order *order, int64_t lots) {
    order->waits = order->lots - lots;
    order->lots = lots;
    if (order->price != PRICE_BANKRUPTCY) {
        order->market = lots;
        return;
    }
    order->taken = order->taken != 0 ? lots : 0;
    size_t kept = 0;
    for (size_t m = 0; m < book->match_count; m++) {
        struct oracle_match match = book->matches[m];
        if (match.order == order)
            match.lots = lots;
        if (match.lots != 0)
            book->matches[kept++] = match;
    }
    book->match_count = kept;
}

static void serve(struct oracle_book *book, struct oracle_order *order, int128 capacity) {
    struct oracle_window *window = &book->windows[order->row.instrument];
    const int64_t length = book->rulebook->limits.window_ns;
    if (window->used == 0 || book->now - window->last > length)
        window->used = 0;
    const int64_t sign = order->lots > 0 ? 1 : -1;
    const int128 room = window->used < capacity ? capacity - window->used : 0;
    const int64_t lots = sign * order->lots <= room ? order->lots : sign * (int64_t)room;
    if (lots != 0) {
        window->used += sign * lots;
        window->last = book->now;
    }
    if (lots == order->lots)
        return;
    shorten(book, order, lots);
    struct oracle_pool *pool = order->pool;
    const int64_t over = window->last + length + 1;
    if (!pool->sent || over < pool->window_over) /* the first of its windows to be over */
        pool->window_over = over;
    pool->sent = true; /* its latency is behind it */
    book->coverage.window_waits++;
    book->coverage.window_parts += lots != 0;
}

void oracle_windows(struct oracle_book *book) {
    bool *served = calloc(book->order_count + 1, sizeof(*served));
    assert(served != NULL);
    for (uint32_t i = 0; i < book->input->instrument_count; i++) {
        const int128 capacity = capacity_of(book, i);
        for (;;) {
            size_t best = book->order_count;
            for (size_t o = 0; o < book->order_count; o++)
                if (book->orders[o].row.instrument == i && !served[o] && !book->orders[o].handed &&
                    (best == book->order_count ||
                     goes_first(book, &book->orders[o], &book->orders[best])))
                    best = o;
            if (capacity < 0 || best == book->order_count)
                break;
            served[best] = true;
            serve(book, &book->orders[best], capacity);
        }
    }
    free(served);
    for (size_t o = 0; o < book->order_count; o++) {
        struct oracle_pool *pool = book->orders[o].pool;
        if (pool->sent && pool->window_over > pool->allowed)
            pool->allowed = pool->window_over;
    }
}
