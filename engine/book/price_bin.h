#pragma once
/* Bins of about equal log-width over whole prices, by their leading bits: rising with the price,
 * exact, without a logarithm. With b mantissa bits an octave has 2^b bins; prices below 2^(b+1)
 * have one each.
 */

#include <assert.h>
#include <stdint.h>

/* Bins of prices 1..2^63-1 are below this. */
static inline uint32_t price_bin_count(unsigned mantissa_bits) {
    return (64u - mantissa_bits) << mantissa_bits;
}

static inline uint32_t price_bin(int64_t price, unsigned mantissa_bits) {
    assert(price >= 1);
    const uint64_t p = (uint64_t)price;
    const unsigned exponent = 63u - (unsigned)__builtin_clzll(p);
    if (exponent <= mantissa_bits)
        return (uint32_t)p;
    const unsigned shift = exponent - mantissa_bits;
    return (shift << mantissa_bits) + (uint32_t)(p >> shift);
}

/* The first price of a bin: the inverse of price_bin(). */
static inline int64_t price_bin_edge(uint32_t bin, unsigned mantissa_bits) {
    const uint32_t octave = 1u << mantissa_bits;
    if (bin < 2 * octave)
        return bin;
    const unsigned shift = (bin >> mantissa_bits) - 1;
    return (int64_t)((uint64_t)(octave + (bin & (octave - 1))) << shift);
}
