/* Taking and giving back what a run needs. */

#include <stdlib.h>
#include <string.h>

#include "engine/replay/replay_internal.h"

static bool needs_history(const struct replay_input *input) {
    return input->cleaning == CLEANING_RECORDED || input->cleaning == CLEANING_OPEN_INTEREST;
}

static bool has_history(const struct replay_input *input) {
    const enum reading_kind kind =
        input->cleaning == CLEANING_RECORDED ? READING_PRINTS : READING_OPEN_INTEREST;
    for (size_t r = 0; r < input->reading_count; r++)
        if (input->readings[r].kind == kind)
            return true;
    return false;
}

enum status replay_check(const struct replay_input *input, struct error *reterr) {
    if (input->instrument_count < 1 || input->instrument_count > INSTRUMENTS_MAX)
        return error_set(reterr, STATUS_CONFIG, "a run has 1 to %d instruments, not %zu",
                         INSTRUMENTS_MAX, input->instrument_count);
    if (needs_history(input) && !has_history(input))
        return error_set(reterr, STATUS_CONFIG, "feedback.cleaning: there is no %s to be removed",
                         input->cleaning == CLEANING_RECORDED ? "liquidation" : "open interest");
    for (size_t i = 0; i < input->instrument_count; i++) {
        const struct impact_params *params = &input->impact_params[i];
        if (params->space == IMPACT_PRICE && !input->impact_model[i]->has_price_space)
            return error_set(reterr, STATUS_CONFIG, "impact.space: price is not for %s",
                             input->impact_model[i]->name);
        if (input->cross != NULL && (input->impact_model[i]->displace == NULL ||
                                     params->space != input->impact_params[0].space))
            return error_set(reterr, STATUS_CONFIG,
                             "impact.cross: every instrument must be linear, in one space");
        const enum status status = input->impact_model[i]->check(params, reterr);
        if (status != STATUS_OK)
            return error_prefix(reterr, status, "impact of '%s'", input->instruments[i].symbol);
        if (input->prices[i].kind == SERIES_BARS && input->prices[i].bar_ns < BAR_STEPS)
            return error_set(reterr, STATUS_CONFIG, "'%s': a bar has no length",
                             input->instruments[i].symbol);
    }
    return replay_marks_check(input, reterr);
}

static enum status side_init(struct side *side, const struct replay *replay,
                             const struct venue_input *venue, int64_t *shown,
                             struct error *reterr) {
    const struct replay_input *input = replay->input;
    const bool has_accounts = side == &replay->simulated || replay->has_reference;
    side->shown = shown;
    side->mark = calloc(input->instrument_count, sizeof(*side->mark));
    side->mark_before = calloc(input->instrument_count, sizeof(*side->mark_before));
    side->mark_moved = calloc(input->instrument_count, sizeof(*side->mark_moved));
    side->fair = calloc(input->instrument_count, sizeof(*side->fair));
    side->first_mark = calloc(input->instrument_count, sizeof(*side->first_mark));
    side->mark_paths = calloc(input->instrument_count, sizeof(*side->mark_paths));
    if (side->mark == NULL || side->mark_before == NULL || side->mark_moved == NULL ||
        side->fair == NULL || side->first_mark == NULL || side->mark_paths == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for a run");
    enum status status = STATUS_OK;
    if (has_accounts)
        status = book_init(&side->book, venue, input->instruments, input->instrument_count,
                           input->volatility, side->mark, side->fair, reterr);
    side->book.previous_prices = side->mark_before;
    side->book.first_prices = side->first_mark;
    if (status == STATUS_OK)
        status = flow_init(&side->flow, input->instrument_count, input->impact_model,
                           input->impact_params, reterr);
    side->flow.cross = input->cross;
    if (status == STATUS_OK)
        status = wave_init(&side->wave, input->instrument_count, reterr);
    if (status == STATUS_OK && has_accounts)
        status = wave_prepare(&side->wave, &side->book, reterr);
    return status;
}

static void side_finish(struct side *side) {
    book_finish(&side->book);
    flow_finish(&side->flow);
    wave_finish(&side->wave);
    free(side->mark);
    free(side->mark_before);
    free(side->mark_moved);
    free(side->fair);
    free(side->first_mark);
    free(side->mark_paths);
}

enum status replay_init(struct replay *replay, const struct replay_input *input,
                        struct replay_summary *summary, struct error *reterr) {
    memset(replay, 0, sizeof(*replay));
    replay->input = input;
    replay->instrument_count = input->instrument_count;
    replay->has_reference = input->cleaning == CLEANING_MODELLED;
    replay->summary = summary;
    replay->next_step_ns = INT64_MAX;
    replay->branching_due_ns = replay->density_due_ns = INT64_MIN;
    const size_t n = input->instrument_count;
    int64_t *shown = calloc(n, sizeof(*shown));
    replay->simulated.shown = shown;
    replay->recorded = calloc(n, sizeof(*replay->recorded));
    replay->without = calloc(n, sizeof(*replay->without));
    replay->changed = calloc(n, sizeof(*replay->changed));
    replay->touched = calloc(n, sizeof(*replay->touched));
    replay->touched_next = calloc(n, sizeof(*replay->touched_next));
    replay->moved = calloc(n, sizeof(*replay->moved));
    replay->moved_prices = calloc(n, sizeof(*replay->moved_prices));
    replay->is_moved = calloc(n, sizeof(*replay->is_moved));
    replay->feeds = calloc(n, sizeof(*replay->feeds));
    replay->baseline = calloc(n, sizeof(*replay->baseline));
    replay->shift = calloc(n, sizeof(*replay->shift));
    replay->mark_without = calloc(n, sizeof(*replay->mark_without));
    replay->mark_without_first = calloc(n, sizeof(*replay->mark_without_first));
    replay->mark_without_paths = calloc(n, sizeof(*replay->mark_without_paths));
    replay->readings = calloc(n, sizeof(*replay->readings));
    replay->mark_pass = calloc(n, sizeof(*replay->mark_pass));
    if (replay->mark_without == NULL || replay->mark_without_first == NULL ||
        replay->mark_without_paths == NULL || replay->readings == NULL || replay->mark_pass == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for a run");
    if (replay->feeds == NULL || replay->baseline == NULL || replay->shift == NULL ||
        replay->moved_prices == NULL || replay->is_moved == NULL || shown == NULL ||
        replay->recorded == NULL || replay->without == NULL || replay->changed == NULL ||
        replay->touched == NULL || replay->touched_next == NULL || replay->moved == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for a run");
    for (size_t i = 0; i < n; i++) {
        replay->feeds[i].factor_e8 = RATE_SCALE;
        replay->readings[i] = (struct mark_readings){
            .mark_ns = INT64_MIN, .index_ns = INT64_MIN, .funding_ns = INT64_MAX};
    }
    replay->displaced = input->scale != NULL || input->marks != NULL || needs_history(input);
    enum status status = side_init(&replay->simulated, replay, &input->simulated, shown, reterr);
    if (status == STATUS_OK && needs_history(input))
        status = history_create(input->instruments, n, &replay->history, reterr);
    if (status == STATUS_OK)
        status = side_init(&replay->reference, replay, &input->reference, replay->recorded, reterr);
    if (status == STATUS_OK)
        status =
            genealogy_init(&replay->genealogy, input->instruments, n, input->impact_params, reterr);
    if (status == STATUS_OK)
        status = tally_init(&replay->tally, input->instruments, n, &input->sink, summary, reterr);
    replay->tally.marks = replay->simulated.mark;
    replay->tally.is_shocked = input->scale != NULL;
    if (status == STATUS_OK && (input->branching_step_ns > 0 || input->density_step_ns > 0))
        status = density_create(n, input->cross != NULL, &replay->density, reterr);
    if (status == STATUS_OK)
        status = timeline_init(&replay->timeline, input, reterr);
    if (status != STATUS_OK)
        return status;
    replay->genealogy.baseline = replay->baseline;
    replay->genealogy.without = replay->mark_without;
    replay->genealogy.without_first = replay->mark_without_first;
    replay->genealogy.fair = replay->simulated.fair;
    replay->genealogy.marks = input->marks;
    replay->genealogy.simulated = &replay->simulated.flow;
    replay->genealogy.reference = replay_has_flow(replay) ? &replay->reference.flow : NULL;
    replay->fund_seen = input->simulated.insurance_fund;
    summary->fund_start = summary->fund_min = summary->fund_end = input->simulated.insurance_fund;
    return STATUS_OK;
}

void replay_finish(struct replay *replay) {
    timeline_finish(&replay->timeline);
    tally_finish(&replay->tally);
    genealogy_finish(&replay->genealogy);
    density_destroy(replay->density);
    history_destroy(replay->history);
    free(replay->simulated.shown);
    side_finish(&replay->simulated);
    side_finish(&replay->reference);
    free(replay->recorded);
    free(replay->without);
    free(replay->changed);
    free(replay->touched);
    free(replay->touched_next);
    free(replay->moved);
    free(replay->moved_prices);
    free(replay->is_moved);
    free(replay->feeds);
    free(replay->baseline);
    free(replay->shift);
    free(replay->mark_without);
    free(replay->mark_without_first);
    free(replay->mark_without_paths);
    free(replay->readings);
    free(replay->mark_pass);
}
