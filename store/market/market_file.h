#pragma once
/* The market file: one SQLite database of market data in blocks. Here it is opened; what is in it:
 * store/market/market_catalog.h, putting in: store/market/market_import.h, getting out:
 * store/market/market_source.h and store/market/market_query.h, care: store/market/market_verify.h
 * and store/market/market_delete.h.
 *
 * Tables (all STRICT; `PRAGMA application_id` is MARKET_APPLICATION_ID, `user_version` the
 * schema's): instrument(id, symbol) series(id, instrument_id, name, kind 'ticks' | 'bars', bar_ns)
 *   source(id, name, sha256, bytes, format, row_count, deleted_count, first_ts_ns, last_ts_ns,
 *          overlap_count, ts_unit, checksum)
 *     one row a file that was imported; deleted_count: rows taken out since by `data delete` or
 *     `import --replace`; overlap_count: rows left out because another source has their time;
 *     ts_unit: 's' ... 'ns' of epoch times, NULL for others; checksum: 'verified' against a file
 *     beside it, NULL without one
 *   quality(source_id, series_id, ...) what was odd: store/market/market_quality.h, base/records.h
 *   block(id, series_id, source_id, first_ts_ns, last_ts_ns, row_count, price_decimals,
 *         quantity_decimals, hash, payload)
 *     payload and hash as in store/blocks/tick_block.h. Blocks of one series and source do not
 * overlap in time, but may share a boundary; their order is that of id. Those of several sources
 * may overlap, never with equal rows: reading merges them. A file of version 1 is brought to
 * version 2 by whoever opens it first and may write.
 *
 * A change is one transaction with a rollback journal: killed at any moment, the file is as before
 * or after. Nothing in it depends on the clock: the same imports give the same rows. */

#include "base/error.h"

#define MARKET_APPLICATION_ID 0x43464d4b /* "CFMK" */
#define MARKET_SCHEMA_VERSION 2

struct market_file; /* opaque; it and all that is made from it: used by one thread at a time */

enum market_mode {
    MARKET_READ,  /* must be there; nothing is changed, any number of readers */
    MARKET_WRITE, /* made if it is not there; one writer at a time */
};

/* Opens `path`. STATUS_OK: the caller owns *ret_market, and closes it after all that was made from
 * it. An import that was cut off is rolled back first, by a reader too if it may write.
 * STATUS_IO: not there (MARKET_READ) or cannot be opened; STATUS_FOREIGN: not a market file, or
 * one of a newer version; STATUS_CORRUPT: damaged; STATUS_NO_MEMORY, STATUS_FULL. */
MUST_CHECK enum status market_file_open(const char *path, enum market_mode mode,
                                        struct market_file **ret_market, struct error *reterr);

void market_file_close(struct market_file *market); /* NULL is fine */

/* Closes a file that market_file_open() made, and removes it if nothing was imported since: a first
 * import that failed leaves no file behind. */
void market_file_close_unused(struct market_file *market);

/* As given to market_file_open(). */
const char *market_file_path(const struct market_file *market);
