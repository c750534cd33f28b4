/* `crossfall download`: files that venues publish, into a folder from which `import` takes them. */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <glib.h>
#include <jansson.h>

#include "cli/commands.h"
#include "cli/download/download_plan.h"
#include "cli/download/download_pool.h"
#include "cli/interrupt.h"
#include "cli/options.h"
#include "reports/exact_json.h"

#define SIZE_MAX_DEFAULT (INT64_C(32) << 30)

static const char *const command = "download";

struct downloader {
    struct cli_options options;
    char *folder;
    char *base_url;
    char *interval;
    gboolean monthly;
    gboolean dry_run;
    int parallel;
    int tries;
    double wait_s;
    int stall_s;
    gint64 size_max;
    struct download_plan plan;
    struct download_job job;
    struct progress progress;
    json_t *files; /* NULL without --json */
    uint64_t fetched;
    uint64_t already_there;
    uint64_t not_published;
    uint64_t failed;
    uint64_t not_done;
    uint64_t bytes; /* of the files fetched */
};

/* ---- options ---- */

static enum status check_options(const struct downloader *downloader, struct error *reterr) {
    if (downloader->folder == NULL || downloader->folder[0] == '\0')
        return error_set(reterr, STATUS_USAGE, "--to DIR is needed: the folder to write to");
    if (downloader->parallel < 1 || downloader->parallel > DOWNLOAD_PARALLEL_MAX)
        return error_set(reterr, STATUS_USAGE, "--parallel: 1 to %d", DOWNLOAD_PARALLEL_MAX);
    if (downloader->tries < 1 || downloader->tries > 100)
        return error_set(reterr, STATUS_USAGE, "--tries: 1 to 100");
    if (!(downloader->wait_s >= 0.01 && downloader->wait_s <= 60))
        return error_set(reterr, STATUS_USAGE, "--wait: 0.01 to 60 s");
    if (downloader->stall_s < 1 || downloader->stall_s > 600)
        return error_set(reterr, STATUS_USAGE, "--stall: 1 to 600 s");
    if (downloader->size_max < 1)
        return error_set(reterr, STATUS_USAGE, "--max-size: at least 1 byte");
    return STATUS_OK;
}

/* VENUE TYPE [SYMBOLS] RANGE into the plan; the base URL of the venue where none is given. */
static enum status make_plan(struct downloader *downloader, int argc, char **argv,
                             struct error *reterr) {
    enum status status = check_options(downloader, reterr);
    if (status == STATUS_OK && argc != 4 && argc != 5)
        status =
            error_set(reterr, STATUS_USAGE,
                      "VENUE TYPE SYMBOLS RANGE are needed, for instance: binance-um aggTrades "
                      "BTCUSDT,ETHUSDT 2021-05-18..2021-05-20");
    if (status != STATUS_OK)
        return status;
    const struct download_wish wish = {
        .venue = argv[1],
        .type = argv[2],
        .symbols = argc == 5 ? argv[3] : NULL,
        .range = argv[argc - 1],
        .interval = downloader->interval,
        .monthly = downloader->monthly,
    };
    status = download_plan_make(&wish, &downloader->plan, reterr);
    if (status != STATUS_OK)
        return status;
    char *url = NULL;
    status = download_base_url(downloader->base_url != NULL ? downloader->base_url
                                                            : downloader->plan.venue->base_url,
                               &url, reterr);
    if (status == STATUS_OK) {
        g_free(downloader->base_url);
        downloader->base_url = url;
    }
    return status;
}

/* ---- what is told ---- */

static enum status print_document(json_t *document, struct error *reterr) {
    char *text = document == NULL ? NULL : exact_json_dump(document);
    json_decref(document);
    if (text == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for the JSON document");
    (void)fputs(text, stdout); /* main() looks at the stream's end */
    free(text);
    return STATUS_OK;
}

static enum status print_plan(const struct downloader *downloader, struct error *reterr) {
    const struct download_plan *const plan = &downloader->plan;
    json_t *files = downloader->options.json ? json_array() : NULL;
    for (size_t i = 0; i < plan->count; i++) {
        char *url = g_strdup_printf("%s/%s", downloader->base_url, plan->paths[i]);
        char *path = g_build_filename(downloader->folder, plan->paths[i], NULL);
        if (files != NULL)
            (void)json_array_append_new(files, json_pack("{s:s, s:s}", "url", url, "file", path));
        else
            printf("%s %s\n", url, path);
        g_free(path);
        g_free(url);
    }
    if (!downloader->options.json)
        return STATUS_OK;
    if (json_array_size(files) != plan->count) { /* no memory, or a folder that is no UTF-8 */
        json_decref(files);
        return error_set(reterr, STATUS_NO_MEMORY, "the list cannot be written as JSON");
    }
    return print_document(json_pack("{s:s, s:s, s:b, s:o}", "base_url", downloader->base_url, "to",
                                    downloader->folder, "checksums", plan->venue->has_checksum,
                                    "files", files),
                          reterr);
}

static const char *state_name(enum download_state state) {
    switch (state) {
    case DOWNLOAD_NOT_DONE:
        return "not_done";
    case DOWNLOAD_FETCHED:
        return "fetched";
    case DOWNLOAD_ALREADY_THERE:
        return "already_there";
    case DOWNLOAD_NOT_PUBLISHED:
        return "not_published";
    case DOWNLOAD_FAILED:
        return "failed";
    }
    return "";
}

static void add_json(struct downloader *downloader, const char *path,
                     const struct download_result *result) {
    json_t *file = json_pack("{s:s, s:s}", "path", path, "status", state_name(result->state));
    /* What cannot be added for want of memory is missing; the text went to standard error. */
    if (result->sha256[0] != '\0') {
        (void)json_object_set_new(file, "bytes", json_integer((json_int_t)result->size));
        (void)json_object_set_new(file, "sha256", json_string(result->sha256));
        (void)json_object_set_new(file, "checksum",
                                  json_string(result->checksum_matched ? "matched" : "none"));
        (void)json_object_set_new(file, "resumed_at", json_integer((json_int_t)result->resumed_at));
    }
    if (result->state == DOWNLOAD_FAILED)
        (void)json_object_set_new(file, "error", json_string(result->message));
    (void)json_array_append_new(downloader->files, file);
}

/* The line of a file that is there now. */
static void print_there(const char *path, const struct download_result *result) {
    const char *checked =
        result->checksum_matched ? "checksum matches" : "no checksum published, file is whole";
    if (result->state == DOWNLOAD_ALREADY_THERE)
        printf("%s: already there, %s\n", path, checked);
    else if (result->resumed_at > 0)
        printf("%s: %" PRIu64 " bytes, resumed at %" PRIu64 ", %s\n", path, result->size,
               result->resumed_at, checked);
    else
        printf("%s: %" PRIu64 " bytes, %s\n", path, result->size, checked);
}

static void tell(void *context, const char *path, const struct download_result *result) {
    struct downloader *const downloader = context;
    const bool text = downloader->files == NULL;
    progress_finish(&downloader->progress);
    switch (result->state) {
    case DOWNLOAD_NOT_DONE:
        downloader->not_done++;
        break;
    case DOWNLOAD_FETCHED:
        downloader->fetched++;
        downloader->bytes += result->size;
        if (text)
            print_there(path, result);
        break;
    case DOWNLOAD_ALREADY_THERE:
        downloader->already_there++;
        if (text)
            print_there(path, result);
        break;
    case DOWNLOAD_NOT_PUBLISHED:
        downloader->not_published++;
        if (text)
            printf("%s: not published\n", path);
        break;
    case DOWNLOAD_FAILED: {
        struct error error;
        downloader->failed++;
        (void)error_set(&error, result->status, "%s", result->message); /* told, code kept */
        (void)cli_tell_error(command, result->status, &error);
        break;
    }
    }
    if (!text)
        add_json(downloader, path, result);
    (void)fflush(stdout); /* main() looks at the stream's end */
}

static void look(void *context, size_t done) {
    struct downloader *const downloader = context;
    progress_update(&downloader->progress, atomic_load(&downloader->job.bytes),
                    (double)done / (double)downloader->plan.count);
}

static enum status print_summary(struct downloader *downloader, struct error *reterr) {
    if (downloader->files != NULL) {
        return print_document(
            json_pack("{s:s, s:s, s:O, s:I, s:I, s:I, s:I, s:I, s:I}", "base_url",
                      downloader->base_url, "to", downloader->folder, "files", downloader->files,
                      "fetched", (json_int_t)downloader->fetched, "already_there",
                      (json_int_t)downloader->already_there, "not_published",
                      (json_int_t)downloader->not_published, "failed",
                      (json_int_t)downloader->failed, "not_done", (json_int_t)downloader->not_done,
                      "bytes", (json_int_t)downloader->bytes),
            reterr);
    }
    printf("%" PRIu64 " files fetched into %s (%" PRIu64 " bytes); %" PRIu64
           " already there, %" PRIu64 " not published, %" PRIu64 " failed",
           downloader->fetched, downloader->folder, downloader->bytes, downloader->already_there,
           downloader->not_published, downloader->failed);
    if (downloader->not_done > 0)
        printf(", %" PRIu64 " not done", downloader->not_done);
    printf("\n");
    return STATUS_OK;
}

/* ---- the command ---- */

/* Runs the plan. What failed file by file was told; `reterr` has what concerns all. */
static enum status fetch_all(struct downloader *downloader, struct error *reterr) {
    if (g_mkdir_with_parents(downloader->folder, 0777) != 0)
        return error_set(reterr, STATUS_IO, "making the folder '%s': %s", downloader->folder,
                         strerror(errno));
    const int root = open(downloader->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (root < 0)
        return error_set(reterr, STATUS_IO, "opening the folder '%s': %s", downloader->folder,
                         strerror(errno));
    downloader->job = (struct download_job){
        .root = root,
        .folder = downloader->folder,
        .base_url = downloader->base_url,
        .has_checksum = downloader->plan.venue->has_checksum,
        .size_max = (uint64_t)downloader->size_max,
        .patience = {.tries = downloader->tries, .wait_ms = (int64_t)(downloader->wait_s * 1000)},
        .stop = interrupt_asked,
    };
    const struct download_watch watch = {downloader, tell, look};
    struct download_result *results = g_new0(struct download_result, downloader->plan.count);
    downloader->files = downloader->options.json ? json_array() : NULL;
    progress_init(&downloader->progress, downloader->options.progress,
                  progress_color(downloader->options.color, STDERR_FILENO), command, "bytes");
    enum status status =
        download_pool_run(&downloader->job, &downloader->plan, downloader->parallel,
                          downloader->stall_s, &watch, results, reterr);
    progress_finish(&downloader->progress);
    if (status == STATUS_OK && downloader->not_published == downloader->plan.count)
        status = error_set(reterr, STATUS_IO,
                           "none of the files is published; are venue, symbols and range right?");
    const enum status printed = print_summary(downloader, reterr);
    json_decref(downloader->files);
    download_results_finish(results, downloader->plan.count);
    g_free(results);
    (void)close(root); /* only looked into */
    return status == STATUS_OK ? printed : status;
}

static enum status run_plan(struct downloader *downloader, struct error *reterr) {
    if (downloader->dry_run)
        return print_plan(downloader, reterr);
    enum status status = download_client_start(reterr);
    if (status != STATUS_OK)
        return status;
    interrupt_catch();
    status = fetch_all(downloader, reterr);
    download_client_stop();
    return status;
}

int command_download(int argc, char **argv) {
    struct downloader downloader = {
        .parallel = 4, .tries = 6, .wait_s = 1, .stall_s = 30, .size_max = SIZE_MAX_DEFAULT};
    const GOptionEntry own[] = {
        {"to", 0, 0, G_OPTION_ARG_FILENAME, &downloader.folder,
         "Folder to write to, in the venue's own layout; made if it is not there", "DIR"},
        {"interval", 0, 0, G_OPTION_ARG_STRING, &downloader.interval,
         "Length of bars, as the venue names it (default: 1m)", "LENGTH"},
        {"monthly", 0, 0, G_OPTION_ARG_NONE, &downloader.monthly,
         "Files of a month, each month that the range touches, instead of files of a day", NULL},
        {"dry-run", 0, 0, G_OPTION_ARG_NONE, &downloader.dry_run,
         "Print the URLs and where they would go, and stop", NULL},
        {"base-url", 0, 0, G_OPTION_ARG_STRING, &downloader.base_url,
         "A mirror with the venue's layout below it", "URL"},
        {"parallel", 0, 0, G_OPTION_ARG_INT, &downloader.parallel,
         "Files at a time, 1 to 16 (default: 4)", "N"},
        {"tries", 0, 0, G_OPTION_ARG_INT, &downloader.tries,
         "Tries of a request, with pauses between them (default: 6)", "N"},
        {"wait", 0, 0, G_OPTION_ARG_DOUBLE, &downloader.wait_s,
         "Pause before the second try; doubled each time, up to 60 s (default: 1)", "SECONDS"},
        {"stall", 0, 0, G_OPTION_ARG_INT, &downloader.stall_s,
         "Give a connection up that brings less than 100 bytes a second for so long (default: 30)",
         "SECONDS"},
        {"max-size", 0, 0, G_OPTION_ARG_INT64, &downloader.size_max,
         "Largest file that is taken (default: 32 GiB)", "BYTES"},
        G_OPTION_ENTRY_NULL,
    };
    struct error error = {0};
    enum status status = cli_options_parse(
        command, "VENUE TYPE [SYMBOLS] RANGE",
        "Fetches the files that a venue publishes: binance-spot, binance-um, binance-cm, bitmex,\n"
        "bybit. RANGE is days (2021-05-18..2021-05-20) or months (2021-05), both ends included.\n"
        "What is there already is left, what was begun goes on, and what came is verified.",
        own, &argc, &argv, &downloader.options, &error);
    if (status == STATUS_OK)
        status = make_plan(&downloader, argc, argv, &error);
    if (status == STATUS_OK)
        status = run_plan(&downloader, &error);
    download_plan_finish(&downloader.plan);
    cli_options_finish(&downloader.options);
    g_free(downloader.folder);
    g_free(downloader.base_url);
    g_free(downloader.interval);
    if (status != STATUS_OK && error.message[0] != '\0')
        (void)cli_tell_error(command, status, &error); /* the code follows */
    return status_exit_code(status);
}
