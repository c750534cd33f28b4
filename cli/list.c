/* `crossfall list`: scenarios, rulebooks, impact models, formats, metrics, runs. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>
#include <jansson.h>

#include "api/commands/listing.h"
#include "cli/api_print.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/paths.h"
#include "cli/table.h"
#include "reports/run_list.h"
#include "scenarios/yaml/yaml_text.h"
#include "store/results/results_file.h"

static const char *const command = "list";

/* Prints and ends the listing. */
static enum status print_listing(struct listing *listing, struct error *reterr) {
    struct table_column columns[LISTING_COLUMNS_MAX];
    struct table *table = NULL;
    for (size_t i = 0; i < listing->column_count; i++)
        columns[i] = (struct table_column){listing->columns[i], false};
    enum status status = table_create(listing->column_count, columns, &table, reterr);
    for (size_t row = 0; status == STATUS_OK && row < listing_rows(listing); row++)
        status = table_add(table, listing_row(listing, row), reterr);
    if (status == STATUS_OK)
        status = table_print(table, reterr);
    table_destroy(table);
    listing_finish(listing);
    return status;
}

static enum status list_scenarios(const struct cli_options *options, struct error *reterr) {
    (void)options; /* of the form of the others */
    struct listing listing = {0};
    char *resources = cli_resource_dir();
    const enum status status = listing_scenarios(resources, &listing, reterr);
    g_free(resources);
    return status == STATUS_OK ? print_listing(&listing, reterr) : status;
}

static enum status list_rulebooks(const struct cli_options *options, struct error *reterr) {
    (void)options;
    struct listing listing = {0};
    char *resources = cli_resource_dir();
    const enum status status = listing_rulebooks(resources, false, &listing, reterr);
    g_free(resources);
    return status == STATUS_OK ? print_listing(&listing, reterr) : status;
}

static enum status list_impact_models(const struct cli_options *options, struct error *reterr) {
    (void)options;
    struct listing listing;
    listing_impact_models(false, &listing);
    return print_listing(&listing, reterr);
}

static enum status list_formats(const struct cli_options *options, struct error *reterr) {
    (void)options;
    struct listing listing;
    listing_formats(&listing);
    return print_listing(&listing, reterr);
}

static enum status list_metrics(const struct cli_options *options, struct error *reterr) {
    (void)options;
    struct listing listing;
    listing_metrics(&listing);
    return print_listing(&listing, reterr);
}

static enum status list_runs(const struct cli_options *options, struct error *reterr) {
    char *path = cli_results_path(options->results);
    struct results_file *file = NULL;
    char *text = NULL;
    enum status status = results_file_open(path, RESULTS_READ, &file, reterr);
    if (status == STATUS_OK)
        status = run_list(file, false, &text, reterr);
    if (status == STATUS_OK)
        (void)fputs(text, stdout); /* main() looks at the stream's end */
    free(text);
    results_file_close(file);
    g_free(path);
    return status;
}

static const struct {
    const char *name;
    enum status (*list)(const struct cli_options *options, struct error *reterr);
} lists[] = {
    {"scenarios", list_scenarios},
    {"rulebooks", list_rulebooks},
    {"impact-models", list_impact_models},
    {"formats", list_formats},
    {"metrics", list_metrics},
    {"runs", list_runs},
};

static enum status print_json(const char *name, const struct cli_options *options,
                              struct error *reterr) {
    char *words = g_strdup_printf("list %s", name);
    const enum status status =
        api_print(command, options, json_pack("{s:s}", "command", words), reterr);
    g_free(words);
    return status;
}

static enum status list_by_name(const char *name, const struct cli_options *options,
                                struct error *reterr) {
    const char *names[G_N_ELEMENTS(lists)];
    for (size_t i = 0; i < G_N_ELEMENTS(lists); i++) {
        names[i] = lists[i].name;
        if (strcmp(names[i], name) == 0)
            return options->json ? print_json(name, options, reterr)
                                 : lists[i].list(options, reterr);
    }
    return error_set(reterr, STATUS_USAGE, "there is no list of '%s'; did you mean '%s'?", name,
                     yaml_nearest(name, names, G_N_ELEMENTS(lists)));
}

int command_list(int argc, char **argv) {
    struct cli_options options;
    struct error error = {0};
    enum status status = cli_options_parse(
        command, "scenarios | rulebooks | impact-models | formats | metrics | runs",
        "What there is, with a line on each. scenarios and rulebooks: those that are bundled.",
        NULL, &argc, &argv, &options, &error);
    if (status == STATUS_OK && argc != 2)
        status = error_set(&error, STATUS_USAGE,
                           "list what? scenarios, rulebooks, impact-models, "
                           "formats, metrics or runs");
    if (status == STATUS_OK)
        status = list_by_name(argv[1], &options, &error);
    cli_options_finish(&options);
    return status == STATUS_OK ? 0 : cli_tell_error(command, status, &error);
}
