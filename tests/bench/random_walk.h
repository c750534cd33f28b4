#pragma once
/* Made-up ticks for measuring: a random walk around a path that may fall, one instrument at a time,
 * the same for the same settings. Never a source of results. */

#include <stddef.h>
#include <stdint.h>

#include "base/random_stream.h"

struct random_walk_settings {
    uint64_t ticks; /* of this instrument, > 0 */
    int64_t from_ns;
    int64_t length_ns;   /* > 0; ticks are spread over it in whole microseconds */
    int64_t start_ticks; /* the first price, in price ticks, 1..1e9 */
    int fall_percent;    /* 0..90: how far the path falls, evenly over the middle third */
    uint64_t seed;
    uint64_t instrument; /* each has its own walk */
};

struct random_walk {
    struct random_walk_settings settings;
    struct random_stream stream;
    uint64_t done;     /* ticks given */
    int64_t gap_ns;    /* mean distance of two ticks */
    int64_t offset_e9; /* the walk beside the path, as a share of the start price in 1e-9 */
    int64_t step_e9;   /* steps are uniform in -step_e9..step_e9 */
};

void random_walk_init(struct random_walk *walk, const struct random_walk_settings *settings);

/* Writes the next ticks, `capacity` at most, and returns how many; 0 at the end. Quantities are in
 * lots, 1..1000; `ret_flags` may be NULL. */
size_t random_walk_next(struct random_walk *walk, size_t capacity, int64_t *ret_ts_ns,
                        int64_t *ret_price_ticks, int64_t *ret_quantity_lots, uint8_t *ret_flags);
