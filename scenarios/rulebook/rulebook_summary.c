#include "scenarios/rulebook/rulebook_summary.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/decimal_text.h"
#include "engine/rules/portfolio_margin.h"
#include "scenarios/rulebook/rulebook_mark.h"
#include "scenarios/rulebook/rulebook_yaml.h"

#define TEXT_SIZE 64

/* A rate of 1e-8 as a percentage, exactly: 0.055 %. */
static const char *percent(struct yaml_arena *arena, int64_t rate_e8) {
    char text[TEXT_SIZE];
    const struct decimal value = decimal_normal((struct decimal){rate_e8, 6});
    (void)decimal_format(value.mantissa, value.decimals, text);
    return yaml_arena_format(arena, "%s %%", text);
}

static const char *number(struct yaml_arena *arena, struct decimal value) {
    char text[TEXT_SIZE];
    const struct decimal v = decimal_normal(value);
    (void)decimal_format(v.mantissa, v.decimals, text);
    return yaml_arena_copy(arena, text, strlen(text));
}

static bool is_zero(struct decimal value) {
    return value.mantissa == 0;
}

/* ---- identity ---- */

static const char *name_text(struct yaml_arena *arena, const struct rulebook *rulebook) {
    (void)arena;
    return rulebook->name;
}

static const char *valid_from_text(struct yaml_arena *arena, const struct rulebook *rulebook) {
    (void)arena;
    return rulebook->valid_from;
}

static const char *source_text(struct yaml_arena *arena, const struct rulebook *rulebook) {
    (void)arena;
    return rulebook->source;
}

static const char *settlement_text(struct yaml_arena *arena, const struct rulebook *rulebook) {
    (void)arena;
    return rulebook->margin.settlement != NULL ? rulebook->margin.settlement : "the contract's";
}

/* Other assets than the settlement one, with their weight or first band. */
static const char *collateral_text(struct yaml_arena *arena, const struct rulebook *rulebook) {
    const char *text = "";
    for (size_t i = 0; i < rulebook->collateral.count; i++) {
        const struct collateral_asset *asset = &rulebook->collateral.assets[i];
        const bool banded = asset->band_count > 2;
        const int64_t weight = asset->bands[0].weight_e8;
        if (weight == RATE_SCALE && !banded && rulebook->collateral.count == 1)
            return asset->symbol;
        const char *less = !is_zero(asset->sqrt_factor) ? " and less by its root"
                           : banded                     ? " and less by bands"
                                                        : "";
        text = yaml_arena_format(arena, "%s%s%s %s%s", text, i > 0 ? ", " : "", asset->symbol,
                                 percent(arena, weight), less);
    }
    return text[0] == '\0' ? "settlement asset" : text;
}

/* ---- margin ---- */

static const char *tiers_text(struct yaml_arena *arena, const struct rulebook *rulebook) {
    const struct tier_table *first = &rulebook->margin.tables[0];
    if (rulebook->margin.table_count == 1 && first->count == 1)
        return percent(arena, first->tiers[0].rate_e8);
    return yaml_arena_format(arena, "brackets with deduction, from %s; tables: %zu",
                             percent(arena, first->tiers[0].rate_e8), rulebook->margin.table_count);
}

/* The curve's formula, as far as it has parts. */
static const char *curve_text(struct yaml_arena *arena, const struct size_curve *c) {
    const char *unit = c->unit == SIZE_BASE ? "size" : "notional";
    const char *text = is_zero(c->base) ? "" : number(arena, c->base);
    const char *plus = text[0] == '\0' ? "" : " + ";
    if (!is_zero(c->per_unit)) {
        text =
            yaml_arena_format(arena, "%s%s%s × %s", text, plus, number(arena, c->per_unit), unit);
        plus = " + ";
    }
    if (!is_zero(c->sqrt_factor)) {
        text = yaml_arena_format(arena, "%s%s%s × √%s", text, plus, number(arena, c->sqrt_factor),
                                 unit);
        plus = " + ";
    }
    if (!is_zero(c->step))
        text = yaml_arena_format(arena, "%s%s%s each %s of %s beyond %s", text, plus,
                                 number(arena, c->step_rate), number(arena, c->step), unit,
                                 number(arena, c->step_from));
    if (!is_zero(c->floor))
        text = yaml_arena_format(arena, "%s, at least %s", text, number(arena, c->floor));
    if (c->minimum > 0)
        text = yaml_arena_format(arena, "%s, and %s a position", text,
                                 number(arena, (struct decimal){c->minimum, MONEY_DECIMALS}));
    return text;
}

static const char *sizes_text(struct yaml_arena *arena, const struct rulebook *rulebook) {
    const struct size_curve *first = &rulebook->margin.sizes[0];
    return yaml_arena_format(arena, "%s (%s; curves: %zu)", curve_text(arena, first),
                             first->symbol != NULL ? first->symbol : "any contract",
                             rulebook->margin.size_count);
}

static const char *scenario_text(struct yaml_arena *arena, const struct rulebook *rulebook) {
    const struct portfolio_margin *scenario = rulebook->margin.portfolio;
    const char *text =
        yaml_arena_format(arena, "worst of %zu moves, %s alone", scenario->move_count,
                          percent(arena, portfolio_worst_rate(scenario, NULL)));
    for (size_t u = 0; u < scenario->unit_count; u++)
        if (scenario->units[u].move_count > 0)
            text = yaml_arena_format(
                arena, "%s, %s %s", text, scenario->units[u].name,
                percent(arena, portfolio_worst_rate(scenario, scenario->units[u].symbols[0])));
    if (scenario->basis_rate_e8 > 0)
        text = yaml_arena_format(arena, "%s, %s on what nets", text,
                                 percent(arena, scenario->basis_rate_e8));
    if (scenario->offset_count > 0)
        text = yaml_arena_format(arena, "%s, offsets: %zu", text, scenario->offset_count);
    return text;
}

static const char *margin_text(struct yaml_arena *arena, const struct rulebook *rulebook) {
    const char *text = rulebook->margin.portfolio != NULL ? scenario_text(arena, rulebook)
                       : rulebook->margin.size_count > 0  ? sizes_text(arena, rulebook)
                                                          : tiers_text(arena, rulebook);
    if (rulebook->margin.basis == BASIS_ENTRY)
        text = yaml_arena_format(arena, "%s, at entry", text);
    if (rulebook->margin.closing_fee_rate_e8 > 0)
        text = yaml_arena_format(arena, "%s, plus a fee of %s", text,
                                 percent(arena, rulebook->margin.closing_fee_rate_e8));
    if (rulebook->margin.orders.counts == ORDERS_MAINTENANCE)
        text = yaml_arena_format(arena, "%s, open orders too", text);
    return text;
}

static const char *form_text(struct yaml_arena *arena, const struct rulebook *rulebook) {
    (void)arena;
    if (rulebook->margin.portfolio != NULL)
        return "portfolio";
    if (rulebook->margin.size_count > 0)
        return "by size";
    return rulebook->margin.table_count == 1 && rulebook->margin.tables[0].count == 1 ? "flat"
                                                                                      : "brackets";
}

static const char *trigger_text(struct yaml_arena *arena, const struct rulebook *rulebook) {
    const struct decimal ratio = decimal_normal(rulebook->margin.trigger_ratio);
    const char *sign = rulebook->margin.trigger == TRIGGER_BELOW ? "<" : "≤";
    if (ratio.mantissa == 1 && ratio.decimals == 0)
        return yaml_arena_format(arena, "equity %s margin", sign);
    return yaml_arena_format(arena, "equity %s %s × margin", sign, number(arena, ratio));
}

/* ---- closing, losses ---- */

static const char *order_text(struct yaml_arena *arena, const struct rulebook *rulebook) {
    (void)arena;
    return rulebook_choice_name("order", (int)rulebook->liquidation.order);
}

static const char *money_text(struct yaml_arena *arena, int64_t money) {
    return number(arena, (struct decimal){money, MONEY_DECIMALS});
}

static const char *seconds_text(struct yaml_arena *arena, int64_t span_ns) {
    return yaml_arena_format(arena, "%s s", number(arena, (struct decimal){span_ns, 9}));
}

/* What the closing rule's own parameter is. */
static const char *rule_text(struct yaml_arena *arena, const struct rulebook *rulebook) {
    const char *text = rulebook_choice_name("close", (int)rulebook->liquidation.close);
    if (rulebook->liquidation.close == CLOSE_FRACTION ||
        rulebook->liquidation.close == CLOSE_PORTION)
        return yaml_arena_format(arena, "%s %s", text,
                                 percent(arena, rulebook->liquidation.fraction_e8));
    if (rulebook->liquidation.close == CLOSE_TO_TARGET)
        return yaml_arena_format(
            arena, "%s %s", text,
            number(arena, (struct decimal){rulebook->liquidation.target_ratio_e8, 8}));
    if (rulebook->liquidation.close == CLOSE_TIER_STEP && rulebook->liquidation.tier_steps > 1)
        return yaml_arena_format(arena, "%s × %lld", text,
                                 (long long)rulebook->liquidation.tier_steps);
    if (rulebook->liquidation.close == CLOSE_STEP)
        return yaml_arena_format(arena, "%s of %s", text,
                                 rulebook->liquidation.step_notional > 0
                                     ? money_text(arena, rulebook->liquidation.step_notional)
                                     : number(arena, rulebook->liquidation.step_quantity));
    return text;
}

static const char *step_text(struct yaml_arena *arena, const struct rulebook *rulebook) {
    const char *text = rule_text(arena, rulebook);
    if (rulebook->liquidation.cancel_orders == CANCEL_INSTRUMENT)
        text = yaml_arena_format(arena, "cancel the contract's open orders, %s", text);
    else if (rulebook->liquidation.cancel_orders == CANCEL_ALL &&
             rulebook->margin.orders.counts != ORDERS_NONE)
        text = yaml_arena_format(arena, "cancel open orders, %s", text);
    if (rulebook->liquidation.partial_above > 0)
        text = yaml_arena_format(arena, "%s, full to %s", text,
                                 money_text(arena, rulebook->liquidation.partial_above));
    if (rulebook->liquidation.full_within_ns > 0)
        text = yaml_arena_format(arena, "%s, full within %s", text,
                                 seconds_text(arena, rulebook->liquidation.full_within_ns));
    if (rulebook->limits.interval_ns > 0)
        text = yaml_arena_format(arena, "%s, every %s", text,
                                 seconds_text(arena, rulebook->limits.interval_ns));
    if (rulebook->limits.block_once || rulebook->limits.block_notional > 0) {
        text = yaml_arena_format(arena, "%s, in a block of %s", text,
                                 seconds_text(arena, rulebook->limits.block_ns));
        if (rulebook->limits.block_once)
            text = yaml_arena_format(arena, "%s once", text);
        if (rulebook->limits.block_notional > 0)
            text = yaml_arena_format(arena, "%s to %s", text,
                                     money_text(arena, rulebook->limits.block_notional));
    }
    if (rulebook->limits.window_count > 0)
        text = yaml_arena_format(arena, "%s, to %s of %s in %s by all", text,
                                 number(arena, rulebook->limits.windows[0].quantity),
                                 rulebook->limits.windows[0].symbol != NULL
                                     ? rulebook->limits.windows[0].symbol
                                     : "a contract",
                                 seconds_text(arena, rulebook->limits.window_ns));
    if (rulebook->liquidation.exit_ratio_e8 > 0)
        text = yaml_arena_format(
            arena, "%s, until equity is %s × margin", text,
            number(arena, (struct decimal){rulebook->liquidation.exit_ratio_e8, 8}));
    for (size_t k = 0; k < rulebook->liquidation.stage_count; k++) {
        const struct liquidation_stage *stage = &rulebook->liquidation.stages[k];
        text =
            yaml_arena_format(arena, "%s; %s %s × margin: %s", text, stage->inclusive ? "≤" : "<",
                              number(arena, (struct decimal){stage->ratio_e8, 8}),
                              rulebook_choice_name("action", (int)stage->closing.action));
    }
    return text;
}

static const char *price_text(struct yaml_arena *arena, const struct rulebook *rulebook) {
    const char *text = rulebook_choice_name("price", (int)rulebook->liquidation.price);
    if (rulebook->limits.order == LIMIT_FILLABLE)
        text = yaml_arena_format(arena, "%s to the fillable price", text);
    if (rulebook->limits.order == LIMIT_BANKRUPTCY)
        text = yaml_arena_format(arena, "%s to the bankruptcy price", text);
    if (rulebook->liquidation.last_price == PRICE_BANKRUPTCY &&
        rulebook->liquidation.price != PRICE_BANKRUPTCY)
        text = yaml_arena_format(arena, "%s, the last order at bankruptcy", text);
    if (rulebook->liquidation.then_price == PRICE_BANKRUPTCY &&
        rulebook->liquidation.price != PRICE_BANKRUPTCY)
        text = yaml_arena_format(arena, "%s, after the first at bankruptcy", text);
    return text;
}

static const char *fee_text(struct yaml_arena *arena, const struct rulebook *rulebook) {
    const char *text = "";
    if (rulebook->liquidation.fee_rate_e8 > 0 || rulebook->liquidation.fee_rate_count > 0) {
        text = percent(arena, rulebook->liquidation.fee_rate_e8);
        for (size_t i = 0; i < rulebook->liquidation.fee_rate_count; i++)
            text = yaml_arena_format(arena, "%s, %s %s", text,
                                     rulebook->liquidation.fee_rates[i].symbol,
                                     percent(arena, rulebook->liquidation.fee_rates[i].rate_e8));
        text = yaml_arena_format(arena, "%s to %s", text,
                                 rulebook_choice_name("fee_to", (int)rulebook->liquidation.fee_to));
    }
    if (rulebook->liquidation.remainder_to == REMAINDER_INSURANCE_FUND)
        text = yaml_arena_format(arena, "%s%sthe remainder to insurance_fund", text,
                                 text[0] != '\0' ? ", " : "");
    return text[0] != '\0' ? text : "none";
}

static const char *losses_text(struct yaml_arena *arena, const struct rulebook *rulebook) {
    const char *text = rulebook->waterfall.stage_count == 0 ? "none" : "";
    for (size_t s = 0; s < rulebook->waterfall.stage_count; s++)
        text =
            yaml_arena_format(arena, "%s%s%s", text, s > 0 ? ", " : "",
                              rulebook_choice_name("stages", (int)rulebook->waterfall.stages[s]));
    if (rulebook->waterfall.fund == FUND_PER_INSTRUMENT &&
        rulebook_has_stage(rulebook, STAGE_INSURANCE_FUND))
        text = yaml_arena_format(arena, "%s; a fund an instrument", text);
    if (rulebook->waterfall.socialise_at == SOCIALISE_AT_SESSION)
        text = yaml_arena_format(arena, "%s at the session's close", text);
    if (rulebook->waterfall.adl_fund_fall_e8 > 0)
        text = yaml_arena_format(arena, "%s; the fund to a fall of %s in %s", text,
                                 percent(arena, rulebook->waterfall.adl_fund_fall_e8),
                                 seconds_text(arena, rulebook->waterfall.adl_fund_window_ns));
    return text;
}

static const char *adl_text(struct yaml_arena *arena, const struct rulebook *rulebook) {
    if (!rulebook_has_stage(rulebook, STAGE_ADL))
        return "none";
    return yaml_arena_format(arena, "%s / %s",
                             rulebook_choice_name("adl_rank", (int)rulebook->waterfall.adl_rank),
                             rulebook_choice_name("adl_price", (int)rulebook->waterfall.adl_price));
}

static const char *mark_text(struct yaml_arena *arena, const struct rulebook *rulebook) {
    const struct mark_rule *mark = &rulebook->mark;
    const char *text = mark->part_count > 1 ? "median of " : "";
    bool averaged = false;
    for (size_t k = 0; k < mark->part_count; k++) {
        text = yaml_arena_format(arena, "%s%s%s", text, k > 0 ? ", " : "",
                                 rulebook_mark_part(mark->parts[k]));
        averaged =
            averaged || mark->parts[k] == MARK_PART_BASIS || mark->parts[k] == MARK_PART_RECORDED;
    }
    if (averaged)
        text = yaml_arena_format(arena, "%s (%s)", text, seconds_text(arena, mark->average_ns));
    if (mark->band_e8 > 0)
        text = yaml_arena_format(arena, "%s within %s of the index", text,
                                 percent(arena, mark->band_e8));
    return text;
}

const struct rulebook_column rulebook_columns[] = {
    {"name", "rulebook", name_text},
    {"valid_from", "valid from", valid_from_text},
    {"settlement", "settles in", settlement_text},
    {"margin", "form", form_text},
    {"collateral", "collateral", collateral_text},
    {"maintenance", "maintenance margin", margin_text},
    {"trigger", "trigger", trigger_text},
    {"mark", "mark price", mark_text},
    {"order", "which positions", order_text},
    {"step", "how much", step_text},
    {"price", "price", price_text},
    {"fee", "fee", fee_text},
    {"losses", "who pays losses", losses_text},
    {"adl", "deleveraging: rank / price", adl_text},
    {"source", "source", source_text},
    {NULL, NULL, NULL},
};

const struct rulebook_column *rulebook_column_find(const char *name) {
    const struct rulebook_column *column = rulebook_columns;
    while (column->name != NULL && strcmp(column->name, name) != 0)
        column++;
    assert(column->name != NULL);
    return column;
}
