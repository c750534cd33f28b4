/* What the answer rests on, what to try next. */
#include "reports/run_report_parts.h"

#include <math.h>
#include <string.h>

#define GUESS_ROWS_MAX 12

static const struct {
    const char *cleaning;
    const char *reading;
} readings[] = {
    {"none", "upper bound: the recorded prices already hold the recorded liquidations, and here "
             "they count twice"},
    {"recorded",
     "the venue's printed liquidations, and an estimate of those that its feed left out, "
     "are taken out of the recorded path first"},
    {"open_interest", "lower bound: falls of open interest are taken out of the recorded path"},
    {"modelled", "history is taken to hold the liquidations of these accounts under the reference "
                 "rules. So unchanged rules give back the recorded path, which is no evidence for "
                 "the model; a changed rule shows its own effect"},
};

static void put_cleaning(struct report *report) {
    const char *cleaning = run_figures_setting(report->figures, "feedback.cleaning");
    const double cleaned = report_value(report, METRIC_CLEANED_NOTIONAL);
    char text[PAGE_NUMBER_SIZE];
    for (size_t i = 0; i < G_N_ELEMENTS(readings); i++)
        if (strcmp(readings[i].cleaning, cleaning) == 0)
            page_item(&report->page, "Cleaning %s: %s.", cleaning, readings[i].reading);
    if (!isnan(cleaned))
        page_item(&report->page, "Taken out of the recorded path: %s of notional.",
                  page_money(cleaned, text));
}

static enum status put_notes(struct report *report, struct error *reterr) {
    struct results_rows *rows = NULL;
    enum status status = results_query(
        report->file, "SELECT text FROM note WHERE run = ?1 AND kind <> 'source' ORDER BY number",
        report->figures->id, &rows, reterr);
    while (status == STATUS_OK) {
        status = results_rows_next(rows, reterr);
        if (status == STATUS_OK)
            page_item(&report->page, "%s", results_rows_text(rows, 0));
    }
    results_rows_end(rows);
    return status == STATUS_END ? STATUS_OK : status;
}

/* Where prices come from: series that say the same of themselves in one line. */
static enum status put_data(struct report *report, struct error *reterr) {
    struct results_rows *rows = NULL;
    enum status status = results_query(
        report->file,
        "SELECT note, count(*), count(*) OVER (), group_concat(name, ', ') FROM (SELECT * FROM "
        "input"
        " WHERE run = ?1 AND role = 'ticks' ORDER BY number) GROUP BY note ORDER BY min(number)",
        report->figures->id, &rows, reterr);
    while (status == STATUS_OK) {
        status = results_rows_next(rows, reterr);
        if (status != STATUS_OK)
            break;
        const bool all = results_rows_integer(rows, 1) > 4 && results_rows_integer(rows, 2) == 1;
        page_item(&report->page, "Prices of %s: %s.",
                  all ? "all instruments listed above" : results_rows_text(rows, 3),
                  results_rows_text(rows, 0));
    }
    results_rows_end(rows);
    return status == STATUS_END ? STATUS_OK : status;
}

static void put_model(struct report *report) {
    const struct run_figures *figures = report->figures;
    struct page *page = &report->page;
    const char *file = run_figures_setting(figures, "accounts.file");
    const char *population = run_figures_setting(figures, "population.accounts");
    char text[PAGE_NUMBER_SIZE];
    if (file[0] != '\0')
        page_item(page, "Accounts: from %s.", file);
    if (population[0] != '\0')
        page_item(page, "Accounts: %s drawn from seed %" G_GINT64_FORMAT ", not known.",
                  page_count(g_ascii_strtod(population, NULL), text), figures->seed);
    page_item(page, "Rules: %s. Impact model: %s.", run_figures_setting(figures, "venue.rulebook"),
              run_figures_setting(figures, "impact.model"));
}

static void put_count_if(struct report *report, enum metric_id metric, const char *what) {
    const double value = report_value(report, metric);
    char text[PAGE_NUMBER_SIZE];
    if (value > 0)
        page_item(&report->page, "%s %s.", page_count(value, text), what);
}

/* Forced orders that met no depth that anybody knows of. */
static void put_beyond_depth(struct report *report) {
    const struct run_figures *figures = report->figures;
    double sum = 0;
    for (guint i = 0; i < figures->instruments->len; i++) {
        const double notional = run_figures_value(figures, METRIC_BEYOND_DEPTH_NOTIONAL,
                                                  g_ptr_array_index(figures->instruments, i));
        sum += isfinite(notional) ? notional : 0;
    }
    char text[PAGE_NUMBER_SIZE];
    if (sum > 0)
        page_item(&report->page,
                  "%s of the forced orders went beyond the depth that is known; there its last "
                  "slope goes on.",
                  page_money(sum, text));
}

/* Guesses; many of one kind (open interest by instrument) as one line with their sums. */
static enum status put_guesses(struct report *report, struct error *reterr) {
    static const char *const headings[] = {"guess", ">value", ">low", ">high"};
    struct results_rows *rows = NULL;
    enum status status = results_query(
        report->file,
        "WITH guess AS (SELECT *, rtrim(key, replace(key, '.', '')) AS stem FROM setting"
        "  WHERE run = ?1 AND origin = 'guess'),"
        " crowd AS (SELECT stem FROM guess GROUP BY stem HAVING count(*) > 4)"
        " SELECT iif(count(*) > 1, stem || '* (sum of ' || count(*) || ')', key),"
        "  sum(CAST(value AS REAL)), sum(low), sum(high) FROM guess"
        " GROUP BY iif(stem IN (SELECT stem FROM crowd), stem, key) ORDER BY 1",
        report->figures->id, &rows, reterr);
    GPtrArray *cells = page_cells(headings, G_N_ELEMENTS(headings));
    size_t count = 0;
    while (status == STATUS_OK) {
        status = results_rows_next(rows, reterr);
        if (status != STATUS_OK || count++ >= GUESS_ROWS_MAX)
            continue;
        page_cell(cells, results_rows_text(rows, 0));
        for (int i = 1; i <= 3; i++) {
            char text[PAGE_NUMBER_SIZE];
            const double value = results_rows_real(rows, i);
            if (isfinite(value) && fabs(value) < 1000)
                g_ptr_array_add(cells, g_strdup_printf("%g", value));
            else
                page_cell(cells, page_money(value, text));
        }
    }
    results_rows_end(rows);
    if (status != STATUS_END || count == 0) {
        (void)g_ptr_array_free(cells, TRUE); /* the array, gone */
        return status == STATUS_END ? STATUS_OK : status;
    }
    page_blank(&report->page);
    return report_table(report, STATUS_END, cells, G_N_ELEMENTS(headings), reterr);
}

enum status report_basis(struct report *report, struct error *reterr) {
    page_heading(&report->page, "WHAT THIS RESTS ON");
    enum status status = put_data(report, reterr);
    if (status != STATUS_OK)
        return status;
    put_model(report);
    put_cleaning(report);
    put_count_if(report, METRIC_ACCOUNTS_IN_BREACH_AT_START,
                 "accounts were in breach when first looked at, and are in all figures");
    put_count_if(report, METRIC_ACCOUNTS_NEVER_ASSESSED,
                 "accounts hold an instrument that never had a price, and were left alone");
    put_count_if(report, METRIC_OPEN_ORDERS_CANCELLED,
                 "open orders of accounts in breach were cancelled; open orders are never filled");
    put_count_if(report, METRIC_PRICE_CLIPS, "prices were held at one tick, or where money ends");
    put_beyond_depth(report);
    status = put_notes(report, reterr);
    return status == STATUS_OK ? put_guesses(report, reterr) : status;
}

/* The scenario as it was run: its name, and every --set. */
static enum status read_command(struct report *report, GString *command, struct error *reterr) {
    struct results_rows *rows = NULL;
    enum status status = results_query(
        report->file,
        "SELECT key, value FROM setting WHERE run = ?1 AND origin = 'set' ORDER BY key",
        report->figures->id, &rows, reterr);
    g_string_assign(command, report->figures->scenario);
    while (status == STATUS_OK) {
        status = results_rows_next(rows, reterr);
        if (status != STATUS_OK)
            break;
        char *pair =
            g_strdup_printf("%s=%s", results_rows_text(rows, 0), results_rows_text(rows, 1));
        char *quoted = strpbrk(pair, " \t'\"\\$&;|<>()*?[]{}#~`!") == NULL ? g_strdup(pair)
                                                                           : g_shell_quote(pair);
        g_string_append_printf(command, " \\\n      --set %s", quoted);
        g_free(quoted);
        g_free(pair);
    }
    results_rows_end(rows);
    return status == STATUS_END ? STATUS_OK : status;
}

static void put_next(struct report *report, const char *scenario) {
    const char *program = report->page.style.program;
    const bool modelled =
        strcmp(run_figures_setting(report->figures, "feedback.cleaning"), "modelled") == 0;
    page_heading(&report->page, "WHAT TO TRY NEXT");
    GString *text = report->page.text;
    g_string_append_printf(text,
                           "  Maintenance margins a quarter higher:\n    %s run %s \\\n"
                           "      --set venue.override.margin.maintenance_multiplier=1.25\n",
                           program, scenario);
    if (modelled)
        g_string_append_printf(text,
                               "  The upper bound, with the recorded cascade counted twice:\n"
                               "    %s run %s --set feedback.cleaning=none\n",
                               program, scenario);
    if (run_figures_setting(report->figures, "population.accounts")[0] != '\0')
        g_string_append_printf(text,
                               "  Other accounts of the same kind:\n"
                               "    %s run %s --seed %" G_GINT64_FORMAT "\n",
                               program, scenario, report->figures->seed + 1);
    g_string_append_printf(text,
                           "  Every key and its value:\n    %s run %s --dry-run\n"
                           "  These figures as data:\n    %s report %s --json\n",
                           program, scenario, program, report->figures->id);
}

enum status report_next(struct report *report, struct error *reterr) {
    GString *command = g_string_new(NULL);
    const enum status status = read_command(report, command, reterr);
    if (status == STATUS_OK)
        put_next(report, command->str);
    (void)g_string_free(command, TRUE); /* returns NULL */
    return status;
}
