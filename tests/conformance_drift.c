/* Drift v2: how much covers a shortage, fees that leave something, losses through an index, and
 * whole liquidations of a perpetual and of a borrowed asset. */

#include "tests/conformance_drift.h"
#include <string.h>

#include "engine/rules/close_amount.h"
#include "engine/rules/close_fee.h"
#include "engine/rules/close_price.h"
#include "engine/rules/collateral_sale.h"
#include "engine/rules/loss_index.h"

#define Q QUANTUM_DECIMALS
#define QUOTE_UNIT INT64_C(1000000)
#define BASE 9
#define BASE_UNIT INT64_C(1000000000)

/* ---- fees and amounts of a perpetual ---- */

/* The oracle price, in quanta a whole unit, with the price of the quote asset in it. */
static int128 oracle_of(const json_t *in) {
    return protocol_scaled(in, "oracle_price", Q, 0) *
           protocol_scaled(in, "quote_oracle_price", Q, QUOTE_UNIT) / QUOTE_UNIT;
}

static enum vector_outcome to_cover(struct vector *vector) {
    const json_t *in = vector->inputs;
    if (!vector_require(vector, "margin_shortage,margin_ratio,oracle_price"))
        return VECTOR_BROKEN;
    const int128 base =
        close_cover(protocol_scaled(in, "margin_shortage", Q, 0), oracle_of(in), BASE_UNIT,
                    protocol_rate(in, "margin_ratio", 0), protocol_rate(in, "liquidator_fee", 0),
                    protocol_rate(in, "insurance_fund_fee", 0));
    if (base == CLOSE_ALL)
        vector_put_text(vector, "base_size", "unlimited");
    else
        protocol_put(vector, "base_size", base, BASE);
    return VECTOR_DONE;
}

static enum vector_outcome insurance_fee(struct vector *vector) {
    const json_t *in = vector->inputs;
    if (!vector_require(vector, "margin_shortage,base_size,margin_ratio,oracle_price"))
        return VECTOR_BROKEN;
    const int128 base = protocol_scaled(in, "base_size", BASE, 0);
    protocol_put(vector, "insurance_fund_fee",
                 close_insurance_fee_e8(protocol_scaled(in, "margin_shortage", Q, 0),
                                        (base < 0 ? -base : base) * oracle_of(in) / BASE_UNIT,
                                        protocol_rate(in, "margin_ratio", 0),
                                        protocol_rate(in, "liquidator_fee", 0),
                                        protocol_rate(in, "max_insurance_fund_fee", 0)),
                 8);
    return VECTOR_DONE;
}

static enum vector_outcome fee_ramp(struct vector *vector) {
    const json_t *in = vector->inputs;
    if (!vector_require(vector, "base_fee,max_fee,slots_since_user_active slots_elapsed"))
        return VECTOR_BROKEN;
    const struct close_fee_ramp ramp = {
        .base_e8 = protocol_rate(in, "base_fee", 0),
        .most_e8 = protocol_rate(in, "max_fee", 0),
        .grace = (int64_t)protocol_scaled(in, "grace_slots", 0, 1500),
        .rise_e8 = protocol_rate(in, "increase_per_slot", 100),
    };
    const int64_t fee = close_fee_ramp_e8(
        &ramp, (int64_t)protocol_scaled(in, "slots_since_user_active slots_elapsed", 0, 0));
    protocol_put(vector, "liquidator_fee", fee, 8);
    return VECTOR_DONE;
}

static enum vector_outcome max_fraction(struct vector *vector) {
    const json_t *in = vector->inputs;
    if (!vector_require(vector, "margin_shortage,slots_elapsed,initial_pct,"
                                "liquidation_duration_slots duration_slots"))
        return VECTOR_BROKEN;
    const struct close_release release = {
        .initial_part = (int64_t)protocol_scaled(in, "initial_pct", 4, 0),
        .duration = (int64_t)protocol_scaled(in, "liquidation_duration_slots duration_slots", 0, 0),
        .minimum = drift_small(in),
    };
    const int64_t part = close_released_part(
        &release, protocol_scaled(in, "margin_shortage", Q, 0),
        protocol_scaled(in, "margin_freed liquidation_margin_freed already_freed", Q, 0),
        (int64_t)protocol_scaled(in, "slots_elapsed", 0, 0));
    protocol_put(vector, "max_pct", part, 4);
    return VECTOR_DONE;
}

/* Maintenance margin of a position that grows with the root of its size: max(ratio, 0.8 * ratio +
 * factor * sqrt(10 * size + 1) / 1e5), of the largest size that open orders may lead to. Exact in
 * the protocol's own steps: sizes in 1e-9, roots in 1e-5, ratios in 1e-4. */
static enum vector_outcome size_premium(struct vector *vector) {
    const json_t *in = vector->inputs;
    if (!vector_require(vector, "position_size,oracle_price,margin_ratio_maintenance,imf_factor"))
        return VECTOR_BROKEN;
    int128 requirement;
    if (!drift_requirement(in, &requirement))
        return vector_broken(vector, "the size is out of range");
    protocol_put(vector, "margin_requirement", requirement, Q);
    return VECTOR_DONE;
}

/* ---- losses ---- */

static enum vector_outcome socialised_perp(struct vector *vector) {
    const json_t *in = vector->inputs;
    if (!vector_require(vector, "loss,open_interest_long,open_interest_short"))
        return VECTOR_BROKEN;
    const int128 index = loss_index_open_interest(
        protocol_scaled(in, "loss", Q, 0), protocol_scaled(in, "open_interest_long", BASE, 0),
        protocol_scaled(in, "open_interest_short", BASE, 0), BASE_UNIT);
    if (index < 0)
        return protocol_error(vector, "no open interest to socialise on");
    protocol_put(vector, "loss_per_base_unit", index, Q);
    vector_put(vector, "cumulative_funding_delta_1e9", (double)(index * 1000));
    return VECTOR_DONE;
}

static enum vector_outcome socialised_spot(struct vector *vector) {
    const json_t *in = vector->inputs;
    if (!vector_require(vector, "loss,total_deposits"))
        return VECTOR_BROKEN;
    const int64_t index = INT64_C(10000000000); /* an index of 1 */
    const int128 fall = loss_index_deposits(protocol_scaled(in, "loss", Q, 0),
                                            protocol_scaled(in, "total_deposits", Q, 0), index);
    protocol_put(vector, "cumulative_deposit_interest_delta_1e10", fall, 0);
    protocol_put(vector, "haircut_fraction", fall, 10);
    return VECTOR_DONE;
}

/* Insurance first, then the market's fee pool, then everybody with a position. */
static enum vector_outcome perp_bankruptcy(struct vector *vector) {
    const json_t *in = vector->inputs;
    if (!vector_require(vector, "loss,open_interest_long,open_interest_short"))
        return VECTOR_BROKEN;
    int128 loss = protocol_scaled(in, "loss", Q, 0);
    const char *const payers[][2] = {{"insurance insurance_fund", "insurance_paid"},
                                     {"fee_pool", "fee_pool_paid"}};
    for (size_t i = 0; i < 2; i++) {
        const int128 has = protocol_scaled(in, payers[i][0], Q, 0);
        const int128 paid = has < loss ? has : loss;
        loss -= paid;
        protocol_put(vector, payers[i][1], paid, Q);
    }
    const int128 index =
        loss_index_open_interest(loss, protocol_scaled(in, "open_interest_long", BASE, 0),
                                 protocol_scaled(in, "open_interest_short", BASE, 0), BASE_UNIT);
    if (index < 0)
        return protocol_error(vector, "no open interest to socialise on");
    protocol_put(vector, "total_social_loss", loss, Q);
    protocol_put(vector, "long_holder_pnl_change",
                 -loss_index_charge(index, protocol_scaled(in, "holder_long", BASE, 0), BASE_UNIT),
                 Q);
    protocol_put(vector, "short_holder_pnl_change",
                 -loss_index_charge(index, protocol_scaled(in, "holder_short", BASE, 0), BASE_UNIT),
                 Q);
    return VECTOR_DONE;
}

/* ---- whole liquidations of a perpetual ---- */

static enum vector_outcome liquidate_perp(struct vector *vector) {
    struct drift_perp perp;
    if (!drift_perp_read(vector, &perp))
        return VECTOR_BROKEN;
    drift_perp_step(&perp, 0);
    protocol_put(vector, "size_after", perp.size, BASE);
    protocol_put(vector, "quote_after", perp.quote, Q);
    protocol_put(vector, "insurance_fund_delta", perp.insurance, Q);
    protocol_put(vector, "liquidator_size", perp.liquidator_size, BASE);
    protocol_put(vector, "liquidator_quote", perp.liquidator_quote, Q);
    protocol_put(vector, "margin_freed", perp.freed, Q);
    return VECTOR_DONE;
}

#define MOST_BASE "max_base max_base_this_call"

/* The inputs of call `step` of the vector's sequence: a vector of the same rule whose position is
 * the same. NULL: there is none in the file. */
static const json_t *call_of(const struct vector *vector, int64_t step) {
    for (size_t i = 0; i < json_array_size(vector->vectors); i++) {
        const json_t *other = json_array_get(vector->vectors, i);
        const json_t *inputs = vector_find(other, "inputs");
        if (strcmp(vector_text(other, "rule"), "time_released_partial_liquidation") == 0 &&
            vector_number(inputs, "step", 0.0) == (double)step &&
            json_equal(vector_find(inputs, "position"), vector_find(vector->inputs, "position")))
            return inputs;
    }
    return NULL;
}

static enum vector_outcome time_released(struct vector *vector) {
    const json_t *in = vector->inputs;
    struct drift_perp perp;
    if (!vector_require(vector, "step,slot,first_slot,initial_pct,duration_slots") ||
        !drift_perp_read(vector, &perp))
        return VECTOR_BROKEN;
    const int64_t first = (int64_t)protocol_scaled(in, "first_slot", 0, 0);
    const int64_t slot = (int64_t)protocol_scaled(in, "slot", 0, 0);
    const int64_t step = (int64_t)protocol_scaled(in, "step", 0, 1);
    for (int64_t before = 1; before < step; before++) {
        const json_t *call = call_of(vector, before);
        if (call == NULL)
            return vector_unsupported(vector,
                                      "call %lld of a sequence: its amounts depend on the time of "
                                      "call %lld, which no vector of the file gives",
                                      (long long)step, (long long)before);
        perp.most = protocol_scaled(call, MOST_BASE, BASE, perp.most);
        drift_perp_step(&perp, (int64_t)protocol_scaled(call, "slot", 0, 0) - first);
    }
    perp.most = protocol_scaled(in, MOST_BASE, BASE, perp.most);
    drift_perp_step(&perp, slot - first);
    protocol_put(vector, "size_after", perp.size, BASE);
    protocol_put(vector, "margin_freed_cumulative", perp.freed, Q);
    return VECTOR_DONE;
}

/* ---- borrowed assets ---- */

static struct sale sale_of(const json_t *in) {
    return (struct sale){
        .asset_price = (int64_t)protocol_scaled(in, "asset_price", 8, SALE_SCALE),
        .liability_price = (int64_t)protocol_scaled(in, "liability_price", 8, 0),
        .asset_weight = protocol_rate(in, "asset_weight", SALE_SCALE),
        .liability_weight = protocol_rate(in, "liability_weight", SALE_SCALE),
        .asset_multiplier = protocol_rate(in, "asset_multiplier", SALE_SCALE),
        .liability_multiplier = protocol_rate(in, "liability_multiplier", SALE_SCALE),
    };
}

/* Prices and multipliers that an amount is divided by. */
static bool sale_is_sound(struct vector *vector, const struct sale *sale) {
    if (sale->asset_price > 0 && sale->liability_price > 0 && sale->asset_multiplier > 0 &&
        sale->liability_multiplier > 0)
        return true;
    (void)vector_broken(vector, "a price or multiplier is not above 0");
    return false;
}

static int128 units_of(const json_t *in, const char *names) {
    const int decimals = (int)vector_number(in, names, 6.0);
    return units_pow10(decimals < 0 || decimals > 18 ? 6 : decimals);
}

static enum vector_outcome liability_to_cover(struct vector *vector) {
    const json_t *in = vector->inputs;
    if (!vector_require(vector, "margin_shortage,liability_decimals,liability_price,"
                                "liability_multiplier"))
        return VECTOR_BROKEN;
    const struct sale sale = sale_of(in);
    if (!sale_is_sound(vector, &sale))
        return VECTOR_BROKEN;
    const int128 repaid = sale_to_cover(&sale, protocol_scaled(in, "margin_shortage", 8, 0),
                                        protocol_rate(in, "insurance_fund_fee", 0),
                                        units_of(in, "liability_decimals"));
    if (repaid == SALE_UNLIMITED)
        vector_put_text(vector, "liability_transfer_native", "unlimited");
    else
        protocol_put(vector, "liability_transfer_native", repaid, 0);
    return VECTOR_DONE;
}

static enum vector_outcome liability_implied(struct vector *vector) {
    const json_t *in = vector->inputs;
    if (!vector_require(vector, "asset_amount asset_amount_native,liability_price"))
        return VECTOR_BROKEN;
    const struct sale sale = sale_of(in);
    if (!sale_is_sound(vector, &sale))
        return VECTOR_BROKEN;
    const int128 units = units_of(in, "asset_decimals");
    const int128 asset =
        vector_has(in, "asset_amount_native")
            ? protocol_scaled(in, "asset_amount_native", 0, 0)
            : protocol_scaled(in, "asset_amount", (int)vector_number(in, "asset_decimals", 6.0), 0);
    protocol_put(vector, "liability_transfer_native",
                 sale_liability_for(&sale, asset, units, units_of(in, "liability_decimals")), 0);
    return VECTOR_DONE;
}

static enum vector_outcome asset_for_liability(struct vector *vector) {
    const json_t *in = vector->inputs;
    if (!vector_require(vector, "asset_amount_native,liability_transfer_native,liability_price"))
        return VECTOR_BROKEN;
    const struct sale sale = sale_of(in);
    if (!sale_is_sound(vector, &sale))
        return VECTOR_BROKEN;
    protocol_put(vector, "asset_transfer_native",
                 sale_asset_for(&sale, protocol_scaled(in, "liability_transfer_native", 0, 0),
                                units_of(in, "liability_decimals"),
                                protocol_scaled(in, "asset_amount_native", 0, 0),
                                units_of(in, "asset_decimals"), SALE_SCALE),
                 0);
    return VECTOR_DONE;
}

static enum vector_outcome insurance_fee_spot(struct vector *vector) {
    const json_t *in = vector->inputs;
    if (!vector_require(vector, "margin_shortage,token_amount,liability_price"))
        return VECTOR_BROKEN;
    const struct sale sale = sale_of(in);
    int64_t fee = 0;
    if (sale.liability_multiplier > 0 && sale.liability_weight > sale.asset_weight)
        fee = close_insurance_fee_spot_e8(
            protocol_scaled(in, "margin_shortage", 8, 0),
            protocol_scaled(in, "token_amount", 8, 0) * sale.liability_price / SALE_SCALE,
            (int64_t)((int128)sale.asset_weight * sale.asset_multiplier /
                      sale.liability_multiplier),
            sale.liability_weight, protocol_rate(in, "max_insurance_fund_fee", 0));
    protocol_put(vector, "insurance_fund_fee", fee, 8);
    return VECTOR_DONE;
}

static enum vector_outcome swap_bound(struct vector *vector) {
    const json_t *in = vector->inputs;
    if (!vector_require(vector, "asset_transfer,liability_transfer,asset_price,liability_price"))
        return VECTOR_BROKEN;
    const struct sale sale = sale_of(in);
    if (!sale_is_sound(vector, &sale))
        return VECTOR_BROKEN;
    protocol_put(vector, "worst_case_price", sale_worst_price(&sale), 8);
    vector_put_bool(vector, "accepted",
                    sale_within_bound(&sale, protocol_scaled(in, "asset_transfer", 8, 0),
                                      protocol_scaled(in, "liability_transfer", 8, 0)));
    return VECTOR_DONE;
}

/* What is owed is repaid by selling what is held, until the ratio of the two is above maintenance
 * by the buffer, or one of them is used up. */
static enum vector_outcome liquidate_spot(struct vector *vector) {
    const json_t *in = vector->inputs;
    const json_t *asset = vector_find(in, "asset");
    const json_t *liability = vector_find(in, "liability");
    const int64_t buffer = protocol_rate(in, "liquidation_buffer", 0);
    const struct sale sale = {
        .asset_price = (int64_t)protocol_scaled(asset, "price", 8, SALE_SCALE),
        .liability_price = (int64_t)protocol_scaled(liability, "price", 8, 0),
        .asset_weight = protocol_rate(asset, "weight_maint weight", SALE_SCALE),
        .liability_weight = protocol_rate(liability, "weight_maint weight", SALE_SCALE) + buffer,
        .asset_multiplier = SALE_SCALE + protocol_rate(in, "asset_liquidator_fee", 0),
        .liability_multiplier = SALE_SCALE - protocol_rate(in, "liability_liquidator_fee", 0),
    };
    /* The protocol's test tokens have 6 decimals where nothing else is said. */
    const int decimals = (int)vector_number(liability, "decimals", Q);
    if (decimals < 0 || decimals > BASE)
        return vector_broken(vector, "the liability's decimals are out of range");
    const int128 units = units_pow10(decimals);
    const int128 held = protocol_scaled(asset, "amount", Q, 0);
    const int128 owed = protocol_scaled(liability, "amount", decimals, 0);
    if (held <= 0 || owed <= 0)
        return vector_broken(vector, "an amount is missing");
    if (!sale_is_sound(vector, &sale))
        return VECTOR_BROKEN;
    const int128 held_value = held * sale.asset_price / QUOTE_UNIT;
    const int128 owed_value = owed * sale.liability_price / units;
    const int128 shortage = owed_value * sale.liability_weight / SALE_SCALE -
                            held_value * sale.asset_weight / SALE_SCALE;
    const int64_t fee_rate = close_insurance_fee_spot_e8(
        shortage > 0 ? shortage : 0, owed_value,
        (int64_t)((int128)sale.asset_weight * sale.asset_multiplier / sale.liability_multiplier),
        sale.liability_weight, protocol_rate(in, "insurance_fund_fee_max", 0));
    /* Judged without the buffer; an account in order keeps all. */
    const bool breaches = shortage - owed_value * buffer / SALE_SCALE > 0;
    int128 repaid = breaches ? sale_to_cover(&sale, shortage, fee_rate, units) : 0;
    const int128 limits[] = {
        owed, protocol_scaled(in, "max_liability_transfer", decimals, SALE_UNLIMITED),
        sale_liability_for(&sale, held, QUOTE_UNIT, units)};
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
        repaid = limits[i] < repaid ? limits[i] : repaid;
    int128 sold = sale_asset_for(&sale, repaid, units, held, QUOTE_UNIT, SALE_SCALE);
    sold = sold > held ? held : sold;
    const int128 fee = repaid * fee_rate / SALE_SCALE;
    const int128 left = owed - repaid + fee;
    protocol_put(vector, "asset_after", held - sold, Q);
    protocol_put(vector, "liability_after", left, decimals);
    protocol_put(vector, "insurance_revenue_tokens", fee, decimals);
    vector_put(vector, "ratio_after",
               left == 0 ? NAN
                         : protocol_number((held - sold) * sale.asset_price, 8 + Q) /
                               protocol_number(left * sale.liability_price, 8 + decimals));
    return VECTOR_DONE;
}

const struct vector_rule conformance_drift[] = {
    {"size_to_cover_margin_shortage", "drift", to_cover},
    {"insurance_fund_fee_rate", "drift", insurance_fee},
    {"insurance_fund_fee_rate_spot", "drift", insurance_fee_spot},
    {"liquidator_fee_ramp", "drift", fee_ramp},
    {"max_fraction_per_step", "drift", max_fraction},
    {"size_premium_margin", "drift", size_premium},
    {"socialised_loss_perp", "drift", socialised_perp},
    {"socialised_loss_spot", "drift", socialised_spot},
    {"perp_bankruptcy_waterfall", "drift", perp_bankruptcy},
    {"perp_liquidation_end_to_end", "drift", liquidate_perp},
    {"insurance_fund_fee_end_to_end", "drift", liquidate_perp},
    {"time_released_partial_liquidation", "drift", time_released},
    {"spot_liability_transfer_to_cover_shortage", "drift", liability_to_cover},
    {"liability_transfer_implied_by_asset", "drift", liability_implied},
    {"asset_transfer_for_liability", "drift", asset_for_liability},
    {"swap_price_bound", "drift", swap_bound},
    {"spot_liquidation_end_to_end", "drift", liquidate_spot},
    {NULL, NULL, NULL},
};
