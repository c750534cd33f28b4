#include "runs/running/run_replay.h"

#include <glib.h>

#include "runs/record/run_metrics.h"
#include "runs/record/run_record.h"
#include "runs/running/run_range.h"
#include "runs/setup/run_setup.h"

/* One replay as its host sees it. */
struct shown {
    const struct host *host;
    const char *label;
};

static bool show(void *context, const struct replay_progress *replay) {
    const struct shown *shown = context;
    const double span = (double)replay->to_ns - (double)replay->from_ns;
    const double share = span > 0 ? ((double)replay->ts_ns - (double)replay->from_ns) / span : -1;
    host_show(shown->host, shown->label, "ticks", replay->ticks, share > 1 ? 1 : share);
    return !host_stops(shown->host);
}

enum status run_replay_input(const struct replay_input *input, const char *label,
                             const struct host *host, struct replay_summary *ret_summary,
                             struct error *reterr) {
    struct shown shown = {host, label};
    struct replay_input with_progress = *input;
    with_progress.progress = show;
    with_progress.progress_context = &shown;
    const enum status status = replay_run(&with_progress, ret_summary, reterr);
    host_show_end(host);
    return status;
}

/* `range` is NULL without one. */
static enum status store_run(struct results_writer *writer, const struct run_setup *setup,
                             const struct replay_summary *summary, const struct run_range *range,
                             double elapsed_s, struct error *reterr) {
    struct run_metrics metrics = {0};
    run_metrics_init(&metrics, summary, &setup->input, accounts_count(setup->accounts),
                     setup->asset);
    if (range != NULL)
        run_range_apply(range, &metrics);
    GDateTime *now = g_date_time_new_now_utc();
    char *created_at = g_date_time_format(now, "%Y-%m-%dT%H:%M:%SZ");
    const struct results_outcome outcome = {
        .fingerprint = metrics.fingerprint,
        .created_at = created_at,
        .elapsed_s = elapsed_s,
        .from_ns = summary->first_ts_ns,
        .to_ns = summary->last_ts_ns,
        .metric_count = metrics.rows->len,
        .metrics = (const struct results_metric *)(const void *)metrics.rows->data,
    };
    const enum status status = results_writer_finish(writer, &outcome, reterr);
    g_free(created_at);
    g_date_time_unref(now);
    run_metrics_finish(&metrics);
    return status;
}

/* The run itself and its range; *ret_elapsed_s is what the first took. */
static enum status replay_all(struct run_setup *setup, struct results_writer *writer,
                              struct run_range *range, const struct host *host,
                              struct replay_summary *ret_summary, double *ret_elapsed_s,
                              struct error *reterr) {
    const int64_t started_us = g_get_monotonic_time();
    struct replay_input input = setup->input;
    input.sink = results_writer_sink(writer);
    enum status status =
        run_replay_input(&input, setup->inputs->scenario->name, host, ret_summary, reterr);
    *ret_elapsed_s = (double)(g_get_monotonic_time() - started_us) / 1e6;
    if (status == STATUS_OK && range != NULL)
        status = run_range_replay(range, host, reterr);
    return status;
}

enum status run_replay(struct run_inputs *inputs, struct results_file *results,
                       const struct run_how *how, const struct host *host, struct error *reterr) {
    struct run_setup *setup = NULL;
    struct run_record record = {0};
    struct run_range *range = NULL;
    struct results_writer *writer = NULL;
    struct replay_summary *summary = g_new0(struct replay_summary, 1);
    double elapsed_s = 0.0;
    enum status status = run_setup_create(inputs, how->threads, &setup, reterr);
    if (status == STATUS_OK && how->range)
        status = run_range_create(setup, &range, reterr);
    if (status == STATUS_OK)
        status = run_record_init(&record, setup, how->sets, reterr);
    if (status == STATUS_OK)
        status = results_writer_create(results, &record.run, &writer, reterr);
    if (status == STATUS_OK)
        status = replay_all(setup, writer, range, host, summary, &elapsed_s, reterr);
    if (status == STATUS_OK)
        status = store_run(writer, setup, summary, range, elapsed_s, reterr);
    results_writer_destroy(writer);
    run_range_destroy(range);
    run_record_finish(&record);
    run_setup_destroy(setup);
    g_free(summary);
    return status;
}
