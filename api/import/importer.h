#pragma once
/* Files into the market file, each in its own transaction. */

#include <stdbool.h>
#include <stdint.h>

#include "api/import/import_pool.h"
#include "base/error.h"
#include "base/host.h"
#include "store/market/market_import.h"

/* All borrowed. */
struct import_order {
    const char *market;       /* market file; made if it is not there */
    const char *const *files; /* files, folders and patterns, "-" for standard input; NULL ends */
    const char *format;       /* NULL: known by the content */
    const char *columns;      /* NULL: known by their names */
    unsigned threads; /* at most IMPORT_THREADS_MAX; 0: as many as there are cores, up to 6 */
    bool strict;      /* stop at the first file that fails */
    bool replace;     /* where rows contradict those that are in, the new ones win */
};

/* Hears of each file, in their order. */
struct import_observer {
    void *context;
    void (*imported)(void *context, const struct import_job *job,
                     const struct market_import_result *result);
    void (*already_in)(void *context, const char *path);
    void (*failed)(void *context, const char *path, const char *message);
};

struct import_totals {
    uint64_t imported; /* files */
    uint64_t already_in;
    uint64_t failed;
    uint64_t rows;
    struct series_quality found; /* over all files */
    struct market_overlap overlap;
};

/* Imports them; goes on after a file that fails, of which the host hears as of a problem. The
 * status is that of the worst failure, *reterr its message; *ret_totals is filled in any case. */
MUST_CHECK enum status import_files(const struct import_order *order,
                                    const struct import_observer *observer, const struct host *host,
                                    struct import_totals *ret_totals, struct error *reterr);
