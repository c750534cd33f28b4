#include "engine/liquidation/order.h"

#include <stdlib.h>
#include <string.h>

#include "engine/rules/close_fee.h"

enum status order_list_add(struct order_list *list, struct order order, struct error *reterr) {
    if (list->count == list->capacity) {
        const size_t capacity = list->capacity == 0 ? 1024 : list->capacity * 2;
        struct order *rows = realloc(list->rows, capacity * sizeof(*rows));
        if (rows == NULL)
            return error_set(reterr, STATUS_NO_MEMORY, "no memory for forced orders");
        list->rows = rows;
        list->capacity = capacity;
    }
    list->rows[list->count++] = order;
    return STATUS_OK;
}

void order_list_finish(struct order_list *list) {
    free(list->rows);
    memset(list, 0, sizeof(*list));
}

void order_leave_waiting(struct order *order, int64_t less) {
    order->lots -= less;
    order->waits += less;
}

void order_leave_resting(struct order *order, int64_t less) {
    order->lots -= less;
    order->rest += less;
}

/* Whether lots of an order are of its side, or none. */
static bool is_of_side(const struct order *order, int64_t lots) {
    return lots == 0 || (lots > 0) == (order->planned > 0);
}

bool order_adds_up(const struct order *order, bool executed) {
    const bool sides = is_of_side(order, order->lots) && is_of_side(order, order->waits) &&
                       is_of_side(order, order->rest) && is_of_side(order, order->market) &&
                       is_of_side(order, order->taken);
    return sides && order->planned == order->lots + order->waits + order->rest &&
           (!executed || order->lots == order->market + order->taken);
}

int order_by_id(const struct book *book, const struct order *orders, uint32_t a, uint32_t b) {
    const uint32_t x = book->pools[orders[a].pool].account;
    const uint32_t y = book->pools[orders[b].pool].account;
    if (x == y)
        return a < b ? -1 : a > b;
    return accounts_by_id(book->accounts, x, y);
}

struct id_order {
    const struct book *book;
    const struct order *orders;
};

static int by_id(const void *a, const void *b, void *pointer) {
    const struct id_order *order = pointer;
    return order_by_id(order->book, order->orders, *(const uint32_t *)a, *(const uint32_t *)b);
}

void order_sort_by_id(const struct book *book, const struct order *orders, uint32_t *indices,
                      size_t count) {
    struct id_order order = {book, orders};
    qsort_r(indices, count, sizeof(*indices), by_id, &order);
}

const char *order_way_name(enum order_way way) {
    static const char *const names[] = {[WAY_MARKET] = "market",
                                        [WAY_MARK] = "mark price",
                                        [WAY_FUND] = "bankruptcy price",
                                        [WAY_VAULT] = "backstop"};
    return names[way];
}

const char *order_cut_name(enum order_cut cut) {
    static const char *const names[] = {[CUT_NONE] = NULL,
                                        [CUT_BLOCK] = "liquidation.block_notional",
                                        [CUT_WINDOW] = "liquidation.window_quantity",
                                        [CUT_LIMIT] = "liquidation.limit",
                                        [CUT_LOSS] = "liquidation.block_insurance"};
    return names[cut];
}

int128 order_market_loss(const struct book *book, const struct order *order, int64_t price) {
    if (order->bankruptcy_price == PRICE_NONE)
        return 0;
    const struct instrument *instrument = &book->instruments[order_instrument(book, order)];
    const int128 delta = close_insurance_delta(
        instrument_value_floor(instrument, order->market, price),
        instrument_value_ceil(instrument, order->market, order->bankruptcy_price), 0);
    return -delta; /* without a fee a gain is nobody's */
}
