#include "engine/rules/funding_cap.h"

int64_t funding_cap(int64_t initial_e8, int64_t maintenance_e8, int64_t share_e8) {
    assert(share_e8 >= 0);
    if (initial_e8 <= maintenance_e8)
        return 0;
    return (int64_t)div_floor((int128)share_e8 * (initial_e8 - maintenance_e8), RATE_SCALE);
}

/* The rate (1e-8) of a curve by size for a small position. Curves have at most 12 decimals. */
static int64_t curve_rate(const struct size_curve *curve) {
    const struct decimal base = decimal_normal(curve->base);
    const struct decimal floor = decimal_normal(curve->floor);
    const int64_t of_base =
        (int64_t)div_ceil((int128)base.mantissa * RATE_SCALE, units_pow10(base.decimals));
    const int64_t of_floor =
        (int64_t)div_ceil((int128)floor.mantissa * RATE_SCALE, units_pow10(floor.decimals));
    return of_base > of_floor ? of_base : of_floor;
}

/* The initial rate of a small position: by size, the inverse of the lowest tier's highest leverage,
 * or flat; 0: none of them. */
static int64_t initial_rate(const struct rulebook *rulebook, const char *symbol,
                            const struct tier_table *table) {
    const struct size_curve *curve =
        rulebook_size(rulebook->margin.initial_sizes, rulebook->margin.initial_size_count, symbol);
    if (curve != NULL)
        return curve_rate(curve);
    if (table != NULL && table->tiers[0].max_leverage_e8 > 0)
        return (int64_t)div_ceil((int128)RATE_SCALE * RATE_SCALE, table->tiers[0].max_leverage_e8);
    return rulebook->margin.initial_rate_e8;
}

int64_t funding_cap_of(const struct rulebook *rulebook, const char *symbol) {
    if (rulebook->funding.cap_share_e8 == 0)
        return FUNDING_CAP_NONE;
    const struct tier_table *table = rulebook_table(rulebook, symbol);
    const struct size_curve *curve =
        rulebook_size(rulebook->margin.sizes, rulebook->margin.size_count, symbol);
    const int64_t initial = initial_rate(rulebook, symbol, table);
    if (initial == 0 || (curve == NULL && table == NULL))
        return FUNDING_CAP_NONE;
    const int64_t rate = curve != NULL ? curve_rate(curve) : table->tiers[0].rate_e8;
    const struct decimal multiplier = decimal_normal(rulebook->margin.maintenance_multiplier);
    const int128 maintenance =
        div_ceil((int128)rate * multiplier.mantissa, units_pow10(multiplier.decimals));
    return funding_cap(initial, (int64_t)maintenance, rulebook->funding.cap_share_e8);
}
