#pragma once
/* What the rooms below ask of the command (base/host.h), answered on standard error: progress as
 * the options say, Ctrl-C, notices. */

#include "base/host.h"
#include "cli/options.h"
#include "cli/progress.h"

struct cli_host {
    struct host host; /* to be handed down; points into this */
    const char *command;
    const struct cli_options *options;
    struct progress progress;
    bool shows; /* a piece of work is being shown */
};

/* Fills *ret_host for `command` ("run"). `options` are borrowed. Work stops at Ctrl-C only after
 * interrupt_catch(). */
void cli_host_init(struct cli_host *ret_host, const char *command,
                   const struct cli_options *options);

/* Takes what is shown of progress off the terminal until there is more. Before anything else is
 * written. */
void cli_host_clear(struct cli_host *host);
