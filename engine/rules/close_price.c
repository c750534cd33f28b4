#include "engine/rules/close_price.h"

#include "engine/rules/mul_div.h"

struct close_spread close_fillable_spread(const struct close_fillable *rule, int128 equity,
                                          int128 requirement, int128 own_requirement) {
    assert(requirement > 0);
    /* adjusted = adjustment * (1 - equity / requirement), clamped to 0..1, over this divisor */
    const int128 divisor = requirement * RATE_SCALE;
    int128 adjusted = (requirement - equity) * rule->adjustment_e8;
    if (adjusted < 0)
        adjusted = 0;
    if (adjusted > divisor)
        adjusted = divisor;
    const int128 most = own_requirement * rule->spread_e8; /* over RATE_SCALE */
    if (adjusted == 0 || most == 0)
        return (struct close_spread){0, 1};
    if (adjusted == divisor)
        return (struct close_spread){most, RATE_SCALE};
    /* the divisors of both, in turn, so that 128 bits hold the product */
    const int128 part = mul_div_floor(most, adjusted, divisor);
    return (struct close_spread){part, RATE_SCALE};
}

int128 close_fillable_value(struct close_spread spread, int128 value) {
    return value - div_floor(spread.num, spread.den);
}

int128 close_bankruptcy_quote(int128 value_change, int128 equity, int128 freed,
                              int128 requirement) {
    return -value_change - mul_div_floor_signed(equity, freed, requirement);
}

int128 close_oracle_value(int128 value, int64_t fee_e8) {
    const int128 magnitude = value < 0 ? -value : value;
    return value - mul_div_ceil(magnitude, fee_e8, RATE_SCALE);
}

int128 close_skew_price(int128 price, int128 skew, int128 change, int128 skew_scale) {
    assert(skew_scale > 0);
    const int128 twice = 2 * skew + change; /* before plus after */
    const int128 premium = twice < 0 ? -mul_div_floor(2 * price, -twice, skew_scale)
                                     : mul_div_floor(2 * price, twice, skew_scale);
    return price + div_nearest(premium, 4);
}
