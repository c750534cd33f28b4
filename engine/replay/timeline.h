#pragma once
/* Recorded prices of all instruments in order of time: batches turned to the run's grid, bars to
 * their path, several series merged. With two threads or more the next batch of each series is
 * fetched and turned while this one is replayed; what comes out is the same. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "engine/replay/history.h"
#include "engine/replay/replay.h"
#include "engine/rules/instrument.h"
#include "engine/rules/mark_price.h"

#define BAR_STEPS 4

/* Rows of one batch on the run's grid. */
struct stream_buffer {
    size_t count; /* 0: the series has ended, or `status` says why not */
    size_t capacity;
    int64_t *ts_ns;
    int64_t *price[BAR_STEPS]; /* ticks: [0]; bars: open, high, low, close; in price ticks, of
                                  readings in 10^-decimals quote units */
    int32_t decimals;
    int64_t *quantity; /* of prints: > 0 sold, in 10^-quantity_decimals */
    int32_t quantity_decimals;
    bool full; /* filled and not yet used; under the timeline's lock */
    enum status status;
    struct error error;
};

struct stream {
    const struct price_source *source;
    const struct instrument *instrument;
    const struct reading_source *reading; /* NULL: the prices that the run trades at */
    int64_t next_ts_ns;                   /* of the next tick; INT64_MAX: none is left */
    struct stream_buffer buffers[2];
    unsigned current;   /* buffer being replayed */
    size_t at;          /* row in it */
    unsigned step;      /* bars: next step of the row */
    bool high_first;    /* bars: of the bar under way */
    int64_t last_ts_ns; /* of the rows fetched so far: they must not fall */
    bool ended;         /* the source has no row left */
};

struct timeline_fetcher; /* the decoding thread */

struct timeline {
    size_t stream_count;
    struct stream *streams; /* prices, one an instrument; then readings */
    size_t price_count;
    enum bar_path bar_path;
    int64_t from_ns;
    int64_t to_ns;
    struct timeline_fetcher *fetcher; /* NULL: fetch in the caller's thread */
    uint64_t ticks;                   /* taken so far */
};

MUST_CHECK enum status timeline_init(struct timeline *timeline, const struct replay_input *input,
                                     struct error *reterr);
void timeline_finish(struct timeline *timeline); /* zeroed is fine */

/* Time of the next tick of any instrument; INT64_MAX: the end. */
static inline int64_t timeline_next(const struct timeline *timeline) {
    int64_t next = INT64_MAX;
    for (size_t i = 0; i < timeline->stream_count; i++) {
        if (timeline->streams[i].next_ts_ns < next)
            next = timeline->streams[i].next_ts_ns;
    }
    return next;
}

/* Where readings go. */
struct timeline_readings {
    struct mark_readings *marks; /* one an instrument */
    struct history *history;     /* NULL: none is wanted */
    enum reading_kind kind;      /* what it is made of */
};

/* Takes every tick of time `now_ns` = timeline_next(): writes the last price of each instrument
 * that has one to ret_prices, its readings to `readings`, its index to ret_changed (room for
 * all), rising, and their number. Readings do not count as ticks. */
MUST_CHECK enum status timeline_take(struct timeline *timeline, int64_t now_ns, int64_t *ret_prices,
                                     const struct timeline_readings *readings,
                                     uint32_t *ret_changed, size_t *ret_changed_count,
                                     struct error *reterr);
