#include "engine/rules/close_fee.h"

#include "engine/rules/mul_div.h"

#define FEE_STEP_E8 100 /* Drift's rates are whole millionths */

static int64_t in_steps(int64_t rate_e8) {
    return rate_e8 / FEE_STEP_E8 * FEE_STEP_E8;
}

int128 close_insurance_delta(int128 proceeds, int128 bankruptcy, int64_t fee_e8) {
    const int128 delta = proceeds - bankruptcy;
    if (delta <= 0)
        return delta;
    const int128 most = mul_div_floor(proceeds < 0 ? -proceeds : proceeds, fee_e8, RATE_SCALE);
    return most < delta ? most : delta;
}

int64_t close_fee_ramp_e8(const struct close_fee_ramp *ramp, int64_t inactive) {
    if (inactive < ramp->grace)
        return ramp->base_e8;
    const int128 fee = ramp->base_e8 + (int128)inactive * ramp->rise_e8;
    return fee > ramp->most_e8 ? ramp->most_e8 : (int64_t)fee;
}

/* shortage / value as a rate, in steps, at most 1. */
static int64_t shortage_rate_e8(int128 shortage, int128 value) {
    if (shortage >= value)
        return RATE_SCALE;
    return in_steps((int64_t)mul_div_floor(shortage, RATE_SCALE, value));
}

int64_t close_insurance_fee_e8(int128 shortage, int128 value, int64_t ratio_e8,
                               int64_t liquidator_fee_e8, int64_t most_e8) {
    if (value <= 0 || ratio_e8 <= liquidator_fee_e8)
        return 0;
    const int64_t left = ratio_e8 - liquidator_fee_e8 - shortage_rate_e8(shortage, value);
    const int64_t fee = left <= 0 ? 0 : in_steps(left * 19 / 20);
    return fee < most_e8 ? fee : most_e8;
}

int64_t close_insurance_fee_spot_e8(int128 shortage, int128 value, int64_t asset_part_e8,
                                    int64_t liability_weight_e8, int64_t most_e8) {
    if (value <= 0 || liability_weight_e8 <= asset_part_e8)
        return 0;
    const int64_t left =
        liability_weight_e8 - in_steps(asset_part_e8) - shortage_rate_e8(shortage, value);
    if (left <= 0)
        return 0;
    const int64_t fee = in_steps((int64_t)((int128)left * RATE_SCALE / liability_weight_e8));
    return fee < most_e8 ? fee : most_e8;
}

int128 close_keeper_reward(int128 rewards, int128 least, int128 most) {
    const int128 reward = rewards < least ? least : rewards;
    return most > 0 && reward > most ? most : reward;
}
