#pragma once
/* The id of a run: the first digits of a hash over all that decides its answer. */

#include "base/error.h"
#include "runs/inputs/run_inputs.h"

/* The id of `inputs`, whose series and files are open, as `version` of the program gives it. */
MUST_CHECK enum status run_id_make(const struct run_inputs *inputs, const char *version,
                                   char ret_id[RESULTS_RUN_ID_SIZE], struct error *reterr);
