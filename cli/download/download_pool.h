#pragma once
/* The files of a plan, fetched by a few threads; each asks for the next when it is done. */

#include <stddef.h>

#include "base/error.h"
#include "cli/download/download_file.h"
#include "cli/download/download_plan.h"

#define DOWNLOAD_PARALLEL_MAX 16

/* What the caller hears, on its own thread. */
struct download_watch {
    void *context;
    /* Each file once, in the plan's order. */
    void (*tell)(void *context, const char *path, const struct download_result *result);
    /* About ten times a second: `done` files are through. */
    void (*look)(void *context, size_t done);
};

/* Fetches all. It ends early, leaving DOWNLOAD_NOT_DONE, when the user stops it, the disk is full
 * or several files one after another could not be reached. `ret_results` has plan->count entries,
 * zeroed; download_results_finish() ends them. The status is the first failure's in the plan's
 * order, or STATUS_INTERRUPTED; its message was told. STATUS_NO_MEMORY: no thread could start,
 * `reterr` says. */
MUST_CHECK enum status download_pool_run(struct download_job *job, const struct download_plan *plan,
                                         int parallel, int stall_s,
                                         const struct download_watch *watch,
                                         struct download_result *ret_results, struct error *reterr);

void download_results_finish(struct download_result *results, size_t count);
