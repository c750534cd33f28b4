#include "engine/rules/loss_index.h"

#include "engine/rules/mul_div.h"

int128 loss_index_open_interest(int128 loss, int128 longs, int128 shorts, int128 scale) {
    const int128 total = longs + (shorts < 0 ? -shorts : shorts);
    return total <= 0 ? -1 : mul_div_ceil(loss, scale, total);
}

int128 loss_index_charge(int128 index, int128 size, int128 scale) {
    return mul_div_ceil(index, size < 0 ? -size : size, scale);
}

int128 loss_index_deposits(int128 loss, int128 deposits, int128 index) {
    if (deposits <= 0)
        return 0;
    const int128 fall = mul_div_ceil(index, loss, deposits);
    return fall < index ? fall : index - 1;
}
