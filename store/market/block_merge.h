#pragma once
/* Merges the rows of chains of blocks that overlap in time. Not for other rooms. */

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/records.h"
#include "store/blocks/tick_block.h"
#include "store/market/block_list.h"

#define BLOCK_LANES_MAX 16     /* chains that may overlap at one time, some MB each */
#define BLOCK_MERGE_ROWS 4096u /* of a batch that was put together row by row */

/* Where the merge gets its blocks: decodes `block` with `decoder` and cuts it to the span asked
 * for; then *ret_batch may be empty. */
struct block_fetch {
    void *context;
    MUST_CHECK enum status (*fetch)(void *context, const struct block_row *block,
                                    struct tick_block_decoder *decoder,
                                    struct tick_batch *ret_batch, struct error *reterr);
};

struct block_lane {
    const struct block_chain *chain;
    size_t block; /* index of the block being read */
    bool loaded;  /* `batch` holds its rows from `at` on */
    struct tick_batch batch;
    size_t at;
    struct tick_block_decoder *decoder; /* kept when the lane is free */
};

struct block_merge {
    const struct block_list *list;
    struct block_fetch fetch;
    size_t chain_next; /* the next to be begun */
    struct block_lane lanes[BLOCK_LANES_MAX];
    size_t lane_count;
    struct block_lane *failed; /* whose block could not be had */
    int64_t *columns;          /* room for a batch put together row by row */
};

/* `list`, which is merged, is kept. STATUS_OK: the caller ends *ret_merge with
 * block_merge_destroy(). STATUS_NO_MEMORY. */
MUST_CHECK enum status block_merge_create(const struct block_list *list,
                                          const struct block_fetch *fetch,
                                          struct block_merge **ret_merge, struct error *reterr);
void block_merge_destroy(struct block_merge *merge); /* NULL is fine */

/* The next rows, as tick_source gives them. STATUS_CORRUPT: more than BLOCK_LANES_MAX chains
 * overlap, and what fetching gives. */
MUST_CHECK enum status block_merge_next(struct block_merge *merge, struct tick_batch *ret_batch,
                                        struct error *reterr);

/* After a block could not be had: goes past it. */
void block_merge_skip(struct block_merge *merge);

/* Back to the first row. */
void block_merge_rewind(struct block_merge *merge);
