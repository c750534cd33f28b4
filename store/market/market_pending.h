#pragma once
/* Rows of one series on their way into blocks: a column buffer that widens its decimals as rows
 * come. No database. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/records.h"

struct market_pending {
    enum series_kind kind;
    size_t count;
    size_t capacity; /* rows of room in every column */
    int64_t *ts_ns;
    int64_t *value[TICK_VALUES_MAX];
    uint8_t *flags; /* ticks only */
    int32_t price_decimals;
    int32_t quantity_decimals;
};

void market_pending_finish(struct market_pending *pending); /* frees the columns; zeroed is fine */

/* Bytes that a row of room takes. */
size_t market_pending_row_size(enum series_kind kind);

/* Takes rows batch[first..) as far as there is room for in one block; *ret_taken is how many. 0:
 * the block is full, or its values and the batch's cannot be held at common decimals; then its rows
 * must go out first (count = 0). STATUS_NO_MEMORY. */
MUST_CHECK enum status market_pending_take(struct market_pending *pending,
                                           const struct tick_batch *batch, size_t first,
                                           size_t *ret_taken, struct error *reterr);

/* Its rows as a batch, borrowed until the next call. */
struct tick_batch market_pending_batch(const struct market_pending *pending);
