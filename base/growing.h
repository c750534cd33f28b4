#pragma once
/* Arrays that grow by doubling. */

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

/* Makes room for one more item of `size` bytes in `*rows` (a pointer to the array's pointer) that
 * holds `count` of `*capacity`; the first room is for `first` > 0 items. false: no memory, and
 * nothing has changed. */
static inline bool growing_reserve(void *rows, size_t count, size_t *capacity, size_t size,
                                   size_t first) {
    if (count < *capacity)
        return true;
    const size_t wanted = *capacity == 0 ? first : *capacity * 2;
    void *grown = wanted > (size_t)-1 / size ? NULL : realloc(*(void **)rows, wanted * size);
    if (grown == NULL)
        return false;
    *(void **)rows = grown;
    *capacity = wanted;
    return true;
}
