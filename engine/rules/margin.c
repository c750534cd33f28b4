#include "engine/rules/margin.h"

#include <stdlib.h>
#include <string.h>

#include "engine/rules/portfolio_margin.h"

/* Maintenance multiplier times trigger ratio: both scale what must be held. */
static enum status multiplier_of(const struct rulebook *rulebook, struct decimal *ret_multiplier,
                                 struct error *reterr) {
    const struct decimal own = decimal_normal(rulebook->margin.maintenance_multiplier);
    const struct decimal ratio = decimal_normal(rulebook->margin.trigger_ratio.mantissa == 0
                                                    ? (struct decimal){1, 0}
                                                    : rulebook->margin.trigger_ratio);
    if (own.mantissa <= 0 || own.mantissa > INT64_C(10000000000) || own.decimals > 8)
        return error_set(reterr, STATUS_RANGE,
                         "rulebook '%s': maintenance_multiplier must be above 0, at most 100 and "
                         "have at most 8 decimals",
                         rulebook->name);
    if (ratio.mantissa <= 0 || ratio.mantissa > 1000000 || ratio.decimals > 4 ||
        own.decimals + ratio.decimals > 8)
        return error_set(reterr, STATUS_RANGE,
                         "rulebook '%s': trigger_ratio must be above 0, at most 100 and have at "
                         "most 4 decimals, 8 together with maintenance_multiplier",
                         rulebook->name);
    *ret_multiplier =
        (struct decimal){own.mantissa * ratio.mantissa, own.decimals + ratio.decimals};
    return STATUS_OK;
}

static enum status compile_brackets(struct margin_rule *rule, const struct rulebook *rulebook,
                                    const struct tier_table *table, struct decimal multiplier,
                                    struct error *reterr) {
    const char *symbol = rule->instrument->symbol;
    struct margin_bracket *brackets = calloc(table->count, sizeof(*brackets));
    if (brackets == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for the tiers of '%s'", symbol);
    const int64_t divisor = RATE_SCALE * units_pow10(multiplier.decimals);
    const int128 fee =
        (int128)rulebook->margin.closing_fee_rate_e8 * units_pow10(multiplier.decimals);
    for (size_t i = 0; i < table->count; i++) {
        const int128 rate = (int128)table->tiers[i].rate_e8 * multiplier.mantissa + fee;
        if (rate > divisor) {
            free(brackets);
            return error_set(reterr, STATUS_CONFIG,
                             "rulebook '%s': maintenance rate of '%s' in tier %zu is above 1 after "
                             "the multiplier",
                             rulebook->name, symbol, i + 1);
        }
        brackets[i].cap = i + 1 == table->count ? INT64_MAX : table->tiers[i].cap;
        brackets[i].rate = (int64_t)rate;
        brackets[i].deduction =
            (int128)table->tiers[i].deduction * RATE_SCALE * multiplier.mantissa;
    }
    rule->bracket_count = table->count;
    rule->brackets = brackets;
    rule->divisor = divisor;
    return STATUS_OK;
}

enum status margin_rule_init(struct margin_rule *rule, const struct rulebook *rulebook,
                             const struct instrument *instrument, struct error *reterr) {
    memset(rule, 0, sizeof(*rule));
    rule->instrument = instrument;
    rule->initial_rate_e8 = rulebook->margin.initial_rate_e8;
    rule->fee_rate_e8 = rulebook_fee_rate_e8(rulebook, instrument->symbol);
    rule->basis = rulebook->margin.basis;
    const struct size_curve *curve =
        rulebook_size(rulebook->margin.sizes, rulebook->margin.size_count, instrument->symbol);
    const struct tier_table *table = rulebook_table(rulebook, instrument->symbol);
    if (table == NULL && curve == NULL && rulebook->margin.portfolio != NULL) {
        /* alone, a contract needs its worst move */
        struct margin_tier tier = {
            .cap = INT64_MAX,
            .rate_e8 = portfolio_worst_rate(rulebook->margin.portfolio, instrument->symbol)};
        const struct tier_table alone = {.count = 1, .tiers = &tier};
        rule->plain = rule->of_scenario = true;
        return compile_brackets(rule, rulebook, &alone, (struct decimal){1, 0}, reterr);
    }
    if (table == NULL && curve == NULL)
        return error_set(reterr, STATUS_CONFIG, "rulebook '%s': no maintenance margin for '%s'",
                         rulebook->name, instrument->symbol);
    struct decimal multiplier;
    enum status status = multiplier_of(rulebook, &multiplier, reterr);
    if (status != STATUS_OK)
        return status;
    rule->by_size = curve != NULL;
    rule->plain = curve == NULL && rule->basis == BASIS_MARK;
    if (curve == NULL)
        return compile_brackets(rule, rulebook, table, multiplier, reterr);
    const int64_t fee = rulebook->margin.closing_fee_rate_e8 * (SIZE_RATE_SCALE / RATE_SCALE);
    status = margin_size_init(&rule->size, curve, multiplier, fee, instrument, reterr);
    return status == STATUS_OK ? STATUS_OK
                               : error_prefix(reterr, status, "rulebook '%s'", rulebook->name);
}

void margin_rule_finish(struct margin_rule *rule) {
    free(rule->brackets);
    memset(rule, 0, sizeof(*rule));
}

int128 margin_initial(const struct margin_rule *rule, const struct rulebook *rulebook, int64_t lots,
                      int64_t cost, int128 notional, int64_t leverage_e8) {
    int64_t leverage = leverage_e8;
    const struct size_curve *curve =
        rulebook_size(rulebook->margin.initial_sizes, rulebook->margin.initial_size_count,
                      rule->instrument->symbol);
    struct margin_size size;
    int128 least = 0;
    if (curve != NULL && margin_size_init(&size, curve, (struct decimal){1, 0}, 0, rule->instrument,
                                          NULL) == STATUS_OK) /* rulebook_check() saw to it */
        least =
            div_ceil(notional * margin_size_rate(&size, lots, cost, notional), SIZE_RATE_SCALE) +
            size.minimum;
    const struct tier_table *table = rulebook_table(rulebook, rule->instrument->symbol);
    if (table != NULL) {
        const struct margin_tier *tier = &table->tiers[margin_bracket_of(rule, notional)];
        if (tier->max_leverage_e8 > 0 && (leverage == 0 || leverage > tier->max_leverage_e8))
            leverage = tier->max_leverage_e8;
    }
    int128 margin = margin_requirement(rule, lots, cost, notional);
    if (leverage > 0)
        margin = div_ceil(notional * RATE_SCALE, leverage);
    else if (rule->initial_rate_e8 > 0)
        margin = div_ceil(notional * rule->initial_rate_e8, RATE_SCALE);
    else if (curve != NULL)
        margin = least;
    return margin > least ? margin : least;
}

/* ---- one position as brackets ---- */

static int128 bracket_requirement(const struct margin_bracket *bracket, int64_t divisor,
                                  int128 notional) {
    const int128 scaled = notional * bracket->rate - bracket->deduction;
    return scaled <= 0 ? 0 : div_ceil(scaled, divisor);
}

void margin_form_of(const struct margin_rule *rule, int64_t lots, int64_t cost,
                    struct margin_form *ret_form) {
    *ret_form = (struct margin_form){
        .count = rule->bracket_count, .brackets = rule->brackets, .divisor = rule->divisor};
    const int128 entry = cost < 0 ? -(int128)cost : cost;
    if (rule->by_size) {
        ret_form->divisor = SIZE_RATE_SCALE;
        ret_form->quadratic = rule->size.unit == SIZE_NOTIONAL ? &rule->size : NULL;
        if (ret_form->quadratic == NULL || rule->basis == BASIS_ENTRY)
            ret_form->one = (struct margin_bracket){
                .cap = INT64_MAX,
                .rate = margin_size_rate(&rule->size, lots, cost, entry),
                .deduction = -rule->size.minimum * SIZE_RATE_SCALE,
            };
        ret_form->count = 1;
        ret_form->brackets = &ret_form->one;
    }
    if (rule->basis == BASIS_ENTRY) {
        const struct margin_form own = *ret_form;
        size_t k = 0;
        const struct margin_bracket *from = rule->by_size ? &own.one : own.brackets;
        while (k + 1 < own.count && entry > from[k].cap)
            k++;
        const int128 fixed = bracket_requirement(&from[k], own.divisor, entry);
        ret_form->quadratic = NULL;
        ret_form->one = (struct margin_bracket){INT64_MAX, 0, -fixed * own.divisor};
        ret_form->count = 1;
        ret_form->brackets = &ret_form->one;
    }
}

int128 margin_form_requirement(const struct margin_form *form, int128 notional) {
    if (form->quadratic != NULL)
        return div_ceil(notional * margin_size_rate(form->quadratic, 0, 0, notional),
                        SIZE_RATE_SCALE) +
               form->quadratic->minimum;
    size_t k = 0;
    while (k + 1 < form->count && notional > form->brackets[k].cap)
        k++;
    return bracket_requirement(&form->brackets[k], form->divisor, notional);
}

int128 margin_share(const struct margin_rule *rule, int64_t lots, int64_t cost,
                    int64_t price_ticks) {
    return instrument_value_floor(rule->instrument, lots, price_ticks) -
           margin_requirement(rule, lots, cost, margin_notional(rule, lots, price_ticks));
}

/* ---- the way back ---- */

/* With a grid whose lot times tick does not divide the money unit, value and requirement are each
 * rounded to whole units; three units of room keep the bound on the safe side. */
static int128 grid_room(const struct instrument *instrument) {
    return instrument->value_den == 1 && !instrument_is_inverse(instrument) ? 0 : 3;
}

#define NOTIONAL_MAX ((int128)1 << 62)

/* The largest notional x with x - R(x) < t. With R = max(0, ceil((x r - d) / v)): x - R < t  <=>
 * x < t or x (v - r) < t v - d (integers throughout). Looked for bracket by bracket, from the top:
 * the left side never falls as x rises, since r <= v and the brackets are continuous. */
static int128 notional_below(const struct margin_form *form, int128 t) {
    if (form->quadratic != NULL) { /* monotone: the rate is at most a half */
        int128 low = -1;
        int128 high = NOTIONAL_MAX;
        while (high - low > 1) {
            const int128 middle = low + (high - low) / 2;
            if (middle - margin_form_requirement(form, middle) < t)
                low = middle;
            else
                high = middle;
        }
        return low;
    }
    const int64_t v = form->divisor;
    int128 largest = t - 1;
    for (size_t k = form->count; k-- > 0;) {
        const struct margin_bracket *bracket = &form->brackets[k];
        const int128 floor = k == 0 ? 0 : form->brackets[k - 1].cap;
        const int128 slope = (int128)v - bracket->rate;
        const int128 right = t * v - bracket->deduction;
        int128 x;
        if (slope > 0)
            x = div_ceil(right, slope) - 1;
        else
            x = right > 0 ? bracket->cap : -1;
        if (x > bracket->cap)
            x = bracket->cap;
        if (x > floor) {
            if (x > largest)
                largest = x;
            break;
        }
    }
    return largest;
}

/* The smallest notional x with x + R(x) > h  <=>  x > h or x (v + r) > h v + d. Looked for bracket
 * by bracket, from the bottom. */
static int128 notional_above(const struct margin_form *form, int128 h) {
    if (form->quadratic != NULL) {
        int128 low = -1;
        int128 high = NOTIONAL_MAX;
        while (high - low > 1) {
            const int128 middle = low + (high - low) / 2;
            if (middle + margin_form_requirement(form, middle) > h)
                high = middle;
            else
                low = middle;
        }
        return high;
    }
    const int64_t v = form->divisor;
    int128 smallest = h + 1;
    for (size_t k = 0; k < form->count; k++) {
        const struct margin_bracket *bracket = &form->brackets[k];
        const int128 floor = k == 0 ? 0 : form->brackets[k - 1].cap;
        int128 x = div_floor(h * v + bracket->deduction, (int128)v + bracket->rate) + 1;
        if (x <= floor)
            x = floor + 1;
        if (x <= bracket->cap) {
            if (x < smallest)
                smallest = x;
            break;
        }
    }
    return smallest;
}

static int64_t price_or_never(int128 price, bool is_long) {
    if (price < 1)
        return is_long ? MARGIN_PRICE_NEVER : 1;
    if (price > INT64_MAX / 2)
        return is_long ? INT64_MAX / 2 : MARGIN_PRICE_NEVER;
    return (int64_t)price;
}

/* A linear long and an inverse short are worth their notional, the other two owe it. */
int64_t margin_trigger_price(const struct margin_rule *rule, int64_t lots, int64_t cost,
                             int128 share) {
    assert(lots != 0);
    const struct instrument *instrument = rule->instrument;
    struct margin_form form;
    margin_form_of(rule, lots, cost, &form);
    const bool is_long = lots > 0;
    const bool inverse = instrument_is_inverse(instrument);
    const int128 num = instrument->value_num;
    const int128 den = instrument->value_den;
    const int128 magnitude = is_long ? lots : -(int128)lots;
    if (is_long != inverse) {
        const int128 x = notional_below(&form, share + grid_room(instrument));
        if (x <= 0)
            return MARGIN_PRICE_NEVER;
        const int128 price =
            inverse ? div_ceil(magnitude * num, den * x) : div_floor(x * den, magnitude * num);
        return price_or_never(price, is_long);
    }
    const int128 x = notional_above(&form, -share - grid_room(instrument));
    if (inverse) /* notional reaches x where magnitude num / (den price) > x - 1 */
        return x <= 1 ? INT64_MAX / 2
                      : price_or_never(div_ceil(magnitude * num, den * (x - 1)) - 1, is_long);
    return x <= 0 ? 1 : price_or_never(div_ceil(x * den, magnitude * num), is_long);
}
