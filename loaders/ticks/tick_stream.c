#include "loaders/ticks/tick_stream.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/time_text.h"

enum value_rule value_rule_of_series(const char *series) {
    static const struct {
        const char *series;
        enum value_rule rule;
    } rules[] = {
        {"trade", VALUE_POSITIVE},
        {"liquidation", VALUE_POSITIVE},
        {"adl", VALUE_POSITIVE},
        {"bid", VALUE_POSITIVE},
        {"ask", VALUE_POSITIVE},
        {"mark", VALUE_POSITIVE},
        {"index", VALUE_POSITIVE},
        {"last", VALUE_POSITIVE},
        {"bar", VALUE_POSITIVE},
        {"fill", VALUE_POSITIVE},
        {"open_interest", VALUE_NOT_NEGATIVE},
        {"open_interest_value", VALUE_NOT_NEGATIVE},
    };
    if (strncmp(series, "depth_", 6) == 0)
        return VALUE_NOT_NEGATIVE;
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        if (strcmp(series, rules[i].series) == 0)
            return rules[i].rule;
    }
    return VALUE_ANY;
}

bool tick_stream_reserve(struct tick_stream *stream, size_t capacity) {
    assert(capacity > stream->count && capacity <= SIZE_MAX / 64);
    const size_t values = tick_stream_values(stream);
    const bool ticks = stream->kind == SERIES_TICKS;
    const size_t column = capacity * sizeof(int64_t);
    char *const memory = malloc((1 + values) * column + (ticks ? capacity : 0));
    if (memory == NULL)
        return false;
    const size_t held = stream->count * sizeof(int64_t);
    int64_t *const ts_ns = (int64_t *)(void *)memory;
    if (held > 0)
        memcpy(ts_ns, stream->ts_ns, held);
    stream->ts_ns = ts_ns;
    for (size_t i = 0; i < values; i++) {
        int64_t *const into = (int64_t *)(void *)(memory + (1 + i) * column);
        if (held > 0)
            memcpy(into, stream->value[i], held);
        stream->value[i] = into;
    }
    if (ticks) {
        uint8_t *const flags = (uint8_t *)memory + (1 + values) * column;
        if (held > 0)
            memcpy(flags, stream->flags, stream->count);
        stream->flags = flags;
    }
    free(stream->memory);
    stream->memory = memory;
    stream->capacity = capacity;
    return true;
}

void tick_stream_release(struct tick_stream *stream) {
    assert(stream->count == 0);
    free(stream->memory);
    stream->memory = NULL;
    stream->capacity = 0;
}

/* Multiplies the held rows of columns first..end; false, and nothing done: one would overflow. */
static bool widen(struct tick_stream *stream, size_t first, size_t end, int64_t factor) {
    const int64_t limit = INT64_MAX / factor;
    for (size_t column = first; column < end; column++) {
        for (size_t i = 0; i < stream->count; i++) {
            if (stream->value[column][i] > limit || stream->value[column][i] < -limit)
                return false;
        }
    }
    for (size_t column = first; column < end; column++) {
        for (size_t i = 0; i < stream->count; i++)
            stream->value[column][i] *= factor;
    }
    return true;
}

bool tick_stream_fit(struct tick_stream *stream, size_t first, size_t end, int32_t *decimals,
                     struct decimal value, int64_t *ret_mantissa) {
    /* zeros that were written but say nothing do not widen the batch */
    while (value.decimals > *decimals && value.mantissa % 10 == 0) {
        value.mantissa /= 10;
        value.decimals--;
    }
    if (value.decimals > *decimals) {
        if (!widen(stream, first, end, units_pow10(value.decimals - *decimals)))
            return false;
        *decimals = value.decimals;
    }
    if (!__builtin_mul_overflow(value.mantissa, units_pow10(*decimals - value.decimals),
                                ret_mantissa))
        return true;
    if (stream->count > 0)
        return false;
    const struct decimal normal = decimal_normal(value);
    *decimals = normal.decimals; /* nothing is held: start anew with what this value needs */
    *ret_mantissa = normal.mantissa;
    return true;
}

enum status tick_stream_find_bar_length(struct tick_stream *stream, struct error *reterr) {
    assert(stream->count >= 2);
    int64_t shortest = INT64_MAX;
    for (size_t i = 1; i < stream->count; i++) {
        const int64_t spacing = stream->ts_ns[i] - stream->ts_ns[i - 1];
        shortest = spacing < shortest ? spacing : shortest;
    }
    for (size_t i = 1; i < stream->count; i++) {
        const int64_t spacing = stream->ts_ns[i] - stream->ts_ns[i - 1];
        if (spacing % shortest == 0)
            continue;
        char from[32];
        char to[32];
        (void)time_format_iso(stream->ts_ns[i - 1], from);
        (void)time_format_iso(stream->ts_ns[i], to);
        return error_set(reterr, STATUS_CORRUPT,
                         "bars of %s: from %s to %s is not a multiple of their shortest spacing, "
                         "%.9g s",
                         stream->instrument, from, to, (double)shortest / 1e9);
    }
    stream->bar_ns = shortest;
    stream->bar_anchor = stream->ts_ns[0];
    return STATUS_OK;
}
