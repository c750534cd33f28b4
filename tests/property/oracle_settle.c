#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tests/property/oracle_book.h"

static void *allocate(size_t count, size_t size) {
    void *memory = calloc(count > 0 ? count : 1, size);
    assert(memory != NULL);
    return memory;
}

static int64_t absolute(int64_t lots) {
    return lots < 0 ? -lots : lots;
}

static void settle_order(const struct oracle_book *book, struct oracle_order *order, int64_t fill) {
    struct liquidation_record *row = &order->row;
    struct oracle_position *p = order->position;
    const int64_t closed = row->quantity_lots;
    const int64_t share = closed == p->lots ? p->cost
                                            : (int64_t)div_floor((int128)p->cost * absolute(closed),
                                                                 absolute(p->lots));
    row->price_ticks = fill;
    row->notional = (int64_t)oracle_notional(book, p->instrument, closed, fill);
    row->realised_pnl = (int64_t)(oracle_value(book, p->instrument, closed, fill) - share);
    row->fee = (int64_t)div_ceil((int128)row->notional * book->rulebook->fee_rate_e8, RATE_SCALE);
    p->lots -= closed;
    p->cost -= share;
    order->pool->wallet += row->realised_pnl - row->fee;
}

/* Shares `amount` over `count` weights by the largest remainder; `before(i, j)` is how ties go. */
static void share_out(size_t count, const int128 *weights, int128 amount,
                      const struct oracle_order *const *orders,
                      bool (*before)(const struct oracle_book *, const struct oracle_order *,
                                     const struct oracle_order *),
                      const struct oracle_book *book, int128 *ret_shares) {
    int128 sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += weights[i];
    int128 left = amount;
    int128 *remainder = allocate(count, sizeof(*remainder));
    for (size_t i = 0; i < count; i++) {
        ret_shares[i] = amount * weights[i] / sum;
        remainder[i] = amount * weights[i] % sum;
        left -= ret_shares[i];
    }
    for (; left > 0; left--) {
        size_t best = 0;
        for (size_t i = 1; i < count; i++)
            if (remainder[i] > remainder[best] ||
                (remainder[i] == remainder[best] && before(book, orders[i], orders[best])))
                best = i;
        ret_shares[best]++;
        remainder[best] = -1;
    }
    free(remainder);
}

static bool lower_instrument(const struct oracle_book *book, const struct oracle_order *a,
                             const struct oracle_order *b) {
    (void)book;
    return a->row.instrument < b->row.instrument;
}

/* By account id as bytes, then instrument, then as listed (two isolated positions in one). */
static bool lower_account(const struct oracle_book *book, const struct oracle_order *a,
                          const struct oracle_order *b) {
    char left[ACCOUNT_ID_SIZE];
    char right[ACCOUNT_ID_SIZE];
    accounts_id(book->accounts, a->row.account, left);
    accounts_id(book->accounts, b->row.account, right);
    const int order = strcmp(left, right);
    return order != 0 ? order < 0 : lower_instrument(book, a, b);
}

/* What the pool's wallet is short of once nothing is left open, over its orders by notional. */
static void take_shortfall(struct oracle_book *book, struct oracle_pool *pool) {
    const struct oracle_order **orders = allocate(book->order_count, sizeof(const void *));
    int128 *weights = allocate(book->order_count, sizeof(*weights));
    int128 *shares = allocate(book->order_count, sizeof(*shares));
    size_t count = 0;
    for (size_t i = 0; i < book->order_count; i++)
        if (book->orders[i].pool == pool) {
            orders[count] = &book->orders[i];
            weights[count++] = book->orders[i].row.notional;
        }
    share_out(count, weights, -(int128)pool->wallet, orders, lower_instrument, book, shares);
    for (size_t i = 0; i < count; i++)
        book->orders[orders[i] - book->orders].row.shortfall = (int64_t)shares[i];
    pool->wallet = 0;
    book->short_of_money[pool->account] = true;
    free(orders);
    free(weights);
    free(shares);
}

/* The fund pays what it can; nobody pays the rest. */
static void pay_shortfalls(struct oracle_book *book) {
    const size_t count = book->order_count;
    const struct oracle_order **orders = allocate(count, sizeof(const void *));
    int128 *weights = allocate(count, sizeof(*weights));
    int128 *shares = allocate(count, sizeof(*shares));
    int128 total = 0;
    for (size_t i = 0; i < count; i++) {
        orders[i] = &book->orders[i];
        weights[i] = book->orders[i].row.shortfall;
        total += weights[i];
    }
    bool has_fund = false;
    for (size_t i = 0; i < book->rulebook->stage_count; i++)
        has_fund = has_fund || book->rulebook->stages[i] == STAGE_INSURANCE_FUND;
    const int128 fund = has_fund ? book->fund : 0;
    const int128 paid = fund < total ? fund : total;
    if (total > 0)
        share_out(count, weights, paid, orders, lower_account, book, shares);
    for (size_t i = 0; i < count; i++) {
        struct liquidation_record *row = &book->orders[i].row;
        row->paid_fund = (int64_t)shares[i];
        row->unpaid = row->shortfall - row->paid_fund;
    }
    book->fund -= paid;
    free(orders);
    free(weights);
    free(shares);
}

static bool is_open(const struct oracle_pool *pool) {
    for (size_t i = 0; i < pool->position_count; i++)
        if (pool->positions[i].lots != 0)
            return true;
    return false;
}

/* Counts, and keeps the row. */
static void finish_order(struct oracle_book *book, const struct oracle_order *order) {
    book->coverage.partial_closes += order->position->lots != 0;
    book->coverage.squeezed_shorts += order->position->squeezed && order->row.quantity_lots < 0;
    book->liquidations[order->row.account]++;
    book->rows[book->row_count++] = order->row;
}

void oracle_book_settle(struct oracle_book *book, const int64_t *fills) {
    if (book->row_count + book->order_count > book->row_room) {
        book->row_room = 2 * (book->row_count + book->order_count);
        book->rows = realloc(book->rows, book->row_room * sizeof(*book->rows));
    }
    assert(book->rows != NULL);
    for (size_t i = 0; i < book->order_count; i++) {
        settle_order(book, &book->orders[i], fills[book->orders[i].row.instrument]);
        if (book->rulebook->fee_to == FEE_INSURANCE_FUND)
            book->fund += book->orders[i].row.fee;
    }
    for (size_t i = 0; i < book->order_count; i++) {
        struct oracle_pool *pool = book->orders[i].pool;
        if (pool->wallet < 0 && !is_open(pool))
            take_shortfall(book, pool);
    }
    pay_shortfalls(book);
    for (size_t i = 0; i < book->order_count; i++)
        finish_order(book, &book->orders[i]);
    for (uint32_t i = 0; i < book->input->instrument_count; i++) {
        bool sells = false;
        bool buys = false;
        for (size_t o = 0; o < book->order_count; o++)
            if (book->orders[o].row.instrument == i) {
                sells = sells || book->orders[o].row.quantity_lots > 0;
                buys = buys || book->orders[o].row.quantity_lots < 0;
            }
        book->coverage.two_sided_waves += sells && buys;
    }
}
