/* Brings the rows of a vendor's file into order. Part of loaders/ticks/tick_stream.h. */

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "loaders/ticks/tick_sort.h"
#include "loaders/ticks/tick_stream.h"

/* Puts `column` into the order of `places`, by way of `scratch`. */
static void reorder(int64_t *column, size_t count, const struct tick_place *places,
                    int64_t *scratch) {
    for (size_t i = 0; i < count; i++)
        scratch[i] = column[places[i].row];
    memcpy(column, scratch, count * sizeof(*column));
}

bool tick_stream_sort(struct tick_stream *stream) {
    const size_t count = stream->count;
    assert(count > 0);
    struct tick_place *const places = malloc(2 * count * sizeof(*places) + count * sizeof(int64_t));
    if (places == NULL)
        return false;
    int64_t *const scratch = (int64_t *)(void *)(places + 2 * count);
    const struct tick_place *const order = tick_sort(stream->ts_ns, count, places);
    reorder(stream->ts_ns, count, order, scratch);
    for (size_t i = 0; i < tick_stream_values(stream); i++)
        reorder(stream->value[i], count, order, scratch);
    if (stream->kind == SERIES_TICKS) {
        uint8_t *const flags = (uint8_t *)scratch;
        for (size_t i = 0; i < count; i++)
            flags[i] = stream->flags[order[i].row];
        memcpy(stream->flags, flags, count);
    }
    free(places);
    stream->disordered = false;
    return true;
}

static void move_row(struct tick_stream *stream, size_t from, size_t into) {
    if (from == into)
        return;
    stream->ts_ns[into] = stream->ts_ns[from];
    for (size_t i = 0; i < tick_stream_values(stream); i++)
        stream->value[i][into] = stream->value[i][from];
}

void tick_stream_drop_doubles(struct tick_stream *stream) {
    assert(stream->kind == SERIES_BARS);
    size_t kept = 0;
    for (size_t row = 0; row < stream->count; row++) {
        if (kept == 0 || stream->ts_ns[row] != stream->ts_ns[kept - 1]) {
            move_row(stream, row, kept++);
            continue;
        }
        bool equal = true;
        for (size_t i = 0; i < TICK_VALUES_MAX; i++)
            equal = equal && stream->value[i][row] == stream->value[i][kept - 1];
        if (equal)
            stream->measure.quality.duplicates++;
        else
            stream->measure.quality.conflicts++;
    }
    stream->count = kept;
}

static int by_size(const void *left, const void *right) {
    const int64_t a = *(const int64_t *)left;
    const int64_t b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

/* The most common of sorted spacings; of several equally common ones the shortest. */
static int64_t most_common(const int64_t *spacings, size_t count) {
    size_t best = 0;
    int64_t common = spacings[0];
    for (size_t first = 0; first < count;) {
        size_t end = first + 1;
        while (end < count && spacings[end] == spacings[first])
            end++;
        if (end - first > best) {
            best = end - first;
            common = spacings[first];
        }
        first = end;
    }
    return common;
}

enum status tick_stream_guess_bar_length(struct tick_stream *stream, struct error *reterr) {
    const enum status status = tick_stream_find_bar_length(stream, reterr);
    if (status != STATUS_CORRUPT || stream->count < 3)
        return status;
    const size_t count = stream->count - 1;
    int64_t *const spacings = malloc(count * sizeof(*spacings));
    if (spacings == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for the length of bars");
    for (size_t i = 0; i < count; i++)
        spacings[i] = stream->ts_ns[i + 1] - stream->ts_ns[i];
    qsort(spacings, count, sizeof(*spacings), by_size);
    const int64_t common = most_common(spacings, count);
    free(spacings);
    size_t at = 0;
    while (stream->ts_ns[at + 1] - stream->ts_ns[at] != common)
        at++;
    stream->bar_ns = common;
    stream->bar_anchor = stream->ts_ns[at];
    return STATUS_OK;
}

enum status tick_stream_drop_off_grid(struct tick_stream *stream, struct error *reterr) {
    assert(stream->kind == SERIES_BARS && stream->bar_ns > 0);
    const int64_t phase = stream->bar_anchor % stream->bar_ns;
    size_t kept = 0;
    for (size_t row = 0; row < stream->count; row++) {
        if ((stream->ts_ns[row] % stream->bar_ns - phase) % stream->bar_ns == 0)
            move_row(stream, row, kept++);
    }
    const size_t dropped = stream->count - kept;
    stream->bars_off += dropped;
    stream->measure.quality.odd += dropped;
    if (stream->bars_off > (stream->measure.quality.rows + kept + stream->bars_off) / 10)
        return error_set(reterr, STATUS_CORRUPT,
                         "bars of %s: %zu do not stand on the grid of their length, %.9g s",
                         stream->instrument, stream->bars_off, (double)stream->bar_ns / 1e9);
    stream->count = kept;
    return STATUS_OK;
}

void tick_stream_shift(struct tick_stream *stream, size_t count) {
    assert(count <= stream->count);
    const size_t left = stream->count - count;
    if (left > 0) {
        memmove(stream->ts_ns, stream->ts_ns + count, left * sizeof(int64_t));
        for (size_t i = 0; i < tick_stream_values(stream); i++)
            memmove(stream->value[i], stream->value[i] + count, left * sizeof(int64_t));
        if (stream->kind == SERIES_TICKS)
            memmove(stream->flags, stream->flags + count, left);
    }
    stream->count = left;
}
