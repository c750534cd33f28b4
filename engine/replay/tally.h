#pragma once
/* What a run counts as it goes: paths of prices, minutes, totals, fingerprint. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/ports.h"
#include "engine/replay/replay.h"

/* One price path: its ends, extremes and largest fall from a running peak. */
struct price_path {
    int64_t first;
    int64_t last;
    int64_t min;
    int64_t max;
    int64_t peak;        /* since the start */
    int64_t trough;      /* since the peak */
    int64_t fall_peak;   /* the largest fall so far: from here ... */
    int64_t fall_trough; /* ... to here */
};

static inline void price_path_update(struct price_path *path, int64_t price);

struct tally {
    size_t instrument_count;
    const struct instrument *instruments;
    const struct event_sink *sink;
    struct price_path *simulated; /* one an instrument */
    struct price_path *without;
    struct price_path *recorded;
    const int64_t *marks;         /* the simulated side's mark prices, borrowed; 0: none yet */
    int64_t minute_ns;            /* start of the open minute; INT64_MIN: none */
    struct minute_record *minute; /* one an instrument */
    int128 minute_notional;       /* of all instruments */
    double *branching;            /* local branching ratio an instrument, as last measured */
    double *branching_max;
    uint64_t *implausible; /* minutes an instrument */
    bool is_shocked;       /* paths start from other prices than the recorded: not history's */
    double *depth;
    int128 *liquidated;             /* notional an instrument */
    struct replay_summary *summary; /* the caller's, filled on the way */
};

/* `summary` is zeroed and kept until the end. */
MUST_CHECK enum status tally_init(struct tally *tally, const struct instrument *instruments,
                                  size_t instrument_count, const struct event_sink *sink,
                                  struct replay_summary *summary, struct error *reterr);
void tally_finish(struct tally *tally); /* zeroed is fine */

/* Time moves to `now_ns`: closes the open minute if it is over and hands its rows to the sink. */
MUST_CHECK enum status tally_move(struct tally *tally, int64_t now_ns, struct error *reterr);

/* Closes the last minute. */
MUST_CHECK enum status tally_close_minute(struct tally *tally, struct error *reterr);

/* Counts settled orders and hands them to the sink. */
MUST_CHECK enum status tally_liquidations(struct tally *tally, size_t count,
                                          const struct liquidation_record *rows,
                                          struct error *reterr);

/* Counts auto-deleveraged positions and hands them to the sink. */
MUST_CHECK enum status tally_adl(struct tally *tally, size_t count, const struct adl_record *rows,
                                 struct error *reterr);

/* Mixes a row into the fingerprint. Sums of mixed rows do not depend on the order of accounts. */
void tally_mix(struct tally *tally, const uint64_t *words, size_t count);

/* A price without feedback as its falls count it: no further up or down than any recorded price so
 * far (models.md 2.2). Beyond that it is the impact model that is wrong, and what it puts back
 * there would count as a fall when it decays. Shocked paths are not history's, and are not held. */
int64_t tally_hold(const struct tally *tally, size_t instrument, int64_t without);

/* The next prices of the three paths of an instrument. Falls of the simulated path are those of the
 * price held alike: where the path without feedback is held, the model puts too much back, and as
 * much less of what is put back and taken out counts in both. So equal paths have equal falls, and
 * where the simulated price is the recorded one it stays so. */
void tally_prices(struct tally *tally, size_t instrument, int64_t recorded, int64_t without,
                  int64_t simulated);

/* Writes the paths into the summary. */
void tally_summarise(struct tally *tally);

static inline void price_path_fall(struct price_path *path, int64_t price) {
    if (price > path->peak) {
        path->peak = price;
        path->trough = price;
        return;
    }
    if (price < path->trough) {
        path->trough = price;
        /* (peak - trough) / peak > (fall_peak - fall_trough) / fall_peak, without division */
        if ((int128)price * path->fall_peak < (int128)path->fall_trough * path->peak) {
            path->fall_peak = path->peak;
            path->fall_trough = price;
        }
    }
}

/* The next price of the path; its falls are those of `held`, which is the price itself but for the
 * path without feedback. */
static inline void price_path_update_held(struct price_path *path, int64_t price, int64_t held) {
    if (path->last == 0) {
        *path = (struct price_path){price, price, price, price, held, held, held, held};
        return;
    }
    path->last = price;
    if (price > path->max)
        path->max = price;
    if (price < path->min)
        path->min = price;
    price_path_fall(path, held);
}

static inline void price_path_update(struct price_path *path, int64_t price) {
    if (price != path->last)
        price_path_update_held(path, price, price);
}
