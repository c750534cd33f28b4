#include "loaders/ticks/tick_batcher.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal_text.h"
#include "base/time_text.h"
#include "loaders/ticks/tick_stream.h"
#include "loaders/ticks/tick_streams.h"

/* 32 Ki rows of 25 bytes stay in a second-level cache, and make blocks long enough for the store.
 */
#define ROWS_FLUSH 32768
#define ROWS_FIRST 4
#define ROWS_ALLOCATED_MAX ((size_t)1 << 19) /* over all streams; 25 MB if all are bars */
/* So many of a stream's latest rows wait for rows that belong before them. What comes later still
 * is handed over as a batch that goes back in time. */
#define ROWS_HELD_MAX 4096
#define BAR_NS_ASSUMED (60 * NS_PER_S)
#define UNHOLDABLE "cannot be held exactly beside the other values of its row"

struct tick_batcher {
    struct tick_sink sink;
    struct tick_streams streams;
    size_t rows_since_flush;
    size_t rows_allocated;
    uint64_t rows;
    uint64_t bars;
    uint64_t bars_assumed;
    int64_t first_ts_ns;
    int64_t last_ts_ns;
    bool sink_failed;
    enum tick_policy policy;
    const uint64_t *line; /* the loader's; NULL: it counts none */
    bool unit_known;
    enum time_unit unit;
    uint64_t unit_switches;
};

enum status tick_batcher_create(const struct tick_sink *sink, struct tick_batcher **ret_batcher,
                                struct error *reterr) {
    struct tick_batcher *const batcher = calloc(1, sizeof(*batcher));
    if (batcher != NULL) {
        batcher->sink = *sink;
        batcher->first_ts_ns = INT64_MAX;
        batcher->last_ts_ns = INT64_MIN;
    }
    if (batcher == NULL || !tick_streams_init(&batcher->streams)) {
        tick_batcher_destroy(batcher);
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for batches of rows");
    }
    *ret_batcher = batcher;
    return STATUS_OK;
}

void tick_batcher_set_policy(struct tick_batcher *batcher, enum tick_policy policy,
                             const uint64_t *line) {
    assert(batcher->streams.count == 0);
    batcher->policy = policy;
    batcher->line = line;
}

void tick_batcher_destroy(struct tick_batcher *batcher) {
    if (batcher == NULL)
        return;
    tick_streams_finish(&batcher->streams);
    free(batcher);
}

/* ---- streams ---- */

enum status tick_batcher_find(struct tick_batcher *batcher, const char *instrument,
                              size_t instrument_size, const char *series, size_t series_size,
                              enum series_kind kind, struct tick_stream **ret_stream,
                              struct error *reterr) {
    return tick_streams_find(&batcher->streams, instrument, instrument_size, series, series_size,
                             kind, 0, ret_stream, reterr);
}

enum status tick_batcher_find_bars(struct tick_batcher *batcher, const char *instrument,
                                   size_t instrument_size, const char *series, size_t series_size,
                                   int64_t bar_ns, struct tick_stream **ret_stream,
                                   struct error *reterr) {
    assert(bar_ns > 0);
    return tick_streams_find(&batcher->streams, instrument, instrument_size, series, series_size,
                             SERIES_BARS, bar_ns, ret_stream, reterr);
}

void tick_batcher_expect_decimals(struct tick_stream *stream, int32_t price_decimals,
                                  int32_t quantity_decimals) {
    if (stream->count > 0)
        return; /* those rows have theirs */
    stream->price_decimals = price_decimals;
    stream->quantity_decimals = quantity_decimals;
}

/* ---- batches ---- */

/* Which of the held rows go out. */
enum flush {
    FLUSH_SOME, /* a vendor's latest rows wait */
    FLUSH_ALL,  /* but for a lone bar of unknown length */
    FLUSH_LAST, /* nothing comes after */
};

/* Brings the held rows into the order and onto the grid in which they are handed over. */
static enum status tidy(struct tick_batcher *batcher, struct tick_stream *stream, enum flush flush,
                        struct error *reterr) {
    const bool vendor = batcher->policy == TICKS_VENDOR;
    if (stream->disordered && !tick_stream_sort(stream))
        return error_set(reterr, STATUS_NO_MEMORY, "no memory to sort %zu rows", stream->count);
    if (stream->kind != SERIES_BARS)
        return STATUS_OK;
    if (vendor)
        tick_stream_drop_doubles(stream);
    enum status status = STATUS_OK;
    if (stream->bar_ns == 0 && stream->count == 1 && flush == FLUSH_LAST) {
        stream->bar_ns = BAR_NS_ASSUMED;
        stream->bar_anchor = stream->ts_ns[0];
        batcher->bars_assumed++;
    } else if (stream->bar_ns == 0 && stream->count > 1) {
        status = vendor ? tick_stream_guess_bar_length(stream, reterr)
                        : tick_stream_find_bar_length(stream, reterr);
    }
    if (status == STATUS_OK && vendor && stream->bar_ns > 0)
        status = tick_stream_drop_off_grid(stream, reterr);
    return status;
}

static struct series_key key_of(const struct tick_stream *stream) {
    return (struct series_key){stream->instrument, stream->series, stream->kind, stream->bar_ns};
}

static enum status hand_over(struct tick_batcher *batcher, struct tick_stream *stream, size_t count,
                             struct error *reterr) {
    const struct series_key key = key_of(stream);
    struct tick_batch batch = {
        .count = count,
        .ts_ns = stream->ts_ns,
        .flags = stream->kind == SERIES_TICKS ? stream->flags : NULL,
        .price_decimals = stream->price_decimals,
        .quantity_decimals = stream->quantity_decimals,
    };
    for (size_t i = 0; i < tick_stream_values(stream); i++)
        batch.value[i] = stream->value[i];
    tick_measure_batch(&stream->measure, &key, &batch);
    const enum status status = batcher->sink.append(batcher->sink.context, &key, &batch, reterr);
    if (status != STATUS_OK) {
        batcher->sink_failed = true;
        return status;
    }
    batcher->rows += count;
    if (stream->kind == SERIES_BARS)
        batcher->bars += count;
    if (batch.ts_ns[0] < batcher->first_ts_ns)
        batcher->first_ts_ns = batch.ts_ns[0];
    if (batch.ts_ns[count - 1] > batcher->last_ts_ns)
        batcher->last_ts_ns = batch.ts_ns[count - 1];
    tick_stream_shift(stream, count);
    return STATUS_OK;
}

static enum status flush_stream(struct tick_batcher *batcher, struct tick_stream *stream,
                                enum flush flush, struct error *reterr) {
    if (stream->count == 0)
        return STATUS_OK;
    const enum status status = tidy(batcher, stream, flush, reterr);
    if (status != STATUS_OK)
        return status;
    size_t count = stream->count;
    if (flush == FLUSH_SOME && batcher->policy == TICKS_VENDOR)
        count -= count / 2 < ROWS_HELD_MAX ? count / 2 : ROWS_HELD_MAX;
    if (stream->kind == SERIES_BARS && stream->bar_ns == 0)
        count = 0; /* a lone bar waits for the one that tells its length */
    return count > 0 ? hand_over(batcher, stream, count, reterr) : STATUS_OK;
}

static enum status flush_all(struct tick_batcher *batcher, enum flush flush, struct error *reterr) {
    for (size_t i = 0; i < batcher->streams.count; i++) {
        const enum status status = flush_stream(batcher, batcher->streams.rows[i], flush, reterr);
        if (status != STATUS_OK)
            return status;
    }
    batcher->rows_since_flush = 0;
    return STATUS_OK;
}

/* Room for one more row. When many series together hold too much, all is handed over first. */
static enum status grow(struct tick_batcher *batcher, struct tick_stream *stream,
                        struct error *reterr) {
    size_t capacity = stream->capacity == 0 ? ROWS_FIRST : 2 * stream->capacity;
    if (batcher->rows_allocated + capacity - stream->capacity > ROWS_ALLOCATED_MAX) {
        const enum status status = flush_all(batcher, FLUSH_ALL, reterr);
        if (status != STATUS_OK)
            return status;
        batcher->rows_allocated = 0;
        for (size_t i = 0; i < batcher->streams.count; i++) {
            if (batcher->streams.rows[i]->count == 0)
                tick_stream_release(batcher->streams.rows[i]);
            batcher->rows_allocated += batcher->streams.rows[i]->capacity;
        }
        capacity = stream->capacity == 0 ? ROWS_FIRST : 2 * stream->capacity;
    }
    const size_t before = stream->capacity;
    if (!tick_stream_reserve(stream, capacity))
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for %zu rows", capacity);
    batcher->rows_allocated += capacity - before;
    return STATUS_OK;
}

static __attribute__((noinline)) enum status bad_order(const struct tick_stream *stream,
                                                       int64_t ts_ns, struct error *reterr) {
    char now[32];
    char before[32];
    (void)time_format_iso(ts_ns, now);
    (void)time_format_iso(stream->last_ts_ns, before);
    if (stream->kind == SERIES_BARS && ts_ns == stream->last_ts_ns)
        return error_set(reterr, STATUS_CORRUPT, "column 'ts': a second bar of %s at %s",
                         stream->instrument, now);
    return error_set(reterr, STATUS_CORRUPT,
                     "column 'ts': time runs backwards in %s %s: %s after %s", stream->instrument,
                     stream->series, now, before);
}

static __attribute__((noinline)) enum status bad_value(const char *column, struct decimal value,
                                                       const char *why, struct error *reterr) {
    char text[32];
    (void)decimal_format(value.mantissa, value.decimals, text);
    return error_set(reterr, STATUS_CORRUPT, "column '%s': %s %s", column, text, why);
}

void tick_batcher_note_odd(struct tick_batcher *batcher, struct tick_stream *stream) {
    struct series_quality *const quality = &stream->measure.quality;
    quality->odd++;
    if (quality->odd_line == 0 && batcher->line != NULL)
        quality->odd_line = *batcher->line;
}

/* A row that cannot be right: `column` is `value` and that `why`. */
static __attribute__((noinline)) enum status odd_row(struct tick_batcher *batcher,
                                                     struct tick_stream *stream, const char *column,
                                                     struct decimal value, const char *why,
                                                     struct error *reterr) {
    if (batcher->policy == TICKS_STRICT)
        return bad_value(column, value, why, reterr);
    tick_batcher_note_odd(batcher, stream);
    return STATUS_OK;
}

/* A row that belongs before one that is here already. */
static __attribute__((noinline)) enum status late_row(struct tick_batcher *batcher,
                                                      struct tick_stream *stream, int64_t ts_ns,
                                                      struct error *reterr) {
    struct series_quality *const quality = &stream->measure.quality;
    int64_t late_ns;
    if (batcher->policy == TICKS_STRICT ||
        __builtin_sub_overflow(stream->last_ts_ns, ts_ns, &late_ns))
        return bad_order(stream, ts_ns, reterr);
    stream->disordered = true;
    quality->out_of_order++;
    if (late_ns > quality->late_ns_max)
        quality->late_ns_max = late_ns;
    return STATUS_OK;
}

/* What every row does first: order, room, and the batch that is full. */
static inline enum status begin_row(struct tick_batcher *batcher, struct tick_stream *stream,
                                    int64_t ts_ns, struct error *reterr) {
    if (__builtin_expect(ts_ns < stream->last_ts_ns, 0)) {
        const enum status status = late_row(batcher, stream, ts_ns, reterr);
        if (status != STATUS_OK)
            return status;
    }
    if (__builtin_expect(batcher->rows_since_flush >= ROWS_FLUSH, 0)) {
        const enum status status = flush_all(batcher, FLUSH_SOME, reterr);
        if (status != STATUS_OK)
            return status;
    }
    return __builtin_expect(stream->count == stream->capacity, 0) ? grow(batcher, stream, reterr)
                                                                  : STATUS_OK;
}

static inline void end_row(struct tick_batcher *batcher, struct tick_stream *stream,
                           int64_t ts_ns) {
    stream->ts_ns[stream->count++] = ts_ns;
    stream->last_ts_ns = ts_ns > stream->last_ts_ns ? ts_ns : stream->last_ts_ns;
    batcher->rows_since_flush++;
}

/* `value` into columns first.. as tick_stream_fit(), handing over the held rows if they cannot
 * share decimals with it. */
static enum status fit(struct tick_batcher *batcher, struct tick_stream *stream, size_t first,
                       size_t end, int32_t *decimals, struct decimal value, int64_t *ret_mantissa,
                       struct error *reterr) {
    if (__builtin_expect(value.decimals == *decimals, 1)) {
        *ret_mantissa = value.mantissa;
        return STATUS_OK;
    }
    if (tick_stream_fit(stream, first, end, decimals, value, ret_mantissa))
        return STATUS_OK;
    const enum status status = flush_stream(batcher, stream, FLUSH_ALL, reterr);
    if (status != STATUS_OK)
        return status;
    if (!tick_stream_fit(stream, first, end, decimals, value, ret_mantissa))
        return bad_value("price", value, UNHOLDABLE, reterr);
    return STATUS_OK;
}

enum status tick_batcher_add_tick(struct tick_batcher *batcher, struct tick_stream *stream,
                                  int64_t ts_ns, struct decimal price, struct decimal quantity,
                                  uint8_t flags, struct error *reterr) {
    assert(stream->kind == SERIES_TICKS);
    if (stream->rule == VALUE_POSITIVE && price.mantissa <= 0)
        return odd_row(batcher, stream, "price", price, "is not above 0", reterr);
    if (stream->rule == VALUE_NOT_NEGATIVE && price.mantissa < 0)
        return odd_row(batcher, stream, "price", price, "is below 0", reterr);
    if (quantity.mantissa < 0)
        return odd_row(batcher, stream, "quantity", quantity, "is below 0", reterr);
    enum status status = begin_row(batcher, stream, ts_ns, reterr);
    int64_t mantissa[2];
    if (status == STATUS_OK)
        status = fit(batcher, stream, 0, 1, &stream->price_decimals, price, &mantissa[0], reterr);
    if (status == STATUS_OK && (flags & TICK_NO_QUANTITY) != 0)
        mantissa[1] = 0;
    else if (status == STATUS_OK)
        status =
            fit(batcher, stream, 1, 2, &stream->quantity_decimals, quantity, &mantissa[1], reterr);
    if (status != STATUS_OK)
        return status;
    stream->value[0][stream->count] = mantissa[0];
    stream->value[1][stream->count] = mantissa[1];
    stream->flags[stream->count] = flags;
    end_row(batcher, stream, ts_ns);
    return STATUS_OK;
}

/* A bar must stand a whole number of bars after the last one; a vendor's is looked at later. */
static enum status check_grid(const struct tick_stream *stream, int64_t ts_ns, bool strict,
                              struct error *reterr) {
    int64_t spacing;
    if (!__builtin_sub_overflow(ts_ns, stream->last_ts_ns, &spacing) &&
        (!strict || stream->bar_ns == 0 || spacing % stream->bar_ns == 0))
        return STATUS_OK;
    char text[32];
    (void)time_format_iso(ts_ns, text);
    return error_set(reterr, STATUS_CORRUPT,
                     "column 'ts': the bar of %s at %s is not on the grid of its bars of %.9g s",
                     stream->instrument, text, (double)stream->bar_ns / 1e9);
}

/* The law of a bar, at equal decimals: NULL, or what is wrong with price *ret_which. */
static const char *bar_fault(const struct tick_stream *stream, const int64_t price[4],
                             size_t *ret_which) {
    for (size_t i = 0; i < 4; i++) {
        *ret_which = i;
        if (price[i] <= 0 && stream->rule == VALUE_POSITIVE)
            return "is not above 0";
        if (price[i] > price[1])
            return "is above the bar's high";
        if (price[i] < price[2])
            return "is below the bar's low";
    }
    return NULL;
}

/* The prices of a bar at common decimals: twice, since in the second pass all four stand at the
 * widest decimals of them. */
static enum status fit_prices(struct tick_batcher *batcher, struct tick_stream *stream,
                              const struct decimal value[4], int64_t mantissa[4],
                              struct error *reterr) {
    int32_t decimals = 0;
    for (size_t i = 0; i < 8; i++) {
        if (i == 4)
            decimals = stream->price_decimals;
        const enum status status = fit(batcher, stream, 0, 4, &stream->price_decimals, value[i % 4],
                                       &mantissa[i % 4], reterr);
        if (status != STATUS_OK)
            return status;
    }
    return decimals == stream->price_decimals ? STATUS_OK
                                              : bad_value("open", value[0], UNHOLDABLE, reterr);
}

enum status tick_batcher_add_bar(struct tick_batcher *batcher, struct tick_stream *stream,
                                 int64_t ts_ns, const struct decimal value[TICK_VALUES_MAX],
                                 struct error *reterr) {
    static const char *const names[4] = {"open", "high", "low", "close"};
    assert(stream->kind == SERIES_BARS);
    const bool strict = batcher->policy == TICKS_STRICT;
    if (ts_ns == stream->last_ts_ns) {
        if (strict)
            return bad_order(stream, ts_ns, reterr);
        if (stream->measure.quality.odd_line == 0 && batcher->line != NULL)
            stream->measure.quality.odd_line = *batcher->line;
    }
    if (stream->last_ts_ns == INT64_MIN)
        stream->bar_anchor = ts_ns; /* bars of weeks begin on Mondays, whatever the epoch did */
    if (value[4].mantissa < 0)
        return odd_row(batcher, stream, "volume", value[4], "is below 0", reterr);
    enum status status = begin_row(batcher, stream, ts_ns, reterr);
    if (status == STATUS_OK && stream->last_ts_ns != INT64_MIN)
        status = check_grid(stream, ts_ns, strict, reterr);
    int64_t mantissa[TICK_VALUES_MAX];
    if (status == STATUS_OK)
        status = fit_prices(batcher, stream, value, mantissa, reterr);
    size_t which = 0;
    const char *const fault = status == STATUS_OK ? bar_fault(stream, mantissa, &which) : NULL;
    if (fault != NULL)
        return odd_row(batcher, stream, names[which],
                       (struct decimal){mantissa[which], stream->price_decimals}, fault, reterr);
    if (status == STATUS_OK)
        status =
            fit(batcher, stream, 4, 5, &stream->quantity_decimals, value[4], &mantissa[4], reterr);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < TICK_VALUES_MAX; i++)
        stream->value[i][stream->count] = mantissa[i];
    end_row(batcher, stream, ts_ns);
    return STATUS_OK;
}

/* ---- what loaders tell ---- */

void tick_batcher_set_bar_length(struct tick_stream *stream, int64_t bar_ns) {
    assert(stream->kind == SERIES_BARS && stream->count == 0 && bar_ns > 0);
    stream->bar_ns = bar_ns;
    stream->bar_anchor = 0;
}

void tick_batcher_note_id(struct tick_stream *stream, uint64_t first, uint64_t last) {
    tick_measure_id(&stream->measure, first, last);
}

void tick_batcher_note_quote(struct tick_stream *bid_stream, struct decimal bid,
                             struct decimal ask) {
    const int32_t decimals = bid.decimals > ask.decimals ? bid.decimals : ask.decimals;
    const int128 low = (int128)bid.mantissa * units_pow10(decimals - bid.decimals);
    const int128 high = (int128)ask.mantissa * units_pow10(decimals - ask.decimals);
    bid_stream->measure.quality.crossed += (uint64_t)(low >= high && low > 0 && high > 0);
}

void tick_batcher_note_unit(struct tick_batcher *batcher, enum time_unit unit) {
    if (batcher->unit_known && unit != batcher->unit)
        batcher->unit_switches++;
    batcher->unit_known = true;
    batcher->unit = unit;
}

/* ---- the end ---- */

bool tick_batcher_sink_failed(const struct tick_batcher *batcher) {
    return batcher->sink_failed;
}

static int by_instrument(const void *left, const void *right) {
    const struct tick_stream *const *const a = left;
    const struct tick_stream *const *const b = right;
    return strcmp((*a)->instrument, (*b)->instrument);
}

static enum status tell_quality(struct tick_batcher *batcher, struct tick_stream *stream,
                                struct error *reterr) {
    if (batcher->sink.quality == NULL)
        return STATUS_OK;
    const struct series_key key = key_of(stream);
    tick_measure_finish(&stream->measure, &key);
    const enum status status =
        batcher->sink.quality(batcher->sink.context, &key, &stream->measure.quality, reterr);
    batcher->sink_failed = status != STATUS_OK;
    return status;
}

enum status tick_batcher_finish(struct tick_batcher *batcher, struct import_report *ret_report,
                                struct error *reterr) {
    enum status status = flush_all(batcher, FLUSH_LAST, reterr);
    for (size_t i = 0; status == STATUS_OK && i < batcher->streams.count; i++)
        status = tell_quality(batcher, batcher->streams.rows[i], reterr);
    if (status != STATUS_OK)
        return status;
    struct import_report *const report = ret_report;
    report->unit_switches = batcher->unit_switches;
    report->rows = batcher->rows;
    report->bars = batcher->bars;
    report->bars_assumed = batcher->bars_assumed;
    report->series = batcher->streams.count;
    report->first_ts_ns = batcher->rows > 0 ? batcher->first_ts_ns : 0;
    report->last_ts_ns = batcher->rows > 0 ? batcher->last_ts_ns : 0;
    report->instruments = 0;
    report->bar_ns_min = report->bar_ns_max = 0;
    /* the hash finds streams by its own table, so their list may be sorted now */
    qsort(batcher->streams.rows, batcher->streams.count, sizeof(struct tick_stream *),
          by_instrument);
    for (size_t i = 0; i < batcher->streams.count; i++) {
        const struct tick_stream *const stream = batcher->streams.rows[i];
        if (i == 0 || by_instrument(&batcher->streams.rows[i - 1], &batcher->streams.rows[i]) != 0)
            report->instruments++;
        if (stream->bar_ns == 0)
            continue;
        if (report->bar_ns_min == 0 || stream->bar_ns < report->bar_ns_min)
            report->bar_ns_min = stream->bar_ns;
        if (stream->bar_ns > report->bar_ns_max)
            report->bar_ns_max = stream->bar_ns;
    }
    return STATUS_OK;
}
