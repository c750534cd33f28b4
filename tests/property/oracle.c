/* Time goes from event to event, as design §4.3 has it. */

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/elementary.h"
#include "tests/property/oracle_state.h"

void *oracle_allocate(size_t count, size_t size) {
    void *memory = calloc(count > 0 ? count : 1, size);
    assert(memory != NULL);
    return memory;
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
        oracle_show(o, i);
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
            oracle_show(o, i);
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
        oracle_advance(o, i);
        oracle_show(o, i);
        o->result->simulated.book.coverage.moves_without_tick += o->shown[i] != before;
    }
    o->result->simulated.book.coverage.timers += !step;
    oracle_book_clear_timers(&o->result->simulated.book, ts_ns);
    oracle_book_clear_timers(&o->result->reference.book, ts_ns);
    oracle_run_waves(o);
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
    bool *ticked = oracle_allocate(count, sizeof(*ticked));
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
            oracle_advance(o, i);
            oracle_show(o, i);
        }
    free(ticked);
    for (uint32_t i = 0; i < count; i++)
        if (o->result->prices[i].first == PRICE_NONE && o->recorded[i] != PRICE_NONE)
            oracle_begin_path(o, i);
    oracle_run_waves(o);
    path->ts_ns[path->count] = o->now;
    memcpy(path->recorded + path->count * count, o->recorded, count * sizeof(int64_t));
    memcpy(path->simulated + path->count * count, o->shown, count * sizeof(int64_t));
    for (uint32_t i = 0; i < count; i++)
        path->without[path->count * count + i] =
            o->recorded[i] == PRICE_NONE ? PRICE_NONE : oracle_without_feedback(o, i);
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
    result->prices = oracle_allocate(count, sizeof(*result->prices));
    o->recorded = oracle_allocate(count, sizeof(*o->recorded));
    o->shown = oracle_allocate(count, sizeof(*o->shown));
    o->first = oracle_allocate(count, sizeof(*o->first));
    o->first_history = oracle_allocate(count, sizeof(*o->first_history));
    o->readings = oracle_allocate(count, sizeof(*o->readings));
    o->history = oracle_allocate(count, sizeof(*o->history));
    o->recorded_flow =
        input->cleaning == CLEANING_RECORDED || input->cleaning == CLEANING_OPEN_INTEREST;
    o->advanced_ts = oracle_allocate(count, sizeof(*o->advanced_ts));
    o->baseline = oracle_allocate(count, sizeof(*o->baseline));
    o->shift = oracle_allocate(count, sizeof(*o->shift));
    o->feed = oracle_allocate(count, sizeof(*o->feed));
    for (int flow = 0; flow < 2; flow++) {
        o->mark[flow] = oracle_allocate(count, sizeof(int64_t));
        o->fair[flow] = oracle_allocate(count, sizeof(int64_t));
        o->net[flow] = oracle_allocate(count, sizeof(int64_t));
        o->ordered[flow] = oracle_allocate(count, sizeof(bool));
        o->averages[flow] = oracle_allocate(count, sizeof(struct oracle_mark));
        o->mark_before[flow] = oracle_allocate(count, sizeof(int64_t));
        o->moved_in[flow] = oracle_allocate(count, sizeof(int64_t));
    }
    result->simulated.book.marks_before = o->mark_before[0];
    result->reference.book.marks_before = o->mark_before[1];
    o->state = oracle_allocate(count, sizeof(*o->state));
    o->memory = oracle_allocate(count, sizeof(*o->memory));
    o->minute = INT64_MIN;
    struct oracle_path *path = &result->path;
    path->ts_ns = oracle_allocate(o->tick_count, sizeof(int64_t));
    path->recorded = oracle_allocate(o->tick_count * count, sizeof(int64_t));
    path->without = oracle_allocate(o->tick_count * count, sizeof(int64_t));
    path->simulated = oracle_allocate(o->tick_count * count, sizeof(int64_t));
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
