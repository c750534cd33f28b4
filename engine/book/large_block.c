#include "engine/book/large_block.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

void *large_block_create(size_t count, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        return NULL;
    if (bytes < 4 * LARGE_BLOCK_PAGE)
        return calloc(count, size);
    if (bytes > SIZE_MAX - LARGE_BLOCK_PAGE)
        return NULL;
    bytes = (bytes + LARGE_BLOCK_PAGE - 1) / LARGE_BLOCK_PAGE * LARGE_BLOCK_PAGE;
    void *block = aligned_alloc(LARGE_BLOCK_PAGE, bytes);
    if (block == NULL)
        return NULL;
    (void)madvise(block, bytes, MADV_HUGEPAGE); /* a hint: without it the block is merely slower */
    memset(block, 0, bytes);
    return block;
}

void *large_block_page(void) {
    void *page = aligned_alloc(LARGE_BLOCK_PAGE, LARGE_BLOCK_PAGE);
    if (page != NULL)
        (void)madvise(page, LARGE_BLOCK_PAGE, MADV_HUGEPAGE); /* a hint, as above */
    return page;
}
