#include "base/elementary.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

static double double_from_bits(uint64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

static uint64_t double_to_bits(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

/* ln 2 in two parts: the high one has 21 zero bits at its end, so k * LN2_HIGH is exact. */
static const double LN2_HIGH = 6.93147180369123816490e-01;
static const double LN2_LOW = 1.90821492927058770002e-10;

/* Reduces to |r| <= ln2 / 2 and sums the Taylor series to the 13th power: the first term left out
 * is below 1e-17 there. The terms are paired (Estrin), not nested: the sums of a pair do not wait
 * for each other, which halves the time of a call on the path of every displaced tick. */
double elementary_exp(double x) {
    if (x < -700.0)
        return 0.0;
    if (x > 700.0)
        x = 700.0;
    const double scaled = x * 1.44269504088896338700;
    const int64_t k = (int64_t)(scaled + (scaled >= 0.0 ? 0.5 : -0.5));
    const double r = (x - (double)k * LN2_HIGH) - (double)k * LN2_LOW;
    const double r2 = r * r;
    const double r4 = r2 * r2;
    const double a = 0.5 + r * (1.0 / 6.0);
    const double b = 1.0 / 24.0 + r * (1.0 / 120.0);
    const double c = 1.0 / 720.0 + r * (1.0 / 5040.0);
    const double d = 1.0 / 40320.0 + r * (1.0 / 362880.0);
    const double e = 1.0 / 3628800.0 + r * (1.0 / 39916800.0);
    const double f = 1.0 / 479001600.0 + r * (1.0 / 6227020800.0);
    const double low = a + r2 * b;
    const double middle = c + r2 * d;
    const double high = e + r2 * f;
    const double sum = r2 * (low + r4 * (middle + r4 * high)) + r;
    return (1.0 + sum) * double_from_bits((uint64_t)(k + 1023) << 52);
}

/* x = 2^k * m with m in [sqrt(1/2), sqrt 2); ln m = 2 atanh((m-1)/(m+1)), whose series in
 * s^2 <= 0.0295 is cut after s^23 (next term below 1e-19). */
double elementary_log(double x) {
    assert(x > 0.0 && x <= 1.7976931348623157e308);
    int64_t k = 0;
    if (x < 2.2250738585072014e-308) { /* subnormal: scale by 2^54 first */
        x *= 18014398509481984.0;
        k = -54;
    }
    const uint64_t bits = double_to_bits(x);
    k += (int64_t)(bits >> 52) - 1023;
    double m =
        double_from_bits((bits & UINT64_C(0x000fffffffffffff)) | UINT64_C(0x3ff0000000000000));
    if (m > 1.41421356237309514547) {
        m *= 0.5;
        k += 1;
    }
    const double f = m - 1.0;
    const double s = f / (2.0 + f);
    const double z = s * s;
    double sum = 2.0 / 23.0;
    sum = sum * z + 2.0 / 21.0;
    sum = sum * z + 2.0 / 19.0;
    sum = sum * z + 2.0 / 17.0;
    sum = sum * z + 2.0 / 15.0;
    sum = sum * z + 2.0 / 13.0;
    sum = sum * z + 2.0 / 11.0;
    sum = sum * z + 2.0 / 9.0;
    sum = sum * z + 2.0 / 7.0;
    sum = sum * z + 2.0 / 5.0;
    sum = sum * z + 2.0 / 3.0;
    /* ln(1+f) = f - s * (f - s^2 * sum): the leading f is exact, which keeps ln near 1 accurate. */
    const double near_one = f - s * (f - z * sum);
    return (double)k * LN2_HIGH + (near_one + (double)k * LN2_LOW);
}

static double quantile_tail(double p) {
    const double q = sqrt(-2.0 * elementary_log(p));
    const double numerator =
        ((((-7.784894002430293e-03 * q - 3.223964580411365e-01) * q - 2.400758277161838e+00) * q -
          2.549732539343734e+00) *
             q +
         4.374664141464968e+00) *
            q +
        2.938163982698783e+00;
    const double denominator =
        (((7.784695709041462e-03 * q + 3.224671290700398e-01) * q + 2.445134137142996e+00) * q +
         3.754408661907416e+00) *
            q +
        1.0;
    return numerator / denominator;
}

double elementary_normal_quantile(double p) {
    assert(p > 0.0 && p < 1.0);
    const double low = 0.02425;
    if (p < low)
        return quantile_tail(p);
    if (p > 1.0 - low)
        return -quantile_tail(1.0 - p);
    const double q = p - 0.5;
    const double r = q * q;
    const double numerator =
        (((((-3.969683028665376e+01 * r + 2.209460984245205e+02) * r - 2.759285104469687e+02) * r +
           1.383577518672690e+02) *
              r -
          3.066479806614716e+01) *
             r +
         2.506628277459239e+00) *
        q;
    const double denominator =
        ((((-5.447609879822406e+01 * r + 1.615858368580409e+02) * r - 1.556989798598866e+02) * r +
          6.680131188771972e+01) *
             r -
         1.328068155288572e+01) *
            r +
        1.0;
    return numerator / denominator;
}
