/* `crossfall import`: files into the market file, each in its own transaction. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <glib.h>
#include <jansson.h>

#include "api/commands/data_json.h"
#include "base/time_text.h"
#include "cli/commands.h"
#include "cli/import/file_list.h"
#include "cli/import/import_pool.h"
#include "cli/interrupt.h"
#include "cli/options.h"
#include "cli/paths.h"
#include "cli/quality_text.h"
#include "loaders/loaders.h"
#include "store/market/market_file.h"
#include "store/market/market_import.h"

static const char *const command = "import";

#define THREADS_DEFAULT_MAX 6     /* some 15 MB each */
#define FAILURES_REPEATED_FROM 10 /* files; with fewer they still stand on the screen */

struct importer {
    struct cli_options options;
    char *format;  /* --format, NULL: auto */
    char *columns; /* --columns, or NULL */
    int threads;   /* --threads; 0: not given */
    gboolean strict;
    gboolean replace;
    struct market_file *market;
    struct file_list list;
    json_t *files; /* one object a file; NULL without --json */
    uint64_t imported;
    uint64_t already_in;
    uint64_t failed;
    uint64_t rows;
    struct series_quality found; /* over all files */
    struct market_overlap overlap;
    GPtrArray *failures; /* of char *: "path: why" */
};

/* ---- what is told of a file ---- */

static void add_json(struct importer *importer, json_t *object) {
    /* Out of memory or a name that is no UTF-8 shows as a missing entry; the text went to stderr.
     */
    if (importer->files != NULL)
        (void)json_array_append_new(importer->files, object);
    else
        json_decref(object);
}

static void tell_already_in(struct importer *importer, const char *path) {
    importer->already_in++;
    if (importer->files == NULL)
        printf("%s: already in, nothing changed\n", path);
    add_json(importer, json_pack("{s:s, s:s}", "file", path, "status", "already_in"));
}

static const char *unit_of(const struct import_report *report) {
    return report->time_is_epoch ? time_unit_name(report->time_unit) : "iso";
}

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
               report->time_is_epoch ? unit_of(report) : "ISO 8601");
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

static void tell_imported(struct importer *importer, const struct import_job *job,
                          const struct market_import_result *result) {
    const struct import_report *const report = &job->report;
    importer->imported++;
    importer->rows += result->rows;
    series_quality_add(&importer->found, &result->found);
    importer->overlap.equal += result->overlap.equal;
    importer->overlap.conflicts += result->overlap.conflicts;
    if (importer->files == NULL) {
        print_imported(job, result);
        return;
    }
    char first[32] = "";
    char last[32] = "";
    if (report->rows > 0) {
        (void)time_format_iso(report->first_ts_ns, first); /* the lengths are not needed */
        (void)time_format_iso(report->last_ts_ns, last);
    }
    add_json(importer,
             json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:s, s:s, s:s, s:I, s:s, s:s, s:I, s:I, s:I,"
                       " s:I, s:I, s:s, s:o}",
                       "file", job->path, "status", "imported", "rows", (json_int_t)result->rows,
                       "records_skipped", (json_int_t)report->records_skipped, "series",
                       (json_int_t)result->series, "instruments", (json_int_t)report->instruments,
                       "first_ts", first, "last_ts", last, "ts_unit", unit_of(report),
                       "unit_switches", (json_int_t)report->unit_switches, "format", report->format,
                       "sha256", report->sha256, "bytes", (json_int_t)report->raw_bytes, "blocks",
                       (json_int_t)result->blocks, "stored_bytes", (json_int_t)result->stored_bytes,
                       "bars_assumed", (json_int_t)report->bars_assumed, "replaced",
                       (json_int_t)result->replaced, "checksum", job->checked ? "verified" : "none",
                       "quality", quality_json(&result->found, &result->overlap)));
}

static void tell_failed(struct importer *importer, const char *path, enum status status,
                        struct error *error) {
    importer->failed++;
    if (strstr(error->message, path) == NULL)
        (void)error_prefix(error, status, "%s", path);
    (void)cli_tell_error(command, status, error); /* the worst failure's code is kept */
    g_ptr_array_add(importer->failures, g_strdup(error->message));
    add_json(importer, json_pack("{s:s, s:s, s:s}", "file", path, "status", "failed", "error",
                                 error->message));
}

/* ---- files ---- */

/* Of two failures the one whose exit code the command has: an interrupt, then bad content, then
 * what is wrong with files and disks. */
static enum status worse(enum status a, enum status b) {
    if (a == STATUS_OK || b == STATUS_INTERRUPTED)
        return b;
    if (a == STATUS_INTERRUPTED || b == STATUS_OK)
        return a;
    return status_exit_code(b) > status_exit_code(a) ? b : a;
}

/* Puts a file that was read into the market file, or says why not. *ret_stop: there is no use in
 * going on, since the market file itself cannot be written. */
static enum status finish_file(struct importer *importer, struct import_job *job, bool *ret_stop) {
    struct market_import_result result = {.already_in = job->already_in};
    enum status status = job->status;
    if (status == STATUS_OK && job->import != NULL) {
        const struct market_source_info source = {
            .name = job->path,
            .sha256 = job->report.sha256,
            .format = job->report.format,
            .bytes = job->report.raw_bytes,
            .ts_unit = job->report.time_is_epoch ? time_unit_name(job->report.time_unit) : NULL,
            .checksum = job->checked ? "verified" : NULL,
            .replace = importer->replace != FALSE,
        };
        status = market_import_commit(job->import, &source, &result, &job->error);
        *ret_stop = status != STATUS_OK && status != STATUS_CORRUPT;
    }
    if (status != STATUS_OK)
        tell_failed(importer, job->path, status, &job->error);
    else if (result.already_in)
        tell_already_in(importer, job->path);
    else
        tell_imported(importer, job, &result);
    *ret_stop = *ret_stop || status == STATUS_INTERRUPTED || status == STATUS_USAGE ||
                status == STATUS_FULL || (importer->strict && status != STATUS_OK);
    return status;
}

/* All files of the list. Returns the worst failure's status. */
static enum status import_files(struct importer *importer, struct error *reterr) {
    const GPtrArray *const paths = importer->list.paths;
    const unsigned cores = g_get_num_processors();
    const struct import_pool_settings settings = {
        .market = importer->market,
        .format = importer->format,
        .columns = importer->columns,
        .threads = importer->threads > 0         ? (unsigned)importer->threads
                   : cores < THREADS_DEFAULT_MAX ? cores
                                                 : THREADS_DEFAULT_MAX,
    };
    struct import_pool *pool = NULL;
    enum status worst = import_pool_create(&settings, paths, &pool, reterr);
    if (worst != STATUS_OK) {
        (void)cli_tell_error(command, worst, reterr); /* the caller has the code */
        return worst;
    }
    char *const name = paths->len == 1 ? g_path_get_basename(paths->pdata[0]) : NULL;
    char what[64];
    (void)snprintf(what, sizeof(what), "%s", name != NULL ? name : "import"); /* cut is ok */
    struct progress progress;
    progress_init(&progress, importer->options.progress,
                  progress_color(importer->options.color, STDERR_FILENO), what, "rows");
    bool stop = false;
    for (guint done = 0; done < paths->len && !stop;) {
        struct import_job *job = import_pool_next(pool);
        uint64_t rows;
        double share;
        import_pool_progress(pool, &rows, &share);
        if (name == NULL)
            (void)snprintf(what, sizeof(what), "file %u of %u", done + 1, paths->len); /* fits */
        progress_update(&progress, rows, share);
        if (job == NULL)
            continue;
        progress_finish(&progress);
        worst = worse(worst, finish_file(importer, job, &stop));
        import_job_destroy(job);
        done++;
    }
    progress_finish(&progress);
    g_free(name);
    import_pool_destroy(pool);
    return worst;
}

static enum status import_all(struct importer *importer, const char *data, struct error *reterr) {
    const bool was_there = g_file_test(data, G_FILE_TEST_EXISTS);
    enum status worst = STATUS_OK;
    for (guint i = 0; i < importer->list.errors->len; i++) {
        struct error error;
        const char *const why = importer->list.errors->pdata[i];
        tell_failed(importer, why, error_set(&error, STATUS_IO, "%s", why), &error);
        worst = STATUS_IO;
    }
    if (importer->list.paths->len == 0 || (importer->strict && worst != STATUS_OK))
        return worst;
    const enum status status = market_file_open(data, MARKET_WRITE, &importer->market, reterr);
    if (status != STATUS_OK) {
        (void)cli_tell_error(command, status, reterr); /* the caller has the code */
        return status;
    }
    worst = worse(worst, import_files(importer, reterr));
    if (was_there || importer->imported > 0)
        market_file_close(importer->market);
    else
        market_file_close_unused(importer->market);
    return worst;
}

static enum status print_summary(const struct importer *importer, const char *data,
                                 struct error *reterr) {
    const uint64_t files = importer->imported + importer->already_in + importer->failed;
    if (importer->failed > 0 && files >= FAILURES_REPEATED_FROM) {
        (void)fprintf(stderr, "crossfall import: %" PRIu64 " of %" PRIu64 " files failed:\n",
                      importer->failed, files); /* nowhere else to tell it */
        for (guint i = 0; i < importer->failures->len; i++)
            (void)fprintf(stderr, "    %s\n", (const char *)importer->failures->pdata[i]);
    }
    if (importer->files != NULL) {
        json_t *document =
            json_pack("{s:s, s:O, s:I, s:I, s:I, s:I, s:o}", "data", data, "files", importer->files,
                      "imported", (json_int_t)importer->imported, "already_in",
                      (json_int_t)importer->already_in, "failed", (json_int_t)importer->failed,
                      "rows", (json_int_t)importer->rows, "quality",
                      quality_json(&importer->found, &importer->overlap));
        if (document == NULL)
            return error_set(reterr, STATUS_NO_MEMORY, "no memory for the JSON document");
        (void)json_dumpf(document, stdout, JSON_INDENT(2)); /* flushing tells */
        json_decref(document);
        printf("\n");
    } else if (files > 1) {
        printf("%" PRIu64 " rows of %" PRIu64 " files imported into %s; %" PRIu64
               " already in, %" PRIu64 " failed\n",
               importer->rows, importer->imported, data, importer->already_in, importer->failed);
    }
    return STATUS_OK;
}

static enum status check_options(struct importer *importer, int argc, struct error *reterr) {
    if (argc < 2)
        return error_set(reterr, STATUS_USAGE, "no file is given (see crossfall import --help)");
    if (importer->format != NULL && strcmp(importer->format, "auto") == 0)
        g_clear_pointer(&importer->format, g_free);
    if (importer->format != NULL && loader_find(importer->format) == NULL)
        return error_set(reterr, STATUS_USAGE,
                         "--format: '%s' is no format (see crossfall list "
                         "formats)",
                         importer->format);
    if (importer->threads < 0 || importer->threads > IMPORT_THREADS_MAX)
        return error_set(reterr, STATUS_USAGE, "--threads: %d is not in 1..%d", importer->threads,
                         IMPORT_THREADS_MAX);
    return STATUS_OK;
}

static enum status run(struct importer *importer, int argc, char **argv, struct error *reterr) {
    char *data = cli_data_path(importer->options.data);
    importer->files = importer->options.json ? json_array() : NULL;
    importer->failures = g_ptr_array_new_with_free_func(g_free);
    file_list_init(&importer->list);
    for (int i = 1; i < argc; i++)
        file_list_add(&importer->list, argv[i]);
    interrupt_catch();
    enum status status = import_all(importer, data, reterr);
    const enum status printed = print_summary(importer, data, reterr);
    if (status == STATUS_OK && printed != STATUS_OK) {
        status = printed;
        (void)cli_tell_error(command, status, reterr); /* the code follows */
    }
    json_decref(importer->files);
    (void)g_ptr_array_free(importer->failures, TRUE); /* the array, gone */
    file_list_finish(&importer->list);
    g_free(data);
    return status;
}

int command_import(int argc, char **argv) {
    struct importer importer = {0};
    const GOptionEntry own[] = {
        {"format", 0, 0, G_OPTION_ARG_STRING, &importer.format,
         "Format of the files (default: auto, from the content; see crossfall list formats)",
         "auto|NAME"},
        {"columns", 0, 0, G_OPTION_ARG_STRING, &importer.columns,
         "What the columns of a CSV are: ts=NAME,price=NAME,... ; instrument:=BTCUSDT for a "
         "constant",
         "MAP"},
        {"threads", 0, 0, G_OPTION_ARG_INT, &importer.threads,
         "How many files are read at once (default: the cores, at most 6); the result is the same",
         "N"},
        {"strict", 0, 0, G_OPTION_ARG_NONE, &importer.strict, "Stop at the first file that fails",
         NULL},
        {"replace", 0, 0, G_OPTION_ARG_NONE, &importer.replace,
         "Where rows contradict those of files that are in, the new ones win", NULL},
        G_OPTION_ENTRY_NULL,
    };
    struct error error = {0};
    enum status status = cli_options_parse(
        command, "FILE|FOLDER|PATTERN... | -",
        "Puts files of ticks or bars, plain or compressed, into the market file. Each file goes "
        "in\n"
        "whole or not at all; the same file again changes nothing. - is standard input.",
        own, &argc, &argv, &importer.options, &error);
    if (status == STATUS_OK)
        status = check_options(&importer, argc, &error);
    if (status != STATUS_OK)
        (void)cli_tell_error(command, status, &error); /* the code follows */
    else
        status = run(&importer, argc, argv, &error);
    g_free(importer.format);
    g_free(importer.columns);
    cli_options_finish(&importer.options);
    return status_exit_code(status);
}
