#include "cli/run_replay.h"

#include <unistd.h>

#include <glib.h>

#include "cli/interrupt.h"
#include "cli/progress.h"
#include "cli/run_metrics.h"
#include "cli/run_range.h"
#include "cli/run_record.h"

static bool show_progress(void *context, const struct replay_progress *replay) {
    struct progress *progress = context;
    const double span = (double)replay->to_ns - (double)replay->from_ns;
    const double share = span > 0 ? ((double)replay->ts_ns - (double)replay->from_ns) / span : -1;
    progress_update(progress, replay->ticks, share > 1 ? 1 : share);
    return !interrupt_asked();
}

enum status run_replay_input(const struct replay_input *input, const char *label,
                             const struct cli_options *options, struct replay_summary *ret_summary,
                             struct error *reterr) {
    struct progress progress;
    struct replay_input shown = *input;
    shown.progress = show_progress;
    shown.progress_context = &progress;
    progress_init(&progress, options->progress, progress_color(options->color, STDERR_FILENO),
                  label, "ticks");
    const enum status status = replay_run(&shown, ret_summary, reterr);
    progress_finish(&progress);
    return status;
}

/* `range` is NULL without one. */
static enum status store(struct results_writer *writer, const struct run_setup *setup,
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

enum status run_replay(struct run_setup *setup, struct results_file *results,
                       const struct run_how *how, const struct cli_options *options,
                       struct error *reterr) {
    enum status status = run_setup_fill(setup, how->threads, reterr);
    if (status != STATUS_OK)
        return status;
    struct run_record record = {0};
    struct run_range *range = NULL;
    struct results_writer *writer = NULL;
    struct replay_summary *summary = g_new0(struct replay_summary, 1);
    const int64_t started_us = g_get_monotonic_time();
    double elapsed_s = 0.0;
    if (how->range)
        status = run_range_create(setup, &range, reterr);
    if (status == STATUS_OK)
        status = run_record_init(&record, setup, how->sets, reterr);
    if (status == STATUS_OK)
        status = results_writer_create(results, &record.run, &writer, reterr);
    if (status == STATUS_OK) {
        struct replay_input input = setup->input;
        input.sink = results_writer_sink(writer);
        status = run_replay_input(&input, setup->scenario->name, options, summary, reterr);
        elapsed_s = (double)(g_get_monotonic_time() - started_us) / 1e6;
    }
    if (status == STATUS_OK && range != NULL)
        status = run_range_replay(range, options, reterr);
    if (status == STATUS_OK)
        status = store(writer, setup, summary, range, elapsed_s, reterr);
    results_writer_destroy(writer);
    run_range_destroy(range);
    run_record_finish(&record);
    g_free(summary);
    return status;
}
