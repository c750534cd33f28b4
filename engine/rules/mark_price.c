#include "engine/rules/mark_price.h"

#include <math.h>

#include "base/elementary.h"
#include "base/field_walk.h"
#include "base/units.h"
#include "engine/rules/rulebook_fields.h"

/* An average so near its target, in ticks, stands still: no rounding will show the difference. */
#define SETTLED_TICKS 1e-9

struct mark_rule mark_rule_of(const struct mark_rule *rulebook, enum mark_source source) {
    struct mark_rule rule = *rulebook;
    if (source == MARK_RULEBOOK)
        return rule;
    rule.part_count = 1;
    rule.parts[0] = source == MARK_RECORDED ? MARK_PART_RECORDED : MARK_PART_LAST;
    rule.band_e8 = 0;
    return rule;
}

enum status mark_rule_check(const struct mark_rule *rule, struct error *reterr) {
    const enum status status = fields_check(rulebook_mark_fields, rule, "mark.", reterr);
    if (status != STATUS_OK)
        return status;
    for (size_t k = 0; k < rule->part_count; k++)
        for (size_t j = 0; j < k; j++)
            if (rule->parts[j] == rule->parts[k])
                return error_set(reterr, STATUS_CONFIG, "mark.of: a price stands there twice");
    if (rule->band_e8 == RATE_SCALE)
        return error_set(reterr, STATUS_CONFIG, "mark.band: must be at least 0 and below 1");
    return STATUS_OK;
}

static bool has_part(const struct mark_rule *rule, enum mark_part part) {
    for (size_t k = 0; k < rule->part_count; k++)
        if (rule->parts[k] == part)
            return true;
    return false;
}

bool mark_rule_reads_mark(const struct mark_rule *rule) {
    return has_part(rule, MARK_PART_RECORDED);
}

bool mark_rule_reads_index(const struct mark_rule *rule) {
    return has_part(rule, MARK_PART_INDEX) || has_part(rule, MARK_PART_BASIS) ||
           has_part(rule, MARK_PART_FUNDING) || rule->band_e8 > 0;
}

double mark_share(const struct mark_rule *rule, double pass_through) {
    const double own = (double)rule->index_weight_e8 / (double)RATE_SCALE;
    return own + (1.0 - own) * pass_through;
}

/* The median of count (>= 1) values, which it puts in order; of an even number, the middle between
 * the two. */
static double median(double *values, size_t count) {
    for (size_t i = 1; i < count; i++)
        for (size_t j = i; j > 0 && values[j] < values[j - 1]; j--) {
            const double value = values[j];
            values[j] = values[j - 1];
            values[j - 1] = value;
        }
    const size_t middle = count / 2;
    return count % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2.0;
}

double mark_pass(const struct mark_rule *rule, double share, int64_t horizon_ns) {
    const double reached =
        rule->average_ns == 0
            ? 1.0
            : 1.0 - elementary_exp(-(double)horizon_ns / (double)rule->average_ns);
    double passes[MARK_PARTS_MAX] = {1.0};
    for (size_t k = 0; k < rule->part_count; k++) {
        const enum mark_part part = rule->parts[k];
        if (part == MARK_PART_LAST)
            passes[k] = 1.0;
        else if (part == MARK_PART_INDEX || part == MARK_PART_FUNDING)
            passes[k] = share;
        else
            passes[k] = share + (1.0 - share) * reached;
    }
    return median(passes, rule->part_count > 0 ? rule->part_count : 1);
}

/* ---- averages ---- */

static double index_ticks(const struct mark_readings *readings, const struct mark_last *last,
                          double share) {
    const double index = readings->index / last->tick_size * last->outside;
    return last->move == 0.0 ? index : index * elementary_exp(share * last->move);
}

/* What is left of the distance between an average and its target after so much time. */
static double left_after(const struct mark_rule *rule, int64_t elapsed_ns) {
    if (rule->average_ns == 0)
        return 0.0;
    return elementary_exp(-(double)elapsed_ns / (double)rule->average_ns);
}

static void advance(struct mark_path *path, const struct mark_rule *rule, int64_t now_ns) {
    const int64_t elapsed_ns = now_ns - path->at_ns;
    if (elapsed_ns > 0 && path->has_move) {
        const double left = left_after(rule, elapsed_ns);
        path->average = path->move + (path->average - path->move) * left;
        path->basis = path->gap + (path->basis - path->gap) * left;
    }
    path->at_ns = now_ns;
}

/* ---- the parts ---- */

static bool is_stale(const struct mark_rule *rule, int64_t read_ns, int64_t now_ns) {
    return read_ns == INT64_MIN || (rule->stale_ns > 0 && now_ns - read_ns > rule->stale_ns);
}

static double recorded_part(const struct mark_path *path, const struct mark_readings *readings,
                            const struct mark_last *last, double share) {
    const double moved = share * path->move + (1.0 - share) * path->average;
    const double mark = readings->mark / last->tick_size * last->outside;
    return moved == 0.0 ? mark : mark * elementary_exp(moved);
}

static double funding_part(const struct mark_readings *readings, double index, int64_t now_ns) {
    if (readings->funding_ns == INT64_MAX || readings->funding_interval_ns <= 0)
        return index;
    const double to_come =
        (double)(readings->funding_ns - now_ns) / (double)readings->funding_interval_ns;
    return index * (1.0 + readings->funding_rate * to_come);
}

/* The parts that are not stale; returns their number. */
static size_t take_parts(const struct mark_path *path, const struct mark_rule *rule, double share,
                         const struct mark_readings *readings, const struct mark_last *last,
                         int64_t now_ns, double *ret_values) {
    const bool no_index = is_stale(rule, readings->index_ns, now_ns);
    const double index = no_index ? 0.0 : index_ticks(readings, last, share);
    size_t count = 0;
    for (size_t k = 0; k < rule->part_count; k++) {
        switch (rule->parts[k]) {
        case MARK_PART_LAST:
            ret_values[count++] = (double)last->price;
            break;
        case MARK_PART_RECORDED:
            if (!is_stale(rule, readings->mark_ns, now_ns))
                ret_values[count++] = recorded_part(path, readings, last, share);
            break;
        case MARK_PART_INDEX:
            if (!no_index)
                ret_values[count++] = index;
            break;
        case MARK_PART_BASIS:
            if (!no_index)
                ret_values[count++] = index + path->basis;
            break;
        case MARK_PART_FUNDING:
            if (!no_index)
                ret_values[count++] = funding_part(readings, index, now_ns);
            break;
        }
    }
    return count;
}

static double hold_in_band(const struct mark_rule *rule, double value, double index) {
    const double band = (double)rule->band_e8 / (double)RATE_SCALE;
    const double low = index * (1.0 - band);
    const double high = index * (1.0 + band);
    return value < low ? low : value > high ? high : value;
}

static int64_t to_ticks(double value) {
    if (!(value >= 1.0))
        return 1;
    return value > 4e18 ? INT64_C(4000000000000000000) : (int64_t)(value + 0.5);
}

int64_t mark_path_update(struct mark_path *path, const struct mark_rule *rule, double share,
                         const struct mark_readings *readings, const struct mark_last *last,
                         int64_t now_ns) {
    advance(path, rule, now_ns);
    if (!path->has_move || rule->average_ns == 0)
        path->average = last->move;
    path->has_move = true;
    path->move = last->move;
    if (readings->index_ns != INT64_MIN) {
        path->gap = (double)last->price - index_ticks(readings, last, share);
        if (!path->has_gap || rule->average_ns == 0)
            path->basis = path->gap;
        path->has_gap = true;
    }
    if ((mark_rule_reads_mark(rule) && readings->mark_ns == INT64_MIN) ||
        (mark_rule_reads_index(rule) && readings->index_ns == INT64_MIN))
        return 0;
    double values[MARK_PARTS_MAX];
    const size_t count = take_parts(path, rule, share, readings, last, now_ns, values);
    double mark = count == 0 ? (double)last->price : median(values, count);
    if (rule->band_e8 > 0 && !is_stale(rule, readings->index_ns, now_ns))
        mark = hold_in_band(rule, mark, index_ticks(readings, last, share));
    return to_ticks(mark);
}

bool mark_path_moves(const struct mark_path *path, const struct mark_rule *rule, double share,
                     const struct mark_readings *readings, const struct mark_last *last,
                     int64_t now_ns) {
    const bool reads_mark = mark_rule_reads_mark(rule);
    const bool reads_index = mark_rule_reads_index(rule);
    if (rule->stale_ns > 0 && ((reads_mark && !is_stale(rule, readings->mark_ns, now_ns)) ||
                               (reads_index && !is_stale(rule, readings->index_ns, now_ns))))
        return true; /* it will be stale at some time */
    const double lag = fabs((1.0 - share) * (path->move - path->average)) * (double)last->price;
    if (reads_mark && lag >= SETTLED_TICKS)
        return true;
    if (has_part(rule, MARK_PART_BASIS) && fabs(path->gap - path->basis) >= SETTLED_TICKS)
        return true;
    return has_part(rule, MARK_PART_FUNDING) && readings->funding_rate != 0.0 &&
           readings->funding_ns != INT64_MAX;
}
