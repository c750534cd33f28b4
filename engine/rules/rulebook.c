#include "engine/rules/rulebook.h"

#include <stdio.h>
#include <string.h>

#include "base/decimal_text.h"
#include "engine/rules/mark_price.h"
#include "engine/rules/rulebook_parts.h"

#define MULTIPLIER_MAX 100
#define TIER_STEPS_MAX 256

const struct tier_table *rulebook_table(const struct rulebook *rulebook, const char *symbol) {
    const struct tier_table *for_all = NULL;
    const char *colon = strchr(symbol, ':'); /* VENUE:SYMBOL: the rulebook is the venue's */
    for (size_t i = 0; i < rulebook->margin.table_count; i++) {
        const struct tier_table *table = &rulebook->margin.tables[i];
        if (table->symbol == NULL)
            for_all = table;
        else if (strcmp(table->symbol, symbol) == 0 ||
                 (colon != NULL && strcmp(table->symbol, colon + 1) == 0))
            return table;
    }
    return for_all;
}

static const char *table_name(const struct tier_table *table) {
    return table->symbol != NULL ? table->symbol : "default";
}

static enum status check_tier_alone(const struct tier_table *table, size_t i,
                                    struct error *reterr) {
    const struct margin_tier *tier = &table->tiers[i];
    const char *name = table_name(table);
    if (tier->rate_e8 < 0 || tier->rate_e8 > RATE_SCALE)
        return error_set(reterr, STATUS_CONFIG,
                         "margin.tiers.%s[%zu].maintenance_rate: %.10g is outside 0..1", name, i,
                         (double)tier->rate_e8 / (double)RATE_SCALE);
    if (tier->cap <= tier->floor)
        return error_set(reterr, STATUS_CONFIG,
                         "margin.tiers.%s[%zu].cap: must be above the tier's floor", name, i);
    if (tier->max_leverage_e8 < 0)
        return error_set(reterr, STATUS_CONFIG,
                         "margin.tiers.%s[%zu].max_leverage: must not be negative", name, i);
    return STATUS_OK;
}

/* The requirement must not jump where two tiers meet: with a = the tier below and b = the one
 * above, |floor * (rate_b - rate_a) - (deduction_b - deduction_a)| <= one money unit, what
 * rounding the deductions to the money unit can leave. */
static enum status check_tier_seam(const struct tier_table *table, size_t i, struct error *reterr) {
    const struct margin_tier *below = &table->tiers[i - 1];
    const struct margin_tier *tier = &table->tiers[i];
    const char *name = table_name(table);
    if (tier->floor != below->cap) {
        char floor[32];
        char cap[32];
        (void)decimal_format(tier->floor, MONEY_DECIMALS, floor);
        (void)decimal_format(below->cap, MONEY_DECIMALS, cap);
        return error_set(reterr, STATUS_CONFIG,
                         "margin.tiers.%s[%zu].floor: %s is not the cap of the tier below, %s: "
                         "tiers must join without %s",
                         name, i, floor, cap, tier->floor > below->cap ? "a gap" : "an overlap");
    }
    if (tier->rate_e8 < below->rate_e8)
        return error_set(reterr, STATUS_CONFIG,
                         "margin.tiers.%s[%zu].maintenance_rate: must not fall from tier to tier",
                         name, i);
    const int128 should = (int128)tier->floor * (tier->rate_e8 - below->rate_e8);
    const int128 is = ((int128)tier->deduction - below->deduction) * RATE_SCALE;
    const int128 jump = should > is ? should - is : is - should;
    if (jump > RATE_SCALE)
        return error_set(
            reterr, STATUS_CONFIG,
            "margin.tiers.%s[%zu].maintenance_amount: the requirement jumps by %.10g at "
            "notional %.10g; continuous would be %.10g",
            name, i, (double)(should - is) / (double)RATE_SCALE / (double)MONEY_SCALE,
            (double)tier->floor / (double)MONEY_SCALE,
            ((double)below->deduction + (double)should / (double)RATE_SCALE) / (double)MONEY_SCALE);
    return STATUS_OK;
}

static enum status check_table(const struct rulebook *rulebook, size_t index,
                               struct error *reterr) {
    const struct tier_table *table = &rulebook->margin.tables[index];
    const char *name = table_name(table);
    for (size_t i = 0; i < index; i++)
        if (strcmp(table_name(&rulebook->margin.tables[i]), name) == 0)
            return error_set(reterr, STATUS_CONFIG, "margin.tiers.%s: given twice", name);
    if (table->count == 0 || table->tiers == NULL)
        return error_set(reterr, STATUS_CONFIG, "margin.tiers.%s: needs at least one tier", name);
    if (table->tiers[0].floor != 0)
        return error_set(reterr, STATUS_CONFIG, "margin.tiers.%s[0].floor: must be 0", name);
    if (table->tiers[0].deduction < 0)
        return error_set(reterr, STATUS_CONFIG,
                         "margin.tiers.%s[0].maintenance_amount: must not be negative in the "
                         "lowest tier",
                         name);
    for (size_t i = 0; i < table->count; i++) {
        enum status status = check_tier_alone(table, i, reterr);
        if (status == STATUS_OK && i > 0)
            status = check_tier_seam(table, i, reterr);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

static bool multiplier_fits(struct decimal written) {
    const struct decimal multiplier = decimal_normal(written);
    return multiplier.mantissa > 0 && multiplier.decimals >= 0 && multiplier.decimals <= 8 &&
           multiplier.mantissa <= MULTIPLIER_MAX * units_pow10(multiplier.decimals);
}

/* A requirement above the notional itself has no meaning, and none of its prices can be bounded. */
static enum status check_scaled_rates(const struct rulebook *rulebook, struct error *reterr) {
    const struct decimal multiplier = decimal_normal(rulebook->margin.maintenance_multiplier);
    const int128 bound = (int128)RATE_SCALE * units_pow10(multiplier.decimals);
    for (size_t i = 0; i < rulebook->margin.table_count; i++) {
        const struct tier_table *table = &rulebook->margin.tables[i];
        if ((int128)table->tiers[table->count - 1].rate_e8 * multiplier.mantissa > bound)
            return error_set(reterr, STATUS_CONFIG,
                             "margin.maintenance_multiplier: takes the highest rate of %s above 1",
                             table_name(table));
    }
    return STATUS_OK;
}

static enum status check_margin(const struct rulebook *rulebook, struct error *reterr) {
    if ((unsigned)rulebook->margin.mode > MARGIN_ISOLATED)
        return error_set(reterr, STATUS_CONFIG, "margin.mode: unknown");
    if ((unsigned)rulebook->margin.trigger > TRIGGER_AT_OR_BELOW)
        return error_set(reterr, STATUS_CONFIG, "margin.trigger: unknown");
    if (rulebook->margin.initial_rate_e8 < 0 || rulebook->margin.initial_rate_e8 > RATE_SCALE)
        return error_set(reterr, STATUS_CONFIG, "margin.initial_rate: outside 0..1");
    if (!multiplier_fits(rulebook->margin.maintenance_multiplier))
        return error_set(reterr, STATUS_CONFIG,
                         "margin.maintenance_multiplier: must be above 0, at most %d and have at "
                         "most 8 decimals",
                         MULTIPLIER_MAX);
    const bool other = rulebook->margin.size_count > 0 || rulebook->margin.portfolio != NULL;
    if (rulebook->margin.table_count > 0 ? rulebook->margin.tables == NULL : !other)
        return error_set(reterr, STATUS_CONFIG,
                         "margin.maintenance_rate: neither a flat rate, tiers nor size are given");
    for (size_t i = 0; i < rulebook->margin.table_count; i++) {
        const enum status status = check_table(rulebook, i, reterr);
        if (status != STATUS_OK)
            return status;
    }
    const enum status status = check_scaled_rates(rulebook, reterr);
    return status == STATUS_OK ? rulebook_check_parts(rulebook, reterr) : status;
}

static enum status check_closing(const struct rulebook *rulebook, const struct closing *closing,
                                 const char *where, struct error *reterr) {
    if ((unsigned)closing->close > CLOSE_TO_COVER)
        return error_set(reterr, STATUS_CONFIG, "%s.close: unknown", where);
    if (closing->close == CLOSE_STEP && (rulebook->liquidation.step_notional > 0) ==
                                            (rulebook->liquidation.step_quantity.mantissa > 0))
        return error_set(reterr, STATUS_CONFIG,
                         "%s.close: step needs step_notional or step_quantity of liquidation, and "
                         "not both",
                         where);
    if ((closing->close == CLOSE_FRACTION || closing->close == CLOSE_PORTION) &&
        (closing->fraction_e8 <= 0 || closing->fraction_e8 > RATE_SCALE))
        return error_set(reterr, STATUS_CONFIG, "%s.fraction: must be above 0 and at most 1",
                         where);
    if (closing->close == CLOSE_TO_TARGET &&
        (closing->target_ratio_e8 < RATE_SCALE || closing->target_ratio_e8 > 1000 * RATE_SCALE))
        return error_set(reterr, STATUS_CONFIG, "%s.target_ratio: outside 1..1000", where);
    if ((unsigned)closing->order > ORDER_RANDOM)
        return error_set(reterr, STATUS_CONFIG, "%s.order: unknown", where);
    if ((unsigned)closing->price > PRICE_BANKRUPTCY)
        return error_set(reterr, STATUS_CONFIG, "%s.price: unknown", where);
    return STATUS_OK;
}

static enum status check_stages(const struct rulebook *rulebook, struct error *reterr) {
    if (rulebook->liquidation.stage_count > LIQUIDATION_STAGES_MAX)
        return error_set(reterr, STATUS_CONFIG, "liquidation.stages: more than %d",
                         LIQUIDATION_STAGES_MAX);
    for (size_t s = 0; s < rulebook->liquidation.stage_count; s++) {
        const struct liquidation_stage *stage = &rulebook->liquidation.stages[s];
        char where[48];
        (void)snprintf(where, sizeof(where), "liquidation.stages[%zu]", s);
        if (stage->ratio_e8 < 0 || stage->ratio_e8 > 1000 * RATE_SCALE)
            return error_set(reterr, STATUS_CONFIG, "%s: its ratio is outside 0..1000", where);
        if (s > 0 && stage->ratio_e8 >= stage[-1].ratio_e8)
            return error_set(reterr, STATUS_CONFIG,
                             "%s: ratios must fall from stage to stage: the deepest is last",
                             where);
        if ((unsigned)stage->closing.action > ACTION_BACKSTOP)
            return error_set(reterr, STATUS_CONFIG, "%s.action: unknown", where);
        const enum status status = check_closing(rulebook, &stage->closing, where, reterr);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

static enum status check_parts(const struct rulebook *rulebook, struct error *reterr) {
    if (rulebook->liquidation.partial_above < 0)
        return error_set(reterr, STATUS_CONFIG, "liquidation.partial_above: below 0");
    if (rulebook->liquidation.full_within_ns < 0 ||
        rulebook->liquidation.full_within_ns > NS_PER_DAY)
        return error_set(reterr, STATUS_CONFIG, "liquidation.full_within_ms: outside 0..86400000");
    if (rulebook->liquidation.tier_steps < 0 || rulebook->liquidation.tier_steps > TIER_STEPS_MAX)
        return error_set(reterr, STATUS_CONFIG, "liquidation.tier_steps: outside 1..%d",
                         TIER_STEPS_MAX);
    if (rulebook->liquidation.step_notional < 0)
        return error_set(reterr, STATUS_CONFIG, "liquidation.step_notional: below 0");
    if (rulebook->liquidation.step_quantity.mantissa < 0 ||
        rulebook->liquidation.step_quantity.decimals < 0 ||
        rulebook->liquidation.step_quantity.decimals > 18)
        return error_set(reterr, STATUS_CONFIG,
                         "liquidation.step_quantity: below 0 or more than 18 decimals");
    return STATUS_OK;
}

static enum status check_waits(const struct rulebook *rulebook, struct error *reterr) {
    if (rulebook->limits.interval_ns < 0 || rulebook->limits.interval_ns > NS_PER_DAY)
        return error_set(reterr, STATUS_CONFIG, "liquidation.interval_ms: outside 0..86400000");
    if (rulebook->limits.latency_ns < 0 || rulebook->limits.latency_ns > NS_PER_DAY)
        return error_set(reterr, STATUS_CONFIG, "liquidation.latency_ms: outside 0..86400000");
    if (rulebook->limits.pace_pools < 0)
        return error_set(reterr, STATUS_CONFIG, "liquidation.pace_pools: below 0");
    if (rulebook->limits.pace_pools > 0 &&
        (rulebook->limits.pace_ns <= 0 || rulebook->limits.pace_ns > NS_PER_DAY))
        return error_set(reterr, STATUS_CONFIG, "liquidation.pace_ms: outside 1..86400000");
    return STATUS_OK;
}

static enum status check_inventory(const struct rulebook *rulebook, struct error *reterr) {
    if (!rulebook_takes_over(rulebook))
        return STATUS_OK;
    if (rulebook->liquidation.inventory_interval_ns <= 0 ||
        rulebook->liquidation.inventory_interval_ns > NS_PER_DAY)
        return error_set(reterr, STATUS_CONFIG,
                         "liquidation.inventory.interval_ms: outside 1..86400000");
    if (rulebook->liquidation.inventory_fraction_e8 <= 0 ||
        rulebook->liquidation.inventory_fraction_e8 > RATE_SCALE)
        return error_set(reterr, STATUS_CONFIG, "liquidation.inventory.fraction: outside (0, 1]");
    return STATUS_OK;
}

static const char *cap_name(const struct window_cap *cap) {
    return cap->symbol != NULL ? cap->symbol : "default";
}

static enum status check_windows(const struct rulebook *rulebook, struct error *reterr) {
    const int64_t window_ns = rulebook->limits.window_ns;
    if (window_ns < 0 || window_ns > NS_PER_DAY)
        return error_set(reterr, STATUS_CONFIG, "liquidation.window_ms: outside 0..86400000");
    if ((window_ns > 0) != (rulebook->limits.window_count > 0))
        return error_set(reterr, STATUS_CONFIG,
                         "liquidation.window_ms: window_ms and window_quantity need each other");
    for (size_t c = 0; c < rulebook->limits.window_count; c++) {
        const struct window_cap *cap = &rulebook->limits.windows[c];
        if (cap->quantity.mantissa <= 0 || cap->quantity.decimals < 0 ||
            cap->quantity.decimals > 18)
            return error_set(reterr, STATUS_CONFIG,
                             "liquidation.window_quantity.%s: not above 0 or more than 18 decimals",
                             cap_name(cap));
        for (size_t k = 0; k < c; k++)
            if (strcmp(cap_name(cap), cap_name(&rulebook->limits.windows[k])) == 0)
                return error_set(reterr, STATUS_CONFIG,
                                 "liquidation.window_quantity.%s: given twice", cap_name(cap));
    }
    return STATUS_OK;
}

/* An order that its limit leaves out must not come again in the very next wave. */
static enum status check_limit(const struct rulebook *rulebook, struct error *reterr) {
    const struct rulebook_limits *limits = &rulebook->limits;
    if ((unsigned)limits->order > LIMIT_BANKRUPTCY)
        return error_set(reterr, STATUS_CONFIG, "liquidation.limit: unknown");
    if (limits->fillable_adjustment_e8 < 0 || limits->fillable_adjustment_e8 > 1000 * RATE_SCALE)
        return error_set(reterr, STATUS_CONFIG, "liquidation.fillable_adjustment: outside 0..1000");
    if (limits->fillable_spread_e8 < 0 || limits->fillable_spread_e8 > 1000 * RATE_SCALE)
        return error_set(reterr, STATUS_CONFIG, "liquidation.fillable_spread: outside 0..1000");
    const bool taken_over = limits->order == LIMIT_BANKRUPTCY &&
                            rulebook->liquidation.then_price == PRICE_BANKRUPTCY &&
                            rulebook->liquidation.stage_count == 0;
    if (limits->order != LIMIT_NONE && limits->block_ns == 0 && rulebook->limits.interval_ns == 0 &&
        !taken_over)
        return error_set(reterr, STATUS_CONFIG,
                         "liquidation.limit: needs block_ms or interval_ms, when an order is tried "
                         "again (bankruptcy: or then: bankruptcy without stages)");
    return STATUS_OK;
}

static enum status check_terms(const struct rulebook *rulebook, struct error *reterr) {
    const struct rulebook_limits *limits = &rulebook->limits;
    if (rulebook->liquidation.minimum_notional < 0)
        return error_set(reterr, STATUS_CONFIG, "liquidation.minimum_notional: below 0");
    if (rulebook->liquidation.insurance_fee_e8 < 0 ||
        rulebook->liquidation.insurance_fee_e8 > RATE_SCALE)
        return error_set(reterr, STATUS_CONFIG, "liquidation.insurance_fee_rate: outside 0..1");
    if ((unsigned)rulebook->liquidation.insurance_fee_limit > INSURANCE_FEE_MARGIN)
        return error_set(reterr, STATUS_CONFIG, "liquidation.insurance_fee_limit: unknown");
    if (limits->release_initial_e8 < 0 || limits->release_initial_e8 > RATE_SCALE)
        return error_set(reterr, STATUS_CONFIG, "liquidation.release_initial: outside 0..1");
    if (limits->release_ns < 0 || limits->release_ns > NS_PER_DAY)
        return error_set(reterr, STATUS_CONFIG, "liquidation.release_ms: outside 0..86400000");
    if (limits->release_ns > 0 && rulebook->limits.interval_ns == 0)
        return error_set(reterr, STATUS_CONFIG,
                         "liquidation.release_ms: needs interval_ms, the time between two orders");
    if (limits->block_ns < 0 || limits->block_ns > NS_PER_DAY)
        return error_set(reterr, STATUS_CONFIG, "liquidation.block_ms: outside 0..86400000");
    if (limits->block_notional < 0)
        return error_set(reterr, STATUS_CONFIG, "liquidation.block_notional: below 0");
    if (limits->block_ns == 0 && limits->block_notional > 0)
        return error_set(reterr, STATUS_CONFIG, "liquidation.block_notional: needs block_ms");
    if (limits->block_insurance < 0)
        return error_set(reterr, STATUS_CONFIG, "liquidation.block_insurance: below 0");
    if (limits->block_ns == 0 && limits->block_insurance > 0)
        return error_set(reterr, STATUS_CONFIG, "liquidation.block_insurance: needs block_ms");
    if (limits->block_ns == 0 && limits->block_once)
        return error_set(reterr, STATUS_CONFIG, "liquidation.block_once: needs block_ms");
    return STATUS_OK;
}

static enum status check_liquidation(const struct rulebook *rulebook, struct error *reterr) {
    const struct closing base = rulebook_closing(rulebook);
    enum status status = check_closing(rulebook, &base, "liquidation", reterr);
    if (status != STATUS_OK)
        return status;
    if (rulebook->liquidation.exit_ratio_e8 != 0 &&
        (rulebook->liquidation.exit_ratio_e8 < RATE_SCALE ||
         rulebook->liquidation.exit_ratio_e8 > 1000 * RATE_SCALE))
        return error_set(reterr, STATUS_CONFIG, "liquidation.exit_ratio: outside 1..1000");
    if (rulebook->liquidation.fee_rate_e8 < 0 || rulebook->liquidation.fee_rate_e8 > RATE_SCALE)
        return error_set(reterr, STATUS_CONFIG, "liquidation.fee_rate: outside 0..1");
    if ((unsigned)rulebook->liquidation.fee_to > FEE_INSURANCE_FUND)
        return error_set(reterr, STATUS_CONFIG, "liquidation.fee_to: unknown");
    if ((unsigned)rulebook->liquidation.remainder_to > REMAINDER_INSURANCE_FUND)
        return error_set(reterr, STATUS_CONFIG, "liquidation.remainder_to: unknown");
    if (rulebook->liquidation.remainder_max_rate_e8 < 0 ||
        rulebook->liquidation.remainder_max_rate_e8 > RATE_SCALE)
        return error_set(reterr, STATUS_CONFIG, "liquidation.remainder_max_rate: outside 0..1");
    if (rulebook->liquidation.last_price != PRICE_MARKET &&
        rulebook->liquidation.last_price != PRICE_BANKRUPTCY)
        return error_set(reterr, STATUS_CONFIG, "liquidation.last_price: unknown");
    if (rulebook->liquidation.then_price != PRICE_MARKET &&
        rulebook->liquidation.then_price != PRICE_BANKRUPTCY)
        return error_set(reterr, STATUS_CONFIG, "liquidation.then: unknown");
    if ((unsigned)rulebook->liquidation.bankruptcy > BANKRUPTCY_SHARED)
        return error_set(reterr, STATUS_CONFIG, "liquidation.bankruptcy: unknown");
    status = check_parts(rulebook, reterr);
    if (status == STATUS_OK)
        status = check_waits(rulebook, reterr);
    if (status == STATUS_OK)
        status = check_terms(rulebook, reterr);
    if (status == STATUS_OK)
        status = check_limit(rulebook, reterr);
    if (status == STATUS_OK)
        status = check_windows(rulebook, reterr);
    if (status == STATUS_OK)
        status = check_inventory(rulebook, reterr);
    return status == STATUS_OK ? check_stages(rulebook, reterr) : status;
}

static const char *share_name(const struct fund_share *share) {
    return share->symbol != NULL ? share->symbol : "default";
}

static enum status check_fund(const struct rulebook *rulebook, struct error *reterr) {
    if ((unsigned)rulebook->waterfall.fund > FUND_PER_INSTRUMENT)
        return error_set(reterr, STATUS_CONFIG, "waterfall.fund: unknown");
    if (rulebook->waterfall.fund_share_count > 0 && rulebook->waterfall.fund != FUND_PER_INSTRUMENT)
        return error_set(reterr, STATUS_CONFIG,
                         "waterfall.fund_shares: needs fund: per_instrument");
    for (size_t s = 0; s < rulebook->waterfall.fund_share_count; s++) {
        const struct fund_share *share = &rulebook->waterfall.fund_shares[s];
        if (share->weight_e8 < 0 || share->weight_e8 > 1000000 * RATE_SCALE)
            return error_set(reterr, STATUS_CONFIG, "waterfall.fund_shares.%s: outside 0..1e6",
                             share_name(share));
        for (size_t k = 0; k < s; k++)
            if (strcmp(share_name(share), share_name(&rulebook->waterfall.fund_shares[k])) == 0)
                return error_set(reterr, STATUS_CONFIG, "waterfall.fund_shares.%s: given twice",
                                 share_name(share));
    }
    return STATUS_OK;
}

static enum status check_waterfall(const struct rulebook *rulebook, struct error *reterr) {
    if (rulebook->waterfall.stage_count > WATERFALL_STAGES_MAX)
        return error_set(reterr, STATUS_CONFIG, "waterfall.stages: more than %d",
                         WATERFALL_STAGES_MAX);
    for (size_t i = 0; i < rulebook->waterfall.stage_count; i++) {
        if ((unsigned)rulebook->waterfall.stages[i] > STAGE_OPEN_INTEREST)
            return error_set(reterr, STATUS_CONFIG, "waterfall.stages[%zu]: unknown stage", i);
        for (size_t j = 0; j < i; j++)
            if (rulebook->waterfall.stages[j] == rulebook->waterfall.stages[i])
                return error_set(reterr, STATUS_CONFIG,
                                 "waterfall.stages[%zu]: the same stage as [%zu]", i, j);
    }
    if ((unsigned)rulebook->waterfall.adl_rank > ADL_ACCOUNT_ORDER)
        return error_set(reterr, STATUS_CONFIG, "waterfall.adl_rank: unknown");
    if ((unsigned)rulebook->waterfall.adl_price > ADL_AT_PREVIOUS_MARK)
        return error_set(reterr, STATUS_CONFIG, "waterfall.adl_price: unknown");
    if ((unsigned)rulebook->waterfall.adl_tie > ADL_TIE_LARGEST_POSITION)
        return error_set(reterr, STATUS_CONFIG, "waterfall.adl_tie: unknown");
    if ((unsigned)rulebook->waterfall.adl_veto > ADL_VETO_LOSERS)
        return error_set(reterr, STATUS_CONFIG, "waterfall.adl_veto: unknown");
    if (rulebook->funding.cap_share_e8 < 0 || rulebook->funding.cap_share_e8 > RATE_SCALE)
        return error_set(reterr, STATUS_CONFIG, "funding.cap_share: outside 0..1");
    if (rulebook->waterfall.adl_fund_fall_e8 < 0 ||
        rulebook->waterfall.adl_fund_fall_e8 > RATE_SCALE)
        return error_set(reterr, STATUS_CONFIG, "waterfall.adl_fund_fall: outside 0..1");
    if (rulebook->waterfall.adl_fund_fall_e8 > 0 &&
        (rulebook->waterfall.adl_fund_window_ns <= 0 ||
         rulebook->waterfall.adl_fund_window_ns > 7 * NS_PER_DAY))
        return error_set(reterr, STATUS_CONFIG,
                         "waterfall.adl_fund_window_ms: outside 1..604800000");
    if ((unsigned)rulebook->waterfall.socialise_at > SOCIALISE_AT_SESSION)
        return error_set(reterr, STATUS_CONFIG, "waterfall.socialise_at: unknown");
    if (rulebook->waterfall.session_close_ns < 0 ||
        rulebook->waterfall.session_close_ns >= NS_PER_DAY)
        return error_set(reterr, STATUS_CONFIG, "waterfall.session_close: outside a day");
    return check_fund(rulebook, reterr);
}

enum status rulebook_check(const struct rulebook *rulebook, struct error *reterr) {
    enum status status = check_margin(rulebook, reterr);
    if (status == STATUS_OK)
        status = check_liquidation(rulebook, reterr);
    if (status == STATUS_OK)
        status = check_waterfall(rulebook, reterr);
    if (status == STATUS_OK)
        status = mark_rule_check(&rulebook->mark, reterr);
    return status;
}

static bool table_equal(const struct tier_table *a, const struct tier_table *b) {
    if (a->count != b->count || strcmp(table_name(a), table_name(b)) != 0)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        const struct margin_tier *x = &a->tiers[i];
        const struct margin_tier *y = &b->tiers[i];
        if (x->floor != y->floor || x->cap != y->cap || x->rate_e8 != y->rate_e8 ||
            x->deduction != y->deduction || x->max_leverage_e8 != y->max_leverage_e8)
            return false;
    }
    return true;
}

static bool closing_equal(const struct closing *a, const struct closing *b) {
    return a->action == b->action && a->close == b->close && a->fraction_e8 == b->fraction_e8 &&
           a->target_ratio_e8 == b->target_ratio_e8 && a->order == b->order && a->price == b->price;
}

static bool parts_equal(const struct rulebook *a, const struct rulebook *b) {
    const struct decimal p = decimal_normal(a->liquidation.step_quantity);
    const struct decimal q = decimal_normal(b->liquidation.step_quantity);
    return a->liquidation.partial_above == b->liquidation.partial_above &&
           a->liquidation.full_within_ns == b->liquidation.full_within_ns &&
           a->liquidation.tier_steps == b->liquidation.tier_steps &&
           a->liquidation.full_below_lowest_tier == b->liquidation.full_below_lowest_tier &&
           a->liquidation.remainder_to == b->liquidation.remainder_to &&
           a->liquidation.remainder_max_rate_e8 == b->liquidation.remainder_max_rate_e8 &&
           a->waterfall.adl_fund_fall_e8 == b->waterfall.adl_fund_fall_e8 &&
           a->waterfall.adl_fund_window_ns == b->waterfall.adl_fund_window_ns &&
           a->liquidation.step_notional == b->liquidation.step_notional &&
           p.mantissa == q.mantissa && p.decimals == q.decimals;
}

static bool stages_equal(const struct rulebook *a, const struct rulebook *b) {
    if (a->liquidation.stage_count != b->liquidation.stage_count ||
        a->liquidation.last_price != b->liquidation.last_price ||
        a->liquidation.then_price != b->liquidation.then_price)
        return false;
    for (size_t s = 0; s < a->liquidation.stage_count; s++) {
        const struct liquidation_stage *x = &a->liquidation.stages[s];
        const struct liquidation_stage *y = &b->liquidation.stages[s];
        if (x->ratio_e8 != y->ratio_e8 || x->inclusive != y->inclusive ||
            !closing_equal(&x->closing, &y->closing))
            return false;
    }
    return true;
}

static bool terms_equal(const struct rulebook *a, const struct rulebook *b) {
    const struct rulebook_limits *x = &a->limits;
    const struct rulebook_limits *y = &b->limits;
    return a->liquidation.minimum_notional == b->liquidation.minimum_notional &&
           a->liquidation.insurance_fee_e8 == b->liquidation.insurance_fee_e8 &&
           a->liquidation.insurance_fee_limit == b->liquidation.insurance_fee_limit &&
           x->release_initial_e8 == y->release_initial_e8 && x->release_ns == y->release_ns &&
           x->block_ns == y->block_ns && x->block_notional == y->block_notional &&
           x->block_once == y->block_once && x->block_insurance == y->block_insurance &&
           x->order == y->order && x->fillable_adjustment_e8 == y->fillable_adjustment_e8 &&
           x->fillable_spread_e8 == y->fillable_spread_e8;
}

static bool funds_equal(const struct rulebook *a, const struct rulebook *b) {
    if (a->waterfall.fund != b->waterfall.fund ||
        a->waterfall.fund_share_count != b->waterfall.fund_share_count)
        return false;
    for (size_t s = 0; s < a->waterfall.fund_share_count; s++)
        if (strcmp(share_name(&a->waterfall.fund_shares[s]),
                   share_name(&b->waterfall.fund_shares[s])) != 0 ||
            a->waterfall.fund_shares[s].weight_e8 != b->waterfall.fund_shares[s].weight_e8)
            return false;
    return true;
}

static bool windows_equal(const struct rulebook *a, const struct rulebook *b) {
    if (a->limits.window_ns != b->limits.window_ns ||
        a->limits.window_count != b->limits.window_count)
        return false;
    for (size_t c = 0; c < a->limits.window_count; c++) {
        const struct decimal x = decimal_normal(a->limits.windows[c].quantity);
        const struct decimal y = decimal_normal(b->limits.windows[c].quantity);
        if (strcmp(cap_name(&a->limits.windows[c]), cap_name(&b->limits.windows[c])) != 0 ||
            x.mantissa != y.mantissa || x.decimals != y.decimals)
            return false;
    }
    return true;
}

bool rulebook_equal(const struct rulebook *a, const struct rulebook *b) {
    const struct decimal p = decimal_normal(a->margin.maintenance_multiplier);
    const struct decimal q = decimal_normal(b->margin.maintenance_multiplier);
    if (a->margin.mode != b->margin.mode || a->margin.trigger != b->margin.trigger ||
        a->margin.initial_rate_e8 != b->margin.initial_rate_e8 ||
        a->margin.table_count != b->margin.table_count || p.mantissa != q.mantissa ||
        p.decimals != q.decimals || a->liquidation.close != b->liquidation.close ||
        a->liquidation.fraction_e8 != b->liquidation.fraction_e8 ||
        a->liquidation.target_ratio_e8 != b->liquidation.target_ratio_e8 ||
        a->liquidation.exit_ratio_e8 != b->liquidation.exit_ratio_e8 ||
        a->liquidation.order != b->liquidation.order ||
        a->liquidation.fee_rate_e8 != b->liquidation.fee_rate_e8 ||
        a->liquidation.fee_to != b->liquidation.fee_to ||
        a->liquidation.price != b->liquidation.price ||
        a->liquidation.bankruptcy != b->liquidation.bankruptcy ||
        a->limits.interval_ns != b->limits.interval_ns ||
        a->limits.latency_ns != b->limits.latency_ns ||
        a->limits.pace_pools != b->limits.pace_pools || a->limits.pace_ns != b->limits.pace_ns ||
        a->liquidation.inventory_interval_ns != b->liquidation.inventory_interval_ns ||
        a->liquidation.inventory_fraction_e8 != b->liquidation.inventory_fraction_e8 ||
        a->waterfall.stage_count != b->waterfall.stage_count ||
        a->waterfall.adl_rank != b->waterfall.adl_rank ||
        a->waterfall.adl_price != b->waterfall.adl_price ||
        a->waterfall.adl_tie != b->waterfall.adl_tie ||
        a->waterfall.adl_veto != b->waterfall.adl_veto ||
        a->funding.cap_share_e8 != b->funding.cap_share_e8 ||
        a->waterfall.socialise_at != b->waterfall.socialise_at ||
        a->waterfall.session_close_ns != b->waterfall.session_close_ns || !stages_equal(a, b) ||
        !parts_equal(a, b) || !mark_rule_equal(&a->mark, &b->mark) || !terms_equal(a, b) ||
        !funds_equal(a, b) || !windows_equal(a, b))
        return false;
    for (size_t i = 0; i < a->waterfall.stage_count; i++)
        if (a->waterfall.stages[i] != b->waterfall.stages[i])
            return false;
    for (size_t i = 0; i < a->margin.table_count; i++)
        if (!table_equal(&a->margin.tables[i], &b->margin.tables[i]))
            return false;
    return rulebook_equal_parts(a, b);
}

bool rulebook_has_stage(const struct rulebook *rulebook, enum waterfall_stage stage) {
    for (size_t s = 0; s < rulebook->waterfall.stage_count; s++) {
        if (rulebook->waterfall.stages[s] == stage)
            return true;
    }
    return false;
}

bool rulebook_stage_before(const struct rulebook *rulebook, enum waterfall_stage stage,
                           enum waterfall_stage other) {
    for (size_t s = 0; s < rulebook->waterfall.stage_count; s++) {
        if (rulebook->waterfall.stages[s] == stage)
            return true;
        if (rulebook->waterfall.stages[s] == other)
            return false;
    }
    return false;
}

const struct liquidation_stage *rulebook_liquidation_stage(const struct rulebook *rulebook,
                                                           int128 equity, int128 requirement) {
    const struct liquidation_stage *deepest = NULL;
    for (size_t s = 0; s < rulebook->liquidation.stage_count; s++) {
        const struct liquidation_stage *stage = &rulebook->liquidation.stages[s];
        const int128 scaled = equity * RATE_SCALE;
        const int128 bound = requirement * stage->ratio_e8;
        if (scaled < bound || (stage->inclusive && scaled == bound))
            deepest = stage;
    }
    return deepest;
}

struct closing rulebook_closing(const struct rulebook *rulebook) {
    return (struct closing){.action = ACTION_CLOSE,
                            .close = rulebook->liquidation.close,
                            .fraction_e8 = rulebook->liquidation.fraction_e8,
                            .target_ratio_e8 = rulebook->liquidation.target_ratio_e8,
                            .order = rulebook->liquidation.order,
                            .price = rulebook->liquidation.price};
}

bool rulebook_takes_over(const struct rulebook *rulebook) {
    bool takes = rulebook->liquidation.price == PRICE_BANKRUPTCY ||
                 rulebook->liquidation.last_price == PRICE_BANKRUPTCY ||
                 rulebook->liquidation.then_price == PRICE_BANKRUPTCY;
    for (size_t s = 0; s < rulebook->liquidation.stage_count; s++)
        takes = takes || rulebook->liquidation.stages[s].closing.price == PRICE_BANKRUPTCY;
    return takes;
}
