#include "loaders/tick_batcher.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal_text.h"
#include "base/time_text.h"
#include "loaders/tick_stream.h"

/* 32 Ki rows of 25 bytes stay in a second-level cache, and make blocks long enough for the store.
 */
#define ROWS_FLUSH 32768
#define ROWS_FIRST 16
#define ROWS_ALLOCATED_MAX ((size_t)2 << 20) /* over all streams; 100 MB if all are bars */
#define SLOTS ((size_t)2 * TICK_BATCHER_STREAMS_MAX)
#define BAR_NS_ASSUMED (60 * NS_PER_S)
#define UNHOLDABLE "cannot be held exactly beside the other values of its row"

struct tick_batcher {
    struct tick_sink sink;
    struct tick_stream **slots; /* open addressing by hash, SLOTS of them */
    struct tick_stream **streams;
    size_t stream_count;
    size_t rows_since_flush;
    size_t rows_allocated;
    uint64_t rows;
    uint64_t bars;
    uint64_t bars_assumed;
    int64_t first_ts_ns;
    int64_t last_ts_ns;
    bool sink_failed;
};

enum status tick_batcher_create(const struct tick_sink *sink, struct tick_batcher **ret_batcher,
                                struct error *reterr) {
    struct tick_batcher *const batcher = calloc(1, sizeof(*batcher));
    if (batcher != NULL) {
        batcher->sink = *sink;
        batcher->first_ts_ns = INT64_MAX;
        batcher->last_ts_ns = INT64_MIN;
        batcher->slots = calloc(SLOTS, sizeof(struct tick_stream *));
        batcher->streams = calloc(TICK_BATCHER_STREAMS_MAX, sizeof(struct tick_stream *));
    }
    if (batcher == NULL || batcher->slots == NULL || batcher->streams == NULL) {
        tick_batcher_destroy(batcher);
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for batches of rows");
    }
    *ret_batcher = batcher;
    return STATUS_OK;
}

void tick_batcher_destroy(struct tick_batcher *batcher) {
    if (batcher == NULL)
        return;
    for (size_t i = 0; i < batcher->stream_count; i++) {
        free(batcher->streams[i]->memory);
        free(batcher->streams[i]);
    }
    free(batcher->streams);
    free(batcher->slots);
    free(batcher);
}

/* ---- streams ---- */

static inline uint64_t mix(uint64_t hash, uint64_t word) {
    hash = (hash ^ word) * UINT64_C(0x9E3779B97F4A7C15);
    return hash ^ hash >> 29;
}

/* Words of 8 bytes, the last ones overlapping: no call to memcpy of a variable size. */
static inline uint64_t hash_bytes(uint64_t hash, const char *bytes, size_t size) {
    uint64_t word = 0;
    if (size >= 8) {
        for (size_t at = 0; at + 8 < size; at += 8) {
            memcpy(&word, bytes + at, 8);
            hash = mix(hash, word);
        }
        memcpy(&word, bytes + size - 8, 8);
    } else if (size >= 4) {
        uint32_t low;
        uint32_t high;
        memcpy(&low, bytes, 4);
        memcpy(&high, bytes + size - 4, 4);
        word = (uint64_t)high << 32 | low;
    } else {
        for (size_t i = 0; i < size; i++)
            word = word << 8 | (uint8_t)bytes[i];
    }
    return mix(hash, word + size);
}

static bool instrument_name_ok(const char *name, size_t size) {
    for (size_t i = 0; i < size; i++) {
        const unsigned char c = (unsigned char)name[i];
        if (c <= ' ' || c == 127 || c == '"' || c == '\'' || c == ',')
            return false;
    }
    return size > 0 && size <= TICK_BATCHER_INSTRUMENT_MAX;
}

static bool series_name_ok(const char *name, size_t size) {
    for (size_t i = 0; i < size; i++) {
        const char c = name[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'))
            return false;
    }
    return size > 0 && size <= TICK_BATCHER_SERIES_MAX;
}

static enum status add_stream(struct tick_batcher *batcher, const char *instrument,
                              size_t instrument_size, const char *series, size_t series_size,
                              enum series_kind kind, struct tick_stream **ret_stream,
                              struct error *reterr) {
    if (!instrument_name_ok(instrument, instrument_size))
        return error_set(reterr, STATUS_CORRUPT,
                         instrument_size == 0
                             ? "column 'instrument' is empty"
                             : "column 'instrument': not a name (at most %d bytes, no blanks, "
                               "quotes or control characters)",
                         TICK_BATCHER_INSTRUMENT_MAX);
    if (!series_name_ok(series, series_size))
        return error_set(reterr, STATUS_CORRUPT,
                         "column 'series': not a name (1 to %d of a-z, 0-9 and _)",
                         TICK_BATCHER_SERIES_MAX);
    if (batcher->stream_count == TICK_BATCHER_STREAMS_MAX)
        return error_set(reterr, STATUS_CORRUPT, "more than %d instruments and series",
                         TICK_BATCHER_STREAMS_MAX);
    struct tick_stream *const stream = calloc(1, sizeof(*stream));
    if (stream == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for a series");
    memcpy(stream->instrument, instrument, instrument_size);
    memcpy(stream->series, series, series_size);
    stream->instrument_size = instrument_size;
    stream->series_size = series_size;
    stream->kind = kind;
    stream->rule = value_rule_of_series(stream->series);
    stream->last_ts_ns = INT64_MIN;
    batcher->streams[batcher->stream_count++] = stream;
    *ret_stream = stream;
    return STATUS_OK;
}

enum status tick_batcher_find(struct tick_batcher *batcher, const char *instrument,
                              size_t instrument_size, const char *series, size_t series_size,
                              enum series_kind kind, struct tick_stream **ret_stream,
                              struct error *reterr) {
    const uint64_t hash =
        hash_bytes(hash_bytes((uint64_t)kind, instrument, instrument_size), series, series_size);
    size_t slot = (size_t)(hash >> 32) % SLOTS;
    for (; batcher->slots[slot] != NULL; slot = (slot + 1) % SLOTS) {
        struct tick_stream *const stream = batcher->slots[slot];
        if (stream->hash == hash && stream->instrument_size == instrument_size &&
            stream->series_size == series_size && stream->kind == kind &&
            memcmp(stream->instrument, instrument, instrument_size) == 0 &&
            memcmp(stream->series, series, series_size) == 0) {
            *ret_stream = stream;
            return STATUS_OK;
        }
    }
    const enum status status = add_stream(batcher, instrument, instrument_size, series, series_size,
                                          kind, ret_stream, reterr);
    if (status == STATUS_OK) {
        batcher->slots[slot] = *ret_stream;
        (*ret_stream)->hash = hash;
    }
    return status;
}

/* ---- batches ---- */

static enum status flush_stream(struct tick_batcher *batcher, struct tick_stream *stream, bool last,
                                struct error *reterr) {
    if (stream->count == 0)
        return STATUS_OK;
    if (stream->kind == SERIES_BARS && stream->bar_ns == 0) {
        if (stream->count == 1 && !last)
            return STATUS_OK; /* a lone bar waits for the one that tells its length */
        if (stream->count == 1) {
            stream->bar_ns = BAR_NS_ASSUMED;
            batcher->bars_assumed++;
        } else {
            const enum status status = tick_stream_find_bar_length(stream, reterr);
            if (status != STATUS_OK)
                return status;
        }
    }
    const struct series_key key = {stream->instrument, stream->series, stream->kind,
                                   stream->bar_ns};
    struct tick_batch batch = {
        .count = stream->count,
        .ts_ns = stream->ts_ns,
        .flags = stream->flags,
        .price_decimals = stream->price_decimals,
        .quantity_decimals = stream->quantity_decimals,
    };
    for (size_t i = 0; i < tick_stream_values(stream); i++)
        batch.value[i] = stream->value[i];
    const enum status status = batcher->sink.append(batcher->sink.context, &key, &batch, reterr);
    if (status != STATUS_OK) {
        batcher->sink_failed = true;
        return status;
    }

    batcher->rows += stream->count;
    if (stream->kind == SERIES_BARS)
        batcher->bars += stream->count;
    stream->count = 0;
    return STATUS_OK;
}

static enum status flush_all(struct tick_batcher *batcher, bool last, struct error *reterr) {
    for (size_t i = 0; i < batcher->stream_count; i++) {
        const enum status status = flush_stream(batcher, batcher->streams[i], last, reterr);
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
        const enum status status = flush_all(batcher, false, reterr);
        if (status != STATUS_OK)
            return status;
        batcher->rows_allocated = 0;
        for (size_t i = 0; i < batcher->stream_count; i++) {
            if (batcher->streams[i]->count == 0)
                tick_stream_release(batcher->streams[i]);
            batcher->rows_allocated += batcher->streams[i]->capacity;
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

/* What every row does first: order, room, and the batch that is full. */
static inline enum status begin_row(struct tick_batcher *batcher, struct tick_stream *stream,
                                    int64_t ts_ns, struct error *reterr) {
    if (__builtin_expect(ts_ns < stream->last_ts_ns, 0))
        return bad_order(stream, ts_ns, reterr);
    if (__builtin_expect(batcher->rows_since_flush >= ROWS_FLUSH, 0)) {
        const enum status status = flush_all(batcher, false, reterr);
        if (status != STATUS_OK)
            return status;
    }
    return __builtin_expect(stream->count == stream->capacity, 0) ? grow(batcher, stream, reterr)
                                                                  : STATUS_OK;
}

static inline void end_row(struct tick_batcher *batcher, struct tick_stream *stream,
                           int64_t ts_ns) {
    stream->ts_ns[stream->count++] = ts_ns;
    stream->last_ts_ns = ts_ns;
    batcher->rows_since_flush++;
    if (ts_ns < batcher->first_ts_ns)
        batcher->first_ts_ns = ts_ns;
    if (ts_ns > batcher->last_ts_ns)
        batcher->last_ts_ns = ts_ns;
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
    const enum status status = flush_stream(batcher, stream, false, reterr);
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
        return bad_value("price", price, "is not above 0", reterr);
    if (stream->rule == VALUE_NOT_NEGATIVE && price.mantissa < 0)
        return bad_value("price", price, "is below 0", reterr);
    if (quantity.mantissa < 0)
        return bad_value("quantity", quantity, "is below 0", reterr);
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

/* A bar must stand a whole number of bars after the last one. */
static enum status check_grid(const struct tick_stream *stream, int64_t ts_ns,
                              struct error *reterr) {
    int64_t spacing;
    if (!__builtin_sub_overflow(ts_ns, stream->last_ts_ns, &spacing) &&
        (stream->bar_ns == 0 || spacing % stream->bar_ns == 0))
        return STATUS_OK;
    char text[32];
    (void)time_format_iso(ts_ns, text);
    return error_set(reterr, STATUS_CORRUPT,
                     "column 'ts': the bar of %s at %s is not on the grid of its bars of %.9g s",
                     stream->instrument, text, (double)stream->bar_ns / 1e9);
}

/* The law of a bar, at equal decimals. */
static enum status check_bar(const int64_t price[4], int32_t decimals, struct error *reterr) {
    static const char *const names[4] = {"open", "high", "low", "close"};
    for (size_t i = 0; i < 4; i++) {
        const struct decimal value = {price[i], decimals};
        if (price[i] <= 0)
            return bad_value(names[i], value, "is not above 0", reterr);
        if (price[i] > price[1])
            return bad_value(names[i], value, "is above the bar's high", reterr);
        if (price[i] < price[2])
            return bad_value(names[i], value, "is below the bar's low", reterr);
    }
    return STATUS_OK;
}

enum status tick_batcher_add_bar(struct tick_batcher *batcher, struct tick_stream *stream,
                                 int64_t ts_ns, const struct decimal value[TICK_VALUES_MAX],
                                 struct error *reterr) {
    assert(stream->kind == SERIES_BARS);
    if (ts_ns == stream->last_ts_ns)
        return bad_order(stream, ts_ns, reterr);
    if (value[4].mantissa < 0)
        return bad_value("volume", value[4], "is below 0", reterr);
    enum status status = begin_row(batcher, stream, ts_ns, reterr);
    if (status == STATUS_OK && stream->last_ts_ns != INT64_MIN)
        status = check_grid(stream, ts_ns, reterr);
    /* twice: in the second pass all four stand at the widest decimals of them */
    int64_t mantissa[TICK_VALUES_MAX];
    int32_t decimals = 0;
    for (size_t i = 0; i < 8 && status == STATUS_OK; i++) {
        if (i == 4)
            decimals = stream->price_decimals;
        status = fit(batcher, stream, 0, 4, &stream->price_decimals, value[i % 4], &mantissa[i % 4],
                     reterr);
    }
    if (status == STATUS_OK && decimals != stream->price_decimals)
        status = bad_value("open", value[0], UNHOLDABLE, reterr);
    if (status == STATUS_OK)
        status = check_bar(mantissa, stream->price_decimals, reterr);
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

/* ---- the end ---- */

bool tick_batcher_sink_failed(const struct tick_batcher *batcher) {
    return batcher->sink_failed;
}

static int by_instrument(const void *left, const void *right) {
    const struct tick_stream *const *const a = left;
    const struct tick_stream *const *const b = right;
    return strcmp((*a)->instrument, (*b)->instrument);
}

enum status tick_batcher_finish(struct tick_batcher *batcher, struct import_report *ret_report,
                                struct error *reterr) {
    const enum status status = flush_all(batcher, true, reterr);
    if (status != STATUS_OK)
        return status;
    struct import_report *const report = ret_report;
    report->rows = batcher->rows;
    report->bars = batcher->bars;
    report->bars_assumed = batcher->bars_assumed;
    report->series = batcher->stream_count;
    report->first_ts_ns = batcher->rows > 0 ? batcher->first_ts_ns : 0;
    report->last_ts_ns = batcher->rows > 0 ? batcher->last_ts_ns : 0;
    report->instruments = 0;
    report->bar_ns_min = report->bar_ns_max = 0;
    /* the hash finds streams by its own table, so their list may be sorted now */
    qsort(batcher->streams, batcher->stream_count, sizeof(struct tick_stream *), by_instrument);
    for (size_t i = 0; i < batcher->stream_count; i++) {
        const struct tick_stream *const stream = batcher->streams[i];
        if (i == 0 || by_instrument(&batcher->streams[i - 1], &batcher->streams[i]) != 0)
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
