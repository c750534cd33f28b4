#pragma once
/* Reads many files at once, in threads, and gives them back one by one in their order: so what the
 * market file holds afterwards does not depend on the number of threads. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "base/error.h"
#include "base/host.h"
#include "loaders/loaders.h"
#include "store/market/market_file.h"
#include "store/market/market_import.h"

#define IMPORT_THREADS_MAX 64

/* One file that was read. */
struct import_job {
    const char *path; /* the list's */
    enum status status;
    struct error error;
    bool already_in; /* known by its hash; it was not read any further */
    bool checked;    /* against the checksum file beside it */
    struct import_report report;
    struct market_import *import; /* to be committed; NULL if already in or failed */
};

struct import_pool_settings {
    struct market_file *market; /* used by the calling thread alone, but for its path */
    const char *format;         /* NULL: auto */
    const char *columns;        /* NULL: none */
    unsigned threads;           /* 1 or more */
    const struct host *host;    /* may stop it */
};

struct import_pool; /* opaque */

/* Starts reading `paths` (of const char *, borrowed like all of `settings`). STATUS_OK: the caller
 * owns *ret_pool. STATUS_NO_MEMORY, and what listing the sources of the market file gives. */
MUST_CHECK enum status import_pool_create(const struct import_pool_settings *settings,
                                          const GPtrArray *paths, struct import_pool **ret_pool,
                                          struct error *reterr);

/* The next file in order, once it is read; the caller ends it with import_job_destroy(). NULL: not
 * yet, after a tenth of a second. Not to be called after the last. */
struct import_job *import_pool_next(struct import_pool *pool);
void import_job_destroy(struct import_job *job);

/* Rows read so far, and the share of the files' bytes (-1: not known). */
void import_pool_progress(struct import_pool *pool, uint64_t *ret_rows, double *ret_share);

/* Stops what is being read, waits for the threads and ends all. NULL is fine. */
void import_pool_destroy(struct import_pool *pool);
