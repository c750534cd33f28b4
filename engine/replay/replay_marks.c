/* Mark prices of a run: those of both sides, and of the path without feedback. The reference trades
 * at what was recorded, so its marks are the recorded ones as they are. */

#include "engine/replay/replay_internal.h"

/* How long a displacement has to reach the mark price before the next orders, for the local
 * branching ratio: it is measured a minute. */
#define PASS_HORIZON_NS NS_PER_MINUTE

/* ---- what they need ---- */

static bool has_reading(const struct replay_input *input, uint32_t i, enum reading_kind kind) {
    for (size_t r = 0; r < input->reading_count; r++)
        if (input->readings[r].instrument == i && input->readings[r].kind == kind)
            return true;
    return false;
}

static enum status check_mark(const struct replay_input *input, uint32_t i,
                              const struct rulebook *rulebook, struct error *reterr) {
    const char *symbol = input->instruments[i].symbol;
    const struct mark_input *mark = &input->marks[i];
    const struct mark_rule rule = mark_rule_of(&rulebook->mark, mark->source);
    if (!(mark->pass_through >= 0.0 && mark->pass_through <= 1.0))
        return error_set(reterr, STATUS_CONFIG, "'%s': pass_through must be 0 to 1", symbol);
    if (mark_rule_reads_mark(&rule) && !has_reading(input, i, READING_MARK))
        return error_set(reterr, STATUS_CONFIG, "'%s': there is no recorded mark price", symbol);
    if (mark_rule_reads_index(&rule) && !has_reading(input, i, READING_INDEX))
        return error_set(reterr, STATUS_CONFIG,
                         "'%s': there is no index price, of which rulebook '%s' makes its mark",
                         symbol, rulebook->name);
    return STATUS_OK;
}

static enum status check_readings(const struct replay_input *input, struct error *reterr) {
    for (size_t r = 0; r < input->reading_count; r++) {
        const struct reading_source *reading = &input->readings[r];
        const struct reading_source *before = r > 0 ? reading - 1 : reading;
        if (reading->instrument >= input->instrument_count ||
            reading->instrument < before->instrument ||
            (r > 0 && reading->instrument == before->instrument && reading->kind == before->kind))
            return error_set(reterr, STATUS_CONFIG, "readings are not by instrument, each once");
        if (reading->throttle_ns < 0)
            return error_set(reterr, STATUS_CONFIG, "feedback.throttle_ms: below 0");
        if (reading->kind >= READING_PRINTS && reading->prices.kind != SERIES_TICKS)
            return error_set(reterr, STATUS_CONFIG,
                             "'%s': liquidations and open interest are ticks",
                             input->instruments[reading->instrument].symbol);
        if (reading->prices.kind == SERIES_BARS && reading->prices.bar_ns < BAR_STEPS)
            return error_set(reterr, STATUS_CONFIG,
                             "'%s': a bar of its mark or index has no length",
                             input->instruments[reading->instrument].symbol);
    }
    return STATUS_OK;
}

enum status replay_marks_check(const struct replay_input *input, struct error *reterr) {
    enum status status = check_readings(input, reterr);
    for (uint32_t i = 0; input->marks != NULL && i < input->instrument_count; i++) {
        if (status == STATUS_OK)
            status = check_mark(input, i, input->simulated.rulebook, reterr);
        if (status == STATUS_OK && input->cleaning == CLEANING_MODELLED)
            status = check_mark(input, i, input->reference.rulebook, reterr);
        for (size_t e = 0; e < input->event_count && status == STATUS_OK; e++)
            if (input->events[e].kind == EVENT_RULES)
                status = check_mark(input, i, input->events[e].rulebook, reterr);
    }
    return status;
}

/* ---- paths ---- */

static double displacement(const struct flow *flow, uint32_t i) {
    return flow->instruments != NULL ? flow->instruments[i].displacement : 0.0;
}

static double outside(const struct replay *replay, uint32_t i) {
    return (double)replay->baseline[i] / (double)replay->recorded[i];
}

/* The price of a path that starts from `from` and is `d` away from it. */
static struct mark_last last_of(const struct replay *replay, uint32_t i, int64_t price,
                                int64_t from, double d, double outside_factor) {
    const struct instrument *instrument = &replay->input->instruments[i];
    return (struct mark_last){
        .price = price,
        .move = flow_log_move(instrument, replay->input->impact_params[i].space, from, d),
        .outside = outside_factor,
        .tick_size = instrument->tick_size};
}

static struct mark_last simulated_last(const struct replay *replay, uint32_t i) {
    const double d =
        displacement(&replay->reference.flow, i) - displacement(&replay->simulated.flow, i);
    return last_of(replay, i, replay->simulated.shown[i], replay->baseline[i], d,
                   outside(replay, i));
}

static struct mark_last reference_last(const struct replay *replay, uint32_t i) {
    return last_of(replay, i, replay->recorded[i], replay->recorded[i], 0.0, 1.0);
}

static struct mark_last without_last(const struct replay *replay, uint32_t i) {
    return last_of(replay, i, replay->without[i], replay->baseline[i],
                   displacement(&replay->reference.flow, i), outside(replay, i));
}

static bool is_last(const struct replay *replay, uint32_t i) {
    return replay->input->marks == NULL || replay->input->marks[i].source == MARK_LAST;
}

/* The mark price of one path, which lives by the rules of `side`. */
static int64_t path_mark(const struct replay *replay, const struct side *side, uint32_t i,
                         struct mark_path *path, const struct mark_last *last) {
    const struct mark_input *input = &replay->input->marks[i];
    const struct mark_rule rule = mark_rule_of(&side->book.rulebook->mark, input->source);
    return mark_path_update(path, &rule, mark_share(&rule, input->pass_through),
                            &replay->readings[i], last, replay->now_ns);
}

static bool path_moves(const struct replay *replay, const struct side *side, uint32_t i,
                       const struct mark_path *path, const struct mark_last *last) {
    const struct mark_input *input = &replay->input->marks[i];
    const struct mark_rule rule = mark_rule_of(&side->book.rulebook->mark, input->source);
    return mark_path_moves(path, &rule, mark_share(&rule, input->pass_through),
                           &replay->readings[i], last, replay->now_ns);
}

static int64_t feed_mark(const struct feed *feed, int64_t mark, int64_t price) {
    if (feed->stopped && mark > 0)
        return mark;
    if (feed->factor_e8 == RATE_SCALE)
        return price;
    const int128 wrong = div_nearest((int128)price * feed->factor_e8, RATE_SCALE);
    return wrong < 1 ? 1 : (int64_t)wrong;
}

/* `fair` 0: not known, the mark stays what it was. */
static void set_mark(struct replay *replay, struct side *side, uint32_t i, int64_t fair) {
    const struct feed *feed = &replay->feeds[i];
    const uint64_t instant = replay->instant;
    const int64_t before = side->mark[i];
    if (fair == 0)
        return;
    replay->appeared = replay->appeared || before == 0;
    side->fair[i] = fair;
    if (side->first_mark[i] == 0)
        side->first_mark[i] = fair;
    side->mark[i] = feed_mark(feed, before, fair);
    if (side->mark[i] == before || side->mark_moved[i] == instant)
        return;
    side->mark_before[i] = before;
    side->mark_moved[i] = instant;
}

void replay_update_marks(struct replay *replay, uint32_t i) {
    struct side *simulated = &replay->simulated;
    struct side *reference = &replay->reference;
    int64_t fair = simulated->shown[i];
    int64_t recorded = replay->recorded[i];
    const int64_t before = replay->mark_without[i];
    replay->mark_without[i] = replay->without[i];
    if (!is_last(replay, i)) {
        const struct mark_last shown = simulated_last(replay, i);
        const struct mark_last without = without_last(replay, i);
        const struct mark_last history = reference_last(replay, i);
        fair = path_mark(replay, simulated, i, &simulated->mark_paths[i], &shown);
        const int64_t known =
            path_mark(replay, simulated, i, &replay->mark_without_paths[i], &without);
        replay->mark_without[i] = known > 0 ? known : before;
        if (replay->has_reference)
            recorded = path_mark(replay, reference, i, &reference->mark_paths[i], &history);
    }
    if (replay->mark_without_first[i] == 0)
        replay->mark_without_first[i] = replay->mark_without[i];
    set_mark(replay, simulated, i, fair);
    if (replay->has_reference)
        set_mark(replay, reference, i, recorded);
}

bool replay_mark_moves(const struct replay *replay, uint32_t i) {
    if (is_last(replay, i) || replay->recorded[i] == 0)
        return false;
    const struct mark_last shown = simulated_last(replay, i);
    const struct mark_last without = without_last(replay, i);
    const struct mark_last history = reference_last(replay, i);
    return path_moves(replay, &replay->simulated, i, &replay->simulated.mark_paths[i], &shown) ||
           path_moves(replay, &replay->simulated, i, &replay->mark_without_paths[i], &without) ||
           (replay->has_reference &&
            path_moves(replay, &replay->reference, i, &replay->reference.mark_paths[i], &history));
}

void replay_mark_funding(struct replay *replay, uint32_t i, int64_t rate_e8) {
    struct mark_readings *readings = &replay->readings[i];
    readings->funding_rate = (double)rate_e8 / (double)RATE_SCALE;
    readings->funding_ns = INT64_MAX;
    for (size_t e = replay->event_next; e < replay->input->event_count; e++) {
        const struct replay_event *event = &replay->input->events[e];
        if (event->kind == EVENT_FUNDING && event->ts_ns > replay->now_ns &&
            (event->instrument == i || event->instrument == EVENT_ALL_INSTRUMENTS)) {
            readings->funding_ns = event->ts_ns;
            readings->funding_interval_ns = event->ts_ns - replay->now_ns;
            return;
        }
    }
}

void replay_mark_passes(struct replay *replay) {
    for (uint32_t i = 0; i < replay->instrument_count; i++) {
        replay->mark_pass[i] = 1.0;
        if (is_last(replay, i))
            continue;
        const struct mark_input *input = &replay->input->marks[i];
        const struct mark_rule rule =
            mark_rule_of(&replay->simulated.book.rulebook->mark, input->source);
        replay->mark_pass[i] =
            mark_pass(&rule, mark_share(&rule, input->pass_through), PASS_HORIZON_NS);
    }
}
