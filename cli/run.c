/* `crossfall run`: replays a scenario and stores what it found. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>
#include <jansson.h>

#include "cli/answer.h"
#include "cli/api_print.h"
#include "cli/cli_host.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/options.h"
#include "cli/paths.h"
#include "runs/running/run_order.h"

static const char *const command = "run";

struct run {
    struct cli_options options;
    char **sets;
    char *seed_text;
    int threads;
    gboolean dry_run;
    gboolean again;
    gboolean range;
    uint64_t seed;
};

static enum status read_options(struct run *run, int argc, struct error *reterr) {
    if (argc != 2)
        return error_set(reterr, STATUS_USAGE,
                         "one scenario is needed: a bundled name (crossfall list scenarios) or a "
                         "path");
    if (run->threads < 1 || run->threads > 256)
        return error_set(reterr, STATUS_USAGE, "--threads must be 1 to 256, not %d", run->threads);
    if (run->seed_text == NULL)
        return STATUS_OK;
    char *end = NULL;
    errno = 0;
    run->seed = strtoull(run->seed_text, &end, 10);
    if (errno != 0 || *end != '\0' || run->seed_text[0] < '0' || run->seed_text[0] > '9' ||
        run->seed > INT64_MAX)
        return error_set(reterr, STATUS_USAGE, "--seed must be a whole number from 0 to 2^63 - 1");
    return STATUS_OK;
}

static enum status print_effective(const struct run_order *order, struct error *reterr) {
    struct scenario *scenario = NULL;
    const enum status status = run_order_load(order, &scenario, reterr);
    if (status != STATUS_OK)
        return status;
    char *text = scenario_effective_yaml(scenario);
    scenario_destroy(scenario);
    if (text == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for the effective scenario");
    (void)fputs(text, stdout); /* main() looks at the stream's end */
    free(text);
    return STATUS_OK;
}

static enum status print_answer(const struct run *run, const struct run_order *order,
                                const struct run_done *done, struct error *reterr) {
    struct results_file *results = NULL;
    if (done->was_there)
        (void)fprintf(stderr, "Run %s is in %s already; --again repeats it.\n", done->id,
                      order->places.results); /* nowhere else to tell it */
    enum status status = results_file_open(order->places.results, RESULTS_READ, &results, reterr);
    if (status == STATUS_OK)
        status = answer_print(results, done->id, &run->options, reterr);
    results_file_close(results);
    return status;
}

static json_t *request_of(const struct run *run, const char *name) {
    json_t *sets = json_array();
    bool failed = sets == NULL;
    for (char **set = run->sets; set != NULL && *set != NULL && !failed; set++)
        failed = json_array_append_new(sets, json_string(*set)) != 0;
    if (failed) {
        json_decref(sets);
        return NULL;
    }
    return json_pack(
        "{s:s, s:s, s:o, s:o*, s:i, s:b, s:b, s:b}", "command", command, "scenario", name, "set",
        sets, "seed", run->seed_text == NULL ? NULL : json_integer((json_int_t)run->seed),
        "threads", run->threads, "range", run->range, "again", run->again, "dry_run", run->dry_run);
}

static enum status run_scenario(const struct run *run, const char *name, struct error *reterr) {
    if (run->options.json)
        return api_print(command, &run->options, request_of(run, name), reterr);
    struct cli_host host;
    struct cli_places places;
    cli_host_init(&host, command, &run->options);
    cli_places_init(&places, run->options.data, run->options.results);
    const struct run_order order = {
        .scenario = name,
        .seed = run->seed_text == NULL ? NULL : &run->seed,
        .how = {(const char *const *)run->sets, (uint32_t)run->threads, run->range},
        .again = run->again,
        .places = {places.resources, places.market, places.bundled_market, places.results},
    };
    struct run_done done;
    enum status status;
    if (run->dry_run) {
        status = print_effective(&order, reterr);
    } else {
        status = run_order_carry_out(&order, &host.host, &done, reterr);
        if (status == STATUS_OK)
            status = print_answer(run, &order, &done, reterr);
    }
    cli_places_finish(&places);
    return status;
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
    cli_options_finish(&run.options);
    g_strfreev(run.sets);
    g_free(run.seed_text);
    return status == STATUS_OK ? 0 : cli_tell_error(command, status, &error);
}
