#pragma once
/* The answer of a command as JSON (api/api.h) on standard output: --json of every subcommand. */

#include <jansson.h>

#include "base/error.h"
#include "cli/options.h"

/* Carries out `request`, which it ends, for `command` ("data"), with the files that `options` and
 * the environment name. NULL is a request that JSON cannot hold, since an argument is no UTF-8.
 * Statuses of api_call(); what there is of an answer is printed in any case. */
MUST_CHECK enum status api_print(const char *command, const struct cli_options *options,
                                 json_t *request, struct error *reterr);
