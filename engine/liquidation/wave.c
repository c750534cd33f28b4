#include "engine/liquidation/wave.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "engine/book/fund_split.h"
#include "engine/liquidation/block_limit.h"
#include "engine/liquidation/closing.h"
#include "engine/liquidation/closing_terms.h"
#include "engine/liquidation/exchange.h"
#include "engine/liquidation/fill_limit.h"
#include "engine/liquidation/order_cancel.h"
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
    free(wave->orders);
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
    wave->order_count = 0;
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
    wave_touch(wave, instrument);
    return STATUS_OK;
}

void wave_add_net(struct wave *wave, const struct order *order, uint32_t instrument, int64_t lots) {
    if (order->price != PRICE_MARK)
        wave->net[instrument] += lots;
}

enum status wave_add_match(struct wave *wave, struct adl_match match, struct error *reterr) {
    if (wave->match_count == wave->match_capacity) {
        const size_t capacity = wave->match_capacity == 0 ? 256 : wave->match_capacity * 2;
        struct adl_match *matches = realloc(wave->matches, capacity * sizeof(*matches));
        if (matches == NULL)
            return error_set(reterr, STATUS_NO_MEMORY, "no memory for what leaves the market");
        wave->matches = matches;
        wave->match_capacity = capacity;
    }
    match.number = (uint32_t)wave->match_count;
    wave->matches[wave->match_count++] = match;
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

/* One order of a plan, of the lots it names or else as the plan has it, and who takes its position
 * over if it is taken over. */
static enum status wave_order(struct book *book, struct wave *wave, const struct closing *plan,
                              struct order order, struct pool_health health, struct error *reterr) {
    const struct pool *pool = &book->pools[order.pool];
    const struct position *position = &book_positions(book, pool)[order.position];
    const bool to_vault = plan->action == ACTION_BACKSTOP;
    if (to_vault)
        order.lots = position->lots;
    else if (order.lots == 0)
        order.lots = closing_lots(book, plan, pool, position, health);
    if (!to_vault) {
        order.lots = block_limit_lots(book, pool, position, order.lots);
        if (order.lots == 0)
            return STATUS_OK;
        block_limit_note(book, pool, position, order.lots);
    }
    order.bankruptcy_price = closing_bankruptcy_price(book, pool, position, health);
    order.price = to_vault
                      ? PRICE_BANKRUPTCY
                      : closing_price(book, plan, position, order.lots, order.bankruptcy_price);
    order.insurance_e8 = closing_insurance_e8(book, position, health);
    order.limit = fill_limit_of(book, position, health, order.bankruptcy_price);
    order.insolvent = health.worth < 0;
    closing_note_release(book, plan, order.pool, position, health, order.lots);
    const bool taken = order.price == PRICE_BANKRUPTCY;
    order.market = taken ? 0 : order.lots;
    wave_add_net(wave, &order, position->instrument, order.market);
    order.handed = to_vault;
    return wave_add_order(wave, order, position->instrument, reterr);
}

/* Orders that are taken over as a whole get their takers; the fund, where others may take what it
 * cannot bear, once the wave is executed. */
static enum status wave_take_over(const struct book *book, struct wave *wave,
                                  struct error *reterr) {
    enum status status = STATUS_OK;
    for (uint32_t o = 0; o < wave->order_count && status == STATUS_OK; o++) {
        const struct order *order = &wave->orders[o];
        if (order->price != PRICE_BANKRUPTCY || order->lots == 0 ||
            (!order->handed && waterfall_bounds_take_over(book)))
            continue;
        const struct position *position =
            &book_positions(book, &book->pools[order->pool])[order->position];
        const struct adl_match match = {
            .order = o,
            .pool = order->handed ? POOL_VAULT : POOL_FUND,
            .lots = order->lots,
            .price = order->handed ? book->prices[position->instrument] : order->bankruptcy_price,
        };
        status = wave_add_match(wave, match, reterr);
    }
    return status;
}

static enum status wave_orders_of(struct book *book, struct wave *wave, uint32_t pool_index,
                                  struct pool_health health, struct order_origin origin,
                                  int64_t now_ns, struct error *reterr) {
    struct pool *pool = &book->pools[pool_index];
    const struct position *position = book_positions(book, pool);
    const struct closing plan = closing_plan(book, pool, health, now_ns);
    const struct order order = {
        .pool = pool_index, .erroneous = pool_in_error(book, pool), .origin = origin};
    pool->flags |= POOL_BREACHED | POOL_CLOSING;
    if (plan.action == ACTION_BACKSTOP)
        pool->flags |= POOL_TO_VAULT;
    const bool together = closing_is_together(&plan);
    struct closing_pair pair;
    enum status status = STATUS_OK;
    if (closing_find_pair(book, &plan, pool, &pair)) {
        for (size_t side = 0; side < 2 && status == STATUS_OK; side++) {
            struct order own = order;
            own.position = pair.position[side];
            own.lots = pair.lots[side];
            status = wave_order(book, wave, &plan, own, health, reterr);
        }
        return status;
    }
    const uint16_t only = together ? 0 : closing_first(book, &plan, pool, health);
    for (uint16_t k = 0; k < pool->position_count && status == STATUS_OK; k++) {
        if (position[k].lots == 0 || (!together && k != only))
            continue;
        struct order own = order;
        own.position = k;
        status = wave_order(book, wave, &plan, own, health, reterr);
    }
    return status;
}

static enum status wave_add_ready(struct wave *wave, struct ready ready, struct error *reterr) {
    if (wave->ready_count == wave->ready_capacity) {
        const size_t capacity = wave->ready_capacity == 0 ? 1024 : wave->ready_capacity * 2;
        struct ready *rows = realloc(wave->ready, capacity * sizeof(*rows));
        if (rows == NULL)
            return error_set(reterr, STATUS_NO_MEMORY, "no memory for pools in breach");
        wave->ready = rows;
        wave->ready_capacity = capacity;
    }
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
    if (block_limit_is_reached(book, pool)) {
        assert(book->allowed_ns != NULL); /* book_prepare_rules() */
        pool->flags |= POOL_SENT;         /* its latency has passed */
        book->allowed_ns[index] = block_limit_end_ns(book);
        return pool_wait(book, index, reterr);
    }
    pool->flags &= (uint8_t)~POOL_SENT;
    return wave_add_ready(wave, (struct ready){index, health}, reterr);
}

static bool pool_is_open(const struct book *book, const struct pool *pool) {
    for (uint16_t k = 0; k < pool->position_count; k++)
        if (book_positions(book, pool)[k].lots != 0)
            return true;
    return false;
}

static enum status pool_healthy(struct book *book, struct wave *wave, uint32_t index,
                                struct pool_health health, struct error *reterr) {
    book->pools[index].flags &= (uint8_t) ~(POOL_SENT | POOL_CLOSING);
    if (book->breach_ns != NULL)
        book->breach_ns[index] = INT64_MAX;
    if (book->releases != NULL)
        book->releases[index] = (struct release){.began_ns = INT64_MIN};
    if (book->pools[index].wallet < 0 && book->holdings.rows != NULL) {
        const bool open = pool_is_open(book, &book->pools[index]);
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
    char id_x[ACCOUNT_ID_SIZE];
    char id_y[ACCOUNT_ID_SIZE];
    accounts_id(book->accounts, book->pools[x].account, id_x);
    accounts_id(book->accounts, book->pools[y].account, id_y);
    const int order = strcmp(id_x, id_y);
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
    if (rules->limits.pace_pools == 0)
        return STATUS_OK;
    const int64_t window = (int64_t)div_floor(now_ns, rules->limits.pace_ns);
    if (window != book->pace_window) {
        book->pace_window = window;
        book->pace_used = 0;
    }
    /* New rules may have brought a smaller pace within the window. */
    const size_t left = rules->limits.pace_pools > book->pace_used
                            ? (size_t)(rules->limits.pace_pools - book->pace_used)
                            : 0;
    enum status status = STATUS_OK;
    if (wave->ready_count > left) {
        qsort_r(wave->ready, wave->ready_count, sizeof(*wave->ready), by_breach, book);
        for (size_t r = left; r < wave->ready_count && status == STATUS_OK; r++) {
            const uint32_t index = wave->ready[r].pool;
            book->pools[index].flags |= POOL_SENT; /* its latency has passed */
            book->allowed_ns[index] = (window + 1) * rules->limits.pace_ns;
            status = pool_wait(book, index, reterr);
        }
        wave->ready_count = left;
        qsort(wave->ready, wave->ready_count, sizeof(*wave->ready), by_pool);
    }
    book->pace_used += (int64_t)wave->ready_count;
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
    const struct rulebook *rules = book->rulebook;
    const bool bears = rulebook_stage_before(rules, STAGE_INSURANCE_FUND, STAGE_ADL) &&
                       rulebook_stage_before(rules, STAGE_INSURANCE_FUND, STAGE_BACKSTOP);
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
            order_cancel(book, index, now_ns, &health);
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
        if (pool_is_open(book, &book->pools[ready->pool]))
            status = wave_orders_of(book, wave, ready->pool, ready->health, origin, now_ns, reterr);
        if (status == STATUS_OK && book->holdings.rows != NULL)
            status = exchange_collect(book, wave, ready->pool, true, reterr);
    }
    if (status == STATUS_OK)
        status = window_limit_fit(book, wave, reterr);
    if (status == STATUS_OK)
        status = wave_take_over(book, wave, reterr);
    if (now_ns >= book->work_off_ns)
        wave_work_off(book, wave, now_ns);
    qsort(wave->touched, wave->touched_count, sizeof(*wave->touched), by_index);
    return status;
}
