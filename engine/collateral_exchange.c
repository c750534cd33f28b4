#include "engine/collateral_exchange.h"

int128 collateral_exchange_sold(int128 balance, int128 threshold, int64_t ratio_e8) {
    assert(threshold <= 0);
    assert(ratio_e8 > 0 && ratio_e8 <= RATE_SCALE);
    if (balance >= 0 || balance > threshold)
        return 0;
    return div_ceil(-balance * RATE_SCALE, ratio_e8);
}
