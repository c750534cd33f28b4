#include "tests/property/random_marks.h"

#include <string.h>

#include "tests/property/random_draw.h"

/* Readings come at times of prices or between them, a few percent around them, on a finer grid;
 * some begin late, some end early. */
static void make_readings(struct random_stream *dice, struct random_world *world, size_t i,
                          enum reading_kind kind) {
    struct world_series *series = &world->reading_series[world->input.reading_count];
    const struct world_series *prices = &world->series[i];
    memset(series, 0, sizeof(*series));
    series->price_tick = prices->price_tick;
    series->price_tick.decimals += 2;
    series->chunk = chance(dice, 50) ? (size_t)between(dice, 1, 9) : WORLD_ROWS_MAX;
    const int64_t spread = PICK(dice, 0, 1, 3, 8); /* percent */
    const size_t first = chance(dice, 70) ? 0 : random_stream_below(dice, prices->count + 1);
    int64_t before = INT64_MIN;
    for (size_t k = first; k < prices->count; k++) {
        if (chance(dice, 20))
            continue;
        int64_t at = prices->ts_ns[k] + (chance(dice, 60) ? 0 : between(dice, 1, 900) * NS_PER_MS);
        at = at < before ? before : at;
        const int64_t price = prices->price[0][k];
        int64_t value = price * (100 + between(dice, -spread, spread)) + between(dice, -40, 40);
        value = value < 1 ? 1 : value;
        series->ts_ns[series->count] = before = at;
        series->price[0][series->count++] = value;
        if (chance(dice, 3))
            break; /* the feed ends */
    }
    world->readings[world->input.reading_count++] = (struct reading_source){
        .prices = {.source = world_series_source(series), .kind = SERIES_TICKS},
        .instrument = (uint32_t)i,
        .kind = kind};
}

static void make_rule(struct random_stream *dice, struct mark_rule *rule,
                      struct marks_features *features) {
    enum mark_part parts[MARK_PARTS_MAX] = {MARK_PART_LAST, MARK_PART_RECORDED, MARK_PART_INDEX,
                                            MARK_PART_BASIS, MARK_PART_FUNDING};
    *rule = (struct mark_rule){.part_count = (size_t)between(dice, 0, MARK_PARTS_MAX)};
    for (size_t k = 0; k < rule->part_count; k++) {
        const size_t at = k + random_stream_below(dice, MARK_PARTS_MAX - k);
        rule->parts[k] = parts[at];
        parts[at] = parts[k];
        features->funding |= rule->parts[k] == MARK_PART_FUNDING;
    }
    rule->average_ns = PICK(dice, 0, 300, 1000, 7000, 60000) * NS_PER_MS;
    rule->stale_ns = chance(dice, 60) ? 0 : PICK(dice, 1, 700, 2000, 9000) * NS_PER_MS;
    rule->band_e8 = chance(dice, 70) ? 0 : between(dice, 1, 80) * (RATE_SCALE / 1000);
    rule->index_weight_e8 = chance(dice, 50) ? 0 : between(dice, 0, 100) * (RATE_SCALE / 100);
    features->averaged |= rule->average_ns > 0;
    features->stale |= rule->stale_ns > 0;
    features->band |= rule->band_e8 > 0;
}

void random_marks_add(struct random_world *world, struct marks_features *ret_features) {
    struct random_stream stream;
    struct random_stream *dice = &stream;
    random_stream_init(dice, world->seed, RANDOM_TEST, 7);
    *ret_features = (struct marks_features){.recorded = false};
    struct mark_rule rule;
    make_rule(dice, &rule, ret_features);
    world->rules.rulebook.mark = rule;
    world->later_rules.rulebook.mark = rule;
    world->reference_rules.rulebook.mark = rule;
    if (chance(dice, 30)) /* all readings are there, whatever a rulebook asks for */
        make_rule(dice, &world->reference_rules.rulebook.mark, ret_features);
    if (chance(dice, 30))
        make_rule(dice, &world->later_rules.rulebook.mark, ret_features);
    for (size_t i = 0; i < world->input.instrument_count; i++) {
        struct mark_input *mark = &world->marks[i];
        mark->source = (enum mark_source)PICK(dice, MARK_LAST, MARK_RECORDED, MARK_RECORDED,
                                              MARK_RULEBOOK, MARK_RULEBOOK);
        mark->pass_through = (double)PICK(dice, 0, 20, 40, 60, 100) / 100.0;
        /* Shorts are bought back also where prices have long gone: no nearer to the pole that
         * linear impact has. */
        if (world->params[i].space == IMPACT_LOG)
            world->params[i].slope /= 10.0;
        ret_features->recorded |= mark->source == MARK_RECORDED;
        ret_features->by_rulebook |= mark->source == MARK_RULEBOOK;
        make_readings(dice, world, i, READING_MARK);
        make_readings(dice, world, i, READING_INDEX);
    }
    world->input.marks = world->marks;
    world->input.readings = world->readings;
}
