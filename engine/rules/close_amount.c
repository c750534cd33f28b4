#include "engine/rules/close_amount.h"

#include "engine/rules/mul_div.h"

static int128 least(int128 a, int128 b) {
    return a < b ? a : b;
}

/* ---- portion ---- */

int128 close_portion_least(int128 notional, int128 minimum) {
    return least(notional, minimum);
}

int128 close_portion_most(int128 notional, int128 minimum, int64_t portion_e8) {
    const int128 at_least = close_portion_least(notional, minimum);
    const int128 part = mul_div_floor(notional, portion_e8, RATE_SCALE);
    return part > at_least ? part : at_least;
}

int128 close_portion_quantity(int128 size, int128 notional, int128 most, int128 step) {
    assert(size > 0 && step > 0);
    if (notional <= most || size <= step)
        return size;
    const int128 quantity = mul_div_floor(size, most, notional);
    const int128 whole = quantity - quantity % step;
    return whole < step ? step : whole;
}

/* ---- cover ---- */

int128 close_cover(int128 shortage, int128 value, int128 units, int64_t ratio_e8,
                   int64_t liquidator_fee_e8, int64_t insurance_fee_e8) {
    const int64_t freed_e8 = ratio_e8 - liquidator_fee_e8 - insurance_fee_e8;
    if (value <= 0 || freed_e8 <= 0)
        return CLOSE_ALL;
    const int128 quantity = mul_div_floor(shortage * RATE_SCALE, units, value * freed_e8);
    return least(quantity, CLOSE_ALL);
}

int64_t close_released_part(const struct close_release *release, int128 shortage, int128 freed,
                            int64_t elapsed) {
    if (shortage <= 0 || shortage < release->minimum)
        return CLOSE_PART_SCALE;
    int128 part = CLOSE_PART_SCALE;
    if (release->duration > 0)
        part = least(part, (int128)elapsed * CLOSE_PART_SCALE / release->duration +
                               release->initial_part);
    const int128 may_be_free = mul_div_floor(shortage + freed, part, CLOSE_PART_SCALE);
    if (may_be_free <= freed)
        return 0;
    return (int64_t)least(CLOSE_PART_SCALE,
                          mul_div_floor(may_be_free - freed, CLOSE_PART_SCALE, shortage));
}

/* ---- window ---- */

int128 close_window_capacity(int64_t maker_fee_e8, int64_t taker_fee_e8, int128 skew_scale,
                             int64_t multiplier_e8, int64_t seconds) {
    const int128 rate = (int128)(maker_fee_e8 + taker_fee_e8) * multiplier_e8;
    return mul_div_floor(skew_scale, rate * seconds, (int128)RATE_SCALE * RATE_SCALE);
}

static bool window_is_over(const struct close_window *state, int64_t window, int64_t now) {
    return state->used == 0 || now - state->last > window;
}

int128 close_window_room(const struct close_window *state, int128 capacity, int64_t window,
                         int64_t now, int128 wanted) {
    const int128 used = window_is_over(state, window, now) ? 0 : state->used;
    return used >= capacity ? 0 : least(capacity - used, wanted);
}

void close_window_book(struct close_window *state, int64_t window, int64_t now, int128 closed) {
    assert(closed > 0);
    state->used = window_is_over(state, window, now) ? closed : state->used + closed;
    state->last = now;
}
