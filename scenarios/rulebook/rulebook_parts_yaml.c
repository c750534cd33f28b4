#include "scenarios/rulebook/rulebook_parts_yaml.h"

#include <stddef.h>
#include <string.h>

#include "base/decimal_text.h"
#include "scenarios/yaml/yaml_schema.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define BANDS_MAX 64

/* ---- curves by size ---- */

static const struct yaml_choice UNITS[] = {{"base", SIZE_BASE},
                                           {"notional", SIZE_NOTIONAL},
                                           {"entry_notional", SIZE_ENTRY_NOTIONAL},
                                           {NULL, 0}};

struct curve_row {
    int unit;
    struct decimal base, per_unit, sqrt_factor, sqrt_scale, sqrt_offset;
    struct decimal step, step_from, step_rate, floor, cap;
    int64_t minimum;
};

#define AT(member) offsetof(struct curve_row, member)
static const struct yaml_key CURVE_KEYS[] = {
    {.name = "unit", .type = YAML_CHOICE, .offset = AT(unit), .choices = UNITS},
    {"base", YAML_DECIMAL, AT(base), 0, 1, false, "rate", NULL},
    {"per_unit", YAML_DECIMAL, AT(per_unit), 0, 1e6, false, "rate a unit", NULL},
    {"sqrt_factor", YAML_DECIMAL, AT(sqrt_factor), 0, 1e6, false, NULL, NULL},
    {"sqrt_scale", YAML_DECIMAL, AT(sqrt_scale), 0, 1e6, false, NULL, NULL},
    {"sqrt_offset", YAML_DECIMAL, AT(sqrt_offset), 0, 1e6, false, NULL, NULL},
    {"step", YAML_DECIMAL, AT(step), 0, 1e15, false, "units", NULL},
    {"step_from", YAML_DECIMAL, AT(step_from), 0, 1e15, false, "units", NULL},
    {"step_rate", YAML_DECIMAL, AT(step_rate), 0, 1, false, "rate a step", NULL},
    {"floor", YAML_DECIMAL, AT(floor), 0, 1, false, "rate", NULL},
    {"cap", YAML_DECIMAL, AT(cap), 0, 1, true, "rate", NULL},
    {"minimum", YAML_MONEY, AT(minimum), 0, 92e9, false, "money a position", NULL},
};
#undef AT
enum { CURVE_CAP = 10 };

static enum status read_curve(const struct yaml_node *node, struct size_curve *ret_curve,
                              struct error *reterr) {
    struct curve_row row = {.sqrt_scale = {1, 0}, .cap = {1, 0}};
    uint64_t given = 0;
    const enum status status = yaml_read(node, CURVE_KEYS, COUNT(CURVE_KEYS), &row, &given, reterr);
    if (status != STATUS_OK)
        return status;
    if (row.unit == SIZE_NOTIONAL && (given & (1u << CURVE_CAP)) == 0)
        row.cap = (struct decimal){5, 1};
    *ret_curve = (struct size_curve){
        .symbol = strcmp(node->key, "default") == 0 ? NULL : node->key,
        .unit = (enum size_unit)row.unit,
        .base = row.base,
        .per_unit = row.per_unit,
        .sqrt_factor = row.sqrt_factor,
        .sqrt_scale = row.sqrt_scale,
        .sqrt_offset = row.sqrt_offset,
        .step = row.step,
        .step_from = row.step_from,
        .step_rate = row.step_rate,
        .floor = row.floor,
        .cap = row.cap,
        .minimum = row.minimum,
    };
    return STATUS_OK;
}

enum status rulebook_sizes_read(struct yaml_arena *arena, const struct yaml_node *node,
                                size_t *ret_count, struct size_curve **ret_curves,
                                struct error *reterr) {
    enum status status = yaml_expect_mapping(node, reterr);
    if (status != STATUS_OK)
        return status;
    struct size_curve *curves = yaml_arena_alloc(arena, (node->count + 1) * sizeof(*curves));
    size_t count = 0;
    for (const struct yaml_node *child = node->child; child != NULL && status == STATUS_OK;
         child = child->next)
        status = read_curve(child, &curves[count++], reterr);
    *ret_count = count;
    *ret_curves = curves;
    return status;
}

/* ---- collateral ---- */

struct asset_row {
    int64_t weight_e8, liability_e8, borrow_e8, exchange_e8;
    struct decimal cap, sqrt_factor, sqrt_top;
    const struct yaml_node *bands, *price;
};

#define AT(member) offsetof(struct asset_row, member)
static const struct yaml_key ASSET_KEYS[] = {
    {"weight", YAML_RATE, AT(weight_e8), 0, 1, false, NULL, NULL},
    {.name = "bands", .type = YAML_NODE, .offset = AT(bands)},
    {"cap", YAML_DECIMAL, AT(cap), 0, 92e9, true, "units of the asset that count", NULL},
    {"liability_weight", YAML_RATE, AT(liability_e8), 1, 10, false, NULL, NULL},
    {"borrow_rate", YAML_RATE, AT(borrow_e8), 0, 1, false, "fraction of what is owed", NULL},
    {"exchange_ratio", YAML_RATE, AT(exchange_e8), 0, 1, true, "of its value", NULL},
    {.name = "price", .type = YAML_NODE, .offset = AT(price)},
    {"sqrt_factor", YAML_DECIMAL, AT(sqrt_factor), 0, 1e6, false, NULL, NULL},
    {"sqrt_top", YAML_DECIMAL, AT(sqrt_top), 0, 10, true, NULL, NULL},
};
#undef AT
enum { ASSET_WEIGHT, ASSET_BANDS, ASSET_CAP };

static bool is_open_end(const char *text) {
    return text[0] == '\0' || strcmp(text, "null") == 0 || strcmp(text, "~") == 0 ||
           strcmp(text, "inf") == 0 || strcmp(text, ".inf") == 0;
}

static enum status read_band(const struct yaml_node *node, struct collateral_band *ret_band,
                             struct error *reterr) {
    static const struct yaml_key up_to = {"up_to_quantity",     YAML_DECIMAL, 0, 0, 92e9, true,
                                          "units of the asset", NULL};
    static const struct yaml_key weight = {"weight", YAML_RATE, 0, 0, 1, false, NULL, NULL};
    enum status status = yaml_expect_sequence(node, reterr);
    if (status != STATUS_OK)
        return status;
    if (node->count != 2)
        return yaml_error(node, reterr, "a band is [up_to_quantity, weight]");
    ret_band->up_to = INT64_MAX;
    if (node->child->kind != YAML_SCALAR || !is_open_end(node->child->text)) {
        struct decimal bound;
        status = yaml_read_scalar(node->child, &up_to, &bound, reterr);
        if (status == STATUS_OK && !decimal_rescale(bound, MONEY_DECIMALS, &ret_band->up_to))
            status = yaml_error(node->child, reterr, "has more than 8 decimals");
    }
    return status == STATUS_OK
               ? yaml_read_scalar(node->child->next, &weight, &ret_band->weight_e8, reterr)
               : status;
}

/* What lies beyond the last bound counts for nothing. */
static enum status read_bands(struct yaml_arena *arena, const struct yaml_node *node,
                              struct collateral_asset *asset, struct error *reterr) {
    enum status status = yaml_expect_sequence(node, reterr);
    if (status != STATUS_OK)
        return status;
    if (node->count == 0 || node->count > BANDS_MAX)
        return yaml_error(node, reterr, "1 to %d bands", BANDS_MAX);
    asset->bands = yaml_arena_alloc(arena, (node->count + 1) * sizeof(*asset->bands));
    for (const struct yaml_node *child = node->child; child != NULL && status == STATUS_OK;
         child = child->next)
        status = read_band(child, &asset->bands[asset->band_count++], reterr);
    if (status == STATUS_OK && asset->bands[asset->band_count - 1].up_to != INT64_MAX)
        asset->bands[asset->band_count++] = (struct collateral_band){INT64_MAX, 0};
    return status;
}

/* A number is a fixed price in the settlement asset, anything else an instrument. */
static enum status read_price(const struct yaml_node *node, struct collateral_asset *asset,
                              struct error *reterr) {
    static const struct yaml_key fixed = {"price", YAML_DECIMAL, 0, 0, 1e9, true, NULL, NULL};
    if (node->kind != YAML_SCALAR || node->text[0] == '\0')
        return yaml_error(node, reterr, "price: a number, or the symbol of an instrument");
    struct decimal price;
    if (decimal_parse(node->text, strlen(node->text), &price)) {
        asset->price = COLLATERAL_FIXED;
        return yaml_read_scalar(node, &fixed, &asset->fixed_price, reterr);
    }
    asset->price = COLLATERAL_INSTRUMENT;
    asset->instrument = node->text;
    return STATUS_OK;
}

static enum status read_asset(struct yaml_arena *arena, const struct yaml_node *node,
                              struct collateral_asset *ret_asset, struct error *reterr) {
    struct asset_row row = {.weight_e8 = RATE_SCALE,
                            .liability_e8 = RATE_SCALE,
                            .exchange_e8 = RATE_SCALE,
                            .sqrt_top = {1, 0}};
    uint64_t given = 0;
    enum status status = yaml_read(node, ASSET_KEYS, COUNT(ASSET_KEYS), &row, &given, reterr);
    if (status != STATUS_OK)
        return status;
    const bool banded = (given & (1u << ASSET_BANDS)) != 0;
    if (banded && (given & ((1u << ASSET_WEIGHT) | (1u << ASSET_CAP))) != 0)
        return yaml_key_error(yaml_find(node, "bands"), reterr,
                              "bands stand in the place of weight and cap: give one of them");
    struct collateral_asset asset = {.symbol = node->key,
                                     .liability_weight_e8 = row.liability_e8,
                                     .borrow_rate_e8 = row.borrow_e8,
                                     .exchange_ratio_e8 = row.exchange_e8,
                                     .sqrt_factor = row.sqrt_factor,
                                     .sqrt_top = row.sqrt_top};
    if (banded) {
        status = read_bands(arena, row.bands, &asset, reterr);
    } else {
        asset.bands = yaml_arena_alloc(arena, 2 * sizeof(*asset.bands));
        asset.bands[asset.band_count++] = (struct collateral_band){INT64_MAX, row.weight_e8};
        if ((given & (1u << ASSET_CAP)) != 0) {
            if (!decimal_rescale(row.cap, MONEY_DECIMALS, &asset.bands[0].up_to))
                return yaml_error(yaml_find(node, "cap"), reterr, "has more than 8 decimals");
            asset.bands[asset.band_count++] = (struct collateral_band){INT64_MAX, 0};
        }
    }
    if (status == STATUS_OK && row.price != NULL)
        status = read_price(row.price, &asset, reterr);
    *ret_asset = asset;
    return status;
}

enum status rulebook_collateral_read(struct yaml_arena *arena, const struct yaml_node *node,
                                     struct rulebook *rulebook, struct error *reterr) {
    enum status status = yaml_expect_mapping(node, reterr);
    if (status != STATUS_OK)
        return status;
    if (node->count == 0)
        return yaml_error(node, reterr,
                          "collateral: no asset: accounts and the insurance fund need one");
    rulebook->collateral.assets =
        yaml_arena_alloc(arena, (node->count + 1) * sizeof(*rulebook->collateral.assets));
    for (const struct yaml_node *child = node->child; child != NULL && status == STATUS_OK;
         child = child->next)
        status = read_asset(arena, child,
                            &rulebook->collateral.assets[rulebook->collateral.count++], reterr);
    return status;
}

/* ---- rates by contract ---- */

enum status rulebook_fee_rates_read(struct yaml_arena *arena, const struct yaml_node *node,
                                    struct rulebook *rulebook, struct error *reterr) {
    static const struct yaml_key key = {
        "fee_rate", YAML_RATE, 0, 0, 1, false, "fraction of the notional closed", NULL};
    if (node->kind == YAML_SCALAR)
        return yaml_read_scalar(node, &key, &rulebook->liquidation.fee_rate_e8, reterr);
    enum status status = yaml_expect_mapping(node, reterr);
    if (status != STATUS_OK)
        return status;
    rulebook->liquidation.fee_rates =
        yaml_arena_alloc(arena, (node->count + 1) * sizeof(*rulebook->liquidation.fee_rates));
    for (const struct yaml_node *child = node->child; child != NULL && status == STATUS_OK;
         child = child->next) {
        int64_t *rate = &rulebook->liquidation.fee_rate_e8;
        if (strcmp(child->key, "default") != 0) {
            struct symbol_rate *own =
                &rulebook->liquidation.fee_rates[rulebook->liquidation.fee_rate_count++];
            own->symbol = child->key;
            rate = &own->rate_e8;
        }
        status = yaml_read_scalar(child, &key, rate, reterr);
    }
    return status;
}

/* ---- parts of the insurance fund ---- */

enum status rulebook_fund_shares_read(struct yaml_arena *arena, const struct yaml_node *node,
                                      struct rulebook *rulebook, struct error *reterr) {
    static const struct yaml_key weight = {"fund_shares", YAML_RATE, 0, 0, 1e6, false, NULL, NULL};
    enum status status = yaml_expect_mapping(node, reterr);
    if (status != STATUS_OK)
        return status;
    rulebook->waterfall.fund_shares =
        yaml_arena_alloc(arena, (node->count + 1) * sizeof(*rulebook->waterfall.fund_shares));
    for (const struct yaml_node *child = node->child; child != NULL && status == STATUS_OK;
         child = child->next) {
        struct fund_share *share =
            &rulebook->waterfall.fund_shares[rulebook->waterfall.fund_share_count++];
        share->symbol = strcmp(child->key, "default") == 0 ? NULL : child->key;
        status = yaml_read_scalar(child, &weight, &share->weight_e8, reterr);
    }
    return status;
}

/* ---- orders open in the market ---- */

static const struct yaml_choice COUNTS[] = {{"none", ORDERS_NONE},
                                            {"initial", ORDERS_INITIAL},
                                            {"maintenance", ORDERS_MAINTENANCE},
                                            {NULL, 0}};
static const struct yaml_choice ORDER_RATES[] = {
    {"maintenance", ORDER_RATE_MAINTENANCE}, {"initial", ORDER_RATE_INITIAL}, {NULL, 0}};

struct orders_row {
    struct order_margin margin;
    const struct yaml_node *rate;
};

#define AT(member) offsetof(struct orders_row, member)
static const struct yaml_key ORDERS_KEYS[] = {
    {.name = "counts", .type = YAML_CHOICE, .offset = AT(margin.counts), .choices = COUNTS},
    {.name = "rate", .type = YAML_NODE, .offset = AT(rate)},
    {"per_order", YAML_MONEY, AT(margin.per_order), 0, 92e9, false, "money an order", NULL},
};
#undef AT

enum status rulebook_orders_read(const struct yaml_node *node, struct order_margin *ret_margin,
                                 struct error *reterr) {
    static const struct yaml_key number = {
        "rate", YAML_RATE, 0, 0, 1, false, "fraction of an order's notional", NULL};
    static const struct yaml_key word = {
        .name = "rate", .type = YAML_CHOICE, .choices = ORDER_RATES};
    struct orders_row row = {.rate = NULL};
    enum status status = yaml_read(node, ORDERS_KEYS, COUNT(ORDERS_KEYS), &row, NULL, reterr);
    struct decimal parsed;
    if (status == STATUS_OK && row.rate != NULL && row.rate->kind == YAML_SCALAR &&
        decimal_parse(row.rate->text, strlen(row.rate->text), &parsed)) {
        row.margin.rate = ORDER_RATE_FIXED;
        status = yaml_read_scalar(row.rate, &number, &row.margin.rate_e8, reterr);
    } else if (status == STATUS_OK && row.rate != NULL) {
        status = yaml_read_scalar(row.rate, &word, &row.margin.rate, reterr);
    }
    *ret_margin = row.margin;
    return status;
}

/* ---- caps a window ---- */

enum status rulebook_windows_read(struct yaml_arena *arena, const struct yaml_node *node,
                                  struct rulebook *rulebook, struct error *reterr) {
    static const struct yaml_key quantity = {"window_quantity", YAML_DECIMAL, 0, 0, 92e9, true,
                                             "units a window",  NULL};
    enum status status = yaml_expect_mapping(node, reterr);
    if (status != STATUS_OK)
        return status;
    rulebook->limits.windows =
        yaml_arena_alloc(arena, (node->count + 1) * sizeof(*rulebook->limits.windows));
    for (const struct yaml_node *child = node->child; child != NULL && status == STATUS_OK;
         child = child->next) {
        struct window_cap *cap = &rulebook->limits.windows[rulebook->limits.window_count++];
        cap->symbol = strcmp(child->key, "default") == 0 ? NULL : child->key;
        status = yaml_read_scalar(child, &quantity, &cap->quantity, reterr);
    }
    return status;
}
