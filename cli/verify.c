/* `crossfall verify`: runs a stored run again and compares. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "cli/cli_host.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/paths.h"
#include "reports/exact_json.h"
#include "runs/stored/run_verify.h"

static json_t *difference_json(const struct results_difference *difference) {
    return json_pack("{s:s, s:I, s:s, s:s, s:s, s:s}", "table", difference->table, "row",
                     (json_int_t)difference->row, "where", difference->where, "column",
                     difference->column, "stored", difference->stored, "now", difference->now);
}

static enum status print_json(const struct run_verified *verified, struct error *reterr) {
    json_t *rows = json_object();
    json_t *differences = json_array();
    bool failed = false;
    for (guint i = 0; i < verified->tables->len; i++) {
        const struct run_verified_table *table =
            &g_array_index(verified->tables, struct run_verified_table, i);
        failed = failed ||
                 json_object_set_new(rows, table->name, json_integer((json_int_t)table->rows)) != 0;
        if (table->differs)
            failed = failed ||
                     json_array_append_new(differences, difference_json(&table->difference)) != 0;
    }
    json_t *root =
        json_pack("{s:s, s:b, s:s, s:s, s:o, s:o}", "run", verified->id, "same",
                  verified->differing == 0, "fingerprint", verified->fingerprint, "version",
                  verified->version, "rows_equal", rows, "differences", differences);
    char *text = root == NULL || failed ? NULL : exact_json_dump(root);
    json_decref(root);
    if (text == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for the answer");
    (void)fputs(text, stdout); /* main() looks at the stream's end */
    free(text);
    return STATUS_OK;
}

static void print_text(const struct run_verified *verified) {
    uint64_t rows = 0;
    for (guint i = 0; i < verified->tables->len; i++) {
        const struct run_verified_table *table =
            &g_array_index(verified->tables, struct run_verified_table, i);
        char line[700];
        rows += table->rows;
        if (!table->differs)
            continue;
        run_verify_describe(&table->difference, sizeof(line), line);
        (void)printf("%s\n", line); /* main() looks at the stream's end */
    }
    if (verified->differing == 0)
        (void)printf("Run %s comes out the same: %" PRIu64 " rows of %u tables byte for byte, "
                     "fingerprint %s.\n",
                     verified->id, rows, verified->tables->len,
                     verified->fingerprint); /* likewise */
}

static enum status tell(const struct run_verified *verified, bool json, struct error *reterr) {
    if (json) {
        const enum status status = print_json(verified, reterr);
        if (status != STATUS_OK)
            return status;
    } else {
        print_text(verified);
    }
    for (guint i = 0; i < verified->tables->len; i++) {
        const struct run_verified_table *table =
            &g_array_index(verified->tables, struct run_verified_table, i);
        if (!table->differs)
            continue;
        char line[700];
        run_verify_describe(&table->difference, sizeof(line), line);
        return error_set(reterr, STATUS_DIFFERENT, "run %s comes out otherwise: %s", verified->id,
                         line);
    }
    return STATUS_OK;
}

static enum status verify_run(const struct cli_options *options, uint32_t threads, const char *name,
                              struct error *reterr) {
    struct cli_host host;
    struct cli_places places;
    cli_host_init(&host, "verify", options);
    cli_places_init(&places, options->data, options->results);
    const struct run_places where = {places.resources, places.market, places.bundled_market,
                                     places.results};
    struct results_file *results = NULL;
    struct run_verified verified = {0};
    enum status status = results_file_open(places.results, RESULTS_READ, &results, reterr);
    if (status == STATUS_OK)
        status = run_verify(results, name, &where, threads, &host.host, &verified, reterr);
    if (status == STATUS_OK)
        status = tell(&verified, options->json, reterr);
    run_verified_finish(&verified);
    results_file_close(results);
    cli_places_finish(&places);
    return status;
}

int command_verify(int argc, char **argv) {
    struct cli_options options;
    int threads = 1;
    const GOptionEntry own[] = {
        {"threads", 0, 0, G_OPTION_ARG_INT, &threads, "As of run; the answer is the same", "N"},
        G_OPTION_ENTRY_NULL,
    };
    struct error error = {0};
    enum status status = cli_options_parse(
        "verify", "RUN",
        "Runs a stored run again from its stored inputs and the same ticks, and compares every "
        "row, "
        "byte\nfor byte. Exit code 4: something differs, and is named. RUN is an id, a unique "
        "prefix of one, or last.",
        own, &argc, &argv, &options, &error);
    if (status == STATUS_OK && argc != 2)
        status = error_set(&error, STATUS_USAGE,
                           "one run is needed: an id, the beginning of one, or last (crossfall "
                           "list runs)");
    if (status == STATUS_OK && (threads < 1 || threads > 256))
        status = error_set(&error, STATUS_USAGE, "--threads must be 1 to 256, not %d", threads);
    if (status == STATUS_OK)
        status = verify_run(&options, (uint32_t)threads, argv[1], &error);
    cli_options_finish(&options);
    return status == STATUS_OK ? 0 : cli_tell_error("verify", status, &error);
}
