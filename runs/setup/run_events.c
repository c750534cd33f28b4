#include "runs/setup/run_events.h"

#include "base/time_text.h"
#include "runs/inputs/run_funding.h"

void run_events_span(const struct run_setup *setup, int64_t *ret_first_ns, int64_t *ret_last_ns) {
    const struct scenario *scenario = setup->inputs->scenario;
    int64_t first_ns = INT64_MAX;
    int64_t last_ns = INT64_MIN;
    for (size_t i = 0; i < scenario->instrument_count; i++) {
        const struct market_series *series = &setup->inputs->series[i].series;
        first_ns = MIN(first_ns, series->first_ts_ns);
        last_ns = MAX(last_ns, series->last_ts_ns);
    }
    *ret_first_ns = MAX(first_ns, scenario->from_ns);
    *ret_last_ns = MIN(last_ns, scenario->to_ns - 1);
}

/* ---- funding ---- */

static void add(struct run_setup *setup, struct replay_event event) {
    g_array_append_val(setup->events, event);
}

static int64_t capped(int64_t rate_e8, int64_t cap_e8) {
    return CLAMP(rate_e8, -cap_e8, cap_e8);
}

static enum status add_series(struct run_setup *setup, uint32_t instrument, struct error *reterr) {
    struct market_source *rows = setup->inputs->series[instrument].funding;
    const struct tick_source source = market_source_port(rows);
    enum status status = STATUS_OK;
    while (status == STATUS_OK) {
        struct tick_batch batch;
        status = source.next(source.context, &batch, reterr);
        for (size_t i = 0; status == STATUS_OK && i < batch.count; i++) {
            const int128 scaled = (int128)batch.value[0][i] * RATE_SCALE;
            const int128 rate = div_nearest(scaled, units_pow10(batch.price_decimals));
            if (rate < -RATE_SCALE || rate > RATE_SCALE) {
                char at[32];
                (void)time_format_iso(batch.ts_ns[i], at); /* the length is not needed */
                return error_set(reterr, STATUS_CONFIG,
                                 "series " FUNDING_SERIES
                                 " of %s: the rate at %s is outside -1..1 (rates are fractions)",
                                 setup->instruments[instrument].symbol, at);
            }
            add(setup,
                (struct replay_event){
                    .ts_ns = batch.ts_ns[i],
                    .kind = EVENT_FUNDING,
                    .instrument = instrument,
                    .rate_e8 = capped((int64_t)rate, setup->inputs->scenario->funding.cap_e8)});
        }
    }
    market_source_rewind(rows);
    return status == STATUS_END ? STATUS_OK : status;
}

static enum status add_funding(struct run_setup *setup, int64_t first_ns, int64_t last_ns,
                               struct error *reterr) {
    const struct scenario_funding *funding = &setup->inputs->scenario->funding;
    enum status status = STATUS_OK;
    if (funding->source == SCENARIO_FUNDING_SERIES)
        for (uint32_t i = 0; status == STATUS_OK && i < setup->inputs->scenario->instrument_count;
             i++)
            if (setup->inputs->series[i].funding != NULL)
                status = add_series(setup, i, reterr);
    if (funding->source == SCENARIO_FUNDING_CONSTANT)
        for (int64_t at = (int64_t)div_ceil(first_ns, funding->interval_ns) * funding->interval_ns;
             at <= last_ns; at += funding->interval_ns)
            add(setup, (struct replay_event){.ts_ns = at,
                                             .kind = EVENT_FUNDING,
                                             .instrument = EVENT_ALL_INSTRUMENTS,
                                             .rate_e8 = capped(funding->rate_e8, funding->cap_e8)});
    return status;
}

/* ---- events ---- */

/* One event for each of its instruments, or one for all. */
static void add_each(struct run_setup *setup, const struct scenario_event *from,
                     struct replay_event event) {
    event.instrument = EVENT_ALL_INSTRUMENTS;
    if (from->instruments == NULL) {
        add(setup, event);
        return;
    }
    for (size_t i = 0; i < from->instrument_count; i++) {
        event.instrument = from->instruments[i];
        add(setup, event);
    }
}

static void add_outage(struct run_setup *setup, const struct scenario_event *from, int64_t ts_ns,
                       bool stop) {
    if (from->kind == SCENARIO_OUTAGE && (from->stops & SCENARIO_STOPS_ENGINE) != 0)
        add(setup, (struct replay_event){.ts_ns = ts_ns,
                                         .kind = stop ? EVENT_ENGINE_STOP : EVENT_ENGINE_START});
    if (from->kind == SCENARIO_STALE_FEED || (from->stops & SCENARIO_STOPS_FEED) != 0)
        add_each(setup, from,
                 (struct replay_event){.ts_ns = ts_ns,
                                       .kind = stop ? EVENT_FEED_STOP : EVENT_FEED_START});
}

static void add_event(struct run_setup *setup, const struct scenario_event *from,
                      int64_t first_ns) {
    const int64_t at = MAX(from->at_ns, first_ns);
    const bool ends = from->until_ns != INT64_MAX;
    struct replay_event event = {.ts_ns = at};
    switch (from->kind) {
    case SCENARIO_OUTAGE:
    case SCENARIO_STALE_FEED:
        if (from->until_ns <= first_ns)
            return;
        add_outage(setup, from, at, true);
        if (ends)
            add_outage(setup, from, from->until_ns, false);
        return;
    case SCENARIO_WRONG_FEED:
    case SCENARIO_DEPTH:
        if (from->until_ns <= first_ns)
            return;
        event.kind = from->kind == SCENARIO_DEPTH ? EVENT_DEPTH : EVENT_FEED_ERROR;
        event.rate_e8 = from->rate_e8;
        add_each(setup, from, event);
        event.ts_ns = from->until_ns;
        event.rate_e8 = RATE_SCALE;
        if (ends)
            add_each(setup, from, event);
        return;
    case SCENARIO_FUND_CHANGE:
        if (from->at_ns >= first_ns)
            add(setup, (struct replay_event){
                           .ts_ns = at, .kind = EVENT_FUND_CHANGE, .amount = from->amount});
        return;
    case SCENARIO_RULES:
        add(setup,
            (struct replay_event){.ts_ns = at, .kind = EVENT_RULES, .rulebook = from->rulebook});
        return;
    case SCENARIO_FUNDING:
        if (from->at_ns >= first_ns)
            add_each(setup, from,
                     (struct replay_event){
                         .ts_ns = at, .kind = EVENT_FUNDING, .rate_e8 = from->rate_e8});
        return;
    case SCENARIO_EXPIRY:
        if (from->at_ns >= first_ns)
            add_each(
                setup, from,
                (struct replay_event){.ts_ns = at, .kind = EVENT_EXPIRY, .amount = from->amount});
        return;
    }
}

/* ---- shock ---- */

/* When every instrument has its first price. */
static enum status find_all_priced(struct run_setup *setup, int64_t *ret_ns, struct error *reterr) {
    *ret_ns = INT64_MIN;
    for (size_t i = 0; i < setup->inputs->scenario->instrument_count; i++) {
        struct market_source *rows = setup->inputs->series[i].replay;
        const struct tick_source source = market_source_port(rows);
        struct tick_batch batch;
        const enum status status = source.next(source.context, &batch, reterr);
        market_source_rewind(rows);
        if (status == STATUS_OK)
            *ret_ns = MAX(*ret_ns, batch.ts_ns[0]);
        else if (status != STATUS_END)
            return status;
    }
    return STATUS_OK;
}

static enum status add_shock(struct run_setup *setup, int64_t first_ns, struct error *reterr) {
    const struct scenario *scenario = setup->inputs->scenario;
    int64_t at = MAX(scenario->shock_at_ns, first_ns);
    enum status status = STATUS_OK;
    if (scenario->shock_e8 == NULL)
        return STATUS_OK;
    if (scenario->shock_at_ns == INT64_MIN) {
        status = find_all_priced(setup, &at, reterr);
        at++; /* after these ticks, before the next */
    }
    for (uint32_t i = 0; status == STATUS_OK && i < scenario->instrument_count; i++)
        if (scenario->shock_e8[i] != 0)
            add(setup, (struct replay_event){.ts_ns = at,
                                             .kind = EVENT_SHOCK,
                                             .instrument = i,
                                             .rate_e8 = RATE_SCALE + scenario->shock_e8[i]});
    return status;
}

/* ---- the whole ---- */

static int by_time(const void *a, const void *b) {
    const int64_t x = ((const struct replay_event *)a)->ts_ns;
    const int64_t y = ((const struct replay_event *)b)->ts_ns;
    return (x > y) - (x < y);
}

enum status run_events_fill(struct run_setup *setup, struct error *reterr) {
    const struct scenario *scenario = setup->inputs->scenario;
    int64_t first_ns = 0;
    int64_t last_ns = 0;
    run_events_span(setup, &first_ns, &last_ns);
    bool users = false;
    for (size_t i = 0; i < scenario->event_count; i++) {
        const struct scenario_event *event = &scenario->events[i];
        users = users || (event->stops & (SCENARIO_STOPS_TOP_UP | SCENARIO_STOPS_USER_ORDERS)) != 0;
        if (event->at_ns < scenario->to_ns)
            add_event(setup, event, first_ns);
    }
    if (users)
        g_ptr_array_add(setup->inputs->caveats,
                        g_strdup("An outage stops top_up or user_orders, which changes nothing "
                                 "here: accounts neither top up nor trade in this model."));
    enum status status = add_funding(setup, first_ns, last_ns, reterr);
    if (status == STATUS_OK)
        status = add_shock(setup, first_ns, reterr);
    g_array_sort(setup->events, by_time); /* stable: the order as written among equals */
    return status;
}
