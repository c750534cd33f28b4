/* `crossfall report`: tells what a stored run found. */

#include <glib.h>

#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/paths.h"

static enum status report(int argc, char **argv, const struct cli_options *options,
                          struct error *reterr) {
    if (argc != 2)
        return error_set(reterr, STATUS_USAGE,
                         "one run is needed: an id, the beginning of one, or last (crossfall list "
                         "runs)");
    char *path = cli_results_path(options->results);
    struct results_file *file = NULL;
    char id[RESULTS_RUN_ID_SIZE];
    enum status status = results_file_open(path, RESULTS_READ, &file, reterr);
    g_free(path);
    if (status == STATUS_OK)
        status = results_file_find(file, argv[1], id, reterr);
    if (status == STATUS_OK)
        status = answer_print(file, id, options, reterr);
    results_file_close(file);
    return status;
}

int command_report(int argc, char **argv) {
    struct cli_options options;
    struct error error = {0};
    enum status status = cli_options_parse(
        "report", "RUN",
        "Tells what a run found: what fell, what was liquidated, how much of the "
        "fall that made,\nwho paid, and what the answer rests on. RUN is an id, a "
        "unique prefix of one, or last.",
        NULL, &argc, &argv, &options, &error);
    if (status == STATUS_OK)
        status = report(argc, argv, &options, &error);
    cli_options_finish(&options);
    return status == STATUS_OK ? 0 : cli_tell_error("report", status, &error);
}
