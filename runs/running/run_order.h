#pragma once
/* A run from its beginning to its end: the scenario read, its market file found, the run recognised
 * or replayed, the answer in the results file. What `crossfall run` is, without a word of it. */

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/host.h"
#include "runs/inputs/run_places.h"
#include "runs/running/run_replay.h"
#include "scenarios/scenario.h"
#include "store/results/results_file.h"

/* All borrowed. */
struct run_order {
    const char *scenario; /* a bundled name or a path */
    const uint64_t *seed; /* of the population, at most 2^63 - 1; NULL: the scenario's */
    struct run_how how;
    bool again; /* also where the run is in the results file already */
    struct run_places places;
};

struct run_done {
    char id[RESULTS_RUN_ID_SIZE];
    bool was_there; /* it was stored before, and is now the last */
};

/* Reads the scenario with its settings and seed. STATUS_OK: the caller owns *ret_scenario. Statuses
 * of scenario_load(). */
MUST_CHECK enum status run_order_load(const struct run_order *order, struct scenario **ret_scenario,
                                      struct error *reterr);

/* Runs it. STATUS_INTERRUPTED: the host stops it; nothing is left of it then, nor after any other
 * failure. */
MUST_CHECK enum status run_order_carry_out(const struct run_order *order, const struct host *host,
                                           struct run_done *ret_done, struct error *reterr);
