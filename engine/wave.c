#include "engine/wave.h"

#include <stdlib.h>
#include <string.h>

#include "engine/closing.h"
#include "engine/share.h"

enum status wave_init(struct wave *wave, size_t instrument_count, struct error *reterr) {
    memset(wave, 0, sizeof(*wave));
    wave->net = calloc(instrument_count, sizeof(*wave->net));
    wave->touched = calloc(instrument_count, sizeof(*wave->touched));
    wave->is_touched = calloc(instrument_count, sizeof(*wave->is_touched));
    wave->fill_price = calloc(instrument_count, sizeof(*wave->fill_price));
    if (wave->net == NULL || wave->touched == NULL || wave->is_touched == NULL ||
        wave->fill_price == NULL) {
        wave_finish(wave);
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for waves");
    }
    return STATUS_OK;
}

void wave_finish(struct wave *wave) {
    free(wave->orders);
    free(wave->net);
    free(wave->touched);
    free(wave->is_touched);
    free(wave->fill_price);
    free(wave->rows);
    free(wave->shortfalls);
    free(wave->shares);
    memset(wave, 0, sizeof(*wave));
}

/* ---- collecting ---- */

static int by_index(const void *a, const void *b) {
    const uint32_t x = *(const uint32_t *)a;
    const uint32_t y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static void wave_clear(struct wave *wave) {
    for (size_t t = 0; t < wave->touched_count; t++) {
        wave->net[wave->touched[t]] = 0;
        wave->is_touched[wave->touched[t]] = false;
    }
    wave->touched_count = 0;
    wave->order_count = 0;
}

static enum status wave_add_order(struct wave *wave, struct order order, uint32_t instrument,
                                  struct error *reterr) {
    if (wave->order_count == wave->order_capacity) {
        const size_t capacity = wave->order_capacity == 0 ? 1024 : wave->order_capacity * 2;
        struct order *orders = realloc(wave->orders, capacity * sizeof(*orders));
        if (orders == NULL)
            return error_set(reterr, STATUS_NO_MEMORY, "no memory for forced orders");
        wave->orders = orders;
        wave->order_capacity = capacity;
    }
    wave->orders[wave->order_count++] = order;
    wave->net[instrument] += order.lots;
    if (!wave->is_touched[instrument]) {
        wave->is_touched[instrument] = true;
        wave->touched[wave->touched_count++] = instrument;
    }
    return STATUS_OK;
}

static enum status book_note_first(struct book *book, uint32_t pool, struct error *reterr) {
    if (book->first_count == book->first_capacity) {
        const size_t capacity = book->first_capacity == 0 ? 256 : book->first_capacity * 2;
        uint32_t *first = realloc(book->first, capacity * sizeof(*first));
        if (first == NULL)
            return error_set(reterr, STATUS_NO_MEMORY, "no memory for first assessments");
        book->first = first;
        book->first_capacity = capacity;
    }
    book->first[book->first_count++] = pool;
    book->pools[pool].flags |= POOL_FIRST;
    book->account_states[book->pools[pool].account].breach_at_start = true;
    return STATUS_OK;
}

static enum status wave_orders_of(struct book *book, struct wave *wave, uint32_t pool_index,
                                  struct pool_health health, struct order_origin origin,
                                  struct error *reterr) {
    const struct pool *pool = &book->pools[pool_index];
    const struct position *position = book_positions(book, pool);
    const enum close_order rule = book->rulebook->order;
    const bool together = rule == ORDER_ALL || rule == ORDER_PROPORTIONAL;
    const uint16_t only = together ? 0 : closing_first(book, pool);
    for (uint16_t k = 0; k < pool->position_count; k++) {
        if (position[k].lots == 0 || (!together && k != only))
            continue;
        const struct order order = {
            .pool = pool_index,
            .position = k,
            .lots = closing_lots(book, pool, &position[k], health),
            .bankruptcy_price = closing_bankruptcy_price(book, &position[k], health),
            .origin = origin,
        };
        const enum status status = wave_add_order(wave, order, position[k].instrument, reterr);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

enum status wave_collect(struct book *book, struct wave *wave, int64_t now_ns,
                         struct order_origin (*trace)(void *context, const struct book *book,
                                                      const struct pool *pool),
                         void *context, struct error *reterr) {
    wave_clear(wave);
    if (book->queue_count > 1)
        qsort(book->queue, book->queue_count, sizeof(*book->queue), by_index);
    for (size_t q = 0; q < book->queue_count; q++) {
        const uint32_t index = book->queue[q];
        struct pool *pool = &book->pools[index];
        pool->flags &= (uint8_t)~POOL_QUEUED;
        if (pool->state != POOL_LIVE)
            continue;
        const bool first_time = book->generation[index] == 0;
        const struct pool_health health = book_health(book, pool, book->prices);
        book->assessments++;
        enum status status;
        if (!book_in_breach(book, health)) {
            status = book_box(book, index, health, reterr);
        } else if (book->allowed_ns != NULL && now_ns < book->allowed_ns[index]) {
            book->generation[index]++; /* the timer decides now, not a trigger */
            status = STATUS_OK;
            if (!(pool->flags & POOL_TIMED)) {
                pool->flags |= POOL_TIMED;
                status = timer_queue_add(&book->timers, book->allowed_ns[index], index, reterr);
            }
        } else {
            status = STATUS_OK;
            if (first_time)
                status = book_note_first(book, index, reterr);
            book->generation[index]++;
            struct order_origin origin = {NODE_NONE, 0, 0};
            if (trace != NULL)
                origin = trace(context, book, pool);
            if (status == STATUS_OK)
                status = wave_orders_of(book, wave, index, health, origin, reterr);
        }
        if (status != STATUS_OK)
            return status;
    }
    book->queue_count = 0;
    qsort(wave->touched, wave->touched_count, sizeof(*wave->touched), by_index);
    return STATUS_OK;
}

/* ---- settling ---- */

static enum status wave_reserve_rows(struct wave *wave, struct error *reterr) {
    if (wave->order_count <= wave->row_capacity)
        return STATUS_OK;
    const size_t capacity = wave->order_capacity;
    struct liquidation_record *rows = realloc(wave->rows, capacity * sizeof(*rows));
    if (rows != NULL)
        wave->rows = rows;
    int64_t *shortfalls = realloc(wave->shortfalls, capacity * sizeof(*shortfalls));
    if (shortfalls != NULL)
        wave->shortfalls = shortfalls;
    int64_t *shares = realloc(wave->shares, capacity * sizeof(*shares));
    if (shares != NULL)
        wave->shares = shares;
    if (rows == NULL || shortfalls == NULL || shares == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for forced orders");
    wave->row_capacity = capacity;
    return STATUS_OK;
}

/* Closes one order at its fill: the position, the wallet, the market's side, the fee. */
static enum status settle_order(struct book *book, const struct order *order, int64_t fill,
                                struct liquidation_record *row, struct error *reterr) {
    struct pool *pool = &book->pools[order->pool];
    struct position *position = &book_positions(book, pool)[order->position];
    const uint32_t i = position->instrument;
    const struct instrument *instrument = &book->instruments[i];
    const int128 proceeds = instrument_value_floor(instrument, order->lots, fill);
    const bool all = order->lots == position->lots;
    const int128 magnitude = position->lots < 0 ? -(int128)position->lots : position->lots;
    const int128 closed = order->lots < 0 ? -(int128)order->lots : order->lots;
    const int128 cost =
        all ? position->cost : div_floor((int128)position->cost * closed, magnitude);
    const int128 notional = margin_notional(&book->rules[i], order->lots, fill);
    const int128 fee = div_ceil(notional * book->rulebook->fee_rate_e8, RATE_SCALE);
    const int128 wallet = pool->wallet + proceeds - cost - fee;
    if (!units_fits_int64(wallet) || !units_fits_int64(notional) || !units_fits_int64(proceeds))
        return error_set(reterr, STATUS_RANGE,
                         "a fill of '%s' at %lld ticks does not fit the money unit",
                         instrument->symbol, (long long)fill);
    pool->wallet = (int64_t)wallet;
    position->cost -= (int64_t)cost;
    position->lots -= order->lots;
    ledger_fill(&book->ledger, i, order->lots, proceeds);
    if (book->rulebook->fee_to == FEE_INSURANCE_FUND)
        book->ledger.fund += fee;
    else
        book->ledger.fees += fee;
    if (all && order->lots > 0)
        book->open_longs[i]--;
    else if (all)
        book->open_shorts[i]--;
    row->instrument = i;
    row->quantity_lots = order->lots;
    row->price_ticks = fill;
    row->notional = (int64_t)notional;
    row->realised_pnl = (int64_t)(proceeds - cost);
    row->fee = (int64_t)fee;
    return STATUS_OK;
}

static int by_row(const void *context, size_t a, size_t b) {
    (void)context;
    return a < b ? -1 : a > b;
}

/* Order of rows in a tie over a unit of money: account id as bytes, then instrument. */
struct row_order {
    const struct book *book;
    const struct liquidation_record *rows;
};

static int by_account_id(const void *context, size_t a, size_t b) {
    const struct row_order *order = context;
    const struct liquidation_record *x = &order->rows[a];
    const struct liquidation_record *y = &order->rows[b];
    if (x->account != y->account) {
        char id_x[ACCOUNT_ID_SIZE];
        char id_y[ACCOUNT_ID_SIZE];
        accounts_id(order->book->accounts, x->account, id_x);
        accounts_id(order->book->accounts, y->account, id_y);
        return strcmp(id_x, id_y);
    }
    if (x->instrument != y->instrument)
        return x->instrument < y->instrument ? -1 : 1;
    return a < b ? -1 : a > b;
}

#define SHORTFALL_ORDERS                                                                           \
    64 /* a pool with more orders in a wave books its shortfall on the first                       \
        */

/* After all fills of one pool (rows first..end): an empty pool with a negative wallet leaves a
 * shortfall, shared over its orders by notional; a pool with positions goes on in the next wave. */
static enum status settle_pool(struct book *book, struct wave *wave, size_t first, size_t end,
                               int64_t now_ns, struct error *reterr) {
    const uint32_t index = wave->orders[first].pool;
    struct pool *pool = &book->pools[index];
    struct account_state *account = &book->account_states[pool->account];
    const struct position *position = book_positions(book, pool);
    bool open = false;
    for (uint16_t k = 0; k < pool->position_count && !open; k++)
        open = position[k].lots != 0;
    for (size_t r = first; r < end; r++)
        wave->shortfalls[r] = 0;
    account->liquidations += (uint32_t)(end - first);
    pool->flags |= POOL_ORDERED;
    if (book->allowed_ns != NULL)
        book->allowed_ns[index] = now_ns + book->rulebook->interval_ns;
    if (open) {
        book_queue(book, index);
        return STATUS_OK;
    }
    pool->state = POOL_IDLE;
    if (pool->wallet >= 0)
        return STATUS_OK;
    const int128 shortfall = -(int128)pool->wallet;
    pool->wallet = 0;
    account->bankrupt = true;
    book->ledger.deficit -= shortfall;
    int128 notional = 0;
    for (size_t r = first; r < end; r++)
        notional += wave->rows[r].notional;
    /* share_out() deals no more than the weights hold: scale the weights up by whole multiples. */
    const int128 scale = notional > 0 ? shortfall / notional + 1 : 1;
    int64_t weights[SHORTFALL_ORDERS];
    if (end - first > SHORTFALL_ORDERS || notional == 0 || !units_fits_int64(scale * notional)) {
        wave->shortfalls[first] = units_narrow(shortfall);
        return STATUS_OK;
    }
    for (size_t r = first; r < end; r++)
        weights[r - first] = (int64_t)(wave->rows[r].notional * scale);
    return share_out(end - first, weights, shortfall, by_row, NULL, &wave->shortfalls[first],
                     reterr);
}

/* The fund pays the wave's shortfalls as far as it goes; the rest is unpaid. */
static enum status settle_shortfalls(struct book *book, struct wave *wave, struct error *reterr) {
    int128 total = 0;
    for (size_t r = 0; r < wave->order_count; r++)
        total += wave->shortfalls[r];
    if (total == 0)
        return STATUS_OK;
    int128 paid = 0;
    for (size_t s = 0; s < book->rulebook->stage_count; s++) {
        if (book->rulebook->stages[s] == STAGE_INSURANCE_FUND)
            paid = ledger_fund_pay(&book->ledger, total);
    }
    const struct row_order order = {book, wave->rows};
    const enum status status = share_out(wave->order_count, wave->shortfalls, paid, by_account_id,
                                         &order, wave->shares, reterr);
    if (status != STATUS_OK)
        return status;
    for (size_t r = 0; r < wave->order_count; r++) {
        wave->rows[r].shortfall = wave->shortfalls[r];
        wave->rows[r].paid_fund = wave->shares[r];
        wave->rows[r].unpaid = wave->shortfalls[r] - wave->shares[r];
    }
    return STATUS_OK;
}

enum status wave_settle(struct book *book, struct wave *wave, int64_t now_ns, uint32_t wave_number,
                        struct error *reterr) {
    enum status status = wave_reserve_rows(wave, reterr);
    for (size_t r = 0; r < wave->order_count && status == STATUS_OK; r++) {
        const struct order *order = &wave->orders[r];
        const struct pool *pool = &book->pools[order->pool];
        wave->rows[r] = (struct liquidation_record){
            .ts_ns = now_ns,
            .node = NODE_NONE,
            .parent = order->origin.parent,
            .cascade = order->origin.cascade,
            .generation = order->origin.generation,
            .wave = wave_number,
            .account = pool->account,
            .bankruptcy_price_ticks = order->bankruptcy_price,
            .at_first_assessment = (pool->flags & POOL_FIRST) != 0,
        };
        const uint32_t i = book_positions(book, pool)[order->position].instrument;
        status = settle_order(book, order, wave->fill_price[i], &wave->rows[r], reterr);
    }
    size_t first = 0;
    while (first < wave->order_count && status == STATUS_OK) {
        size_t end = first + 1;
        while (end < wave->order_count && wave->orders[end].pool == wave->orders[first].pool)
            end++;
        status = settle_pool(book, wave, first, end, now_ns, reterr);
        first = end;
    }
    if (status == STATUS_OK)
        status = settle_shortfalls(book, wave, reterr);
    for (size_t r = 0; r < wave->order_count && status == STATUS_OK; r++)
        ledger_record(&book->ledger, &wave->rows[r]);
    return status;
}
