#include "tests/property/oracle.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/elementary.h"
#include "tests/property/oracle_ticks.h"

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
    int64_t *first; /* the price at which accounts begin */
    int64_t *advanced_ts;
    double (*state)[2][IMPACT_STATE_MAX]; /* [0] simulated, [1] reference */
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

static int64_t compose(const struct oracle *o, uint32_t i, double d) {
    const int64_t recorded = o->recorded[i];
    if (d == 0.0)
        return recorded;
    const bool log = o->input->impact_params[i].space == IMPACT_LOG;
    const double exact = log ? (double)recorded * elementary_exp(d)
                             : (double)recorded + d / o->input->instruments[i].tick_size;
    const double shifted = exact + 0.5;
    if (shifted < 1.0)
        return 1;
    return (int64_t)shifted; /* positive: truncation is floor */
}

static void advance(struct oracle *o, uint32_t i) {
    for (int flow = 0; flow < 2; flow++)
        o->input->impact_model[i]->advance(&o->input->impact_params[i], o->state[i][flow],
                                           o->now - o->advanced_ts[i]);
    o->advanced_ts[i] = o->now;
}

static void show(struct oracle *o, uint32_t i) {
    o->shown[i] = compose(o, i, displacement(o, i, 1) - displacement(o, i, 0));
}

/* A path is the first price and then that after each wave (interface.md section 6): the price that
 * a tick brings before its wave is not in it, or a fall that the reference flow explains would
 * count as one without feedback. */
static void begin_path(struct oracle *o, uint32_t i) {
    struct replay_price_summary *p = &o->result->prices[i];
    o->first[i] = o->shown[i];
    p->first = p->min = p->max = p->last = o->shown[i];
    p->first_without = p->min_without = p->last_without = o->shown[i];
    p->first_recorded = p->min_recorded = p->last_recorded = o->recorded[i];
}

static void note_prices(struct oracle *o) {
    for (uint32_t i = 0; i < o->input->instrument_count; i++) {
        struct replay_price_summary *p = &o->result->prices[i];
        if (o->recorded[i] == PRICE_NONE)
            continue;
        const int64_t without = compose(o, i, displacement(o, i, 1));
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

/* The wave's fills and displacements of instrument `i`: both flows from what stood before. */
static void execute(struct oracle *o, uint32_t i, int64_t *ret_fill) {
    const struct instrument *instrument = &o->input->instruments[i];
    const struct impact_model *model = o->input->impact_model[i];
    int64_t net[2];
    const bool ordered[2] = {oracle_book_net(&o->result->simulated.book, i, &net[0]),
                             o->modelled &&
                                 oracle_book_net(&o->result->reference.book, i, &net[1])};
    if (!ordered[0] && !ordered[1])
        return;
    advance(o, i);
    const double reference = displacement(o, i, 1);
    for (int flow = 0; flow < 2; flow++) {
        if (!ordered[flow])
            continue;
        if (flow == 0 && !o->input->feedback) {
            ret_fill[0] = o->shown[i];
            continue;
        }
        double average = displacement(o, i, flow);
        if (net[flow] != 0) {
            const int64_t price = compose(o, i, reference - average);
            double after;
            model->execute(&o->input->impact_params[i], o->state[i][flow],
                           (double)price * instrument->tick_size,
                           (double)net[flow] * instrument->lot_size, &average, &after);
        }
        ret_fill[flow] = compose(o, i, reference - average);
    }
    show(o, i);
}

static void settle(struct oracle_flow *flow, const int64_t *fills, uint32_t wave) {
    if (flow->book.order_count == 0)
        return;
    oracle_book_settle(&flow->book, fills);
    if (wave > flow->orders_wave_max)
        flow->orders_wave_max = wave;
    if (flow->book.fund < flow->fund_min)
        flow->fund_min = flow->book.fund;
}

static void note_fund(struct oracle *o, struct oracle_flow *flow, int128 before) {
    if (flow->book.fund == before)
        return;
    flow->funds = realloc(flow->funds, (flow->fund_count + 1) * sizeof(*flow->funds));
    assert(flow->funds != NULL);
    flow->funds[flow->fund_count++] =
        (struct fund_record){.ts_ns = o->now, .balance = units_narrow(flow->book.fund)};
}

/* The waves of one instant, its prices being set. */
static void run_waves(struct oracle *o) {
    const size_t count = o->input->instrument_count;
    struct oracle_flow *simulated = &o->result->simulated;
    struct oracle_flow *reference = &o->result->reference;
    const int128 fund_before[2] = {simulated->book.fund, reference->book.fund};
    int64_t(*fill)[2] = allocate(count, sizeof(*fill));
    int64_t *fills = allocate(count, sizeof(*fills));
    o->instant++;
    for (uint32_t wave = 1; o->input->max_waves == 0 || wave <= o->input->max_waves; wave++) {
        oracle_book_assess(&simulated->book, o->shown, o->now, o->instant, wave);
        if (o->modelled)
            oracle_book_assess(&reference->book, o->recorded, o->now, o->instant, wave);
        if (simulated->book.order_count == 0 && reference->book.order_count == 0)
            break;
        simulated->book.coverage.reference_orders += reference->book.order_count;
        for (uint32_t i = 0; i < count; i++)
            execute(o, i, fill[i]);
        for (size_t i = 0; i < count; i++)
            fills[i] = fill[i][0];
        settle(simulated, fills, wave);
        for (size_t i = 0; i < count; i++)
            fills[i] = fill[i][1];
        settle(reference, fills, wave);
        note_prices(o);
    }
    note_prices(o);
    note_fund(o, simulated, fund_before[0]);
    note_fund(o, reference, fund_before[1]);
    free(fill);
    free(fills);
}

static void clock_instant(struct oracle *o, int64_t ts_ns, bool step) {
    o->now = ts_ns;
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

/* All ticks of one time; the last of each instrument counts. Gives the index after them. */
static size_t tick_instant(struct oracle *o, size_t t) {
    struct oracle_path *path = &o->result->path;
    const size_t count = o->input->instrument_count;
    o->now = o->ticks[t].ts_ns;
    for (; t < o->tick_count && o->ticks[t].ts_ns == o->now; t++) {
        const uint32_t i = o->ticks[t].instrument;
        if (o->recorded[i] == PRICE_NONE)
            o->advanced_ts[i] = o->now;
        o->recorded[i] = o->ticks[t].price;
        advance(o, i);
        show(o, i);
    }
    for (uint32_t i = 0; i < count; i++)
        if (o->first[i] == PRICE_NONE && o->recorded[i] != PRICE_NONE)
            begin_path(o, i);
    run_waves(o);
    path->ts_ns[path->count] = o->now;
    memcpy(path->recorded + path->count * count, o->recorded, count * sizeof(int64_t));
    memcpy(path->simulated + path->count * count, o->shown, count * sizeof(int64_t));
    for (uint32_t i = 0; i < count; i++)
        path->without[path->count * count + i] =
            o->recorded[i] == PRICE_NONE ? PRICE_NONE : compose(o, i, displacement(o, i, 1));
    path->count++;
    return t;
}

/* The first point of the grid of `step` not before `ts_ns`. */
static int64_t grid_from(int64_t ts_ns, int64_t step) {
    return (int64_t)(div_ceil(ts_ns, step) * step);
}

static void run_time(struct oracle *o) {
    if (o->tick_count == 0)
        return;
    const int64_t step = o->input->clock_step_ns;
    int64_t clock = step > 0 ? grid_from(o->ticks[0].ts_ns, step) : INT64_MAX;
    for (size_t t = 0; t < o->tick_count;) {
        const int64_t ts = o->ticks[t].ts_ns;
        for (;;) {
            const int64_t timers[2] = {oracle_book_timer(&o->result->simulated.book),
                                       oracle_book_timer(&o->result->reference.book)};
            int64_t due = timers[0] < timers[1] ? timers[0] : timers[1];
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

static int64_t minute_of(int64_t ts_ns) {
    return (int64_t)(div_floor(ts_ns, NS_PER_MINUTE) * NS_PER_MINUTE);
}

static void sum_rows(struct oracle_flow *flow) {
    int128 minute_notional = 0;
    for (size_t r = 0; r < flow->book.row_count; r++) {
        const struct liquidation_record *row = &flow->book.rows[r];
        if (r == 0 || minute_of(row->ts_ns) != minute_of(row[-1].ts_ns))
            minute_notional = 0;
        minute_notional += row->notional;
        if (minute_notional > flow->peak_minute_notional) {
            flow->peak_minute_notional = minute_notional;
            flow->peak_minute_ts_ns = minute_of(row->ts_ns);
        }
        *(row->quantity_lots > 0 ? &flow->long_notional : &flow->short_notional) += row->notional;
        flow->bad_debt += row->shortfall;
        flow->unpaid += row->unpaid;
        if (flow->book.rulebook->fee_to == FEE_VENUE)
            flow->fees += row->fee;
    }
}

/* `start` is a fresh book, `first` and `last` the prices at which accounts begin and end. */
static void finish_flow(struct oracle_flow *flow, const struct oracle_book *start,
                        const int64_t *first, const int64_t *last) {
    const struct oracle_book *book = &flow->book;
    flow->account_count = accounts_count(book->accounts);
    flow->accounts = allocate(flow->account_count, sizeof(*flow->accounts));
    flow->wallets = allocate(flow->account_count, sizeof(*flow->wallets));
    flow->fund_start = start->fund;
    flow->fund_end = book->fund;
    bool *open = allocate(flow->account_count, sizeof(*open));
    for (size_t p = 0; p < book->pool_count; p++) {
        const struct oracle_pool *pool = &book->pools[p];
        flow->wallets[pool->account] += pool->wallet;
        for (size_t k = 0; k < pool->position_count; k++)
            open[pool->account] = open[pool->account] || pool->positions[k].lots != 0;
    }
    for (uint32_t a = 0; a < flow->account_count; a++) {
        enum account_outcome outcome = ACCOUNT_UNTOUCHED;
        if (book->short_of_money[a])
            outcome = ACCOUNT_BANKRUPT;
        else if (book->liquidations[a] > 0)
            outcome = open[a] ? ACCOUNT_REDUCED : ACCOUNT_LIQUIDATED;
        flow->accounts[a] =
            (struct account_record){.account = a,
                                    .equity_start = oracle_book_equity(start, a, first),
                                    .equity_end = oracle_book_equity(book, a, last),
                                    .liquidations = book->liquidations[a],
                                    .outcome = outcome};
        flow->accounts_liquidated += book->liquidations[a] > 0;
        flow->accounts_in_breach_at_start += book->in_breach_at_start[a];
    }
    free(open);
    sum_rows(flow);
}

static void begin(struct oracle *o) {
    const struct replay_input *input = o->input;
    const size_t count = input->instrument_count;
    struct oracle_result *result = o->result;
    o->ticks = oracle_read_ticks(input, &o->tick_count);
    oracle_book_init(&result->simulated.book, input, &input->simulated);
    result->simulated.fund_min = result->simulated.book.fund;
    if (o->modelled) {
        oracle_book_init(&result->reference.book, input, &input->reference);
        result->reference.fund_min = result->reference.book.fund;
    }
    result->instrument_count = count;
    result->prices = allocate(count, sizeof(*result->prices));
    o->recorded = allocate(count, sizeof(*o->recorded));
    o->shown = allocate(count, sizeof(*o->shown));
    o->first = allocate(count, sizeof(*o->first));
    o->advanced_ts = allocate(count, sizeof(*o->advanced_ts));
    o->state = allocate(count, sizeof(*o->state));
    struct oracle_path *path = &result->path;
    path->ts_ns = allocate(o->tick_count, sizeof(int64_t));
    path->recorded = allocate(o->tick_count * count, sizeof(int64_t));
    path->without = allocate(o->tick_count * count, sizeof(int64_t));
    path->simulated = allocate(o->tick_count * count, sizeof(int64_t));
    for (size_t i = 0; i < count; i++) {
        o->recorded[i] = o->shown[i] = o->first[i] = PRICE_NONE;
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

static uint64_t count_never_assessed(const struct oracle_book *book) {
    uint64_t count = 0;
    uint32_t last = UINT32_MAX;
    for (size_t p = 0; p < book->pool_count; p++) {
        const struct oracle_pool *pool = &book->pools[p];
        if (pool->position_count == 0 || pool->exempt || pool->assessed || pool->account == last)
            continue;
        last = pool->account; /* an account's pools stand together */
        count++;
    }
    return count;
}

static void end(struct oracle *o) {
    struct oracle_result *result = o->result;
    struct oracle_flow *flows[2] = {&result->simulated, &result->reference};
    const struct venue_input *venues[2] = {&o->input->simulated, &o->input->reference};
    const int64_t *last[2] = {o->shown, o->recorded};
    for (int f = 0; f < (o->modelled ? 2 : 1); f++) {
        struct oracle_book start;
        oracle_book_init(&start, o->input, venues[f]);
        finish_flow(flows[f], &start, o->first, last[f]);
        oracle_book_finish(&start);
    }
    result->accounts_never_assessed = count_never_assessed(&result->simulated.book);
    result->ticks = o->tick_count;
    if (o->tick_count > 0) {
        result->first_ts_ns = o->ticks[0].ts_ns;
        result->last_ts_ns = o->ticks[o->tick_count - 1].ts_ns;
    }
    free(o->ticks);
    free(o->recorded);
    free(o->shown);
    free(o->first);
    free(o->advanced_ts);
    free(o->state);
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
