#include "engine/funding_cap.h"

int64_t funding_cap(int64_t initial_e8, int64_t maintenance_e8, int64_t share_e8) {
    assert(share_e8 >= 0);
    if (initial_e8 <= maintenance_e8)
        return 0;
    return (int64_t)div_floor((int128)share_e8 * (initial_e8 - maintenance_e8), RATE_SCALE);
}

/* The initial rate of a small position: flat, or the inverse of the highest leverage; 0: neither.
 */
static int64_t initial_rate(const struct rulebook *rulebook, const struct margin_tier *tier) {
    if (tier->max_leverage_e8 > 0)
        return (int64_t)div_ceil((int128)RATE_SCALE * RATE_SCALE, tier->max_leverage_e8);
    return rulebook->initial_rate_e8;
}

int64_t funding_cap_of(const struct rulebook *rulebook, const char *symbol) {
    const struct tier_table *table = rulebook_table(rulebook, symbol);
    if (rulebook->funding_cap_share_e8 == 0 || table == NULL)
        return FUNDING_CAP_NONE;
    const int64_t initial = initial_rate(rulebook, &table->tiers[0]);
    if (initial == 0)
        return FUNDING_CAP_NONE;
    const struct decimal multiplier = decimal_normal(rulebook->maintenance_multiplier);
    const int128 maintenance = div_ceil((int128)table->tiers[0].rate_e8 * multiplier.mantissa,
                                        units_pow10(multiplier.decimals));
    return funding_cap(initial, (int64_t)maintenance, rulebook->funding_cap_share_e8);
}
