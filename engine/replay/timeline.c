#include "engine/replay/timeline.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"

/* ---- one batch onto the run's grid ---- */

static enum status buffer_reserve(struct stream_buffer *buffer, size_t count, bool bars,
                                  struct error *reterr) {
    if (count <= buffer->capacity)
        return STATUS_OK;
    int64_t *ts_ns = realloc(buffer->ts_ns, count * sizeof(*ts_ns));
    if (ts_ns == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for ticks");
    buffer->ts_ns = ts_ns;
    for (int c = 0; c < (bars ? BAR_STEPS : 1); c++) {
        int64_t *price = realloc(buffer->price[c], count * sizeof(*price));
        if (price == NULL)
            return error_set(reterr, STATUS_NO_MEMORY, "no memory for ticks");
        buffer->price[c] = price;
    }
    buffer->capacity = count;
    return STATUS_OK;
}

static enum status off_grid(const struct stream *stream, int64_t ts_ns, int64_t mantissa,
                            int32_t decimals, struct error *reterr) {
    const char *why = mantissa <= 0 ? "is not above zero" : "is not on the price tick";
    return error_set(
        reterr, STATUS_CORRUPT,
        "'%s' at %" PRId64 " ns: price %" PRId64 "e-%d %s (price_tick %" PRId64 "e-%d)",
        stream->instrument->symbol, ts_ns, mantissa, (int)decimals, why,
        stream->instrument->price_tick.mantissa, (int)stream->instrument->price_tick.decimals);
}

/* Signed quantities of liquidation prints. */
static enum status prints_copy(const struct stream *stream, const struct tick_batch *batch,
                               size_t first, size_t count, struct stream_buffer *buffer,
                               struct error *reterr) {
    int64_t *quantity = realloc(buffer->quantity, (count + 1) * sizeof(*quantity));
    if (quantity == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for ticks");
    buffer->quantity = quantity;
    buffer->quantity_decimals = batch->quantity_decimals;
    for (size_t r = 0; r < count; r++) {
        const uint8_t flags = batch->flags[first + r];
        if ((flags & TICK_NO_QUANTITY) != 0 || (flags & (TICK_BUY | TICK_SELL)) == 0)
            return error_set(reterr, STATUS_CORRUPT,
                             "'%s' at %" PRId64 " ns: a liquidation without %s",
                             stream->instrument->symbol, batch->ts_ns[first + r],
                             (flags & TICK_NO_QUANTITY) != 0 ? "quantity" : "side");
        const int64_t size = batch->value[1][first + r];
        quantity[r] = (flags & TICK_SELL) != 0 ? size : -size;
    }
    return STATUS_OK;
}

/* Readings keep their own grid. */
static enum status column_copy(const struct stream *stream, const struct tick_batch *batch,
                               const int64_t *column, size_t first, size_t count,
                               int64_t *restrict ret_values, struct error *reterr) {
    static const char *const names[READING_KINDS] = {"mark", "index", "liquidation",
                                                     "open interest"};
    for (size_t r = 0; r < count; r++) {
        ret_values[r] = column[first + r];
        if (ret_values[r] < 0 ||
            (ret_values[r] == 0 && stream->reading->kind != READING_OPEN_INTEREST))
            return error_set(reterr, STATUS_CORRUPT, "'%s' at %" PRId64 " ns: %s is not above zero",
                             stream->instrument->symbol, batch->ts_ns[first + r],
                             names[stream->reading->kind]);
    }
    return STATUS_OK;
}

/* mantissa * 10^-decimals in units of the price tick: times `up`, divided by `down` exactly. */
static enum status column_to_grid(const struct stream *stream, const struct tick_batch *batch,
                                  const int64_t *column, size_t first, size_t count,
                                  int64_t *restrict ret_ticks, struct error *reterr) {
    if (stream->reading != NULL)
        return column_copy(stream, batch, column, first, count, ret_ticks, reterr);
    const struct decimal tick = stream->instrument->price_tick;
    int64_t up = 1;
    int128 down = tick.mantissa;
    if (tick.decimals >= batch->price_decimals)
        up = units_pow10(tick.decimals - batch->price_decimals);
    else
        down *= units_pow10(batch->price_decimals - tick.decimals);
    if (up == 1 && down == 1) {
        int64_t lowest = 1;
        for (size_t r = 0; r < count; r++) {
            ret_ticks[r] = column[first + r];
            lowest = ret_ticks[r] < lowest ? ret_ticks[r] : lowest;
        }
        if (lowest >= 1)
            return STATUS_OK;
    }
    for (size_t r = 0; r < count; r++) {
        const int128 scaled = (int128)column[first + r] * up;
        const int128 ticks = scaled / down;
        if (scaled <= 0 || ticks * down != scaled || ticks > INT64_MAX / 4)
            return off_grid(stream, batch->ts_ns[first + r], column[first + r],
                            batch->price_decimals, reterr);
        ret_ticks[r] = (int64_t)ticks;
    }
    return STATUS_OK;
}

static enum status buffer_from_batch(struct stream *stream, const struct timeline *timeline,
                                     const struct tick_batch *batch, struct stream_buffer *buffer,
                                     struct error *reterr) {
    const bool bars = stream->source->kind == SERIES_BARS;
    size_t first = 0;
    size_t end = batch->count;
    while (first < end && batch->ts_ns[first] < timeline->from_ns)
        first++;
    while (end > first && batch->ts_ns[end - 1] >= timeline->to_ns)
        end--;
    const size_t count = end - first;
    enum status status = buffer_reserve(buffer, count, bars, reterr);
    for (int c = 0; c < (bars ? BAR_STEPS : 1) && status == STATUS_OK; c++)
        status =
            column_to_grid(stream, batch, batch->value[c], first, count, buffer->price[c], reterr);
    if (status == STATUS_OK && stream->reading != NULL && stream->reading->kind == READING_PRINTS)
        status = prints_copy(stream, batch, first, count, buffer, reterr);
    int64_t last = stream->last_ts_ns;
    for (size_t r = 0; r < count && status == STATUS_OK; r++) {
        const int64_t ts_ns = batch->ts_ns[first + r];
        if (bars && last > INT64_MIN && ts_ns < last + stream->source->bar_ns)
            status =
                error_set(reterr, STATUS_CORRUPT,
                          "'%s': the bar at %" PRId64 " ns begins before the one before it ends",
                          stream->instrument->symbol, ts_ns);
        else if (ts_ns < last)
            status = error_set(reterr, STATUS_CORRUPT,
                               "'%s': time runs backwards from %" PRId64 " to %" PRId64 " ns",
                               stream->instrument->symbol, last, ts_ns);
        buffer->ts_ns[r] = last = ts_ns;
    }
    stream->last_ts_ns = last;
    buffer->count = count;
    buffer->decimals = batch->price_decimals;
    return status;
}

/* Fills a buffer with the next rows inside [from, to); count 0 at the end. */
static void buffer_fetch(struct stream *stream, const struct timeline *timeline,
                         struct stream_buffer *buffer) {
    buffer->count = 0;
    buffer->status = STATUS_OK;
    while (!stream->ended && buffer->status == STATUS_OK && buffer->count == 0) {
        struct tick_batch batch;
        const struct tick_source *source = &stream->source->source;
        buffer->status = source->next(source->context, &batch, &buffer->error);
        stream->ended =
            buffer->status != STATUS_OK || (batch.count > 0 && batch.ts_ns[0] >= timeline->to_ns);
        if (buffer->status == STATUS_END)
            buffer->status = STATUS_OK;
        else if (!stream->ended)
            buffer->status = buffer_from_batch(stream, timeline, &batch, buffer, &buffer->error);
    }
}

/* ---- the decoding thread ---- */

struct timeline_fetcher {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct timeline *timeline;
    bool stop;
};

/* The stream whose spare buffer is empty, the one that will be needed soonest first. */
static struct stream *fetcher_pick(struct timeline_fetcher *fetcher) {
    struct stream *pick = NULL;
    for (size_t i = 0; i < fetcher->timeline->stream_count; i++) {
        struct stream *stream = &fetcher->timeline->streams[i];
        if (!stream->buffers[1 - stream->current].full &&
            (pick == NULL || stream->last_ts_ns < pick->last_ts_ns))
            pick = stream;
    }
    return pick;
}

static void *fetcher_main(void *context) {
    struct timeline_fetcher *fetcher = context;
    (void)pthread_mutex_lock(&fetcher->lock);
    while (!fetcher->stop) {
        struct stream *stream = fetcher_pick(fetcher);
        if (stream == NULL) {
            (void)pthread_cond_wait(&fetcher->changed, &fetcher->lock);
            continue;
        }
        struct stream_buffer *buffer = &stream->buffers[1 - stream->current];
        (void)pthread_mutex_unlock(&fetcher->lock);
        buffer_fetch(stream, fetcher->timeline, buffer);
        (void)pthread_mutex_lock(&fetcher->lock);
        buffer->full = true;
        (void)pthread_cond_broadcast(&fetcher->changed);
    }
    (void)pthread_mutex_unlock(&fetcher->lock);
    return NULL;
}

static enum status fetcher_start(struct timeline *timeline, struct error *reterr) {
    struct timeline_fetcher *fetcher = calloc(1, sizeof(*fetcher));
    if (fetcher == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for the decoding thread");
    fetcher->timeline = timeline;
    (void)pthread_mutex_init(&fetcher->lock, NULL);   /* cannot fail without attributes */
    (void)pthread_cond_init(&fetcher->changed, NULL); /* the same */
    const int rc = pthread_create(&fetcher->thread, NULL, fetcher_main, fetcher);
    if (rc != 0) {
        free(fetcher);
        return error_set(reterr, STATUS_NO_MEMORY, "starting the decoding thread: %s",
                         strerror(rc));
    }
    timeline->fetcher = fetcher;
    return STATUS_OK;
}

static void fetcher_stop(struct timeline *timeline) {
    struct timeline_fetcher *fetcher = timeline->fetcher;
    if (fetcher == NULL)
        return;
    (void)pthread_mutex_lock(&fetcher->lock);
    fetcher->stop = true;
    (void)pthread_cond_broadcast(&fetcher->changed);
    (void)pthread_mutex_unlock(&fetcher->lock);
    (void)pthread_join(fetcher->thread, NULL);
    (void)pthread_cond_destroy(&fetcher->changed);
    (void)pthread_mutex_destroy(&fetcher->lock);
    free(fetcher);
    timeline->fetcher = NULL;
}

/* ---- streams ---- */

/* The next buffer of a stream becomes its current one. */
static enum status stream_refill(struct timeline *timeline, struct stream *stream,
                                 struct error *reterr) {
    struct timeline_fetcher *fetcher = timeline->fetcher;
    struct stream_buffer *next = &stream->buffers[1 - stream->current];
    if (fetcher == NULL) {
        buffer_fetch(stream, timeline, next);
        stream->current = 1 - stream->current;
    } else {
        (void)pthread_mutex_lock(&fetcher->lock);
        while (!next->full)
            (void)pthread_cond_wait(&fetcher->changed, &fetcher->lock);
        stream->buffers[stream->current].full = false;
        stream->current = 1 - stream->current;
        (void)pthread_cond_broadcast(&fetcher->changed);
        (void)pthread_mutex_unlock(&fetcher->lock);
    }
    stream->at = 0;
    stream->next_ts_ns = next->count > 0 ? next->ts_ns[0] : INT64_MAX;
    if (next->status != STATUS_OK)
        return error_set(reterr, next->status, "%s", next->error.message);
    return STATUS_OK;
}

enum status timeline_init(struct timeline *timeline, const struct replay_input *input,
                          struct error *reterr) {
    memset(timeline, 0, sizeof(*timeline));
    timeline->price_count = input->instrument_count;
    timeline->stream_count = input->instrument_count + input->reading_count;
    timeline->streams = calloc(timeline->stream_count, sizeof(*timeline->streams));
    if (timeline->streams == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for tick streams");
    timeline->bar_path = input->bar_path;
    timeline->from_ns = input->from_ns;
    timeline->to_ns = input->to_ns;
    for (size_t i = 0; i < timeline->stream_count; i++) {
        struct stream *stream = &timeline->streams[i];
        const struct reading_source *reading =
            i < timeline->price_count ? NULL : &input->readings[i - timeline->price_count];
        stream->reading = reading;
        stream->source = reading == NULL ? &input->prices[i] : &reading->prices;
        stream->instrument = &input->instruments[reading == NULL ? i : reading->instrument];
        stream->last_ts_ns = INT64_MIN;
        stream->buffers[0].full = true; /* the first refill swaps it out */
    }
    enum status status = STATUS_OK;
    if (input->threads > 1)
        status = fetcher_start(timeline, reterr);
    for (size_t i = 0; i < timeline->stream_count && status == STATUS_OK; i++)
        status = stream_refill(timeline, &timeline->streams[i], reterr);
    if (status != STATUS_OK)
        timeline_finish(timeline);
    return status;
}

void timeline_finish(struct timeline *timeline) {
    fetcher_stop(timeline);
    for (size_t i = 0; i < timeline->stream_count && timeline->streams != NULL; i++) {
        for (int b = 0; b < 2; b++) {
            free(timeline->streams[i].buffers[b].ts_ns);
            free(timeline->streams[i].buffers[b].quantity);
            for (int c = 0; c < BAR_STEPS; c++)
                free(timeline->streams[i].buffers[b].price[c]);
        }
    }
    free(timeline->streams);
    memset(timeline, 0, sizeof(*timeline));
}

/* Whether the bar's high comes before its low. Under `nearest`, the extreme nearer to the open. */
static bool bar_high_first(const struct timeline *timeline, const struct stream_buffer *buffer,
                           size_t at) {
    switch (timeline->bar_path) {
    case BAR_PATH_OHLC:
        return true;
    case BAR_PATH_OLHC:
    case BAR_PATH_CLOSE:
        return false;
    case BAR_PATH_NEAREST:
        break;
    }
    const int64_t open = buffer->price[0][at];
    return buffer->price[1][at] - open < open - buffer->price[2][at];
}

/* What was taken of a stream: a price in ticks; of a reading, in 10^-decimals units. */
struct taken_price {
    int64_t price;
    int32_t decimals;
    double sold; /* by all prints of the time */
};

static enum status take_ticks(struct timeline *timeline, struct stream *stream, int64_t now_ns,
                              struct taken_price *ret_taken, struct error *reterr) {
    while (stream->next_ts_ns == now_ns) {
        const struct stream_buffer *buffer = &stream->buffers[stream->current];
        ret_taken->price = buffer->price[0][stream->at];
        ret_taken->decimals = buffer->decimals;
        if (buffer->quantity != NULL)
            ret_taken->sold += (double)buffer->quantity[stream->at] /
                               (double)units_pow10(buffer->quantity_decimals);
        timeline->ticks += stream->reading == NULL;
        if (++stream->at < buffer->count) {
            stream->next_ts_ns = buffer->ts_ns[stream->at];
            continue;
        }
        const enum status status = stream_refill(timeline, stream, reterr);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

/* One step of a bar. `order` carries the decision of the first instrument that opens a bar now. */
static enum status take_bar_step(struct timeline *timeline, struct stream *stream, int *order,
                                 struct taken_price *ret_taken, struct error *reterr) {
    const struct stream_buffer *buffer = &stream->buffers[stream->current];
    const size_t at = stream->at;
    timeline->ticks += stream->reading == NULL;
    ret_taken->decimals = buffer->decimals;
    bool over = true;
    if (timeline->bar_path == BAR_PATH_CLOSE) {
        ret_taken->price = buffer->price[3][at];
    } else {
        if (stream->step == 0) {
            if (*order < 0)
                *order = bar_high_first(timeline, buffer, at);
            stream->high_first = *order > 0;
        }
        const int extreme = stream->high_first == (stream->step == 1) ? 1 : 2;
        const int column = stream->step == 0 ? 0 : stream->step == 3 ? 3 : extreme;
        ret_taken->price = buffer->price[column][at];
        stream->step++;
        stream->next_ts_ns =
            buffer->ts_ns[at] + stream->source->bar_ns / BAR_STEPS * (int64_t)stream->step;
        over = stream->step == BAR_STEPS || stream->next_ts_ns >= timeline->to_ns;
    }
    if (!over)
        return STATUS_OK;
    stream->step = 0;
    if (++stream->at < buffer->count) {
        stream->next_ts_ns = buffer->ts_ns[stream->at];
        return STATUS_OK;
    }
    return stream_refill(timeline, stream, reterr);
}

static void take_reading(const struct stream *stream, int64_t now_ns, struct taken_price taken,
                         const int64_t *prices, const struct timeline_readings *readings) {
    const uint32_t i = stream->reading->instrument;
    const double value = (double)taken.price / (double)units_pow10(taken.decimals);
    switch (stream->reading->kind) {
    case READING_MARK:
        readings->marks[i].mark = value;
        readings->marks[i].mark_ns = now_ns;
        break;
    case READING_INDEX:
        readings->marks[i].index = value;
        readings->marks[i].index_ns = now_ns;
        break;
    case READING_PRINTS:
        if (readings->history != NULL && readings->kind == READING_PRINTS)
            history_print(readings->history, i, now_ns, taken.sold, stream->reading->throttle_ns,
                          prices[i]);
        break;
    case READING_OPEN_INTEREST:
        if (readings->history != NULL && readings->kind == READING_OPEN_INTEREST)
            history_open_interest(readings->history, i, value, prices[i]);
        break;
    }
}

/* Puts an index where it belongs, once. */
static void insert_changed(uint32_t *changed, size_t *count, uint32_t i) {
    size_t at = *count;
    while (at > 0 && changed[at - 1] > i)
        at--;
    if (at > 0 && changed[at - 1] == i)
        return;
    memmove(changed + at + 1, changed + at, (*count - at) * sizeof(*changed));
    changed[at] = i;
    (*count)++;
}

enum status timeline_take(struct timeline *timeline, int64_t now_ns, int64_t *ret_prices,
                          const struct timeline_readings *readings, uint32_t *ret_changed,
                          size_t *ret_changed_count, struct error *reterr) {
    size_t changed = 0;
    int order = -1;
    for (size_t s = 0; s < timeline->stream_count; s++) {
        struct stream *stream = &timeline->streams[s];
        if (stream->next_ts_ns != now_ns)
            continue;
        struct taken_price taken = {.sold = 0.0};
        const enum status status = stream->source->kind == SERIES_BARS
                                       ? take_bar_step(timeline, stream, &order, &taken, reterr)
                                       : take_ticks(timeline, stream, now_ns, &taken, reterr);
        if (status != STATUS_OK)
            return status;
        if (stream->reading == NULL) {
            ret_prices[s] = taken.price;
            ret_changed[changed++] = (uint32_t)s;
        } else {
            take_reading(stream, now_ns, taken, ret_prices, readings);
            insert_changed(ret_changed, &changed, stream->reading->instrument);
        }
    }
    *ret_changed_count = changed;
    return STATUS_OK;
}
