#pragma once
/* Replays a run's inputs into a results file. */

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/host.h"
#include "runs/inputs/run_inputs.h"
#include "store/results/results_file.h"

/* How a run is run. */
struct run_how {
    const char *const *sets; /* NULL, or the --set arguments, NULL-terminated */
    uint32_t threads;        /* 1 or more; the answer is the same */
    bool range;              /* with the further runs of run_range.h */
};

/* Sets up what `inputs` (fresh) hold, replays it and stores the run under inputs->id. A run that
 * does not end well leaves nothing in `results`. STATUS_INTERRUPTED: the host stops it. */
MUST_CHECK enum status run_replay(struct run_inputs *inputs, struct results_file *results,
                                  const struct run_how *how, const struct host *host,
                                  struct error *reterr);

/* Replays `input` (ready but for progress), whose progress goes under `label`. Statuses of
 * replay_run(). */
MUST_CHECK enum status run_replay_input(const struct replay_input *input, const char *label,
                                        const struct host *host, struct replay_summary *ret_summary,
                                        struct error *reterr);
