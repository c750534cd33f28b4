#pragma once
/* The further runs that put a range beside a run's headline figures: the two bounding impact models
 * and, on bars, the orders of a bar's extremes that were not taken. Same accounts, same ticks, same
 * seed; only what is named differs. */

#include "base/error.h"
#include "base/host.h"
#include "runs/record/run_metrics.h"
#include "runs/setup/run_setup.h"
#include "store/results/results_file.h"

struct run_range; /* opaque */

/* Prepares them for `setup`, which is filled and outlives them; what had to be assumed is added to
 * its caveats. STATUS_OK: the caller owns *ret_range. */
MUST_CHECK enum status run_range_create(struct run_setup *setup, struct run_range **ret_range,
                                        struct error *reterr);

/* Runs them, once, after the run itself. STATUS_INTERRUPTED: the host stops it. */
MUST_CHECK enum status run_range_replay(struct run_range *range, const struct host *host,
                                        struct error *reterr);

/* Gives the headline figures among `metrics`, those of the run itself, their low and high over all
 * runs, and adds each run's own as range.RUN.NAME. After run_range_replay(). */
void run_range_apply(const struct run_range *range, struct run_metrics *metrics);

void run_range_destroy(struct run_range *range); /* NULL is fine */

/* Whether the stored run `id` has a range. */
MUST_CHECK enum status run_range_is_stored(struct results_file *file, const char *id, bool *ret_has,
                                           struct error *reterr);
