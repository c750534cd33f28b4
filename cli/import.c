/* `crossfall import`: files into the market file, each in its own transaction. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib.h>
#include <jansson.h>

#include "base/sha256.h"
#include "base/time_text.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/options.h"
#include "cli/paths.h"
#include "loaders/loaders.h"
#include "store/market_file.h"
#include "store/market_import.h"

static const char *const command = "import";

struct importer {
    struct cli_options options;
    char *format;  /* --format, NULL: auto */
    char *columns; /* --columns, or NULL */
    struct market_file *market;
    json_t *files; /* one object a file; NULL without --json */
    uint64_t imported;
    uint64_t already_in;
    uint64_t failed;
    uint64_t rows;
};

/* One file on its way: counts rows for the progress line. */
struct passage {
    struct tick_sink sink; /* the market file's */
    struct progress progress;
    uint64_t rows;
};

static enum status count_and_append(void *context, const struct series_key *key,
                                    const struct tick_batch *batch, struct error *reterr) {
    struct passage *passage = context;
    passage->rows += batch->count;
    return passage->sink.append(passage->sink.context, key, batch, reterr);
}

static bool look(void *context, uint64_t consumed, uint64_t size) {
    struct passage *passage = context;
    progress_update(&passage->progress, passage->rows,
                    size == 0 ? -1 : (double)consumed / (double)size);
    return !interrupt_asked();
}

/* The SHA-256 of a file's bytes. */
static enum status hash_file(const char *path, char ret_hex[65], struct error *reterr) {
    char buffer[1 << 16];
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return error_set(reterr, STATUS_IO, "opening '%s': %s", path, strerror(errno));
    enum status status = STATUS_OK;
    struct sha256 *sha = sha256_create();
    if (sha == NULL)
        status = error_set(reterr, STATUS_NO_MEMORY, "'%s': no memory to hash it", path);
    while (status == STATUS_OK) {
        const size_t count = fread(buffer, 1, sizeof(buffer), file);
        sha256_update(sha, buffer, count);
        if (interrupt_asked())
            status = error_set(reterr, STATUS_INTERRUPTED, "interrupted");
        else if (ferror(file) != 0)
            status = error_set(reterr, STATUS_IO, "reading '%s': %s", path, strerror(errno));
        if (count < sizeof(buffer))
            break;
    }
    if (status == STATUS_OK)
        sha256_finish(sha, ret_hex);
    sha256_destroy(sha);
    (void)fclose(file); /* was only read */
    return status;
}

/* Whether the file is in already. Hashing it first is a pass more, so only a file whose size some
 * source has is hashed; of standard input the end of the import tells. */
static enum status is_already_in(const struct importer *importer, const char *path, bool *ret_is,
                                 char ret_hex[65], struct error *reterr) {
    *ret_is = false;
    struct stat about;
    if (strcmp(path, "-") == 0 || stat(path, &about) != 0 || !S_ISREG(about.st_mode))
        return STATUS_OK; /* what is wrong with it, opening it will tell */
    bool same_size = false;
    enum status status =
        market_has_source_size(importer->market, (uint64_t)about.st_size, &same_size, reterr);
    if (status != STATUS_OK || !same_size)
        return status;
    status = hash_file(path, ret_hex, reterr);
    if (status == STATUS_OK)
        status = market_has_source(importer->market, ret_hex, ret_is, NULL, reterr);
    return status;
}

/* Reads one file into the market file: all of it or nothing. */
static enum status transfer(struct importer *importer, const char *path,
                            struct import_report *report, struct market_import_result *result,
                            struct error *reterr) {
    struct market_import *import = NULL;
    enum status status = market_import_begin(importer->market, &import, reterr);
    if (status != STATUS_OK)
        return status;
    struct passage passage = {.sink = market_import_sink(import)};
    char *name = g_path_get_basename(path);
    progress_init(&passage.progress, importer->options.progress,
                  progress_color(importer->options.color, STDERR_FILENO), name, "rows");
    const struct tick_sink sink = {.context = &passage, .append = count_and_append};
    const struct loader_watch watch = {.context = &passage, .look = look};
    status = loader_import_watched(path, importer->format, importer->columns, &watch, &sink, report,
                                   reterr);
    progress_finish(&passage.progress);
    g_free(name);
    if (status == STATUS_OK) {
        const struct market_source_info source = {
            .name = path,
            .sha256 = report->sha256,
            .format = report->format,
            .bytes = report->raw_bytes,
        };
        status = market_import_commit(import, &source, result, reterr);
    }
    market_import_destroy(import);
    return status;
}

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

static void tell_imported(struct importer *importer, const char *path,
                          const struct import_report *report,
                          const struct market_import_result *result) {
    importer->imported++;
    importer->rows += result->rows;
    char first[32] = "";
    char last[32] = "";
    if (result->rows > 0) {
        (void)time_format_iso(report->first_ts_ns, first); /* the length is not needed */
        (void)time_format_iso(report->last_ts_ns, last);
    }
    const char *unit = report->time_is_epoch ? time_unit_name(report->time_unit) : "iso";
    if (importer->files == NULL) {
        printf("%s: %" PRIu64 " rows", path, result->rows);
        if (result->rows > 0) {
            printf(" of %" PRIu64 " series, %s to %s (%s, ts: %s%s)", result->series, first, last,
                   report->format, report->time_is_epoch ? "epoch " : "",
                   report->time_is_epoch ? unit : "ISO 8601");
        }
        printf("\n");
        if (report->bars_assumed > 0)
            printf("%s: %" PRIu64 " instruments with a single bar, taken as 60 s long\n", path,
                   report->bars_assumed);
    }
    add_json(importer,
             json_pack("{s:s, s:s, s:I, s:I, s:I, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I}",
                       "file", path, "status", "imported", "rows", (json_int_t)result->rows,
                       "series", (json_int_t)result->series, "instruments",
                       (json_int_t)report->instruments, "first_ts", first, "last_ts", last,
                       "ts_unit", unit, "format", report->format, "sha256", report->sha256, "bytes",
                       (json_int_t)report->raw_bytes, "blocks", (json_int_t)result->blocks,
                       "stored_bytes", (json_int_t)result->stored_bytes, "bars_assumed",
                       (json_int_t)report->bars_assumed));
}

static void tell_failed(struct importer *importer, const char *path, enum status status,
                        struct error *error) {
    importer->failed++;
    if (strstr(error->message, path) == NULL)
        (void)error_prefix(error, status, "%s", path);
    (void)cli_tell_error(command, status, error); /* the first failure's code is kept */
    add_json(importer, json_pack("{s:s, s:s, s:s}", "file", path, "status", "failed", "error",
                                 error->message));
}

static enum status import_file(struct importer *importer, const char *path) {
    struct error error = {0};
    struct import_report report = {0};
    struct market_import_result result = {0};
    bool already_in = false;
    char sha256[65];
    enum status status = is_already_in(importer, path, &already_in, sha256, &error);
    if (status == STATUS_OK && !already_in) {
        status = transfer(importer, path, &report, &result, &error);
        already_in = result.already_in;
    }
    if (status != STATUS_OK)
        tell_failed(importer, path, status, &error);
    else if (already_in)
        tell_already_in(importer, path);
    else
        tell_imported(importer, path, &report, &result);
    return status;
}

/* ---- files and folders ---- */

static int compare_names(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static enum status import_path(struct importer *importer, const char *path);

/* The files of a folder, and of those in it, by name; hidden ones are left out. Returns the first
 * failure's status, and goes on after it unless it was Ctrl-C. */
static enum status import_folder(struct importer *importer, const char *path) {
    GError *problem = NULL;
    GDir *folder = g_dir_open(path, 0, &problem);
    if (folder == NULL) {
        struct error error;
        (void)error_set(&error, STATUS_IO, "opening '%s': %s", path, problem->message);
        g_error_free(problem);
        tell_failed(importer, path, STATUS_IO, &error);
        return STATUS_IO;
    }
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    for (const char *name = g_dir_read_name(folder); name != NULL; name = g_dir_read_name(folder)) {
        if (name[0] != '.')
            g_ptr_array_add(names, g_build_filename(path, name, NULL));
    }
    g_dir_close(folder);
    qsort(names->pdata, names->len, sizeof(names->pdata[0]), compare_names);
    enum status first = STATUS_OK;
    for (guint i = 0; i < names->len && first != STATUS_INTERRUPTED; i++) {
        const enum status status = import_path(importer, names->pdata[i]);
        if (first == STATUS_OK || status == STATUS_INTERRUPTED)
            first = status;
    }
    g_ptr_array_free(names, TRUE);
    return first;
}

static enum status import_path(struct importer *importer, const char *path) {
    if (strcmp(path, "-") != 0 && g_file_test(path, G_FILE_TEST_IS_DIR))
        return import_folder(importer, path);
    return import_file(importer, path);
}

static enum status import_all(struct importer *importer, char **paths, size_t count,
                              const char *data, struct error *reterr) {
    const bool was_there = g_file_test(data, G_FILE_TEST_EXISTS);
    enum status status = market_file_open(data, MARKET_WRITE, &importer->market, reterr);
    if (status != STATUS_OK) {
        (void)cli_tell_error(command, status, reterr); /* the caller has the code */
        return status;
    }
    enum status first = STATUS_OK;
    for (size_t i = 0; i < count && first != STATUS_INTERRUPTED; i++) {
        status = import_path(importer, paths[i]);
        if (first == STATUS_OK || status == STATUS_INTERRUPTED)
            first = status;
    }
    if (was_there || importer->imported > 0)
        market_file_close(importer->market);
    else
        market_file_close_unused(importer->market);
    return first;
}

static enum status print_summary(const struct importer *importer, const char *data,
                                 struct error *reterr) {
    const uint64_t files = importer->imported + importer->already_in + importer->failed;
    if (importer->files != NULL) {
        json_t *document = json_pack(
            "{s:s, s:O, s:I, s:I, s:I, s:I}", "data", data, "files", importer->files, "imported",
            (json_int_t)importer->imported, "already_in", (json_int_t)importer->already_in,
            "failed", (json_int_t)importer->failed, "rows", (json_int_t)importer->rows);
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
        G_OPTION_ENTRY_NULL,
    };
    struct error error = {0};
    enum status status = cli_options_parse(
        command, "FILE|FOLDER... | -",
        "Puts files of ticks or bars, plain or compressed, into the market file. Each file goes "
        "in\n"
        "whole or not at all; the same file again changes nothing. - is standard input.",
        own, &argc, &argv, &importer.options, &error);
    if (status == STATUS_OK && argc < 2)
        status = error_set(&error, STATUS_USAGE, "no file is given (see crossfall import --help)");
    if (status == STATUS_OK && importer.format != NULL && strcmp(importer.format, "auto") == 0)
        g_clear_pointer(&importer.format, g_free);
    if (status == STATUS_OK && importer.format != NULL && loader_find(importer.format) == NULL)
        status = error_set(&error, STATUS_USAGE,
                           "--format: '%s' is no format (see crossfall list "
                           "formats)",
                           importer.format);
    if (status != STATUS_OK) {
        (void)cli_tell_error(command, status, &error); /* the code follows */
    } else {
        char *data = cli_data_path(importer.options.data);
        importer.files = importer.options.json ? json_array() : NULL;
        interrupt_catch();
        status = import_all(&importer, argv + 1, (size_t)argc - 1, data, &error);
        const enum status printed = print_summary(&importer, data, &error);
        if (status == STATUS_OK && printed != STATUS_OK) {
            status = printed;
            (void)cli_tell_error(command, status, &error); /* the code follows */
        }
        json_decref(importer.files);
        g_free(data);
    }
    g_free(importer.format);
    g_free(importer.columns);
    cli_options_finish(&importer.options);
    return status_exit_code(status);
}
