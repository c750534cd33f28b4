#include "engine/liquidation/window_limit.h"

#include <stdlib.h>
#include <string.h>

static bool is_ruled(const struct rulebook *rules) {
    return rules->limits.window_ns > 0;
}

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
    return order_by_id(book, queue->orders, x, y);
}

/* The windows as the orders before have left them, and who has to wait. */
struct fit {
    const struct book *book;
    struct close_window *windows;
    struct window_wait *waits;
    size_t wait_count;
};

static void serve(struct fit *fit, struct order *order, uint32_t index) {
    const struct book *book = fit->book;
    const uint32_t i = order_instrument(book, order);
    const struct window_cap *cap = cap_of(book->rulebook, book->instruments[i].symbol);
    if (cap == NULL || order->way == WAY_VAULT)
        return;
    struct close_window *window = &fit->windows[i];
    const int64_t length = book->rulebook->limits.window_ns;
    const int64_t wanted = lots_magnitude(order->lots);
    const int64_t room = (int64_t)close_window_room(
        window, lots_of(&book->instruments[i], cap->quantity), length, book->now_ns, wanted);
    if (room > 0)
        close_window_book(window, length, book->now_ns, room);
    if (room == wanted)
        return;
    order_leave_waiting(order, order->lots < 0 ? room - wanted : wanted - room);
    order->cut = CUT_WINDOW;
    fit->waits[fit->wait_count++] = (struct window_wait){index, window->last + length + 1};
}

static enum status fit_allocate(struct fit *fit, const struct limits *limits,
                                const struct order_list *orders, uint32_t **ret_turns,
                                struct error *reterr) {
    const size_t count = fit->book->instrument_count;
    *ret_turns = malloc(orders->count * sizeof(**ret_turns));
    fit->waits = malloc(orders->count * sizeof(*fit->waits));
    fit->windows = malloc(count * sizeof(*fit->windows));
    if (*ret_turns == NULL || fit->waits == NULL || fit->windows == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for orders that share a window");
    memcpy(fit->windows, limits->windows, count * sizeof(*fit->windows));
    return STATUS_OK;
}

enum status window_limit_fit(const struct limits *limits, const struct book *book,
                             struct order_list *orders, struct window_wait **ret_waits,
                             size_t *ret_count, struct error *reterr) {
    *ret_waits = NULL;
    *ret_count = 0;
    if (!is_ruled(book->rulebook) || orders->count == 0)
        return STATUS_OK;
    struct fit fit = {.book = book};
    uint32_t *turns = NULL;
    const enum status status = fit_allocate(&fit, limits, orders, &turns, reterr);
    if (status == STATUS_OK) {
        for (uint32_t o = 0; o < orders->count; o++)
            turns[o] = o;
        struct queue queue = {book, orders->rows};
        qsort_r(turns, orders->count, sizeof(*turns), by_turn, &queue);
        for (size_t t = 0; t < orders->count; t++)
            serve(&fit, &orders->rows[turns[t]], turns[t]);
        *ret_waits = fit.waits;
        *ret_count = fit.wait_count;
    } else {
        free(fit.waits);
    }
    free(fit.windows);
    free(turns);
    return status;
}

/* ---- the table's ---- */

static enum status prepare(struct limits *limits, const struct book *book, struct error *reterr) {
    if (limits->windows == NULL)
        limits->windows = calloc(book->instrument_count, sizeof(*limits->windows));
    if (limits->windows == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for windows of closing");
    return STATUS_OK;
}

static void renew(struct limits *limits, const struct book *book, size_t first, size_t end) {
    (void)first;
    (void)end;
    memset(limits->windows, 0, book->instrument_count * sizeof(*limits->windows));
}

static void note(struct limits *limits, const struct book *book, const struct order *order) {
    const uint32_t i = order_instrument(book, order);
    if (order->lots != 0 && order->way != WAY_VAULT &&
        cap_of(book->rulebook, book->instruments[i].symbol) != NULL)
        close_window_book(&limits->windows[i], book->rulebook->limits.window_ns, book->now_ns,
                          lots_magnitude(order->lots));
}

/* What a limit left out was not closed after all. */
static void settle(struct limits *limits, const struct book *book, const struct order *order,
                   int64_t fill) {
    (void)fill;
    struct close_window *window = &limits->windows[order_instrument(book, order)];
    if (order->way != WAY_VAULT && window->used > 0 && window->last == book->now_ns)
        window->used -= lots_magnitude(order->rest);
}

static size_t bytes(const struct limits *limits, const struct book *book) {
    return limits->windows == NULL ? 0 : book->instrument_count * sizeof(*limits->windows);
}

static void finish(struct limits *limits) {
    free(limits->windows);
}

const struct limit_kind window_limit = {
    .keys = "liquidation.window_ms, window_quantity",
    .is_ruled = is_ruled,
    .prepare = prepare,
    .renew = renew,
    .note = note,
    .settle = settle,
    .bytes = bytes,
    .finish = finish,
};
