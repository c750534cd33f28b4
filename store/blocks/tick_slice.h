#pragma once
/* A part of a batch. Not for other rooms. */

#include "base/records.h"

/* Rows first..end of `batch`. */
static inline struct tick_batch tick_slice(const struct tick_batch *batch, size_t first,
                                           size_t end) {
    struct tick_batch part = *batch;
    part.count = end - first;
    part.ts_ns += first;
    for (size_t i = 0; i < TICK_VALUES_MAX; i++) {
        if (part.value[i] != NULL)
            part.value[i] += first;
    }
    if (part.flags != NULL)
        part.flags += first;
    return part;
}
