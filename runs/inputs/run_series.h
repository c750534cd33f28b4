#pragma once
/* Which series of the market file an instrument's prices come from, what it is and what it hashes
 * to. Part of run_inputs. */

#include "base/error.h"
#include "runs/inputs/run_inputs.h"

/* Finds and opens the series of instrument `index`: trades if there are any in the scenario's span,
 * else the shortest bars. STATUS_CONFIG: there are neither. */
MUST_CHECK enum status run_series_open(struct run_inputs *inputs, size_t index,
                                       struct error *reterr);

/* Makes the instrument's prices and readings ready to be replayed again. */
void run_series_rewind(struct run_series *series);

void run_series_close(struct run_series *series); /* zeroed is fine */
