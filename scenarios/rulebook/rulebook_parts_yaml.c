#include "scenarios/rulebook/rulebook_parts_yaml.h"

#include <string.h>

#include "base/decimal_text.h"
#include "base/field_value.h"
#include "engine/rules/rulebook_fields.h"
#include "scenarios/yaml/yaml_schema.h"

static bool is_number(const struct yaml_node *node) {
    struct decimal parsed;
    return node->kind == YAML_SCALAR && decimal_parse(node->text, strlen(node->text), &parsed);
}

/* ---- curves by size ---- */

/* By notional, a rate above a half would ask for less the further the price falls. */
static enum status read_curves(struct yaml_arena *arena, const struct yaml_node *node,
                               const struct field *list, struct rulebook *rulebook,
                               struct size_curve *const *curves, struct error *reterr) {
    const enum status status = yaml_read_named(arena, node, list, rulebook, reterr);
    if (status != STATUS_OK)
        return status;
    for (const struct yaml_node *child = node->child; child != NULL; child = child->next) {
        struct size_curve *curve = &(*curves)[child->index];
        if (curve->unit == SIZE_NOTIONAL && yaml_find(child, "cap") == NULL)
            curve->cap = (struct decimal){5, 1};
    }
    return STATUS_OK;
}

enum status rulebook_sizes_read(struct yaml_arena *arena, const struct yaml_node *node,
                                struct rulebook *rulebook, struct error *reterr) {
    return read_curves(arena, node, rulebook_field("margin.size"), rulebook,
                       &rulebook->margin.sizes, reterr);
}

enum status rulebook_initial_sizes_read(struct yaml_arena *arena, const struct yaml_node *node,
                                        struct rulebook *rulebook, struct error *reterr) {
    return read_curves(arena, node, rulebook_field("margin.initial_size"), rulebook,
                       &rulebook->margin.initial_sizes, reterr);
}

/* ---- collateral ---- */

static bool is_open_end(const char *text) {
    return text[0] == '\0' || strcmp(text, "null") == 0 || strcmp(text, "~") == 0 ||
           strcmp(text, "inf") == 0 || strcmp(text, ".inf") == 0;
}

static enum status read_band(const struct yaml_node *node, const struct field *fields,
                             struct collateral_band *ret_band, struct error *reterr) {
    enum status status = yaml_expect_sequence(node, reterr);
    if (status != STATUS_OK)
        return status;
    if (node->count != 2)
        return yaml_error(node, reterr, "a band is [up_to_quantity, weight]");
    ret_band->up_to = INT64_MAX;
    if (node->child->kind != YAML_SCALAR || !is_open_end(node->child->text))
        status = yaml_read_scalar(node->child, fields, &ret_band->up_to, reterr);
    return status == STATUS_OK ? yaml_read_scalar(node->child->next, field_find(fields, "weight"),
                                                  &ret_band->weight_e8, reterr)
                               : status;
}

/* What lies beyond the last bound counts for nothing. */
static enum status read_bands(struct yaml_arena *arena, const struct yaml_node *node,
                              struct collateral_asset *asset, struct error *reterr) {
    enum status status = yaml_expect_sequence(node, reterr);
    if (status != STATUS_OK)
        return status;
    if (node->count == 0 || node->count > COLLATERAL_BANDS_MAX)
        return yaml_error(node, reterr, "1 to %d bands", COLLATERAL_BANDS_MAX);
    asset->bands = yaml_arena_alloc(arena, (node->count + 1) * sizeof(*asset->bands));
    for (const struct yaml_node *child = node->child; child != NULL && status == STATUS_OK;
         child = child->next)
        status = read_band(child, rulebook_field("collateral.bands")->of,
                           &asset->bands[asset->band_count++], reterr);
    if (status == STATUS_OK && asset->bands[asset->band_count - 1].up_to != INT64_MAX)
        asset->bands[asset->band_count++] = (struct collateral_band){INT64_MAX, 0};
    return status;
}

/* One weight, and up to which quantity: bands too. */
static enum status read_weight(struct yaml_arena *arena, const struct yaml_node *node,
                               struct collateral_asset *asset, struct error *reterr) {
    const struct yaml_node *weight = yaml_find(node, "weight");
    const struct yaml_node *cap = yaml_find(node, "cap");
    enum status status = STATUS_OK;
    asset->bands = yaml_arena_alloc(arena, 2 * sizeof(*asset->bands));
    asset->bands[asset->band_count++] = (struct collateral_band){INT64_MAX, RATE_SCALE};
    if (weight != NULL)
        status = yaml_read_scalar(weight, rulebook_field("collateral.weight"),
                                  &asset->bands[0].weight_e8, reterr);
    if (status != STATUS_OK || cap == NULL)
        return status;
    asset->bands[asset->band_count++] = (struct collateral_band){INT64_MAX, 0};
    return yaml_read_scalar(cap, rulebook_field("collateral.cap"), &asset->bands[0].up_to, reterr);
}

/* A number is a fixed price in the settlement asset, anything else an instrument. */
static enum status read_price(const struct yaml_node *node, struct collateral_asset *asset,
                              struct error *reterr) {
    if (node->kind != YAML_SCALAR || node->text[0] == '\0')
        return yaml_error(node, reterr, "price: a number, or the symbol of an instrument");
    asset->price = is_number(node) ? COLLATERAL_FIXED : COLLATERAL_INSTRUMENT;
    asset->instrument = node->text;
    return asset->price == COLLATERAL_FIXED
               ? yaml_read_scalar(node, rulebook_field("collateral.price"), &asset->fixed_price,
                                  reterr)
               : STATUS_OK;
}

static enum status read_asset(struct yaml_arena *arena, const struct yaml_node *node,
                              struct collateral_asset *asset, struct error *reterr) {
    const struct field *fields = field_below(rulebook_field("collateral"));
    const struct yaml_node *bands = yaml_find(node, "bands");
    const struct yaml_node *price = yaml_find(node, "price");
    asset->symbol = node->key;
    fields_default(fields, asset);
    enum status status = yaml_read(node, fields, asset, reterr);
    if (status != STATUS_OK)
        return status;
    if (bands != NULL && (yaml_find(node, "weight") != NULL || yaml_find(node, "cap") != NULL))
        return yaml_key_error(bands, reterr,
                              "bands stand in the place of weight and cap: give one of them");
    status = bands != NULL ? read_bands(arena, bands, asset, reterr)
                           : read_weight(arena, node, asset, reterr);
    return status == STATUS_OK && price != NULL ? read_price(price, asset, reterr) : status;
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
        yaml_arena_alloc(arena, node->count * sizeof(*rulebook->collateral.assets));
    for (const struct yaml_node *child = node->child; child != NULL && status == STATUS_OK;
         child = child->next)
        status = read_asset(arena, child,
                            &rulebook->collateral.assets[rulebook->collateral.count++], reterr);
    return status;
}

/* ---- rates by contract ---- */

enum status rulebook_fee_rates_read(struct yaml_arena *arena, const struct yaml_node *node,
                                    struct rulebook *rulebook, struct error *reterr) {
    const struct field *field = rulebook_field("liquidation.fee_rate");
    struct rulebook_liquidation *liquidation = &rulebook->liquidation;
    if (node->kind == YAML_SCALAR)
        return yaml_read_scalar(node, field, &liquidation->fee_rate_e8, reterr);
    enum status status = yaml_expect_mapping(node, reterr);
    if (status != STATUS_OK)
        return status;
    liquidation->fee_rates =
        yaml_arena_alloc(arena, (node->count + 1) * sizeof(*liquidation->fee_rates));
    for (const struct yaml_node *child = node->child; child != NULL && status == STATUS_OK;
         child = child->next) {
        int64_t *rate = &liquidation->fee_rate_e8;
        if (strcmp(child->key, "default") != 0) {
            struct symbol_rate *own = &liquidation->fee_rates[liquidation->fee_rate_count++];
            own->symbol = child->key;
            rate = &own->rate_e8;
        }
        status = yaml_read_scalar(child, field, rate, reterr);
    }
    return status;
}

enum status rulebook_windows_read(struct yaml_arena *arena, const struct yaml_node *node,
                                  struct rulebook *rulebook, struct error *reterr) {
    return yaml_read_named(arena, node, rulebook_field("liquidation.window_quantity"), rulebook,
                           reterr);
}

enum status rulebook_fund_shares_read(struct yaml_arena *arena, const struct yaml_node *node,
                                      struct rulebook *rulebook, struct error *reterr) {
    return yaml_read_named(arena, node, rulebook_field("waterfall.fund_shares"), rulebook, reterr);
}

/* ---- orders open in the market ---- */

enum status rulebook_orders_read(struct yaml_arena *arena, const struct yaml_node *node,
                                 struct rulebook *rulebook, struct error *reterr) {
    const struct field *fields = field_below(rulebook_field("margin.orders"));
    const struct yaml_node *rate = yaml_find(node, "rate");
    struct order_margin *orders = &rulebook->margin.orders;
    struct field word = *field_find(fields, "rate");
    word.kind = FIELD_CHOICE;
    (void)arena; /* nothing of it is outside the rulebook */
    const enum status status = yaml_read(node, fields, orders, reterr);
    if (status != STATUS_OK || rate == NULL)
        return status;
    if (!is_number(rate))
        return yaml_read_scalar(rate, &word, &orders->rate, reterr);
    orders->rate = ORDER_RATE_FIXED;
    return yaml_read_scalar(rate, field_find(fields, "rate"), &orders->rate_e8, reterr);
}
