#pragma once
/* The order that sorts rows by time and leaves rows of one time as they came. */

#include <stddef.h>
#include <stdint.h>

struct tick_place {
    int64_t ts_ns;
    size_t row;
};

/* Fills `places` (room for 2 * count) with the rows 0..count by time; rows of one time stay in
 * their order. Returns where in `places` the result begins: places or places + count. Takes time in
 * proportion to count * log(runs), where a run is rows already in order. */
const struct tick_place *tick_sort(const int64_t *ts_ns, size_t count, struct tick_place *places);
