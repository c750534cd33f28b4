#include "store/market/market_pending.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"
#include "store/blocks/tick_block.h"

#define ROWS_AT_FIRST 8u

static size_t value_count(enum series_kind kind) {
    return kind == SERIES_BARS ? 5 : 2;
}

size_t market_pending_row_size(enum series_kind kind) {
    return (1 + value_count(kind)) * sizeof(int64_t) + (kind == SERIES_TICKS ? 1 : 0);
}

void market_pending_finish(struct market_pending *pending) {
    free(pending->ts_ns);
    for (size_t i = 0; i < TICK_VALUES_MAX; i++)
        free(pending->value[i]);
    free(pending->flags);
    *pending = (struct market_pending){.kind = pending->kind};
}

/* Grows one column; on failure the old one is kept. */
static bool grow_column(int64_t **column, size_t capacity) {
    int64_t *grown = realloc(*column, capacity * sizeof(**column));
    if (grown == NULL)
        return false;
    *column = grown;
    return true;
}

static enum status grow(struct market_pending *pending, size_t rows, struct error *reterr) {
    size_t capacity = pending->capacity == 0 ? ROWS_AT_FIRST : pending->capacity;
    while (capacity < rows)
        capacity *= 2;
    if (capacity == pending->capacity)
        return STATUS_OK;
    bool grown = grow_column(&pending->ts_ns, capacity);
    for (size_t i = 0; i < value_count(pending->kind); i++)
        grown = grown && grow_column(&pending->value[i], capacity);
    if (grown && pending->kind == SERIES_TICKS) {
        uint8_t *flags = realloc(pending->flags, capacity);
        grown = flags != NULL;
        if (grown)
            pending->flags = flags;
    }
    if (!grown)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for the rows of a block");
    pending->capacity = capacity;
    return STATUS_OK;
}

/* Copies values to finer decimals; false, with part of `ret_values` written, if one does not fit.
 */
static bool widen(size_t count, const int64_t *values, int32_t by, int64_t *ret_values) {
    if (by == 0) {
        memmove(ret_values, values, count * sizeof(*values));
        return true;
    }
    const int64_t factor = units_pow10(by);
    bool overflow = false;
    for (size_t i = 0; i < count; i++)
        overflow |= __builtin_mul_overflow(values[i], factor, &ret_values[i]);
    return !overflow;
}

static bool can_widen(size_t count, const int64_t *values, int32_t by) {
    const int64_t factor = units_pow10(by);
    bool overflow = false;
    int64_t product;
    for (size_t i = 0; by > 0 && i < count; i++)
        overflow |= __builtin_mul_overflow(values[i], factor, &product);
    return !overflow;
}

/* The decimals of column `i` of a series of `kind`. */
static int32_t decimals_of(enum series_kind kind, size_t i, int32_t price, int32_t quantity) {
    const size_t prices = kind == SERIES_BARS ? 4 : 1;
    return i < prices ? price : quantity;
}

/* Brings the rows held to the decimals of (price, quantity), all columns or none. */
static bool widen_held(struct market_pending *pending, int32_t price, int32_t quantity) {
    if (price == pending->price_decimals && quantity == pending->quantity_decimals)
        return true;
    const size_t columns = value_count(pending->kind);
    for (size_t i = 0; i < columns; i++) {
        const int32_t by =
            decimals_of(pending->kind, i, price, quantity) -
            decimals_of(pending->kind, i, pending->price_decimals, pending->quantity_decimals);
        if (!can_widen(pending->count, pending->value[i], by))
            return false;
    }
    for (size_t i = 0; i < columns; i++) {
        const int32_t by =
            decimals_of(pending->kind, i, price, quantity) -
            decimals_of(pending->kind, i, pending->price_decimals, pending->quantity_decimals);
        (void)widen(pending->count, pending->value[i], by, pending->value[i]); /* looked at above */
    }
    pending->price_decimals = price;
    pending->quantity_decimals = quantity;
    return true;
}

enum status market_pending_take(struct market_pending *pending, const struct tick_batch *batch,
                                size_t first, size_t *ret_taken, struct error *reterr) {
    assert(first < batch->count);
    *ret_taken = 0;
    if (pending->count == TICK_BLOCK_ROWS_MAX)
        return STATUS_OK;
    const size_t room = TICK_BLOCK_ROWS_MAX - pending->count;
    const size_t left = batch->count - first;
    const size_t rows = left < room ? left : room;
    enum status status = grow(pending, pending->count + rows, reterr);
    if (status != STATUS_OK)
        return status;

    if (pending->count == 0) {
        pending->price_decimals = batch->price_decimals;
        pending->quantity_decimals = batch->quantity_decimals;
    }
    const int32_t price = batch->price_decimals > pending->price_decimals ? batch->price_decimals
                                                                          : pending->price_decimals;
    const int32_t quantity = batch->quantity_decimals > pending->quantity_decimals
                                 ? batch->quantity_decimals
                                 : pending->quantity_decimals;
    for (size_t i = 0; i < value_count(pending->kind); i++) {
        const int32_t by =
            decimals_of(pending->kind, i, price, quantity) -
            decimals_of(pending->kind, i, batch->price_decimals, batch->quantity_decimals);
        if (!widen(rows, batch->value[i] + first, by, pending->value[i] + pending->count))
            return STATUS_OK; /* what was written lies past `count` */
    }
    if (!widen_held(pending, price, quantity))
        return STATUS_OK;
    memcpy(pending->ts_ns + pending->count, batch->ts_ns + first, rows * sizeof(int64_t));
    if (pending->kind == SERIES_TICKS)
        memcpy(pending->flags + pending->count, batch->flags + first, rows);
    pending->count += rows;
    *ret_taken = rows;
    return STATUS_OK;
}

struct tick_batch market_pending_batch(const struct market_pending *pending) {
    struct tick_batch batch = {
        .count = pending->count,
        .ts_ns = pending->ts_ns,
        .flags = pending->flags,
        .price_decimals = pending->price_decimals,
        .quantity_decimals = pending->quantity_decimals,
    };
    for (size_t i = 0; i < value_count(pending->kind); i++)
        batch.value[i] = pending->value[i];
    return batch;
}
