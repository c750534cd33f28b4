#include "engine/rules/rulebook_parts.h"

#include <stdio.h>
#include <string.h>

/* Whether a rulebook's `name` means the run's `symbol`: VENUE:SYMBOL is the venue's SYMBOL. */
static bool names(const char *name, const char *symbol) {
    const char *colon = strchr(symbol, ':');
    return strcmp(name, symbol) == 0 || (colon != NULL && strcmp(name, colon + 1) == 0);
}

const struct size_curve *rulebook_size(const struct size_curve *curves, size_t count,
                                       const char *symbol) {
    const struct size_curve *for_all = NULL;
    for (size_t i = 0; i < count; i++) {
        if (curves[i].symbol == NULL)
            for_all = &curves[i];
        else if (names(curves[i].symbol, symbol))
            return &curves[i];
    }
    return for_all;
}

const struct collateral_asset *rulebook_collateral(const struct rulebook *rulebook,
                                                   const char *symbol) {
    for (size_t i = 0; i < rulebook->collateral.count; i++)
        if (strcmp(rulebook->collateral.assets[i].symbol, symbol) == 0)
            return &rulebook->collateral.assets[i];
    return NULL;
}

int64_t rulebook_fee_rate_e8(const struct rulebook *rulebook, const char *symbol) {
    for (size_t i = 0; i < rulebook->liquidation.fee_rate_count; i++)
        if (names(rulebook->liquidation.fee_rates[i].symbol, symbol))
            return rulebook->liquidation.fee_rates[i].rate_e8;
    return rulebook->liquidation.fee_rate_e8;
}

static const char *curve_name(const struct size_curve *curve) {
    return curve->symbol != NULL ? curve->symbol : "default";
}

static double ratio_of(struct decimal value) {
    return decimal_to_double(value);
}

static enum status check_curves(const char *key, const struct size_curve *curves, size_t count,
                                struct error *reterr) {
    for (size_t i = 0; i < count; i++) {
        const struct size_curve *c = &curves[i];
        const char *name = curve_name(c);
        for (size_t k = 0; k < i; k++)
            if (strcmp(curve_name(&curves[k]), name) == 0)
                return error_set(reterr, STATUS_CONFIG, "margin.%s.%s: given twice", key, name);
        const struct {
            const char *name;
            struct decimal value;
        } members[] = {{"base", c->base},
                       {"per_unit", c->per_unit},
                       {"sqrt_factor", c->sqrt_factor},
                       {"sqrt_scale", c->sqrt_scale},
                       {"sqrt_offset", c->sqrt_offset},
                       {"step", c->step},
                       {"step_from", c->step_from},
                       {"step_rate", c->step_rate},
                       {"floor", c->floor},
                       {"cap", c->cap}};
        for (size_t m = 0; m < sizeof(members) / sizeof(members[0]); m++)
            if (members[m].value.mantissa < 0)
                return error_set(reterr, STATUS_CONFIG, "margin.%s.%s.%s: is below 0", key, name,
                                 members[m].name);
        const double cap = ratio_of(c->cap);
        if (cap <= 0.0 || cap > 1.0 || (c->unit == SIZE_NOTIONAL && cap > 0.5))
            return error_set(reterr, STATUS_CONFIG,
                             "margin.%s.%s.cap: must be above 0 and at most %s", key, name,
                             c->unit == SIZE_NOTIONAL ? "0.5 where the size is the notional" : "1");
        if (ratio_of(c->base) > 1.0 || ratio_of(c->floor) > cap)
            return error_set(reterr, STATUS_CONFIG, "margin.%s.%s.%s: above %s", key, name,
                             ratio_of(c->base) > 1.0 ? "base" : "floor",
                             ratio_of(c->base) > 1.0 ? "1" : "the cap");
        if (c->unit == SIZE_NOTIONAL && c->step.mantissa != 0)
            return error_set(
                reterr, STATUS_CONFIG,
                "margin.%s.%s.step: a requirement that jumps as the price moves; steps "
                "need unit base or entry_notional",
                key, name);
        if (c->minimum < 0)
            return error_set(reterr, STATUS_CONFIG, "margin.%s.%s.minimum: is below 0", key, name);
    }
    return STATUS_OK;
}

static enum status check_fall(const struct collateral_asset *asset, struct error *reterr) {
    const struct decimal factor = decimal_normal(asset->sqrt_factor);
    const struct decimal top = decimal_normal(asset->sqrt_top);
    if (factor.mantissa < 0 || factor.decimals > 18 || ratio_of(factor) > 1e6)
        return error_set(reterr, STATUS_CONFIG,
                         "collateral.%s.sqrt_factor: outside 0..1000000 or more than 18 decimals",
                         asset->symbol);
    if (factor.mantissa > 0 && (top.mantissa <= 0 || top.decimals > 12 || ratio_of(top) > 10.0))
        return error_set(reterr, STATUS_CONFIG,
                         "collateral.%s.sqrt_top: must be above 0, at most 10 and have at most 12 "
                         "decimals",
                         asset->symbol);
    return STATUS_OK;
}

static enum status check_asset(const struct collateral_asset *asset, struct error *reterr) {
    const char *name = asset->symbol;
    if (asset->band_count == 0)
        return error_set(reterr, STATUS_CONFIG, "collateral.%s: needs a weight or bands", name);
    for (size_t b = 0; b < asset->band_count; b++) {
        if (asset->bands[b].weight_e8 < 0 || asset->bands[b].weight_e8 > RATE_SCALE)
            return error_set(reterr, STATUS_CONFIG, "collateral.%s.bands[%zu]: weight outside 0..1",
                             name, b);
        if (b > 0 && asset->bands[b].up_to <= asset->bands[b - 1].up_to)
            return error_set(reterr, STATUS_CONFIG,
                             "collateral.%s.bands[%zu]: up to less than the band before", name, b);
    }
    if (asset->bands[0].up_to <= 0 || asset->bands[asset->band_count - 1].up_to != INT64_MAX)
        return error_set(reterr, STATUS_CONFIG,
                         "collateral.%s.bands: must begin above 0 and end without a bound", name);
    if (asset->liability_weight_e8 < RATE_SCALE || asset->liability_weight_e8 > 10 * RATE_SCALE)
        return error_set(reterr, STATUS_CONFIG, "collateral.%s.liability_weight: outside 1..10",
                         name);
    if (asset->exchange_ratio_e8 <= 0 || asset->exchange_ratio_e8 > RATE_SCALE)
        return error_set(reterr, STATUS_CONFIG,
                         "collateral.%s.exchange_ratio: must be above 0 and at most 1", name);
    if (asset->borrow_rate_e8 < 0 || asset->borrow_rate_e8 > RATE_SCALE)
        return error_set(reterr, STATUS_CONFIG, "collateral.%s.borrow_rate: outside 0..1", name);
    if (asset->price == COLLATERAL_FIXED && asset->fixed_price.mantissa <= 0)
        return error_set(reterr, STATUS_CONFIG, "collateral.%s.price: must be above 0", name);
    return check_fall(asset, reterr);
}

static bool has_unit(const struct portfolio_margin *scenario, const char *name) {
    for (size_t u = 0; u < scenario->unit_count; u++)
        if (strcmp(scenario->units[u].name, name) == 0)
            return true;
    return false;
}

static enum status check_moves(const char *where, const struct portfolio_move *moves, size_t count,
                               struct error *reterr) {
    if (count > PORTFOLIO_MOVES_MAX)
        return error_set(reterr, STATUS_CONFIG, "margin.scenario.%smoves: 1 to %d", where,
                         PORTFOLIO_MOVES_MAX);
    for (size_t m = 0; m < count; m++) {
        if (moves[m].move_e8 <= -RATE_SCALE || moves[m].move_e8 > RATE_SCALE)
            return error_set(reterr, STATUS_CONFIG,
                             "margin.scenario.%smoves[%zu]: must be above -1 and at most 1", where,
                             m);
        if (moves[m].cover_e8 <= 0 || moves[m].cover_e8 > RATE_SCALE)
            return error_set(reterr, STATUS_CONFIG,
                             "margin.scenario.%smoves[%zu]: cover must be above 0 and at most 1",
                             where, m);
    }
    return STATUS_OK;
}

static enum status check_scenario(const struct portfolio_margin *s, struct error *reterr) {
    if (s->move_count == 0)
        return error_set(reterr, STATUS_CONFIG, "margin.scenario.moves: 1 to %d",
                         PORTFOLIO_MOVES_MAX);
    enum status status = check_moves("", s->moves, s->move_count, reterr);
    for (size_t u = 0; u < s->unit_count && status == STATUS_OK; u++) {
        char where[160];
        (void)snprintf(where, sizeof(where), "units.%.100s.", s->units[u].name); /* cut is ok */
        status = check_moves(where, s->units[u].moves, s->units[u].move_count, reterr);
    }
    if (status != STATUS_OK)
        return status;
    if (s->basis_rate_e8 < 0 || s->basis_rate_e8 > RATE_SCALE)
        return error_set(reterr, STATUS_CONFIG, "margin.scenario.basis_rate: outside 0..1");
    if (s->minimum_rate_e8 < 0 || s->minimum_rate_e8 > RATE_SCALE)
        return error_set(reterr, STATUS_CONFIG, "margin.scenario.minimum_rate: outside 0..1");
    for (size_t o = 0; o < s->offset_count; o++) {
        const struct portfolio_offset *offset = &s->offsets[o];
        if (!has_unit(s, offset->units[0]) || !has_unit(s, offset->units[1]) ||
            strcmp(offset->units[0], offset->units[1]) == 0)
            return error_set(reterr, STATUS_CONFIG,
                             "margin.scenario.offsets[%zu].units: must be two of the units", o);
        if (offset->rate_e8 < 0 || offset->rate_e8 > RATE_SCALE)
            return error_set(reterr, STATUS_CONFIG,
                             "margin.scenario.offsets[%zu].rate: outside 0..1", o);
    }
    if (s->initial_factor.mantissa <= 0)
        return error_set(reterr, STATUS_CONFIG, "margin.scenario.initial_factor: must be above 0");
    return STATUS_OK;
}

static bool portfolio_equal(const struct portfolio_margin *a, const struct portfolio_margin *b) {
    if (a == NULL || b == NULL)
        return a == b;
    if (a->unit_count != b->unit_count || a->move_count != b->move_count ||
        a->basis_rate_e8 != b->basis_rate_e8 || a->minimum_rate_e8 != b->minimum_rate_e8 ||
        a->offset_count != b->offset_count || a->holdings != b->holdings ||
        memcmp(a->moves, b->moves, a->move_count * sizeof(a->moves[0])) != 0)
        return false;
    for (size_t u = 0; u < a->unit_count; u++) {
        const struct portfolio_unit *x = &a->units[u];
        const struct portfolio_unit *y = &b->units[u];
        if (strcmp(x->name, y->name) != 0 || x->symbol_count != y->symbol_count ||
            x->move_count != y->move_count ||
            (x->move_count > 0 &&
             memcmp(x->moves, y->moves, x->move_count * sizeof(x->moves[0])) != 0))
            return false;
        for (size_t k = 0; k < x->symbol_count; k++)
            if (strcmp(x->symbols[k], y->symbols[k]) != 0)
                return false;
    }
    for (size_t o = 0; o < a->offset_count; o++)
        if (strcmp(a->offsets[o].units[0], b->offsets[o].units[0]) != 0 ||
            strcmp(a->offsets[o].units[1], b->offsets[o].units[1]) != 0 ||
            a->offsets[o].rate_e8 != b->offsets[o].rate_e8)
            return false;
    return true;
}

static enum status check_orders(const struct rulebook *rulebook, struct error *reterr) {
    const struct order_margin *orders = &rulebook->margin.orders;
    if ((unsigned)orders->counts > ORDERS_MAINTENANCE)
        return error_set(reterr, STATUS_CONFIG, "margin.orders.counts: unknown");
    if ((unsigned)orders->rate > ORDER_RATE_FIXED || orders->rate_e8 < 0 ||
        orders->rate_e8 > RATE_SCALE)
        return error_set(reterr, STATUS_CONFIG, "margin.orders.rate: outside 0..1");
    if (orders->per_order < 0)
        return error_set(reterr, STATUS_CONFIG, "margin.orders.per_order: is below 0");
    if ((unsigned)rulebook->liquidation.cancel_orders > CANCEL_INSTRUMENT)
        return error_set(reterr, STATUS_CONFIG, "liquidation.cancel_orders: unknown");
    if (rulebook->liquidation.cancel_orders == CANCEL_INSTRUMENT && rulebook->limits.block_ns > 0)
        return error_set(reterr, STATUS_CONFIG,
                         "liquidation.cancel_orders: instrument is not supported with block_ms");
    return STATUS_OK;
}

static bool orders_equal(const struct rulebook *a, const struct rulebook *b) {
    return a->margin.orders.counts == b->margin.orders.counts &&
           a->margin.orders.rate == b->margin.orders.rate &&
           a->margin.orders.rate_e8 == b->margin.orders.rate_e8 &&
           a->margin.orders.per_order == b->margin.orders.per_order &&
           a->liquidation.cancel_orders == b->liquidation.cancel_orders;
}

static enum status check_fee_rates(const struct rulebook *rulebook, struct error *reterr) {
    for (size_t i = 0; i < rulebook->liquidation.fee_rate_count; i++) {
        const struct symbol_rate *own = &rulebook->liquidation.fee_rates[i];
        if (own->rate_e8 < 0 || own->rate_e8 > RATE_SCALE)
            return error_set(reterr, STATUS_CONFIG, "liquidation.fee_rate.%s: outside 0..1",
                             own->symbol);
        for (size_t k = 0; k < i; k++)
            if (strcmp(rulebook->liquidation.fee_rates[k].symbol, own->symbol) == 0)
                return error_set(reterr, STATUS_CONFIG, "liquidation.fee_rate.%s: given twice",
                                 own->symbol);
    }
    return STATUS_OK;
}

enum status rulebook_check_parts(const struct rulebook *rulebook, struct error *reterr) {
    enum status status =
        check_curves("size", rulebook->margin.sizes, rulebook->margin.size_count, reterr);
    if (status == STATUS_OK)
        status = check_curves("initial_size", rulebook->margin.initial_sizes,
                              rulebook->margin.initial_size_count, reterr);
    if (status == STATUS_OK && (rulebook->margin.closing_fee_rate_e8 < 0 ||
                                rulebook->margin.closing_fee_rate_e8 > RATE_SCALE))
        status = error_set(reterr, STATUS_CONFIG, "margin.closing_fee_rate: outside 0..1");
    if (status == STATUS_OK && rulebook->margin.exchange_below < 0)
        status = error_set(reterr, STATUS_CONFIG, "margin.exchange_below: is below 0");
    if (status == STATUS_OK && rulebook->margin.portfolio != NULL)
        status = check_scenario(rulebook->margin.portfolio, reterr);
    if (status == STATUS_OK && (unsigned)rulebook->margin.basis > BASIS_ENTRY)
        status = error_set(reterr, STATUS_CONFIG, "margin.basis: unknown");
    if (status == STATUS_OK)
        status = check_fee_rates(rulebook, reterr);
    if (status == STATUS_OK)
        status = check_orders(rulebook, reterr);
    for (size_t i = 0; i < rulebook->collateral.count && status == STATUS_OK; i++) {
        status = check_asset(&rulebook->collateral.assets[i], reterr);
        for (size_t k = 0; k < i && status == STATUS_OK; k++)
            if (strcmp(rulebook->collateral.assets[i].symbol,
                       rulebook->collateral.assets[k].symbol) == 0)
                status = error_set(reterr, STATUS_CONFIG, "collateral.%s: given twice",
                                   rulebook->collateral.assets[i].symbol);
    }
    return status;
}

/* ---- equality ---- */

static bool decimal_equal(struct decimal a, struct decimal b) {
    const struct decimal x = decimal_normal(a);
    const struct decimal y = decimal_normal(b);
    return x.mantissa == y.mantissa && x.decimals == y.decimals;
}

static bool curves_equal(const struct size_curve *a, size_t a_count, const struct size_curve *b,
                         size_t b_count) {
    if (a_count != b_count)
        return false;
    for (size_t i = 0; i < a_count; i++)
        if (strcmp(curve_name(&a[i]), curve_name(&b[i])) != 0 || a[i].unit != b[i].unit ||
            a[i].minimum != b[i].minimum || !decimal_equal(a[i].base, b[i].base) ||
            !decimal_equal(a[i].per_unit, b[i].per_unit) ||
            !decimal_equal(a[i].sqrt_factor, b[i].sqrt_factor) ||
            !decimal_equal(a[i].sqrt_scale, b[i].sqrt_scale) ||
            !decimal_equal(a[i].sqrt_offset, b[i].sqrt_offset) ||
            !decimal_equal(a[i].step, b[i].step) ||
            !decimal_equal(a[i].step_from, b[i].step_from) ||
            !decimal_equal(a[i].step_rate, b[i].step_rate) ||
            !decimal_equal(a[i].floor, b[i].floor) || !decimal_equal(a[i].cap, b[i].cap))
            return false;
    return true;
}

static bool asset_equal(const struct collateral_asset *a, const struct collateral_asset *b) {
    if (strcmp(a->symbol, b->symbol) != 0 || a->band_count != b->band_count ||
        a->liability_weight_e8 != b->liability_weight_e8 ||
        a->borrow_rate_e8 != b->borrow_rate_e8 || a->exchange_ratio_e8 != b->exchange_ratio_e8 ||
        a->price != b->price || !decimal_equal(a->sqrt_factor, b->sqrt_factor) ||
        (a->sqrt_factor.mantissa != 0 && !decimal_equal(a->sqrt_top, b->sqrt_top)))
        return false;
    for (size_t k = 0; k < a->band_count; k++)
        if (a->bands[k].up_to != b->bands[k].up_to ||
            a->bands[k].weight_e8 != b->bands[k].weight_e8)
            return false;
    if (a->price == COLLATERAL_FIXED)
        return decimal_equal(a->fixed_price, b->fixed_price);
    return a->price != COLLATERAL_INSTRUMENT || strcmp(a->instrument, b->instrument) == 0;
}

static bool fee_rates_equal(const struct rulebook *a, const struct rulebook *b) {
    if (a->liquidation.fee_rate_count != b->liquidation.fee_rate_count)
        return false;
    for (size_t i = 0; i < a->liquidation.fee_rate_count; i++)
        if (strcmp(a->liquidation.fee_rates[i].symbol, b->liquidation.fee_rates[i].symbol) != 0 ||
            a->liquidation.fee_rates[i].rate_e8 != b->liquidation.fee_rates[i].rate_e8)
            return false;
    return true;
}

bool rulebook_equal_parts(const struct rulebook *a, const struct rulebook *b) {
    const struct decimal one = {1, 0};
    if (!portfolio_equal(a->margin.portfolio, b->margin.portfolio) ||
        a->margin.basis != b->margin.basis || !fee_rates_equal(a, b) || !orders_equal(a, b) ||
        a->margin.closing_fee_rate_e8 != b->margin.closing_fee_rate_e8 ||
        a->margin.exchange_below != b->margin.exchange_below ||
        a->collateral.count != b->collateral.count ||
        !decimal_equal(a->margin.trigger_ratio.mantissa == 0 ? one : a->margin.trigger_ratio,
                       b->margin.trigger_ratio.mantissa == 0 ? one : b->margin.trigger_ratio) ||
        !curves_equal(a->margin.sizes, a->margin.size_count, b->margin.sizes,
                      b->margin.size_count) ||
        !curves_equal(a->margin.initial_sizes, a->margin.initial_size_count,
                      b->margin.initial_sizes, b->margin.initial_size_count))
        return false;
    for (size_t i = 0; i < a->collateral.count; i++)
        if (!asset_equal(&a->collateral.assets[i], &b->collateral.assets[i]))
            return false;
    return true;
}

const char *rulebook_stage_name(enum waterfall_stage stage) {
    static const char *const names[] = {[STAGE_INSURANCE_FUND] = "insurance_fund",
                                        [STAGE_BACKSTOP] = "backstop",
                                        [STAGE_ADL] = "adl",
                                        [STAGE_SOCIALISE] = "socialise",
                                        [STAGE_OPEN_INTEREST] = "socialise_open_interest"};
    return names[stage];
}
