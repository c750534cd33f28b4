#pragma once
/* The impact parameters of a run: what its scenario says, the rest from the data. Part of
 * run_setup, and of the further runs that make a range. */

#include "base/error.h"
#include "runs/setup/run_setup.h"

/* Volatility and volume of instrument `index` from the data before the start; where there are none,
 * of the replay's own span, which becomes a caveat. Reads the data once. */
MUST_CHECK enum status run_impact_measure(struct run_setup *setup, size_t index,
                                          const struct market_stats **ret_stats,
                                          struct error *reterr);

/* Fills in what `instrument` (of the setup's, or a bound of one) leaves to the data and checks it.
 * STATUS_CONFIG: a parameter out of its range, named. */
MUST_CHECK enum status run_impact_fill(struct run_setup *setup, size_t index,
                                       struct scenario_instrument *instrument,
                                       struct error *reterr);
