#pragma once
/* Replays what a setup holds into a results file: of `run`, and of every command that repeats runs.
 */

#include <stdint.h>

#include "base/error.h"
#include "cli/options.h"
#include "cli/run_setup.h"
#include "store/results_file.h"

/* Fills `setup` (fresh from run_setup_create()), replays it and stores the run. `sets` is NULL or
 * the --set arguments, NULL-terminated. Shows progress as `options` say. A run that does not end
 * well leaves nothing in `results`. STATUS_INTERRUPTED: interrupt_asked(). */
MUST_CHECK enum status run_replay(struct run_setup *setup, struct results_file *results,
                                  const char *const *sets, uint32_t threads,
                                  const struct cli_options *options, struct error *reterr);
