#pragma once
/* Gives the rows of one series of a market file in time order, block by block: a tick_source. */

#include <stdint.h>

#include "base/error.h"
#include "base/ports.h"
#include "store/market/market_catalog.h"
#include "store/market/market_file.h"

struct market_source; /* opaque */

/* Opens rows with from_ns <= ts_ns < to_ns of `series` (as market_list_series() gave it; borrowed
 * for the call). The list of blocks is taken now and no lock is held between reads: an import that
 * goes on meanwhile is not seen, a delete is STATUS_CORRUPT at the missing block.
 * STATUS_OK: the caller owns *ret_source and ends it with market_source_destroy(), before the
 * market file is closed. Rows of files that overlap in time are merged: of rows of one time those
 * of the file that begins earlier in the series come first. STATUS_NO_MEMORY, STATUS_IO. */
MUST_CHECK enum status market_source_create(struct market_file *market,
                                            const struct market_series *series, int64_t from_ns,
                                            int64_t to_ns, struct market_source **ret_source,
                                            struct error *reterr);

/* The port; valid as long as the source. STATUS_CORRUPT names the file, the block's id, the
 * instrument and the series; also: too many files overlap at one time. */
struct tick_source market_source_port(struct market_source *source);

/* A hash of the rows that will come: over the blocks' checksums, spans and counts, so without
 * reading them. The same imports in the same order of files give the same on every machine. */
uint64_t market_source_hash(const struct market_source *source);

/* How much the blocks of the span hold and on which grid: a little more than the rows that will
 * come where a block crosses an end of it. Equal for sources of equal hash, whatever else the
 * series holds. */
struct market_source_extent {
    uint64_t rows;
    int32_t price_decimals;    /* \ the most that any of them needs; 0 without any */
    int32_t quantity_decimals; /* / */
};
struct market_source_extent market_source_extent(const struct market_source *source);

/* After STATUS_CORRUPT: goes past the damaged block, to see whether others are damaged too. */
void market_source_skip(struct market_source *source);

/* Back to the first row. */
void market_source_rewind(struct market_source *source);

void market_source_destroy(struct market_source *source); /* NULL is fine */
