#pragma once
/* Decimal digits eight at a time. Only for the form of nearly every field; what these refuse goes
 * to decimal_parse(), which is the definition. A row of a tick file (40 bytes) costs 75 ns in all,
 * file and hash included; with one digit at a time 85. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/units.h"

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__

/* The bytes that must be readable before the end of a field. */
#define CSV_NUMBER_ROOM 16

#define CSV_EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

static inline uint64_t csv_load(const char *bytes) {
    uint64_t word;
    memcpy(&word, bytes, sizeof(word));
    return word;
}

/* Sets the first 8 - `size` characters to '0'; size 0..8. */
static inline uint64_t csv_pad(uint64_t word, size_t size) {
    if (size == 0)
        return CSV_EACH('0');
    const uint64_t kept = ~UINT64_C(0) << (64 - 8 * size);
    return (word & kept) | (CSV_EACH('0') & ~kept);
}

static inline bool csv_all_digits(uint64_t word) {
    return ((word & CSV_EACH(0xF0)) | (((word + CSV_EACH(0x06)) & CSV_EACH(0xF0)) >> 4)) ==
           CSV_EACH(0x33);
}

/* Eight digits, the first one in the lowest byte. */
static inline uint64_t csv_value(uint64_t word) {
    word = ((word & CSV_EACH(0x0F)) * 2561) >> 8;
    word = ((word & UINT64_C(0x00FF00FF00FF00FF)) * 6553601) >> 16;
    return ((word & UINT64_C(0x0000FFFF0000FFFF)) * UINT64_C(42949672960001)) >> 32;
}

/* A 1 in the top bit of the first '.' of `word` (bits above it may be wrong); 0: none. */
static inline uint64_t csv_point(uint64_t word) {
    const uint64_t zero_where_point = word ^ CSV_EACH('.');
    return (zero_where_point - CSV_EACH(0x01)) & ~zero_where_point & CSV_EACH(0x80);
}

/* Takes byte `at` out, moving the bytes before it up and `filler` into the lowest. */
static inline uint64_t csv_take_out(uint64_t word, unsigned at, uint64_t filler) {
    const uint64_t below = (UINT64_C(1) << 8 * at) - 1;
    return (word & ~below & ~(UINT64_C(0xFF) << 8 * at)) | (word & below) << 8 | filler;
}

/* digits[.digits] of at most 16 characters. False: of another form. */
static inline bool csv_decimal(const char *field, size_t size, struct decimal *ret_value) {
    if (size == 0 || size > 16)
        return false;
    uint64_t low = csv_pad(csv_load(field + size - 8), size < 8 ? size : 8);
    uint64_t high = size <= 8 ? CSV_EACH('0') : csv_pad(csv_load(field + size - 16), size - 8);
    unsigned decimals = 0;
    uint64_t point = csv_point(low);
    if (point != 0) {
        const unsigned at = (unsigned)__builtin_ctzll(point) / 8;
        decimals = 7 - at;
        low = csv_take_out(low, at, high >> 56);
        high = high << 8 | '0';
        if (decimals == 0 || decimals + 1 == size)
            return false;
    } else if (size > 8 && (point = csv_point(high)) != 0) {
        const unsigned at = (unsigned)__builtin_ctzll(point) / 8;
        decimals = 15 - at;
        high = csv_take_out(high, at, '0');
        if (decimals + 1 == size)
            return false;
    }
    if (!csv_all_digits(low) || !csv_all_digits(high))
        return false;
    ret_value->mantissa = (int64_t)(csv_value(high) * UINT64_C(100000000) + csv_value(low));
    ret_value->decimals = (int32_t)decimals;
    return true;
}

/* Up to 19 digits and nothing else. False: of another form, or beyond int64. */
static inline bool csv_integer(const char *field, size_t size, int64_t *ret_value) {
    if (size == 0 || size > 19)
        return false;
    const uint64_t low = csv_pad(csv_load(field + size - 8), size < 8 ? size : 8);
    const uint64_t high =
        size <= 8 ? CSV_EACH('0') : csv_pad(csv_load(field + size - 16), size < 16 ? size - 8 : 8);
    if (!csv_all_digits(low) || !csv_all_digits(high))
        return false;
    uint64_t top = 0;
    for (size_t i = 0; i + 16 < size; i++) {
        const unsigned digit = (unsigned char)(field[i] - '0');
        if (digit > 9)
            return false;
        top = top * 10 + digit;
    }
    const uint64_t value =
        (top * UINT64_C(100000000) + csv_value(high)) * UINT64_C(100000000) + csv_value(low);
    *ret_value = (int64_t)value;
    return value <= INT64_MAX;
}

#else

#define CSV_NUMBER_ROOM 0

static inline bool csv_decimal(const char *field, size_t size, struct decimal *ret_value) {
    (void)field;
    (void)size;
    (void)ret_value;
    return false;
}

static inline bool csv_integer(const char *field, size_t size, int64_t *ret_value) {
    (void)field;
    (void)size;
    (void)ret_value;
    return false;
}

#endif
