/* Synthetix Perps V3: equity and margin, fills with the skew in them, the cap a window, and the
 * liquidation of a whole account. */

#include <string.h>

#include "engine/rules/close_amount.h"
#include "engine/rules/close_fee.h"
#include "engine/rules/close_price.h"
#include "engine/rules/margin_scale.h"
#include "tests/conformance_protocols.h"

#define DECIMALS 8
#define SCALE INT64_C(100000000)

/* a * b of two figures in 1e-8, rounded down. */
static int128 times(int128 a, int128 b) {
    return div_floor(a * b, SCALE);
}

/* The keeper's share of a position's notional: as the vector says; else as the markets of the
 * protocol's own test bed are set up, which the vectors without it come from. */
static bool reward_ratio(struct vector *vector, const json_t *position, int64_t *ret_ratio) {
    static const struct {
        const char *symbol;
        int64_t ratio;
    } test_bed[] = {{"BTC", 1000000}, {"ETH", 2000000}, {"LINK", 5000000}};
    const char *names = "liquidation_reward_ratio reward_ratio";
    *ret_ratio = protocol_rate(position, names, -1);
    const char *symbol = vector_text(position, "symbol market");
    for (size_t i = 0; *ret_ratio < 0 && i < sizeof(test_bed) / sizeof(test_bed[0]); i++)
        if (strcmp(symbol, test_bed[i].symbol) == 0)
            *ret_ratio = test_bed[i].ratio;
    if (*ret_ratio < 0)
        (void)vector_broken(vector, "the position '%s' has no liquidation_reward_ratio", symbol);
    return *ret_ratio >= 0;
}

static int128 collateral_of(const json_t *inputs) {
    int128 sum = protocol_scaled(inputs, "collateral_usd collateral_value margin", DECIMALS, 0);
    const json_t *list = vector_find(inputs, "collateral collaterals");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *entry = json_array_get(list, i);
        int128 value = protocol_scaled(entry, "value value_usd", DECIMALS, -1);
        if (value < 0)
            value = times(protocol_scaled(entry, "amount quantity", DECIMALS, 0),
                          protocol_scaled(entry, "price", DECIMALS, SCALE));
        sum += times(value, protocol_rate(entry, "weight", SCALE));
    }
    return sum;
}

static enum vector_outcome equity_and_margin(struct vector *vector) {
    const json_t *positions = vector_find(vector->inputs, "positions");
    int128 available = collateral_of(vector->inputs) -
                       protocol_scaled(vector->inputs, "debt debt_usd", DECIMALS, 0);
    int128 initial = 0;
    int128 maintenance = 0;
    int128 rewards = 0;
    json_t *pnl = json_object();
    for (size_t i = 0; i < json_array_size(positions); i++) {
        const json_t *p = json_array_get(positions, i);
        const int128 size = protocol_scaled(p, "size quantity", DECIMALS, 0);
        const int128 mark = protocol_scaled(p, "mark_price price", DECIMALS, 0);
        const int128 entry = protocol_scaled(p, "entry_price", DECIMALS, mark);
        const int128 result = times(size, mark - entry);
        const int128 notional = times(units_magnitude(size), mark);
        const struct skew_margin rule = {
            .size = units_magnitude(size),
            .skew_scale = protocol_scaled(p, "skew_scale", DECIMALS, 0),
            .factor_e8 = protocol_rate(p, "initial_margin_fraction", 0),
            .floor_e8 =
                protocol_rate(p, "min_initial_margin_ratio minimum_initial_margin_ratio", 0),
            .maintenance_part_e8 = protocol_rate(p, "maintenance_scalar", SCALE),
            .position_minimum =
                protocol_scaled(p, "min_position_margin minimum_position_margin", DECIMALS, 0),
        };
        if (rule.skew_scale <= 0) {
            json_decref(pnl);
            return vector_broken(vector, "a position has no skew_scale");
        }
        initial += skew_margin_initial(&rule, notional);
        maintenance += skew_margin_maintenance(&rule, notional);
        rewards += times(notional, protocol_rate(p, "liquidation_reward_ratio reward_ratio", 0));
        available += result;
        (void)json_object_set_new(pnl, vector_text(p, "symbol market"),
                                  json_real(protocol_number(result, DECIMALS)));
    }
    const int128 reward = close_keeper_reward(
        rewards, protocol_scaled(vector->inputs, "min_reward min_keeper_reward", DECIMALS, 0),
        protocol_scaled(vector->inputs, "max_reward max_keeper_reward", DECIMALS, 0));
    vector_put_new(vector, "unrealized_pnl", pnl);
    protocol_put(vector, "available_margin", available, DECIMALS);
    protocol_put(vector, "initial_margin_excluding_reward", initial, DECIMALS);
    protocol_put(vector, "maintenance_margin_excluding_reward", maintenance, DECIMALS);
    protocol_put(vector, "liquidation_reward", reward, DECIMALS);
    protocol_put(vector, "keeper_reward", reward, DECIMALS);
    protocol_put(vector, "initial_margin", initial + reward, DECIMALS);
    protocol_put(vector, "maintenance_margin", maintenance + reward, DECIMALS);
    vector_put_bool(vector, "liquidatable", maintenance + reward > available);
    vector_put_bool(vector, "can_liquidate", maintenance + reward > available);
    return VECTOR_DONE;
}

static enum vector_outcome price_impact_fill(struct vector *vector) {
    const json_t *in = vector->inputs;
    if (!vector_require(vector, "oracle_price price mark_price,skew_scale,size_delta size"))
        return VECTOR_BROKEN;
    const int128 oracle = protocol_scaled(in, "oracle_price price mark_price", DECIMALS, 0);
    const int128 size = protocol_scaled(in, "size_delta size", DECIMALS, 0);
    const int128 scale = protocol_scaled(in, "skew_scale", DECIMALS, 0);
    const int128 skew = protocol_scaled(in, "skew_before skew", DECIMALS, 0);
    if (scale <= 0)
        return vector_broken(vector, "skew_scale is not above 0");
    const int128 fill = close_skew_price(oracle, skew, size, scale);
    protocol_put(vector, "fill_price", fill, DECIMALS);
    protocol_put(vector, "immediate_pnl", times(size, oracle - fill), DECIMALS);
    protocol_put(vector, "skew_after", skew + size, DECIMALS);
    return VECTOR_DONE;
}

/* The window is taken as used up by the first liquidation, at 0 s: the vectors are steps of one
 * sequence. */
static enum vector_outcome rate_limit(struct vector *vector) {
    const json_t *in = vector->inputs;
    if (!vector_require(vector, "skew_scale,window_seconds,seconds_since_first,size_before"))
        return VECTOR_BROKEN;
    const int64_t window = (int64_t)protocol_scaled(in, "window_seconds", 0, 0);
    const int64_t since = (int64_t)protocol_scaled(in, "seconds_since_first", 0, 0);
    const int128 capacity = close_window_capacity(
        protocol_rate(in, "maker_fee", 0), protocol_rate(in, "taker_fee", 0),
        protocol_scaled(in, "skew_scale", DECIMALS, 0),
        protocol_rate(in, "accumulation_multiplier multiplier", SCALE), window);
    const int128 size = protocol_scaled(in, "size_before", DECIMALS, 0);
    struct close_window state = {.last = 0, .used = 0};
    if (since > 0 && capacity > 0)
        close_window_book(&state, window, 0, capacity);
    const int128 closed = close_window_room(&state, capacity, window, since, units_magnitude(size));
    protocol_put(vector, "max_in_window", capacity, DECIMALS);
    protocol_put(vector, "size_after", size < 0 ? size + closed : size - closed, DECIMALS);
    protocol_put(vector, "liquidated", closed, DECIMALS);
    return VECTOR_DONE;
}

/* An account that is flagged loses all its collateral and, where no cap a window holds it up, all
 * its positions. */
static enum vector_outcome full_liquidation(struct vector *vector) {
    const json_t *positions = vector_find(vector->inputs, "positions");
    int128 rewards = 0;
    for (size_t i = 0; i < json_array_size(positions); i++) {
        const json_t *p = json_array_get(positions, i);
        int64_t ratio = 0;
        if (!reward_ratio(vector, p, &ratio))
            return VECTOR_BROKEN;
        rewards += times(times(units_magnitude(protocol_scaled(p, "size quantity", DECIMALS, 0)),
                               protocol_scaled(p, "mark_price price", DECIMALS, 0)),
                         ratio);
    }
    const int128 reward = close_keeper_reward(
        rewards, protocol_scaled(vector->inputs, "min_reward min_keeper_reward", DECIMALS, 0),
        protocol_scaled(vector->inputs, "max_reward max_keeper_reward", DECIMALS, 0));
    protocol_put(vector, "keeper_reward", reward, DECIMALS);
    protocol_put(vector, "collateral_seized", collateral_of(vector->inputs), DECIMALS);
    vector_put(vector, "collateral_after", 0.0);
    vector_put(vector, "positions_after", 0.0);
    vector_put_bool(vector, "pending_order_cancelled", true);
    return VECTOR_DONE;
}

const struct vector_rule conformance_synthetix[] = {
    {"equity_and_margin_cross", "synthetix", equity_and_margin},
    {"price_impact_fill", "synthetix", price_impact_fill},
    {"liquidation_rate_limit", "synthetix", rate_limit},
    {"full_liquidation_multi_collateral", "synthetix", full_liquidation},
    {NULL, NULL, NULL},
};
