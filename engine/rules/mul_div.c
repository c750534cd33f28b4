#include "engine/rules/mul_div.h"

#include <stdint.h>

struct product {
    uint128 high, low;
};

static struct product multiply(uint128 a, uint128 b) {
    const uint128 mask = UINT64_MAX;
    const uint128 low = (a & mask) * (b & mask);
    const uint128 cross = (a >> 64) * (b & mask) + (low >> 64);
    const uint128 other = (a & mask) * (b >> 64) + (cross & mask);
    return (struct product){(a >> 64) * (b >> 64) + (cross >> 64) + (other >> 64),
                            (other << 64) | (low & mask)};
}

/* Schoolbook division by one bit at a time; c < 2^127, so the remainder never overflows. */
static int128 divide(struct product product, uint128 c, int128 *ret_rest) {
    uint128 rest = 0;
    uint128 quotient = 0;
    for (int bit = 255; bit >= 0; bit--) {
        const uint128 word = bit >= 128 ? product.high : product.low;
        rest = (rest << 1) | ((word >> (bit % 128)) & 1);
        assert(bit < 127 || rest < c); /* the quotient fits */
        if (rest >= c) {
            rest -= c;
            quotient |= (uint128)1 << bit;
        }
    }
    *ret_rest = (int128)rest;
    return (int128)quotient;
}

int128 mul_div_rest(int128 a, int128 b, int128 c, int128 *ret_rest) {
    assert(a >= 0 && b >= 0 && c > 0);
    int128 product;
    if (__builtin_mul_overflow(a, b, &product))
        return divide(multiply((uint128)a, (uint128)b), (uint128)c, ret_rest);
    *ret_rest = product % c;
    return product / c;
}

int128 mul_div_floor(int128 a, int128 b, int128 c) {
    int128 rest;
    return mul_div_rest(a, b, c, &rest);
}

int128 mul_div_ceil(int128 a, int128 b, int128 c) {
    int128 rest;
    const int128 quotient = mul_div_rest(a, b, c, &rest);
    return rest == 0 ? quotient : quotient + 1;
}

int128 mul_div_floor_signed(int128 a, int128 b, int128 c) {
    return a < 0 ? -mul_div_ceil(-a, b, c) : mul_div_floor(a, b, c);
}

int mul_compare(int128 a, int128 b, int128 c, int128 d) {
    assert(a >= 0 && b >= 0 && c >= 0 && d >= 0);
    const struct product x = multiply((uint128)a, (uint128)b);
    const struct product y = multiply((uint128)c, (uint128)d);
    if (x.high != y.high)
        return x.high < y.high ? -1 : 1;
    return x.low < y.low ? -1 : x.low > y.low;
}
