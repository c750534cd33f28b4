#include "engine/rules/instrument.h"

#include <stddef.h>

/* A lot at a tick is worth value_num / value_den; both stay below this, so that the value of any
 * position that fits money (int64) has its products far inside 128 bits. */
#define VALUE_BOUND INT64_C(1000000000000000)

/* mantissa * 10^exponent as a ratio in lowest powers of ten. False: it does not fit. */
static bool ratio_of(int128 mantissa, int exponent, int128 *ret_num, int128 *ret_den) {
    while (exponent < 0 && mantissa % 10 == 0) {
        mantissa /= 10;
        exponent++;
    }
    *ret_den = 1;
    while (exponent < 0) {
        if (__builtin_mul_overflow(*ret_den, (int128)10, ret_den))
            return false;
        exponent++;
    }
    while (exponent > 0) {
        if (__builtin_mul_overflow(mantissa, (int128)10, &mantissa))
            return false;
        exponent--;
    }
    *ret_num = mantissa;
    return true;
}

static int128 common_divisor(int128 a, int128 b) {
    while (b != 0) {
        const int128 rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

enum status instrument_init(struct instrument *instrument, struct error *reterr) {
    const struct {
        const char *name;
        struct decimal value;
    } members[] = {{"price_tick", instrument->price_tick},
                   {"lot", instrument->lot},
                   {"contract_size", instrument->contract_size}};
    int128 mantissa = 1;
    int128 below = 1; /* an inverse contract is divided by its price */
    int exponent = MONEY_DECIMALS;
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        const struct decimal value = decimal_normal(members[i].value);
        if (value.mantissa <= 0 || value.decimals < 0 || value.decimals > 18)
            return error_set(reterr, STATUS_CONFIG, "instrument '%s': %s must be above 0",
                             instrument->symbol, members[i].name);
        const bool divides = i == 0 && instrument_is_inverse(instrument); /* the price tick */
        if (__builtin_mul_overflow(divides ? below : mantissa, (int128)value.mantissa,
                                   divides ? &below : &mantissa))
            return error_set(reterr, STATUS_RANGE,
                             "instrument '%s': price_tick * lot * contract_size is too large",
                             instrument->symbol);
        exponent -= divides ? -value.decimals : value.decimals;
    }

    int128 num = 0;
    int128 den = 0;
    const bool fits =
        ratio_of(mantissa, exponent, &num, &den) && !__builtin_mul_overflow(den, below, &den);
    const int128 divisor = fits ? common_divisor(num, den) : 1;
    if (!fits || num / divisor > VALUE_BOUND || den / divisor > VALUE_BOUND)
        return error_set(reterr, STATUS_RANGE,
                         "instrument '%s': a lot at a price of one tick is worth too %s for "
                         "money of 1e-8: change price_tick or lot",
                         instrument->symbol, fits && num > den ? "much" : "little");
    instrument->value_num = units_narrow(num / divisor);
    instrument->value_den = units_narrow(den / divisor);
    instrument->tick_size = decimal_to_double(instrument->price_tick);
    instrument->lot_size =
        decimal_to_double(instrument->lot) * decimal_to_double(instrument->contract_size);
    return STATUS_OK;
}

int64_t instrument_lots_within(const struct instrument *instrument, int128 notional,
                               int64_t price_ticks) {
    const int128 lots =
        instrument_is_inverse(instrument)
            ? div_floor(notional * instrument->value_den * price_ticks, instrument->value_num)
            : div_floor(notional * instrument->value_den,
                        (int128)price_ticks * instrument->value_num);
    return lots > INT64_MAX ? INT64_MAX : (int64_t)lots;
}

int64_t instrument_price_of_value(const struct instrument *instrument, int64_t lots, int128 value) {
    const bool inverse = instrument_is_inverse(instrument);
    const bool is_long = lots > 0;
    const int128 magnitude = is_long ? lots : -(int128)lots;
    /* linear: a long is worth price * unit; inverse: a short is worth unit / price */
    const int128 worth = is_long ? value : -value;
    const int128 x = inverse ? -worth : worth;
    if (x <= 0)
        return 0;
    const int128 unit = magnitude * instrument->value_num;
    const int128 above = inverse ? unit : x * instrument->value_den;
    const int128 below = inverse ? x * instrument->value_den : unit;
    const int128 price = is_long ? div_ceil(above, below) : div_floor(above, below);
    return price > INT64_MAX / 2 ? 0 : (int64_t)price;
}

/* Inverse: -lots * lot * size / price. */
static enum status inverse_cost(const struct instrument *instrument, int64_t lots,
                                struct decimal price, int128 *ret_cost) {
    const struct decimal lot = decimal_normal(instrument->lot);
    const struct decimal size = decimal_normal(instrument->contract_size);
    int128 mantissa = -(int128)lots;
    int128 num = 0;
    int128 den = 1;
    if (__builtin_mul_overflow(mantissa, (int128)lot.mantissa, &mantissa) ||
        __builtin_mul_overflow(mantissa, (int128)size.mantissa, &mantissa) ||
        !ratio_of(mantissa, MONEY_DECIMALS + price.decimals - lot.decimals - size.decimals, &num,
                  &den) ||
        __builtin_mul_overflow(den, (int128)price.mantissa, &den))
        return STATUS_RANGE;
    *ret_cost = div_ceil(num, den);
    return STATUS_OK;
}

enum status instrument_cost(const struct instrument *instrument, int64_t lots,
                            struct decimal entry_price, int64_t *ret_cost, struct error *reterr) {
    const struct decimal price = decimal_normal(entry_price);
    const struct decimal lot = decimal_normal(instrument->lot);
    const struct decimal size = decimal_normal(instrument->contract_size);
    int128 mantissa = (int128)lots * price.mantissa;
    int exponent = MONEY_DECIMALS - price.decimals - lot.decimals - size.decimals;
    int128 num = 0;
    int128 den = 1;
    /* Trailing zeros of the first product make room before the next ones. */
    while (exponent < 0 && mantissa != 0 && mantissa % 10 == 0) {
        mantissa /= 10;
        exponent++;
    }
    bool overflow = __builtin_mul_overflow(mantissa, (int128)lot.mantissa, &mantissa) ||
                    __builtin_mul_overflow(mantissa, (int128)size.mantissa, &mantissa) ||
                    (mantissa != 0 && !ratio_of(mantissa, exponent, &num, &den));
    int128 cost = overflow ? 0 : div_ceil(num, den);
    if (instrument_is_inverse(instrument))
        overflow = inverse_cost(instrument, lots, price, &cost) != STATUS_OK;
    if (overflow || !units_fits_int64(cost)) {
        return error_set(reterr, STATUS_RANGE,
                         "instrument '%s': the position's cost (quantity * entry price) does not "
                         "fit 92 billion",
                         instrument->symbol);
    }
    *ret_cost = (int64_t)cost;
    return STATUS_OK;
}
