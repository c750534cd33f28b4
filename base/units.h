#pragma once
/* Scales and integer arithmetic with a named rounding. The only place that knows scales. */

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

__extension__ typedef __int128 int128;
__extension__ typedef unsigned __int128 uint128;

/* Money is int64 in the asset's smallest unit. For USDT and every asset so far that is 1e-8. */
#define MONEY_DECIMALS 8
#define MONEY_SCALE INT64_C(100000000)

/* Rates (margin rates, fees) are int64 in 1e-8: 0.005 is 500000. */
#define RATE_SCALE INT64_C(100000000)

#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S INT64_C(1000000000)
#define NS_PER_MINUTE INT64_C(60000000000)
#define NS_PER_DAY INT64_C(86400000000000)

/* A decimal number exactly as written: mantissa * 10^-decimals, decimals in 0..18. */
struct decimal {
    int64_t mantissa;
    int32_t decimals;
};

/* 10^exponent for exponent in 0..18. */
int64_t units_pow10(int exponent);

/* The absolute value of lots (never INT64_MIN) or of an amount. */
static inline int64_t lots_magnitude(int64_t lots) {
    return lots < 0 ? -lots : lots;
}
static inline int128 units_magnitude(int128 value) {
    return value < 0 ? -value : value;
}

/* Quotient rounded down (towards minus infinity); divisor > 0. */
static inline int128 div_floor(int128 dividend, int128 divisor) {
    assert(divisor > 0);
    if (dividend >= INT64_MIN && dividend <= INT64_MAX && divisor <= INT64_MAX) {
        const int64_t n = (int64_t)dividend;
        const int64_t d = (int64_t)divisor;
        return n / d - (n % d < 0 ? 1 : 0);
    }
    return dividend / divisor - (dividend % divisor < 0 ? 1 : 0);
}

/* Quotient rounded up; divisor > 0. */
static inline int128 div_ceil(int128 dividend, int128 divisor) {
    assert(divisor > 0);
    if (dividend >= INT64_MIN && dividend <= INT64_MAX && divisor <= INT64_MAX) {
        const int64_t n = (int64_t)dividend;
        const int64_t d = (int64_t)divisor;
        return n / d + (n % d > 0 ? 1 : 0);
    }
    return dividend / divisor + (dividend % divisor > 0 ? 1 : 0);
}

/* Quotient rounded to the nearest, halves upwards; divisor > 0. */
static inline int128 div_nearest(int128 dividend, int128 divisor) {
    return div_floor(2 * dividend + divisor, 2 * divisor);
}

/* Whether `wide` fits into int64. */
static inline bool units_fits_int64(int128 wide) {
    return wide >= INT64_MIN && wide <= INT64_MAX;
}

/* Narrowing whose success the caller has proved. */
static inline int64_t units_narrow(int128 wide) {
    assert(units_fits_int64(wide));
    return (int64_t)wide;
}

/* A decimal as a double; for impact and population maths and reports, never for the ledger. */
double decimal_to_double(struct decimal value);

/* `value` without trailing zeros in the mantissa (1.500 becomes 1.5; 0 has 0 decimals). */
struct decimal decimal_normal(struct decimal value);
