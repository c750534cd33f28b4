#include "engine/rules/margin_scale.h"

#include "engine/rules/mul_div.h"

static bool is_scaled(const struct open_interest_scale *scale, int128 open_notional) {
    return scale->upper > 0 && open_notional > scale->lower;
}

int128 open_interest_initial(const struct open_interest_scale *scale, int128 notional,
                             int128 open_notional) {
    return mul_div_ceil(notional, open_interest_rate_e8(scale, open_notional), RATE_SCALE);
}

int128 open_interest_maintenance(const struct open_interest_scale *scale, int128 notional) {
    const int128 initial = mul_div_ceil(notional, scale->initial_rate_e8, RATE_SCALE);
    return mul_div_ceil(initial, scale->maintenance_part_e8, RATE_SCALE);
}

int64_t open_interest_rate_e8(const struct open_interest_scale *scale, int128 open_notional) {
    const int64_t step = RATE_SCALE / 1000000;
    if (!is_scaled(scale, open_notional))
        return scale->initial_rate_e8;
    if (open_notional >= scale->upper)
        return RATE_SCALE;
    const int128 rise =
        mul_div_floor(open_notional - scale->lower, RATE_SCALE - scale->initial_rate_e8,
                      scale->upper - scale->lower);
    return (scale->initial_rate_e8 + (int64_t)rise) / step * step;
}

/* notional * part * (factor * size / skew_scale + floor), rounded up. */
static int128 skew_part(const struct skew_margin *margin, int128 notional, int64_t part_e8) {
    const int128 ratio = margin->size * margin->factor_e8 + margin->skew_scale * margin->floor_e8;
    const int128 divisor = margin->skew_scale * RATE_SCALE;
    return mul_div_ceil(notional * part_e8, ratio, divisor * RATE_SCALE);
}

int128 skew_margin_initial(const struct skew_margin *margin, int128 notional) {
    return skew_part(margin, notional, RATE_SCALE) + margin->position_minimum;
}

int128 skew_margin_maintenance(const struct skew_margin *margin, int128 notional) {
    return skew_part(margin, notional, margin->maintenance_part_e8) + margin->position_minimum;
}
