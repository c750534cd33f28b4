#include "tests/property/oracle_marks.h"

#include <stdlib.h>

#include "base/elementary.h"

static double as_rate(int64_t rate_e8) {
    return (double)rate_e8 / (double)RATE_SCALE;
}

static bool has(const struct mark_rule *rulebook, enum mark_part part) {
    for (size_t k = 0; k < rulebook->part_count; k++)
        if (rulebook->parts[k] == part)
            return true;
    return false;
}

static bool wants_index(const struct mark_rule *rulebook) {
    return has(rulebook, MARK_PART_INDEX) || has(rulebook, MARK_PART_BASIS) ||
           has(rulebook, MARK_PART_FUNDING) || rulebook->band_e8 > 0;
}

/* Own weight in the index, and of the rest what passes over. */
static double reaches_index(const struct mark_input *input, const struct mark_rule *rulebook) {
    const double own = as_rate(rulebook->index_weight_e8);
    return own + (1.0 - own) * input->pass_through;
}

static double moved_by(double value, double log_move) {
    return log_move == 0.0 ? value : value * elementary_exp(log_move);
}

static double index_now(const struct mark_input *input, const struct mark_rule *rulebook,
                        const struct oracle_readings *readings, const struct oracle_price *price) {
    return moved_by(readings->index / price->instrument->tick_size * price->outside,
                    reaches_index(input, rulebook) * price->moved);
}

/* An exponential average of a value that has stood at `value` for `elapsed`. */
static double average_of(double average, double value, int64_t elapsed, int64_t time) {
    if (elapsed == 0)
        return average;
    if (time == 0)
        return value;
    return value + (average - value) * elementary_exp(-(double)elapsed / (double)time);
}

static bool too_old(const struct mark_rule *rulebook, int64_t at, int64_t now) {
    return rulebook->stale_ns > 0 && now - at > rulebook->stale_ns;
}

static int compare_doubles(const void *a, const void *b) {
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

static int64_t nearest(double value) {
    return value < 1.0 ? 1 : (int64_t)(value + 0.5);
}

static void let_time_pass(struct oracle_mark *mark, const struct mark_rule *rulebook, double moved,
                          bool has_gap, double gap, int64_t now) {
    if (mark->begun) {
        const int64_t elapsed = now - mark->at;
        mark->moved_average =
            average_of(mark->moved_average, mark->moved, elapsed, rulebook->average_ns);
        mark->gap_average = average_of(mark->gap_average, mark->gap, elapsed, rulebook->average_ns);
    }
    if (!mark->begun || rulebook->average_ns == 0)
        mark->moved_average = moved;
    if (has_gap && (!mark->has_gap || rulebook->average_ns == 0))
        mark->gap_average = gap;
    mark->at = now;
    mark->moved = moved;
    mark->begun = true;
    if (has_gap)
        mark->gap = gap;
    mark->has_gap = mark->has_gap || has_gap;
}

int64_t oracle_mark(struct oracle_mark *mark, const struct mark_input *input,
                    const struct mark_rule *rulebook, const struct oracle_readings *readings,
                    const struct oracle_price *price, int64_t now) {
    const double reach = reaches_index(input, rulebook);
    const double index = readings->has_index ? index_now(input, rulebook, readings, price) : 0.0;
    let_time_pass(mark, rulebook, price->moved, readings->has_index, (double)price->price - index,
                  now);
    const double published =
        readings->has_mark
            ? moved_by(readings->mark / price->instrument->tick_size * price->outside,
                       reach * mark->moved + (1.0 - reach) * mark->moved_average)
            : 0.0;
    if (input->source == MARK_RECORDED) {
        if (!readings->has_mark)
            return PRICE_NONE;
        return too_old(rulebook, readings->mark_at, now) ? price->price : nearest(published);
    }
    if ((has(rulebook, MARK_PART_RECORDED) && !readings->has_mark) ||
        (wants_index(rulebook) && !readings->has_index))
        return PRICE_NONE;
    const bool old_index = readings->has_index && too_old(rulebook, readings->index_at, now);
    double values[MARK_PARTS_MAX];
    size_t count = 0;
    for (size_t k = 0; k < rulebook->part_count; k++) {
        const enum mark_part part = rulebook->parts[k];
        if (part == MARK_PART_LAST)
            values[count++] = (double)price->price;
        else if (part == MARK_PART_RECORDED && !too_old(rulebook, readings->mark_at, now))
            values[count++] = published;
        else if (part == MARK_PART_INDEX && !old_index)
            values[count++] = index;
        else if (part == MARK_PART_BASIS && !old_index)
            values[count++] = index + mark->gap_average;
        else if (part == MARK_PART_FUNDING && !old_index)
            values[count++] =
                readings->next_at == INT64_MAX
                    ? index
                    : index * (1.0 +
                               readings->rate * ((double)(readings->next_at - now) /
                                                 (double)(readings->next_at - readings->paid_at)));
    }
    qsort(values, count, sizeof(values[0]), compare_doubles);
    double value = count == 0       ? (double)price->price
                   : count % 2 == 1 ? values[count / 2]
                                    : (values[count / 2 - 1] + values[count / 2]) / 2.0;
    if (rulebook->band_e8 > 0 && !old_index) {
        const double low = index * (1.0 - as_rate(rulebook->band_e8));
        const double high = index * (1.0 + as_rate(rulebook->band_e8));
        value = value < low ? low : value > high ? high : value;
    }
    return nearest(value);
}
