#include "tests/property/oracle.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/elementary.h"
#include "tests/property/oracle_history.h"
#include "tests/property/oracle_marks.h"
#include "tests/property/oracle_ticks.h"

/* The mark price feed of one instrument. */
struct oracle_feed {
    bool stopped;
    int64_t factor_e8;
};

struct oracle {
    const struct replay_input *input;
    struct oracle_result *result;
    size_t tick_count;
    struct oracle_tick *ticks;
    int64_t now;
    int64_t instant; /* number of the present instant */
    bool modelled;
    int64_t *recorded; /* an instrument; PRICE_NONE before its first tick */
    int64_t *shown;
    int64_t *first;         /* the mark at which accounts begin */
    int64_t *first_history; /* those of the reference */
    int64_t *advanced_ts;
    int64_t *baseline; /* recorded, shocked and scaled */
    double *shift;     /* log of the shocks so far */
    struct oracle_feed *feed;
    int64_t moment;          /* number of the present instant, from its beginning */
    int64_t *mark_before[2]; /* that at the start of the latest instant that moved it */
    int64_t *moved_in[2];    /* that instant */
    int64_t *mark[2];        /* what pools are judged at: [0] simulated, [1] reference */
    int64_t *fair[2];        /* the same from a feed without fault */
    struct oracle_mark *averages[2];
    struct oracle_readings *readings;
    struct oracle_history *history; /* an instrument: what was published of its forced orders */
    bool recorded_flow;             /* and that it is taken out of its path */
    int64_t *net[2];                /* lots that the wave sells */
    bool *ordered[2];               /* there is something in it */
    size_t event;                   /* the next one */
    bool engine_stopped;
    int64_t minute;                       /* under way; INT64_MIN: none yet */
    double (*state)[2][IMPACT_STATE_MAX]; /* [0] simulated, [1] reference */
    double (*memory)[2][IMPACT_MEMORY_MAX];
};

static void *allocate(size_t count, size_t size) {
    void *memory = calloc(count > 0 ? count : 1, size);
    assert(memory != NULL);
    return memory;
}

/* ---- prices ---- */

static double displacement(const struct oracle *o, uint32_t i, int flow) {
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

static int64_t compose(const struct oracle *o, uint32_t i, int64_t from, double d) {
    return compose_in(o, i, o->input->impact_params[i].space, from, d);
}

static int64_t without_feedback(const struct oracle *o, uint32_t i) {
    return compose(o, i, o->baseline[i], displacement(o, i, 1));
}

static void advance(struct oracle *o, uint32_t i) {
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
    const double d = displacement(o, i, 1) - displacement(o, i, 0);
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

static void show(struct oracle *o, uint32_t i) {
    double d = o->shift[i];
    const int64_t first = o->result->prices[i].first_recorded;
    if (o->input->scale != NULL && o->input->scale[i] != 1.0 && first != PRICE_NONE)
        d += (o->input->scale[i] - 1.0) * elementary_log((double)o->recorded[i] / (double)first);
    o->baseline[i] = compose_in(o, i, IMPACT_LOG, o->recorded[i], d);
    o->shown[i] = compose(o, i, o->baseline[i], displacement(o, i, 1) - displacement(o, i, 0));
    judge(o, i, 0);
    judge(o, i, 1);
}

/* A path is the first price and then that after each wave (interface.md section 6): the price that
 * a tick brings before its wave is not in it, or a fall that the reference flow explains would
 * count as one without feedback. */
static void begin_path(struct oracle *o, uint32_t i) {
    struct replay_price_summary *p = &o->result->prices[i];
    p->first = p->min = p->max = p->last = o->shown[i];
    p->first_without = p->min_without = p->last_without = without_feedback(o, i);
    p->first_recorded = p->min_recorded = p->last_recorded = o->recorded[i];
}

static void note_prices(struct oracle *o) {
    for (uint32_t i = 0; i < o->input->instrument_count; i++) {
        struct replay_price_summary *p = &o->result->prices[i];
        if (o->recorded[i] == PRICE_NONE)
            continue;
        const int64_t without = without_feedback(o, i);
        p->last = o->shown[i];
        p->last_without = without;
        p->last_recorded = o->recorded[i];
        p->min = p->last < p->min ? p->last : p->min;
        p->max = p->last > p->max ? p->last : p->max;
        p->min_without = without < p->min_without ? without : p->min_without;
        p->min_recorded = p->last_recorded < p->min_recorded ? p->last_recorded : p->min_recorded;
    }
}

/* ---- an instant ---- */

/* Minutes that are over are seen by both flows, one by one: each sees the prices of its own path.
 */
static void move_to(struct oracle *o, int64_t ts_ns) {
    const int64_t minute = (int64_t)div_floor(ts_ns, NS_PER_MINUTE);
    if (o->minute == INT64_MIN)
        o->minute = minute;
    for (; o->minute < minute; o->minute++)
        for (uint32_t i = 0; i < o->input->instrument_count; i++) {
            const struct impact_model *model = o->input->impact_model[i];
            if (o->recorded[i] == PRICE_NONE || model->observe == NULL)
                continue;
            const double tick_size = o->input->instruments[i].tick_size;
            model->observe(&o->input->impact_params[i], o->state[i][0], o->memory[i][0], o->minute,
                           (double)o->shown[i] * tick_size);
            model->observe(&o->input->impact_params[i], o->state[i][1], o->memory[i][1], o->minute,
                           (double)o->recorded[i] * tick_size);
        }
    o->now = ts_ns;
}

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
        advance(o, on);
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
            (double)compose(o, i, from, trial->reference - average) * instrument->tick_size;
        double quantity = (double)net * instrument->lot_size;
        if (instrument->kind == CONTRACT_INVERSE) /* counted in quote */
            quantity /= price;
        double after;
        model->execute(&o->input->impact_params[i], state, price, quantity, &average, &after);
    }
    return compose(o, i, from, trial->reference - average);
}

/* What the fill would be; changes nothing. */
static int64_t try_market(const void *context, uint32_t i, int64_t net) {
    const struct trial *trial = context;
    double state[IMPACT_STATE_MAX];
    memcpy(state, trial->o->state[i][trial->flow], sizeof(state));
    return execute(trial, i, net, state);
}

static int64_t try_fill(const void *context, uint32_t i, int64_t net) {
    const struct trial *trial = context;
    const struct oracle_result *result = trial->o->result;
    const struct oracle_flow *side = trial->flow == 0 ? &result->simulated : &result->reference;
    if (side->book.rulebook->price == PRICE_MARK)
        return trial->o->mark[trial->flow][i];
    return try_market(context, i, net);
}

/* The wave's fills and displacements of instrument `i`: both flows from what stood before. */
static void execute_both(struct oracle *o, uint32_t i, int64_t *const *ret_fills) {
    struct oracle_book *books[2] = {&o->result->simulated.book, &o->result->reference.book};
    if (!o->ordered[0][i] && !o->ordered[1][i])
        return;
    advance(o, i);
    const double reference = displacement(o, i, 1);
    for (int flow = 0; flow < 2; flow++) {
        const struct trial trial = {o, flow, reference};
        int64_t *net = &o->net[flow][i];
        if (!o->ordered[flow][i])
            continue;
        if (flow == 0 || o->modelled) {
            oracle_limit(books[flow], i, try_market, &trial);
            oracle_book_divide(books[flow], i, o->mark[flow], try_fill, &trial);
            oracle_limit(books[flow], i, try_market, &trial); /* some have left the market */
            oracle_book_divide_rests(books[flow], i, o->mark[flow]);
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
    return displacement(o, i, 0) != before[0][i] || displacement(o, i, 1) != before[1][i];
}

/* The waves of one instant, its prices being set. */
static void run_waves(struct oracle *o) {
    const size_t count = o->input->instrument_count;
    struct oracle_flow *simulated = &o->result->simulated;
    struct oracle_flow *reference = &o->result->reference;
    int64_t *fills[2] = {allocate(count, sizeof(int64_t)), allocate(count, sizeof(int64_t))};
    double *before[2] = {allocate(count, sizeof(double)), allocate(count, sizeof(double))};
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
            before[0][i] = displacement(o, i, 0);
            before[1][i] = displacement(o, i, 1);
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
                show(o, i);
        note_prices(o);
    }
    note_prices(o);
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

/* What it costs to sell from now on; no price moves. */
static void set_depth(struct oracle *o, uint32_t i, int64_t rate_e8) {
    for (int flow = 0; flow < 2 && o->input->impact_model[i]->set_depth != NULL; flow++)
        o->input->impact_model[i]->set_depth(o->state[i][flow],
                                             (double)rate_e8 / (double)RATE_SCALE);
}

static void happen_to_instrument(struct oracle *o, uint32_t i, const struct replay_event *event) {
    if (event->kind == EVENT_FEED_STOP || event->kind == EVENT_FEED_START)
        o->feed[i].stopped = event->kind == EVENT_FEED_STOP;
    else if (event->kind == EVENT_FEED_ERROR)
        o->feed[i].factor_e8 = event->rate_e8;
    else if (event->kind == EVENT_SHOCK)
        o->shift[i] += elementary_log((double)event->rate_e8 / (double)RATE_SCALE);
    else
        return;
    if (o->recorded[i] != PRICE_NONE)
        show(o, i);
}

static void schedule(struct oracle *o, int64_t ts_ns) {
    oracle_book_schedule(&o->result->simulated.book, ts_ns);
    if (o->modelled)
        oracle_book_schedule(&o->result->reference.book, ts_ns);
}

/* Each side's accounts began at the first mark of its own path. */
static void close_sessions(struct oracle *o) {
    for (int f = 0; f < (o->modelled ? 2 : 1); f++) {
        struct oracle_flow *flow = f == 0 ? &o->result->simulated : &o->result->reference;
        struct oracle_book start;
        if (flow->book.session_at != o->now)
            continue;
        oracle_book_init(&start, o->input, f == 0 ? &o->input->simulated : &o->input->reference);
        const int128 loss = oracle_book_socialise(&flow->book, &start,
                                                  f == 0 ? o->first : o->first_history, o->mark[f]);
        flow->socialised += loss;
        flow->book.coverage.sessions += loss > 0;
        oracle_book_schedule(&flow->book, o->now);
        oracle_book_finish(&start);
    }
}

/* Marks may know of the payment and of when the next one comes. */
static void note_funding(struct oracle *o, uint32_t i, int64_t rate_e8) {
    struct oracle_readings *readings = &o->readings[i];
    readings->rate = (double)rate_e8 / (double)RATE_SCALE;
    readings->paid_at = o->now;
    readings->next_at = INT64_MAX;
    for (size_t e = 0; e < o->input->event_count; e++) {
        const struct replay_event *event = &o->input->events[e];
        if (event->kind == EVENT_FUNDING && event->ts_ns > o->now &&
            event->ts_ns < readings->next_at &&
            (event->instrument == EVENT_ALL_INSTRUMENTS || event->instrument == i))
            readings->next_at = event->ts_ns;
    }
}

static void happen(struct oracle *o, const struct replay_event *event) {
    o->result->events++;
    if (event->kind == EVENT_ENGINE_STOP || event->kind == EVENT_ENGINE_START)
        o->engine_stopped = event->kind == EVENT_ENGINE_STOP;
    for (uint32_t i = 0; i < o->input->instrument_count; i++)
        if (event->instrument == EVENT_ALL_INSTRUMENTS || event->instrument == i) {
            happen_to_instrument(o, i, event);
            if (event->kind == EVENT_DEPTH)
                set_depth(o, i, event->rate_e8);
            if (event->kind == EVENT_FUNDING)
                note_funding(o, i, event->rate_e8);
        }
    oracle_book_event(&o->result->simulated.book, event, o->mark[0]);
    if (o->modelled)
        oracle_book_event(&o->result->reference.book, event, o->mark[1]);
    if (event->kind != EVENT_RULES)
        return;
    schedule(o, o->now - 1); /* a close at this very time is under the new rules */
    for (uint32_t i = 0; i < o->input->instrument_count; i++)
        if (o->recorded[i] != PRICE_NONE)
            show(o, i);
}

/* What is due by the clock: events, a step of the clock, timers, in this order. */
static void clock_instant(struct oracle *o, int64_t ts_ns, bool step) {
    move_to(o, ts_ns);
    o->moment++;
    for (; o->event < o->input->event_count && o->input->events[o->event].ts_ns <= ts_ns;
         o->event++)
        happen(o, &o->input->events[o->event]);
    close_sessions(o);
    for (uint32_t i = 0; step && i < o->input->instrument_count; i++) {
        if (o->recorded[i] == PRICE_NONE)
            continue;
        const int64_t before = o->shown[i];
        advance(o, i);
        show(o, i);
        o->result->simulated.book.coverage.moves_without_tick += o->shown[i] != before;
    }
    o->result->simulated.book.coverage.timers += !step;
    oracle_book_clear_timers(&o->result->simulated.book, ts_ns);
    oracle_book_clear_timers(&o->result->reference.book, ts_ns);
    run_waves(o);
}

/* Whether no other such reading of the instrument comes at the same time. */
static bool is_last_of_time(const struct oracle *o, const struct oracle_tick *tick) {
    for (const struct oracle_tick *next = tick + 1; next < o->ticks + o->tick_count; next++)
        if (next->ts_ns == tick->ts_ns && next->instrument == tick->instrument &&
            next->reading == tick->reading)
            return false;
    return true;
}

static void read_reading(struct oracle *o, uint32_t i, const struct oracle_tick *tick) {
    struct oracle_readings *readings = &o->readings[i];
    struct oracle_history *history = &o->history[i];
    o->result->ticks--; /* it is no tick of a price */
    if (tick->reading == READING_PRINTS) {
        if (o->input->cleaning == CLEANING_RECORDED)
            oracle_history_print(history, tick->ts_ns, tick->value, o->recorded[i],
                                 tick->throttle_ns);
    } else if (tick->reading == READING_OPEN_INTEREST) {
        if (o->input->cleaning == CLEANING_OPEN_INTEREST && is_last_of_time(o, tick))
            oracle_history_fall(history, tick->value, o->recorded[i]);
    } else if (tick->reading == READING_MARK) {
        readings->has_mark = true;
        readings->mark = tick->value;
        readings->mark_at = tick->ts_ns;
    } else {
        readings->has_index = true;
        readings->index = tick->value;
        readings->index_at = tick->ts_ns;
    }
}

/* All ticks of one time; the last of each instrument counts. Gives the index after them. */
static size_t tick_instant(struct oracle *o, size_t t) {
    struct oracle_path *path = &o->result->path;
    const size_t count = o->input->instrument_count;
    bool *ticked = allocate(count, sizeof(*ticked));
    move_to(o, o->ticks[t].ts_ns);
    o->moment++;
    for (; t < o->tick_count && o->ticks[t].ts_ns == o->now; t++) {
        const uint32_t i = o->ticks[t].instrument;
        if (o->ticks[t].reading >= 0)
            read_reading(o, i, &o->ticks[t]);
        else
            o->recorded[i] = o->ticks[t].price;
        ticked[i] = true;
    }
    for (uint32_t i = 0; i < count; i++)
        if (ticked[i] && o->recorded[i] != PRICE_NONE) {
            advance(o, i);
            show(o, i);
        }
    free(ticked);
    for (uint32_t i = 0; i < count; i++)
        if (o->result->prices[i].first == PRICE_NONE && o->recorded[i] != PRICE_NONE)
            begin_path(o, i);
    run_waves(o);
    path->ts_ns[path->count] = o->now;
    memcpy(path->recorded + path->count * count, o->recorded, count * sizeof(int64_t));
    memcpy(path->simulated + path->count * count, o->shown, count * sizeof(int64_t));
    for (uint32_t i = 0; i < count; i++)
        path->without[path->count * count + i] =
            o->recorded[i] == PRICE_NONE ? PRICE_NONE : without_feedback(o, i);
    path->count++;
    return t;
}

/* The first point of the grid of `step` not before `ts_ns`. */
static int64_t grid_from(int64_t ts_ns, int64_t step) {
    return (int64_t)(div_ceil(ts_ns, step) * step);
}

/* Timers and the fund's working off, which waits while the engine stands. */
static int64_t book_due(const struct oracle *o, const struct oracle_flow *flow) {
    int64_t timer = oracle_book_timer(&flow->book);
    if (flow->book.session_at < timer)
        timer = flow->book.session_at;
    return !o->engine_stopped && flow->book.work_off_at < timer ? flow->book.work_off_at : timer;
}

static void run_time(struct oracle *o) {
    if (o->tick_count == 0)
        return;
    const int64_t step = o->input->clock_step_ns;
    schedule(o, o->ticks[0].ts_ns);
    int64_t clock = step > 0 ? grid_from(o->ticks[0].ts_ns, step) : INT64_MAX;
    for (size_t t = 0; t < o->tick_count;) {
        const int64_t ts = o->ticks[t].ts_ns;
        for (;;) {
            int64_t due = book_due(o, &o->result->simulated);
            if (o->modelled && book_due(o, &o->result->reference) < due)
                due = book_due(o, &o->result->reference);
            if (o->event < o->input->event_count && o->input->events[o->event].ts_ns < due)
                due = o->input->events[o->event].ts_ns;
            if (clock < due)
                due = clock;
            if (due > ts || due == INT64_MAX)
                break;
            clock_instant(o, due, due == clock);
            if (due == clock)
                clock += step;
        }
        t = tick_instant(o, t);
    }
}

/* ---- begin and end ---- */

static void begin(struct oracle *o) {
    const struct replay_input *input = o->input;
    const size_t count = input->instrument_count;
    struct oracle_result *result = o->result;
    o->ticks = oracle_read_ticks(input, &o->tick_count);
    oracle_book_init(&result->simulated.book, input, &input->simulated);
    result->simulated.fund_min = result->simulated.fund_seen = oracle_fund(&result->simulated.book);
    if (o->modelled) {
        oracle_book_init(&result->reference.book, input, &input->reference);
        result->reference.fund_min = result->reference.fund_seen =
            oracle_fund(&result->reference.book);
    }
    result->instrument_count = count;
    result->prices = allocate(count, sizeof(*result->prices));
    o->recorded = allocate(count, sizeof(*o->recorded));
    o->shown = allocate(count, sizeof(*o->shown));
    o->first = allocate(count, sizeof(*o->first));
    o->first_history = allocate(count, sizeof(*o->first_history));
    o->readings = allocate(count, sizeof(*o->readings));
    o->history = allocate(count, sizeof(*o->history));
    o->recorded_flow =
        input->cleaning == CLEANING_RECORDED || input->cleaning == CLEANING_OPEN_INTEREST;
    o->advanced_ts = allocate(count, sizeof(*o->advanced_ts));
    o->baseline = allocate(count, sizeof(*o->baseline));
    o->shift = allocate(count, sizeof(*o->shift));
    o->feed = allocate(count, sizeof(*o->feed));
    for (int flow = 0; flow < 2; flow++) {
        o->mark[flow] = allocate(count, sizeof(int64_t));
        o->fair[flow] = allocate(count, sizeof(int64_t));
        o->net[flow] = allocate(count, sizeof(int64_t));
        o->ordered[flow] = allocate(count, sizeof(bool));
        o->averages[flow] = allocate(count, sizeof(struct oracle_mark));
        o->mark_before[flow] = allocate(count, sizeof(int64_t));
        o->moved_in[flow] = allocate(count, sizeof(int64_t));
    }
    result->simulated.book.marks_before = o->mark_before[0];
    result->reference.book.marks_before = o->mark_before[1];
    o->state = allocate(count, sizeof(*o->state));
    o->memory = allocate(count, sizeof(*o->memory));
    o->minute = INT64_MIN;
    struct oracle_path *path = &result->path;
    path->ts_ns = allocate(o->tick_count, sizeof(int64_t));
    path->recorded = allocate(o->tick_count * count, sizeof(int64_t));
    path->without = allocate(o->tick_count * count, sizeof(int64_t));
    path->simulated = allocate(o->tick_count * count, sizeof(int64_t));
    for (size_t i = 0; i < count; i++) {
        o->recorded[i] = o->shown[i] = o->first[i] = o->first_history[i] = PRICE_NONE;
        o->mark[0][i] = o->mark[1][i] = PRICE_NONE;
        o->fair[0][i] = o->fair[1][i] = PRICE_NONE;
        o->readings[i].next_at = INT64_MAX;
        o->mark_before[0][i] = o->mark_before[1][i] = PRICE_NONE;
        o->feed[i].factor_e8 = RATE_SCALE;
        result->prices[i] = (struct replay_price_summary){.first = PRICE_NONE,
                                                          .last = PRICE_NONE,
                                                          .min = PRICE_NONE,
                                                          .max = PRICE_NONE,
                                                          .first_without = PRICE_NONE,
                                                          .last_without = PRICE_NONE,
                                                          .min_without = PRICE_NONE,
                                                          .first_recorded = PRICE_NONE,
                                                          .last_recorded = PRICE_NONE,
                                                          .min_recorded = PRICE_NONE};
    }
}

static void end(struct oracle *o) {
    struct oracle_result *result = o->result;
    struct oracle_flow *flows[2] = {&result->simulated, &result->reference};
    const struct venue_input *venues[2] = {&o->input->simulated, &o->input->reference};
    for (int f = 0; f < (o->modelled ? 2 : 1); f++) {
        struct oracle_book start;
        oracle_book_init(&start, o->input, venues[f]);
        oracle_finish_flow(flows[f], &start, f == 0 ? o->first : o->first_history, o->mark[f]);
        oracle_book_finish(&start);
    }
    result->accounts_never_assessed =
        oracle_count_without_price(&result->simulated.book, o->mark[0]);
    result->ticks += o->tick_count;
    if (o->tick_count > 0) {
        result->first_ts_ns = o->ticks[0].ts_ns;
        result->last_ts_ns = o->ticks[o->tick_count - 1].ts_ns;
    }
    free(o->ticks);
    free(o->recorded);
    free(o->shown);
    free(o->first);
    free(o->first_history);
    free(o->readings);
    free(o->history);
    free(o->advanced_ts);
    free(o->baseline);
    free(o->shift);
    free(o->feed);
    for (int flow = 0; flow < 2; flow++) {
        free(o->mark[flow]);
        free(o->fair[flow]);
        free(o->net[flow]);
        free(o->ordered[flow]);
        free(o->averages[flow]);
        free(o->mark_before[flow]);
        free(o->moved_in[flow]);
    }
    free(o->state);
    free(o->memory);
}

void oracle_run(const struct replay_input *input, struct oracle_result *ret_result) {
    memset(ret_result, 0, sizeof(*ret_result));
    struct oracle oracle = {
        .input = input, .result = ret_result, .modelled = input->cleaning == CLEANING_MODELLED};
    begin(&oracle);
    run_time(&oracle);
    end(&oracle);
}

static void finish_flow_memory(struct oracle_flow *flow) {
    oracle_book_finish(&flow->book);
    free(flow->accounts);
    free(flow->wallets);
    free(flow->funds);
}

void oracle_finish(struct oracle_result *result) {
    finish_flow_memory(&result->simulated);
    finish_flow_memory(&result->reference);
    free(result->prices);
    free(result->path.ts_ns);
    free(result->path.recorded);
    free(result->path.without);
    free(result->path.simulated);
    memset(result, 0, sizeof(*result));
}
