#include "reports/html_compare.h"

#include <stdlib.h>

#include "reports/exact_json.h"
#include "reports/html_data.h"
#include "reports/html_frame.h"
#include "reports/run_compare_parts.h"

/* What the shared scripts of the page want to know of "the run": that is the first one here. */
static enum status append_first(const struct comparison *comparison, GString *text,
                                struct error *reterr) {
    enum status status = html_data_run(comparison->runs[0], text, reterr);
    if (status == STATUS_OK)
        status =
            html_data_part(comparison->file, comparison->runs[0]->id, "instruments", text, reterr);
    static const char *const absent[] = {"metrics", "settings"};
    for (size_t i = 0; i < G_N_ELEMENTS(absent); i++) {
        html_data_key(text, absent[i]);
        g_string_append(text, "[]");
    }
    return status;
}

static enum status append_run(const struct comparison *comparison, size_t run, GString *text,
                              struct error *reterr) {
    const struct run_figures *figures = comparison->runs[run];
    const struct html_span span = html_span_of(figures, comparison->count);
    g_string_append_c(text, '{');
    enum status status = html_data_run(figures, text, reterr);
    if (status == STATUS_OK)
        status = html_data_part(comparison->file, figures->id, "instruments", text, reterr);
    if (status == STATUS_OK)
        status = html_series_append(comparison->file, figures->id, &span, text, reterr);
    g_string_append_c(text, '}');
    return status;
}

static enum status append_comparison(const struct comparison *comparison, GString *text,
                                     struct error *reterr) {
    json_t *json = compare_json(comparison);
    char *dump = json == NULL ? NULL : exact_json_dump(json);
    json_decref(json);
    if (dump == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for the comparison");
    html_data_key(text, "comparison");
    html_data_json(text, dump);
    free(dump);
    return STATUS_OK;
}

static enum status append_runs(const struct comparison *comparison, GString *text,
                               struct error *reterr) {
    enum status status = STATUS_OK;
    html_data_key(text, "runs");
    g_string_append_c(text, '[');
    for (size_t i = 0; status == STATUS_OK && i < comparison->count; i++) {
        g_string_append(text, i > 0 ? ",\n" : "");
        status = append_run(comparison, i, text, reterr);
    }
    g_string_append_c(text, ']');
    return status;
}

enum status html_compare_write(struct results_file *file, const char *const *ids, size_t count,
                               const char *path, struct error *reterr) {
    static const char *const scripts[] = {"text.js", "theme.js", "tables.js", "compare.js", NULL};
    if (count > HTML_COMPARE_RUNS_MAX)
        return error_set(reterr, STATUS_USAGE, "a page shows at most %d runs side by side",
                         HTML_COMPARE_RUNS_MAX);
    struct comparison comparison;
    GString *text = g_string_new("{");
    enum status status = compare_gather(file, ids, count, &comparison, reterr);
    if (status == STATUS_OK)
        status = append_first(&comparison, text, reterr);
    if (status == STATUS_OK)
        status = append_comparison(&comparison, text, reterr);
    if (status == STATUS_OK)
        status = append_runs(&comparison, text, reterr);
    g_string_append(text, "}\n");
    if (status == STATUS_OK)
        status = html_frame_write("compare.html", scripts, text, path, reterr);
    (void)g_string_free(text, TRUE); /* its text, gone */
    compare_finish(&comparison);
    return status;
}
