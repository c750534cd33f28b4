#include "loaders/ticks/tick_quality.h"

#include <stdlib.h>

/* ---- distances ---- */

/* The class of a distance > 0: its power of two and the two bits below. */
static inline unsigned spacing_class(int64_t ns) {
    const unsigned power = 63u - (unsigned)__builtin_clzll((unsigned long long)ns);
    const unsigned quarter = power >= 2 ? (unsigned)(ns >> (power - 2)) & 3u : 0;
    return 4 * power + quarter;
}

/* The smallest distance of a class. */
static int64_t class_floor(unsigned class) {
    const unsigned power = class / 4;
    if (power > 62) /* beyond the largest distance */
        return INT64_MAX;
    return power >= 2 ? (int64_t)(4 + class % 4) << (power - 2) : (int64_t)1 << power;
}

static inline void take_spacing(struct tick_measure *measure, int64_t before_ns, int64_t ns) {
    struct series_quality *const quality = &measure->quality;
    measure->spacings[spacing_class(ns)]++;
    if (ns > quality->gap_ns_max) {
        quality->gap_ns_max = ns;
        quality->gap_ts_ns = before_ns;
    }
    if (ns == measure->beat_ns) {
        measure->beat_votes++;
    } else if (measure->beat_votes == 0) {
        measure->beat_ns = ns;
        measure->beat_votes = 1;
    } else {
        measure->beat_votes--;
    }
}

static void take_spacings(struct tick_measure *measure, const struct tick_batch *batch) {
    if (measure->spacings == NULL && !measure->spacings_none) {
        measure->spacings = calloc(TICK_SPACINGS, sizeof(*measure->spacings));
        measure->spacings_none = measure->spacings == NULL;
    }
    if (measure->spacings == NULL)
        return;
    const int64_t *const ts_ns = batch->ts_ns;
    int64_t ns;
    if (measure->quality.rows > 0 &&
        !__builtin_sub_overflow(ts_ns[0], measure->quality.last_ts_ns, &ns) && ns > 0)
        take_spacing(measure, measure->quality.last_ts_ns, ns);
    for (size_t i = 1; i < batch->count; i++) {
        if (ts_ns[i] > ts_ns[i - 1] && !__builtin_sub_overflow(ts_ns[i], ts_ns[i - 1], &ns))
            take_spacing(measure, ts_ns[i - 1], ns);
    }
}

/* Median, bound and gaps from the classes. */
static void judge_spacings(struct tick_measure *measure) {
    struct series_quality *const quality = &measure->quality;
    uint64_t all = 0;
    for (unsigned i = 0; i < TICK_SPACINGS; i++)
        all += measure->spacings[i];
    if (all == 0)
        return;
    unsigned median = 0;
    for (uint64_t below = measure->spacings[0]; below <= (all - 1) / 2;)
        below += measure->spacings[++median];
    const bool steady = measure->spacings[median] >= all - all / 10;
    if (steady && spacing_class(measure->beat_ns) == median) {
        quality->spacing_ns = measure->beat_ns;
        quality->gap_bound_ns = measure->beat_ns / 2 * 3;
    } else {
        quality->spacing_ns = class_floor(median);
        const bool far = quality->spacing_ns > INT64_MAX / QUALITY_GAP_MULTIPLE;
        quality->gap_bound_ns = far ? INT64_MAX : quality->spacing_ns * QUALITY_GAP_MULTIPLE;
        if (quality->gap_bound_ns < QUALITY_GAP_NS_MIN)
            quality->gap_bound_ns = QUALITY_GAP_NS_MIN;
    }
    for (unsigned i = median; i < TICK_SPACINGS; i++) {
        if (class_floor(i) > quality->gap_bound_ns)
            quality->gaps += measure->spacings[i];
    }
}

/* ---- values ---- */

/* Whether `next` lies further from `before` than the bound; before > 0, both at equal decimals. */
static inline bool is_jump(int64_t before, int64_t next) {
    const int64_t distance = next > before ? next - before : before - next;
    return distance > before / (100 / QUALITY_JUMP_PERCENT);
}

static void note_jump(struct tick_measure *measure, int64_t ts_ns) {
    if (measure->quality.jumps++ == 0)
        measure->quality.jump_ts_ns = ts_ns;
}

/* Neighbouring prices of ticks; closes of bars. */
static void take_jumps(struct tick_measure *measure, const struct series_key *key,
                       const struct tick_batch *batch) {
    const size_t column = key->kind == SERIES_BARS ? 3 : 0;
    const int64_t *const price = batch->value[column];
    if (measure->quality.rows > 0 && batch->ts_ns[0] >= measure->quality.last_ts_ns) {
        const double before =
            decimal_to_double((struct decimal){measure->value[column], measure->price_decimals});
        const double next = decimal_to_double((struct decimal){price[0], batch->price_decimals});
        const double distance = next > before ? next - before : before - next;
        if (100 * distance > QUALITY_JUMP_PERCENT * before)
            note_jump(measure, batch->ts_ns[0]);
    }
    for (size_t i = 1; i < batch->count; i++) {
        if (__builtin_expect(is_jump(price[i - 1], price[i]), 0))
            note_jump(measure, batch->ts_ns[i]);
    }
}

static void take_repeats(struct tick_measure *measure, const struct tick_batch *batch) {
    if (measure->quality.rows > 0 && batch->ts_ns[0] == measure->quality.last_ts_ns &&
        batch->price_decimals == measure->price_decimals &&
        batch->quantity_decimals == measure->quantity_decimals &&
        batch->value[0][0] == measure->value[0] && batch->value[1][0] == measure->value[1] &&
        batch->flags[0] == measure->flags)
        measure->quality.repeats++;
    uint64_t repeats = 0;
    for (size_t i = 1; i < batch->count; i++)
        repeats += (uint64_t)((batch->ts_ns[i] == batch->ts_ns[i - 1]) &
                              (batch->value[0][i] == batch->value[0][i - 1]) &
                              (batch->value[1][i] == batch->value[1][i - 1]) &
                              (batch->flags[i] == batch->flags[i - 1]));
    measure->quality.repeats += repeats;
}

static void end_second(struct tick_measure *measure) {
    measure->quality.seconds_single += (uint64_t)(measure->second_rows == 1);
    measure->quality.seconds_several += (uint64_t)(measure->second_rows > 1);
    measure->second_rows = 0;
}

static void take_seconds(struct tick_measure *measure, const struct tick_batch *batch) {
    for (size_t i = 0; i < batch->count; i++) {
        const int64_t second = (int64_t)div_floor(batch->ts_ns[i], NS_PER_S);
        if (second != measure->second)
            end_second(measure);
        measure->second = second;
        measure->second_rows++;
    }
}

static void take_bars(struct tick_measure *measure, const struct series_key *key,
                      const struct tick_batch *batch) {
    for (size_t i = 0; i < batch->count; i++)
        measure->quality.bars_empty += (uint64_t)(batch->value[4][i] == 0);
    for (size_t i = 0; key->bar_ns > 0 && i < batch->count; i++) {
        const int64_t before = i > 0 ? batch->ts_ns[i - 1] : measure->quality.last_ts_ns;
        int64_t spacing;
        if ((i == 0 && measure->quality.rows == 0) || batch->ts_ns[i] <= before ||
            __builtin_sub_overflow(batch->ts_ns[i], before, &spacing))
            continue;
        const int64_t bars = spacing / key->bar_ns;
        measure->quality.bars_missing += (uint64_t)(bars - 1);
        measure->quality.gaps += (uint64_t)(bars > 1);
    }
}

void tick_measure_batch(struct tick_measure *measure, const struct series_key *key,
                        const struct tick_batch *batch) {
    struct series_quality *const quality = &measure->quality;
    take_spacings(measure, batch);
    if (measure->prices)
        take_jumps(measure, key, batch);
    if (key->kind == SERIES_BARS)
        take_bars(measure, key, batch);
    else
        take_repeats(measure, batch);
    if (measure->liquidations)
        take_seconds(measure, batch);

    const size_t last = batch->count - 1;
    if (quality->rows == 0 || batch->ts_ns[0] < quality->first_ts_ns)
        quality->first_ts_ns = batch->ts_ns[0];
    if (quality->rows == 0 || batch->ts_ns[last] >= quality->last_ts_ns) {
        quality->last_ts_ns = batch->ts_ns[last];
        for (size_t i = 0; i < TICK_VALUES_MAX && batch->value[i] != NULL; i++)
            measure->value[i] = batch->value[i][last];
        measure->flags = batch->flags != NULL ? batch->flags[last] : 0;
        measure->price_decimals = batch->price_decimals;
        measure->quantity_decimals = batch->quantity_decimals;
    }
    quality->rows += batch->count;
}

void tick_measure_finish(struct tick_measure *measure, const struct series_key *key) {
    end_second(measure);
    if (key->kind == SERIES_BARS) {
        measure->quality.spacing_ns = measure->quality.gap_bound_ns = key->bar_ns;
    } else if (measure->spacings != NULL) {
        judge_spacings(measure);
    }
}

void tick_measure_free(struct tick_measure *measure) {
    free(measure->spacings);
    measure->spacings = NULL;
}
