#pragma once
/* The summary of a replay as metrics of the results file, named as in `run --json`. */

#include <glib.h>

#include "engine/replay/replay.h"
#include "store/results/results_writer.h"

struct run_metrics {
    GArray *rows;        /* struct results_metric */
    GStringChunk *texts; /* owns their strings */
    const char *asset;   /* of all money; borrowed */
    char fingerprint[40];
};

/* `asset` is what the run settles in, and outlives the metrics. */
void run_metrics_init(struct run_metrics *metrics, const struct replay_summary *summary,
                      const struct replay_input *input, size_t account_count, const char *asset);
void run_metrics_finish(struct run_metrics *metrics); /* zeroed is fine */
