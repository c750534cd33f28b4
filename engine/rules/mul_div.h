#pragma once
/* Products of two 128-bit numbers over a third, with a named rounding: for rules whose products do
 * not fit 128 bits at the money scale. Not for the hot path: beyond 128 bits it divides bit by bit.
 */

#include "base/units.h"

/* floor(a * b / c) and ceil(a * b / c); a, b >= 0, c > 0; the quotient must fit (asserted). */
int128 mul_div_floor(int128 a, int128 b, int128 c);
int128 mul_div_ceil(int128 a, int128 b, int128 c);

/* floor(a * b / c) for any sign of a (rounded towards minus infinity). */
int128 mul_div_floor_signed(int128 a, int128 b, int128 c);

/* The same as mul_div_floor(), and what is left over: a * b = c * quotient + *ret_rest. */
int128 mul_div_rest(int128 a, int128 b, int128 c, int128 *ret_rest);

/* Sign of a * b - c * d, exactly; all >= 0. */
int mul_compare(int128 a, int128 b, int128 c, int128 d);
