/* `crossfall report`: tells what a stored run found. */

#include <glib.h>
#include <jansson.h>

#include "cli/answer.h"
#include "cli/api_print.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/paths.h"
#include "reports/html_page.h"

static const char *const command = "report";

static enum status write_page(struct results_file *file, const char *id, const char *path,
                              struct error *reterr) {
    const enum status status = html_page_write(file, id, path, reterr);
    if (status == STATUS_OK)
        g_printerr("The page of run %s is in %s: open it with a browser.\n", id, path);
    return status;
}

static enum status report(int argc, char **argv, const struct cli_options *options,
                          const char *html, struct error *reterr) {
    if (argc != 2)
        return error_set(reterr, STATUS_USAGE,
                         "one run is needed: an id, the beginning of one, or last (crossfall list "
                         "runs)");
    if (options->json)
        return api_print(
            command, options,
            json_pack("{s:s, s:s, s:s*}", "command", command, "run", argv[1], "html", html),
            reterr);
    char *path = cli_results_path(options->results);
    struct results_file *file = NULL;
    char id[RESULTS_RUN_ID_SIZE];
    enum status status = results_file_open(path, RESULTS_READ, &file, reterr);
    g_free(path);
    if (status == STATUS_OK)
        status = results_file_find(file, argv[1], id, reterr);
    if (status == STATUS_OK && html != NULL)
        status = write_page(file, id, html, reterr);
    else if (status == STATUS_OK)
        status = answer_print(file, id, options, reterr);
    results_file_close(file);
    return status;
}

int command_report(int argc, char **argv) {
    struct cli_options options;
    struct error error = {0};
    char *html = NULL;
    const GOptionEntry own[] = {{"html", 0, 0, G_OPTION_ARG_FILENAME, &html,
                                 "Write the run as one HTML file with charts instead", "FILE"},
                                {NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL}};
    enum status status = cli_options_parse(
        command, "RUN",
        "Tells what a run found: what fell, what was liquidated, how much of the "
        "fall that made,\nwho paid, and what the answer rests on. RUN is an id, a "
        "unique prefix of one, or last.",
        own, &argc, &argv, &options, &error);
    if (status == STATUS_OK)
        status = report(argc, argv, &options, html, &error);
    g_free(html);
    cli_options_finish(&options);
    return status == STATUS_OK ? 0 : cli_tell_error(command, status, &error);
}
