#include "base/units.h"

int64_t units_pow10(int exponent) {
    static const int64_t powers[19] = {
        INT64_C(1),
        INT64_C(10),
        INT64_C(100),
        INT64_C(1000),
        INT64_C(10000),
        INT64_C(100000),
        INT64_C(1000000),
        INT64_C(10000000),
        INT64_C(100000000),
        INT64_C(1000000000),
        INT64_C(10000000000),
        INT64_C(100000000000),
        INT64_C(1000000000000),
        INT64_C(10000000000000),
        INT64_C(100000000000000),
        INT64_C(1000000000000000),
        INT64_C(10000000000000000),
        INT64_C(100000000000000000),
        INT64_C(1000000000000000000),
    };
    assert(exponent >= 0 && exponent <= 18);
    return powers[exponent];
}

double decimal_to_double(struct decimal value) {
    return (double)value.mantissa / (double)units_pow10(value.decimals);
}

struct decimal decimal_normal(struct decimal value) {
    while (value.decimals > 0 && value.mantissa % 10 == 0) {
        value.mantissa /= 10;
        value.decimals--;
    }
    return value;
}
