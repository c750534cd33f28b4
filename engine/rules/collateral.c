#include "engine/rules/collateral.h"

#include <stdio.h>
#include <string.h>

#include "engine/rules/integer_root.h"

/* The part of a symbol after its venue. */
static const char *bare(const char *symbol) {
    const char *colon = strchr(symbol, ':');
    return colon != NULL ? colon + 1 : symbol;
}

static bool can_value(const struct instrument *instrument) {
    return instrument->kind == CONTRACT_SPOT || instrument->kind == CONTRACT_LINEAR;
}

/* The instrument that values the asset; `count`: none. */
static size_t factor_of(const struct collateral_asset *asset, const char *settlement,
                        const struct instrument *instruments, size_t count) {
    char pair[160];
    size_t found = count;
    (void)snprintf(pair, sizeof(pair), "%.64s%.64s", asset->symbol, settlement); /* cut is ok */
    for (size_t i = 0; i < count; i++) {
        const char *symbol = instruments[i].symbol;
        if (asset->price == COLLATERAL_INSTRUMENT) {
            if (strcmp(symbol, asset->instrument) == 0 ||
                strcmp(bare(symbol), asset->instrument) == 0)
                return i;
            continue;
        }
        const bool named = strcmp(bare(symbol), pair) == 0;
        const bool itself =
            instruments[i].kind == CONTRACT_SPOT && strcmp(bare(symbol), asset->symbol) == 0;
        if ((named || itself) && can_value(&instruments[i]) &&
            (found == count || instruments[i].kind == CONTRACT_SPOT))
            found = i;
    }
    return found;
}

enum status collateral_rule_init(struct collateral_rule *rule, const struct rulebook *rulebook,
                                 const struct collateral_asset *asset, const char *settlement,
                                 const struct instrument *instruments, size_t count,
                                 struct error *reterr) {
    memset(rule, 0, sizeof(*rule));
    rule->asset = asset;
    const struct decimal ratio = decimal_normal(rulebook->margin.trigger_ratio.mantissa == 0
                                                    ? (struct decimal){1, 0}
                                                    : rulebook->margin.trigger_ratio);
    rule->owed_e8 =
        asset->liability_weight_e8 +
        div_ceil((int128)asset->borrow_rate_e8 * ratio.mantissa, units_pow10(ratio.decimals));
    struct decimal price = asset->fixed_price;
    if (asset->price == COLLATERAL_FIXED || strcmp(asset->symbol, settlement) == 0) {
        rule->fixed = true;
        if (asset->price != COLLATERAL_FIXED)
            price = (struct decimal){1, 0};
    } else {
        const size_t i = factor_of(asset, settlement, instruments, count);
        if (i == count)
            return error_set(
                reterr, STATUS_CONFIG,
                "rulebook '%s': collateral.%s: no instrument of the run gives its "
                "price (%s%s, or what collateral.%s.price names)",
                rulebook->name, asset->symbol,
                asset->price == COLLATERAL_INSTRUMENT ? asset->instrument : asset->symbol,
                asset->price == COLLATERAL_INSTRUMENT ? "" : settlement, asset->symbol);
        if (!can_value(&instruments[i]))
            return error_set(reterr, STATUS_CONFIG,
                             "rulebook '%s': collateral.%s.price: '%s' is neither spot nor linear",
                             rulebook->name, asset->symbol, instruments[i].symbol);
        rule->factor = (uint32_t)i;
        price = instruments[i].price_tick;
    }
    price = decimal_normal(price);
    rule->num = price.mantissa;
    rule->den = units_pow10(price.decimals);
    return STATUS_OK;
}

#define E12 ((int128)1000000000000)
#define E16 ((int128)10000000000000000)

/* quantity * top / (1 + factor * root): the root (1e-12) is rounded up, the weight (1e-12) down. */
static int128 weighted_by_root(const struct collateral_asset *asset, int64_t quantity) {
    const int128 root = integer_root_ceil(quantity * E16);
    const int128 divisor = E12 + div_ceil(root * asset->sqrt_factor.mantissa,
                                          units_pow10(asset->sqrt_factor.decimals));
    const struct decimal top = decimal_normal(asset->sqrt_top); /* at most 12 decimals */
    const int128 weight = top.mantissa * units_pow10(12 - top.decimals) * E12 / divisor;
    return quantity * weight / E12;
}

int64_t collateral_weighted(const struct collateral_asset *asset, int64_t quantity) {
    int128 counted = 0;
    int64_t from = 0;
    for (size_t b = 0; b < asset->band_count && quantity > from; b++) {
        const int64_t to = quantity < asset->bands[b].up_to ? quantity : asset->bands[b].up_to;
        counted += (int128)(to - from) * asset->bands[b].weight_e8;
        from = to;
    }
    counted /= RATE_SCALE;
    if (asset->sqrt_factor.mantissa != 0) {
        const int128 most = weighted_by_root(asset, quantity);
        counted = most < counted ? most : counted;
    }
    return (int64_t)counted;
}

int128 collateral_value(const struct collateral_rule *rule, int64_t quantity, int64_t price_ticks) {
    const int64_t price = rule->fixed ? 1 : price_ticks;
    return div_floor((int128)quantity * price * rule->num, rule->den);
}

int128 collateral_counted(const struct collateral_rule *rule, int64_t quantity,
                          int64_t price_ticks) {
    if (quantity >= 0)
        return collateral_value(rule, collateral_weighted(rule->asset, quantity), price_ticks);
    const int128 value = collateral_value(rule, quantity, price_ticks);
    return div_floor(value * rule->asset->liability_weight_e8, RATE_SCALE);
}

int128 collateral_requirement(const struct collateral_rule *rule, int64_t quantity,
                              int64_t price_ticks) {
    if (quantity >= 0)
        return 0;
    const int128 value = -collateral_value(rule, quantity, price_ticks);
    return div_ceil(value * (rule->owed_e8 - rule->asset->liability_weight_e8), RATE_SCALE);
}

/* What is held counts floor(w p num / den) with w the weighted quantity. What is owed takes at
 * most its liability weight and 3 units more than q p num / den times owed, for its roundings. */
int64_t collateral_trigger_price(const struct collateral_rule *rule, int64_t quantity,
                                 int128 share) {
    if (rule->fixed || quantity == 0)
        return 0;
    int128 price;
    if (quantity > 0) {
        const int128 within = collateral_weighted(rule->asset, quantity);
        if (share <= 0 || within == 0)
            return 0;
        price = div_ceil(share * rule->den, within * rule->num) - 1;
        return price < 1 ? 0 : price > INT64_MAX / 2 ? INT64_MAX / 2 : (int64_t)price;
    }
    const int128 room = -share - 3 - div_ceil(rule->asset->liability_weight_e8, RATE_SCALE);
    if (room <= 0)
        return 1;
    const int128 owed = div_ceil(-(int128)quantity * rule->owed_e8, RATE_SCALE);
    price = div_floor(room * rule->den, owed * rule->num) + 1;
    return price > INT64_MAX / 2 ? 0 : (int64_t)price;
}
