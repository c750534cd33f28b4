#pragma once
/* What a replay takes, made of a run's inputs, and its owner: grids, impact parameters, accounts,
 * events. For a run, and for everything else that replays. */

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "base/error.h"
#include "engine/replay/market_stats.h"
#include "engine/replay/replay.h"
#include "runs/inputs/run_inputs.h"
#include "scenarios/settlement.h"

/* What an instrument's data say of a day: run_impact_measure(). */
struct run_measure {
    struct market_stats stats;
    bool is_measured;
};

struct run_setup {
    struct run_inputs *inputs;   /* borrowed */
    char asset[SETTLEMENT_SIZE]; /* of all money */

    struct instrument *instruments; /* this and the next six: one an instrument */
    struct price_source *prices;
    const struct impact_model **models;
    struct impact_params *params;
    struct run_measure *measures;
    double *volatility;
    int64_t *start_ticks;
    struct price_history *entries; /* likewise */
    struct mark_input *marks;      /* likewise */
    struct reading_source *readings;
    struct accounts *accounts;
    struct accounts *reference_accounts; /* NULL: `accounts` */
    GArray *events;                      /* struct replay_event, by time */

    struct replay_input input; /* ready but for sink and progress */
};

/* Fills the scenario's grids and impact parameters that are left to the data, and makes the rest
 * from `inputs`, which is fresh and outlives the setup; what had to be assumed is added to its
 * caveats. `threads` draw the accounts; the answer is the same. STATUS_OK: the caller owns
 * *ret_setup. STATUS_CONFIG: what the scenario asks for and these data make contradict each other.
 */
MUST_CHECK enum status run_setup_create(struct run_inputs *inputs, uint32_t threads,
                                        struct run_setup **ret_setup, struct error *reterr);

void run_setup_destroy(struct run_setup *setup); /* NULL is fine; before the inputs */
