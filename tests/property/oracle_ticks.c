#include "tests/property/oracle_ticks.h"

#include <assert.h>
#include <stdlib.h>

struct tick_list {
    const struct replay_input *input;
    size_t count;
    struct oracle_tick *ticks;
};

/* A price of the batch in ticks of the instrument; it must be on the grid. */
static int64_t to_ticks(const struct instrument *instrument, int64_t mantissa, int32_t decimals) {
    const int128 dividend = (int128)mantissa * units_pow10(instrument->price_tick.decimals);
    const int128 divisor = (int128)instrument->price_tick.mantissa * units_pow10(decimals);
    assert(dividend > 0 && dividend % divisor == 0);
    return (int64_t)(dividend / divisor);
}

static void add_tick(struct tick_list *o, int64_t ts_ns, uint32_t instrument, int64_t price) {
    if (ts_ns < o->input->from_ns || ts_ns >= o->input->to_ns)
        return;
    o->ticks = realloc(o->ticks, (o->count + 1) * sizeof(*o->ticks));
    assert(o->ticks != NULL);
    o->ticks[o->count] = (struct oracle_tick){ts_ns, instrument, price, -1, 0.0, 0, o->count};
    o->count++;
}

/* All readings of one source; they are ticks here, on any grid. */
static void add_readings(struct tick_list *o, const struct reading_source *reading) {
    const struct tick_source *source = &reading->prices.source;
    struct tick_batch batch;
    enum status status;
    assert(reading->prices.kind == SERIES_TICKS);
    while ((status = source->next(source->context, &batch, NULL)) == STATUS_OK)
        for (size_t k = 0; k < batch.count; k++) {
            const size_t before = o->count;
            add_tick(o, batch.ts_ns[k], reading->instrument, 0);
            if (o->count == before)
                continue;
            o->ticks[before].reading = (int)reading->kind;
            o->ticks[before].throttle_ns = reading->throttle_ns;
            o->ticks[before].value =
                (double)batch.value[0][k] / (double)units_pow10(batch.price_decimals);
            if (reading->kind == READING_PRINTS)
                o->ticks[before].value = (batch.flags[k] == TICK_SELL ? 1.0 : -1.0) *
                                         (double)batch.value[1][k] /
                                         (double)units_pow10(batch.quantity_decimals);
        }
    assert(status == STATUS_END);
}

struct oracle_bar {
    int64_t ts_ns;
    uint32_t instrument;
    int64_t price[4]; /* open, high, low, close */
};

static int compare_bars(const void *a, const void *b) {
    const struct oracle_bar *x = a;
    const struct oracle_bar *y = b;
    if (x->ts_ns != y->ts_ns)
        return x->ts_ns < y->ts_ns ? -1 : 1;
    return (x->instrument > y->instrument) - (x->instrument < y->instrument);
}

static bool high_first(enum bar_path path, const struct oracle_bar *bar) {
    if (path == BAR_PATH_NEAREST)
        return bar->price[1] - bar->price[0] < bar->price[0] - bar->price[2];
    return path == BAR_PATH_OHLC;
}

/* Bars of one open time stand together, the first listed instrument first: it leads the others. */
static void bars_to_ticks(struct tick_list *o, struct oracle_bar *bars, size_t count) {
    qsort(bars, count, sizeof(*bars), compare_bars);
    const struct oracle_bar *leader = bars;
    for (size_t b = 0; b < count; b++) {
        const struct oracle_bar *bar = &bars[b];
        if (bar->ts_ns != leader->ts_ns)
            leader = bar;
        if (o->input->bar_path == BAR_PATH_CLOSE) {
            add_tick(o, bar->ts_ns, bar->instrument, bar->price[3]);
            continue;
        }
        const int64_t quarter = o->input->prices[bar->instrument].bar_ns / 4;
        const int first = high_first(o->input->bar_path, leader) ? 1 : 2;
        add_tick(o, bar->ts_ns, bar->instrument, bar->price[0]);
        add_tick(o, bar->ts_ns + quarter, bar->instrument, bar->price[first]);
        add_tick(o, bar->ts_ns + 2 * quarter, bar->instrument, bar->price[3 - first]);
        add_tick(o, bar->ts_ns + 3 * quarter, bar->instrument, bar->price[3]);
    }
}

static int compare_ticks(const void *a, const void *b) {
    const struct oracle_tick *x = a;
    const struct oracle_tick *y = b;
    if (x->ts_ns != y->ts_ns)
        return x->ts_ns < y->ts_ns ? -1 : 1;
    return (x->sequence > y->sequence) - (x->sequence < y->sequence);
}

struct oracle_tick *oracle_read_ticks(const struct replay_input *input, size_t *ret_count) {
    struct tick_list list = {.input = input};
    struct tick_list *o = &list;
    struct oracle_bar *bars = NULL;
    size_t bar_count = 0;
    for (uint32_t i = 0; i < o->input->instrument_count; i++) {
        const struct price_source *source = &o->input->prices[i];
        const struct instrument *instrument = &o->input->instruments[i];
        struct tick_batch batch;
        enum status status;
        while ((status = source->source.next(source->source.context, &batch, NULL)) == STATUS_OK)
            for (size_t k = 0; k < batch.count; k++) {
                if (source->kind == SERIES_TICKS) {
                    add_tick(o, batch.ts_ns[k], i,
                             to_ticks(instrument, batch.value[0][k], batch.price_decimals));
                    continue;
                }
                if (batch.ts_ns[k] < input->from_ns)
                    continue; /* a bar that began earlier is left out whole */
                bars = realloc(bars, (bar_count + 1) * sizeof(*bars));
                assert(bars != NULL);
                struct oracle_bar *bar = &bars[bar_count++];
                *bar = (struct oracle_bar){.ts_ns = batch.ts_ns[k], .instrument = i};
                for (int v = 0; v < 4; v++)
                    bar->price[v] = to_ticks(instrument, batch.value[v][k], batch.price_decimals);
            }
        assert(status == STATUS_END);
    }
    if (bar_count > 0)
        bars_to_ticks(o, bars, bar_count);
    free(bars);
    for (size_t r = 0; r < input->reading_count; r++)
        add_readings(o, &input->readings[r]);
    if (o->count > 0)
        qsort(o->ticks, o->count, sizeof(*o->ticks), compare_ticks);
    *ret_count = list.count;
    return list.ticks;
}
