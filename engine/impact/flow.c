#include "engine/impact/flow.h"

#include <stdlib.h>
#include <string.h>

#include "base/elementary.h"
#include "base/units.h"

enum status flow_init(struct flow *flow, size_t instrument_count,
                      const struct impact_model *const *models, const struct impact_params *params,
                      struct error *reterr) {
    memset(flow, 0, sizeof(*flow));
    flow->instruments = calloc(instrument_count, sizeof(*flow->instruments));
    flow->memory = calloc(instrument_count * IMPACT_MEMORY_MAX, sizeof(*flow->memory));
    if (flow->instruments == NULL || flow->memory == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for impact states");
    flow->models = models;
    flow->params = params;
    for (size_t i = 0; i < instrument_count; i++)
        flow->instruments[i].quiet = true;
    return STATUS_OK;
}

void flow_finish(struct flow *flow) {
    free(flow->instruments);
    free(flow->memory);
    memset(flow, 0, sizeof(*flow));
}

void flow_advance(struct flow *flow, uint32_t instrument, int64_t now_ns) {
    struct flow_state *s = &flow->instruments[instrument];
    if (!s->quiet && now_ns > s->advanced_ns) {
        const int64_t elapsed_ns = now_ns - s->advanced_ns;
        double before[IMPACT_STATE_MAX];
        memcpy(before, s->state, sizeof(before));
        flow->models[instrument]->advance(&flow->params[instrument], s->state, elapsed_ns);
        s->displacement =
            flow->models[instrument]->displacement(&flow->params[instrument], s->state);
        /* A millisecond is long enough to change every state that can still change (half-lives end
         * at 1e9 s); a nanosecond may round to no change at all. */
        s->quiet = elapsed_ns >= NS_PER_MS && memcmp(before, s->state, sizeof(before)) == 0;
    }
    s->advanced_ns = now_ns;
}

void flow_observe(struct flow *flow, uint32_t instrument, int64_t minute, double price) {
    const struct impact_model *model = flow->models[instrument];
    if (model->observe != NULL)
        model->observe(&flow->params[instrument], flow->instruments[instrument].state,
                       flow->memory + (size_t)instrument * IMPACT_MEMORY_MAX, minute, price);
}

void flow_set_depth(struct flow *flow, uint32_t instrument, double factor) {
    const struct impact_model *model = flow->models[instrument];
    if (model->set_depth != NULL)
        model->set_depth(flow->instruments[instrument].state, factor);
}

void flow_displace(struct flow *flow, uint32_t instrument, double amount) {
    const struct impact_model *model = flow->models[instrument];
    const struct impact_params *params = &flow->params[instrument];
    struct flow_state *s = &flow->instruments[instrument];
    model->displace(params, s->state, amount);
    s->displacement = model->displacement(params, s->state);
    s->quiet = params->half_life_s <= 0.0;
}

double flow_execute(const struct flow *flow, uint32_t instrument, struct flow_state *state,
                    double price, double net_quantity) {
    double average;
    flow->models[instrument]->execute(&flow->params[instrument], state->state, price, net_quantity,
                                      &average, &state->displacement);
    state->quiet = flow->params[instrument].half_life_s <= 0.0;
    return average;
}

double flow_log_move(const struct instrument *instrument, enum impact_space space,
                     int64_t from_ticks, double d) {
    if (d == 0.0)
        return 0.0;
    const double from = (double)from_ticks;
    const double lowest = -elementary_log(from);
    const double moved = from + d / instrument->tick_size;
    const double move = space == IMPACT_LOG ? d
                        : moved > 1.0       ? elementary_log(moved / from)
                                            : lowest;
    return move > lowest ? move : lowest;
}

int64_t flow_compose(const struct instrument *instrument, enum impact_space space,
                     const struct price_bounds *bounds, int64_t recorded_ticks, double d,
                     uint64_t *clips) {
    if (d == 0.0)
        return recorded_ticks;
    const double recorded = (double)recorded_ticks;
    const double price =
        space == IMPACT_LOG ? recorded * elementary_exp(d) : recorded + d / instrument->tick_size;
    const int64_t low = recorded_ticks < bounds->low ? recorded_ticks : bounds->low;
    const int64_t high = recorded_ticks > bounds->high ? recorded_ticks : bounds->high;
    if (price < (double)low || price != price) {
        *clips += price < (double)low - 0.5 || price != price;
        return low;
    }
    if (price > (double)high) {
        *clips += 1;
        return high;
    }
    return (int64_t)(price + 0.5);
}
