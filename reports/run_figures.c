#include "reports/run_figures.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void free_metric(void *memory) {
    struct run_metric *metric = memory;
    g_free(metric->exact);
    g_free(metric);
}

/* A text of the file, as UTF-8 whatever stands there: it goes into JSON and pages. */
static char *text_of(const struct results_rows *rows, int column) {
    return g_utf8_make_valid(results_rows_text(rows, column), -1);
}

static char *metric_key(enum metric_bound bound, enum metric_id metric, unsigned generation,
                        const char *instrument) {
    return g_strdup_printf("%d %d %u %s", (int)bound, (int)metric, generation, instrument);
}

static void take_run(struct run_figures *figures, const struct results_rows *rows) {
    figures->scenario = text_of(rows, 0);
    figures->title = text_of(rows, 1);
    figures->version = text_of(rows, 2);
    figures->fingerprint = text_of(rows, 3);
    figures->created_at = text_of(rows, 4);
    figures->asset = text_of(rows, 5);
    figures->seed = results_rows_integer(rows, 6);
    figures->from_ns = results_rows_integer(rows, 7);
    figures->to_ns = results_rows_integer(rows, 8);
    figures->elapsed_s = results_rows_real(rows, 9);
}

static void take_instrument(struct run_figures *figures, const struct results_rows *rows) {
    const struct run_contract none = {0};
    g_ptr_array_add(figures->instruments, text_of(rows, 0));
    g_array_append_val(figures->contracts, none);
}

static void take_contract(struct run_figures *figures, const struct results_rows *rows) {
    char *instrument = text_of(rows, 0);
    for (guint i = 0; i < figures->instruments->len; i++)
        if (strcmp(g_ptr_array_index(figures->instruments, i), instrument) == 0)
            g_array_index(figures->contracts, struct run_contract, i) =
                (struct run_contract){.orders = results_rows_integer(rows, 1),
                                      .long_notional = results_rows_real(rows, 2),
                                      .short_notional = results_rows_real(rows, 3),
                                      .peak_ts_ns = results_rows_integer(rows, 5)};
    g_free(instrument);
}

static void take_cohort(struct run_figures *figures, const struct results_rows *rows) {
    const struct run_cohort cohort = {.name = text_of(rows, 0),
                                      .accounts = results_rows_integer(rows, 1),
                                      .liquidated = results_rows_integer(rows, 2),
                                      .bankrupt = results_rows_integer(rows, 3),
                                      .equity_start = results_rows_real(rows, 4),
                                      .equity_end = results_rows_real(rows, 5)};
    g_array_append_val(figures->cohorts, cohort);
}

static void clear_cohort(void *memory) {
    g_free(((struct run_cohort *)memory)->name);
}

static void take_liquidated(struct run_figures *figures, const struct results_rows *rows) {
    figures->liquidated = (struct run_liquidated){.accounts = results_rows_integer(rows, 0),
                                                  .equity_start = results_rows_real(rows, 1),
                                                  .equity_end = results_rows_real(rows, 2)};
}

/* Columns: name, instrument, value, low, high, exact, and of a run of the range its bound. A name
 * that is not in the catalogue is another version's: nothing here could ask for it. */
static void take_metric(struct run_figures *figures, const struct results_rows *rows) {
    enum metric_id id;
    enum metric_bound bound = BOUND_NONE;
    unsigned generation;
    if (!metric_find(results_rows_text(rows, 0), &id, &generation) ||
        (!results_rows_is_null(rows, 6) && !metric_bound_find(results_rows_text(rows, 6), &bound)))
        return;
    struct run_metric *metric = g_new0(struct run_metric, 1);
    metric->value = results_rows_real(rows, 2);
    metric->low = results_rows_real(rows, 3);
    metric->high = results_rows_real(rows, 4);
    metric->exact = text_of(rows, 5);
    if (bound != BOUND_NONE)
        figures->bounds |= 1U << bound;
    char *instrument = text_of(rows, 1);
    (void)g_hash_table_replace(figures->metrics, metric_key(bound, id, generation, instrument),
                               metric); /* keys are unique in the table */
    g_free(instrument);
}

static void take_setting(struct run_figures *figures, const struct results_rows *rows) {
    (void)g_hash_table_replace(figures->settings, text_of(rows, 0),
                               text_of(rows, 1)); /* likewise */
}

static void take_contagion(struct run_figures *figures, const struct results_rows *rows) {
    const struct run_contagion row = {.cause = text_of(rows, 0),
                                      .effect = text_of(rows, 1),
                                      .orders = results_rows_integer(rows, 2),
                                      .notional = results_rows_real(rows, 3),
                                      .shared_collateral = results_rows_real(rows, 4),
                                      .cross_impact = results_rows_real(rows, 5),
                                      .multiplier = results_rows_real(rows, 6),
                                      .multiplier_shared_collateral = results_rows_real(rows, 7),
                                      .multiplier_cross_impact = results_rows_real(rows, 8)};
    g_array_append_val(figures->contagion, row);
}

static void clear_contagion(void *memory) {
    struct run_contagion *row = memory;
    g_free(row->cause);
    g_free(row->effect);
}

static const struct {
    const char *sql;
    void (*take)(struct run_figures *figures, const struct results_rows *rows);
} parts[] = {
    {"SELECT scenario, title, version, fingerprint, created_at, asset, seed, from_ns, to_ns,"
     " elapsed_s FROM run WHERE id = ?1",
     take_run},
    {"SELECT instrument FROM instrument WHERE run = ?1 ORDER BY number", take_instrument},
    /* Whole units and the rest are summed apart, and exactly: a run may hold more than 2^63 of
     * 1e-8. A bare column beside max() is that of the row with the maximum. */
    {"SELECT instrument, sum(count),"
     " sum(long_notional_e8 / 100000000) + sum(long_notional_e8 % 100000000) / 1e8,"
     " sum(short_notional_e8 / 100000000) + sum(short_notional_e8 % 100000000) / 1e8,"
     " max(long_notional_e8 + short_notional_e8), ts_ns FROM minute WHERE run = ?1"
     " GROUP BY instrument",
     take_contract},
    {"SELECT cohort, accounts, liquidated, bankrupt, equity_start, equity_end FROM cohort"
     " WHERE run = ?1 ORDER BY cohort",
     take_cohort},
    {"SELECT count(*),"
     " total(equity_start_e8 / 100000000) + total(equity_start_e8 % 100000000) / 1e8,"
     " total(equity_end_e8 / 100000000) + total(equity_end_e8 % 100000000) / 1e8"
     " FROM account WHERE run = ?1 AND liquidations > 0",
     take_liquidated},
    {"SELECT name, instrument, value, low, high, exact, NULL FROM metric WHERE run = ?1",
     take_metric},
    {"SELECT name, instrument, value, NULL, NULL, exact, bound FROM bound WHERE run = ?1",
     take_metric},
    {"SELECT key, value FROM setting WHERE run = ?1", take_setting},
    {"SELECT cause, effect, count, notional, shared_collateral, cross_impact, multiplier,"
     " multiplier_shared_collateral, multiplier_cross_impact FROM contagion WHERE run = ?1"
     " ORDER BY (SELECT number FROM instrument i WHERE i.run = ?1 AND i.instrument = cause),"
     " (SELECT number FROM instrument i WHERE i.run = ?1 AND i.instrument = effect)",
     take_contagion},
};

enum status run_figures_read(struct results_file *file, const char *id,
                             struct run_figures **ret_figures, struct error *reterr) {
    struct run_figures *figures = g_new0(struct run_figures, 1);
    (void)snprintf(figures->id, sizeof(figures->id), "%s", id); /* 12 digits */
    figures->instruments = g_ptr_array_new_with_free_func(g_free);
    figures->metrics = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_metric);
    figures->settings = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    figures->contracts = g_array_new(FALSE, FALSE, sizeof(struct run_contract));
    figures->cohorts = g_array_new(FALSE, FALSE, sizeof(struct run_cohort));
    g_array_set_clear_func(figures->cohorts, clear_cohort);
    figures->contagion = g_array_new(FALSE, FALSE, sizeof(struct run_contagion));
    g_array_set_clear_func(figures->contagion, clear_contagion);
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < G_N_ELEMENTS(parts); i++) {
        struct results_rows *rows = NULL;
        status = results_query(file, parts[i].sql, id, &rows, reterr);
        while (status == STATUS_OK) {
            status = results_rows_next(rows, reterr);
            if (status == STATUS_OK)
                parts[i].take(figures, rows);
        }
        results_rows_end(rows);
        if (status == STATUS_END)
            status = STATUS_OK;
    }
    if (status == STATUS_OK && figures->scenario == NULL)
        status = error_set(reterr, STATUS_IO, "results file '%s' has no run '%s'",
                           results_file_path(file), id);
    if (status != STATUS_OK) {
        run_figures_destroy(figures);
        return status;
    }
    *ret_figures = figures;
    return STATUS_OK;
}

void run_figures_destroy(struct run_figures *figures) {
    if (figures == NULL)
        return;
    g_free(figures->scenario);
    g_free(figures->title);
    g_free(figures->version);
    g_free(figures->fingerprint);
    g_free(figures->created_at);
    g_free(figures->asset);
    (void)g_ptr_array_free(figures->instruments, TRUE); /* the array, gone */
    (void)g_array_free(figures->contracts, TRUE);       /* these return NULL */
    (void)g_array_free(figures->cohorts, TRUE);
    (void)g_array_free(figures->contagion, TRUE);
    g_hash_table_destroy(figures->metrics);
    g_hash_table_destroy(figures->settings);
    g_free(figures);
}

static const struct run_metric *find(const struct run_figures *figures, enum metric_bound bound,
                                     enum metric_id metric, unsigned generation,
                                     const char *instrument) {
    char *key = metric_key(bound, metric, generation, instrument);
    const struct run_metric *found = g_hash_table_lookup(figures->metrics, key);
    g_free(key);
    return found;
}

const struct run_metric *run_figures_metric(const struct run_figures *figures,
                                            enum metric_id metric, const char *instrument) {
    return find(figures, BOUND_NONE, metric, 0, instrument);
}

const struct run_metric *run_figures_bound(const struct run_figures *figures,
                                           enum metric_bound bound, enum metric_id metric,
                                           const char *instrument) {
    return find(figures, bound, metric, 0, instrument);
}

const struct run_metric *run_figures_generation(const struct run_figures *figures,
                                                enum metric_id metric, unsigned generation) {
    return find(figures, BOUND_NONE, metric, generation, "");
}

double run_figures_value(const struct run_figures *figures, enum metric_id id,
                         const char *instrument) {
    const struct run_metric *metric = run_figures_metric(figures, id, instrument);
    return metric == NULL ? NAN : metric->value;
}

const char *run_figures_exact(const struct run_figures *figures, enum metric_id id,
                              const char *instrument) {
    const struct run_metric *metric = run_figures_metric(figures, id, instrument);
    return metric == NULL ? "" : metric->exact;
}

const char *run_figures_setting(const struct run_figures *figures, const char *key) {
    const char *value = g_hash_table_lookup(figures->settings, key);
    return value == NULL ? "" : value;
}
