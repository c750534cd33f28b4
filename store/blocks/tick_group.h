#pragma once
/* The rows of one series at one time, to be held against those of another source. Not for other
 * rooms. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/ports.h"
#include "base/records.h"

#define TICK_GROUP_ROWS_MAX ((size_t)1 << 17) /* of one time; a real venue has some thousand */

/* A row whose every value stands at the fewest decimals, so that equal numbers are equal bytes. */
struct tick_plain {
    struct decimal value[TICK_VALUES_MAX];
    uint8_t flags;
    bool shared; /* the other group has it too */
    size_t order;
};

struct tick_group {
    struct tick_plain *rows;
    size_t count;
    size_t capacity;
};

void tick_group_finish(struct tick_group *group); /* zeroed is fine */

struct tick_plain tick_plain_of(const struct tick_batch *batch, size_t row);
bool tick_plain_equal(const struct tick_plain *a, const struct tick_plain *b);

/* Adds row `row` of `batch`. STATUS_CORRUPT: more than TICK_GROUP_ROWS_MAX; STATUS_NO_MEMORY. */
MUST_CHECK enum status tick_group_add(struct tick_group *group, const struct tick_batch *batch,
                                      size_t row, struct error *reterr);

/* Marks as shared the rows that both groups have, as often as both have them; returns how many.
 * Afterwards both are in their order again. */
size_t tick_group_share(struct tick_group *a, struct tick_group *b);

/* A source of rows, read row by row or run by run. */
struct tick_rows {
    struct tick_source source;
    struct tick_batch batch;
    size_t at;
    bool ended;
};

/* Makes sure that batch row `at` is there, unless `ended`. */
MUST_CHECK enum status tick_rows_fill(struct tick_rows *rows, struct error *reterr);

/* Takes all rows of time `ts_ns`, which must be next, into `group` (emptied first). */
MUST_CHECK enum status tick_rows_take_group(struct tick_rows *rows, int64_t ts_ns,
                                            struct tick_group *group, struct error *reterr);
