#include "runs/running/run_range.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "runs/inputs/run_series.h"
#include "runs/running/run_replay.h"
#include "runs/setup/run_impact.h"
#include "scenarios/impact_defaults.h"

/* All of them; which a run has depends on its data. */
static const struct {
    enum metric_bound bound;
    const char *preset; /* NULL: the run's own impact */
    enum bar_path bar_path;
} kinds[] = {
    {BOUND_SQRT_LOWER, "sqrt-lower", BAR_PATH_NEAREST},
    {BOUND_BOOK_UPPER, "book-upper", BAR_PATH_NEAREST},
    {BOUND_BARS_OHLC, NULL, BAR_PATH_OHLC},
    {BOUND_BARS_OLHC, NULL, BAR_PATH_OLHC},
};

struct member {
    enum metric_bound bound;
    struct replay_input input; /* models and params are this member's own */
    const struct impact_model **models;
    struct impact_params *params;
    struct run_metrics metrics;
};

struct run_range {
    struct run_setup *setup; /* borrowed */
    size_t count;
    struct member members[G_N_ELEMENTS(kinds)];
};

static enum status bound_impact(struct run_setup *setup, const struct impact_preset *preset,
                                struct member *member, struct error *reterr) {
    const size_t count = setup->input.instrument_count;
    enum status status = STATUS_OK;
    member->models = g_new0(const struct impact_model *, count);
    member->params = g_new0(struct impact_params, count);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        struct scenario_instrument bound;
        scenario_bound_impact(&setup->inputs->scenario->instruments[i], preset, &bound);
        status = run_impact_fill(setup, i, &bound, reterr);
        member->models[i] = preset->model;
        member->params[i] = bound.impact;
    }
    member->input.impact_model = member->models;
    member->input.impact_params = member->params;
    member->input.cross = NULL; /* linear impact has that alone */
    return status == STATUS_OK ? status : error_prefix(reterr, status, "--range: %s", preset->name);
}

static bool has_bars(const struct run_setup *setup) {
    for (size_t i = 0; i < setup->input.instrument_count; i++)
        if (setup->prices[i].kind == SERIES_BARS)
            return true;
    return false;
}

enum status run_range_create(struct run_setup *setup, struct run_range **ret_range,
                             struct error *reterr) {
    struct run_range *range = g_new0(struct run_range, 1);
    range->setup = setup;
    const bool bars = has_bars(setup);
    enum status status = STATUS_OK;
    for (size_t k = 0; status == STATUS_OK && k < G_N_ELEMENTS(kinds); k++) {
        const char *preset = kinds[k].preset;
        if (preset == NULL && (!bars || kinds[k].bar_path == setup->input.bar_path))
            continue;
        struct member *member = &range->members[range->count++];
        member->bound = kinds[k].bound;
        member->input = setup->input;
        member->input.density_step_ns = 0;
        if (preset != NULL)
            status = bound_impact(setup, impact_preset_find(preset), member, reterr);
        else
            member->input.bar_path = kinds[k].bar_path;
    }
    if (status != STATUS_OK) {
        run_range_destroy(range);
        return status;
    }
    *ret_range = range;
    return STATUS_OK;
}

enum status run_range_replay(struct run_range *range, const struct host *host,
                             struct error *reterr) {
    struct run_setup *setup = range->setup;
    struct replay_summary *summary = g_new(struct replay_summary, 1);
    enum status status = STATUS_OK;
    for (size_t m = 0; status == STATUS_OK && m < range->count; m++) {
        struct member *member = &range->members[m];
        for (size_t i = 0; i < member->input.instrument_count; i++)
            run_series_rewind(&setup->inputs->series[i]);
        char *label = g_strdup_printf("%s, %s", setup->inputs->scenario->name,
                                      metric_bounds[member->bound].name);
        status = run_replay_input(&member->input, label, host, summary, reterr);
        g_free(label);
        if (status == STATUS_OK)
            run_metrics_init(&member->metrics, summary, &member->input,
                             accounts_count(setup->accounts), setup->asset);
    }
    g_free(summary);
    return status;
}

static const struct results_metric *find_metric(const struct run_metrics *metrics,
                                                const struct results_metric *like) {
    for (guint i = 0; i < metrics->rows->len; i++) {
        const struct results_metric *row = &g_array_index(metrics->rows, struct results_metric, i);
        if (row->metric == like->metric && strcmp(row->instrument, like->instrument) == 0)
            return row;
    }
    return NULL;
}

/* Adds the members' values of one figure. fmin() and fmax() pass over what is not known. */
static void apply_to(const struct run_range *range, struct run_metrics *metrics, guint index) {
    const struct results_metric own = g_array_index(metrics->rows, struct results_metric, index);
    double low = own.value;
    double high = own.value;
    for (size_t m = 0; m < range->count; m++) {
        const struct results_metric *found = find_metric(&range->members[m].metrics, &own);
        if (found == NULL)
            continue;
        low = fmin(low, found->value);
        high = fmax(high, found->value);
        struct results_metric row = *found;
        row.bound = range->members[m].bound;
        row.instrument = own.instrument;
        row.exact = g_string_chunk_insert(metrics->texts, found->exact);
        g_array_append_val(metrics->rows, row);
    }
    struct results_metric *row = &g_array_index(metrics->rows, struct results_metric, index);
    row->low = low;
    row->high = high;
}

void run_range_apply(const struct run_range *range, struct run_metrics *metrics) {
    const guint count = metrics->rows->len;
    for (guint i = 0; i < count; i++) {
        const enum metric_id metric = g_array_index(metrics->rows, struct results_metric, i).metric;
        if (metric_catalog[metric].rank != METRIC_DETAIL)
            apply_to(range, metrics, i);
    }
}

void run_range_destroy(struct run_range *range) {
    if (range == NULL)
        return;
    for (size_t m = 0; m < range->count; m++) {
        run_metrics_finish(&range->members[m].metrics);
        g_free(range->members[m].models);
        g_free(range->members[m].params);
    }
    g_free(range);
}

enum status run_range_is_stored(struct results_file *file, const char *id, bool *ret_has,
                                struct error *reterr) {
    struct results_rows *rows = NULL;
    enum status status =
        results_query(file, "SELECT count(*) FROM bound WHERE run = ?1", id, &rows, reterr);
    if (status == STATUS_OK)
        status = results_rows_next(rows, reterr);
    if (status == STATUS_OK)
        *ret_has = results_rows_integer(rows, 0) > 0;
    results_rows_end(rows);
    return status;
}
