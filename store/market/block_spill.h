#pragma once
/* Encoded blocks of a file that is being read, kept until it is their turn to go into the market
 * file: in memory, and beyond some MB in a nameless file beside it. Not for other rooms. */

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "store/blocks/tick_block.h"

#define BLOCK_SPILL_MEMORY ((size_t)4 << 20)

struct spilled_block {
    size_t series; /* the caller's index */
    size_t size;   /* of its bytes */
    struct tick_block_summary summary;
};

struct block_spill {
    const char *beside; /* a path in the folder of the nameless file; borrowed */
    struct spilled_block *blocks;
    size_t count;
    size_t capacity;
    uint8_t *bytes; /* the last of them, not written yet */
    size_t size;
    size_t room;
    int file; /* -1: none yet */
};

void block_spill_init(struct block_spill *spill, const char *beside);
void block_spill_finish(struct block_spill *spill); /* after init; also half-built */

/* STATUS_FULL, STATUS_IO: the nameless file; STATUS_NO_MEMORY. */
MUST_CHECK enum status block_spill_add(struct block_spill *spill, size_t series,
                                       const struct tick_block_summary *summary,
                                       const uint8_t *bytes, size_t size, struct error *reterr);

/* Gives every block, in order, to `take`, and stops at its first failure. */
MUST_CHECK enum status
block_spill_read(struct block_spill *spill,
                 enum status (*take)(void *context, const struct spilled_block *block,
                                     const uint8_t *bytes, struct error *reterr),
                 void *context, struct error *reterr);
