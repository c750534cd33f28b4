#pragma once
/* Decimal text to exact integers and back. No locale, no double on the way. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/units.h"

/* Parses `text[0..size)` fully as [+-]digits[.digits][(e|E)[+-]digits]. False: not of that form
 * (empty, blanks, "nan", "inf", hex), or more than 18 significant digits that do not fit int64 at
 * 0..18 decimals exactly. 1e400 is false; 1.50 gives {150, 2}; 5e3 gives {5000, 0}. */
bool decimal_parse(const char *text, size_t size, struct decimal *ret_value);

/* `value` at exactly `decimals` (0..18) decimals. False: it would have to be rounded, or overflows.
 */
bool decimal_rescale(struct decimal value, int32_t decimals, int64_t *ret_mantissa);

/* Writes mantissa * 10^-decimals without trailing zeros ("0.5", "-3", "0") and a NUL into
 * `ret_text` (at least 32 bytes); returns the length. */
size_t decimal_format(int64_t mantissa, int32_t decimals, char *ret_text);
