/* The loop of a run (design §4.3, §5): time goes from event to event, and at each instant waves go
 * on in lockstep, reference beside simulation, until neither has an order left. */

#include <stdlib.h>

#include "engine/liquidation/socialise.h"
#include "engine/replay/outcome.h"
#include "engine/replay/replay_internal.h"

/* The residuals of both sides' ledgers added up: exactly 0. */
static enum status residual_sum(struct replay *replay, struct error *reterr) {
    int128 residual = 0;
    enum status status = outcome_residual(&replay->simulated.book, &residual, reterr);
    replay->summary->ledger_residual = residual;
    if (status == STATUS_OK && replay->has_reference) {
        status = outcome_residual(&replay->reference.book, &residual, reterr);
        replay->summary->ledger_residual += residual;
    }
    return status;
}

static void summarise_instruments(const struct replay *replay) {
    const struct flow *flow = &replay->simulated.flow;
    for (size_t i = 0; i < replay->instrument_count; i++) {
        replay->summary->prices[i].fund_end = replay->simulated.book.ledger.funds[i];
        if (flow->models[i]->beyond != NULL)
            replay->summary->prices[i].beyond_depth =
                flow->models[i]->beyond(flow->instruments[i].state);
    }
}

/* ---- instants ---- */

static void timers_due(struct book *book, int64_t now_ns) {
    while (timer_queue_next(&book->timers) <= now_ns) {
        const uint32_t pool = timer_queue_take(&book->timers);
        book->pools[pool].flags &= (uint8_t)~POOL_TIMED;
        book_queue(book, pool);
    }
}

/* The session of one side closes. */
static enum status session_due(struct replay *replay, struct side *side, int64_t now_ns,
                               struct error *reterr) {
    const bool simulated = side == &replay->simulated;
    int128 reference_loss = 0;
    if (now_ns != side->book.session_ns)
        return STATUS_OK;
    socialise_schedule(&side->book, now_ns);
    return socialise_close(&side->book,
                           simulated ? &replay->summary->socialised_loss : &reference_loss, reterr);
}

/* The clock looks at mark prices that move by time alone. */
static void schedule_marks(struct replay *replay) {
    if (replay->input->marks == NULL)
        return;
    for (uint32_t i = 0; i < replay->instrument_count && replay->next_step_ns == INT64_MAX; i++)
        if (replay_mark_moves(replay, i))
            replay_schedule_step(replay);
}

/* The prices of an instant are set: pools that now have all of theirs join, and waves go. */
static enum status instant_waves(struct replay *replay, int64_t now_ns, struct error *reterr) {
    if (replay->appeared) {
        book_prices_appeared(&replay->simulated.book);
        if (replay->has_reference)
            book_prices_appeared(&replay->reference.book);
        replay->appeared = false;
    }
    const enum status status = replay_waves(replay, now_ns, reterr);
    schedule_marks(replay);
    return status;
}

/* Clock step and timers of one time, before the ticks of that time. */
static enum status instant_due(struct replay *replay, int64_t now_ns, struct error *reterr) {
    enum status status = replay_move(replay, now_ns, reterr);
    replay->instant++;
    if (status == STATUS_OK)
        status = replay_events(replay, now_ns, reterr);
    if (status == STATUS_OK)
        status = session_due(replay, &replay->simulated, now_ns, reterr);
    if (status == STATUS_OK && replay->has_reference)
        status = session_due(replay, &replay->reference, now_ns, reterr);
    if (now_ns == replay->next_step_ns) {
        bool decaying = false;
        for (uint32_t i = 0; i < replay->instrument_count && status == STATUS_OK; i++) {
            if (replay->recorded[i] != 0) {
                replay_advance(replay, i, now_ns);
                status = replay_update_price(replay, i, reterr);
                if (status == STATUS_OK)
                    status = replay_check_reference(replay, i, reterr);
            } /* else: cross-impact may have moved it before its first price */
            decaying = decaying || !replay->simulated.flow.instruments[i].quiet ||
                       replay_mark_moves(replay, i) ||
                       (replay_has_flow(replay) && !replay->reference.flow.instruments[i].quiet);
        }
        replay->next_step_ns = decaying ? now_ns + replay->input->clock_step_ns : INT64_MAX;
    }
    timers_due(&replay->simulated.book, now_ns);
    if (replay->has_reference)
        timers_due(&replay->reference.book, now_ns);
    return status == STATUS_OK ? instant_waves(replay, now_ns, reterr) : status;
}

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

static enum status instant_ticks(struct replay *replay, int64_t now_ns, struct error *reterr) {
    enum status status = replay_move(replay, now_ns, reterr);
    replay->instant++;
    size_t changed = 0;
    const struct timeline_readings taken = {
        replay->readings, replay->history,
        replay->input->cleaning == CLEANING_RECORDED ? READING_PRINTS : READING_OPEN_INTEREST};
    if (status == STATUS_OK)
        status = timeline_take(&replay->timeline, now_ns, replay->recorded, &taken, replay->changed,
                               &changed, reterr);
    for (size_t c = 0; c < changed && status == STATUS_OK; c++) {
        const uint32_t i = replay->changed[c];
        if (replay->recorded[i] == 0)
            continue; /* a reading before the first price */
        const bool first = replay->simulated.shown[i] == 0;
        replay_advance(replay, i, now_ns);
        status = replay_update_price(replay, i, reterr);
        if (first)
            replay_note_price(replay, i);
        if (status == STATUS_OK)
            status = replay_check_reference(replay, i, reterr);
    }
    return status == STATUS_OK ? instant_waves(replay, now_ns, reterr) : status;
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

static enum status replay_loop(struct replay *replay, struct error *reterr) {
    enum status status = STATUS_OK;
    int64_t now_ns = timeline_next(&replay->timeline);
    replay->summary->first_ts_ns = now_ns;
    if (now_ns != INT64_MAX) {
        socialise_schedule(&replay->simulated.book, now_ns);
        if (replay->has_reference)
            socialise_schedule(&replay->reference.book, now_ns);
    }
    while (status == STATUS_OK && now_ns != INT64_MAX) {
        int64_t due;
        while (status == STATUS_OK && (due = replay_next_due(replay)) <= now_ns) {
            status = instant_due(replay, due, reterr);
            if (status == STATUS_OK && ++replay->instants % PROGRESS_INSTANTS == 0)
                status = replay_report(replay, due, reterr);
        }
        if (status == STATUS_OK)
            status = instant_ticks(replay, now_ns, reterr);
        if (status == STATUS_OK && ++replay->instants % PROGRESS_INSTANTS == 0)
            status = replay_report(replay, now_ns, reterr);
        replay->summary->last_ts_ns = now_ns;
        if (status == STATUS_OK)
            status = replay_calm(replay, reterr);
        now_ns = timeline_next(&replay->timeline);
    }
    return status;
}

enum status replay_run(const struct replay_input *input, struct replay_summary *ret_summary,
                       struct error *reterr) {
    enum status status = replay_check(input, reterr);
    if (status != STATUS_OK)
        return status;
    struct replay_summary *summary = calloc(1, sizeof(*summary));
    struct replay *replay = calloc(1, sizeof(*replay));
    if (summary == NULL || replay == NULL) {
        free(summary);
        free(replay);
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for a run");
    }
    summary->branching_max = summary->branching_now = __builtin_nan("");
    status = replay_init(replay, input, summary, reterr);
    if (status == STATUS_OK)
        status = replay_loop(replay, reterr);
    if (status == STATUS_OK)
        status = replay_measure(replay, true, reterr);
    if (status == STATUS_OK)
        status = replay_contagion(replay, reterr);
    if (status == STATUS_OK)
        status = tally_close_minute(&replay->tally, reterr);
    if (status == STATUS_OK)
        status = socialise_close(&replay->simulated.book, &summary->socialised_loss, reterr);
    if (status == STATUS_OK)
        status = outcome_write(&replay->simulated.book, &replay->tally, reterr);
    if (status == STATUS_OK)
        status = residual_sum(replay, reterr);
    if (status == STATUS_OK) {
        tally_summarise(&replay->tally);
        summarise_instruments(replay);
        summary->ticks = replay->timeline.ticks;
        const struct side *side = &replay->simulated;
        summary->bytes_peak =
            book_bytes(&side->book) + limits_bytes(&side->wave.limits, &side->book);
        *ret_summary = *summary;
    }
    replay_finish(replay);
    free(replay);
    free(summary);
    return status;
}
