#pragma once
/* Pools that wait for a point in time, soonest first; ties by pool. */

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct timer {
    int64_t ts_ns;
    uint32_t pool;
};

struct timer_queue {
    struct timer *timers; /* binary heap */
    size_t count;
    size_t capacity;
};

MUST_CHECK enum status timer_queue_add(struct timer_queue *queue, int64_t ts_ns, uint32_t pool,
                                       struct error *reterr);
/* Time of the soonest; INT64_MAX when empty. */
int64_t timer_queue_next(const struct timer_queue *queue);
/* Takes the soonest off; only when not empty. */
uint32_t timer_queue_take(struct timer_queue *queue);
void timer_queue_finish(struct timer_queue *queue);
