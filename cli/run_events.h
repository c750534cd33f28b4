#pragma once
/* What happens in a run at times of its own: events, funding payments, shock and scale. Part of
 * run_setup. */

#include "base/error.h"
#include "cli/run_setup.h"

/* First stage: opens the funding series that the scenario asks for. STATUS_CONFIG: there is none.
 */
MUST_CHECK enum status run_events_open(struct run_setup *setup, struct error *reterr);

/* Second stage: fills setup->events, by time. Instruments and series are set. */
MUST_CHECK enum status run_events_fill(struct run_setup *setup, struct error *reterr);

/* First and last time of the data within the scenario's span. */
void run_events_span(const struct run_setup *setup, int64_t *ret_first_ns, int64_t *ret_last_ns);
