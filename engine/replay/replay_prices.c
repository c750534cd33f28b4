/* Prices from recorded ones and two flows (design §5), and the pools that they reach. */

#include <string.h>

#include "base/elementary.h"
#include "engine/replay/replay_internal.h"

double replay_displacement_reference(const struct replay *replay, uint32_t i) {
    return replay_has_flow(replay) ? replay->reference.flow.instruments[i].displacement : 0.0;
}

int64_t replay_compose(const struct replay *replay, uint32_t i, int64_t from, double d,
                       uint64_t *clips) {
    return flow_compose(&replay->input->instruments[i], replay->input->impact_params[i].space,
                        &replay->bounds[i], from, d, clips);
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
    return flow_compose(&replay->input->instruments[i], IMPACT_LOG, &replay->bounds[i],
                        replay->recorded[i], d, &replay->summary->price_clips);
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
    const double reference = replay_displacement_reference(replay, i);
    const double simulated = replay->simulated.flow.instruments[i].displacement;
    uint64_t *clips = &replay->summary->price_clips;
    replay->baseline[i] = baseline(replay, i);
    replay->without[i] = replay_compose(replay, i, replay->baseline[i], reference, clips);
    const int64_t shown =
        replay_compose(replay, i, replay->baseline[i], reference - simulated, clips);
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
    tally_prices(&replay->tally, i, replay->recorded[i], replay->without[i],
                 replay->simulated.shown[i]);
}
