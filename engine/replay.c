/* The loop of a run (design §4.3, §5): time goes from event to event, and at each instant waves go
 * on in lockstep, reference beside simulation, until neither has an order left. */

#include "engine/replay.h"

#include <stdlib.h>
#include <string.h>

#include "engine/book.h"
#include "engine/flow.h"
#include "engine/genealogy.h"
#include "engine/outcome.h"
#include "engine/tally.h"
#include "engine/timeline.h"
#include "engine/wave.h"

#define PROGRESS_INSTANTS 16384 /* instants between two calls of the progress function */

/* One side of the lockstep. */
struct side {
    struct book book;
    struct flow flow;
    struct wave wave;
    int64_t *shown; /* the prices this side sees, ticks; 0: none yet */
};

struct replay {
    const struct replay_input *input;
    size_t instrument_count;
    bool has_reference;
    struct timeline timeline;
    struct side simulated;
    struct side reference; /* shown: the recorded prices */
    int64_t *recorded;
    int64_t *without;       /* without feedback: recorded with D_ref put back */
    uint32_t *changed;      /* instruments with a tick in this instant */
    uint32_t *moved_prices; /* instruments whose price is new since the paths were noted */
    size_t moved_prices_count;
    bool *is_moved;
    uint32_t *touched;    /* instruments with an order in this wave, of either side */
    double *moved;        /* change of the simulated displacement in this wave */
    int64_t next_step_ns; /* next clock step; INT64_MAX: nothing decays */
    int64_t fund_seen;
    uint64_t instants;
    bool displaced; /* a wave has moved a price: the three paths may differ */
    struct genealogy genealogy;
    struct tally tally;
    struct replay_summary *summary;
};

/* ---- set-up ---- */

static enum status input_check(const struct replay_input *input, struct error *reterr) {
    if (input->instrument_count < 1 || input->instrument_count > REPLAY_INSTRUMENTS_MAX)
        return error_set(reterr, STATUS_CONFIG, "a run has 1 to %d instruments, not %zu",
                         REPLAY_INSTRUMENTS_MAX, input->instrument_count);
    if (input->cleaning == CLEANING_RECORDED || input->cleaning == CLEANING_OPEN_INTEREST)
        return error_set(reterr, STATUS_CONFIG,
                         "feedback.cleaning: recorded and open_interest are not supported yet");
    for (size_t i = 0; i < input->instrument_count; i++) {
        const struct impact_params *params = &input->impact_params[i];
        if (params->space == IMPACT_PRICE && strcmp(input->impact_model[i]->name, "linear") != 0)
            return error_set(reterr, STATUS_CONFIG, "impact.space: price is for linear alone");
        const enum status status = input->impact_model[i]->check(params, reterr);
        if (status != STATUS_OK)
            return error_prefix(reterr, status, "impact of '%s'", input->instruments[i].symbol);
        if (input->prices[i].kind == SERIES_BARS && input->prices[i].bar_ns < BAR_STEPS)
            return error_set(reterr, STATUS_CONFIG, "'%s': a bar has no length",
                             input->instruments[i].symbol);
    }
    return STATUS_OK;
}

static enum status side_init(struct side *side, const struct replay *replay,
                             const struct venue_input *venue, int64_t *shown,
                             struct error *reterr) {
    const struct replay_input *input = replay->input;
    side->shown = shown;
    enum status status = book_init(&side->book, venue, input->instruments, input->instrument_count,
                                   input->volatility, shown, reterr);
    if (status == STATUS_OK)
        status = flow_init(&side->flow, input->instrument_count, input->impact_model,
                           input->impact_params, reterr);
    if (status == STATUS_OK)
        status = wave_init(&side->wave, input->instrument_count, reterr);
    return status;
}

static void side_finish(struct side *side) {
    book_finish(&side->book);
    flow_finish(&side->flow);
    wave_finish(&side->wave);
}

static enum status replay_init(struct replay *replay, const struct replay_input *input,
                               struct replay_summary *summary, struct error *reterr) {
    memset(replay, 0, sizeof(*replay));
    replay->input = input;
    replay->instrument_count = input->instrument_count;
    replay->has_reference = input->cleaning == CLEANING_MODELLED;
    replay->summary = summary;
    replay->next_step_ns = INT64_MAX;
    const size_t n = input->instrument_count;
    int64_t *shown = calloc(n, sizeof(*shown));
    replay->simulated.shown = shown;
    replay->recorded = calloc(n, sizeof(*replay->recorded));
    replay->without = calloc(n, sizeof(*replay->without));
    replay->changed = calloc(n, sizeof(*replay->changed));
    replay->touched = calloc(n, sizeof(*replay->touched));
    replay->moved = calloc(n, sizeof(*replay->moved));
    replay->moved_prices = calloc(n, sizeof(*replay->moved_prices));
    replay->is_moved = calloc(n, sizeof(*replay->is_moved));
    if (replay->moved_prices == NULL || replay->is_moved == NULL || shown == NULL ||
        replay->recorded == NULL || replay->without == NULL || replay->changed == NULL ||
        replay->touched == NULL || replay->moved == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for a run");
    enum status status = side_init(&replay->simulated, replay, &input->simulated, shown, reterr);
    if (status == STATUS_OK && replay->has_reference)
        status = side_init(&replay->reference, replay, &input->reference, replay->recorded, reterr);
    if (status == STATUS_OK)
        status =
            genealogy_init(&replay->genealogy, input->instruments, n, input->impact_params, reterr);
    if (status == STATUS_OK)
        status = tally_init(&replay->tally, input->instruments, n, &input->sink, summary, reterr);
    if (status == STATUS_OK)
        status = timeline_init(&replay->timeline, input, reterr);
    if (status != STATUS_OK)
        return status;
    replay->genealogy.recorded = replay->recorded;
    replay->genealogy.without = replay->without;
    replay->genealogy.simulated = &replay->simulated.flow;
    replay->genealogy.reference = replay->has_reference ? &replay->reference.flow : NULL;
    replay->fund_seen = input->simulated.insurance_fund;
    summary->fund_start = summary->fund_min = summary->fund_end = input->simulated.insurance_fund;
    return STATUS_OK;
}

static void replay_finish(struct replay *replay) {
    timeline_finish(&replay->timeline);
    tally_finish(&replay->tally);
    genealogy_finish(&replay->genealogy);
    free(replay->simulated.shown);
    side_finish(&replay->simulated);
    side_finish(&replay->reference);
    free(replay->recorded);
    free(replay->without);
    free(replay->changed);
    free(replay->touched);
    free(replay->moved);
    free(replay->moved_prices);
    free(replay->is_moved);
}

/* ---- prices ---- */

static double displacement_reference(const struct replay *replay, uint32_t i) {
    return replay->has_reference ? replay->reference.flow.instruments[i].displacement : 0.0;
}

static int64_t compose(const struct replay *replay, uint32_t i, double d) {
    return flow_compose(&replay->input->instruments[i], replay->input->impact_params[i].space,
                        replay->recorded[i], d, &replay->summary->price_clips);
}

/* Both flows of an instrument decay to now. */
static void advance(struct replay *replay, uint32_t i, int64_t now_ns) {
    if (replay->has_reference)
        flow_advance(&replay->reference.flow, i, now_ns);
    struct flow_state *state = &replay->simulated.flow.instruments[i];
    const double before = state->displacement;
    flow_advance(&replay->simulated.flow, i, now_ns);
    if (state->displacement != before)
        genealogy_decay(&replay->genealogy, i, before, state->displacement);
}

/* Recomputes an instrument's prices from the recorded one and the displacements as they stand, and
 * queues the pools whose triggers they reach. */
static enum status prices_update(struct replay *replay, uint32_t i, struct error *reterr) {
    const double reference = displacement_reference(replay, i);
    const double simulated = replay->simulated.flow.instruments[i].displacement;
    replay->without[i] = compose(replay, i, reference);
    const int64_t shown = compose(replay, i, reference - simulated);
    replay->simulated.shown[i] = shown;
    if (!replay->is_moved[i]) {
        replay->is_moved[i] = true;
        replay->moved_prices[replay->moved_prices_count++] = i;
    }
    struct book *book = &replay->simulated.book;
    if (ladder_reached(&book->falls[i], shown) || ladder_reached(&book->rises[i], shown))
        return book_price_changed(book, i, reterr);
    return STATUS_OK;
}

static void price_note(struct replay *replay, uint32_t i) {
    price_path_update(&replay->tally.recorded[i], replay->recorded[i]);
    price_path_update(&replay->tally.without[i], replay->without[i]);
    price_path_update(&replay->tally.simulated[i], replay->simulated.shown[i]);
}

/* Takes the prices as they stand into the paths: after each wave, and after an instant without one.
 * What a tick brings before its first wave is no point of a path, or a fall that the reference flow
 * of that very instant explains would count as one without feedback. The first price is a point. */
static void prices_note(struct replay *replay) {
    for (size_t m = 0; m < replay->moved_prices_count; m++) {
        replay->is_moved[replay->moved_prices[m]] = false;
        price_note(replay, replay->moved_prices[m]);
    }
    replay->moved_prices_count = 0;
}

/* ---- waves ---- */

/* Instruments with an order of either side, rising. */
static size_t wave_touched(struct replay *replay) {
    const struct wave *a = &replay->simulated.wave;
    const struct wave *b = &replay->reference.wave;
    const size_t b_count = replay->has_reference ? b->touched_count : 0;
    size_t x = 0;
    size_t y = 0;
    size_t count = 0;
    while (x < a->touched_count || y < b_count) {
        const uint32_t left = x < a->touched_count ? a->touched[x] : UINT32_MAX;
        const uint32_t right = y < b_count ? b->touched[y] : UINT32_MAX;
        replay->touched[count++] = left < right ? left : right;
        x += left <= right;
        y += right <= left;
    }
    return count;
}

/* Executes one side's net quantity of instrument i, already advanced to now, and sets its fill.
 * `before` is D_ref before the wave; both displacements of the wave are taken against it. */
static void side_execute(const struct replay *replay, struct side *side, uint32_t i, double before,
                         bool moves) {
    struct wave *wave = &side->wave;
    if (!wave->is_touched[i])
        return;
    if (!moves) {
        wave->fill_price[i] = side->shown[i];
        return;
    }
    const struct instrument *instrument = &replay->input->instruments[i];
    const double own = side->flow.instruments[i].displacement;
    double average = own;
    if (wave->net[i] != 0) {
        const int64_t price = compose(replay, i, before - own);
        average = flow_execute(&side->flow, i, (double)price * instrument->tick_size,
                               (double)wave->net[i] * instrument->lot_size);
    }
    wave->fill_price[i] = compose(replay, i, before - average);
}

static void wave_execute(struct replay *replay, int64_t now_ns) {
    const size_t count = wave_touched(replay);
    for (size_t t = 0; t < count; t++) {
        const uint32_t i = replay->touched[t];
        advance(replay, i, now_ns);
        const double reference = displacement_reference(replay, i);
        const double simulated = replay->simulated.flow.instruments[i].displacement;
        if (replay->has_reference)
            side_execute(replay, &replay->reference, i, reference, true);
        side_execute(replay, &replay->simulated, i, reference, replay->input->feedback);
        replay->moved[i] = replay->simulated.flow.instruments[i].displacement - simulated;
        replay->displaced = replay->displaced || replay->moved[i] != 0.0 ||
                            displacement_reference(replay, i) != reference;
    }
    const int64_t step = replay->input->clock_step_ns;
    if (step > 0 && replay->next_step_ns == INT64_MAX && count > 0)
        replay->next_step_ns = (int64_t)(div_floor(now_ns, step) + 1) * step;
}

/* What the simulated side's settled wave leaves behind: genealogy, totals, rows. */
static enum status wave_report(struct replay *replay, struct error *reterr) {
    struct wave *wave = &replay->simulated.wave;
    enum status status = genealogy_record(&replay->genealogy, wave, replay->moved, reterr);
    if (status == STATUS_OK)
        status = tally_liquidations(&replay->tally, wave->order_count, wave->rows, reterr);
    const int128 fund = replay->simulated.book.ledger.fund;
    if (fund < replay->summary->fund_min)
        replay->summary->fund_min = fund;
    return status;
}

static enum status fund_report(struct replay *replay, int64_t now_ns, struct error *reterr) {
    const int128 fund = replay->simulated.book.ledger.fund;
    if (fund == replay->fund_seen)
        return STATUS_OK;
    if (!units_fits_int64(fund))
        return error_set(reterr, STATUS_RANGE, "the insurance fund does not fit the money unit");
    replay->fund_seen = (int64_t)fund;
    const struct fund_record row = {now_ns, replay->fund_seen};
    const struct event_sink *sink = &replay->input->sink;
    return sink->fund == NULL ? STATUS_OK : sink->fund(sink->context, 1, &row, reterr);
}

/* One wave of both sides. *ret_orders: orders of the two together. */
static enum status wave_run(struct replay *replay, int64_t now_ns, uint32_t number,
                            size_t *ret_orders, struct error *reterr) {
    struct side *simulated = &replay->simulated;
    struct side *reference = &replay->reference;
    enum status status = STATUS_OK;
    if (replay->has_reference)
        status = wave_collect(&reference->book, &reference->wave, now_ns, NULL, NULL, reterr);
    if (status == STATUS_OK)
        status = wave_collect(&simulated->book, &simulated->wave, now_ns, genealogy_trace,
                              &replay->genealogy, reterr);
    const size_t orders =
        simulated->wave.order_count + (replay->has_reference ? reference->wave.order_count : 0);
    *ret_orders = orders;
    if (status != STATUS_OK || orders == 0)
        return status;
    wave_execute(replay, now_ns);
    if (replay->has_reference)
        status = wave_settle(&reference->book, &reference->wave, now_ns, number, reterr);
    if (status == STATUS_OK)
        status = wave_settle(&simulated->book, &simulated->wave, now_ns, number, reterr);
    if (status == STATUS_OK)
        status = wave_report(replay, reterr);
    const size_t touched = wave_touched(replay);
    for (size_t t = 0; t < touched && status == STATUS_OK; t++)
        status = prices_update(replay, replay->touched[t], reterr);
    prices_note(replay);
    return status;
}

static void book_end_instant(struct book *book) {
    for (size_t i = 0; i < book->first_count; i++)
        book->pools[book->first[i]].flags &= (uint8_t)~POOL_FIRST;
    book->first_count = 0;
}

static enum status waves_run(struct replay *replay, int64_t now_ns, struct error *reterr) {
    enum status status = STATUS_OK;
    if (replay->simulated.book.queue_count > 0 ||
        (replay->has_reference && replay->reference.book.queue_count > 0)) {
        const uint32_t max = replay->input->max_waves;
        size_t orders = 1;
        genealogy_begin_instant(&replay->genealogy);
        for (uint32_t number = 1; status == STATUS_OK && orders > 0 && (max == 0 || number <= max);
             number++)
            status = wave_run(replay, now_ns, number, &orders, reterr);
        book_end_instant(&replay->simulated.book);
        if (replay->has_reference)
            book_end_instant(&replay->reference.book);
        if (status == STATUS_OK)
            status = fund_report(replay, now_ns, reterr);
    }
    prices_note(replay);
    return status;
}

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

/* ---- instants ---- */

static void timers_due(struct book *book, int64_t now_ns) {
    while (timer_queue_next(&book->timers) <= now_ns) {
        const uint32_t pool = timer_queue_take(&book->timers);
        book->pools[pool].flags &= (uint8_t)~POOL_TIMED;
        book_queue(book, pool);
    }
}

/* Clock step and timers of one time, before the ticks of that time. */
static enum status instant_due(struct replay *replay, int64_t now_ns, struct error *reterr) {
    enum status status = tally_move(&replay->tally, now_ns, reterr);
    if (now_ns == replay->next_step_ns) {
        bool decaying = false;
        for (uint32_t i = 0; i < replay->instrument_count && status == STATUS_OK; i++) {
            if (replay->recorded[i] == 0)
                continue;
            advance(replay, i, now_ns);
            status = prices_update(replay, i, reterr);
            decaying = decaying || !replay->simulated.flow.instruments[i].quiet ||
                       (replay->has_reference && !replay->reference.flow.instruments[i].quiet);
        }
        replay->next_step_ns = decaying ? now_ns + replay->input->clock_step_ns : INT64_MAX;
    }
    timers_due(&replay->simulated.book, now_ns);
    if (replay->has_reference)
        timers_due(&replay->reference.book, now_ns);
    return status == STATUS_OK ? waves_run(replay, now_ns, reterr) : status;
}

static int64_t next_due(const struct replay *replay) {
    int64_t due = replay->next_step_ns;
    const int64_t simulated = timer_queue_next(&replay->simulated.book.timers);
    if (simulated < due)
        due = simulated;
    if (replay->has_reference) {
        const int64_t reference = timer_queue_next(&replay->reference.book.timers);
        if (reference < due)
            due = reference;
    }
    return due;
}

static enum status instant_ticks(struct replay *replay, int64_t now_ns, struct error *reterr) {
    enum status status = tally_move(&replay->tally, now_ns, reterr);
    size_t changed = 0;
    bool appeared = false;
    if (status == STATUS_OK)
        status = timeline_take(&replay->timeline, now_ns, replay->recorded, replay->changed,
                               &changed, reterr);
    for (size_t c = 0; c < changed && status == STATUS_OK; c++) {
        const uint32_t i = replay->changed[c];
        const bool first = replay->simulated.shown[i] == 0;
        advance(replay, i, now_ns);
        status = prices_update(replay, i, reterr);
        if (first)
            price_note(replay, i);
        appeared = appeared || first;
        const struct book *book = &replay->reference.book;
        if (status == STATUS_OK && replay->has_reference &&
            (ladder_reached(&book->falls[i], replay->recorded[i]) ||
             ladder_reached(&book->rises[i], replay->recorded[i])))
            status = book_price_changed(&replay->reference.book, i, reterr);
    }
    if (appeared) {
        book_prices_appeared(&replay->simulated.book);
        if (replay->has_reference)
            book_prices_appeared(&replay->reference.book);
    }
    return status == STATUS_OK ? waves_run(replay, now_ns, reterr) : status;
}

static enum status progress_report(const struct replay *replay, int64_t now_ns,
                                   struct error *reterr) {
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

/* ---- the calm ---- */

/* The stream with the soonest tick; *ret_second_ns is the soonest of all others. */
static struct stream *calm_soonest(struct timeline *timeline, int64_t *ret_second_ns) {
    struct stream *soonest = &timeline->streams[0];
    int64_t first_ns = soonest->next_ts_ns;
    int64_t second_ns = INT64_MAX;
    for (size_t i = 1; i < timeline->stream_count; i++) {
        const int64_t ts_ns = timeline->streams[i].next_ts_ns;
        if (ts_ns < first_ns) {
            second_ns = first_ns;
            first_ns = ts_ns;
            soonest = &timeline->streams[i];
        } else if (ts_ns < second_ns) {
            second_ns = ts_ns;
        }
    }
    *ret_second_ns = second_ns;
    return soonest;
}

/* Replays rows of one stream while nothing happens: before `limit_ns`, no trigger reached by either
 * side. The last row of a buffer, and whatever happens, is left to instant_ticks(). Returns the
 * time of the last row taken, or INT64_MIN. */
static int64_t calm_rows(struct replay *replay, struct stream *stream, int64_t limit_ns) {
    const size_t i = (size_t)(stream - replay->timeline.streams);
    const struct stream_buffer *buffer = &stream->buffers[stream->current];
    const struct book *book = &replay->simulated.book;
    const struct book *reference = &replay->reference.book;
    int64_t low = book->falls[i].nearest;
    int64_t rise = book->rises[i].nearest;
    if (replay->has_reference) {
        low = low > reference->falls[i].nearest ? low : reference->falls[i].nearest;
        rise = rise > reference->rises[i].nearest ? rise : reference->rises[i].nearest;
    }
    struct price_path *path = &replay->tally.recorded[i];
    int64_t last_ns = INT64_MIN;
    size_t at = stream->at;
    const size_t first = at;
    while (at + 1 < buffer->count && buffer->ts_ns[at] < limit_ns) {
        const int64_t price = buffer->price[0][at];
        if (buffer->ts_ns[at + 1] != buffer->ts_ns[at]) { /* of one time the last counts */
            if (price <= low || -price <= rise)
                break;
            price_path_update(path, price);
            last_ns = buffer->ts_ns[at];
        }
        at++;
    }
    /* Rows of one time belong together: give back those whose last was not taken. */
    while (at > first && buffer->ts_ns[at - 1] == buffer->ts_ns[at])
        at--;
    replay->timeline.ticks += at - first;
    stream->at = at;
    stream->next_ts_ns = buffer->ts_ns[at];
    return last_ns;
}

/* While no wave has yet moved a price the three paths are one: only the recorded is kept. */
static void calm_copy_paths(struct replay *replay) {
    for (size_t i = 0; i < replay->instrument_count; i++) {
        const int64_t price = replay->tally.recorded[i].last;
        replay->tally.without[i] = replay->tally.recorded[i];
        replay->tally.simulated[i] = replay->tally.recorded[i];
        replay->recorded[i] = replay->without[i] = replay->simulated.shown[i] = price;
    }
}

/* Takes ticks as long as they are of no consequence: no displacement so far, nobody queued, nothing
 * due, within the open minute. It changes nothing that instant_ticks() would not change alike. */
static enum status calm_ticks(struct replay *replay, struct error *reterr) {
    if (replay->displaced || replay->simulated.book.queue_count > 0 ||
        (replay->has_reference && replay->reference.book.queue_count > 0) ||
        replay->tally.minute_ns == INT64_MIN)
        return STATUS_OK;
    const int64_t minute_end = replay->tally.minute_ns + NS_PER_MINUTE;
    const int64_t due = next_due(replay);
    const int64_t end = due < minute_end ? due : minute_end;
    enum status status = STATUS_OK;
    bool taken = false;
    for (;;) {
        int64_t second_ns;
        struct stream *stream = calm_soonest(&replay->timeline, &second_ns);
        const size_t i = (size_t)(stream - replay->timeline.streams);
        if (stream->source->kind == SERIES_BARS || stream->next_ts_ns >= end ||
            stream->next_ts_ns == second_ns || replay->recorded[i] == 0)
            break;
        const int64_t last_ns = calm_rows(replay, stream, second_ns < end ? second_ns : end);
        if (last_ns == INT64_MIN)
            break;
        taken = true;
        replay->summary->last_ts_ns = last_ns;
        if (++replay->instants % PROGRESS_INSTANTS == 0)
            status = progress_report(replay, last_ns, reterr);
        if (status != STATUS_OK)
            break;
    }
    if (taken)
        calm_copy_paths(replay);
    return status;
}

static enum status replay_loop(struct replay *replay, struct error *reterr) {
    enum status status = STATUS_OK;
    int64_t now_ns = timeline_next(&replay->timeline);
    replay->summary->first_ts_ns = now_ns;
    while (status == STATUS_OK && now_ns != INT64_MAX) {
        int64_t due;
        while (status == STATUS_OK && (due = next_due(replay)) <= now_ns) {
            status = instant_due(replay, due, reterr);
            if (status == STATUS_OK && ++replay->instants % PROGRESS_INSTANTS == 0)
                status = progress_report(replay, due, reterr);
        }
        if (status == STATUS_OK)
            status = instant_ticks(replay, now_ns, reterr);
        if (status == STATUS_OK && ++replay->instants % PROGRESS_INSTANTS == 0)
            status = progress_report(replay, now_ns, reterr);
        replay->summary->last_ts_ns = now_ns;
        if (status == STATUS_OK)
            status = calm_ticks(replay, reterr);
        now_ns = timeline_next(&replay->timeline);
    }
    return status;
}

enum status replay_run(const struct replay_input *input, struct replay_summary *ret_summary,
                       struct error *reterr) {
    enum status status = input_check(input, reterr);
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
        status = tally_close_minute(&replay->tally, reterr);
    if (status == STATUS_OK)
        status = outcome_write(&replay->simulated.book, &replay->tally, reterr);
    if (status == STATUS_OK)
        status = residual_sum(replay, reterr);
    if (status == STATUS_OK) {
        tally_summarise(&replay->tally);
        summary->ticks = replay->timeline.ticks;
        summary->bytes_peak = book_bytes(&replay->simulated.book);
        *ret_summary = *summary;
    }
    replay_finish(replay);
    free(replay);
    free(summary);
    return status;
}
