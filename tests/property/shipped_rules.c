#include "tests/property/shipped_rules.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "tests/bundled_rulebooks.h"
#include "tests/property/random_draw.h"

#define SYMBOLS_MAX 640
#define EDGES_MAX 128

/* ---- contracts ---- */

static bool is_dollar(const char *asset) {
    return strstr(asset, "USD") != NULL;
}

enum contract_kind shipped_kind(const struct rulebook *rulebook, const char *symbol) {
    const char *settlement = rulebook->margin.settlement;
    if (settlement != NULL && !is_dollar(settlement) &&
        strncmp(symbol, settlement, strlen(settlement)) != 0)
        return CONTRACT_QUANTO;
    if (strstr(symbol, "USDT") != NULL || strstr(symbol, "USDC") != NULL)
        return CONTRACT_LINEAR;
    const char *dash = strchr(symbol, '-');
    if (dash != NULL && strcmp(dash, "-USD") == 0) /* dYdX */
        return CONTRACT_LINEAR;
    const bool perpetual = strstr(symbol, "-PERPETUAL") != NULL;
    return is_dollar(symbol) || perpetual ? CONTRACT_INVERSE : CONTRACT_LINEAR;
}

/* Whether two contracts settle in one asset. */
static bool together(const struct rulebook *rulebook, const char *a, const char *b) {
    const enum contract_kind kinds[2] = {shipped_kind(rulebook, a), shipped_kind(rulebook, b)};
    if (kinds[0] == CONTRACT_QUANTO || kinds[1] == CONTRACT_QUANTO)
        return true;
    const size_t coin = strcspn(a, "-U");
    return kinds[0] == kinds[1] && (kinds[0] == CONTRACT_LINEAR || strncmp(a, b, coin) == 0);
}

static size_t all_symbols(const struct rulebook *rulebook, const char **ret_symbols) {
    static const char *const any[] = {"BTCUSDT", "ETHUSDT", "SOLUSDT", "XRPUSDT"};
    const struct portfolio_margin *scenario = rulebook->margin.portfolio;
    bool for_all;
    size_t count = rulebook_named_symbols(rulebook, SYMBOLS_MAX, ret_symbols, &for_all);
    for (size_t u = 0; scenario != NULL && u < scenario->unit_count; u++)
        for (size_t k = 0; k < scenario->units[u].symbol_count && count < SYMBOLS_MAX; k++)
            ret_symbols[count++] = scenario->units[u].symbols[k];
    for (size_t i = 0; for_all && i < 4 && count < SYMBOLS_MAX; i++)
        ret_symbols[count++] = any[i];
    return count;
}

size_t shipped_symbols(struct random_stream *dice, const struct rulebook *rulebook, size_t wanted,
                       const char **ret_symbols) {
    const char *all[SYMBOLS_MAX];
    size_t left = all_symbols(rulebook, all);
    size_t count = 0;
    while (left > 0 && count < wanted) {
        const size_t drawn = random_stream_below(dice, left);
        const char *symbol = all[drawn];
        all[drawn] = all[--left];
        bool fits = true;
        for (size_t k = 0; k < count; k++)
            fits = fits && strcmp(symbol, ret_symbols[k]) != 0 &&
                   together(rulebook, ret_symbols[k], symbol);
        if (fits)
            ret_symbols[count++] = symbol;
    }
    assert(count > 0);
    return count;
}

/* ---- where rules change ---- */

struct edges {
    size_t count;
    double at[EDGES_MAX];
};

static void add_edge(struct edges *edges, double at) {
    if (at > 0.0 && edges->count < EDGES_MAX)
        edges->at[edges->count++] = at;
}

static double money(int64_t amount) {
    return amount == INT64_MAX ? 0.0 : (double)amount / (double)MONEY_SCALE;
}

/* One of the edges, or near it; 0: there are none. */
static double draw_edge(struct random_stream *dice, const struct edges *edges) {
    if (edges->count == 0)
        return 0.0;
    return edges->at[random_stream_below(dice, edges->count)] * (double)between(dice, 40, 200) /
           100.0;
}

/* Steps, and where a rate has risen by two hundredths. */
static void add_curve(struct edges *edges, const struct size_curve *curve) {
    const double step = decimal_to_double(curve->step);
    const double from = decimal_to_double(curve->step_from);
    const double factor = decimal_to_double(curve->sqrt_factor);
    const double floor = decimal_to_double(curve->floor) - decimal_to_double(curve->base);
    add_edge(edges, from);
    add_edge(edges, step);
    add_edge(edges, step > 0.0 ? from + 4.0 * step : 0.0);
    if (curve->per_unit.mantissa > 0)
        add_edge(edges, 0.02 / decimal_to_double(curve->per_unit));
    if (factor > 0.0 && floor > 0.0)
        add_edge(edges, floor * floor / (factor * factor));
    if (factor > 0.0)
        add_edge(edges, 4e-4 / (factor * factor));
}

static const struct size_curve *curve_of(const struct rulebook *rulebook, const char *symbol) {
    return rulebook_size(rulebook->margin.sizes, rulebook->margin.size_count, symbol);
}

double shipped_notional(struct random_stream *dice, const struct rulebook *rulebook,
                        const char *symbol) {
    struct edges edges = {0};
    const struct tier_table *table = rulebook_table(rulebook, symbol);
    const struct size_curve *curve = curve_of(rulebook, symbol);
    for (size_t t = 0; curve == NULL && table != NULL && t < table->count; t++)
        add_edge(&edges, money(table->tiers[t].cap));
    if (curve != NULL && curve->unit != SIZE_BASE)
        add_curve(&edges, curve);
    if (curve != NULL)
        add_edge(&edges, 40.0 * money(curve->minimum));
    add_edge(&edges, money(rulebook->liquidation.partial_above));
    add_edge(&edges, 5.0 * money(rulebook->liquidation.partial_above));
    add_edge(&edges, 3.0 * money(rulebook->liquidation.step_notional));
    add_edge(&edges, 3.0 * money(rulebook->liquidation.minimum_notional));
    add_edge(&edges, money(rulebook->margin.exchange_below));
    for (size_t a = 0; a < rulebook->collateral.count; a++)
        if (rulebook->margin.settlement != NULL &&
            strcmp(rulebook->collateral.assets[a].symbol, rulebook->margin.settlement) == 0)
            for (size_t b = 0; b < rulebook->collateral.assets[a].band_count; b++)
                add_edge(&edges, money(rulebook->collateral.assets[a].bands[b].up_to));
    return draw_edge(dice, &edges);
}

double shipped_size(struct random_stream *dice, const struct rulebook *rulebook, const char *symbol,
                    const char *settlement) {
    struct edges edges = {0};
    const struct size_curve *curve = curve_of(rulebook, symbol);
    if (curve != NULL && curve->unit == SIZE_BASE)
        add_curve(&edges, curve);
    if (rulebook->liquidation.step_quantity.mantissa > 0)
        add_edge(&edges, 40.0 * decimal_to_double(rulebook->liquidation.step_quantity));
    for (size_t a = 0; a < rulebook->collateral.count; a++) {
        const struct collateral_asset *asset = &rulebook->collateral.assets[a];
        char pair[160];
        (void)snprintf(pair, sizeof(pair), "%s%s", asset->symbol, settlement);
        for (size_t b = 0; strcmp(pair, symbol) == 0 && b < asset->band_count; b++)
            add_edge(&edges, money(asset->bands[b].up_to));
    }
    return draw_edge(dice, &edges);
}
