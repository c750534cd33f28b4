#pragma once
/* One run as the JSON document of interface §6. */

#include "base/error.h"
#include "store/results/results_file.h"

/* Reads run `id`, which is there. STATUS_OK: *ret_text is the document with a line end, the
 * caller's to free(). Money has all its digits; what is not known is null. */
MUST_CHECK enum status run_json(struct results_file *file, const char *id, char **ret_text,
                                struct error *reterr);
