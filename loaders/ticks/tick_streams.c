#include "loaders/ticks/tick_streams.h"

#include <stdlib.h>
#include <string.h>

#define MEASURES_MAX 4096 /* streams whose distances are counted, 2 KiB each */
#define SLOTS ((size_t)2 * TICK_BATCHER_STREAMS_MAX)

bool tick_streams_init(struct tick_streams *streams) {
    streams->slots = calloc(SLOTS, sizeof(struct tick_stream *));
    streams->rows = calloc(TICK_BATCHER_STREAMS_MAX, sizeof(struct tick_stream *));
    return streams->slots != NULL && streams->rows != NULL;
}

void tick_streams_finish(struct tick_streams *streams) {
    for (size_t i = 0; i < streams->count; i++) {
        struct tick_stream *const stream = streams->rows[i];
        tick_measure_free(&stream->measure);
        free(stream->memory);
        free(stream);
    }
    free(streams->rows);
    free(streams->slots);
}

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

static enum status add_stream(struct tick_streams *streams, const char *instrument,
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
    if (streams->count == TICK_BATCHER_STREAMS_MAX)
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
    stream->measure.prices = stream->rule == VALUE_POSITIVE;
    stream->measure.liquidations = strcmp(stream->series, "liquidation") == 0;
    stream->measure.spacings_none = streams->count >= MEASURES_MAX;
    streams->rows[streams->count++] = stream;
    *ret_stream = stream;
    return STATUS_OK;
}

enum status tick_streams_find(struct tick_streams *streams, const char *instrument,
                              size_t instrument_size, const char *series, size_t series_size,
                              enum series_kind kind, int64_t bar_ns,
                              struct tick_stream **ret_stream, struct error *reterr) {
    const uint64_t seed = (uint64_t)kind + (uint64_t)bar_ns;
    const uint64_t hash =
        hash_bytes(hash_bytes(seed, instrument, instrument_size), series, series_size);
    size_t slot = (size_t)(hash >> 32) % SLOTS;
    for (; streams->slots[slot] != NULL; slot = (slot + 1) % SLOTS) {
        struct tick_stream *const stream = streams->slots[slot];
        if (stream->hash == hash && stream->instrument_size == instrument_size &&
            stream->series_size == series_size && stream->kind == kind &&
            stream->bar_ns_key == bar_ns &&
            memcmp(stream->instrument, instrument, instrument_size) == 0 &&
            memcmp(stream->series, series, series_size) == 0) {
            *ret_stream = stream;
            return STATUS_OK;
        }
    }
    const enum status status = add_stream(streams, instrument, instrument_size, series, series_size,
                                          kind, ret_stream, reterr);
    if (status == STATUS_OK) {
        streams->slots[slot] = *ret_stream;
        (*ret_stream)->hash = hash;
        (*ret_stream)->bar_ns = (*ret_stream)->bar_ns_key = bar_ns;
    }
    return status;
}
