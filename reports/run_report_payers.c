/* Who paid. All of it adds up (docs/results.md):
 *   bad debt + what the fund lost beyond what it had = paid by the fund + socialised + unpaid;
 *   fund at the end = at the start + changed + received + its result on take-overs, so far as it
 *                     bore that, - paid.
 * What deleveraged accounts gave up is beside it: their counterparties left no debt. */
#include "reports/run_report_parts.h"

#include <math.h>
#include <string.h>

#define COHORTS_MAX 20

static enum status put_cohorts(struct report *report, struct error *reterr) {
    static const char *const headings[] = {
        "cohort", ">accounts", ">liquidated", ">bankrupt", ">equity before", ">after", ">change"};
    const GArray *cohorts = report->figures->cohorts;
    GPtrArray *cells = page_cells(headings, G_N_ELEMENTS(headings));
    for (guint i = 0; i < cohorts->len && i < COHORTS_MAX; i++) {
        const struct run_cohort *row = &g_array_index(cohorts, struct run_cohort, i);
        const double before = row->equity_start;
        const double after = row->equity_end;
        char text[PAGE_NUMBER_SIZE];
        page_cell(cells, row->name[0] == '\0' ? "(none)" : row->name);
        page_cell(cells, page_count((double)row->accounts, text));
        page_cell(cells, page_count((double)row->liquidated, text));
        page_cell(cells, page_count((double)row->bankrupt, text));
        page_cell(cells, page_money(before, text));
        page_cell(cells, page_money(after, text));
        page_cell(cells, page_percent(before > 0 ? (after - before) / before : NAN, text));
    }
    return report_table(report, STATUS_END, cells, G_N_ELEMENTS(headings), reterr);
}

/* What the liquidated accounts lost: most of any bill is paid before the fund is asked. */
static void put_liquidated_accounts(struct report *report) {
    const struct run_liquidated *liquidated = &report->figures->liquidated;
    char text[2][PAGE_NUMBER_SIZE];
    if (liquidated->accounts == 0)
        return;
    page_paragraph(&report->page, "The liquidated accounts had equity of %s before and %s after.",
                   page_money(liquidated->equity_start, text[0]),
                   page_money(liquidated->equity_end, text[1]));
    if (report_value(report, METRIC_FEES) > 0)
        page_paragraph(&report->page, "Fees of liquidation, within that: %s.",
                       page_money(report_value(report, METRIC_FEES), text[0]));
}

static const struct {
    enum metric_id metric;
    const char *who;
} bearers[] = {{METRIC_FUND_PAID, "the insurance fund"},
               {METRIC_SOCIALISED_LOSS, "other accounts"},
               {METRIC_UNPAID, "nobody"}};

/* "Of this 3.4 m the insurance fund paid 1.2 m, nobody 2.2 m.": who bore `losses`. */
static void put_bearers(struct report *report, double losses) {
    GString *list = g_string_new(NULL);
    const char *only = NULL;
    int count = 0;
    char text[PAGE_NUMBER_SIZE];
    for (size_t i = 0; i < G_N_ELEMENTS(bearers); i++) {
        const double paid = report_value(report, bearers[i].metric);
        if (!(paid > 0))
            continue;
        g_string_append_printf(list, "%s %s%s %s", count > 0 ? "," : "", bearers[i].who,
                               count > 0 ? "" : " paid", page_money(paid, text));
        only = bearers[i].who;
        count++;
    }
    if (count == 1 && strcmp(only, "nobody") == 0)
        page_paragraph(&report->page, "Nobody paid it.");
    else if (count == 1)
        page_paragraph(&report->page, "All of it was paid by %s.", only);
    else if (count > 1)
        page_paragraph(&report->page, "Of this %s%s.", page_money(losses, text), list->str);
    (void)g_string_free(list, TRUE); /* returns NULL */
}

static void put_losses(struct report *report) {
    struct page *page = &report->page;
    const double debt = report_value(report, METRIC_BAD_DEBT);
    const double unborne = report_value(report, METRIC_INVENTORY_UNBORNE);
    char text[2][PAGE_NUMBER_SIZE];
    if (debt > 0)
        page_paragraph(page, "Losses beyond what the accounts held (bad debt): %s.",
                       page_money(debt, text[0]));
    else
        page_paragraph(page, "No account left a debt.");
    if (unborne > 0)
        page_paragraph(page,
                       "%s the insurance fund lost more than it had on positions that it took "
                       "over: %s beyond its balance.",
                       debt > 0 ? "And" : "But", page_money(unborne, text[0]));
    if (debt > 0 || unborne > 0)
        put_bearers(report, fmax(debt, 0) + fmax(unborne, 0));
}

/* ", it lost 1.2 m on what it took over"; nothing where there is none. */
static void add_flow(GString *list, double amount, const char *before, const char *behind) {
    char text[PAGE_NUMBER_SIZE];
    if (isfinite(amount) && amount != 0)
        g_string_append_printf(list, "%s %s %s%s%s", list->len > 0 ? "," : "", before,
                               page_money(fabs(amount), text), behind[0] != '\0' ? " " : "",
                               behind);
}

/* How it came from the one balance to the other. */
static void put_fund(struct report *report) {
    char text[3][PAGE_NUMBER_SIZE];
    page_paragraph(&report->page,
                   "Insurance fund: %s at the start, %s at its lowest, %s at the end.",
                   page_money(report_value(report, METRIC_FUND_START), text[0]),
                   page_money(report_value(report, METRIC_FUND_MIN), text[1]),
                   page_money(report_value(report, METRIC_FUND_END), text[2]));
    GString *list = g_string_new(NULL);
    const double changed = report_value(report, METRIC_FUND_CHANGED);
    const double result = report_value(report, METRIC_INVENTORY_RESULT) +
                          report_value(report, METRIC_INVENTORY_UNBORNE);
    add_flow(list, changed, changed < 0 ? "events took" : "events put", changed < 0 ? "out" : "in");
    add_flow(list, report_value(report, METRIC_FUND_RECEIVED), "orders brought it", "");
    add_flow(list, result, result < 0 ? "it lost" : "it made", "on what it took over");
    add_flow(list, report_value(report, METRIC_FUND_PAID), "it paid", "of bad debt");
    if (list->len > 0)
        page_paragraph(&report->page, "In between:%s.", list->str);
    (void)g_string_free(list, TRUE); /* returns NULL */
}

static void put_deleveraged(struct report *report) {
    const double notional = report_value(report, METRIC_ADL_NOTIONAL);
    const double forgone = report_value(report, METRIC_ADL_FORGONE);
    char text[3][PAGE_NUMBER_SIZE];
    if (notional > 0)
        page_paragraph(&report->page,
                       "Auto-deleveraged: %s of notional, %s accounts, who %s %s against the mark "
                       "price. That is no part of the bad debt: the orders closed against them "
                       "left none.",
                       page_money(notional, text[0]),
                       page_count(report_value(report, METRIC_ADL_ACCOUNTS), text[1]),
                       forgone < 0 ? "gained" : "gave up", page_money(fabs(forgone), text[2]));
}

/* What passed between accounts, venue and fund beside the losses; each where there is any. */
static void put_flows(struct report *report) {
    struct page *page = &report->page;
    const double funding = report_value(report, METRIC_FUNDING);
    const double taken = report_value(report, METRIC_INVENTORY_TAKEN);
    const double held = report_value(report, METRIC_INVENTORY_HELD);
    const double backstop = report_value(report, METRIC_BACKSTOP_TAKEN);
    const double erroneous = report_value(report, METRIC_ERRONEOUS_LIQUIDATIONS);
    char text[2][PAGE_NUMBER_SIZE];
    if (taken > 0)
        page_paragraph(page,
                       "The fund took over %s of notional at the bankruptcy price, set longs "
                       "off against shorts where it held both, and gave %s to the market.",
                       page_money(taken, text[0]),
                       page_money(report_value(report, METRIC_INVENTORY_WORKED_OFF), text[1]));
    if (taken > 0 && held > 0)
        page_paragraph(page, "It holds %s at the end, which has gained %s at mark.",
                       page_money(held, text[0]),
                       page_money(report_value(report, METRIC_INVENTORY_GAIN), text[1]));
    else if (taken > 0)
        page_paragraph(page, "It holds nothing at the end.");
    if (backstop > 0)
        page_paragraph(page,
                       "The backstop vault took over %s of notional, which has gained %s at mark.",
                       page_money(backstop, text[0]),
                       page_money(report_value(report, METRIC_BACKSTOP_GAIN), text[1]));
    if (isfinite(funding) && funding != 0)
        page_paragraph(page, "Funding payments: accounts paid %s, net of what accounts received.",
                       page_money(funding, text[0]));
    if (erroneous > 0)
        page_paragraph(page,
                       "%s of the forced orders were erroneous: the true price would not have "
                       "brought them.",
                       page_count(erroneous, text[0]));
}

enum status report_payers(struct report *report, struct error *reterr) {
    page_heading(&report->page, "WHO PAID");
    put_liquidated_accounts(report);
    put_losses(report);
    put_fund(report);
    put_deleveraged(report);
    put_flows(report);
    page_blank(&report->page);
    return put_cohorts(report, reterr);
}
