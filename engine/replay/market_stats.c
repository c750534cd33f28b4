#include "engine/replay/market_stats.h"

#include <math.h>

#include "base/elementary.h"
#include "base/units.h"

/* The last price of the minute under way, and the sums so far. */
struct stats_walk {
    int64_t minute;
    double last;
    double previous; /* close of the minute before; 0: none */
    double squares;
    uint64_t minutes;
    double volume;
};

static void walk_close_minute(struct stats_walk *walk) {
    if (walk->previous > 0.0 && walk->last > 0.0) {
        const double move = elementary_log(walk->last / walk->previous);
        walk->squares += move * move;
    }
    if (walk->last > 0.0)
        walk->previous = walk->last;
    walk->minutes++;
}

static void walk_rows(struct stats_walk *walk, const struct price_source *source,
                      const struct tick_batch *batch, int64_t from_ns, int64_t to_ns,
                      struct market_stats *stats) {
    const bool bars = source->kind == SERIES_BARS;
    const int64_t *price = batch->value[bars ? 3 : 0];
    const int64_t *quantity = batch->value[bars ? 4 : 1];
    const double price_unit = (double)units_pow10(batch->price_decimals);
    const double quantity_unit = (double)units_pow10(batch->quantity_decimals);
    for (size_t r = 0; r < batch->count; r++) {
        const int64_t ts_ns = batch->ts_ns[r];
        if (ts_ns < from_ns || ts_ns >= to_ns)
            continue;
        const int64_t minute = ts_ns / NS_PER_MINUTE;
        if (stats->rows == 0) {
            stats->first_ts_ns = ts_ns;
            walk->minute = minute;
        }
        if (minute != walk->minute) {
            walk_close_minute(walk);
            walk->minute = minute;
        }
        walk->last = (double)price[r] / price_unit;
        if (quantity != NULL && (bars || !(batch->flags[r] & TICK_NO_QUANTITY)))
            walk->volume += (double)quantity[r] / quantity_unit;
        stats->last_ts_ns = ts_ns;
        stats->rows++;
    }
}

enum status market_stats_measure(const struct price_source *source, int64_t from_ns, int64_t to_ns,
                                 struct market_stats *ret_stats, struct error *reterr) {
    struct stats_walk walk = {0};
    struct market_stats stats = {0};
    enum status status;
    struct tick_batch batch;
    while ((status = source->source.next(source->source.context, &batch, reterr)) == STATUS_OK) {
        if (batch.count > 0 && batch.ts_ns[0] >= to_ns)
            break;
        walk_rows(&walk, source, &batch, from_ns, to_ns, &stats);
    }
    if (status != STATUS_OK && status != STATUS_END)
        return status;
    walk_close_minute(&walk);
    const int64_t bar_ns = source->kind == SERIES_BARS ? source->bar_ns : 0;
    const double days =
        (double)(stats.last_ts_ns - stats.first_ts_ns + bar_ns) / (double)NS_PER_DAY;
    if (walk.minutes >= 2 && days > 0.0) {
        stats.volatility_day = sqrt(walk.squares / days);
        stats.volume_day = walk.volume / days;
    }
    *ret_stats = stats;
    return STATUS_OK;
}
