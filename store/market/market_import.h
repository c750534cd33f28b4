#pragma once
/* Puts one source (a file, or standard input) into the market file, in one transaction: all of it,
 * or nothing. Rows are encoded as they come, without touching the database, so that several files
 * can be read at once; their blocks go in when they are committed, one file after the other. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/ports.h"
#include "store/market/market_file.h"
#include "store/market/market_quality.h"

struct market_import; /* opaque; any number at a time, each used by one thread at a time */

/* Begins. `market` must be open for writing and outlive the import; until the commit it is not used
 * but for its path. STATUS_OK: the caller owns *ret_import and ends it with
 * market_import_destroy(). STATUS_NO_MEMORY. */
MUST_CHECK enum status market_import_begin(struct market_file *market,
                                           struct market_import **ret_import, struct error *reterr);

/* Where the rows go; valid as long as the import. Memory is bounded by a budget, whatever the
 * number of series; what is encoded waits in a file without a name beside the market file. append
 * gives STATUS_CORRUPT: times that run backwards in a batch, a name that is empty or too long, too
 * many series; STATUS_FULL, STATUS_IO, STATUS_NO_MEMORY. After an error only
 * market_import_destroy() may follow. */
struct tick_sink market_import_sink(struct market_import *import);

/* Encodes what waits and gives its room back; after the last row, by the thread that read the file.
 * The commit does it otherwise. STATUS_FULL, STATUS_IO, STATUS_NO_MEMORY. */
MUST_CHECK enum status market_import_seal(struct market_import *import, struct error *reterr);

/* What is remembered of a source. */
struct market_source_info {
    const char *name;     /* its path as given, or "-" */
    const char *sha256;   /* of the raw bytes, lower-case hex */
    const char *format;   /* the loader's name */
    uint64_t bytes;       /* of the raw file */
    const char *ts_unit;  /* "s" ... "ns" of epoch times; NULL: not epoch times, or not known */
    const char *checksum; /* "verified" against a file beside it; NULL: there was none */
    bool replace;         /* its rows win against those that contradict them */
};

struct market_import_result {
    bool already_in; /* a source of the same bytes is there: nothing was changed */
    uint64_t rows;   /* now in */
    uint64_t blocks;
    uint64_t series;
    uint64_t stored_bytes;         /* of the blocks' payloads */
    uint64_t replaced;             /* rows of other sources that went */
    struct market_overlap overlap; /* over all series */
    struct series_quality found;   /* sums and maxima over all series; times of the first */
};

/* Finishes, in one transaction: everything is in and on disk, or (already_in, or any error) nothing
 * is. Waits some seconds for another writer; by the thread of `market`. Rows that another source
 * has too are kept once; of rows that contradict another source's the first ones stay, or with
 * `replace` the last ones (store/market/import_overlap.h).
 * STATUS_CORRUPT: too many sources overlap at one time; STATUS_IO: another process is importing. */
MUST_CHECK enum status market_import_commit(struct market_import *import,
                                            const struct market_source_info *source,
                                            struct market_import_result *ret_result,
                                            struct error *reterr);

/* Forgets what is not committed. NULL is fine. */
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
