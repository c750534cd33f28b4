#include "cli/cli_host.h"

#include <stdio.h>
#include <unistd.h>

#include "cli/interrupt.h"

static void show(void *context, const struct host_progress *progress) {
    struct cli_host *cli = context;
    if (progress == NULL) {
        cli_host_clear(cli);
        cli->shows = false;
        return;
    }
    if (!cli->shows)
        progress_init(&cli->progress, cli->options->progress,
                      progress_color(cli->options->color, STDERR_FILENO), progress->what,
                      progress->unit);
    cli->shows = true;
    cli->progress.what = progress->what;
    progress_update(&cli->progress, progress->count, progress->share);
}

void cli_host_clear(struct cli_host *host) {
    if (host->shows)
        progress_finish(&host->progress);
}

static bool stop(void *context) {
    (void)context;
    return interrupt_asked();
}

static void tell(void *context, enum host_notice notice, const char *text) {
    struct cli_host *cli = context;
    cli_host_clear(cli);
    if (notice == HOST_PROBLEM)
        (void)fprintf(stderr, "crossfall %s: %s\n", cli->command, text); /* nobody to tell */
    else
        (void)fprintf(stderr, "%s\n", text); /* likewise */
}

void cli_host_init(struct cli_host *ret_host, const char *command,
                   const struct cli_options *options) {
    *ret_host = (struct cli_host){.command = command, .options = options};
    ret_host->host = (struct host){ret_host, show, stop, tell};
}
