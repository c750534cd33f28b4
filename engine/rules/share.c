#include "engine/rules/share.h"

#include <stdlib.h>

#include "engine/rules/mul_div.h"

struct remainder {
    int128 left;
    size_t row;
};

struct remainder_order {
    int (*precedes)(const void *context, size_t a, size_t b);
    const void *context;
};

static int by_remainder(const void *a, const void *b, void *order_pointer) {
    const struct remainder *x = a;
    const struct remainder *y = b;
    const struct remainder_order *order = order_pointer;
    if (x->left != y->left)
        return x->left > y->left ? -1 : 1;
    return order->precedes(order->context, x->row, y->row);
}

enum status share_out(size_t count, const int64_t *weights, int128 total,
                      int (*precedes)(const void *context, size_t a, size_t b), const void *context,
                      int64_t *ret_shares, struct error *reterr) {
    int128 sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += weights[i];
    assert(total >= 0 && total <= sum);
    if (total == sum || total == 0) {
        for (size_t i = 0; i < count; i++)
            ret_shares[i] = total == 0 ? 0 : weights[i];
        return STATUS_OK;
    }
    struct remainder *remainders = malloc(count * sizeof(*remainders));
    if (remainders == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory to share out a loss");
    int128 given = 0;
    for (size_t i = 0; i < count; i++) {
        remainders[i].row = i;
        ret_shares[i] = (int64_t)mul_div_rest(total, weights[i], sum, &remainders[i].left);
        given += ret_shares[i];
    }
    struct remainder_order order = {precedes, context};
    qsort_r(remainders, count, sizeof(*remainders), by_remainder, &order);
    for (size_t i = 0; given < total; i++, given++)
        ret_shares[remainders[i].row]++;
    free(remainders);
    return STATUS_OK;
}
