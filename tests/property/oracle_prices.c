/* The oracle's prices: recorded, moved by two flows, and the marks that pools are judged at. */

#include "base/elementary.h"
#include "tests/property/oracle_state.h"

double oracle_displacement(const struct oracle *o, uint32_t i, int flow) {
    return o->input->impact_model[i]->displacement(&o->input->impact_params[i], o->state[i][flow]);
}

static int64_t compose_in(const struct oracle *o, uint32_t i, enum impact_space space, int64_t from,
                          double d) {
    if (d == 0.0)
        return from;
    const double exact = space == IMPACT_LOG
                             ? (double)from * elementary_exp(d)
                             : (double)from + d / o->input->instruments[i].tick_size;
    const double shifted = exact + 0.5;
    if (shifted < 1.0)
        return 1;
    return (int64_t)shifted; /* positive: truncation is floor */
}

int64_t oracle_compose(const struct oracle *o, uint32_t i, int64_t from, double d) {
    return compose_in(o, i, o->input->impact_params[i].space, from, d);
}

int64_t oracle_without_feedback(const struct oracle *o, uint32_t i) {
    return oracle_compose(o, i, o->baseline[i], oracle_displacement(o, i, 1));
}

void oracle_advance(struct oracle *o, uint32_t i) {
    for (int flow = 0; flow < 2; flow++)
        o->input->impact_model[i]->advance(&o->input->impact_params[i], o->state[i][flow],
                                           o->now - o->advanced_ts[i]);
    o->advanced_ts[i] = o->now;
}

/* The mark price of a flow as the venue makes it of its price. */
static int64_t fair_mark(struct oracle *o, uint32_t i, int flow) {
    struct oracle_price price = {.instrument = &o->input->instruments[i],
                                 .price = flow == 0 ? o->shown[i] : o->recorded[i],
                                 .outside = 1.0};
    if (o->input->marks == NULL || o->input->marks[i].source == MARK_LAST)
        return price.price;
    const double d = oracle_displacement(o, i, 1) - oracle_displacement(o, i, 0);
    if (flow == 0)
        price.outside = (double)o->baseline[i] / (double)o->recorded[i];
    if (flow == 0 && d != 0.0) {
        const double from = (double)o->baseline[i];
        double exact = o->input->impact_params[i].space == IMPACT_LOG
                           ? d
                           : (from + d / price.instrument->tick_size) / from;
        if (o->input->impact_params[i].space != IMPACT_LOG)
            exact = exact * from > 1.0 ? elementary_log(exact) : -1e9;
        const double floor = -elementary_log(from);
        price.moved = exact > floor ? exact : floor;
    }
    const struct oracle_flow *side = flow == 0 ? &o->result->simulated : &o->result->reference;
    return oracle_mark(&o->averages[flow][i], &o->input->marks[i], &side->book.rulebook->mark,
                       &o->readings[i], &price, o->now);
}

/* The mark that a feed makes of it. */
static void judge(struct oracle *o, uint32_t i, int flow) {
    const struct oracle_feed *feed = &o->feed[i];
    int64_t *mark = &o->mark[flow][i];
    if (flow == 1 && !o->modelled)
        return;
    const int64_t price = fair_mark(o, i, flow);
    if (price == PRICE_NONE)
        return;
    o->fair[flow][i] = price;
    if (flow == 0 && o->first[i] == PRICE_NONE)
        o->first[i] = price;
    if (flow == 1 && o->first_history[i] == PRICE_NONE)
        o->first_history[i] = price;
    if (feed->stopped && *mark != PRICE_NONE)
        return;
    const int64_t before = *mark;
    *mark = (int64_t)div_nearest((int128)price * feed->factor_e8, RATE_SCALE);
    if (*mark < 1)
        *mark = 1;
    if (*mark == before || o->moved_in[flow][i] == o->moment)
        return;
    o->mark_before[flow][i] = before;
    o->moved_in[flow][i] = o->moment;
}

void oracle_show(struct oracle *o, uint32_t i) {
    double d = o->shift[i];
    const int64_t first = o->result->prices[i].first_recorded;
    if (o->input->scale != NULL && o->input->scale[i] != 1.0 && first != PRICE_NONE)
        d += (o->input->scale[i] - 1.0) * elementary_log((double)o->recorded[i] / (double)first);
    o->baseline[i] = compose_in(o, i, IMPACT_LOG, o->recorded[i], d);
    o->shown[i] = oracle_compose(o, i, o->baseline[i],
                                 oracle_displacement(o, i, 1) - oracle_displacement(o, i, 0));
    judge(o, i, 0);
    judge(o, i, 1);
}

/* A path is the first price and then that after each wave (interface.md section 6): the price that
 * a tick brings before its wave is not in it, or a fall that the reference flow explains would
 * count as one without feedback. */
void oracle_begin_path(struct oracle *o, uint32_t i) {
    struct replay_price_summary *p = &o->result->prices[i];
    p->first = p->min = p->max = p->last = o->shown[i];
    p->first_without = p->min_without = p->last_without = oracle_without_feedback(o, i);
    p->first_recorded = p->min_recorded = p->last_recorded = o->recorded[i];
}

void oracle_note_prices(struct oracle *o) {
    for (uint32_t i = 0; i < o->input->instrument_count; i++) {
        struct replay_price_summary *p = &o->result->prices[i];
        if (o->recorded[i] == PRICE_NONE)
            continue;
        const int64_t without = oracle_without_feedback(o, i);
        p->last = o->shown[i];
        p->last_without = without;
        p->last_recorded = o->recorded[i];
        p->min = p->last < p->min ? p->last : p->min;
        p->max = p->last > p->max ? p->last : p->max;
        p->min_without = without < p->min_without ? without : p->min_without;
        p->min_recorded = p->last_recorded < p->min_recorded ? p->last_recorded : p->min_recorded;
    }
}
