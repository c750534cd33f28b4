/* The oracle's waves: both flows from what stood before, in lockstep. */

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tests/property/oracle_state.h"

/* What the wave of one flow, executed at `fills`, does to other instruments than those it sold. */
static void cross(struct oracle *o, int flow, const int64_t *fills) {
    const size_t count = o->input->instrument_count;
    for (uint32_t on = 0; o->input->cross != NULL && on < count; on++) {
        double moved = 0.0;
        for (uint32_t of = 0; of < count; of++) {
            const struct instrument *sold = &o->input->instruments[of];
            if (of == on || !o->ordered[flow][of])
                continue;
            const double at = (double)fills[of] * sold->tick_size;
            double amount = (double)o->net[flow][of] * sold->lot_size;
            if (sold->kind == CONTRACT_INVERSE) /* counted in quote */
                amount /= at;
            if (o->input->impact_params[of].space == IMPACT_LOG)
                amount *= at;
            moved += o->input->cross[on * count + of] * amount;
        }
        if (moved == 0.0)
            continue;
        oracle_advance(o, on);
        o->input->impact_model[on]->displace(&o->input->impact_params[on], o->state[on][flow],
                                             moved);
    }
}

/* What a trial of a wave needs. */
struct trial {
    struct oracle *o;
    int flow;
    double reference; /* displacement of the reference before the wave */
};

/* The fill of a wave of `net` lots of instrument `i`, executed upon `state`. */
static int64_t execute(const struct trial *trial, uint32_t i, int64_t net, double *state) {
    const struct oracle *o = trial->o;
    const struct instrument *instrument = &o->input->instruments[i];
    const struct impact_model *model = o->input->impact_model[i];
    const int64_t from = trial->flow == 0 ? o->baseline[i] : o->recorded[i];
    if (trial->flow == 0 && !o->input->feedback)
        return o->shown[i];
    double average = model->displacement(&o->input->impact_params[i], state);
    if (net != 0) {
        const double price =
            (double)oracle_compose(o, i, from, trial->reference - average) * instrument->tick_size;
        double quantity = (double)net * instrument->lot_size;
        if (instrument->kind == CONTRACT_INVERSE) /* counted in quote */
            quantity /= price;
        double after;
        model->execute(&o->input->impact_params[i], state, price, quantity, &average, &after);
    }
    return oracle_compose(o, i, from, trial->reference - average);
}

/* What the fill would be; changes nothing. */
static int64_t try_market(const void *context, uint32_t i, int64_t net) {
    const struct trial *trial = context;
    double state[IMPACT_STATE_MAX];
    memcpy(state, trial->o->state[i][trial->flow], sizeof(state));
    return execute(trial, i, net, state);
}

/* The wave's fills and displacements of instrument `i`: both flows from what stood before. */
static void execute_both(struct oracle *o, uint32_t i, int64_t *const *ret_fills) {
    struct oracle_book *books[2] = {&o->result->simulated.book, &o->result->reference.book};
    if (!o->ordered[0][i] && !o->ordered[1][i])
        return;
    oracle_advance(o, i);
    const double reference = oracle_displacement(o, i, 1);
    for (int flow = 0; flow < 2; flow++) {
        const struct trial trial = {o, flow, reference};
        int64_t *net = &o->net[flow][i];
        if (!o->ordered[flow][i])
            continue;
        if (flow == 0 || o->modelled) {
            oracle_limit(books[flow], i, try_market, &trial);
            oracle_book_divide(books[flow], i, o->mark[flow], try_market, &trial);
            oracle_limit(books[flow], i, try_market, &trial); /* some have left the market */
            oracle_book_divide_rests(books[flow], i, o->mark[flow]);
            oracle_book_take_over(books[flow], i, o->mark[flow]);
            (void)oracle_book_net(books[flow], i, net);
        }
        ret_fills[flow][i] = execute(&trial, i, *net, o->state[i][flow]);
        if (flow == 0 || o->modelled)
            oracle_limit_note(books[flow], i, ret_fills[flow][i], o->mark[flow][i]);
    }
}

static void settle(struct oracle *o, int flow, const int64_t *fills, uint32_t wave) {
    struct oracle_flow *of = flow == 0 ? &o->result->simulated : &o->result->reference;
    const size_t rows = of->book.row_count;
    oracle_book_settle(&of->book, fills, o->mark[flow], o->now);
    if (of->book.row_count > rows && wave > of->orders_wave_max)
        of->orders_wave_max = wave;
    if (oracle_fund(&of->book) < of->fund_min)
        of->fund_min = oracle_fund(&of->book);
}

/* The fund after an instant that changed it. */
static void note_fund(struct oracle *o, struct oracle_flow *flow) {
    const int128 fund = oracle_fund(&flow->book);
    if (fund == flow->fund_seen)
        return;
    flow->fund_seen = fund;
    if (fund < flow->fund_min)
        flow->fund_min = fund;
    flow->funds = realloc(flow->funds, (flow->fund_count + 1) * sizeof(*flow->funds));
    assert(flow->funds != NULL);
    flow->funds[flow->fund_count++] =
        (struct fund_record){.ts_ns = o->now, .balance = units_narrow(fund)};
}

static bool anything_in(const struct oracle_book *book) {
    bool any = book->order_count > 0 || book->exchange_count > 0;
    for (size_t i = 0; book->pool_count > 0 && i < book->input->instrument_count; i++)
        any = any || book->worked_off[i] != 0;
    return any;
}

/* Who orders something of an instrument: accounts, or what was published of history. */
static void find_orders(struct oracle *o, uint32_t i) {
    o->ordered[0][i] = oracle_book_net(&o->result->simulated.book, i, &o->net[0][i]);
    o->ordered[1][i] = o->modelled && oracle_book_net(&o->result->reference.book, i, &o->net[1][i]);
    if (!o->recorded_flow)
        return;
    o->net[1][i] = oracle_history_take(&o->history[i], o->input->instruments[i].lot_size);
    o->ordered[1][i] = o->net[1][i] != 0;
}

static bool is_published(const struct oracle *o) {
    bool any = false;
    for (uint32_t i = 0; i < o->input->instrument_count; i++)
        any = any || o->history[i].waiting != 0.0;
    return any;
}

/* By cross-impact, where nothing of it was ordered. */
static bool moved_since(const struct oracle *o, uint32_t i, double *const *before) {
    return oracle_displacement(o, i, 0) != before[0][i] ||
           oracle_displacement(o, i, 1) != before[1][i];
}

/* The waves of one instant, its prices being set. */
void oracle_run_waves(struct oracle *o) {
    const size_t count = o->input->instrument_count;
    struct oracle_flow *simulated = &o->result->simulated;
    struct oracle_flow *reference = &o->result->reference;
    int64_t *fills[2] = {oracle_allocate(count, sizeof(int64_t)),
                         oracle_allocate(count, sizeof(int64_t))};
    double *before[2] = {oracle_allocate(count, sizeof(double)),
                         oracle_allocate(count, sizeof(double))};
    o->instant++;
    for (uint32_t wave = 1; (!o->engine_stopped || is_published(o)) &&
                            (o->input->max_waves == 0 || wave <= o->input->max_waves);
         wave++) {
        if (!o->engine_stopped)
            oracle_book_assess(&simulated->book, o->mark[0], o->fair[0], o->now, o->instant, wave);
        if (!o->engine_stopped && o->modelled)
            oracle_book_assess(&reference->book, o->mark[1], o->fair[1], o->now, o->instant, wave);
        if (!anything_in(&simulated->book) && !anything_in(&reference->book) && !is_published(o))
            break;
        simulated->book.coverage.reference_orders += reference->book.order_count;
        for (uint32_t i = 0; i < count; i++) {
            find_orders(o, i);
            before[0][i] = oracle_displacement(o, i, 0);
            before[1][i] = oracle_displacement(o, i, 1);
            execute_both(o, i, fills);
        }
        if (o->input->feedback)
            cross(o, 0, fills[0]);
        if (o->modelled || o->recorded_flow)
            cross(o, 1, fills[1]);
        settle(o, 0, fills[0], wave);
        if (o->modelled)
            settle(o, 1, fills[1], wave);
        for (uint32_t i = 0; i < count; i++)
            if (o->recorded[i] != PRICE_NONE &&
                (o->ordered[0][i] || o->ordered[1][i] || moved_since(o, i, before)))
                oracle_show(o, i);
        oracle_note_prices(o);
    }
    oracle_note_prices(o);
    oracle_book_note_fund(&simulated->book, o->now);
    if (o->modelled)
        oracle_book_note_fund(&reference->book, o->now);
    note_fund(o, simulated);
    if (o->modelled)
        note_fund(o, reference);
    free(fills[0]);
    free(fills[1]);
    free(before[0]);
    free(before[1]);
}
