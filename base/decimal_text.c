#include "base/decimal_text.h"

#include <assert.h>

#define DECIMALS_MAX 18
#define EXPONENT_LIMIT 100000 /* beyond it only zero can be held, whatever the digits are */

static bool is_digit(char c) {
    return (unsigned char)(c - '0') <= 9;
}

/* Multiplies by ten and adds; false: beyond uint64. */
static bool push_digit(uint64_t *mantissa, unsigned digit) {
    return !__builtin_mul_overflow(*mantissa, UINT64_C(10), mantissa) &&
           !__builtin_add_overflow(*mantissa, (uint64_t)digit, mantissa);
}

/* The digits of a number: value = mantissa * 10^(trailing_zeros - fraction_digits). */
struct digits {
    uint64_t mantissa; /* without its trailing zeros */
    int64_t trailing_zeros;
    int64_t fraction_digits;
};

/* Reads digits[.digits] from `at`. False: no digit where one must be, or too many significant
 * ones. */
static bool read_digits(const char **at, const char *end, struct digits *ret_digits) {
    struct digits digits = {0};
    const char *p = *at;
    bool point = false;
    if (p == end || !is_digit(*p))
        return false;
    for (; p < end; p++) {
        if (*p == '.') {
            if (point || p + 1 == end || !is_digit(p[1]))
                return false;
            point = true;
            continue;
        }
        if (!is_digit(*p))
            break;
        if (point)
            digits.fraction_digits++;
        if (*p == '0') {
            if (digits.mantissa != 0)
                digits.trailing_zeros++;
            continue;
        }
        for (; digits.trailing_zeros > 0; digits.trailing_zeros--) {
            if (!push_digit(&digits.mantissa, 0))
                return false;
        }
        if (!push_digit(&digits.mantissa, (unsigned)(*p - '0')))
            return false;
    }
    *at = p;
    *ret_digits = digits;
    return true;
}

/* Reads (e|E)[+-]digits from `at`, saturating at EXPONENT_LIMIT. */
static bool read_exponent(const char *p, const char *end, int64_t *ret_exponent) {
    assert(p < end);
    if (*p != 'e' && *p != 'E')
        return false;
    p++;
    bool negative = false;
    if (p < end && (*p == '+' || *p == '-'))
        negative = *p++ == '-';
    if (p == end)
        return false;
    int64_t exponent = 0;
    for (; p < end; p++) {
        if (!is_digit(*p))
            return false;
        if (exponent < EXPONENT_LIMIT)
            exponent = exponent * 10 + (*p - '0');
    }
    *ret_exponent = negative ? -exponent : exponent;
    return true;
}

/* Everything that is not plain short digits: exponents, long digits, zeros to drop. */
static bool parse_slow(const char *text, size_t size, struct decimal *ret_value) {
    const char *p = text;
    const char *const end = text + size;
    bool negative = false;
    if (p < end && (*p == '+' || *p == '-'))
        negative = *p++ == '-';
    struct digits digits;
    if (!read_digits(&p, end, &digits))
        return false;
    int64_t exponent = 0;
    if (p < end && !read_exponent(p, end, &exponent))
        return false;

    /* As many decimals as were written, if they can be held; else as few as needed. */
    const int64_t written = digits.fraction_digits - exponent;
    const int64_t power = digits.trailing_zeros - written;
    int64_t decimals = written < 0 ? 0 : written > DECIMALS_MAX ? DECIMALS_MAX : written;
    if (digits.mantissa == 0) {
        *ret_value = (struct decimal){0, (int32_t)decimals};
        return true;
    }
    const uint64_t limit = (uint64_t)INT64_MAX + (negative ? 1 : 0);
    for (; decimals >= 0 && decimals + power >= 0; decimals--) {
        if (decimals + power > DECIMALS_MAX)
            continue;
        const uint128 wide =
            (uint128)digits.mantissa * (uint64_t)units_pow10((int)(decimals + power));
        if (wide > limit)
            continue;
        const uint64_t magnitude = (uint64_t)wide;
        *ret_value = (struct decimal){
            negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude,
            (int32_t)decimals,
        };
        return true;
    }
    return false;
}

bool decimal_parse(const char *text, size_t size, struct decimal *ret_value) {
    assert(ret_value != NULL);
    assert(text != NULL || size == 0);
    /* Up to 18 characters cannot overflow: the form of nearly every price. */
    if (size == 0 || size > 18)
        return parse_slow(text, size, ret_value);
    const bool negative = text[0] == '-';
    int64_t mantissa = 0;
    size_t point = size; /* where the point stands; size: nowhere */
    for (size_t i = negative ? 1 : 0; i < size; i++) {
        const unsigned digit = (unsigned char)(text[i] - '0');
        if (digit <= 9)
            mantissa = mantissa * 10 + digit;
        else if (text[i] == '.' && point == size)
            point = i;
        else
            return parse_slow(text, size, ret_value);
    }
    if (point == (negative ? 1 : 0) || point + 1 == size || (negative && size == 1))
        return false;
    *ret_value = (struct decimal){
        negative ? -mantissa : mantissa,
        point == size ? 0 : (int32_t)(size - point - 1),
    };
    return true;
}

bool decimal_rescale(struct decimal value, int32_t decimals, int64_t *ret_mantissa) {
    assert(value.decimals >= 0 && value.decimals <= DECIMALS_MAX);
    assert(decimals >= 0 && decimals <= DECIMALS_MAX);
    if (decimals >= value.decimals)
        return !__builtin_mul_overflow(value.mantissa, units_pow10(decimals - value.decimals),
                                       ret_mantissa);
    const int64_t divisor = units_pow10(value.decimals - decimals);
    if (value.mantissa % divisor != 0)
        return false;
    *ret_mantissa = value.mantissa / divisor;
    return true;
}

size_t decimal_format(int64_t mantissa, int32_t decimals, char *ret_text) {
    assert(decimals >= 0 && decimals <= DECIMALS_MAX);
    uint64_t magnitude = mantissa < 0 ? 0 - (uint64_t)mantissa : (uint64_t)mantissa;
    while (decimals > 0 && magnitude % 10 == 0) {
        magnitude /= 10;
        decimals--;
    }
    char reversed[24];
    int32_t count = 0;
    while (magnitude > 0 || count <= decimals) { /* at least one digit before the point */
        reversed[count++] = (char)('0' + magnitude % 10);
        magnitude /= 10;
    }
    size_t length = 0;
    if (mantissa < 0)
        ret_text[length++] = '-';
    for (int32_t i = count - 1; i >= 0; i--) {
        ret_text[length++] = reversed[i];
        if (i == decimals && i > 0)
            ret_text[length++] = '.';
    }
    ret_text[length] = '\0';
    return length;
}
