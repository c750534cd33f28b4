#include "engine/rules/collateral_sale.h"

#include "engine/rules/mul_div.h"

#define WEIGHT_STEP 1000 /* the protocol's weights are in 1e-5 */
#define BOUND_STEP 100   /* and its prices in 1e-6 */

static int128 least(int128 a, int128 b) {
    return a < b ? a : b;
}

int128 sale_to_cover(const struct sale *sale, int128 shortage, int64_t insurance_fee,
                     int128 units) {
    if (sale->asset_weight >= sale->liability_weight)
        return SALE_UNLIMITED;
    const int128 sold =
        mul_div_floor(sale->asset_weight, sale->asset_multiplier, sale->liability_multiplier) /
        WEIGHT_STEP * WEIGHT_STEP;
    const int128 fee = mul_div_floor(sale->liability_weight, insurance_fee, SALE_SCALE);
    const int128 freed = sale->liability_weight - sold - fee;
    if (freed <= 0 || sale->liability_price <= 0)
        return SALE_UNLIMITED;
    const int128 liability =
        mul_div_floor(shortage * SALE_SCALE, units, sale->liability_price * freed);
    return liability < 1 ? 1 : least(liability, SALE_UNLIMITED);
}

int128 sale_asset_for(const struct sale *sale, int128 liability, int128 liability_units,
                      int128 asset, int128 asset_units, int128 dust) {
    int128 sold = mul_div_floor(liability * asset_units,
                                (int128)sale->liability_price * sale->asset_multiplier,
                                (int128)sale->asset_price * sale->liability_multiplier);
    sold /= liability_units;
    if (sold < 1)
        sold = 1;
    const int128 apart = sold > asset ? sold - asset : asset - sold;
    return mul_div_floor(apart, sale->asset_price, asset_units) < dust ? asset : sold;
}

int128 sale_liability_for(const struct sale *sale, int128 asset, int128 asset_units,
                          int128 liability_units) {
    const int128 repaid = mul_div_ceil(asset * liability_units,
                                       (int128)sale->asset_price * sale->liability_multiplier,
                                       (int128)sale->liability_price * sale->asset_multiplier);
    return div_ceil(repaid, asset_units);
}

int128 sale_worst_price(const struct sale *sale) {
    return mul_div_floor((int128)sale->asset_price * SALE_SCALE, sale->liability_multiplier,
                         (int128)sale->liability_price * sale->asset_multiplier);
}

bool sale_within_bound(const struct sale *sale, int128 asset, int128 liability) {
    return mul_div_floor(liability, SALE_SCALE, asset) / BOUND_STEP >=
           sale_worst_price(sale) / BOUND_STEP;
}

int128 sale_for_health(const struct sale *sale, struct sale_side asset, struct sale_side liability,
                       int128 health, int128 most, int64_t fee, int128 *ret_asset) {
    *ret_asset = 0;
    const int128 to_sell = least(asset.balance, asset.combined);
    const int128 owed = least(-liability.balance, -liability.combined);
    if (health >= 0 || to_sell <= 0 || owed <= 0)
        return 0;
    /* A unit of the liability costs its price and the fee in the asset. */
    const int128 price = mul_div_ceil(sale->liability_price, SALE_SCALE + fee, SALE_SCALE);
    const int128 frees = (int128)sale->liability_price * sale->liability_weight -
                         price * sale->asset_weight; /* over SALE_SCALE^2 */
    const int128 possible = mul_div_floor(to_sell, sale->asset_price, price);
    int128 repaid = least(least(owed, possible), most);
    if (frees > 0)
        repaid = least(repaid, mul_div_ceil(-health * SALE_SCALE, SALE_SCALE, frees));
    *ret_asset = least(to_sell, mul_div_floor(repaid, price, sale->asset_price));
    return repaid;
}
