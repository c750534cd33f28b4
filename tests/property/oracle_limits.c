/* Orders with a price limit, and losses limited a block, by their definition: the order with the
 * worst limit gives way first, until nobody is filled worse than its limit. */

#include <assert.h>
#include <stdlib.h>

#include "tests/property/oracle_book.h"

#define TRIED_ONE_BY_ONE 4096 /* beyond so many lots the most are found by halving */

static int64_t absolute(int64_t lots) {
    return lots < 0 ? -lots : lots;
}

static bool limited(const struct oracle_order *order, uint32_t i, int64_t sign) {
    return order->row.instrument == i && order->price == PRICE_MARKET && order->market * sign > 0 &&
           order->limit != PRICE_NONE;
}

static bool is_worse(int64_t sign, int64_t price, int64_t than) {
    return sign > 0 ? price < than : price > than;
}

/* The worst limit of the side's orders that still go to market; false: there is none. */
static bool worst_limit(const struct oracle_book *book, uint32_t i, int64_t sign,
                        int64_t *ret_limit) {
    bool found = false;
    for (size_t o = 0; o < book->order_count; o++) {
        const struct oracle_order *order = &book->orders[o];
        if (limited(order, i, sign) && (!found || is_worse(sign, *ret_limit, order->limit)))
            *ret_limit = order->limit;
        found = found || limited(order, i, sign);
    }
    return found;
}

static int64_t price_now(const struct oracle_book *book, uint32_t i, int64_t less,
                         oracle_price *price, const void *context) {
    int64_t net;
    (void)oracle_book_net(book, i, &net);
    return price(context, i, net - less);
}

static bool breaks(const struct oracle_book *book, uint32_t i, int64_t sign, oracle_price *price,
                   const void *context) {
    int64_t limit;
    return worst_limit(book, i, sign, &limit) &&
           is_worse(sign, price_now(book, i, 0, price, context), limit);
}

static void leave(struct oracle_order *order, int64_t market) {
    const int64_t less = order->market - market;
    order->market -= less;
    order->lots -= less;
    order->rest += less;
}

/* All orders of the worst limit give way together, pro rata, as little as will do; those that have
 * done so before, wholly. */
static void give_way(struct oracle_book *book, uint32_t i, int64_t sign, oracle_price *price,
                     const void *context) {
    int64_t limit = 0;
    size_t count = 0;
    struct oracle_order **group = calloc(book->order_count, sizeof(*group));
    int128 *weights = calloc(2 * book->order_count, sizeof(*weights));
    assert(group != NULL && weights != NULL);
    (void)worst_limit(book, i, sign, &limit);
    int64_t all = 0;
    bool before = false;
    for (size_t o = 0; o < book->order_count; o++) {
        struct oracle_order *order = &book->orders[o];
        if (!limited(order, i, sign) || order->limit != limit)
            continue;
        size_t at = count++;
        for (; at > 0 && oracle_id_before(book, order->row.account, group[at - 1]->row.account);
             at--)
            group[at] = group[at - 1];
        group[at] = order;
        all += absolute(order->market);
        before = before || order->gave_way;
    }
    int64_t most = before ? 0 : all;
    int64_t too_many = all + 1;
    if (all <= TRIED_ONE_BY_ONE) {
        while (most > 0 &&
               is_worse(sign, price_now(book, i, sign * (all - most), price, context), limit))
            most--;
    } else if (!before) {
        most = 0;
        while (too_many - most > 1) {
            const int64_t middle = most + (too_many - most) / 2;
            if (is_worse(sign, price_now(book, i, sign * (all - middle), price, context), limit))
                too_many = middle;
            else
                most = middle;
        }
    }
    for (size_t g = 0; g < count; g++)
        weights[g] = absolute(group[g]->market);
    oracle_share(count, weights, most, weights + count);
    for (size_t g = 0; g < count; g++) {
        leave(group[g], sign * (int64_t)weights[count + g]);
        group[g]->gave_way = true;
    }
    book->coverage.limit_parts += most > 0;
    book->coverage.limit_cuts++;
    free(group);
    free(weights);
}

/* ---- losses of a block ---- */

static int128 loss_of(const struct oracle_book *book, const struct oracle_order *order,
                      int64_t price) {
    const int64_t at = order->row.bankruptcy_price_ticks;
    const uint32_t i = order->row.instrument;
    if (at == PRICE_NONE)
        return 0;
    const int128 loss =
        -oracle_value(book, i, -order->market, at) - oracle_value(book, i, order->market, price);
    return loss > 0 ? loss : 0;
}

/* No order loses more than its pool's block has left; true: one did. */
static bool hold_losses(struct oracle_book *book, uint32_t i, oracle_price *price,
                        const void *context) {
    const int64_t most = book->rulebook->limits.block_insurance;
    const int64_t at = price_now(book, i, 0, price, context);
    bool any = false;
    for (size_t o = 0; o < book->order_count && most > 0; o++) {
        struct oracle_order *order = &book->orders[o];
        if (order->row.instrument != i || order->price != PRICE_MARKET || order->market == 0)
            continue;
        const struct oracle_pool *pool = order->pool;
        const int128 lost = book->now < pool->block_until ? pool->block_lost : 0;
        const int128 left = lost < most ? most - lost : 0;
        const int128 loss = loss_of(book, order, at);
        if (loss == 0 || loss <= left)
            continue;
        const int64_t lots = (int64_t)(absolute(order->market) * left / loss);
        leave(order, order->held ? 0 : order->market > 0 ? lots : -lots);
        order->held = true;
        book->coverage.insurance_cuts++;
        any = true;
    }
    return any;
}

void oracle_limit(struct oracle_book *book, uint32_t i, oracle_price *price, const void *context) {
    int64_t net;
    (void)oracle_book_net(book, i, &net);
    const int64_t first = net > 0 ? 1 : -1; /* the side that moves the price */
    for (;;) {
        const bool broke = breaks(book, i, first, price, context);
        const int64_t side = broke ? first : -first;
        bool any = false;
        for (; breaks(book, i, side, price, context); any = true)
            give_way(book, i, side, price, context);
        if (!any && !hold_losses(book, i, price, context))
            return;
    }
}

void oracle_limit_note(struct oracle_book *book, uint32_t i, int64_t fill, int64_t mark) {
    for (size_t o = 0; o < book->order_count; o++) {
        struct oracle_order *order = &book->orders[o];
        struct oracle_pool *pool = order->pool;
        if (order->row.instrument != i)
            continue;
        if (order->price == PRICE_MARKET && order->market != 0 && order->limit != PRICE_NONE)
            assert(!is_worse(order->market, fill, order->limit));
        if (book->windows[i].used > 0 && book->windows[i].last == book->now)
            book->windows[i].used -= absolute(order->rest);
        if (book->rulebook->limits.block_ns == 0 || order->handed)
            continue;
        const int64_t left_out = order->rest + order->waits;
        if (left_out != 0) {
            pool->block_used -= oracle_notional(book, i, order->lots + left_out, mark) -
                                oracle_notional(book, i, order->lots, mark);
            order->position->block_until = oracle_block_end(book); /* not again before */
        }
        if (order->price == PRICE_MARKET && order->market != 0)
            pool->block_lost += loss_of(book, order, fill);
    }
}
