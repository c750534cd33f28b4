/* Figures of on-chain protocols. */

#include "tests/conformance_protocols.h"

int128 protocol_scaled(const json_t *object, const char *names, int decimals, int128 otherwise) {
    const double value = vector_number(object, names, NAN);
    struct decimal decimal;
    if (isnan(value))
        return otherwise;
    if (!vector_decimal(value, &decimal)) {
        /* More digits than an exact decimal holds: beyond 2^63. */
        const double scaled = value * pow(10.0, decimals);
        return fabs(scaled) < 1e37 ? (int128)scaled : otherwise;
    }
    int128 scaled = decimal.mantissa;
    if (decimal.decimals > decimals)
        return div_nearest(scaled, units_pow10(decimal.decimals - decimals));
    return scaled * units_pow10(decimals - decimal.decimals);
}

int64_t protocol_rate(const json_t *object, const char *names, int64_t otherwise) {
    return (int64_t)protocol_scaled(object, names, 8, otherwise);
}

double protocol_number(int128 scaled, int decimals) {
    return (double)scaled / (double)units_pow10(decimals);
}

void protocol_put(struct vector *vector, const char *key, int128 scaled, int decimals) {
    vector_put(vector, key, protocol_number(scaled, decimals));
}

enum vector_outcome protocol_error(struct vector *vector, const char *text) {
    vector_put_text(vector, "error", text);
    return VECTOR_DONE;
}
