#include "engine/rules/margin_size.h"

#include <string.h>

#include "engine/rules/integer_root.h"

#define E12 ((int128)1000000000000)
#define RATIO_BOUND ((int128)1 << 62) /* times lots or money (63 bits) stays within 128 */

/* value * other * 10^exponent as a ratio in lowest terms that fits. */
static enum status ratio(struct decimal value, struct decimal other, int exponent,
                         struct size_ratio *ret_ratio) {
    const struct decimal a = decimal_normal(value);
    const struct decimal b = decimal_normal(other);
    int128 num = (int128)a.mantissa * b.mantissa;
    int128 den = 1;
    exponent -= a.decimals + b.decimals;
    for (; exponent < 0 && num % 10 == 0 && num != 0; exponent++)
        num /= 10;
    for (; exponent < 0 && den < RATIO_BOUND; exponent++)
        den *= 10;
    for (; exponent > 0 && num < RATIO_BOUND; exponent--)
        num *= 10;
    for (int128 factor = 2; factor <= 5; factor += 3)
        while (num != 0 && num % factor == 0 && den % factor == 0) {
            num /= factor;
            den /= factor;
        }
    *ret_ratio = (struct size_ratio){num, den};
    return exponent != 0 || num >= RATIO_BOUND || den >= RATIO_BOUND ? STATUS_RANGE : STATUS_OK;
}

static bool rescale(struct decimal value, int decimals, int128 *ret_value) {
    const struct decimal v = decimal_normal(value);
    if (v.mantissa < 0 || v.decimals > decimals || decimals - v.decimals > 36)
        return false;
    *ret_value = v.mantissa;
    for (int k = v.decimals; k < decimals; k++)
        if (__builtin_mul_overflow(*ret_value, (int128)10, ret_value))
            return false;
    return true;
}

/* A rate in SIZE_RATE_SCALE; what is finer is rounded up. */
static bool rate_of(struct decimal value, int64_t *ret_rate) {
    const struct decimal v = decimal_normal(value);
    int128 rate = v.mantissa;
    if (v.mantissa < 0)
        return false;
    if (v.decimals > 12)
        rate = div_ceil(rate, units_pow10(v.decimals - 12));
    else
        rate *= units_pow10(12 - v.decimals);
    *ret_rate = (int64_t)rate;
    return rate <= 1000 * E12;
}

enum status margin_size_init(struct margin_size *size, const struct size_curve *curve,
                             struct decimal multiplier, int64_t fee,
                             const struct instrument *instrument, struct error *reterr) {
    memset(size, 0, sizeof(*size));
    const bool in_lots = curve->unit == SIZE_BASE;
    const struct decimal one = {1, 0};
    const struct decimal lot = in_lots ? instrument->lot : (struct decimal){1, MONEY_DECIMALS};
    const struct decimal contract = in_lots ? instrument->contract_size : one;
    int128 scale = 0;
    int128 offset = 0;
    int128 minimum = (int128)curve->minimum * multiplier.mantissa;
    struct size_ratio unit;
    bool fits = ratio(lot, contract, 0, &unit) == STATUS_OK;
    /* lot * contract_size as one decimal, for the products below */
    const struct decimal whole = {.mantissa = lot.mantissa, .decimals = lot.decimals};
    struct decimal factor = contract;
    struct decimal per_unit = decimal_normal(curve->per_unit);
    fits = fits && !__builtin_mul_overflow(per_unit.mantissa, decimal_normal(factor).mantissa,
                                           &per_unit.mantissa);
    per_unit.decimals += decimal_normal(factor).decimals;
    fits = fits && ratio(per_unit, whole, 12, &size->per_unit) == STATUS_OK &&
           ratio(whole, factor, 12, &size->size) == STATUS_OK &&
           rescale(curve->sqrt_scale, 12, &scale) && rescale(curve->sqrt_offset, 24, &offset) &&
           rescale(curve->step, 12, &size->step_e12) &&
           rescale(curve->step_from, 12, &size->step_from_e12) &&
           rate_of(curve->step_rate, &size->step_rate) && rate_of(curve->base, &size->base) &&
           rate_of(curve->floor, &size->floor) && rate_of(curve->cap, &size->cap) &&
           decimal_normal(curve->sqrt_factor).mantissa >= 0 && per_unit.mantissa >= 0;
    if (!fits)
        return error_set(reterr, STATUS_RANGE,
                         "margin.size of '%s': a value is below 0, too large or too fine",
                         instrument->symbol);
    if (size->cap > SIZE_RATE_SCALE)
        return error_set(reterr, STATUS_CONFIG, "margin.size of '%s': cap is above 1",
                         instrument->symbol);
    if (curve->unit == SIZE_NOTIONAL && size->cap > SIZE_RATE_SCALE / 2)
        return error_set(reterr, STATUS_CONFIG,
                         "margin.size of '%s': by notional the cap must be at most 0.5, or more "
                         "notional would need less equity",
                         instrument->symbol);
    size->unit = curve->unit;
    size->sqrt_factor = decimal_normal(curve->sqrt_factor);
    size->sqrt_scale_e12 = scale;
    size->sqrt_offset_e24 = offset;
    size->multiplier = multiplier;
    size->fee = fee;
    size->minimum = div_ceil(minimum, units_pow10(multiplier.decimals));
    return STATUS_OK;
}

static int128 root_term(const struct margin_size *size, int128 size_e12) {
    int128 radicand;
    if (__builtin_mul_overflow(size_e12, size->sqrt_scale_e12, &radicand) ||
        __builtin_add_overflow(radicand, size->sqrt_offset_e24, &radicand) ||
        radicand >= (int128)1 << 123)
        return SIZE_RATE_SCALE * (int128)1000; /* beyond any cap */
    const int128 root_e12 = integer_root_ceil(radicand);
    int128 term;
    if (__builtin_mul_overflow(root_e12, (int128)size->sqrt_factor.mantissa, &term))
        return SIZE_RATE_SCALE * (int128)1000;
    return div_ceil(term, units_pow10(size->sqrt_factor.decimals));
}

/* What the curve counts: lots, or money. */
static int128 counted(const struct margin_size *size, int64_t lots, int64_t cost, int128 notional) {
    int128 n = lots < 0 ? -(int128)lots : lots;
    if (size->unit == SIZE_NOTIONAL)
        n = notional;
    else if (size->unit == SIZE_ENTRY_NOTIONAL)
        n = cost < 0 ? -(int128)cost : cost;
    return n > INT64_MAX ? INT64_MAX : n;
}

static int128 steps_of(const struct margin_size *size, int128 size_e12) {
    return size->step_e12 != 0 && size_e12 > size->step_from_e12
               ? div_ceil(size_e12 - size->step_from_e12, size->step_e12)
               : 0;
}

int64_t margin_size_steps(const struct margin_size *size, int64_t lots, int64_t cost) {
    const int128 n = counted(size, lots, cost, 0); /* steps never count the notional at mark */
    const int128 steps = steps_of(size, div_ceil(n * size->size.num, size->size.den));
    return units_fits_int64(steps) ? (int64_t)steps : INT64_MAX;
}

int64_t margin_size_rate(const struct margin_size *size, int64_t lots, int64_t cost,
                         int128 notional) {
    const int128 n = counted(size, lots, cost, notional);
    int128 rate = size->base + div_ceil(n * size->per_unit.num, size->per_unit.den);
    if (size->sqrt_factor.mantissa != 0 || size->step_e12 != 0) {
        const int128 size_e12 = div_ceil(n * size->size.num, size->size.den);
        if (size->sqrt_factor.mantissa != 0)
            rate += root_term(size, size_e12);
        rate += steps_of(size, size_e12) * size->step_rate;
    }
    rate = rate < size->floor ? size->floor : rate;
    rate = rate > size->cap ? size->cap : rate;
    rate = div_ceil(rate * size->multiplier.mantissa, units_pow10(size->multiplier.decimals));
    rate += size->fee;
    /* by notional the cap holds after the multiplier, or equity would not rise with notional */
    const int64_t most = size->unit == SIZE_NOTIONAL ? SIZE_RATE_SCALE / 2 : SIZE_RATE_SCALE;
    return rate > most ? most : (int64_t)rate;
}
