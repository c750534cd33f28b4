#pragma once
/* The blocks of one series that hold rows of a span, and the order in which they are read. Rows of
 * several sources may overlap in time; those of one source never do once its import is finished.
 * Not for other rooms. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "store/market/market_internal.h"

enum block_sources {
    BLOCKS_OF_ALL,
    BLOCKS_OF_SOURCE, /* of source_id alone */
    BLOCKS_OF_OTHERS, /* of all but source_id */
};

struct block_selection {
    int64_t series_id;
    int64_t from_ns; /* blocks with rows in from_ns <= ts_ns < to_ns */
    int64_t to_ns;
    enum block_sources sources;
    int64_t source_id;
};

struct block_row {
    int64_t id;
    int64_t source_id;
    int64_t first_ts_ns;
    int64_t last_ts_ns;
    int64_t row_count;
    uint64_t hash;
    int32_t price_decimals;
    int32_t quantity_decimals;
    size_t next; /* the block after it in its chain; SIZE_MAX: none */
};

/* Blocks of one source, in the order of import, whose times do not go back. */
struct block_chain {
    size_t first; /* index of its first block */
    int64_t first_ts_ns;
    int64_t last_ts_ns;
    size_t rank; /* of rows of one time, those of the lower rank come first */
};

struct block_list {
    struct block_row *rows; /* by first_ts_ns, last_ts_ns, id */
    size_t count;
    bool merged;                /* chains overlap: their rows must be merged */
    struct block_chain *chains; /* if merged: by first_ts_ns, rank */
    size_t chain_count;
};

/* STATUS_OK: the caller ends *ret_list with block_list_finish(). Of rows of one time those of the
 * source that begins earlier in the series come first. STATUS_NO_MEMORY, and what reading gives. */
MUST_CHECK enum status block_list_read(const struct market_file *market,
                                       const struct block_selection *selection,
                                       struct block_list *ret_list, struct error *reterr);
void block_list_finish(struct block_list *list); /* zeroed is fine */

/* How many chains overlap where most do, and when that is first so. */
size_t block_list_depth(const struct block_list *list, int64_t *ret_ts_ns);
