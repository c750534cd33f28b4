#pragma once
/* Which random worlds a test runs: WORLD_SEED=n that one alone, WORLD_COUNT=n so many. */

#include <stdint.h>
#include <stdlib.h>

struct worlds {
    uint64_t first;
    uint64_t count;
};

/* How many worlds of the main test; the laws take a part of them. */
static inline struct worlds worlds_of(uint64_t count) {
    const char *seed = getenv("WORLD_SEED");
    const char *wanted = getenv("WORLD_COUNT");
    if (seed != NULL)
        return (struct worlds){strtoull(seed, NULL, 10), 1};
    if (wanted != NULL)
        count = strtoull(wanted, NULL, 10);
    return (struct worlds){1, count};
}
