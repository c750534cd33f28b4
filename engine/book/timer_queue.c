#include "engine/book/timer_queue.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool sooner(struct timer a, struct timer b) {
    return a.ts_ns != b.ts_ns ? a.ts_ns < b.ts_ns : a.pool < b.pool;
}

enum status timer_queue_add(struct timer_queue *queue, int64_t ts_ns, uint32_t pool,
                            struct error *reterr) {
    if (queue->count == queue->capacity) {
        const size_t capacity = queue->capacity == 0 ? 256 : queue->capacity * 2;
        struct timer *timers = realloc(queue->timers, capacity * sizeof(*timers));
        if (timers == NULL)
            return error_set(reterr, STATUS_NO_MEMORY, "no memory for timers");
        queue->timers = timers;
        queue->capacity = capacity;
    }
    const struct timer added = {ts_ns, pool};
    size_t at = queue->count++;
    while (at > 0 && sooner(added, queue->timers[(at - 1) / 2])) {
        queue->timers[at] = queue->timers[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    queue->timers[at] = added;
    return STATUS_OK;
}

int64_t timer_queue_next(const struct timer_queue *queue) {
    return queue->count > 0 ? queue->timers[0].ts_ns : INT64_MAX;
}

uint32_t timer_queue_take(struct timer_queue *queue) {
    assert(queue->count > 0);
    const uint32_t pool = queue->timers[0].pool;
    const struct timer sinking = queue->timers[--queue->count];
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= queue->count)
            break;
        if (child + 1 < queue->count && sooner(queue->timers[child + 1], queue->timers[child]))
            child++;
        if (!sooner(queue->timers[child], sinking))
            break;
        queue->timers[at] = queue->timers[child];
        at = child;
    }
    queue->timers[at] = sinking;
    return pool;
}

void timer_queue_finish(struct timer_queue *queue) {
    free(queue->timers);
    memset(queue, 0, sizeof(*queue));
}
