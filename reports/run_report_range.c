/* How far the headline figures go when the impact model or the order within bars is another one. */
#include "reports/run_report_parts.h"

#include <math.h>
#include <string.h>

#define RUNS_MAX 4

static const struct {
    const char *name;
    const char *heading;
} runs[RUNS_MAX] = {
    {"sqrt_lower", ">sqrt-lower"},
    {"book_upper", ">book-upper"},
    {"bars_ohlc", ">high first"},
    {"bars_olhc", ">low first"},
};

typedef const char *number_format(double value, char ret_text[PAGE_NUMBER_SIZE]);

static const struct {
    const char *what;
    const char *name;
    bool of_leader;
    number_format *format;
} figures[] = {
    {"liquidated", "liquidated_notional.total", false, page_money},
    {"forced orders", "liquidations", false, page_count},
    {"fall without", "fall.without_feedback", true, page_percent},
    {"fall with", "fall.with_feedback", true, page_percent},
    {"amplification", "amplification", true, page_ratio},
    {"caused share", "caused_share", false, page_percent},
    {"worst branching", "branching.max", false, page_ratio},
    {"bad debt", "bad_debt", false, page_money},
};

const char *report_between(const struct report *report, const char *name, const char *instrument,
                           number_format *format, char ret_text[2 * PAGE_NUMBER_SIZE]) {
    const struct run_metric *metric = run_figures_metric(report->figures, name, instrument);
    ret_text[0] = '\0';
    if (metric == NULL || !isfinite(metric->low) || !isfinite(metric->high))
        return ret_text;
    char low[PAGE_NUMBER_SIZE];
    char high[PAGE_NUMBER_SIZE];
    (void)g_snprintf(ret_text, 2 * PAGE_NUMBER_SIZE, " (%s to %s)", format(metric->low, low),
                     format(metric->high, high)); /* cut is ok, for people */
    return ret_text;
}

static double value_in(const struct report *report, size_t run, const char *name,
                       const char *instrument) {
    char *key = g_strdup_printf("range.%s.%s", runs[run].name, name);
    const double value = run_figures_value(report->figures, key, instrument);
    g_free(key);
    return value;
}

/* What a bound is worth that history contradicts. */
static void put_implausible(struct report *report, size_t run) {
    const struct run_figures *all = report->figures;
    GString *list = g_string_new(NULL);
    guint count = 0;
    for (guint i = 0; i < all->instruments->len; i++) {
        const char *instrument = g_ptr_array_index(all->instruments, i);
        const double minutes = value_in(report, run, "implausible_minutes", instrument);
        char text[PAGE_NUMBER_SIZE];
        if (minutes > 0 && count++ < 6)
            g_string_append_printf(list, "%s %s %s", list->len > 0 ? "," : "", instrument,
                                   page_count(minutes, text));
    }
    if (count > 6)
        g_string_append_printf(list, " and %u more", count - 6);
    if (count > 0)
        page_paragraph(
            &report->page,
            "%s is more than history bears: without forced orders it puts prices where "
            "none was recorded (minutes:%s). Falls are counted within what was recorded.",
            runs[run].heading + 1, list->str);
    (void)g_string_free(list, TRUE); /* returns NULL */
}

enum status report_range(struct report *report, struct error *reterr) {
    const char *headings[RUNS_MAX + 2] = {"", ">this run"};
    size_t shown[RUNS_MAX];
    size_t count = 0;
    for (size_t run = 0; run < RUNS_MAX; run++) {
        if (isnan(value_in(report, run, "liquidations", "")))
            continue;
        headings[2 + count] = runs[run].heading;
        shown[count++] = run;
    }
    if (count == 0)
        return STATUS_OK;
    page_heading(&report->page, "THE RANGE");
    GPtrArray *cells = page_cells(headings, 2 + count);
    for (size_t f = 0; f < G_N_ELEMENTS(figures); f++) {
        const char *instrument = figures[f].of_leader ? report->leader : "";
        char text[PAGE_NUMBER_SIZE];
        page_cell(cells, figures[f].what);
        page_cell(cells,
                  figures[f].format(run_figures_value(report->figures, figures[f].name, instrument),
                                    text));
        for (size_t k = 0; k < count; k++)
            page_cell(cells, figures[f].format(
                                 value_in(report, shown[k], figures[f].name, instrument), text));
    }
    const enum status status = report_table(report, STATUS_END, cells, 2 + count, reterr);
    if (status != STATUS_OK)
        return status;
    page_paragraph(&report->page,
                   "Falls and amplification: of %s. The two bounding impact models are further "
                   "apart than anything a seed does: quote a figure with its range.",
                   report->leader);
    for (size_t k = 0; k < count; k++)
        if (strcmp(runs[shown[k]].name, "book_upper") == 0)
            put_implausible(report, shown[k]);
    return STATUS_OK;
}
