#include "reports/run_compare_parts.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/decimal_text.h"

#define INSTRUMENTS_SHOWN 3

/* ---- rows ---- */

static struct compare_row *add_row(struct comparison *comparison, const struct compare_row *like) {
    struct compare_row row = *like;
    row.values = g_new0(struct compare_value, comparison->count);
    for (size_t i = 0; i < comparison->count; i++)
        row.values[i] = (struct compare_value){NAN, NULL};
    g_array_append_val(comparison->rows, row);
    return &g_array_index(comparison->rows, struct compare_row, comparison->rows->len - 1);
}

static void add_metric(struct comparison *comparison, enum metric_id metric,
                       const char *instrument) {
    const struct metric_info *info = &metric_catalog[metric];
    const struct compare_row like = {
        .name = info->name,
        .unit = metric_unit(metric, comparison->runs[0]->asset),
        .instrument = g_strdup(instrument),
        .label = instrument[0] == '\0' ? g_strdup(info->label)
                                       : g_strdup_printf("%s %s", instrument, info->label),
        .kind = info->kind,
        .sense = info->sense,
    };
    struct compare_row *row = add_row(comparison, &like);
    for (size_t i = 0; i < comparison->count; i++) {
        const struct run_figures *figures = comparison->runs[i];
        row->values[i].value = run_figures_value(figures, metric, instrument);
        row->values[i].exact = g_strdup(run_figures_exact(figures, metric, instrument));
    }
}

/* The headline figures from..to of the catalogue: those of the whole run, or of one instrument. */
static void add_headlines(struct comparison *comparison, enum metric_id from, enum metric_id to,
                          const char *instrument) {
    const enum metric_scope other = instrument[0] == '\0' ? METRIC_OF_INSTRUMENT : METRIC_OF_RUN;
    for (int m = (int)from; m < (int)to; m++) {
        const struct metric_info *info = &metric_catalog[m];
        if (info->rank == METRIC_HEADLINE && info->scope != other &&
            (instrument[0] == '\0' || info->scope != METRIC_OF_BOTH))
            add_metric(comparison, (enum metric_id)m, instrument);
    }
}

static int compare_notional(const void *a, const void *b) {
    const struct run_metric *x = *(const struct run_metric *const *)a;
    const struct run_metric *y = *(const struct run_metric *const *)b;
    const double more = y->value - x->value;
    return more > 0 ? 1 : more < 0 ? -1 : 0;
}

/* The instruments of the first run that were liquidated most; they come in the run's order. */
static void add_instruments(struct comparison *comparison) {
    const struct run_figures *first = comparison->runs[0];
    GPtrArray *notionals = g_ptr_array_new();
    for (guint i = 0; i < first->instruments->len; i++) {
        const struct run_metric *metric = run_figures_metric(
            first, METRIC_LIQUIDATED_BY_INSTRUMENT, g_ptr_array_index(first->instruments, i));
        if (metric != NULL && isfinite(metric->value))
            g_ptr_array_add(notionals, (void *)metric);
    }
    g_ptr_array_sort(notionals, compare_notional);
    for (guint i = 0; i < first->instruments->len; i++) {
        const char *instrument = g_ptr_array_index(first->instruments, i);
        const struct run_metric *metric =
            run_figures_metric(first, METRIC_LIQUIDATED_BY_INSTRUMENT, instrument);
        guint rank = 0;
        while (rank < notionals->len && g_ptr_array_index(notionals, rank) != metric)
            rank++;
        if (rank < INSTRUMENTS_SHOWN && rank < notionals->len)
            add_headlines(comparison, 0, METRICS, instrument);
    }
    (void)g_ptr_array_free(notionals, TRUE); /* the array, gone */
}

static struct compare_row *find_cohort(struct comparison *comparison, const char *cohort) {
    for (guint i = 0; i < comparison->rows->len; i++) {
        struct compare_row *row = &g_array_index(comparison->rows, struct compare_row, i);
        if (strcmp(row->name, COMPARE_COHORT) == 0 && strcmp(row->instrument, cohort) == 0)
            return row;
    }
    return add_row(comparison, &(struct compare_row){
                                   .name = COMPARE_COHORT,
                                   .unit = comparison->runs[0]->asset,
                                   .instrument = g_strdup(cohort),
                                   .label = g_strdup_printf(
                                       "result of %s", cohort[0] != '\0' ? cohort : "accounts"),
                                   .kind = METRIC_MONEY,
                                   .sense = METRIC_HIGHER_IS_BETTER});
}

static void add_cohorts(struct comparison *comparison) {
    for (size_t i = 0; i < comparison->count; i++) {
        const GArray *cohorts = comparison->runs[i]->cohorts;
        for (guint k = 0; k < cohorts->len; k++) {
            const struct run_cohort *cohort = &g_array_index(cohorts, struct run_cohort, k);
            find_cohort(comparison, cohort->name)->values[i].value =
                cohort->equity_end - cohort->equity_start;
        }
    }
}

/* ---- settings ---- */

/* What a run is called, not what it does. */
static bool is_name(const char *key) {
    return g_str_has_prefix(key, "scenario.") && strcmp(key, "scenario.from") != 0 &&
           strcmp(key, "scenario.to") != 0;
}

static int compare_keys(const void *a, const void *b) {
    return strcmp(((const struct compare_setting *)a)->key,
                  ((const struct compare_setting *)b)->key);
}

static void add_setting(struct comparison *comparison, const char *key) {
    for (guint i = 0; i < comparison->settings->len; i++)
        if (strcmp(g_array_index(comparison->settings, struct compare_setting, i).key, key) == 0)
            return;
    const char **values = g_new0(const char *, comparison->count);
    bool differs = false;
    for (size_t i = 0; i < comparison->count; i++) {
        values[i] = g_hash_table_lookup(comparison->runs[i]->settings, key);
        differs = differs || g_strcmp0(values[i], values[0]) != 0;
    }
    const struct compare_setting setting = {key, values};
    if (differs)
        g_array_append_val(comparison->settings, setting);
    else
        g_free(values);
}

static void add_settings(struct comparison *comparison) {
    for (size_t i = 0; i < comparison->count; i++) {
        GHashTableIter iterator;
        void *key = NULL;
        g_hash_table_iter_init(&iterator, comparison->runs[i]->settings);
        while (g_hash_table_iter_next(&iterator, &key, NULL))
            if (!is_name(key))
                add_setting(comparison, key);
    }
    g_array_sort(comparison->settings, compare_keys);
}

/* ---- whether they may be compared ---- */

void compare_add_reason(struct comparison *comparison, size_t run, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_ptr_array_add(comparison->reasons, g_strdup_printf("%s and %s: %s", comparison->runs[0]->id,
                                                         comparison->runs[run]->id, text));
    g_free(text);
}

static enum status read_list(struct comparison *comparison, size_t run, const char *sql,
                             GString *ret_list, struct error *reterr) {
    struct results_rows *rows = NULL;
    enum status status =
        results_query(comparison->file, sql, comparison->runs[run]->id, &rows, reterr);
    while (status == STATUS_OK) {
        status = results_rows_next(rows, reterr);
        if (status == STATUS_OK)
            g_string_append_printf(ret_list, "%s%s", ret_list->len > 0 ? ", " : "",
                                   results_rows_text(rows, 0));
    }
    results_rows_end(rows);
    return status == STATUS_END ? STATUS_OK : status;
}

static enum status check_ticks(struct comparison *comparison, size_t run, bool *ret_same,
                               struct error *reterr) {
    static const char sql[] = "SELECT name || ' ' || sha256 FROM input"
                              " WHERE run = ?1 AND role = 'ticks' ORDER BY number";
    GString *lists[2] = {g_string_new(NULL), g_string_new(NULL)};
    enum status status = read_list(comparison, 0, sql, lists[0], reterr);
    if (status == STATUS_OK)
        status = read_list(comparison, run, sql, lists[1], reterr);
    *ret_same = strcmp(lists[0]->str, lists[1]->str) == 0;
    for (int i = 0; i < 2; i++)
        (void)g_string_free(lists[i], TRUE); /* returns NULL */
    const struct run_figures *a = comparison->runs[0];
    const struct run_figures *b = comparison->runs[run];
    if (status != STATUS_OK)
        return status;
    if (!*ret_same)
        compare_add_reason(comparison, run, "other ticks");
    else if (a->from_ns != b->from_ns || a->to_ns != b->to_ns)
        compare_add_reason(comparison, run, "another span of the same ticks");
    if (strcmp(a->asset, b->asset) != 0)
        compare_add_reason(comparison, run, "money in %s and in %s", a->asset, b->asset);
    return STATUS_OK;
}

/* The same accounts stand in the same order, with the same equity before the first forced order. */
static enum status check_accounts(struct comparison *comparison, size_t run, struct error *reterr) {
    static const char sql[] = "SELECT account, cohort, equity_start_e8 FROM account"
                              " WHERE run = ?1 ORDER BY rowid";
    struct results_rows *rows[2] = {NULL, NULL};
    enum status status =
        results_query(comparison->file, sql, comparison->runs[0]->id, &rows[0], reterr);
    if (status == STATUS_OK)
        status = results_query(comparison->file, sql, comparison->runs[run]->id, &rows[1], reterr);
    bool same = true;
    while (status == STATUS_OK && same) {
        status = results_rows_next(rows[0], reterr);
        if (status != STATUS_OK && status != STATUS_END)
            break;
        const enum status other = results_rows_next(rows[1], reterr);
        if (other != STATUS_OK && other != STATUS_END) {
            status = other;
            break;
        }
        same = status == other;
        if (!same || status == STATUS_END)
            break;
        same = strcmp(results_rows_text(rows[0], 0), results_rows_text(rows[1], 0)) == 0 &&
               strcmp(results_rows_text(rows[0], 1), results_rows_text(rows[1], 1)) == 0 &&
               results_rows_integer(rows[0], 2) == results_rows_integer(rows[1], 2);
    }
    if (!same)
        compare_add_reason(comparison, run, "other accounts");
    results_rows_end(rows[0]);
    results_rows_end(rows[1]);
    return status == STATUS_END || !same ? STATUS_OK : status;
}

static enum status check_comparable(struct comparison *comparison, struct error *reterr) {
    enum status status = STATUS_OK;
    for (size_t i = 1; status == STATUS_OK && i < comparison->count; i++) {
        bool same = false;
        status = check_ticks(comparison, i, &same, reterr);
        /* Equity at the first price says nothing where the prices are others. */
        if (status == STATUS_OK && same)
            status = check_accounts(comparison, i, reterr);
    }
    return status;
}

/* ---- all of it ---- */

enum status compare_gather(struct results_file *file, const char *const *ids, size_t count,
                           struct comparison *ret_comparison, struct error *reterr) {
    *ret_comparison = (struct comparison){
        .file = file,
        .count = count,
        .runs = g_new0(struct run_figures *, count),
        .settings = g_array_new(FALSE, FALSE, sizeof(struct compare_setting)),
        .inputs = g_array_new(FALSE, FALSE, sizeof(struct compare_input)),
        .rows = g_array_new(FALSE, FALSE, sizeof(struct compare_row)),
        .reasons = g_ptr_array_new_with_free_func(g_free),
    };
    struct comparison *comparison = ret_comparison;
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < count; i++)
        status = run_figures_read(file, ids[i], &comparison->runs[i], reterr);
    if (status == STATUS_OK)
        status = check_comparable(comparison, reterr);
    if (status != STATUS_OK)
        return status;
    add_settings(comparison);
    status = compare_inputs(comparison, reterr);
    if (status != STATUS_OK)
        return status;
    add_headlines(comparison, 0, METRIC_BAD_DEBT, "");
    add_instruments(comparison);
    add_headlines(comparison, METRIC_BAD_DEBT, METRICS, ""); /* losses, and who bore them */
    add_cohorts(comparison);
    return STATUS_OK;
}

void compare_finish(struct comparison *comparison) {
    compare_inputs_finish(comparison);
    for (guint i = 0; i < comparison->settings->len; i++)
        g_free(g_array_index(comparison->settings, struct compare_setting, i).values);
    for (guint i = 0; i < comparison->rows->len; i++) {
        struct compare_row *row = &g_array_index(comparison->rows, struct compare_row, i);
        for (size_t k = 0; k < comparison->count; k++)
            g_free(row->values[k].exact);
        g_free(row->values);
        g_free(row->instrument);
        g_free(row->label);
    }
    for (size_t i = 0; i < comparison->count; i++)
        run_figures_destroy(comparison->runs[i]);
    g_free(comparison->runs);
    (void)g_array_free(comparison->settings, TRUE); /* these return NULL or an array that is gone */
    (void)g_array_free(comparison->rows, TRUE);
    (void)g_ptr_array_free(comparison->reasons, TRUE);
}

/* Both at the greater number of decimals, in 128 bits. */
static bool subtract_exact(const char *text, const char *first, char ret_exact[40]) {
    struct decimal a;
    struct decimal b;
    if (text == NULL || first == NULL || !decimal_parse(text, strlen(text), &a) ||
        !decimal_parse(first, strlen(first), &b))
        return false;
    const int32_t decimals = MAX(a.decimals, b.decimals);
    const int128 difference = (int128)a.mantissa * units_pow10(decimals - a.decimals) -
                              (int128)b.mantissa * units_pow10(decimals - b.decimals);
    if (!units_fits_int64(difference))
        return false;
    (void)decimal_format((int64_t)difference, decimals, ret_exact); /* its length */
    return true;
}

bool compare_difference(const struct compare_row *row, size_t run, double *ret_difference,
                        char ret_exact[40]) {
    const struct compare_value *value = &row->values[run];
    const struct compare_value *first = &row->values[0];
    ret_exact[0] = '\0';
    if (!compare_is_number(row->kind) || !isfinite(value->value) || !isfinite(first->value))
        return false;
    *ret_difference = value->value - first->value;
    if (subtract_exact(value->exact, first->exact, ret_exact))
        *ret_difference = g_ascii_strtod(ret_exact, NULL);
    return true;
}

double compare_change(const struct compare_row *row, size_t run) {
    double difference = NAN;
    char exact[40];
    const double first = row->values[0].value;
    if (!compare_difference(row, run, &difference, exact) || first == 0)
        return NAN;
    return difference / fabs(first);
}

bool compare_equal(const struct comparison *comparison, const struct compare_row *row) {
    for (size_t i = 1; i < comparison->count; i++) {
        const struct compare_value *a = &row->values[0];
        const struct compare_value *b = &row->values[i];
        const bool values = a->value == b->value || (isnan(a->value) && isnan(b->value));
        if (!values || g_strcmp0(a->exact, b->exact) != 0)
            return false;
    }
    return true;
}
