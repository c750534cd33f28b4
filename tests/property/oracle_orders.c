/* What is closed of a pool in breach, by the rulebook's `order` and `close`, and at which price it
 * would be bankrupt. */

#include "tests/property/oracle_book.h"

static int64_t absolute(int64_t lots) {
    return lots < 0 ? -lots : lots;
}

/* The price at which the position would leave the pool's equity at 0, all else at `prices`; on the
 * side where equity is not negative. */
static int64_t bankruptcy_price(const struct oracle_book *book, const struct oracle_pool *pool,
                                const struct oracle_position *p, const int64_t *prices) {
    const struct instrument *i = &book->input->instruments[p->instrument];
    const int128 others = oracle_pool_equity(book, pool, prices) - oracle_pnl(book, p, prices);
    const int128 needed = p->cost - others; /* value of the position that makes the sum 0 */
    const int128 per_tick = (int128)absolute(p->lots) * i->value_num;
    const int128 price = p->lots > 0 ? div_ceil(needed * i->value_den, per_tick)
                                     : div_floor(-needed * i->value_den, per_tick);
    return price >= 1 ? (int64_t)price : PRICE_NONE;
}

/* Whether the target is reached with `closed` of the position's |lots| gone. Closing at the present
 * price turns profit into wallet: equity stays (a rounding of one unit aside), requirement falls.
 */
static bool reaches_target(const struct oracle_book *book, const struct oracle_pool *pool,
                           const struct oracle_position *p, const int64_t *prices, int64_t closed) {
    const int64_t price = prices[p->instrument];
    const int64_t rest = absolute(p->lots) - closed;
    const int128 requirement = oracle_pool_requirement(book, pool, prices) -
                               oracle_maintenance(book, p->instrument, p->lots, price) +
                               oracle_maintenance(book, p->instrument, rest, price);
    return oracle_pool_equity(book, pool, prices) * RATE_SCALE >=
           requirement * book->rulebook->target_ratio_e8;
}

/* How many of the position's |lots| its rule closes, 1 at least. */
static int64_t lots_to_close(const struct oracle_book *book, const struct oracle_pool *pool,
                             const struct oracle_position *p, const int64_t *prices) {
    const int64_t lots = absolute(p->lots);
    const int64_t price = prices[p->instrument];
    int64_t closed = lots;
    switch (book->rulebook->close) {
    case CLOSE_FULL:
        break;
    case CLOSE_FRACTION:
        closed = (int64_t)div_ceil((int128)lots * book->rulebook->fraction_e8, RATE_SCALE);
        break;
    case CLOSE_TIER_STEP: {
        const int64_t floor =
            oracle_tier(book, p->instrument, oracle_notional(book, p->instrument, lots, price))
                ->floor;
        /* ceil(kept * price * num / den) <= floor is kept * price * num <= floor * den */
        const struct instrument *i = &book->input->instruments[p->instrument];
        const int64_t kept =
            (int64_t)div_floor((int128)floor * i->value_den, (int128)price * i->value_num);
        closed = lots - kept;
        break;
    }
    case CLOSE_TO_TARGET:
        closed = 1;
        while (closed < lots && !reaches_target(book, pool, p, prices, closed))
            closed++;
        break;
    }
    return closed;
}

static void add_order(struct oracle_book *book, struct oracle_pool *pool, struct oracle_position *p,
                      const int64_t *prices, const struct liquidation_record *row) {
    const int64_t closed = lots_to_close(book, pool, p, prices);
    struct oracle_order *order = &book->orders[book->order_count++];
    *order = (struct oracle_order){.pool = pool, .position = p, .row = *row};
    order->lots = order->market = p->lots > 0 ? closed : -closed;
    order->row.instrument = p->instrument;
    order->row.bankruptcy_price_ticks = bankruptcy_price(book, pool, p, prices);
    /* Taken over by the fund as a whole, at the bankruptcy price, where there is one. */
    if (book->rulebook->price != PRICE_BANKRUPTCY ||
        order->row.bankruptcy_price_ticks == PRICE_NONE)
        return;
    order->market = 0;
    order->taken = order->lots;
    book->coverage.fund_takes++;
    oracle_book_match(book, (struct oracle_match){.order = order,
                                                  .lots = order->lots,
                                                  .price = order->row.bankruptcy_price_ticks});
}

/* What the rule calls the largest is closed; the lower instrument where two are equal. */
static int128 weight(const struct oracle_book *book, const struct oracle_position *p,
                     const int64_t *prices) {
    const int64_t price = prices[p->instrument];
    if (book->rulebook->order == ORDER_LARGEST_LOSS)
        return -oracle_pnl(book, p, prices);
    if (book->rulebook->order == ORDER_LARGEST_MARGIN)
        return oracle_maintenance(book, p->instrument, p->lots, price);
    return oracle_notional(book, p->instrument, p->lots, price);
}

void oracle_order_pool(struct oracle_book *book, struct oracle_pool *pool, const int64_t *prices,
                       const struct liquidation_record *row) {
    const enum close_order order = book->rulebook->order;
    struct oracle_position *largest = NULL;
    for (size_t i = 0; i < pool->position_count; i++) {
        struct oracle_position *p = &pool->positions[i];
        if (p->lots == 0)
            continue;
        if (order == ORDER_ALL || order == ORDER_PROPORTIONAL)
            add_order(book, pool, p, prices, row);
        else if (largest == NULL || weight(book, p, prices) > weight(book, largest, prices))
            largest = p;
    }
    if (largest != NULL)
        add_order(book, pool, largest, prices, row);
}
