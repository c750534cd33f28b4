#include "tests/property/random_history.h"

#include <string.h>

#include "tests/property/random_draw.h"

static struct world_series *add_series(struct random_world *world, size_t i,
                                       enum reading_kind kind) {
    struct world_series *series = &world->reading_series[world->input.reading_count];
    memset(series, 0, sizeof(*series));
    series->price_tick = world->series[i].price_tick;
    series->chunk = WORLD_ROWS_MAX;
    world->readings[world->input.reading_count++] = (struct reading_source){
        .prices = {.source = world_series_source(series), .kind = SERIES_TICKS},
        .instrument = (uint32_t)i,
        .kind = kind};
    return series;
}

/* At times of prices or between them; several at one time are common in a crash. */
static void make_prints(struct random_stream *dice, struct random_world *world, size_t i) {
    const struct world_series *prices = &world->series[i];
    struct world_series *series = add_series(world, i, READING_PRINTS);
    world->readings[world->input.reading_count - 1].throttle_ns =
        chance(dice, 50) ? 0 : PICK(dice, 100, 1000, 3000) * NS_PER_MS;
    const int some = (int)PICK(dice, 5, 30, 80);
    series->chunk = (size_t)between(dice, 1, 9);
    series->prints = true;
    series->lot = world->instruments[i].lot;
    for (size_t k = 0; k < prices->count && series->count < WORLD_ROWS_MAX; k++) {
        if (!chance(dice, some))
            continue;
        int64_t at = prices->ts_ns[k] + (chance(dice, 60) ? 0 : between(dice, 1, 400) * NS_PER_MS);
        if (series->count > 0 && at < series->ts_ns[series->count - 1])
            at = series->ts_ns[series->count - 1];
        for (int64_t more = between(dice, 1, 3); more > 0 && series->count < WORLD_ROWS_MAX;
             more--) {
            series->ts_ns[series->count] = at;
            series->sold[series->count] = between(dice, 1, 4) * (chance(dice, 70) ? 1 : -1);
            series->price[0][series->count++] = prices->price[0][k];
        }
    }
}

static void make_interest(struct random_stream *dice, struct random_world *world, size_t i) {
    const struct world_series *prices = &world->series[i];
    struct world_series *series = add_series(world, i, READING_OPEN_INTEREST);
    int64_t lots = between(dice, 20, 200);
    series->price_tick = world->instruments[i].lot; /* its values are quantities */
    for (size_t k = 0; k < prices->count; k++) {
        if (chance(dice, 50))
            continue;
        lots += between(dice, -6, 5);
        lots = lots < 0 ? 0 : lots;
        series->ts_ns[series->count] = prices->ts_ns[k] + between(dice, 0, 3);
        if (series->count > 0 && series->ts_ns[series->count] < series->ts_ns[series->count - 1])
            series->ts_ns[series->count] = series->ts_ns[series->count - 1];
        series->price[0][series->count++] = lots;
    }
}

void random_history_add(struct random_world *world) {
    struct random_stream stream;
    struct random_stream *dice = &stream;
    random_stream_init(dice, world->seed, RANDOM_TEST, 8);
    const bool prints = chance(dice, 60);
    world->input.cleaning = prints ? CLEANING_RECORDED : CLEANING_OPEN_INTEREST;
    world->input.reading_count = 0;
    for (size_t i = 0; i < world->input.instrument_count; i++) {
        if (i > 0 && chance(dice, 20))
            continue; /* nothing was published of it */
        if (prints)
            make_prints(dice, world, i);
        else
            make_interest(dice, world, i);
    }
    world->input.readings = world->readings;
}
