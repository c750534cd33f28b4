#include "api/import/import_json.h"

#include "api/import/quality_json.h"
#include "base/time_text.h"

/* Out of memory or a name that is no UTF-8 shows as a missing entry; the host heard of the file. */
static void add(void *context, json_t *object) {
    (void)json_array_append_new(context, object);
}

static void add_imported(void *context, const struct import_job *job,
                         const struct market_import_result *result) {
    const struct import_report *const report = &job->report;
    char first[32] = "";
    char last[32] = "";
    if (report->rows > 0) {
        (void)time_format_iso(report->first_ts_ns, first); /* the lengths are not needed */
        (void)time_format_iso(report->last_ts_ns, last);
    }
    add(context,
        json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:s, s:s, s:s, s:I, s:s, s:s, s:I, s:I, s:I,"
                  " s:I, s:I, s:s, s:o}",
                  "file", job->path, "status", "imported", "rows", (json_int_t)result->rows,
                  "records_skipped", (json_int_t)report->records_skipped, "series",
                  (json_int_t)result->series, "instruments", (json_int_t)report->instruments,
                  "first_ts", first, "last_ts", last, "ts_unit",
                  report->time_is_epoch ? time_unit_name(report->time_unit) : "iso",
                  "unit_switches", (json_int_t)report->unit_switches, "format", report->format,
                  "sha256", report->sha256, "bytes", (json_int_t)report->raw_bytes, "blocks",
                  (json_int_t)result->blocks, "stored_bytes", (json_int_t)result->stored_bytes,
                  "bars_assumed", (json_int_t)report->bars_assumed, "replaced",
                  (json_int_t)result->replaced, "checksum", job->checked ? "verified" : "none",
                  "quality", quality_json(&result->found, &result->overlap)));
}

static void add_already_in(void *context, const char *path) {
    add(context, json_pack("{s:s, s:s}", "file", path, "status", "already_in"));
}

static void add_failed(void *context, const char *path, const char *message) {
    add(context, json_pack("{s:s, s:s, s:s}", "file", path, "status", "failed", "error", message));
}

enum status import_json(const struct import_order *order, const struct host *host,
                        json_t **ret_document, struct error *reterr) {
    json_t *files = json_array();
    const struct import_observer observer = {files, add_imported, add_already_in, add_failed};
    struct import_totals totals;
    const enum status status = import_files(order, &observer, host, &totals, reterr);
    *ret_document =
        json_pack("{s:s, s:o, s:I, s:I, s:I, s:I, s:o}", "data", order->market, "files", files,
                  "imported", (json_int_t)totals.imported, "already_in",
                  (json_int_t)totals.already_in, "failed", (json_int_t)totals.failed, "rows",
                  (json_int_t)totals.rows, "quality", quality_json(&totals.found, &totals.overlap));
    return status;
}
