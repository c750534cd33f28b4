#pragma once
/* Draws that all random worlds are made of. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/random_stream.h"

static inline bool chance(struct random_stream *dice, int percent) {
    return random_stream_between(dice, 1, 100) <= percent;
}

static inline int64_t between(struct random_stream *dice, int64_t low, int64_t high) {
    return random_stream_between(dice, low, high);
}

static inline int64_t pick(struct random_stream *dice, size_t count, const int64_t *from) {
    return from[random_stream_below(dice, count)];
}

/* One of the values. */
#define PICK(dice, ...)                                                                            \
    pick(dice, sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t),                           \
         (const int64_t[]){__VA_ARGS__})
