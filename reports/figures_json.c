#include "reports/figures_json.h"

#include "reports/exact_json.h"

json_t *figures_value_json(enum metric_id metric, const struct run_metric *found) {
    if (found == NULL)
        return json_null();
    if (metric_catalog[metric].kind == METRIC_TIME)
        return found->exact[0] != '\0' ? json_string(found->exact) : json_null();
    return found->exact[0] != '\0' ? exact_json_number(found->exact)
                                   : exact_json_real(found->value);
}

/* A list is whole or it is not there: Jansson's functions take a NULL value and then fail. */
static json_t *finish(json_t *array, int failed) {
    if (failed == 0)
        return array;
    json_decref(array);
    return NULL;
}

json_t *figures_contracts_json(const struct run_figures *figures) {
    json_t *array = json_array();
    int failed = 0;
    for (guint i = 0; i < figures->contracts->len; i++) {
        const struct run_contract *row = &g_array_index(figures->contracts, struct run_contract, i);
        const char *instrument = g_ptr_array_index(figures->instruments, i);
        failed |= json_array_append_new(
            array, json_pack("{s:s, s:I, s:o, s:o}", "instrument", instrument, "orders",
                             (json_int_t)row->orders, "long", exact_json_real(row->long_notional),
                             "short", exact_json_real(row->short_notional)));
    }
    return finish(array, failed);
}

json_t *figures_cohorts_json(const struct run_figures *figures) {
    json_t *array = json_array();
    int failed = 0;
    for (guint i = 0; i < figures->cohorts->len; i++) {
        const struct run_cohort *row = &g_array_index(figures->cohorts, struct run_cohort, i);
        failed |= json_array_append_new(
            array, json_pack("{s:s%, s:I, s:I, s:I, s:o, s:o}", "cohort", row->name,
                             strlen(row->name), "accounts", (json_int_t)row->accounts, "liquidated",
                             (json_int_t)row->liquidated, "bankrupt", (json_int_t)row->bankrupt,
                             "equity_start", exact_json_real(row->equity_start), "equity_end",
                             exact_json_real(row->equity_end)));
    }
    return finish(array, failed);
}

json_t *figures_liquidated_json(const struct run_figures *figures) {
    const struct run_liquidated *row = &figures->liquidated;
    return json_pack("{s:I, s:o, s:o}", "accounts", (json_int_t)row->accounts, "equity_start",
                     exact_json_real(row->equity_start), "equity_end",
                     exact_json_real(row->equity_end));
}

json_t *figures_contagion_json(const struct run_figures *figures) {
    json_t *array = json_array();
    int failed = 0;
    for (guint i = 0; i < figures->contagion->len; i++) {
        const struct run_contagion *row =
            &g_array_index(figures->contagion, struct run_contagion, i);
        failed |= json_array_append_new(
            array,
            json_pack("{s:s, s:s, s:I, s:o, s:o, s:o, s:o, s:o, s:o}", "cause", row->cause,
                      "effect", row->effect, "liquidations", (json_int_t)row->orders, "notional",
                      exact_json_real(row->notional), "shared_collateral",
                      exact_json_real(row->shared_collateral), "cross_impact",
                      exact_json_real(row->cross_impact), "multiplier",
                      exact_json_real(row->multiplier), "multiplier_shared_collateral",
                      exact_json_real(row->multiplier_shared_collateral), "multiplier_cross_impact",
                      exact_json_real(row->multiplier_cross_impact)));
    }
    return finish(array, failed);
}

static int add_metric(const struct run_figures *figures, json_t *array, enum metric_bound bound,
                      enum metric_id metric, unsigned generation, const char *instrument,
                      const struct run_metric *found) {
    char name[METRIC_NAME_SIZE];
    if (found == NULL)
        return 0;
    json_t *value = metric_catalog[metric].kind == METRIC_TIME ? json_null()
                                                               : figures_value_json(metric, found);
    json_t *object =
        json_pack("{s:s, s:s, s:o, s:o, s:o, s:s, s:s, s:s*}", "name",
                  metric_name(metric, generation, name), "instrument", instrument, "value", value,
                  "low", exact_json_real(found->low), "high", exact_json_real(found->high), "exact",
                  found->exact, "unit", metric_unit(metric, figures->asset), "bound",
                  bound == BOUND_NONE ? NULL : metric_bounds[bound].name);
    return json_array_append_new(array, object);
}

/* All of one metric: of the run, by generation, by instrument. */
static int add_all(const struct run_figures *figures, json_t *array, enum metric_bound bound,
                   enum metric_id metric) {
    int failed = 0;
    if (metric_catalog[metric].scope == METRIC_OF_GENERATION) {
        const struct run_metric *found = NULL;
        for (unsigned g = 0;
             bound == BOUND_NONE && (found = run_figures_generation(figures, metric, g)) != NULL;
             g++)
            failed |= add_metric(figures, array, bound, metric, g, "", found);
        return failed;
    }
    failed |= add_metric(figures, array, bound, metric, 0, "",
                         run_figures_bound(figures, bound, metric, ""));
    for (guint i = 0; i < figures->instruments->len; i++) {
        const char *instrument = g_ptr_array_index(figures->instruments, i);
        failed |= add_metric(figures, array, bound, metric, 0, instrument,
                             run_figures_bound(figures, bound, metric, instrument));
    }
    return failed;
}

json_t *figures_metrics_json(const struct run_figures *figures) {
    json_t *array = json_array();
    int failed = 0;
    for (int m = 0; m < METRICS; m++)
        failed |= add_all(figures, array, BOUND_NONE, (enum metric_id)m);
    for (int b = 0; b < BOUNDS; b++)
        for (int m = 0; m < METRICS && (figures->bounds & (1U << b)); m++)
            failed |= add_all(figures, array, (enum metric_bound)b, (enum metric_id)m);
    return finish(array, failed);
}
