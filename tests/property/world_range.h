#pragma once
/* Which random worlds a test runs: WORLD_SEED=n that one alone, WORLD_COUNT=n so many. */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct worlds {
    uint64_t first;
    uint64_t count;
};

/* `count` worlds from `first` on, where nothing else is wanted. */
static inline struct worlds worlds_of(uint64_t first, uint64_t count) {
    const char *seed = getenv("WORLD_SEED");
    const char *wanted = getenv("WORLD_COUNT");
    if (seed != NULL)
        return (struct worlds){strtoull(seed, NULL, 10), 1};
    if (wanted != NULL)
        count = strtoull(wanted, NULL, 10);
    return (struct worlds){first, count};
}

static inline void worlds_tell(struct worlds worlds, uint64_t different) {
    printf("seeds %llu to %llu, %llu differ\n", (unsigned long long)worlds.first,
           (unsigned long long)(worlds.first + worlds.count - 1), (unsigned long long)different);
}
