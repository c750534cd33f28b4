#include "engine/margin.h"

#include <stdlib.h>
#include <string.h>

enum status margin_rule_init(struct margin_rule *rule, const struct rulebook *rulebook,
                             const struct instrument *instrument, struct error *reterr) {
    memset(rule, 0, sizeof(*rule));
    const struct tier_table *table = rulebook_table(rulebook, instrument->symbol);
    if (table == NULL)
        return error_set(reterr, STATUS_CONFIG, "rulebook '%s': no maintenance margin for '%s'",
                         rulebook->name, instrument->symbol);
    const struct decimal multiplier = decimal_normal(rulebook->maintenance_multiplier);
    if (multiplier.mantissa <= 0 || multiplier.mantissa > INT64_C(10000000000) ||
        multiplier.decimals > 8)
        return error_set(reterr, STATUS_RANGE,
                         "rulebook '%s': maintenance_multiplier must be above 0, at most 100 and "
                         "have at most 8 decimals",
                         rulebook->name);
    struct margin_bracket *brackets = calloc(table->count, sizeof(*brackets));
    if (brackets == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for the tiers of '%s'",
                         instrument->symbol);
    const int64_t divisor = RATE_SCALE * units_pow10(multiplier.decimals);
    for (size_t i = 0; i < table->count; i++) {
        const int128 rate = (int128)table->tiers[i].rate_e8 * multiplier.mantissa;
        if (rate > divisor) {
            free(brackets);
            return error_set(reterr, STATUS_CONFIG,
                             "rulebook '%s': maintenance rate of '%s' in tier %zu is above 1 after "
                             "the multiplier",
                             rulebook->name, instrument->symbol, i + 1);
        }
        brackets[i].cap = i + 1 == table->count ? INT64_MAX : table->tiers[i].cap;
        brackets[i].rate = (int64_t)rate;
        brackets[i].deduction =
            (int128)table->tiers[i].deduction * RATE_SCALE * multiplier.mantissa;
    }
    rule->instrument = instrument;
    rule->bracket_count = table->count;
    rule->brackets = brackets;
    rule->divisor = divisor;
    rule->initial_rate_e8 = rulebook->initial_rate_e8;
    return STATUS_OK;
}

void margin_rule_finish(struct margin_rule *rule) {
    free(rule->brackets);
    memset(rule, 0, sizeof(*rule));
}

int128 margin_initial(const struct margin_rule *rule, const struct rulebook *rulebook,
                      int128 notional, int64_t leverage_e8) {
    const struct tier_table *table = rulebook_table(rulebook, rule->instrument->symbol);
    const struct margin_tier *tier = &table->tiers[margin_bracket_of(rule, notional)];
    int64_t leverage = leverage_e8;
    if (tier->max_leverage_e8 > 0 && (leverage == 0 || leverage > tier->max_leverage_e8))
        leverage = tier->max_leverage_e8;
    if (leverage > 0)
        return div_ceil(notional * RATE_SCALE, leverage);
    if (rule->initial_rate_e8 > 0)
        return div_ceil(notional * rule->initial_rate_e8, RATE_SCALE);
    return margin_maintenance(rule, notional);
}

/* With a grid whose lot times tick does not divide the money unit, value and requirement are each
 * rounded to whole units; three units of room keep the bound on the safe side. */
static int128 grid_room(const struct margin_rule *rule) {
    return rule->instrument->value_den == 1 ? 0 : 3;
}

/* With x the notional: x - max(0, ceil((x R - D) / V)) < T  <=>  x < T or x (V - R) < T V - D
 * (integers throughout). The largest such x is looked for bracket by bracket, from the top: the
 * left side never falls as x rises, since R <= V and the brackets are continuous. */
int64_t margin_price_below(const struct margin_rule *rule, int64_t lots, int128 target) {
    assert(lots > 0);
    const int128 t = target + grid_room(rule);
    const int64_t v = rule->divisor;
    int128 notional_max = t - 1;
    for (size_t k = rule->bracket_count; k-- > 0;) {
        const struct margin_bracket *bracket = &rule->brackets[k];
        const int128 floor = k == 0 ? 0 : rule->brackets[k - 1].cap;
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
            if (x > notional_max)
                notional_max = x;
            break;
        }
    }
    if (notional_max <= 0)
        return MARGIN_PRICE_NEVER;
    const struct instrument *instrument = rule->instrument;
    const int128 price =
        div_floor(notional_max * instrument->value_den, (int128)lots * instrument->value_num);
    return price > INT64_MAX / 2 ? INT64_MAX / 2 : (int64_t)price;
}

/* x + max(0, ceil((x R - D) / V)) > H  <=>  x > H or x (V + R) > H V + D. The smallest such x is
 * looked for bracket by bracket, from the bottom. */
int64_t margin_price_above(const struct margin_rule *rule, int64_t lots, int128 limit) {
    assert(lots < 0);
    const int128 h = limit - grid_room(rule);
    const int64_t v = rule->divisor;
    int128 notional_min = h + 1;
    for (size_t k = 0; k < rule->bracket_count; k++) {
        const struct margin_bracket *bracket = &rule->brackets[k];
        const int128 floor = k == 0 ? 0 : rule->brackets[k - 1].cap;
        int128 x = div_floor(h * v + bracket->deduction, (int128)v + bracket->rate) + 1;
        if (x <= floor)
            x = floor + 1;
        if (x <= bracket->cap) {
            if (x < notional_min)
                notional_min = x;
            break;
        }
    }
    if (notional_min <= 0)
        return 1;
    const struct instrument *instrument = rule->instrument;
    const int128 price =
        div_ceil(notional_min * instrument->value_den, -(int128)lots * instrument->value_num);
    return price > INT64_MAX / 2 ? MARGIN_PRICE_NEVER : (int64_t)price;
}
