#pragma once
/* The series of funding payments that a scenario may ask for. Part of run_inputs. */

#include "base/error.h"
#include "runs/inputs/run_inputs.h"

#define FUNDING_SERIES "funding_rate"

/* Opens it for each instrument that has one; the others become caveats. STATUS_CONFIG: the scenario
 * asks for it and there is none. */
MUST_CHECK enum status run_funding_open(struct run_inputs *inputs, struct error *reterr);
