/* Cross-impact: what a wave sells of one instrument also displaces others (models.md 1.8). Both
 * flows are treated alike, and it enters after the wave's fills: so no result depends on the order
 * of instruments, and equal flows still give the recorded price. */

#include <math.h>
#include <string.h>

#include "engine/replay/replay_internal.h"

/* What a side's wave, executed, has sold of an instrument: quantity, in log space notional. */
static double executed(const struct replay *replay, const struct side *side, uint32_t i) {
    const struct wave *wave = &side->wave;
    if (!wave->is_touched[i])
        return 0.0;
    const struct instrument *instrument = &replay->input->instruments[i];
    const double price = (double)wave->fill_price[i] * instrument->tick_size;
    const double quantity = instrument_base(instrument, (double)wave->net[i], price);
    return replay->input->impact_params[i].space == IMPACT_PRICE ? quantity : quantity * price;
}

static double effect(const struct replay *replay, const struct side *side, uint32_t on,
                     uint32_t of) {
    return on == of ? 0.0
                    : replay->input->cross[on * replay->instrument_count + of] *
                          executed(replay, side, of);
}

static double effect_of_all(const struct replay *replay, const struct side *side, uint32_t on) {
    double sum = 0.0;
    for (size_t t = 0; t < side->wave.touched_count; t++)
        sum += effect(replay, side, on, side->wave.touched[t]);
    return sum;
}

void replay_cross(struct replay *replay, int64_t now_ns) {
    struct side *simulated = &replay->simulated;
    struct side *reference = &replay->reference;
    size_t next = 0;
    size_t count = 0;
    for (uint32_t i = 0; i < replay->instrument_count; i++) {
        const bool is_touched = next < replay->touched_count && replay->touched[next] == i;
        next += is_touched;
        const double here = replay->input->feedback ? effect_of_all(replay, simulated, i) : 0.0;
        const double there = replay_has_flow(replay) ? effect_of_all(replay, reference, i) : 0.0;
        const bool moves = here != 0.0 || there != 0.0;
        if (moves) {
            replay_advance(replay, i, now_ns);
            const double before = simulated->flow.instruments[i].displacement;
            if (here != 0.0)
                flow_displace(&simulated->flow, i, here);
            if (there != 0.0)
                flow_displace(&reference->flow, i, there);
            const double moved = simulated->flow.instruments[i].displacement - before;
            replay->moved[i] = is_touched ? replay->moved[i] + moved : moved;
            replay->displaced = true;
        }
        if (moves || is_touched)
            replay->touched_next[count++] = i;
    }
    memcpy(replay->touched, replay->touched_next, count * sizeof(*replay->touched));
    replay->touched_count = count;
}

/* The instrument whose orders have moved instrument `on` most, the way it moved; SIZE_MAX: none. */
static size_t find_cause(const struct replay *replay, uint32_t on) {
    const struct side *side = &replay->simulated;
    size_t cause = SIZE_MAX;
    double most = 0.0;
    for (size_t t = 0; t < side->wave.touched_count; t++) {
        const uint32_t of = side->wave.touched[t];
        const double part = effect(replay, side, on, of);
        if ((part > 0.0) == (replay->moved[on] > 0.0) && fabs(part) > most) {
            most = fabs(part);
            cause = of;
        }
    }
    return cause;
}

/* An instrument's own orders stand for all of its move that goes their way. */
enum status replay_cross_record(struct replay *replay, struct error *reterr) {
    const struct wave *wave = &replay->simulated.wave;
    enum status status = STATUS_OK;
    for (size_t t = 0; t < replay->touched_count && status == STATUS_OK; t++) {
        const uint32_t i = replay->touched[t];
        const double moved = replay->moved[i];
        const bool own =
            wave->is_touched[i] && wave->net[i] != 0 && (wave->net[i] > 0) == (moved > 0.0);
        const size_t cause = own || moved == 0.0 ? SIZE_MAX : find_cause(replay, i);
        if (cause != SIZE_MAX)
            status = genealogy_record_cross(&replay->genealogy, i, moved, (uint32_t)cause,
                                            wave->net[cause] > 0, reterr);
    }
    return status;
}
