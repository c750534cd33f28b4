/* `crossfall import`: files into the market file, each in its own transaction. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>
#include <jansson.h>

#include "api/import/import_json.h"
#include "api/import/importer.h"
#include "base/time_text.h"
#include "cli/cli_host.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/options.h"
#include "cli/paths.h"
#include "cli/quality_text.h"
#include "loaders/loaders.h"

static const char *const command = "import";

struct import_options {
    struct cli_options common;
    char *format;  /* --format, NULL: auto */
    char *columns; /* --columns, or NULL */
    int threads;   /* --threads; 0: not given */
    gboolean strict;
    gboolean replace;
};

/* ---- text ---- */

static void print_imported(const struct import_job *job,
                           const struct market_import_result *result) {
    const struct import_report *const report = &job->report;
    printf("%s: %" PRIu64 " rows", job->path, result->rows);
    if (report->rows > 0) {
        char first[32];
        char last[32];
        (void)time_format_iso(report->first_ts_ns, first); /* the lengths are not needed */
        (void)time_format_iso(report->last_ts_ns, last);
        printf(" of %" PRIu64 " series, %s to %s (%s, ts: %s%s)", result->series, first, last,
               report->format, report->time_is_epoch ? "epoch " : "",
               report->time_is_epoch ? time_unit_name(report->time_unit) : "ISO 8601");
    }
    printf("%s\n", job->checked ? ", checksum verified" : "");
    if (report->bars_assumed > 0)
        printf("    %" PRIu64 " instruments with a single bar, taken as 60 s long\n",
               report->bars_assumed);
    if (report->records_skipped > 0)
        printf("    %" PRIu64 " records give no row (docs/data.md says which)\n",
               report->records_skipped);
    if (report->unit_switches > 0)
        printf("    the unit of time changes %" PRIu64 " times inside\n", report->unit_switches);
    quality_print(stdout, "    ", &result->found, &result->overlap);
    if (result->replaced > 0)
        printf("    %" PRIu64 " rows of other files gave way to it\n", result->replaced);
}

static void tell_imported(void *context, const struct import_job *job,
                          const struct market_import_result *result) {
    cli_host_clear(context);
    print_imported(job, result);
}

static void tell_already_in(void *context, const char *path) {
    cli_host_clear(context);
    printf("%s: already in, nothing changed\n", path);
}

static void tell_failed(void *context, const char *path, const char *message) {
    (void)context; /* told by the host */
    (void)path;
    (void)message;
}

static enum status import_telling(const struct import_order *order, struct cli_host *host) {
    struct error error; /* told by the host */
    struct import_totals totals;
    const struct import_observer observer = {host, tell_imported, tell_already_in, tell_failed};
    const enum status status = import_files(order, &observer, &host->host, &totals, &error);
    if (totals.imported + totals.already_in + totals.failed > 1)
        printf("%" PRIu64 " rows of %" PRIu64 " files imported into %s; %" PRIu64
               " already in, %" PRIu64 " failed\n",
               totals.rows, totals.imported, order->market, totals.already_in, totals.failed);
    return status;
}

/* Not by a request: names of files need not be UTF-8. */
static enum status import_as_json(const struct import_order *order, struct cli_host *host) {
    struct error error; /* told by the host */
    json_t *document = NULL;
    const enum status status = import_json(order, &host->host, &document, &error);
    char *text = document == NULL ? NULL : json_dumps(document, JSON_INDENT(2));
    json_decref(document);
    if (text == NULL) {
        (void)error_set(&error, STATUS_NO_MEMORY, "no memory for the JSON document");
        (void)cli_tell_error(command, STATUS_NO_MEMORY, &error); /* the caller has the code */
        return status == STATUS_OK ? STATUS_NO_MEMORY : status;
    }
    (void)puts(text); /* main() looks at the stream's end */
    free(text);
    return status;
}

static enum status run(const struct import_options *options, int argc, char **argv) {
    struct cli_host host;
    char *data = cli_data_path(options->common.data);
    const char **files = g_new0(const char *, (gsize)argc);
    for (int i = 1; i < argc; i++)
        files[i - 1] = argv[i];
    const struct import_order order = {
        .market = data,
        .files = files,
        .format = options->format,
        .columns = options->columns,
        .threads = (unsigned)options->threads,
        .strict = options->strict,
        .replace = options->replace,
    };
    cli_host_init(&host, command, &options->common);
    interrupt_catch();
    const enum status status =
        options->common.json ? import_as_json(&order, &host) : import_telling(&order, &host);
    g_free(files);
    g_free(data);
    return status;
}

/* ---- the command ---- */

static enum status check_options(struct import_options *options, int argc, struct error *reterr) {
    if (argc < 2)
        return error_set(reterr, STATUS_USAGE, "no file is given (see crossfall import --help)");
    if (options->format != NULL && strcmp(options->format, "auto") == 0)
        g_clear_pointer(&options->format, g_free);
    if (options->format != NULL && loader_find(options->format) == NULL)
        return error_set(reterr, STATUS_USAGE,
                         "--format: '%s' is no format (see crossfall list "
                         "formats)",
                         options->format);
    if (options->threads < 0 || options->threads > IMPORT_THREADS_MAX)
        return error_set(reterr, STATUS_USAGE, "--threads: %d is not in 1..%d", options->threads,
                         IMPORT_THREADS_MAX);
    return STATUS_OK;
}

int command_import(int argc, char **argv) {
    struct import_options options = {0};
    const GOptionEntry own[] = {
        {"format", 0, 0, G_OPTION_ARG_STRING, &options.format,
         "Format of the files (default: auto, from the content; see crossfall list formats)",
         "auto|NAME"},
        {"columns", 0, 0, G_OPTION_ARG_STRING, &options.columns,
         "What the columns of a CSV are: ts=NAME,price=NAME,... ; instrument:=BTCUSDT for a "
         "constant",
         "MAP"},
        {"threads", 0, 0, G_OPTION_ARG_INT, &options.threads,
         "How many files are read at once (default: the cores, at most 6); the result is the same",
         "N"},
        {"strict", 0, 0, G_OPTION_ARG_NONE, &options.strict, "Stop at the first file that fails",
         NULL},
        {"replace", 0, 0, G_OPTION_ARG_NONE, &options.replace,
         "Where rows contradict those of files that are in, the new ones win", NULL},
        G_OPTION_ENTRY_NULL,
    };
    struct error error = {0};
    enum status status = cli_options_parse(
        command, "FILE|FOLDER|PATTERN... | -",
        "Puts files of ticks or bars, plain or compressed, into the market file. Each file goes "
        "in\n"
        "whole or not at all; the same file again changes nothing. - is standard input.",
        own, &argc, &argv, &options.common, &error);
    if (status == STATUS_OK)
        status = check_options(&options, argc, &error);
    if (status != STATUS_OK)
        (void)cli_tell_error(command, status, &error); /* the code follows */
    else
        status = run(&options, argc, argv);
    g_free(options.format);
    g_free(options.columns);
    cli_options_finish(&options.common);
    return status_exit_code(status);
}
