/* Imports sample files, each into a market file of its own, through the whole way: container,
 * detection, loader, store.
 *
 *   conformance-import PATH...
 *     every file that is named or lies under a folder: prints "ok FILE FORMAT ROWS FIRST LAST" or
 *     "FAILED FILE: why"; "skip FILE why" for what is no data (a readme, a description) and for
 * what no format claims, which does not count. Ends with "N passed, N failed". conformance-import
 * --expect TABLE.tsv ROOT the files that the table names, under ROOT: format, rows, and first and
 * last row must be as it says. Its columns: file, format, instrument, series, rows, first, last; a
 * row as "ts_ns price quantity side" or "ts_ns open high low close volume", "-" for what is not
 * there. A file that is not there is told and fails.
 *   conformance-import --dump FILE
 *     every row that comes out of the file, exactly, as "INSTRUMENT SERIES ROW": for a comparison
 *     with what another program reads in it.
 *
 * Exit code 0 if nothing failed, else 1; 2 for wrong arguments. */

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <glib.h>

#include "base/decimal_text.h"
#include "base/time_text.h"
#include "loaders/loaders.h"
#include "store/market/market_catalog.h"
#include "store/market/market_file.h"
#include "store/market/market_import.h"
#include "store/market/market_source.h"
#include "store/market/market_verify.h"

struct conformance {
    char *folder; /* scratch */
    char *market; /* in it */
    unsigned passed;
    unsigned failed;
};

/* ---- one file in ---- */

static enum status commit(struct market_import *import, const char *path,
                          const struct import_report *report, struct error *reterr) {
    const struct market_source_info source = {.name = path,
                                              .sha256 = report->sha256,
                                              .format = report->format,
                                              .bytes = report->raw_bytes};
    struct market_import_result result;
    return market_import_commit(import, &source, &result, reterr);
}

/* Imports `path` into a fresh market file, checks that it is whole, and leaves it open. */
static enum status import_file(const struct conformance *conformance, const char *path,
                               const char *format, struct import_report *ret_report,
                               struct market_file **ret_market, struct error *reterr) {
    (void)unlink(conformance->market); /* of the file before */
    struct market_file *market = NULL;
    struct market_import *import = NULL;
    enum status status = market_file_open(conformance->market, MARKET_WRITE, &market, reterr);
    if (status == STATUS_OK)
        status = market_import_begin(market, &import, reterr);
    if (status == STATUS_OK) {
        const struct tick_sink sink = market_import_sink(import);
        status = loader_import(path, format, NULL, &sink, ret_report, reterr);
    }
    if (status == STATUS_OK)
        status = commit(import, path, ret_report, reterr);
    market_import_destroy(import);
    struct market_verify_report verified;
    if (status == STATUS_OK)
        status = market_verify(market, NULL, NULL, &verified, reterr);
    if (status != STATUS_OK) {
        market_file_close(market);
        return status;
    }
    *ret_market = market;
    return STATUS_OK;
}

/* ---- every file of a folder ---- */

/* Why a file is no data by its name; NULL: it may be some. */
static const char *no_data(const char *path) {
    static const char *const suffixes[] = {".md", ".txt", ".frag", ".frag.zst", ".CHECKSUM"};
    for (size_t i = 0; i < G_N_ELEMENTS(suffixes); i++) {
        if (g_str_has_suffix(path, suffixes[i]))
            return strstr(suffixes[i], "frag") != NULL ? "a fragment without its header"
                                                       : "no data: a text beside them";
    }
    return NULL;
}

static void run_file(struct conformance *conformance, const char *path) {
    struct error error = {0};
    const char *name = NULL;
    const char *why = no_data(path);
    enum status status = why == NULL ? loader_detect(path, &name, &error) : STATUS_OK;
    if (status == STATUS_OK && name == NULL) {
        printf("skip %s %s\n", path, why != NULL ? why : "no format claims it");
        return;
    }
    struct import_report report = {0};
    struct market_file *market = NULL;
    if (status == STATUS_OK)
        status = import_file(conformance, path, NULL, &report, &market, &error);
    if (status != STATUS_OK) {
        conformance->failed++;
        printf("FAILED %s: %s\n", path, error.message);
        return;
    }
    market_file_close(market);
    char first[32] = "-";
    char last[32] = "-";
    if (report.rows > 0) {
        (void)time_format_iso(report.first_ts_ns, first); /* the lengths are not needed */
        (void)time_format_iso(report.last_ts_ns, last);
    }
    conformance->passed++;
    printf("ok %s %s %" PRIu64 " %s %s\n", path, report.format, report.rows, first, last);
}

static int compare_names(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void run_path(struct conformance *conformance, const char *path) {
    GDir *folder = g_dir_open(path, 0, NULL);
    if (folder == NULL) {
        run_file(conformance, path);
        return;
    }
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    for (const char *name = g_dir_read_name(folder); name != NULL; name = g_dir_read_name(folder))
        g_ptr_array_add(names, g_build_filename(path, name, NULL));
    g_dir_close(folder);
    qsort(names->pdata, names->len, sizeof(names->pdata[0]), compare_names);
    for (guint i = 0; i < names->len; i++)
        run_path(conformance, names->pdata[i]);
    (void)g_ptr_array_free(names, TRUE); /* the array, gone */
}

/* ---- a table of what must come out ---- */

static void add_decimal(GString *text, int64_t mantissa, int32_t decimals) {
    char number[32];
    (void)decimal_format(mantissa, decimals, number); /* the length is not needed */
    g_string_append_printf(text, " %s", number);
}

/* Row `row` of a batch in the words of the table. */
static void describe_row(const struct tick_batch *batch, size_t row, GString *ret_text) {
    g_string_printf(ret_text, "%" PRId64, batch->ts_ns[row]);
    const bool bars = batch->flags == NULL;
    for (size_t i = 0; i < (bars ? 5 : 2); i++) {
        if (!bars && i == 1 && (batch->flags[row] & TICK_NO_QUANTITY) != 0)
            g_string_append(ret_text, " -");
        else
            add_decimal(ret_text, batch->value[i][row],
                        i == (bars ? 4u : 1u) ? batch->quantity_decimals : batch->price_decimals);
    }
    if (!bars)
        g_string_append(ret_text, (batch->flags[row] & TICK_BUY) != 0    ? " buy"
                                  : (batch->flags[row] & TICK_SELL) != 0 ? " sell"
                                                                         : " -");
}

/* What is in one series. */
struct found {
    uint64_t rows;
    GString *first;
    GString *last;
};

static enum status read_series(struct market_file *market, const char *instrument, const char *name,
                               struct found *found, struct error *reterr) {
    struct market_series_list list = {0};
    struct market_source *source = NULL;
    enum status status = market_list_series(market, instrument, &list, reterr);
    size_t at = 0;
    while (status == STATUS_OK && at < list.count && strcmp(list.rows[at].name, name) != 0)
        at++;
    if (status == STATUS_OK && at == list.count)
        status =
            error_set(reterr, STATUS_CORRUPT, "no series '%s' of '%s' came out", name, instrument);
    if (status == STATUS_OK)
        status =
            market_source_create(market, &list.rows[at], INT64_MIN, INT64_MAX, &source, reterr);
    const struct tick_source port = market_source_port(source);
    while (status == STATUS_OK) {
        struct tick_batch batch;
        status = port.next(port.context, &batch, reterr);
        if (status != STATUS_OK)
            break;
        if (found->rows == 0)
            describe_row(&batch, 0, found->first);
        describe_row(&batch, batch.count - 1, found->last);
        found->rows += batch.count;
    }
    market_source_destroy(source);
    market_series_list_finish(&list);
    return status == STATUS_END ? STATUS_OK : status;
}

enum {
    FIELD_FILE,
    FIELD_FORMAT,
    FIELD_INSTRUMENT,
    FIELD_SERIES,
    FIELD_ROWS,
    FIELD_FIRST,
    FIELD_LAST,
    FIELDS
};

static enum status compare(char *const *fields, const struct import_report *report,
                           struct market_file *market, struct error *reterr) {
    if (strcmp(report->format, fields[FIELD_FORMAT]) != 0)
        return error_set(reterr, STATUS_DIFFERENT, "format %s, not %s", report->format,
                         fields[FIELD_FORMAT]);
    struct found found = {.first = g_string_new("-"), .last = g_string_new("-")};
    char rows[32];
    enum status status = STATUS_OK;
    if (strcmp(fields[FIELD_ROWS], "0") == 0)
        found.rows = report->rows;
    else
        status =
            read_series(market, fields[FIELD_INSTRUMENT], fields[FIELD_SERIES], &found, reterr);
    (void)snprintf(rows, sizeof(rows), "%" PRIu64, found.rows); /* fits */
    if (status == STATUS_OK && (strcmp(rows, fields[FIELD_ROWS]) != 0 ||
                                strcmp(found.first->str, fields[FIELD_FIRST]) != 0 ||
                                strcmp(found.last->str, fields[FIELD_LAST]) != 0))
        status = error_set(reterr, STATUS_DIFFERENT,
                           "%s rows, first '%s', last '%s', but %s, '%s', '%s' are right", rows,
                           found.first->str, found.last->str, fields[FIELD_ROWS],
                           fields[FIELD_FIRST], fields[FIELD_LAST]);
    (void)g_string_free(found.first, TRUE); /* the text too */
    (void)g_string_free(found.last, TRUE);
    return status;
}

static void expect_line(struct conformance *conformance, const char *root, const char *line) {
    char **fields = g_strsplit(line, "\t", 0);
    struct error error = {0};
    enum status status = STATUS_OK;
    char *path = NULL;
    if (g_strv_length(fields) != FIELDS) {
        status = error_set(&error, STATUS_USAGE, "the table has %u fields, not %d",
                           g_strv_length(fields), FIELDS);
    } else {
        path = g_build_filename(root, fields[FIELD_FILE], NULL);
        struct import_report report = {0};
        struct market_file *market = NULL;
        status = import_file(conformance, path, NULL, &report, &market, &error);
        if (status == STATUS_OK)
            status = compare(fields, &report, market, &error);
        market_file_close(market);
    }
    if (status == STATUS_OK) {
        conformance->passed++;
        printf("ok %s %s %s\n", fields[FIELD_FILE], fields[FIELD_INSTRUMENT], fields[FIELD_SERIES]);
    } else {
        conformance->failed++;
        printf("FAILED %s: %s\n", line, error.message);
    }
    g_free(path);
    g_strfreev(fields);
}

/* Lines that are empty or begin with # say nothing. */
static bool expect_table(struct conformance *conformance, const char *table, const char *root) {
    char *text = NULL;
    if (!g_file_get_contents(table, &text, NULL, NULL)) {
        (void)fprintf(stderr, "conformance-import: '%s' cannot be read\n", table);
        return false;
    }
    char **lines = g_strsplit(text, "\n", 0);
    for (size_t i = 0; lines[i] != NULL; i++) {
        if (lines[i][0] != '\0' && lines[i][0] != '#')
            expect_line(conformance, root, lines[i]);
    }
    g_strfreev(lines);
    g_free(text);
    return true;
}

/* ---- all that comes out ---- */

static enum status dump_series(struct market_file *market, const struct market_series *series,
                               struct error *reterr) {
    struct market_source *source = NULL;
    enum status status =
        market_source_create(market, series, INT64_MIN, INT64_MAX, &source, reterr);
    const struct tick_source port = market_source_port(source);
    GString *text = g_string_new(NULL);
    while (status == STATUS_OK) {
        struct tick_batch batch;
        status = port.next(port.context, &batch, reterr);
        for (size_t row = 0; status == STATUS_OK && row < batch.count; row++) {
            describe_row(&batch, row, text);
            printf("%s %s %s\n", series->instrument, series->name, text->str);
        }
    }
    (void)g_string_free(text, TRUE); /* the text too */
    market_source_destroy(source);
    return status == STATUS_END ? STATUS_OK : status;
}

static bool dump(const struct conformance *conformance, const char *path) {
    struct error error = {0};
    struct import_report report = {0};
    struct market_file *market = NULL;
    struct market_series_list list = {0};
    enum status status = import_file(conformance, path, NULL, &report, &market, &error);
    if (status == STATUS_OK)
        status = market_list_series(market, NULL, &list, &error);
    for (size_t i = 0; status == STATUS_OK && i < list.count; i++)
        status = dump_series(market, &list.rows[i], &error);
    if (status != STATUS_OK)
        (void)fprintf(stderr, "conformance-import: %s\n", error.message);
    market_series_list_finish(&list);
    market_file_close(market);
    return status == STATUS_OK;
}

int main(int argc, char **argv) {
    const bool table = argc > 1 && strcmp(argv[1], "--expect") == 0;
    const bool dumped = argc > 1 && strcmp(argv[1], "--dump") == 0;
    if (argc < 2 || (table && argc != 4) || (dumped && argc != 3)) {
        (void)fprintf(stderr, "usage: conformance-import PATH... | --expect TABLE.tsv ROOT | "
                              "--dump FILE\n");
        return 2;
    }
    struct conformance conformance = {.folder =
                                          g_dir_make_tmp("crossfall-conformance-XXXXXX", NULL)};
    if (conformance.folder == NULL) {
        (void)fprintf(stderr, "conformance-import: no scratch folder can be made\n");
        return 1;
    }
    conformance.market = g_build_filename(conformance.folder, "market.db", NULL);
    bool readable = true;
    if (table)
        readable = expect_table(&conformance, argv[2], argv[3]);
    if (dumped)
        readable = dump(&conformance, argv[2]);
    for (int i = 1; i < argc && !table && !dumped; i++)
        run_path(&conformance, argv[i]);
    (void)unlink(conformance.market);
    (void)rmdir(conformance.folder);
    g_free(conformance.market);
    g_free(conformance.folder);
    if (!dumped)
        printf("%u passed, %u failed\n", conformance.passed, conformance.failed);
    return conformance.failed > 0 || !readable ? 1 : 0;
}
