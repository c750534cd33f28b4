/* How far the headline figures go when the impact model or the order within bars is another one. */
#include "reports/run_report_parts.h"

#include <math.h>
#include <string.h>

static const struct {
    const char *what;
    enum metric_id metric;
} figures[] = {
    {"liquidated", METRIC_LIQUIDATED_NOTIONAL}, {"forced orders", METRIC_LIQUIDATIONS},
    {"fall without", METRIC_FALL_WITHOUT},      {"fall with", METRIC_FALL_WITH},
    {"amplification", METRIC_AMPLIFICATION},    {"caused share", METRIC_CAUSED_SHARE},
    {"worst branching", METRIC_BRANCHING_MAX},  {"bad debt", METRIC_BAD_DEBT},
};

static const char *show(enum metric_id metric, double value, char ret_text[PAGE_NUMBER_SIZE]) {
    switch (metric_catalog[metric].kind) {
    case METRIC_COUNT:
    case METRIC_BYTES:
        return page_count(value, ret_text);
    case METRIC_MONEY:
    case METRIC_PRICE:
    case METRIC_AMOUNT:
        return page_money(value, ret_text);
    case METRIC_SHARE:
        return page_percent(value, ret_text);
    case METRIC_RATIO:
    case METRIC_TIME:
        break;
    }
    return page_ratio(value, ret_text);
}

const char *report_between(const struct report *report, enum metric_id id, const char *instrument,
                           char ret_text[2 * PAGE_NUMBER_SIZE]) {
    const struct run_metric *metric = run_figures_metric(report->figures, id, instrument);
    ret_text[0] = '\0';
    if (metric == NULL || !isfinite(metric->low) || !isfinite(metric->high))
        return ret_text;
    char low[PAGE_NUMBER_SIZE];
    char high[PAGE_NUMBER_SIZE];
    (void)g_snprintf(ret_text, 2 * PAGE_NUMBER_SIZE, " (%s to %s)", show(id, metric->low, low),
                     show(id, metric->high, high)); /* cut is ok, for people */
    return ret_text;
}

static double value_in(const struct report *report, enum metric_bound bound, enum metric_id id,
                       const char *instrument) {
    const struct run_metric *metric = run_figures_bound(report->figures, bound, id, instrument);
    return metric == NULL ? NAN : metric->value;
}

/* What a bound is worth that history contradicts. */
static void put_implausible(struct report *report, enum metric_bound bound) {
    const struct run_figures *all = report->figures;
    GString *list = g_string_new(NULL);
    guint count = 0;
    for (guint i = 0; i < all->instruments->len; i++) {
        const char *instrument = g_ptr_array_index(all->instruments, i);
        const double minutes = value_in(report, bound, METRIC_IMPLAUSIBLE_MINUTES, instrument);
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
            metric_bounds[bound].label, list->str);
    (void)g_string_free(list, TRUE); /* returns NULL */
}

static const char *instrument_of(const struct report *report, enum metric_id metric) {
    return metric_catalog[metric].scope == METRIC_OF_INSTRUMENT ? report->leader : "";
}

/* The figures of the run itself, then of the runs of its range. */
static GPtrArray *range_cells(const struct report *report) {
    GPtrArray *cells = g_ptr_array_new_with_free_func(g_free);
    char text[PAGE_NUMBER_SIZE];
    page_cell(cells, "");
    page_cell(cells, ">this run");
    for (int b = 0; b < BOUNDS; b++)
        if (report->figures->bounds & (1U << b)) {
            (void)g_snprintf(text, sizeof(text), ">%s", metric_bounds[b].label); /* fits */
            page_cell(cells, text);
        }
    for (size_t f = 0; f < G_N_ELEMENTS(figures); f++) {
        const enum metric_id metric = figures[f].metric;
        const char *instrument = instrument_of(report, metric);
        page_cell(cells, figures[f].what);
        page_cell(cells,
                  show(metric, run_figures_value(report->figures, metric, instrument), text));
        for (int b = 0; b < BOUNDS; b++)
            if (report->figures->bounds & (1U << b))
                page_cell(
                    cells,
                    show(metric, value_in(report, (enum metric_bound)b, metric, instrument), text));
    }
    return cells;
}

enum status report_range(struct report *report, struct error *reterr) {
    const unsigned bounds = report->figures->bounds;
    if (bounds == 0)
        return STATUS_OK;
    page_heading(&report->page, "THE RANGE");
    const size_t columns = 2 + (size_t)__builtin_popcount(bounds);
    const enum status status =
        report_table(report, STATUS_END, range_cells(report), columns, reterr);
    if (status != STATUS_OK)
        return status;
    page_paragraph(&report->page,
                   "Falls and amplification: of %s. The two bounding impact models are further "
                   "apart than anything a seed does: quote a figure with its range.",
                   report->leader);
    if (bounds & (1U << BOUND_BOOK_UPPER))
        put_implausible(report, BOUND_BOOK_UPPER);
    return STATUS_OK;
}
