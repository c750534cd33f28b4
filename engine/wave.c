#include "engine/wave.h"

#include <stdlib.h>
#include <string.h>

#include "engine/closing.h"

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

static void wave_clear(struct wave *wave) {
    for (size_t t = 0; t < wave->touched_count; t++) {
        wave->net[wave->touched[t]] = 0;
        wave->is_touched[wave->touched[t]] = false;
    }
    wave->touched_count = 0;
    wave->order_count = 0;
    wave->match_count = 0;
    wave->row_count = 0;
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

/* Whether a pool in breach would not be at the true prices. */
static bool pool_in_error(const struct book *book, const struct pool *pool) {
    const struct position *position = book_positions(book, pool);
    bool faulty = false;
    for (uint16_t k = 0; k < pool->position_count && !faulty; k++)
        faulty = book->prices[position[k].instrument] != book->true_prices[position[k].instrument];
    return faulty && !book_in_breach(book, book_health(book, pool, book->true_prices));
}

static enum status wave_orders_of(struct book *book, struct wave *wave, uint32_t pool_index,
                                  struct pool_health health, struct order_origin origin,
                                  struct error *reterr) {
    struct pool *pool = &book->pools[pool_index];
    const struct position *position = book_positions(book, pool);
    const bool erroneous = pool_in_error(book, pool);
    pool->flags |= POOL_BREACHED;
    const enum close_order rule = book->rulebook->order;
    const bool together = rule == ORDER_ALL || rule == ORDER_PROPORTIONAL;
    const uint16_t only = together ? 0 : closing_first(book, pool);
    for (uint16_t k = 0; k < pool->position_count; k++) {
        if (position[k].lots == 0 || (!together && k != only))
            continue;
        const int64_t lots = closing_lots(book, pool, &position[k], health);
        const struct order order = {
            .pool = pool_index,
            .position = k,
            .lots = lots,
            .market = lots,
            .erroneous = erroneous,
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
    wave->fund_left = rulebook_stage_before(book->rulebook, STAGE_INSURANCE_FUND, STAGE_ADL)
                          ? book->ledger.fund
                          : 0;
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
