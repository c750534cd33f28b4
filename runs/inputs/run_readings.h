#pragma once
/* What the venue published beside prices, where a run reads it: mark and index prices that accounts
 * are judged at, liquidation prints or open interest that are taken out of the recorded path. Part
 * of run_inputs. */

#include "base/error.h"
#include "runs/inputs/run_inputs.h"

/* Finds and opens the series that the scenario's instruments, rulebooks and cleaning
 * need. STATUS_CONFIG: one is not there, named. An instrument without prints, or open interest,
 * becomes a caveat unless none has any. */
MUST_CHECK enum status run_readings_open(struct run_inputs *inputs, struct error *reterr);
