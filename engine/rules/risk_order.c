#include "engine/rules/risk_order.h"

#include "base/random_stream.h"

static int sign(int128 value) {
    return value < 0 ? -1 : value > 0;
}

/* Sign of a * b - c * d; b, d >= 0. At the money scale products fit 127 bits (2^63 each). */
static int compare_products(int128 a, int128 b, int128 c, int128 d) {
    return sign(a * b - c * d);
}

int risk_compare(const struct risk *a, const struct risk *b) {
    const int ratio = compare_products(a->equity, b->maintenance, b->equity, a->maintenance);
    if (ratio != 0)
        return -ratio;
    if (a->maintenance != b->maintenance)
        return sign(a->maintenance - b->maintenance);
    return -sign(a->equity - b->equity);
}

int risk_order_compare(const struct risk_order *a, const struct risk_order *b) {
    const int128 far_a = a->limit < a->oracle ? a->oracle - a->limit : a->limit - a->oracle;
    const int128 far_b = b->limit < b->oracle ? b->oracle - b->limit : b->limit - b->oracle;
    const int farther = compare_products(far_a, b->oracle, far_b, a->oracle);
    if (farther != 0)
        return -farther;
    return -compare_products(a->size, a->oracle, b->size, b->oracle);
}

bool risk_may_become(const struct risk *before, const struct risk *after) {
    if (after->equity >= after->initial)
        return true;
    if (after->maintenance > before->maintenance)
        return false;
    if (after->maintenance == 0 || before->maintenance == 0)
        return after->maintenance == 0 && before->maintenance == 0 &&
               after->equity > before->equity;
    return compare_products(after->equity, before->maintenance, before->equity,
                            after->maintenance) >= 0;
}

uint32_t risk_random_start(uint64_t seed, int64_t now_ns, uint64_t account, uint32_t count) {
    assert(count > 0);
    struct random_stream stream;
    random_stream_init(&stream, seed ^ (uint64_t)now_ns, RANDOM_FIRST_POSITION, account);
    return (uint32_t)random_stream_below(&stream, count);
}
