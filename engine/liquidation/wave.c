#include "engine/liquidation/wave.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/growing.h"
#include "engine/book/fund_split.h"
#include "engine/liquidation/block_limit.h"
#include "engine/liquidation/exchange.h"
#include "engine/liquidation/order_cancel.h"
#include "engine/liquidation/pace_limit.h"
#include "engine/liquidation/plan.h"
#include "engine/liquidation/release_limit.h"
#include "engine/liquidation/waterfall.h"
#include "engine/liquidation/window_limit.h"

enum status wave_init(struct wave *wave, size_t instrument_count, struct error *reterr) {
    memset(wave, 0, sizeof(*wave));
    wave->net = calloc(instrument_count, sizeof(*wave->net));
    wave->touched = calloc(instrument_count, sizeof(*wave->touched));
    wave->is_touched = calloc(instrument_count, sizeof(*wave->is_touched));
    wave->fill_price = calloc(instrument_count, sizeof(*wave->fill_price));
    wave->worked_off = calloc(instrument_count, sizeof(*wave->worked_off));
    wave->taken = calloc(instrument_count, sizeof(*wave->taken));
    wave->fund_left = calloc(instrument_count, sizeof(*wave->fund_left));
    if (wave->net == NULL || wave->touched == NULL || wave->is_touched == NULL ||
        wave->taken == NULL || wave->fund_left == NULL || wave->fill_price == NULL ||
        wave->worked_off == NULL) {
        wave_finish(wave);
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for waves");
    }
    return STATUS_OK;
}

void wave_finish(struct wave *wave) {
    limits_finish(&wave->limits);
    order_list_finish(&wave->orders);
    free(wave->net);
    free(wave->taken);
    free(wave->fund_left);
    free(wave->touched);
    free(wave->is_touched);
    free(wave->fill_price);
    free(wave->worked_off);
    free(wave->rows);
    free(wave->shortfalls);
    free(wave->shares);
    free(wave->weights);
    free(wave->exchanges);
    free(wave->ready);
    free(wave->matches);
    free(wave->row_pool);
    free(wave->adl_rows);
    memset(wave, 0, sizeof(*wave));
}

enum status wave_prepare(struct wave *wave, const struct book *book, struct error *reterr) {
    return limits_prepare(&wave->limits, book, reterr);
}

/* ---- collecting ---- */

static int by_index(const void *a, const void *b) {
    const uint32_t x = *(const uint32_t *)a;
    const uint32_t y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

void wave_clear(struct wave *wave) {
    for (size_t t = 0; t < wave->touched_count; t++) {
        wave->net[wave->touched[t]] = 0;
        wave->worked_off[wave->touched[t]] = 0;
        memset(&wave->taken[wave->touched[t]], 0, sizeof(*wave->taken));
        wave->is_touched[wave->touched[t]] = false;
    }
    wave->touched_count = 0;
    wave->orders.count = 0;
    wave->match_count = 0;
    wave->exchange_count = 0;
    wave->row_count = 0;
    wave->ready_count = 0;
}

void wave_touch(struct wave *wave, uint32_t instrument) {
    if (wave->is_touched[instrument])
        return;
    wave->is_touched[instrument] = true;
    wave->touched[wave->touched_count++] = instrument;
}

void wave_add_net(struct wave *wave, const struct order *order, uint32_t instrument, int64_t lots) {
    if (order->way != WAY_MARK)
        wave->net[instrument] += lots;
}

enum status wave_add_match(struct wave *wave, struct adl_match match, struct error *reterr) {
    if (!growing_reserve(&wave->matches, wave->match_count, &wave->match_capacity,
                         sizeof(*wave->matches), 256))
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for what leaves the market");
    match.number = (uint32_t)wave->match_count;
    wave->matches[wave->match_count++] = match;
    return STATUS_OK;
}

static enum status book_note_first(struct book *book, uint32_t pool, struct error *reterr) {
    if (!growing_reserve(&book->first, book->first_count, &book->first_capacity,
                         sizeof(*book->first), 256))
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for first assessments");
    book->first[book->first_count++] = pool;
    book->pools[pool].flags |= POOL_FIRST;
    book->account_states[book->pools[pool].account].breach_at_start = true;
    return STATUS_OK;
}

/* Whether a pool in breach would not be at the true prices. */
static bool pool_in_error(const struct book *book, const struct pool *pool) {
    const struct position *position = book_positions(book, pool);
    bool faulty = false;
    for (uint16_t k = 0; k < pool->position_count && !faulty; k++)
        faulty = book->prices[position[k].instrument] != book->true_prices[position[k].instrument];
    size_t count;
    const struct holding *row = holdings_of(&book->holdings, (size_t)(pool - book->pools), &count);
    for (size_t k = 0; k < count && !faulty; k++) {
        const struct collateral_rule *rule = &book->holdings.rules[row[k].asset];
        faulty = !rule->fixed && book->prices[rule->factor] != book->true_prices[rule->factor];
    }
    return faulty && !book_must_close(book, pool, book_health(book, pool, book->true_prices));
}

/* Orders that are taken over as a whole get their takers; the fund, where others may take what it
 * cannot bear, once the wave is executed. */
static enum status wave_take_over(const struct book *book, struct wave *wave,
                                  struct error *reterr) {
    enum status status = STATUS_OK;
    for (uint32_t o = 0; o < wave->orders.count && status == STATUS_OK; o++) {
        struct order *order = &wave->orders.rows[o];
        const bool by_fund = order->way == WAY_FUND && !waterfall_bounds_take_over(book);
        if (order->lots == 0 || (order->way != WAY_VAULT && !by_fund))
            continue;
        const struct adl_match match = {
            .order = o,
            .pool = by_fund ? POOL_FUND : POOL_VAULT,
            .lots = order->lots,
            .price =
                by_fund ? order->bankruptcy_price : book->prices[order_instrument(book, order)],
        };
        order->taken = order->lots;
        status = wave_add_match(wave, match, reterr);
    }
    return status;
}

/* The orders of one pool, as planned, and what they use of the limits of their own. */
static enum status wave_orders_of(struct book *book, struct wave *wave, uint32_t index,
                                  struct pool_health health, struct order_origin origin,
                                  int64_t now_ns, struct error *reterr) {
    struct pool *pool = &book->pools[index];
    const bool erroneous = pool_in_error(book, pool);
    const size_t first = wave->orders.count;
    const enum status status =
        plan_pool(book, &wave->limits, index, health, now_ns, &wave->orders, reterr);
    pool->flags |= POOL_BREACHED | POOL_CLOSING;
    for (size_t o = first; o < wave->orders.count; o++) {
        struct order *order = &wave->orders.rows[o];
        order->erroneous = erroneous;
        order->origin = origin;
        if (order->way == WAY_VAULT)
            pool->flags |= POOL_TO_VAULT;
    }
    return status;
}

/* A pool that a full window has cut gets no order before the first of its windows is over. */
static void pool_cut(void *context, uint32_t index, int64_t over_ns) {
    struct book *book = context;
    struct pool *pool = &book->pools[index];
    if (!(pool->flags & POOL_SENT) || over_ns < book->allowed_ns[index])
        book->allowed_ns[index] = over_ns;
    pool->flags |= POOL_SENT; /* its latency has passed */
}

enum status wave_send(const struct book *book, struct wave *wave,
                      void (*cut)(void *context, uint32_t pool, int64_t over_ns), void *context,
                      struct error *reterr) {
    struct window_wait *waits;
    size_t count;
    const enum status status =
        window_limit_fit(&wave->limits, book, &wave->orders, &waits, &count, reterr);
    if (status != STATUS_OK)
        return status;
    for (size_t w = 0; w < count && cut != NULL; w++)
        cut(context, wave->orders.rows[waits[w].order].pool, waits[w].over_ns);
    free(waits);
    for (size_t o = 0; o < wave->orders.count; o++) {
        struct order *order = &wave->orders.rows[o];
        const uint32_t i = order_instrument(book, order);
        assert(order_adds_up(order, false));
        order->market = order->way == WAY_MARKET || order->way == WAY_MARK ? order->lots : 0;
        wave_add_net(wave, order, i, order->market);
        wave_touch(wave, i);
        limits_note(&wave->limits, book, order);
    }
    return STATUS_OK;
}

static enum status wave_add_ready(struct wave *wave, struct ready ready, struct error *reterr) {
    if (!growing_reserve(&wave->ready, wave->ready_count, &wave->ready_capacity,
                         sizeof(*wave->ready), 1024))
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for pools in breach");
    wave->ready[wave->ready_count++] = ready;
    return STATUS_OK;
}

/* The pool is looked at again when it is allowed its next order. */
static enum status pool_wait(struct book *book, uint32_t index, struct error *reterr) {
    struct pool *pool = &book->pools[index];
    if (pool->flags & POOL_TIMED)
        return STATUS_OK;
    pool->flags |= POOL_TIMED;
    return timer_queue_add(&book->timers, book->allowed_ns[index], index, reterr);
}

/* A pool in breach: cooling down, its order on the way, or ready for one. */
static enum status pool_breached(struct book *book, struct wave *wave, uint32_t index,
                                 struct pool_health health, int64_t now_ns, struct error *reterr) {
    struct pool *pool = &book->pools[index];
    const bool first_time = book->generation[index] == 0;
    book->generation[index]++; /* no trigger decides about it any more */
    if (first_time) {
        const enum status status = book_note_first(book, index, reterr);
        if (status != STATUS_OK)
            return status;
    }
    if (book->breach_ns != NULL && now_ns < book->breach_ns[index])
        book->breach_ns[index] = now_ns;
    if (book->allowed_ns != NULL && now_ns < book->allowed_ns[index])
        return pool_wait(book, index, reterr);
    if (book->rulebook->limits.latency_ns > 0 && !(pool->flags & POOL_SENT)) {
        assert(book->allowed_ns != NULL); /* book_prepare_rules() */
        pool->flags |= POOL_SENT;
        book->allowed_ns[index] = now_ns + book->rulebook->limits.latency_ns;
        return pool_wait(book, index, reterr);
    }
    if (block_limit_is_reached(&wave->limits, book, pool)) {
        assert(book->allowed_ns != NULL); /* book_prepare_rules() */
        pool->flags |= POOL_SENT;         /* its latency has passed */
        book->allowed_ns[index] = block_limit_end_ns(book);
        return pool_wait(book, index, reterr);
    }
    pool->flags &= (uint8_t)~POOL_SENT;
    return wave_add_ready(wave, (struct ready){index, health}, reterr);
}

static enum status pool_healthy(struct book *book, struct wave *wave, uint32_t index,
                                struct pool_health health, struct error *reterr) {
    book->pools[index].flags &= (uint8_t) ~(POOL_SENT | POOL_CLOSING);
    if (book->breach_ns != NULL)
        book->breach_ns[index] = INT64_MAX;
    release_limit_end(&wave->limits, index);
    if (book->pools[index].wallet < 0 && book->holdings.rows != NULL) {
        const bool open = book_pool_is_open(book, &book->pools[index]);
        const size_t before = wave->exchange_count;
        const enum status status = open ? exchange_cover(book, wave, index, reterr)
                                        : exchange_collect(book, wave, index, false, reterr);
        if (!open || wave->exchange_count > before)
            book->generation[index]++;
        if (status != STATUS_OK || !open || wave->exchange_count > before)
            return status; /* looked at again when they are settled */
    }
    return book_box(book, index, health, reterr);
}

static int by_breach(const void *a, const void *b, void *book_pointer) {
    const struct book *book = book_pointer;
    const uint32_t x = ((const struct ready *)a)->pool;
    const uint32_t y = ((const struct ready *)b)->pool;
    if (book->breach_ns[x] != book->breach_ns[y])
        return book->breach_ns[x] < book->breach_ns[y] ? -1 : 1;
    const int order =
        accounts_by_id(book->accounts, book->pools[x].account, book->pools[y].account);
    return order != 0 ? order : x < y ? -1 : x > y;
}

static int by_pool(const void *a, const void *b) {
    return by_index(&((const struct ready *)a)->pool, &((const struct ready *)b)->pool);
}

/* Keeps as many of the ready pools as the engine's pace still allows in this window; the others
 * wait for the next. */
static enum status wave_pace(struct book *book, struct wave *wave, int64_t now_ns,
                             struct error *reterr) {
    const struct rulebook *rules = book->rulebook;
    const size_t room = pace_limit_room(&wave->limits, rules, now_ns);
    enum status status = STATUS_OK;
    if (wave->ready_count > room) {
        qsort_r(wave->ready, wave->ready_count, sizeof(*wave->ready), by_breach, book);
        for (size_t r = room; r < wave->ready_count && status == STATUS_OK; r++) {
            const uint32_t index = wave->ready[r].pool;
            book->pools[index].flags |= POOL_SENT; /* its latency has passed */
            book->allowed_ns[index] = pace_limit_end_ns(rules, now_ns);
            status = pool_wait(book, index, reterr);
        }
        wave->ready_count = room;
        qsort(wave->ready, wave->ready_count, sizeof(*wave->ready), by_pool);
    }
    pace_limit_note(&wave->limits, rules, now_ns, wave->ready_count);
    return status;
}

/* The fund gives a step of its inventory to this wave, once at its time. */
static void wave_work_off(struct book *book, struct wave *wave, int64_t now_ns) {
    const struct rulebook *rules = book->rulebook;
    for (uint32_t i = 0; i < book->instrument_count; i++) {
        if (book->inventory.lots[i] == 0 || book->prices[i] == 0)
            continue;
        wave->worked_off[i] =
            inventory_step(&book->inventory, i, rules->liquidation.inventory_fraction_e8);
        wave->net[i] += wave->worked_off[i];
        wave_touch(wave, i);
    }
    book->work_off_ns = (int64_t)(div_floor(now_ns, rules->liquidation.inventory_interval_ns) + 1) *
                        rules->liquidation.inventory_interval_ns;
}

/* What the fund may lose past bankruptcy in this wave, before a later stage has to. */
static void wave_begin_fund(const struct book *book, struct wave *wave, int64_t now_ns) {
    const bool bears = waterfall_fund_is_first(book->rulebook);
    const size_t funds = book->ledger.is_divided ? book->instrument_count : 1;
    for (uint32_t f = 0; f < funds; f++)
        wave->fund_left[f] = bears ? fund_split_bearable(book, f, now_ns) : 0;
}

enum status wave_collect(struct book *book, struct wave *wave, int64_t now_ns,
                         struct order_origin (*trace)(void *context, const struct book *book,
                                                      const struct pool *pool),
                         void *context, struct error *reterr) {
    wave_clear(wave);
    book->now_ns = now_ns;
    wave->vault_taken = 0;
    wave_begin_fund(book, wave, now_ns);
    if (book->queue_count > 1)
        qsort(book->queue, book->queue_count, sizeof(*book->queue), by_index);
    enum status status = STATUS_OK;
    for (size_t q = 0; q < book->queue_count && status == STATUS_OK; q++) {
        const uint32_t index = book->queue[q];
        struct pool *pool = &book->pools[index];
        pool->flags &= (uint8_t)~POOL_QUEUED;
        if (pool->state != POOL_LIVE || pool->flags & POOL_TIMED)
            continue; /* one that waits is looked at when its time has come */
        struct pool_health health = book_health(book, pool, book->prices);
        book->assessments++;
        if ((pool->flags & POOL_ORDERS) && book_must_close(book, pool, health))
            order_cancel(book, &wave->limits, index, now_ns, &health);
        status = book_must_close(book, pool, health)
                     ? pool_breached(book, wave, index, health, now_ns, reterr)
                     : pool_healthy(book, wave, index, health, reterr);
    }
    book->queue_count = 0;
    if (status == STATUS_OK)
        status = wave_pace(book, wave, now_ns, reterr);
    for (size_t r = 0; r < wave->ready_count && status == STATUS_OK; r++) {
        const struct ready *ready = &wave->ready[r];
        struct order_origin origin = {.parent = NODE_NONE, .through = INSTRUMENT_NONE};
        if (trace != NULL)
            origin = trace(context, book, &book->pools[ready->pool]);
        if (book_pool_is_open(book, &book->pools[ready->pool]))
            status = wave_orders_of(book, wave, ready->pool, ready->health, origin, now_ns, reterr);
        if (status == STATUS_OK && book->holdings.rows != NULL)
            status = exchange_collect(book, wave, ready->pool, true, reterr);
    }
    if (status == STATUS_OK)
        status = wave_send(book, wave, pool_cut, book, reterr);
    if (status == STATUS_OK)
        status = wave_take_over(book, wave, reterr);
    if (now_ns >= book->work_off_ns)
        wave_work_off(book, wave, now_ns);
    qsort(wave->touched, wave->touched_count, sizeof(*wave->touched), by_index);
    return status;
}
