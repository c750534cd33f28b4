#pragma once
/* The runs of a results file, newest first. */

#include <stdbool.h>

#include "base/error.h"
#include "store/results/results_file.h"

/* STATUS_OK: *ret_text is a table for people, or (`json`) a JSON list; the caller's to free(). */
MUST_CHECK enum status run_list(struct results_file *file, bool json, char **ret_text,
                                struct error *reterr);
