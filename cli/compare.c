/* `crossfall compare`: runs side by side. */

#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <glib.h>
#include <jansson.h>

#include "cli/answer.h"
#include "cli/api_print.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/paths.h"
#include "reports/html_compare.h"
#include "reports/run_compare.h"

static const char *const command = "compare";

static enum status print_comparison(struct results_file *file, const GPtrArray *ids,
                                    const struct cli_options *options, struct error *reterr) {
    const struct page_style style = {
        .color = progress_color(options->color, STDOUT_FILENO),
        .unicode = strcmp(nl_langinfo(CODESET), "UTF-8") == 0,
        .program = answer_program(),
    };
    char *text = NULL;
    const enum status status =
        run_compare(file, (const char *const *)ids->pdata, ids->len, false, style, &text, reterr);
    if (status == STATUS_OK)
        (void)fputs(text, stdout); /* main() looks at the stream's end */
    free(text);
    return status;
}

static enum status print_json(int count, char **names, const struct cli_options *options,
                              const char *html, struct error *reterr) {
    json_t *runs = json_array();
    bool failed = runs == NULL;
    for (int i = 0; i < count && !failed; i++)
        failed = json_array_append_new(runs, json_string(names[i])) != 0;
    if (failed) {
        json_decref(runs);
        return api_print(command, options, NULL, reterr);
    }
    return api_print(command, options,
                     json_pack("{s:s, s:o, s:s*}", "command", command, "runs", runs, "html", html),
                     reterr);
}

static enum status compare(int count, char **names, const struct cli_options *options,
                           const char *html, struct error *reterr) {
    if (count < 2)
        return error_set(reterr, STATUS_USAGE,
                         "two runs or more are needed: ids, beginnings of them, or last (crossfall "
                         "list runs)");
    if (options->json)
        return print_json(count, names, options, html, reterr);
    char *path = cli_results_path(options->results);
    struct results_file *file = NULL;
    enum status status = results_file_open(path, RESULTS_READ, &file, reterr);
    g_free(path);
    GPtrArray *ids = g_ptr_array_new_with_free_func(g_free);
    for (int i = 0; status == STATUS_OK && i < count; i++) {
        char id[RESULTS_RUN_ID_SIZE];
        status = results_file_find(file, names[i], id, reterr);
        if (status == STATUS_OK)
            g_ptr_array_add(ids, g_strdup(id));
    }
    if (status == STATUS_OK && html != NULL) {
        status = html_compare_write(file, (const char *const *)ids->pdata, ids->len, html, reterr);
        if (status == STATUS_OK)
            g_printerr("The page of %u runs is in %s: open it with a browser.\n", ids->len, html);
    }
    if (status == STATUS_OK && html == NULL)
        status = print_comparison(file, ids, options, reterr);
    (void)g_ptr_array_free(ids, TRUE); /* the array, gone */
    results_file_close(file);
    return status;
}

int command_compare(int argc, char **argv) {
    struct cli_options options;
    struct error error = {0};
    char *html = NULL;
    const GOptionEntry own[] = {{"html", 0, 0, G_OPTION_ARG_FILENAME, &html,
                                 "Write the runs as one HTML file with charts instead", "FILE"},
                                {NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL}};
    enum status status = cli_options_parse(
        command, "RUN RUN...",
        "Shows runs side by side: the settings that differ, and what came out, with the difference "
        "from\nthe first run. Says so where other ticks or accounts make the runs no comparison. "
        "RUN is an id,\na unique prefix of one, or last.",
        own, &argc, &argv, &options, &error);
    if (status == STATUS_OK)
        status = compare(argc - 1, argv + 1, &options, html, &error);
    g_free(html);
    cli_options_finish(&options);
    return status == STATUS_OK ? 0 : cli_tell_error(command, status, &error);
}
