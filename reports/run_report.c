#include "reports/run_report.h"

#include <math.h>
#include <string.h>

#include "reports/run_report_parts.h"

double report_value(const struct report *report, enum metric_id metric) {
    return run_figures_value(report->figures, metric, "");
}

enum status report_table(struct report *report, enum status status, GPtrArray *cells,
                         size_t columns, struct error *reterr) {
    if (status == STATUS_END)
        return page_table(&report->page, cells, columns, reterr);
    (void)g_ptr_array_free(cells, TRUE); /* the array, gone */
    return status;
}

static const char *find_leader(const struct run_figures *figures) {
    const char *leader = "";
    double most = -1;
    for (guint i = 0; i < figures->instruments->len; i++) {
        const char *instrument = g_ptr_array_index(figures->instruments, i);
        const double notional =
            run_figures_value(figures, METRIC_LIQUIDATED_BY_INSTRUMENT, instrument);
        if (isfinite(notional) && notional > most) {
            most = notional;
            leader = instrument;
        }
    }
    return leader;
}

static void put_head(struct report *report) {
    const struct run_figures *figures = report->figures;
    struct page *page = &report->page;
    char from[PAGE_NUMBER_SIZE];
    char to[PAGE_NUMBER_SIZE];
    char ticks[PAGE_NUMBER_SIZE];
    char accounts[PAGE_NUMBER_SIZE];
    const char *title = figures->title[0] != '\0' ? figures->title : figures->scenario;
    const bool color = page->style.color;
    const int gap = PAGE_WIDTH - 16 - (int)g_utf8_strlen(title, -1);
    g_string_append_printf(page->text, "%s%s%s%*srun %s\n", color ? "\033[1m" : "", title,
                           color ? "\033[0m" : "", gap > 2 ? gap : 2, "", figures->id);
    page_paragraph(page,
                   "Scenario %s, seed %" G_GINT64_FORMAT ". %s to %s UTC: %s ticks of %u "
                   "instrument%s, %s accounts. Money is in %s.",
                   figures->scenario, figures->seed, page_minute(figures->from_ns, from),
                   page_minute(figures->to_ns, to),
                   page_count(report_value(report, METRIC_TICKS), ticks), figures->instruments->len,
                   figures->instruments->len == 1 ? "" : "s",
                   page_count(report_value(report, METRIC_ACCOUNTS), accounts), figures->asset);
}

/* What must be seen before any figure is. */
static void put_alarm(struct report *report) {
    const char *residual = run_figures_exact(report->figures, METRIC_LEDGER_RESIDUAL, "");
    if (residual[0] != '\0' && strcmp(residual, "0") != 0)
        page_paragraph(&report->page,
                       "THE LEDGER DOES NOT BALANCE: residual %s. Do not use this run; please "
                       "report it with its scenario.",
                       residual);
}

enum status run_report(struct results_file *file, const char *id, struct page_style style,
                       char **ret_text, struct error *reterr) {
    struct report report = {.page = {.text = g_string_new(NULL), .style = style}, .file = file};
    enum status status = run_figures_read(file, id, &report.figures, reterr);
    if (status == STATUS_OK) {
        report.leader = find_leader(report.figures);
        put_head(&report);
        put_alarm(&report);
        status = report_fall(&report, reterr);
    }
    if (status == STATUS_OK)
        status = report_liquidations(&report, reterr);
    if (status == STATUS_OK) {
        report_feedback(&report);
        status = report_range(&report, reterr);
    }
    if (status == STATUS_OK)
        status = report_payers(&report, reterr);
    if (status == STATUS_OK)
        status = report_basis(&report, reterr);
    if (status == STATUS_OK)
        status = report_next(&report, reterr);
    run_figures_destroy(report.figures);
    if (status != STATUS_OK) {
        (void)g_string_free(report.page.text, TRUE); /* returns NULL */
        return status;
    }
    *ret_text = g_string_free(report.page.text, FALSE);
    return STATUS_OK;
}
