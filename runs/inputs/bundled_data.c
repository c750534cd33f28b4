#include "runs/inputs/bundled_data.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <glib.h>

#include "loaders/loaders.h"
#include "store/market/market_catalog.h"
#include "store/market/market_import.h"

static enum status has_all(struct market_file *market, const struct scenario *scenario,
                           bool *ret_has, struct error *reterr) {
    *ret_has = true;
    for (size_t i = 0; *ret_has && i < scenario->instrument_count; i++) {
        struct market_series_list list = {0};
        const enum status status =
            market_list_series(market, scenario->instruments[i].symbol, &list, reterr);
        if (status != STATUS_OK)
            return status;
        *ret_has = list.count > 0;
        market_series_list_finish(&list);
    }
    return STATUS_OK;
}

/* Whether there is nothing to do: the file is there and has all. */
static enum status is_full(const char *path, const struct scenario *scenario, bool *ret_full,
                           struct error *reterr) {
    *ret_full = false;
    if (access(path, F_OK) != 0)
        return STATUS_OK;
    struct market_file *market = NULL;
    enum status status = market_file_open(path, MARKET_READ, &market, reterr);
    if (status == STATUS_OK)
        status = has_all(market, scenario, ret_full, reterr);
    market_file_close(market);
    return status;
}

static int compare_names(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Adds the .csv.zst files of `folder` and of those in it. */
static void collect(const char *folder, GPtrArray *files) {
    GDir *dir = g_dir_open(folder, 0, NULL);
    if (dir == NULL)
        return;
    for (const char *name = g_dir_read_name(dir); name != NULL; name = g_dir_read_name(dir)) {
        char *path = g_build_filename(folder, name, NULL);
        if (g_file_test(path, G_FILE_TEST_IS_DIR))
            collect(path, files);
        if (g_str_has_suffix(name, ".csv.zst"))
            g_ptr_array_add(files, path);
        else
            g_free(path);
    }
    g_dir_close(dir);
}

static enum status import_one(struct market_file *market, const char *path, struct error *reterr) {
    struct market_import *import = NULL;
    struct import_report report = {0};
    struct market_import_result result = {0};
    enum status status = market_import_begin(market, &import, reterr);
    if (status != STATUS_OK)
        return status;
    const struct tick_sink sink = market_import_sink(import);
    char *name = g_path_get_basename(path);
    status = loader_import(path, NULL, NULL, &sink, &report, reterr);
    if (status == STATUS_OK) {
        /* The name without its folder: the same market file on every machine. */
        const struct market_source_info source = {.name = name,
                                                  .sha256 = report.sha256,
                                                  .format = report.format,
                                                  .bytes = report.raw_bytes};
        status = market_import_commit(import, &source, &result, reterr);
    }
    g_free(name);
    market_import_destroy(import);
    return status;
}

static enum status import_all(struct market_file *market, const GPtrArray *files,
                              const struct host *host, struct error *reterr) {
    enum status status = STATUS_OK;
    for (guint i = 0; status == STATUS_OK && i < files->len; i++) {
        host_show(host, "bundled data", "files", i, (double)i / files->len);
        status = host_stops(host) ? error_set(reterr, STATUS_INTERRUPTED, "interrupted")
                                  : import_one(market, g_ptr_array_index(files, i), reterr);
    }
    host_show_end(host);
    return status;
}

enum status bundled_data_fill(const char *path, const char *resources,
                              const struct scenario *scenario, const struct host *host,
                              struct error *reterr) {
    bool full = false;
    enum status status = is_full(path, scenario, &full, reterr);
    if (status != STATUS_OK || full)
        return status;
    char *folder = g_build_filename(resources, "data", NULL);
    GPtrArray *files = g_ptr_array_new_with_free_func(g_free);
    struct market_file *market = NULL;
    collect(folder, files);
    if (files->len > 0) {
        qsort(files->pdata, files->len, sizeof(files->pdata[0]), compare_names);
        host_tell(host, HOST_NOTE, "Importing the bundled data (%u files) into %s", files->len,
                  path);
        status = market_file_open(path, MARKET_WRITE, &market, reterr);
    }
    if (market != NULL) {
        status = import_all(market, files, host, reterr);
        market_file_close_unused(market);
    }
    (void)g_ptr_array_free(files, TRUE); /* the array, gone */
    g_free(folder);
    return status;
}
