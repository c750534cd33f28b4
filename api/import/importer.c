#include "api/import/importer.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <glib.h>

#include "api/import/file_list.h"
#include "api/import/import_pool.h"

#define THREADS_DEFAULT_MAX 6     /* some 15 MB each */
#define FAILURES_REPEATED_FROM 10 /* files; with fewer they still stand on the screen */

struct importer {
    const struct import_order *order;
    const struct import_observer *observer;
    const struct host *host;
    struct market_file *market;
    struct file_list list;
    struct import_totals totals;
    enum status worst; /* of the failures */
    struct error *reterr;
    GPtrArray *failures; /* of char *: "path: why" */
};

/* ---- what is told of a file ---- */

/* Of two failures the one whose exit code the command has: an interrupt, then bad content, then
 * what is wrong with files and disks. */
static enum status worse(enum status a, enum status b) {
    if (a == STATUS_OK || b == STATUS_INTERRUPTED)
        return b;
    if (a == STATUS_INTERRUPTED || b == STATUS_OK)
        return a;
    return status_exit_code(b) > status_exit_code(a) ? b : a;
}

/* Keeps the worst of the failures, whose message is the import's. */
static void fail(struct importer *importer, enum status status, const struct error *error) {
    if (worse(importer->worst, status) != importer->worst)
        (void)error_set(importer->reterr, status, "%s", error->message); /* status is known */
    importer->worst = worse(importer->worst, status);
    host_tell(importer->host, HOST_PROBLEM, "%s", error->message);
}

static void file_failed(struct importer *importer, const char *path, enum status status,
                        struct error *error) {
    importer->totals.failed++;
    if (strstr(error->message, path) == NULL)
        (void)error_prefix(error, status, "%s", path); /* likewise */
    fail(importer, status, error);
    g_ptr_array_add(importer->failures, g_strdup(error->message));
    importer->observer->failed(importer->observer->context, path, error->message);
}

static void file_imported(struct importer *importer, const struct import_job *job,
                          const struct market_import_result *result) {
    struct import_totals *totals = &importer->totals;
    totals->imported++;
    totals->rows += result->rows;
    series_quality_add(&totals->found, &result->found);
    totals->overlap.equal += result->overlap.equal;
    totals->overlap.conflicts += result->overlap.conflicts;
    importer->observer->imported(importer->observer->context, job, result);
}

/* ---- files ---- */

/* Puts a file that was read into the market file, or says why not. *ret_stop: there is no use in
 * going on, since the market file itself cannot be written. */
static void finish_file(struct importer *importer, struct import_job *job, bool *ret_stop) {
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
            .replace = importer->order->replace,
        };
        status = market_import_commit(job->import, &source, &result, &job->error);
        *ret_stop = status != STATUS_OK && status != STATUS_CORRUPT;
    }
    if (status != STATUS_OK)
        file_failed(importer, job->path, status, &job->error);
    else if (result.already_in) {
        importer->totals.already_in++;
        importer->observer->already_in(importer->observer->context, job->path);
    } else
        file_imported(importer, job, &result);
    *ret_stop = *ret_stop || status == STATUS_INTERRUPTED || status == STATUS_USAGE ||
                status == STATUS_FULL || (importer->order->strict && status != STATUS_OK);
}

/* All files of the list. */
static void import_listed(struct importer *importer) {
    const GPtrArray *const paths = importer->list.paths;
    const unsigned cores = g_get_num_processors();
    const struct import_pool_settings settings = {
        .market = importer->market,
        .format = importer->order->format,
        .columns = importer->order->columns,
        .threads = importer->order->threads > 0  ? importer->order->threads
                   : cores < THREADS_DEFAULT_MAX ? cores
                                                 : THREADS_DEFAULT_MAX,
        .host = importer->host,
    };
    struct import_pool *pool = NULL;
    struct error error;
    const enum status status = import_pool_create(&settings, paths, &pool, &error);
    if (status != STATUS_OK) {
        fail(importer, status, &error);
        return;
    }
    char *const name = paths->len == 1 ? g_path_get_basename(paths->pdata[0]) : NULL;
    char what[64];
    (void)snprintf(what, sizeof(what), "%s", name != NULL ? name : "import"); /* cut is ok */
    bool stop = false;
    for (guint done = 0; done < paths->len && !stop;) {
        struct import_job *job = import_pool_next(pool);
        uint64_t rows;
        double share;
        import_pool_progress(pool, &rows, &share);
        if (name == NULL)
            (void)snprintf(what, sizeof(what), "file %u of %u", done + 1, paths->len); /* fits */
        host_show(importer->host, what, "rows", rows, share);
        if (job == NULL)
            continue;
        finish_file(importer, job, &stop);
        import_job_destroy(job);
        done++;
    }
    host_show_end(importer->host);
    g_free(name);
    import_pool_destroy(pool);
}

static void import_all(struct importer *importer) {
    const char *const path = importer->order->market;
    const bool was_there = g_file_test(path, G_FILE_TEST_EXISTS);
    struct error error;
    for (guint i = 0; i < importer->list.errors->len; i++) {
        const char *const why = importer->list.errors->pdata[i];
        file_failed(importer, why, error_set(&error, STATUS_IO, "%s", why), &error);
    }
    if (importer->list.paths->len == 0 || (importer->order->strict && importer->worst != STATUS_OK))
        return;
    const enum status status = market_file_open(path, MARKET_WRITE, &importer->market, &error);
    if (status != STATUS_OK) {
        fail(importer, status, &error);
        return;
    }
    import_listed(importer);
    if (was_there || importer->totals.imported > 0)
        market_file_close(importer->market);
    else
        market_file_close_unused(importer->market);
}

/* Of many files the failures again, where they can be seen. */
static void repeat_failures(const struct importer *importer) {
    const struct import_totals *totals = &importer->totals;
    const uint64_t files = totals->imported + totals->already_in + totals->failed;
    if (totals->failed == 0 || files < FAILURES_REPEATED_FROM)
        return;
    host_tell(importer->host, HOST_PROBLEM,
              "%" PRIu64 " of %" PRIu64 " files failed:", totals->failed, files);
    for (guint i = 0; i < importer->failures->len; i++)
        host_tell(importer->host, HOST_NOTE, "    %s", (const char *)importer->failures->pdata[i]);
}

enum status import_files(const struct import_order *order, const struct import_observer *observer,
                         const struct host *host, struct import_totals *ret_totals,
                         struct error *reterr) {
    struct importer importer = {.order = order,
                                .observer = observer,
                                .host = host,
                                .worst = STATUS_OK,
                                .reterr = reterr,
                                .failures = g_ptr_array_new_with_free_func(g_free)};
    file_list_init(&importer.list);
    for (const char *const *file = order->files; *file != NULL; file++)
        file_list_add(&importer.list, *file);
    import_all(&importer);
    repeat_failures(&importer);
    file_list_finish(&importer.list);
    (void)g_ptr_array_free(importer.failures, TRUE); /* the array, gone */
    *ret_totals = importer.totals;
    return importer.worst;
}
