/* What fell, what was liquidated, and how much of the fall that made. */
#include "reports/run_report_parts.h"

#include <math.h>
#include <string.h>

#include "base/units.h"

#define ROWS_MAX 15 /* of a table; the rest is in the results file */
#define BAR_COUNT 72

static void put_rest(struct report *report, guint rows) {
    if (rows > ROWS_MAX)
        page_paragraph(&report->page, "... and %u more: %s report %s --json", rows - ROWS_MAX,
                       report->page.style.program, report->figures->id);
}

enum status report_fall(struct report *report, struct error *reterr) {
    static const enum metric_id prices[] = {METRIC_PRICE_FIRST, METRIC_PRICE_MIN_RECORDED,
                                            METRIC_PRICE_MIN_WITHOUT, METRIC_PRICE_MIN};
    const struct run_figures *figures = report->figures;
    struct page *page = &report->page;
    page_heading(page, "WHAT FELL");
    static const char *const headings[] = {"",      ">first",         ">low: recorded", ">without",
                                           ">with", ">fall: without", ">with"};
    GPtrArray *cells = page_cells(headings, G_N_ELEMENTS(headings));
    for (guint i = 0; i < figures->instruments->len && i < ROWS_MAX; i++) {
        const char *instrument = g_ptr_array_index(figures->instruments, i);
        page_cell(cells, instrument);
        for (size_t k = 0; k < G_N_ELEMENTS(prices); k++) {
            const char *exact = run_figures_exact(figures, prices[k], instrument);
            page_cell(cells, exact[0] == '\0' ? "-" : exact);
        }
        char text[PAGE_NUMBER_SIZE];
        page_cell(cells,
                  page_percent(run_figures_value(figures, METRIC_FALL_WITHOUT, instrument), text));
        page_cell(cells,
                  page_percent(run_figures_value(figures, METRIC_FALL_WITH, instrument), text));
    }
    const enum status status =
        report_table(report, STATUS_END, cells, G_N_ELEMENTS(headings), reterr);
    if (status != STATUS_OK)
        return status;
    put_rest(report, figures->instruments->len);
    page_paragraph(page, "Without, with: without and with the feedback of the forced orders. Fall: "
                         "the largest from a running peak.");
    return STATUS_OK;
}

/* Liquidated notional over the run, in equal stretches of whole minutes. */
static enum status put_course(struct report *report, struct error *reterr) {
    const struct run_figures *figures = report->figures;
    const int64_t first = (int64_t)div_floor(figures->from_ns, NS_PER_MINUTE);
    const int64_t minutes = (int64_t)div_floor(figures->to_ns, NS_PER_MINUTE) - first + 1;
    const int64_t stretch = (minutes + BAR_COUNT - 1) / BAR_COUNT;
    double notional[BAR_COUNT] = {0};
    struct results_rows *rows = NULL;
    enum status status =
        results_query(report->file,
                      "SELECT ts_ns, sum(long_notional + short_notional) FROM minute WHERE run = ?1"
                      " GROUP BY ts_ns",
                      figures->id, &rows, reterr);
    while (status == STATUS_OK) {
        status = results_rows_next(rows, reterr);
        if (status != STATUS_OK)
            break;
        const int64_t at = (int64_t)div_floor(results_rows_integer(rows, 0), NS_PER_MINUTE) - first;
        if (at >= 0 && at < minutes)
            notional[at / stretch] += results_rows_real(rows, 1);
    }
    results_rows_end(rows);
    if (status != STATUS_END)
        return status;
    const size_t count = (size_t)((minutes + stretch - 1) / stretch);
    page_bars(&report->page, notional, count);
    char from[PAGE_NUMBER_SIZE];
    char to[PAGE_NUMBER_SIZE];
    (void)page_minute(figures->from_ns, from);
    (void)page_minute(figures->to_ns, to);
    if (count >= 16)
        g_string_append_printf(report->page.text, "  %s%*s%s\n", from + 11, (int)count - 10, "",
                               to + 11);
    return STATUS_OK;
}

/* Indices of the instruments in which something was closed, those with the most notional first. */
static GArray *rank_contracts(const struct run_figures *figures) {
    GArray *ranked = g_array_new(FALSE, FALSE, sizeof(guint));
    for (guint i = 0; i < figures->contracts->len; i++) {
        const struct run_contract *row = &g_array_index(figures->contracts, struct run_contract, i);
        guint place = 0;
        while (place < ranked->len) {
            const struct run_contract *other = &g_array_index(
                figures->contracts, struct run_contract, g_array_index(ranked, guint, place));
            if (other->long_notional + other->short_notional <
                row->long_notional + row->short_notional)
                break;
            place++;
        }
        if (row->orders > 0)
            g_array_insert_val(ranked, place, i);
    }
    return ranked;
}

static enum status put_by_instrument(struct report *report, struct error *reterr) {
    static const char *const headings[] = {"", ">longs", ">shorts", ">orders", ">share", "peak"};
    const struct run_figures *figures = report->figures;
    GPtrArray *cells = page_cells(headings, G_N_ELEMENTS(headings));
    const double total = report_value(report, METRIC_LIQUIDATED_NOTIONAL);
    GArray *ranked = rank_contracts(figures);
    const guint count = ranked->len;
    for (guint k = 0; k < count && k < ROWS_MAX; k++) {
        const guint i = g_array_index(ranked, guint, k);
        const struct run_contract *row = &g_array_index(figures->contracts, struct run_contract, i);
        char text[PAGE_NUMBER_SIZE];
        page_cell(cells, g_ptr_array_index(figures->instruments, i));
        page_cell(cells, page_money(row->long_notional, text));
        page_cell(cells, page_money(row->short_notional, text));
        page_cell(cells, page_count((double)row->orders, text));
        page_cell(cells, page_percent((row->long_notional + row->short_notional) / total, text));
        page_cell(cells, page_minute(row->peak_ts_ns, text) + 11);
    }
    (void)g_array_free(ranked, TRUE); /* returns NULL */
    const enum status status =
        report_table(report, STATUS_END, cells, G_N_ELEMENTS(headings), reterr);
    if (status == STATUS_OK)
        put_rest(report, count);
    return status;
}

enum status report_liquidations(struct report *report, struct error *reterr) {
    struct page *page = &report->page;
    const double orders = report_value(report, METRIC_LIQUIDATIONS);
    const double accounts = report_value(report, METRIC_ACCOUNTS_LIQUIDATED);
    const double total = report_value(report, METRIC_LIQUIDATED_NOTIONAL);
    const double longs = report_value(report, METRIC_LIQUIDATED_LONG);
    const double shorts = report_value(report, METRIC_LIQUIDATED_SHORT);
    const double peak = report_value(report, METRIC_PEAK_MINUTE_NOTIONAL);
    const char *peak_ts = run_figures_exact(report->figures, METRIC_PEAK_MINUTE_TS, "");
    char text[8][PAGE_NUMBER_SIZE];
    char between[2 * PAGE_NUMBER_SIZE];

    page_heading(page, "WHAT WAS LIQUIDATED");
    if (!(orders > 0)) {
        page_paragraph(page, "Nothing: no account missed its maintenance margin.");
        return STATUS_OK;
    }
    page_paragraph(
        page,
        "%s%s of notional by %s forced orders, of %s accounts (%s of all). Longs, sold: %s "
        "(%s); shorts, bought back: %s (%s).",
        page_money(total, text[0]), report_between(report, METRIC_LIQUIDATED_NOTIONAL, "", between),
        page_count(orders, text[1]), page_count(accounts, text[2]),
        page_percent(accounts / report_value(report, METRIC_ACCOUNTS), text[3]),
        page_money(longs, text[4]), page_percent(longs / total, text[5]),
        page_money(shorts, text[6]), page_percent(shorts / total, text[7]));
    if (strlen(peak_ts) >= 16)
        page_paragraph(page, "Worst minute: %.5s UTC, %s (%s of all).", peak_ts + 11,
                       page_money(peak, text[0]), page_percent(peak / total, text[1]));
    page_blank(page);
    enum status status = put_course(report, reterr);
    if (status != STATUS_OK)
        return status;
    page_blank(page);
    return put_by_instrument(report, reterr);
}

static void put_amplification(struct report *report) {
    const struct run_figures *figures = report->figures;
    struct page *page = &report->page;
    const double amplification = run_figures_value(figures, METRIC_AMPLIFICATION, report->leader);
    const double without = run_figures_value(figures, METRIC_FALL_WITHOUT, report->leader);
    const double with = run_figures_value(figures, METRIC_FALL_WITH, report->leader);
    const double share = run_figures_value(figures, METRIC_ENDOGENOUS_SHARE, report->leader);
    char text[4][PAGE_NUMBER_SIZE];
    char between[2][2 * PAGE_NUMBER_SIZE];
    if (strcmp(run_figures_setting(figures, "feedback.enabled"), "false") == 0)
        page_paragraph(page, "Feedback is off in this run: forced orders moved no price.");
    if (!isfinite(amplification)) {
        page_paragraph(page, "Not known: without the forced orders nothing fell.");
        return;
    }
    page_paragraph(page,
                   "%s fell by %s without feedback and by %s with it: an amplification of %s%s, so "
                   "the forced orders made %s%s of its fall.",
                   report->leader, page_percent(without, text[0]), page_percent(with, text[1]),
                   page_ratio(amplification, text[2]),
                   report_between(report, METRIC_AMPLIFICATION, report->leader, between[0]),
                   page_percent(share, text[3]),
                   report_between(report, METRIC_ENDOGENOUS_SHARE, report->leader, between[1]));
    GString *others = g_string_new(NULL);
    for (guint i = 0; i < figures->instruments->len && i < ROWS_MAX; i++) {
        const char *instrument = g_ptr_array_index(figures->instruments, i);
        if (strcmp(instrument, report->leader) != 0)
            g_string_append_printf(
                others, "%s %s %s", others->len > 0 ? "," : "", instrument,
                page_ratio(run_figures_value(figures, METRIC_AMPLIFICATION, instrument), text[0]));
    }
    if (others->len > 0)
        page_paragraph(page, "Amplification of the others:%s.", others->str);
    (void)g_string_free(others, TRUE); /* returns NULL */
}

static void put_generations(struct report *report) {
    const struct run_figures *figures = report->figures;
    GString *list = g_string_new(NULL);
    char text[PAGE_NUMBER_SIZE];
    double deeper = 0;
    for (unsigned i = 0;; i++) {
        const struct run_metric *metric =
            run_figures_generation(figures, METRIC_GENERATION_COUNTS, i);
        if (metric == NULL)
            break;
        const double count = metric->value;
        if (i < 6)
            g_string_append_printf(list, "%s%s", i > 0 ? ", " : "", page_count(count, text));
        else
            deeper += count;
    }
    if (deeper > 0)
        g_string_append_printf(list, ", then %s", page_count(deeper, text));
    if (list->len > 0)
        page_paragraph(&report->page,
                       "Orders by generation, those without a cause among the forced orders first: "
                       "%s. Most waves in one instant: %s.",
                       list->str, page_count(report_value(report, METRIC_WAVES_MAX), text));
    (void)g_string_free(list, TRUE); /* returns NULL */
}

void report_feedback(struct report *report) {
    struct page *page = &report->page;
    page_heading(page, "HOW MUCH OF THE FALL THE LIQUIDATIONS MADE");
    put_amplification(report);
    char text[PAGE_NUMBER_SIZE];
    const double caused = report_value(report, METRIC_CAUSED_SHARE);
    if (isfinite(caused))
        page_paragraph(page,
                       "Of the liquidated notional %s was of accounts that would have stood "
                       "without earlier forced orders.",
                       page_percent(caused, text));
    const double proportional = report_value(report, METRIC_CAUSED_SHARE_PROPORTIONAL);
    if (isfinite(proportional))
        page_paragraph(page,
                       "Counted in proportion instead, forced orders made %s of what prices cost "
                       "the liquidated accounts.",
                       page_percent(proportional, text));
    put_generations(report);
    const double worst = report_value(report, METRIC_BRANCHING_MAX);
    const char *at = run_figures_exact(report->figures, METRIC_BRANCHING_AT, "");
    char now[PAGE_NUMBER_SIZE];
    if (isfinite(worst) && strlen(at) >= 16)
        page_paragraph(
            page,
            "Branching ratio (what one forced unit forces next): worst %s at %.5s UTC, %s "
            "at the end. At 1 and above a cascade feeds itself; below 1 now is no "
            "all-clear.",
            page_ratio(worst, text), at + 11,
            page_ratio(report_value(report, METRIC_BRANCHING_NOW), now));
}
