#pragma once
/* The rows of one series that wait for their batch. For tick_batcher.c alone. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/records.h"
#include "loaders/ticks/tick_batcher.h"
#include "loaders/ticks/tick_quality.h"

/* What sign the value of a series may have. */
enum value_rule {
    VALUE_POSITIVE, /* prices */
    VALUE_NOT_NEGATIVE,
    VALUE_ANY, /* rates, and series we do not know */
};

struct tick_stream {
    char instrument[TICK_BATCHER_INSTRUMENT_MAX + 1];
    char series[TICK_BATCHER_SERIES_MAX + 1];
    size_t instrument_size;
    size_t series_size;
    uint64_t hash;
    enum series_kind kind;
    enum value_rule rule;
    int64_t bar_ns;     /* 0: not known yet */
    int64_t bar_ns_key; /* as the loader gave it; 0: it did not know */
    int64_t bar_anchor; /* a time on the grid of the bars; once bar_ns is known */
    int64_t last_ts_ns; /* of the latest row; INT64_MIN: no row yet */
    bool disordered;    /* the held rows are not in order of time */
    size_t bars_off;    /* bars off the grid dropped so far */
    size_t count;
    size_t capacity;
    int32_t price_decimals;
    int32_t quantity_decimals;
    void *memory; /* one allocation behind the columns */
    int64_t *ts_ns;
    int64_t *value[TICK_VALUES_MAX];
    uint8_t *flags; /* ticks only */
    struct tick_measure measure;
};

enum value_rule value_rule_of_series(const char *series);

/* Makes room for `capacity` rows. False: no memory. */
bool tick_stream_reserve(struct tick_stream *stream, size_t capacity);

/* Frees the room of an empty stream. */
void tick_stream_release(struct tick_stream *stream);

/* `value` at the decimals of the held rows, which are widened if need be (columns first..end).
 * False: not both fit; hand over the held rows and call again. */
bool tick_stream_fit(struct tick_stream *stream, size_t first, size_t end, int32_t *decimals,
                     struct decimal value, int64_t *ret_mantissa);

/* Finds the length of the bars from those held: the smallest spacing, which must divide all others.
 * STATUS_CORRUPT: it does not. Needs two rows. */
MUST_CHECK enum status tick_stream_find_bar_length(struct tick_stream *stream,
                                                   struct error *reterr);

/* ---- the disorder of real files: loaders/ticks/tick_tidy.c ---- */

/* Sorts the held rows by time; those of one time stay in their order. False: no memory. */
bool tick_stream_sort(struct tick_stream *stream);

/* Drops all but the first of held bars of one time, which must be in order, and counts them. */
void tick_stream_drop_doubles(struct tick_stream *stream);

/* As tick_stream_find_bar_length(), but where the smallest spacing does not do, the most common one
 * is taken: some bars are off the grid then. */
MUST_CHECK enum status tick_stream_guess_bar_length(struct tick_stream *stream,
                                                    struct error *reterr);

/* Drops held bars off the grid and counts them. STATUS_CORRUPT: more than one in ten is. */
MUST_CHECK enum status tick_stream_drop_off_grid(struct tick_stream *stream, struct error *reterr);

/* Takes the first `count` held rows away. */
void tick_stream_shift(struct tick_stream *stream, size_t count);

static inline size_t tick_stream_values(const struct tick_stream *stream) {
    return stream->kind == SERIES_BARS ? 5 : 2;
}
