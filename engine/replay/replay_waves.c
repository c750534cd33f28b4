/* Prices from recorded ones and two flows, and the waves of an instant in lockstep (design §4.3,
 * §5): wave k of both sides is computed from the displacements before it, then both enter. */

#include <string.h>

#include "base/elementary.h"
#include "engine/book/fund_split.h"
#include "engine/liquidation/execute.h"
#include "engine/replay/replay_internal.h"

#define PROGRESS_WAVES 64

/* ---- prices ---- */

static double displacement_reference(const struct replay *replay, uint32_t i) {
    return replay_has_flow(replay) ? replay->reference.flow.instruments[i].displacement : 0.0;
}

/* `from` moved by d in the instrument's space. */
static int64_t compose(const struct replay *replay, uint32_t i, int64_t from, double d,
                       uint64_t *clips) {
    return flow_compose(&replay->input->instruments[i], replay->input->impact_params[i].space, from,
                        d, clips);
}

/* While both sides have had the same flow their states are the same, and one decay serves both. */
void replay_advance(struct replay *replay, uint32_t i, int64_t now_ns) {
    struct flow_state *state = &replay->simulated.flow.instruments[i];
    const double before = state->displacement;
    if (!replay_has_flow(replay)) {
        flow_advance(&replay->simulated.flow, i, now_ns);
    } else {
        struct flow_state *reference = &replay->reference.flow.instruments[i];
        const bool same = memcmp(state, reference, sizeof(*state)) == 0;
        flow_advance(&replay->reference.flow, i, now_ns);
        if (same)
            *state = *reference;
        else
            flow_advance(&replay->simulated.flow, i, now_ns);
    }
    if (state->displacement != before)
        genealogy_decay(&replay->genealogy, i, before, state->displacement);
}

/* The recorded price, its log moves stretched by `scale`, shocked by what has happened so far. */
static int64_t baseline(const struct replay *replay, uint32_t i) {
    double d = replay->shift[i];
    const int64_t first = replay->tally.recorded[i].first;
    if (replay->input->scale != NULL && replay->input->scale[i] != 1.0 && first > 0)
        d += (replay->input->scale[i] - 1.0) *
             elementary_log((double)replay->recorded[i] / (double)first);
    return flow_compose(&replay->input->instruments[i], IMPACT_LOG, replay->recorded[i], d,
                        &replay->summary->price_clips);
}

void replay_schedule_step(struct replay *replay) {
    const int64_t step = replay->input->clock_step_ns;
    if (step > 0 && replay->next_step_ns == INT64_MAX)
        replay->next_step_ns = (int64_t)(div_floor(replay->now_ns, step) + 1) * step;
}

enum status replay_check_reference(struct replay *replay, uint32_t i, struct error *reterr) {
    struct book *book = &replay->reference.book;
    if (!replay->has_reference || (!ladder_reached(&book->falls[i], replay->reference.mark[i]) &&
                                   !ladder_reached(&book->rises[i], replay->reference.mark[i])))
        return STATUS_OK;
    return book_price_changed(book, i, reterr);
}

enum status replay_update_price(struct replay *replay, uint32_t i, struct error *reterr) {
    const double reference = displacement_reference(replay, i);
    const double simulated = replay->simulated.flow.instruments[i].displacement;
    uint64_t *clips = &replay->summary->price_clips;
    replay->baseline[i] = baseline(replay, i);
    replay->without[i] = compose(replay, i, replay->baseline[i], reference, clips);
    const int64_t shown = compose(replay, i, replay->baseline[i], reference - simulated, clips);
    replay->simulated.shown[i] = shown;
    if (!replay->is_moved[i]) {
        replay->is_moved[i] = true;
        replay->moved_prices[replay->moved_prices_count++] = i;
    }
    replay_update_marks(replay, i);
    struct book *book = &replay->simulated.book;
    const int64_t mark = replay->simulated.mark[i];
    if (ladder_reached(&book->falls[i], mark) || ladder_reached(&book->rises[i], mark))
        return book_price_changed(book, i, reterr);
    return STATUS_OK;
}

void replay_note_price(struct replay *replay, uint32_t i) {
    price_path_update(&replay->tally.recorded[i], replay->recorded[i]);
    price_path_update_held(&replay->tally.without[i], replay->without[i],
                           tally_hold(&replay->tally, i, replay->without[i]));
    price_path_update(&replay->tally.simulated[i], replay->simulated.shown[i]);
}

/* Takes the prices as they stand into the paths: after each wave, and after an instant without one.
 * What a tick brings before its first wave is no point of a path, or a fall that the reference flow
 * of that very instant explains would count as one without feedback. The first price is a point. */
static void prices_note(struct replay *replay) {
    for (size_t m = 0; m < replay->moved_prices_count; m++) {
        replay->is_moved[replay->moved_prices[m]] = false;
        replay_note_price(replay, replay->moved_prices[m]);
    }
    replay->moved_prices_count = 0;
}

/* ---- waves ---- */

/* Finds the instruments with an order of either side. */
static void wave_touched(struct replay *replay) {
    const struct wave *a = &replay->simulated.wave;
    const struct wave *b = &replay->reference.wave;
    const size_t b_count = replay_has_flow(replay) ? b->touched_count : 0;
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
    replay->touched_count = count;
}

/* What a trial of a wave's price needs to know. */
struct trial {
    const struct replay *replay;
    const struct side *side;
    int64_t from;  /* price that displacements are taken from: recorded, or shocked and scaled */
    double before; /* D_ref before the wave: both sides' fills are taken against it */
    bool moves;    /* the side's flow moves prices */
};

/* The fill price of a wave of `net` lots, and the displacement's state after it in `state`. */
static int64_t trial_execute(const struct trial *trial, uint32_t i, int128 net,
                             struct flow_state *state) {
    const struct replay *replay = trial->replay;
    if (!trial->moves)
        return trial->side->shown[i];
    const struct instrument *instrument = &replay->input->instruments[i];
    uint64_t clips = 0;
    double average = state->displacement;
    if (net != 0) {
        const int64_t ticks = compose(replay, i, trial->from, trial->before - average, &clips);
        const double price = (double)ticks * instrument->tick_size;
        average = flow_execute(&trial->side->flow, i, state, price,
                               instrument_base(instrument, (double)net, price));
    }
    return compose(replay, i, trial->from, trial->before - average, &clips);
}

static int64_t trial_fill(const void *context, uint32_t i, int128 net) {
    const struct trial *trial = context;
    struct flow_state state = trial->side->flow.instruments[i];
    return trial_execute(trial, i, net, &state);
}

/* One side's wave in instrument i, already advanced to now: what goes to market, at which price,
 * and the displacement after it. */
static enum status side_execute(const struct replay *replay, struct side *side, uint32_t i,
                                double before, bool moves, struct error *reterr) {
    struct wave *wave = &side->wave;
    if (!wave->is_touched[i])
        return STATUS_OK;
    const int64_t from = side == &replay->reference ? replay->recorded[i] : replay->baseline[i];
    const struct trial trial = {replay, side, from, before, moves};
    const enum status status = execute_divide(&side->book, wave, i, trial_fill, &trial, reterr);
    if (status != STATUS_OK)
        return status;
    wave->fill_price[i] = trial_execute(&trial, i, wave->net[i], &side->flow.instruments[i]);
    execute_settle_limits(&side->book, wave, i);
    return STATUS_OK;
}

/* The recorded flow's orders in instrument i: nobody's, so nothing is divided or settled. */
static void history_execute(struct replay *replay, uint32_t i, double before) {
    struct side *side = &replay->reference;
    struct wave *wave = &side->wave;
    if (!wave->is_touched[i])
        return;
    const struct trial trial = {replay, side, replay->recorded[i], before, true};
    wave->fill_price[i] = trial_execute(&trial, i, wave->net[i], &side->flow.instruments[i]);
    const int128 value = instrument_value_floor(&replay->input->instruments[i],
                                                (int64_t)wave->net[i], replay->recorded[i]);
    replay->summary->cleaned_notional += value < 0 ? -value : value;
}

static enum status wave_execute(struct replay *replay, int64_t now_ns, struct error *reterr) {
    wave_touched(replay);
    enum status status = STATUS_OK;
    for (size_t t = 0; t < replay->touched_count && status == STATUS_OK; t++) {
        const uint32_t i = replay->touched[t];
        replay_advance(replay, i, now_ns);
        const double reference = displacement_reference(replay, i);
        const double simulated = replay->simulated.flow.instruments[i].displacement;
        if (replay->has_reference)
            status = side_execute(replay, &replay->reference, i, reference, true, reterr);
        else if (replay->history != NULL)
            history_execute(replay, i, reference);
        if (status == STATUS_OK)
            status = side_execute(replay, &replay->simulated, i, reference, replay->input->feedback,
                                  reterr);
        replay->moved[i] = replay->simulated.flow.instruments[i].displacement - simulated;
        replay->displaced = replay->displaced || replay->moved[i] != 0.0 ||
                            displacement_reference(replay, i) != reference;
    }
    if (status == STATUS_OK && replay->input->cross != NULL)
        replay_cross(replay, now_ns);
    if (replay->touched_count > 0)
        replay_schedule_step(replay);
    return status;
}

/* What the simulated side's settled wave leaves behind: genealogy, totals, rows. */
static enum status wave_report(struct replay *replay, struct error *reterr) {
    struct wave *wave = &replay->simulated.wave;
    enum status status = genealogy_record(&replay->genealogy, wave, replay->moved, reterr);
    if (status == STATUS_OK && replay->input->cross != NULL)
        status = replay_cross_record(replay, reterr);
    if (status == STATUS_OK)
        status = tally_liquidations(&replay->tally, wave->row_count, wave->rows, reterr);
    if (status == STATUS_OK)
        status = tally_adl(&replay->tally, wave->adl_row_count, wave->adl_rows, reterr);
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
    if (fund < replay->summary->fund_min)
        replay->summary->fund_min = fund;
    const struct fund_record row = {now_ns, replay->fund_seen};
    const struct event_sink *sink = &replay->input->sink;
    return sink->fund == NULL ? STATUS_OK : sink->fund(sink->context, 1, &row, reterr);
}

/* One wave of both sides. *ret_orders: instruments with an order, of the two together. */
static enum status wave_run(struct replay *replay, int64_t now_ns, uint32_t number,
                            size_t *ret_orders, struct error *reterr) {
    struct side *simulated = &replay->simulated;
    struct side *reference = &replay->reference;
    enum status status = STATUS_OK;
    wave_clear(&simulated->wave);
    wave_clear(&reference->wave);
    if (replay->history != NULL)
        history_collect(replay->history, &reference->wave);
    if (replay->has_reference && !replay->engine_stopped)
        status = wave_collect(&reference->book, &reference->wave, now_ns, NULL, NULL, reterr);
    if (status == STATUS_OK && !replay->engine_stopped)
        status = wave_collect(&simulated->book, &simulated->wave, now_ns, genealogy_trace,
                              &replay->genealogy, reterr);
    const size_t orders = simulated->wave.touched_count + reference->wave.touched_count;
    *ret_orders = orders;
    if (status != STATUS_OK || orders == 0)
        return status;
    status = wave_execute(replay, now_ns, reterr);
    if (status == STATUS_OK && replay->has_reference)
        status = wave_settle(&reference->book, &reference->wave, now_ns, number, reterr);
    if (status == STATUS_OK)
        status = wave_settle(&simulated->book, &simulated->wave, now_ns, number, reterr);
    if (status == STATUS_OK)
        status = wave_report(replay, reterr);
    for (size_t t = 0; t < replay->touched_count && status == STATUS_OK; t++) {
        const uint32_t i = replay->touched[t];
        if (replay->recorded[i] == 0)
            continue;
        status = replay_update_price(replay, i, reterr);
        if (status == STATUS_OK) /* its mark price may have moved with time */
            status = replay_check_reference(replay, i, reterr);
    }
    prices_note(replay);
    return status;
}

static void book_end_instant(struct book *book) {
    for (size_t i = 0; i < book->first_count; i++)
        book->pools[book->first[i]].flags &= (uint8_t)~POOL_FIRST;
    book->first_count = 0;
}

static bool book_has_work(const struct book *book, int64_t now_ns) {
    return book->queue_count > 0 || now_ns >= book->work_off_ns;
}

/* Recorded orders come even where the engine stands: they are in the recorded path. */
static bool has_work(const struct replay *replay, int64_t now_ns) {
    return history_pending(replay->history) ||
           (!replay->engine_stopped &&
            (book_has_work(&replay->simulated.book, now_ns) ||
             (replay->has_reference && book_has_work(&replay->reference.book, now_ns))));
}

enum status replay_waves(struct replay *replay, int64_t now_ns, struct error *reterr) {
    enum status status = STATUS_OK;
    if (has_work(replay, now_ns)) {
        const uint32_t max = replay->input->max_waves;
        size_t orders = 1;
        genealogy_begin_instant(&replay->genealogy);
        for (uint32_t number = 1; status == STATUS_OK && orders > 0 && (max == 0 || number <= max);
             number++) {
            status = wave_run(replay, now_ns, number, &orders, reterr);
            if (status == STATUS_OK && number % PROGRESS_WAVES == 0)
                status = replay_report(replay, now_ns, reterr);
        }
        book_end_instant(&replay->simulated.book);
        if (replay->has_reference)
            book_end_instant(&replay->reference.book);
    }
    if (status == STATUS_OK)
        status = fund_split_note(&replay->simulated.book, now_ns, reterr);
    if (status == STATUS_OK && replay->has_reference)
        status = fund_split_note(&replay->reference.book, now_ns, reterr);
    prices_note(replay);
    return status == STATUS_OK ? fund_report(replay, now_ns, reterr) : status;
}
