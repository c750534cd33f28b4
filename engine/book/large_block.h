#pragma once
/* Memory for the columns of large books: zeroed, and on huge pages where the system grants them.
 * Accounts are visited at random, so with small pages each visit also waits for the page table:
 * 16 % of a crash's processor time at a million accounts. */

#include <stddef.h>

/* `count` zeroed items of `size` bytes, to be given back with free(). NULL: no memory, or the
 * product overflows. */
void *large_block_create(size_t count, size_t size);

/* One huge page of memory that is not zeroed, LARGE_BLOCK_PAGE bytes. NULL: no memory. */
#define LARGE_BLOCK_PAGE ((size_t)2 << 20)
void *large_block_page(void);
