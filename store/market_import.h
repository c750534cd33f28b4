#pragma once
/* Puts one source (a file, or standard input) into the market file, in one transaction: all of it,
 * or nothing. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/ports.h"
#include "store/market_file.h"

struct market_import; /* opaque; one at a time on a market file */

/* Begins; waits some seconds for another writer. `market` must be open for writing and outlive the
 * import. STATUS_OK: the caller owns *ret_import and ends it with market_import_destroy().
 * STATUS_IO: another process is importing; STATUS_NO_MEMORY. */
MUST_CHECK enum status market_import_begin(struct market_file *market,
                                           struct market_import **ret_import, struct error *reterr);

/* Where the rows go; valid as long as the import. Memory is bounded by a budget, whatever the
 * number of series. append gives STATUS_CORRUPT: times that run backwards, a name that is empty or
 * too long, too many series; STATUS_FULL, STATUS_IO, STATUS_NO_MEMORY. After an error only
 * market_import_destroy() may follow. */
struct tick_sink market_import_sink(struct market_import *import);

/* What is remembered of a source. */
struct market_source_info {
    const char *name;   /* its path as given, or "-" */
    const char *sha256; /* of the raw bytes, lower-case hex */
    const char *format; /* the loader's name */
    uint64_t bytes;     /* of the raw file */
};

struct market_import_result {
    bool already_in; /* a source of the same bytes is there: nothing was changed */
    uint64_t rows;
    uint64_t blocks;
    uint64_t series;
    uint64_t stored_bytes; /* of the blocks' payloads */
};

/* Finishes: everything is in and on disk, or (already_in, or any error) nothing is.
 * STATUS_CORRUPT: rows overlap in time with those of another source in the same series; the message
 * names the series, the other source and both spans. */
MUST_CHECK enum status market_import_commit(struct market_import *import,
                                            const struct market_source_info *source,
                                            struct market_import_result *ret_result,
                                            struct error *reterr);

/* Undoes what is not committed. NULL is fine. */
void market_import_destroy(struct market_import *import);

/* Whether a source of these bytes is in the file; `ret_deleted` (may be NULL): rows of it that were
 * deleted since. */
MUST_CHECK enum status market_has_source(struct market_file *market, const char *sha256,
                                         bool *ret_has, uint64_t *ret_deleted,
                                         struct error *reterr);

/* Whether any source of this size is in the file: only then can a file be in already, and only then
 * is it worth a pass to hash it before it is read. */
MUST_CHECK enum status market_has_source_size(struct market_file *market, uint64_t bytes,
                                              bool *ret_has, struct error *reterr);
