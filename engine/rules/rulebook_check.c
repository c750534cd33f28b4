/* What ties several members of a rulebook together; what concerns one alone is in its table. */

#include <stdio.h>
#include <string.h>

#include "base/decimal_text.h"
#include "base/field_walk.h"
#include "engine/rules/mark_price.h"
#include "engine/rules/rulebook.h"
#include "engine/rules/rulebook_fields.h"

static const char *name_of(const char *symbol) {
    return symbol != NULL ? symbol : "default";
}

/* ---- margin ---- */

/* The requirement must not jump where two tiers meet: with a = the tier below and b = the one
 * above, |floor * (rate_b - rate_a) - (deduction_b - deduction_a)| <= one money unit, what
 * rounding the deductions to the money unit can leave. */
static enum status check_tier_seam(const struct tier_table *table, size_t i, struct error *reterr) {
    const struct margin_tier *below = &table->tiers[i - 1];
    const struct margin_tier *tier = &table->tiers[i];
    const char *name = name_of(table->symbol);
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

static enum status check_table(const struct tier_table *table, struct error *reterr) {
    const char *name = name_of(table->symbol);
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
        if (table->tiers[i].cap <= table->tiers[i].floor)
            return error_set(reterr, STATUS_CONFIG,
                             "margin.tiers.%s[%zu].cap: must be above the tier's floor", name, i);
        const enum status status = i > 0 ? check_tier_seam(table, i, reterr) : STATUS_OK;
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
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
                             name_of(table->symbol));
    }
    return STATUS_OK;
}

static enum status check_curves(const char *key, const struct size_curve *curves, size_t count,
                                struct error *reterr) {
    for (size_t i = 0; i < count; i++) {
        const struct size_curve *c = &curves[i];
        const char *name = name_of(c->symbol);
        const double cap = decimal_to_double(c->cap);
        if (c->unit == SIZE_NOTIONAL && cap > 0.5)
            return error_set(reterr, STATUS_CONFIG,
                             "margin.%s.%s.cap: must be above 0 and at most 0.5 where the size is "
                             "the notional",
                             key, name);
        if (decimal_to_double(c->floor) > cap)
            return error_set(reterr, STATUS_CONFIG, "margin.%s.%s.floor: above the cap", key, name);
        if (c->unit == SIZE_NOTIONAL && c->step.mantissa != 0)
            return error_set(
                reterr, STATUS_CONFIG,
                "margin.%s.%s.step: a requirement that jumps as the price moves; steps "
                "need unit base or entry_notional",
                key, name);
    }
    return STATUS_OK;
}

static bool has_unit(const struct portfolio_margin *scenario, const char *name) {
    for (size_t u = 0; u < scenario->unit_count; u++)
        if (strcmp(scenario->units[u].name, name) == 0)
            return true;
    return false;
}

static enum status check_scenario(const struct portfolio_margin *s, struct error *reterr) {
    if (s->move_count == 0)
        return error_set(reterr, STATUS_CONFIG, "margin.scenario.moves: 1 to %d",
                         PORTFOLIO_MOVES_MAX);
    for (size_t o = 0; o < s->offset_count; o++) {
        const struct portfolio_offset *offset = &s->offsets[o];
        if (!has_unit(s, offset->units[0]) || !has_unit(s, offset->units[1]) ||
            strcmp(offset->units[0], offset->units[1]) == 0)
            return error_set(reterr, STATUS_CONFIG,
                             "margin.scenario.offsets[%zu].units: must be two of the units", o);
    }
    return STATUS_OK;
}

static enum status check_margin(const struct rulebook *rulebook, struct error *reterr) {
    const struct rulebook_margin *margin = &rulebook->margin;
    const bool other = margin->size_count > 0 || margin->portfolio != NULL;
    if (margin->table_count > 0 ? margin->tables == NULL : !other)
        return error_set(reterr, STATUS_CONFIG,
                         "margin.maintenance_rate: neither a flat rate, tiers nor size are given");
    if ((unsigned)margin->orders.rate > ORDER_RATE_FIXED)
        return error_set(reterr, STATUS_CONFIG, "margin.orders.rate: unknown");
    enum status status = STATUS_OK;
    for (size_t i = 0; i < margin->table_count && status == STATUS_OK; i++)
        status = check_table(&margin->tables[i], reterr);
    if (status == STATUS_OK)
        status = check_scaled_rates(rulebook, reterr);
    if (status == STATUS_OK)
        status = check_curves("size", margin->sizes, margin->size_count, reterr);
    if (status == STATUS_OK)
        status =
            check_curves("initial_size", margin->initial_sizes, margin->initial_size_count, reterr);
    if (status == STATUS_OK && margin->portfolio != NULL)
        status = check_scenario(margin->portfolio, reterr);
    return status;
}

/* ---- collateral ---- */

static enum status check_asset(const struct collateral_asset *asset, struct error *reterr) {
    const char *name = asset->symbol;
    if (asset->band_count == 0)
        return error_set(reterr, STATUS_CONFIG, "collateral.%s: needs a weight or bands", name);
    for (size_t b = 1; b < asset->band_count; b++)
        if (asset->bands[b].up_to <= asset->bands[b - 1].up_to)
            return error_set(reterr, STATUS_CONFIG,
                             "collateral.%s.bands[%zu]: up to less than the band before", name, b);
    if (asset->bands[asset->band_count - 1].up_to != INT64_MAX)
        return error_set(reterr, STATUS_CONFIG, "collateral.%s.bands: must end without a bound",
                         name);
    if (asset->sqrt_factor.mantissa > 0 && asset->sqrt_top.mantissa == 0)
        return error_set(reterr, STATUS_CONFIG, "collateral.%s.sqrt_top: must be above 0", name);
    if (asset->price == COLLATERAL_FIXED && asset->fixed_price.mantissa <= 0)
        return error_set(reterr, STATUS_CONFIG, "collateral.%s.price: must be above 0", name);
    return STATUS_OK;
}

static enum status check_collateral(const struct rulebook *rulebook, struct error *reterr) {
    enum status status = STATUS_OK;
    for (size_t i = 0; i < rulebook->collateral.count && status == STATUS_OK; i++)
        status = check_asset(&rulebook->collateral.assets[i], reterr);
    return status;
}

/* ---- liquidation ---- */

static enum status check_closing(const struct rulebook *rulebook, const struct closing *closing,
                                 const char *where, struct error *reterr) {
    if (closing->close == CLOSE_STEP && (rulebook->liquidation.step_notional > 0) ==
                                            (rulebook->liquidation.step_quantity.mantissa > 0))
        return error_set(reterr, STATUS_CONFIG,
                         "%s.close: step needs step_notional or step_quantity of liquidation, and "
                         "not both",
                         where);
    if ((closing->close == CLOSE_FRACTION || closing->close == CLOSE_PORTION) &&
        closing->fraction_e8 == 0)
        return error_set(reterr, STATUS_CONFIG, "%s.fraction: must be above 0 and at most 1",
                         where);
    if (closing->close == CLOSE_TO_TARGET && closing->target_ratio_e8 == 0)
        return error_set(reterr, STATUS_CONFIG, "%s.target_ratio: outside 1..1000", where);
    return STATUS_OK;
}

static enum status check_stages(const struct rulebook *rulebook, struct error *reterr) {
    for (size_t s = 0; s < rulebook->liquidation.stage_count; s++) {
        const struct liquidation_stage *stage = &rulebook->liquidation.stages[s];
        char where[48];
        (void)snprintf(where, sizeof(where), "liquidation.stages[%zu]", s);
        if (s > 0 && stage->ratio_e8 >= stage[-1].ratio_e8)
            return error_set(reterr, STATUS_CONFIG,
                             "%s: ratios must fall from stage to stage: the deepest is last",
                             where);
        const enum status status = check_closing(rulebook, &stage->closing, where, reterr);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

/* What a take-over is worked off by must then be given. */
static enum status check_inventory(const struct rulebook *rulebook, struct error *reterr) {
    if (!rulebook_takes_over(rulebook))
        return STATUS_OK;
    if (rulebook->liquidation.inventory_interval_ns == 0)
        return error_set(reterr, STATUS_CONFIG,
                         "liquidation.inventory.interval_ms: outside 1..86400000");
    if (rulebook->liquidation.inventory_fraction_e8 == 0)
        return error_set(reterr, STATUS_CONFIG, "liquidation.inventory.fraction: outside (0, 1]");
    return STATUS_OK;
}

/* An order that its limit leaves out must not come again in the very next wave. */
static enum status check_limit(const struct rulebook *rulebook, struct error *reterr) {
    const struct rulebook_limits *limits = &rulebook->limits;
    const bool taken_over = limits->order == LIMIT_BANKRUPTCY &&
                            rulebook->liquidation.then_price == PRICE_BANKRUPTCY &&
                            rulebook->liquidation.stage_count == 0;
    if (limits->order != LIMIT_NONE && limits->block_ns == 0 && limits->interval_ns == 0 &&
        !taken_over)
        return error_set(reterr, STATUS_CONFIG,
                         "liquidation.limit: needs block_ms or interval_ms, when an order is tried "
                         "again (bankruptcy: or then: bankruptcy without stages)");
    return STATUS_OK;
}

/* What of a limit has no meaning without another key. */
static enum status check_needs(const struct rulebook *rulebook, struct error *reterr) {
    const struct rulebook_limits *limits = &rulebook->limits;
    if (limits->pace_pools > 0 && limits->pace_ns == 0)
        return error_set(reterr, STATUS_CONFIG, "liquidation.pace_ms: outside 1..86400000");
    if (limits->release_ns > 0 && limits->interval_ns == 0)
        return error_set(reterr, STATUS_CONFIG,
                         "liquidation.release_ms: needs interval_ms, the time between two orders");
    if (limits->block_ns == 0 && limits->block_notional > 0)
        return error_set(reterr, STATUS_CONFIG, "liquidation.block_notional: needs block_ms");
    if (limits->block_ns == 0 && limits->block_insurance > 0)
        return error_set(reterr, STATUS_CONFIG, "liquidation.block_insurance: needs block_ms");
    if (limits->block_ns == 0 && limits->block_once)
        return error_set(reterr, STATUS_CONFIG, "liquidation.block_once: needs block_ms");
    if ((limits->window_ns > 0) != (limits->window_count > 0))
        return error_set(reterr, STATUS_CONFIG,
                         "liquidation.window_ms: window_ms and window_quantity need each other");
    if (rulebook->liquidation.cancel_orders == CANCEL_INSTRUMENT && limits->block_ns > 0)
        return error_set(reterr, STATUS_CONFIG,
                         "liquidation.cancel_orders: instrument is not supported with block_ms");
    return STATUS_OK;
}

static enum status check_liquidation(const struct rulebook *rulebook, struct error *reterr) {
    const struct closing base = rulebook_closing(rulebook);
    enum status status = check_closing(rulebook, &base, "liquidation", reterr);
    if (status == STATUS_OK)
        status = check_needs(rulebook, reterr);
    if (status == STATUS_OK)
        status = check_limit(rulebook, reterr);
    if (status == STATUS_OK)
        status = check_inventory(rulebook, reterr);
    return status == STATUS_OK ? check_stages(rulebook, reterr) : status;
}

/* ---- waterfall ---- */

static enum status check_waterfall(const struct rulebook_waterfall *waterfall,
                                   struct error *reterr) {
    for (size_t i = 0; i < waterfall->stage_count; i++)
        for (size_t j = 0; j < i; j++)
            if (waterfall->stages[j] == waterfall->stages[i])
                return error_set(reterr, STATUS_CONFIG,
                                 "waterfall.stages[%zu]: the same stage as [%zu]", i, j);
    if (waterfall->adl_fund_fall_e8 > 0 && waterfall->adl_fund_window_ns == 0)
        return error_set(reterr, STATUS_CONFIG,
                         "waterfall.adl_fund_window_ms: outside 1..604800000");
    if (waterfall->fund_share_count > 0 && waterfall->fund != FUND_PER_INSTRUMENT)
        return error_set(reterr, STATUS_CONFIG,
                         "waterfall.fund_shares: needs fund: per_instrument");
    return STATUS_OK;
}

enum status rulebook_check(const struct rulebook *rulebook, struct error *reterr) {
    enum status status = fields_check(rulebook_fields, rulebook, "", reterr);
    if (status == STATUS_OK)
        status = check_margin(rulebook, reterr);
    if (status == STATUS_OK)
        status = check_collateral(rulebook, reterr);
    if (status == STATUS_OK)
        status = check_liquidation(rulebook, reterr);
    if (status == STATUS_OK)
        status = check_waterfall(&rulebook->waterfall, reterr);
    if (status == STATUS_OK)
        status = mark_rule_check(&rulebook->mark, reterr);
    return status;
}
