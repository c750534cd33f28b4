#pragma once
/* The options that every subcommand has, and how it tells an error. */

#include <stdbool.h>

#include <glib.h>

#include "base/error.h"
#include "cli/progress.h"

struct cli_options {
    char *data;    /* --data, NULL: not given; cli_data_path() knows the default */
    char *results; /* --results, likewise */
    gboolean json;
    char *progress_text;
    char *color; /* NULL, "auto", "always" or "never" */
    enum progress_mode progress;
};

/* Parses the options of `command` ("import"): the common ones and `own` (ends with a NULL entry;
 * may be NULL), whose values GLib writes where the entries say. `arguments` ("FILE...") and
 * `summary` are for --help, which prints and ends the program. What is no option stays in *argv,
 * argv[0] too. STATUS_USAGE: the message says what is wrong. The caller ends *ret_options with
 * cli_options_finish() in both cases. */
MUST_CHECK enum status cli_options_parse(const char *command, const char *arguments,
                                         const char *summary, const GOptionEntry *own, int *argc,
                                         char ***argv, struct cli_options *ret_options,
                                         struct error *reterr);

void cli_options_finish(struct cli_options *options);

/* Writes "crossfall COMMAND: MESSAGE" to standard error; returns the exit code of `status`. */
int cli_tell_error(const char *command, enum status status, const struct error *error);
