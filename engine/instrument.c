#include "engine/instrument.h"

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
    if (instrument->kind != CONTRACT_LINEAR)
        return error_set(reterr, STATUS_CONFIG,
                         "instrument '%s': kind: only linear contracts are supported yet",
                         instrument->symbol);
    const struct {
        const char *name;
        struct decimal value;
    } members[] = {{"price_tick", instrument->price_tick},
                   {"lot", instrument->lot},
                   {"contract_size", instrument->contract_size}};
    int128 mantissa = 1;
    int exponent = MONEY_DECIMALS;
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        const struct decimal value = decimal_normal(members[i].value);
        if (value.mantissa <= 0 || value.decimals < 0 || value.decimals > 18)
            return error_set(reterr, STATUS_CONFIG, "instrument '%s': %s must be above 0",
                             instrument->symbol, members[i].name);
        if (__builtin_mul_overflow(mantissa, (int128)value.mantissa, &mantissa))
            return error_set(reterr, STATUS_RANGE,
                             "instrument '%s': price_tick * lot * contract_size is too large",
                             instrument->symbol);
        exponent -= value.decimals;
    }

    int128 num = 0;
    int128 den = 0;
    const bool fits = ratio_of(mantissa, exponent, &num, &den);
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
    const bool overflow = __builtin_mul_overflow(mantissa, (int128)lot.mantissa, &mantissa) ||
                          __builtin_mul_overflow(mantissa, (int128)size.mantissa, &mantissa) ||
                          (mantissa != 0 && !ratio_of(mantissa, exponent, &num, &den));
    const int128 cost = overflow ? 0 : div_ceil(num, den);
    if (overflow || !units_fits_int64(cost)) {
        return error_set(reterr, STATUS_RANGE,
                         "instrument '%s': the position's cost (quantity * entry price) does not "
                         "fit 92 billion",
                         instrument->symbol);
    }
    *ret_cost = (int64_t)cost;
    return STATUS_OK;
}
