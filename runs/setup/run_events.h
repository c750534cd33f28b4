#pragma once
/* What happens in a run at times of its own: events, funding payments, shock and scale. Part of
 * run_setup. */

#include "base/error.h"
#include "runs/setup/run_setup.h"

/* Fills setup->events, by time. Instruments and series are set. */
MUST_CHECK enum status run_events_fill(struct run_setup *setup, struct error *reterr);

/* First and last time of the data within the scenario's span. */
void run_events_span(const struct run_setup *setup, int64_t *ret_first_ns, int64_t *ret_last_ns);
