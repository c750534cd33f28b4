#pragma once
/* Settles what happens where two sources have rows of one series at the same time: none is stored
 * twice. Not for other rooms.
 *
 * Within one time of a series: rows that both have are kept once. If one side has all that the
 * other has, or if the time is the first or last of either (a cut between files may go through it),
 * the rest is kept too. Otherwise the two contradict each other, and the victim's rows give way; a
 * second bar of a time always does. A row at a time that the keeper has not is kept, except inside
 * the span of a keeper of another format: that one tells the same story in other words. */

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "store/market/market_block.h"
#include "store/market/market_catalog.h"
#include "store/market/market_quality.h"

#define OVERLAP_ALL_OTHERS INT64_C(0)
#define OVERLAP_NOBODY INT64_C(-1)

struct overlap_request {
    struct market_file *market; /* in a transaction */
    struct market_block_writer *writer;
    const struct market_series *series;
    int64_t victim; /* the source whose rows give way; its row in `source` must be there */
    int64_t keeper; /* the source they are held against, or one of the above */
    bool late;      /* the victim's own blocks are not in order: they will be */
};

struct overlap_result {
    struct market_overlap overlap;
    uint64_t duplicates; /* bars dropped beside an equal one, ... */
    uint64_t conflicts;  /* ... or another one, of the victim itself at the same time */
};

/* Rewrites the victim's blocks as need be. STATUS_CORRUPT: too many files overlap, too many rows at
 * one time, a damaged block; and what reading and writing gives. */
MUST_CHECK enum status overlap_settle(const struct overlap_request *request,
                                      struct overlap_result *ret_result, struct error *reterr);
