#include "tests/bench/random_walk.h"

#include <assert.h>
#include <math.h>

#include "base/records.h"
#include "base/units.h"

#define E9 INT64_C(1000000000)
#define OFFSET_MAX_E9 (E9 / 20) /* the walk turns back 5 % beside the path */

/* A walk of `ticks` uniform steps of this size moves by 4 % in all (standard deviation). */
static int64_t step_of(uint64_t ticks) {
    const double step = 0.04 * sqrt(3.0 / (double)ticks) * 1e9;
    return step < 1.0 ? 1 : (int64_t)step;
}

void random_walk_init(struct random_walk *walk, const struct random_walk_settings *settings) {
    assert(settings->ticks > 0 && settings->length_ns > 0);
    assert(settings->start_ticks > 0 && settings->start_ticks <= E9);
    *walk = (struct random_walk){
        .settings = *settings,
        .gap_ns = settings->length_ns / (int64_t)settings->ticks,
        .step_e9 = step_of(settings->ticks),
    };
    random_stream_init(&walk->stream, settings->seed, RANDOM_BENCH, settings->instrument);
}

/* The path at tick `done`, as a share of the start price in 1e-9. */
static int64_t path_e9(const struct random_walk *walk) {
    const int64_t third = (int64_t)(walk->settings.ticks / 3);
    const int64_t fall_e9 = E9 / 100 * walk->settings.fall_percent;
    const int64_t into = (int64_t)walk->done - third;
    if (into <= 0 || third == 0)
        return E9;
    return E9 - (int64_t)((int128)fall_e9 * (into < third ? into : third) / third);
}

/* A tick takes 64 random bits: 32 for the step, 12 for the quantity, 1 for the side, 19 for the
 * time inside its gap, so that stamps neither fall nor lie on a grid. */
size_t random_walk_next(struct random_walk *walk, size_t capacity, int64_t *ret_ts_ns,
                        int64_t *ret_price_ticks, int64_t *ret_quantity_lots, uint8_t *ret_flags) {
    size_t count = 0;
    for (; count < capacity && walk->done < walk->settings.ticks; count++, walk->done++) {
        const uint64_t bits = random_stream_next(&walk->stream);
        const int64_t within = (int64_t)((uint128)(bits >> 45) * (uint64_t)walk->gap_ns >> 19);
        const int64_t ts_ns = walk->settings.from_ns + (int64_t)walk->done * walk->gap_ns + within;
        ret_ts_ns[count] = ts_ns - ts_ns % 1000;

        const int64_t range = 2 * walk->step_e9 + 1;
        walk->offset_e9 += (int64_t)((bits & 0xffffffff) * (uint64_t)range >> 32) - walk->step_e9;
        if (walk->offset_e9 > OFFSET_MAX_E9)
            walk->offset_e9 = 2 * OFFSET_MAX_E9 - walk->offset_e9;
        if (walk->offset_e9 < -OFFSET_MAX_E9)
            walk->offset_e9 = -2 * OFFSET_MAX_E9 - walk->offset_e9;
        const int128 share_e18 = (int128)path_e9(walk) * (E9 + walk->offset_e9);
        const int64_t price = (int64_t)(walk->settings.start_ticks * share_e18 / ((int128)E9 * E9));
        ret_price_ticks[count] = price > 0 ? price : 1;
        ret_quantity_lots[count] = 1 + (int64_t)(((bits >> 32) & 0xfff) % 1000);
        if (ret_flags != NULL)
            ret_flags[count] = (bits >> 44) & 1 ? TICK_BUY : TICK_SELL;
    }
    return count;
}
