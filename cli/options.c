#include "cli/options.h"

#include <stdio.h>
#include <string.h>

enum status cli_options_parse(const char *command, const char *arguments, const char *summary,
                              const GOptionEntry *own, int *argc, char ***argv,
                              struct cli_options *ret_options, struct error *reterr) {
    *ret_options = (struct cli_options){0};
    struct cli_options *options = ret_options;
    const GOptionEntry common[] = {
        {"data", 0, 0, G_OPTION_ARG_FILENAME, &options->data,
         "Market file (default: $CROSSFALL_DATA, ./market.db, build/market.db)", "FILE"},
        {"results", 0, 0, G_OPTION_ARG_FILENAME, &options->results,
         "Results file (default: ./runs.db)", "FILE"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &options->json,
         "Print one JSON document on standard output and nothing else there", NULL},
        {"progress", 0, 0, G_OPTION_ARG_STRING, &options->progress_text,
         "Progress on standard error: auto (on a terminal), json, never", "HOW"},
        {"color", 0, 0, G_OPTION_ARG_STRING, &options->color, "Colours: auto, always, never",
         "WHEN"},
        G_OPTION_ENTRY_NULL,
    };
    GOptionContext *context = g_option_context_new(arguments);
    g_option_context_set_summary(context, summary);
    if (own != NULL)
        g_option_context_add_main_entries(context, own, NULL);
    g_option_context_add_main_entries(context, common, NULL);
    char *name = g_strconcat("crossfall ", command, NULL);
    g_set_prgname(name);
    g_free(name);

    GError *problem = NULL;
    enum status status = STATUS_OK;
    if (!g_option_context_parse(context, argc, argv, &problem)) {
        status = error_set(reterr, STATUS_USAGE, "%s (see crossfall %s --help)", problem->message,
                           command);
        g_error_free(problem);
    } else if (!progress_mode_parse(options->progress_text, &options->progress)) {
        status = error_set(reterr, STATUS_USAGE, "--progress: '%s' is not auto, json or never",
                           options->progress_text);
    } else if (options->color != NULL && strcmp(options->color, "auto") != 0 &&
               strcmp(options->color, "always") != 0 && strcmp(options->color, "never") != 0) {
        status = error_set(reterr, STATUS_USAGE, "--color: '%s' is not auto, always or never",
                           options->color);
    }
    g_option_context_free(context);
    return status;
}

void cli_options_finish(struct cli_options *options) {
    g_free(options->data);
    g_free(options->results);
    g_free(options->progress_text);
    g_free(options->color);
    *options = (struct cli_options){0};
}

int cli_tell_error(const char *command, enum status status, const struct error *error) {
    (void)fprintf(stderr, "crossfall %s: %s\n", command, error->message); /* nobody to tell */
    return status_exit_code(status);
}
