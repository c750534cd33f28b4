/* Orders that accounts have open in the market: they are never filled, block margin and are
 * cancelled before anything is closed. By definition: each order anew each time. */

#include <assert.h>

#include "tests/property/oracle_book.h"

static int128 notional_of(const struct open_order_view *order) {
    return order->cost < 0 ? -(int128)order->cost : order->cost;
}

/* What a position like it would need to be opened: by its leverage, else by the flat rate; the
 * worlds have no leverage by tier. */
static int128 initial(const struct rulebook *rules, const struct open_order_view *order) {
    assert(rules->margin.initial_rate_e8 > 0 && rules->margin.initial_size_count == 0);
    return order->leverage_e8 > 0
               ? div_ceil(notional_of(order) * RATE_SCALE, order->leverage_e8)
               : div_ceil(notional_of(order) * rules->margin.initial_rate_e8, RATE_SCALE);
}

static int128 with_ratio(const struct rulebook *rules, int128 margin) {
    const struct decimal ratio = rules->margin.trigger_ratio;
    return ratio.mantissa == 0 ? margin
                               : div_ceil(margin * ratio.mantissa, units_pow10(ratio.decimals));
}

/* Alone, in the contract's own tiers or curve, at its own price; under portfolio margin its worst
 * move. */
static int128 maintenance(const struct oracle_book *book, const struct open_order_view *order) {
    struct oracle_book at_cost = *book;
    struct rulebook by_entry = *book->rulebook;
    by_entry.margin.basis = BASIS_ENTRY; /* the notional is |cost|, whatever the price */
    at_cost.rulebook = &by_entry;
    const struct portfolio_margin *s = book->rulebook->margin.portfolio;
    if (s == NULL || book->tables[order->instrument] != NULL)
        return oracle_maintenance(&at_cost, order->instrument, order->lots, order->cost, 1);
    size_t count;
    const struct portfolio_move *moves =
        oracle_moves(book, oracle_unit(book, order->instrument), &count);
    int128 worst = s->minimum_rate_e8;
    for (size_t m = 0; m < count; m++) {
        const int128 move = moves[m].move_e8 < 0 ? -moves[m].move_e8 : moves[m].move_e8;
        const int128 loss = div_nearest(move * moves[m].cover_e8, RATE_SCALE);
        worst = loss > worst ? loss : worst;
    }
    return div_ceil(notional_of(order) * (worst < RATE_SCALE ? worst : RATE_SCALE), RATE_SCALE);
}

static int128 margin_of(const struct oracle_book *book, const struct open_order_view *order) {
    const struct rulebook *rules = book->rulebook;
    const int64_t each = rules->margin.orders.per_order;
    if (rules->margin.orders.rate == ORDER_RATE_MAINTENANCE && rules->margin.portfolio != NULL &&
        book->tables[order->instrument] == NULL)
        return with_ratio(rules, maintenance(book, order) + each);
    if (rules->margin.orders.rate == ORDER_RATE_MAINTENANCE)
        return maintenance(book, order) + with_ratio(rules, each);
    if (rules->margin.orders.rate == ORDER_RATE_INITIAL)
        return with_ratio(rules, initial(rules, order) + each);
    return with_ratio(
        rules, div_ceil(notional_of(order) * rules->margin.orders.rate_e8, RATE_SCALE) + each);
}

int128 oracle_open_margin(const struct oracle_book *book, const struct oracle_pool *pool) {
    int128 sum = 0;
    for (size_t k = 0; k < pool->open_count; k++)
        if (!pool->open[k].cancelled && book->rulebook->margin.orders.counts == ORDERS_MAINTENANCE)
            sum += margin_of(book, &pool->open[k].view);
    return sum;
}

/* Which contracts the pool's forced orders would be in: they are made, and taken back. */
static void would_close(struct oracle_book *book, struct oracle_pool *pool, const int64_t *marks,
                        int64_t ts_ns, bool *ret_instruments) {
    const struct oracle_pool before = *pool;
    const struct oracle_coverage coverage = book->coverage;
    const size_t orders = book->order_count;
    const size_t matches = book->match_count;
    const struct liquidation_record row = {.ts_ns = ts_ns};
    for (uint32_t i = 0; i < book->input->instrument_count; i++)
        ret_instruments[i] = false;
    if (oracle_is_open(pool))
        oracle_order_pool(book, pool, marks, &row);
    for (size_t o = orders; o < book->order_count; o++)
        ret_instruments[book->orders[o].row.instrument] = true;
    book->order_count = orders;
    book->match_count = matches;
    book->coverage = coverage;
    *pool = before;
}

void oracle_cancel(struct oracle_book *book, struct oracle_pool *pool, const int64_t *marks,
                   int64_t ts_ns) {
    const enum cancel_orders rule = book->rulebook->liquidation.cancel_orders;
    bool closes[64];
    bool any = false;
    for (size_t k = 0; k < pool->open_count; k++)
        any = any || !pool->open[k].cancelled;
    if (!any || rule == CANCEL_NONE || !oracle_in_breach(book, pool, marks))
        return;
    assert(book->input->instrument_count <= 64);
    if (rule == CANCEL_INSTRUMENT)
        would_close(book, pool, marks, ts_ns, closes);
    for (size_t k = 0; k < pool->open_count; k++) {
        struct oracle_open_order *order = &pool->open[k];
        if (order->cancelled || (rule == CANCEL_INSTRUMENT && !closes[order->view.instrument]))
            continue;
        order->cancelled = true;
        book->coverage.cancelled++;
    }
    book->coverage.relieved += !oracle_in_breach(book, pool, marks);
}
