#pragma once
/* Prints the report of one stored run. */

#include "base/error.h"
#include "cli/options.h"
#include "store/results/results_file.h"

MUST_CHECK enum status answer_print(struct results_file *file, const char *id,
                                    const struct cli_options *options, struct error *reterr);

/* How the user would call this program from where he is: "build/crossfall" in its checkout, else
 * "crossfall". */
const char *answer_program(void);
