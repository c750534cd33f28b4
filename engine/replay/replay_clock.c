/* What is due next, and word to the caller of how far the run has come. */

#include "engine/replay/replay_internal.h"

static int64_t book_next_due(const struct replay *replay, const struct book *book) {
    const int64_t timer = timer_queue_next(&book->timers);
    const int64_t due = book->session_ns < timer ? book->session_ns : timer;
    return book->work_off_ns < due && !replay->engine_stopped ? book->work_off_ns : due;
}

int64_t replay_next_due(const struct replay *replay) {
    int64_t due = replay->next_step_ns;
    if (replay->event_next < replay->input->event_count &&
        replay->input->events[replay->event_next].ts_ns < due)
        due = replay->input->events[replay->event_next].ts_ns;
    const int64_t simulated = book_next_due(replay, &replay->simulated.book);
    due = simulated < due ? simulated : due;
    if (replay->has_reference) {
        const int64_t reference = book_next_due(replay, &replay->reference.book);
        due = reference < due ? reference : due;
    }
    return due;
}

enum status replay_report(const struct replay *replay, int64_t now_ns, struct error *reterr) {
    const struct replay_input *input = replay->input;
    const struct replay_progress progress = {
        .ts_ns = now_ns,
        .from_ns = input->from_ns == INT64_MIN ? replay->summary->first_ts_ns : input->from_ns,
        .to_ns = input->to_ns,
        .ticks = replay->timeline.ticks,
        .liquidations = replay->summary->liquidations,
    };
    if (input->progress == NULL || input->progress(input->progress_context, &progress))
        return STATUS_OK;
    return error_set(reterr, STATUS_INTERRUPTED, "interrupted");
}
