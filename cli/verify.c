/* `crossfall verify`: runs a stored run again and compares. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "cli/api_print.h"
#include "cli/cli_host.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/options.h"
#include "cli/paths.h"
#include "runs/stored/run_verify.h"

static const char *const command = "verify";

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

static enum status verify_run(const struct cli_options *options, uint32_t threads, const char *name,
                              struct error *reterr) {
    if (options->json)
        return api_print(command, options,
                         json_pack("{s:s, s:s, s:I}", "command", command, "run", name, "threads",
                                   (json_int_t)threads),
                         reterr);
    struct cli_host host;
    struct cli_places places;
    cli_host_init(&host, command, options);
    cli_places_init(&places, options->data, options->results);
    struct run_verify_order order = {
        .run = name,
        .places = {places.resources, places.market, places.bundled_market, places.results},
        .threads = threads};
    struct run_verified verified = {0};
    enum status status = results_file_open(places.results, RESULTS_READ, &order.results, reterr);
    if (status == STATUS_OK)
        status = run_verify(&order, &host.host, &verified, reterr);
    if (status == STATUS_OK) {
        print_text(&verified);
        status = run_verified_status(&verified, reterr);
    }
    run_verified_finish(&verified);
    results_file_close(order.results);
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
        command, "RUN",
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
    if (status == STATUS_OK) {
        interrupt_catch();
        status = verify_run(&options, (uint32_t)threads, argv[1], &error);
    }
    cli_options_finish(&options);
    return status == STATUS_OK ? 0 : cli_tell_error(command, status, &error);
}
