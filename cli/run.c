/* `crossfall run`: replays a scenario and stores what it found. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>

#include "cli/answer.h"
#include "cli/bundled_data.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/options.h"
#include "cli/paths.h"
#include "cli/run_range.h"
#include "cli/run_replay.h"
#include "cli/run_setup.h"

static const char *const command = "run";

struct run {
    struct cli_options options;
    char **sets;
    char *seed_text;
    int threads;
    gboolean dry_run;
    gboolean again;
    gboolean range;
    struct scenario *scenario;
    struct run_setup *setup;
    struct results_file *results;
};

static enum status read_options(struct run *run, int argc, struct error *reterr) {
    if (argc != 2)
        return error_set(reterr, STATUS_USAGE,
                         "one scenario is needed: a bundled name (crossfall list scenarios) or a "
                         "path");
    if (run->threads < 1 || run->threads > 256)
        return error_set(reterr, STATUS_USAGE, "--threads must be 1 to 256, not %d", run->threads);
    return STATUS_OK;
}

static enum status set_seed(struct run *run, struct error *reterr) {
    if (run->seed_text == NULL)
        return STATUS_OK;
    char *end = NULL;
    errno = 0;
    const unsigned long long seed = strtoull(run->seed_text, &end, 10);
    if (errno != 0 || *end != '\0' || run->seed_text[0] < '0' || run->seed_text[0] > '9' ||
        seed > INT64_MAX)
        return error_set(reterr, STATUS_USAGE, "--seed must be a whole number from 0 to 2^63 - 1");
    scenario_set_seed(run->scenario, seed);
    return STATUS_OK;
}

static enum status load_scenario(struct run *run, const char *name, const char *resources,
                                 struct error *reterr) {
    const enum status status =
        scenario_load(name, resources, (const char *const *)run->sets, &run->scenario, reterr);
    return status == STATUS_OK ? set_seed(run, reterr) : status;
}

static enum status print_effective(const struct run *run, struct error *reterr) {
    char *text = scenario_effective_yaml(run->scenario);
    if (text == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for the effective scenario");
    (void)fputs(text, stdout); /* main() looks at the stream's end */
    free(text);
    return STATUS_OK;
}

static bool is_bundled(const struct scenario *scenario) {
    return g_str_has_prefix(scenario->inputs[0].path, "bundled:");
}

/* Opens data and results, and gives the run its id. */
static enum status prepare(struct run *run, const char *resources, struct error *reterr) {
    const bool bundled = is_bundled(run->scenario);
    char *data =
        bundled ? cli_bundled_data_path(run->options.data) : cli_data_path(run->options.data);
    char *results = cli_results_path(run->options.results);
    enum status status = STATUS_OK;
    if (bundled)
        status = bundled_data_fill(data, resources, run->scenario, &run->options, reterr);
    if (status == STATUS_OK)
        status = run_setup_create(run->scenario, data, &run->setup, reterr);
    if (status == STATUS_OK)
        status = results_file_open(results, RESULTS_WRITE, &run->results, reterr);
    g_free(data);
    g_free(results);
    return status;
}

static enum status run_scenario(struct run *run, const char *name, struct error *reterr) {
    char *resources = cli_resource_dir();
    const char *folder = resources != NULL ? resources : "";
    enum status status = load_scenario(run, name, folder, reterr);
    if (status == STATUS_OK && run->dry_run) {
        g_free(resources);
        return print_effective(run, reterr);
    }
    if (status == STATUS_OK)
        status = prepare(run, folder, reterr);
    g_free(resources);
    bool has = false;
    if (status == STATUS_OK && !run->again)
        status = results_file_has(run->results, run->setup->id, &has, reterr);
    if (status == STATUS_OK && has && run->range) /* run without one, it is repeated */
        status = run_range_is_stored(run->results, run->setup->id, &has, reterr);
    if (status != STATUS_OK)
        return status;
    if (has) {
        (void)fprintf(stderr, "Run %s is in %s already; --again repeats it.\n", run->setup->id,
                      results_file_path(run->results)); /* nowhere else to tell it */
        status = results_file_touch(run->results, run->setup->id, reterr);
    } else {
        const struct run_how how = {.sets = (const char *const *)run->sets,
                                    .threads = (uint32_t)run->threads,
                                    .range = run->range};
        status = run_replay(run->setup, run->results, &how, &run->options, reterr);
    }
    return status == STATUS_OK ? answer_print(run->results, run->setup->id, &run->options, reterr)
                               : status;
}

int command_run(int argc, char **argv) {
    struct run run = {.threads = 1};
    const GOptionEntry own[] = {
        {"set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &run.sets,
         "Set a key of the scenario or, below venue.override, of its rulebook", "KEY=VALUE"},
        {"seed", 0, 0, G_OPTION_ARG_STRING, &run.seed_text, "Seed of the population", "N"},
        {"threads", 0, 0, G_OPTION_ARG_INT, &run.threads,
         "2 or more: decode ahead, draw accounts in parallel; the answer is the same", "N"},
        {"range", 0, 0, G_OPTION_ARG_NONE, &run.range,
         "Also run the two bounding impact models and, on bars, both orders of a bar's extremes",
         NULL},
        {"dry-run", 0, 0, G_OPTION_ARG_NONE, &run.dry_run,
         "Print the scenario with every default filled in, and stop", NULL},
        {"again", 0, 0, G_OPTION_ARG_NONE, &run.again,
         "Repeat a run that is in the results file already", NULL},
        G_OPTION_ENTRY_NULL,
    };
    struct error error = {0};
    enum status status = cli_options_parse(
        command, "SCENARIO",
        "Replays a scenario (a bundled name, or a path) and tells what it found. The run is kept "
        "in\nthe results file; the same run again is shown, not repeated.",
        own, &argc, &argv, &run.options, &error);
    if (status == STATUS_OK)
        status = read_options(&run, argc, &error);
    if (status == STATUS_OK) {
        interrupt_catch();
        status = run_scenario(&run, argv[1], &error);
    }
    results_file_close(run.results);
    run_setup_destroy(run.setup);
    scenario_destroy(run.scenario);
    cli_options_finish(&run.options);
    g_strfreev(run.sets);
    g_free(run.seed_text);
    return status == STATUS_OK ? 0 : cli_tell_error(command, status, &error);
}
