#include "engine/liquidation/window_limit.h"

#include <stdlib.h>
#include <string.h>

#include "engine/liquidation/waterfall.h"

/* The cap of an instrument, its own or that of all; NULL: none. */
static const struct window_cap *cap_of(const struct rulebook *rules, const char *symbol) {
    const struct window_cap *for_all = NULL;
    for (size_t c = 0; c < rules->limits.window_count; c++) {
        if (rules->limits.windows[c].symbol == NULL)
            for_all = &rules->limits.windows[c];
        else if (strcmp(rules->limits.windows[c].symbol, symbol) == 0)
            return &rules->limits.windows[c];
    }
    return for_all;
}

/* Whole lots within a quantity, one at least. */
static int128 lots_of(const struct instrument *instrument, struct decimal quantity) {
    const int128 lots = (int128)quantity.mantissa * units_pow10(instrument->lot.decimals) /
                        ((int128)instrument->lot.mantissa * units_pow10(quantity.decimals));
    return lots < 1 ? 1 : lots;
}

static uint32_t instrument_of(const struct book *book, const struct order *order) {
    return book_positions(book, &book->pools[order->pool])[order->position].instrument;
}

struct queue {
    const struct book *book;
    const struct order *orders;
};

static int by_turn(const void *a, const void *b, void *queue_pointer) {
    const struct queue *queue = queue_pointer;
    const uint32_t x = *(const uint32_t *)a;
    const uint32_t y = *(const uint32_t *)b;
    const struct book *book = queue->book;
    const int64_t since_x = book->breach_ns[queue->orders[x].pool];
    const int64_t since_y = book->breach_ns[queue->orders[y].pool];
    if (since_x != since_y)
        return since_x < since_y ? -1 : 1;
    return waterfall_by_id(book, queue->orders, x, y);
}

/* Leaves `lots` (signed) of an order in the wave; `over_ns`: then there is room again. */
static void shorten(struct book *book, struct wave *wave, struct order *order, int64_t lots,
                    int64_t over_ns) {
    if (order->price != PRICE_BANKRUPTCY) {
        wave_add_net(wave, order, instrument_of(book, order), lots - order->lots);
        order->market = lots;
    }
    order->waits = order->lots - lots;
    order->lots = lots;
    struct pool *pool = &book->pools[order->pool];
    int64_t *allowed = &book->allowed_ns[order->pool];
    if (!(pool->flags & POOL_SENT) || over_ns < *allowed)
        *allowed = over_ns;
    pool->flags |= POOL_SENT; /* its latency has passed */
}

static void serve(struct book *book, struct wave *wave, struct order *order) {
    const uint32_t i = instrument_of(book, order);
    const struct window_cap *cap = cap_of(book->rulebook, book->instruments[i].symbol);
    if (cap == NULL || order->handed)
        return;
    struct close_window *window = &book->windows[i];
    const int64_t length = book->rulebook->limits.window_ns;
    const int64_t wanted = order->lots < 0 ? -order->lots : order->lots;
    const int64_t room = (int64_t)close_window_room(
        window, lots_of(&book->instruments[i], cap->quantity), length, book->now_ns, wanted);
    if (room > 0)
        close_window_book(window, length, book->now_ns, room);
    if (room < wanted)
        shorten(book, wave, order, order->lots < 0 ? -room : room, window->last + length + 1);
}

enum status window_limit_fit(struct book *book, struct wave *wave, struct error *reterr) {
    if (book->rulebook->limits.window_ns == 0 || wave->order_count == 0)
        return STATUS_OK;
    uint32_t *turns = malloc(wave->order_count * sizeof(*turns));
    if (turns == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for orders that share a window");
    for (uint32_t o = 0; o < wave->order_count; o++)
        turns[o] = o;
    struct queue queue = {book, wave->orders};
    qsort_r(turns, wave->order_count, sizeof(*turns), by_turn, &queue);
    for (size_t t = 0; t < wave->order_count; t++)
        serve(book, wave, &wave->orders[turns[t]]);
    free(turns);
    return STATUS_OK;
}

void window_limit_return(struct book *book, uint32_t instrument, int64_t lots) {
    struct close_window *window = &book->windows[instrument];
    if (window->used > 0 && window->last == book->now_ns)
        window->used -= lots < 0 ? -(int128)lots : lots;
}
