#pragma once
/* Replays what a setup holds into a results file: of `run`, and of every command that repeats runs.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "cli/options.h"
#include "cli/run_setup.h"
#include "store/results/results_file.h"

/* How a run is run. */
struct run_how {
    const char *const *sets; /* NULL, or the --set arguments, NULL-terminated */
    uint32_t threads;
    bool range; /* with the further runs of run_range.h */
};

/* Fills `setup` (fresh from run_setup_create()), replays it and stores the run. Shows progress as
 * `options` say. A run that does not end well leaves nothing in `results`. STATUS_INTERRUPTED:
 * interrupt_asked(). */
MUST_CHECK enum status run_replay(struct run_setup *setup, struct results_file *results,
                                  const struct run_how *how, const struct cli_options *options,
                                  struct error *reterr);

/* Replays `input` (ready but for progress), whose progress goes under `label`. Statuses of
 * replay_run(). */
MUST_CHECK enum status run_replay_input(const struct replay_input *input, const char *label,
                                        const struct cli_options *options,
                                        struct replay_summary *ret_summary, struct error *reterr);
