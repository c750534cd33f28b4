/* What is measured at the ends of minutes: branching, depth, the density map. */

#include <math.h>

#include "engine/replay/replay_internal.h"

static void measure_branching(struct replay *replay) {
    struct tally *tally = &replay->tally;
    struct replay_summary *summary = replay->summary;
    double radius;
    replay_mark_passes(replay);
    density_branching(replay->density, &replay->simulated.book, &replay->simulated.flow,
                      replay->mark_pass, tally->branching, tally->depth, &radius);
    for (size_t i = 0; i < replay->instrument_count; i++) {
        if (replay->recorded[i] == 0)
            continue;
        tally->minute[i].branching = tally->branching[i];
        tally->minute[i].depth = tally->depth[i];
        if (!(tally->branching_max[i] >= tally->branching[i]))
            tally->branching_max[i] = tally->branching[i];
    }
    summary->branching_now = radius;
    if (!(summary->branching_max >= radius)) {
        summary->branching_max = radius;
        summary->branching_max_ts_ns = tally->minute_ns;
    }
}

enum status replay_measure(struct replay *replay, bool last, struct error *reterr) {
    const struct replay_input *input = replay->input;
    const int64_t minute_ns = replay->tally.minute_ns;
    if (replay->density == NULL || minute_ns == INT64_MIN)
        return STATUS_OK;
    if (input->branching_step_ns > 0 && (last || minute_ns >= replay->branching_due_ns)) {
        measure_branching(replay);
        replay->branching_due_ns = minute_ns + input->branching_step_ns;
    }
    if (input->density_step_ns == 0 || input->sink.density == NULL ||
        (!last && minute_ns < replay->density_due_ns))
        return STATUS_OK;
    replay->density_due_ns = minute_ns + input->density_step_ns;
    return density_map(replay->density, &replay->simulated.book, minute_ns, &input->sink, reterr);
}

enum status replay_contagion(const struct replay *replay, struct error *reterr) {
    if (replay->density == NULL)
        return STATUS_OK;
    const struct contagion_matrix worst = density_worst(replay->density);
    return worst.radius < 0.0 ? STATUS_OK : contagion_report(&worst, &replay->input->sink, reterr);
}

/* Both flows see where `minute`, which is over, has left their prices. */
static void observe_minute(struct replay *replay, int64_t minute) {
    for (uint32_t i = 0; i < replay->instrument_count; i++) {
        if (replay->recorded[i] == 0)
            continue;
        const double tick_size = replay->input->instruments[i].tick_size;
        flow_observe(&replay->simulated.flow, i, minute,
                     (double)replay->simulated.shown[i] * tick_size);
        if (replay_has_flow(replay))
            flow_observe(&replay->reference.flow, i, minute,
                         (double)replay->recorded[i] * tick_size);
    }
}

enum status replay_move(struct replay *replay, int64_t now_ns, struct error *reterr) {
    replay->now_ns = now_ns;
    const int64_t minute_ns = replay->tally.minute_ns;
    if (minute_ns != INT64_MIN && now_ns >= minute_ns && now_ns - minute_ns < NS_PER_MINUTE)
        return STATUS_OK;
    const enum status status = replay_measure(replay, false, reterr);
    if (minute_ns != INT64_MIN) {
        const int64_t minute = minute_ns / NS_PER_MINUTE;
        const int64_t before_now = (int64_t)div_floor(now_ns, NS_PER_MINUTE) - 1;
        observe_minute(replay, minute);
        if (before_now > minute) /* nothing has happened in between */
            observe_minute(replay, before_now);
    }
    return status == STATUS_OK ? tally_move(&replay->tally, now_ns, reterr) : status;
}
