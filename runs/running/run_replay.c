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

/* A run on its way. */
struct making {
    struct run_setup *setup;
    struct run_record record;
    struct run_range *range; /* NULL: without one */
    struct results_writer *writer;
    struct replay_summary *summary;
    double elapsed_s; /* of the run itself */
};

static enum status prepare(struct making *making, struct run_inputs *inputs,
                           struct results_file *results, const struct run_how *how,
                           struct error *reterr) {
    making->summary = g_new0(struct replay_summary, 1);
    enum status status = run_setup_create(inputs, how->threads, &making->setup, reterr);
    if (status == STATUS_OK && how->range)
        status = run_range_create(making->setup, &making->range, reterr);
    if (status == STATUS_OK)
        status = run_record_init(&making->record, making->setup, how->sets, reterr);
    if (status == STATUS_OK)
        status = results_writer_create(results, &making->record.run, &making->writer, reterr);
    return status;
}

static enum status replay_all(struct making *making, const struct host *host,
                              struct error *reterr) {
    const int64_t started_us = g_get_monotonic_time();
    struct replay_input input = making->setup->input;
    input.sink = results_writer_sink(making->writer);
    enum status status = run_replay_input(&input, making->setup->inputs->scenario->name, host,
                                          making->summary, reterr);
    making->elapsed_s = (double)(g_get_monotonic_time() - started_us) / 1e6;
    if (status == STATUS_OK && making->range != NULL)
        status = run_range_replay(making->range, host, reterr);
    return status;
}

static enum status store_run(const struct making *making, struct error *reterr) {
    const struct run_setup *setup = making->setup;
    struct run_metrics metrics = {0};
    run_metrics_init(&metrics, making->summary, &setup->input, accounts_count(setup->accounts),
                     setup->asset);
    if (making->range != NULL)
        run_range_apply(making->range, &metrics);
    GDateTime *now = g_date_time_new_now_utc();
    char *created_at = g_date_time_format(now, "%Y-%m-%dT%H:%M:%SZ");
    const struct results_outcome outcome = {
        .fingerprint = metrics.fingerprint,
        .created_at = created_at,
        .elapsed_s = making->elapsed_s,
        .from_ns = making->summary->first_ts_ns,
        .to_ns = making->summary->last_ts_ns,
        .metric_count = metrics.rows->len,
        .metrics = (const struct results_metric *)(const void *)metrics.rows->data,
    };
    const enum status status = results_writer_finish(making->writer, &outcome, reterr);
    g_free(created_at);
    g_date_time_unref(now);
    run_metrics_finish(&metrics);
    return status;
}

enum status run_replay(struct run_inputs *inputs, struct results_file *results,
                       const struct run_how *how, const struct host *host, struct error *reterr) {
    struct making making = {.elapsed_s = 0.0};
    enum status status = prepare(&making, inputs, results, how, reterr);
    if (status == STATUS_OK)
        status = replay_all(&making, host, reterr);
    if (status == STATUS_OK)
        status = store_run(&making, reterr);
    results_writer_destroy(making.writer);
    run_range_destroy(making.range);
    run_record_finish(&making.record);
    run_setup_destroy(making.setup);
    g_free(making.summary);
    return status;
}
