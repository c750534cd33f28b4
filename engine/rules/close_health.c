#include "engine/rules/close_health.h"

#include "engine/rules/mul_div.h"

static int128 least(int128 a, int128 b) {
    return a < b ? a : b;
}

int128 close_health_per_lot(int128 lot_value, bool is_long, int64_t weight, int64_t fee) {
    const int128 change = is_long ? RATE_SCALE - fee - weight : weight - RATE_SCALE - fee;
    return mul_div_floor_signed(lot_value, change < 0 ? 0 : change, RATE_SCALE);
}

static int128 weighted(int128 unweighted, int64_t weight) {
    return unweighted < 0 ? unweighted : mul_div_floor(unweighted, weight, RATE_SCALE);
}

/* What the perpetual will add once as much of it as may be is settled. */
static int128 expected(const struct close_health *close, int128 unweighted) {
    const int64_t gain = RATE_SCALE - close->settle_fee;
    if (unweighted < close->settle_most)
        return weighted(unweighted, gain);
    return weighted(close->settle_most, gain) +
           weighted(unweighted - close->settle_most, close->overall_weight);
}

struct reduction {
    const struct close_health *close;
    int128 unweighted;
    int128 health; /* expected */
    int128 lots;
};

/* Closes lots until `room` more of `unweighted`, weighted with `weight`, or health 0 is reached. */
static void reduce(struct reduction *r, int128 room, int64_t weight) {
    const struct close_health *close = r->close;
    const int128 rise = mul_div_floor(close->per_lot, weight, RATE_SCALE);
    const int128 limit = least(room, -r->health);
    if (limit <= 0 || rise <= 0)
        return;
    int128 lots = div_ceil(limit, rise);
    lots = least(lots, least(close->lots, close->lots_most) - r->lots);
    if (lots <= 0)
        return;
    const int128 unweighted = r->unweighted + lots * close->per_lot;
    r->health += expected(close, unweighted) - expected(close, r->unweighted);
    r->unweighted = unweighted;
    r->lots += lots;
}

int128 close_health_lots(const struct close_health *close) {
    struct reduction r = {close, close->unweighted, 0, 0};
    r.health = close->health + expected(close, close->unweighted) -
               weighted(close->unweighted, close->overall_weight);
    if (r.unweighted < 0)
        reduce(&r, -r.unweighted, RATE_SCALE);
    if (r.unweighted >= 0 && r.unweighted < close->settle_most)
        reduce(&r, close->settle_most - r.unweighted, RATE_SCALE - close->settle_fee);
    if (r.unweighted >= close->settle_most && close->overall_weight > 0)
        reduce(&r, -r.health, close->overall_weight);
    return r.lots;
}

int128 close_health_settled(const struct close_health *close, int128 closed, int128 result) {
    const int128 unweighted = close->unweighted + closed * close->per_lot;
    const int128 health = close->health - weighted(close->unweighted, close->overall_weight) +
                          weighted(unweighted, close->overall_weight);
    const int64_t gain = RATE_SCALE - close->settle_fee - close->overall_weight;
    if (health >= 0 || unweighted <= 0 || gain <= 0)
        return 0;
    const int128 needed = mul_div_ceil(-health, RATE_SCALE, gain);
    const int128 settled = least(least(result, close->settle_most), least(needed, unweighted));
    return settled < 0 ? 0 : settled;
}
