/* Mango v4: weighted health, a perpetual brought back to health, and collateral swapped for debt.
 */

#include <stdio.h>

#include "engine/rules/close_health.h"
#include "engine/rules/close_price.h"
#include "engine/rules/collateral_sale.h"
#include "engine/rules/weighted_health.h"
#include "tests/conformance_protocols.h"

#define D 8
#define SCALE INT64_C(100000000)

/* ---- health ---- */

struct tokens {
    size_t count;
    double ids[HEALTH_TOKENS_MAX];
    struct health_token rows[HEALTH_TOKENS_MAX];
};

static size_t token_of(const struct tokens *tokens, double id) {
    size_t t = 0;
    while (t < tokens->count && tokens->ids[t] != id)
        t++;
    return t;
}

static int64_t by_id(const json_t *in, const char *list, double id) {
    char name[32];
    (void)snprintf(name, sizeof(name), "%g", id);
    return (int64_t)protocol_scaled(vector_find(in, list), name, D, 0);
}

/* What the venue holds of a token, with the spot orders that may become it, against its caps. */
static void read_caps(const json_t *in, double id, struct health_token *token) {
    char name[32];
    (void)snprintf(name, sizeof(name), "%g", id);
    const json_t *scaling = vector_find(vector_find(in, "weight_scaling"), name);
    const int128 price = token->price;
    const int128 orders = protocol_scaled(scaling, "potential_spot_order_tokens", D, 0);
    token->deposits =
        (struct health_cap){(protocol_scaled(scaling, "deposits", D, 0) + orders) * price / SCALE,
                            protocol_scaled(scaling, "deposit_scale_start_quote", D, 0)};
    token->borrows =
        (struct health_cap){protocol_scaled(scaling, "borrows", D, 0) * price / SCALE,
                            protocol_scaled(scaling, "borrow_scale_start_quote", D, 0)};
}

static bool read_tokens(const json_t *in, struct tokens *tokens) {
    const json_t *list = vector_find(in, "tokens");
    tokens->count = json_array_size(list);
    if (tokens->count == 0 || tokens->count > HEALTH_TOKENS_MAX)
        return false;
    for (size_t t = 0; t < tokens->count; t++) {
        const json_t *row = json_array_get(list, t);
        tokens->ids[t] = vector_number(row, "id index", (double)t);
        tokens->rows[t] = (struct health_token){
            .balance = protocol_scaled(row, "amount balance", D, 0),
            .price = (int64_t)protocol_scaled(row, "price", D, 0),
            .asset_weight = protocol_rate(row, "init_asset_weight asset_weight", SCALE),
            .liability_weight = protocol_rate(row, "init_liability_weight liability_weight", SCALE),
        };
        if (tokens->rows[t].price <= 0)
            return false;
        read_caps(in, tokens->ids[t], &tokens->rows[t]);
    }
    return true;
}

static enum vector_outcome account_health(struct vector *vector) {
    const json_t *in = vector->inputs;
    struct tokens tokens;
    if (!read_tokens(in, &tokens))
        return vector_broken(vector, "the input 'tokens' is no list of 1 to %d with prices",
                             HEALTH_TOKENS_MAX);
    struct health_market markets[HEALTH_TOKENS_MAX];
    const json_t *orders = vector_find(in, "spot_open_orders open_orders");
    const size_t market_count = json_array_size(orders);
    if (market_count > HEALTH_TOKENS_MAX)
        return vector_broken(vector, "there are more than %d markets", HEALTH_TOKENS_MAX);
    for (size_t m = 0; m < market_count; m++) {
        const json_t *row = json_array_get(orders, m);
        const double base = vector_number(row, "base", -1.0);
        markets[m] = (struct health_market){
            .base = token_of(&tokens, base),
            .quote = token_of(&tokens, vector_number(row, "quote", -1.0)),
            .reserved_base = protocol_scaled(row, "reserved_base", D, 0),
            .reserved_quote = protocol_scaled(row, "reserved_quote", D, 0),
            .lowest_ask = by_id(in, "lowest_ask", base),
            .highest_bid = by_id(in, "highest_bid", base),
        };
        if (markets[m].base == tokens.count || markets[m].quote == tokens.count)
            return vector_broken(vector, "a market's token is not among 'tokens'");
    }
    const json_t *perp = vector_find(in, "perp");
    const int128 lot = protocol_scaled(perp, "base_lot", 0, 1) * SCALE;
    const struct health_perp perps[1] = {{
        .settle = token_of(&tokens, vector_number(perp, "settle_token", tokens.ids[0])),
        .price = (int64_t)protocol_scaled(perp, "price", D, 0),
        .size = protocol_scaled(perp, "size_lots size", 0, 0) * lot,
        .quote = protocol_scaled(perp, "quote", D, 0),
        .bids = protocol_scaled(perp, "bid_lots", 0, 0) * lot,
        .asks = protocol_scaled(perp, "ask_lots", 0, 0) * lot,
        .base_asset_weight = protocol_rate(perp, "base_asset_weight", SCALE),
        .base_liability_weight = protocol_rate(perp, "base_liability_weight", SCALE),
        .overall_asset_weight = protocol_rate(perp, "overall_asset_weight", SCALE),
    }};
    const size_t perp_count = perp != NULL ? 1 : 0;
    if (perp_count == 1 && perps[0].settle == tokens.count)
        return vector_broken(vector, "the perpetual's settle token is not among 'tokens'");
    protocol_put(
        vector, "health",
        health_of_account(tokens.rows, tokens.count, markets, market_count, perps, perp_count), D);
    return VECTOR_DONE;
}

/* ---- perpetuals ---- */

/* Lots of one base unit; the settle token counts in full. */
static enum vector_outcome base_then_pnl(struct vector *vector) {
    const json_t *in = vector->inputs;
    const json_t *p = vector_find(in, "perp");
    if (p == NULL)
        return vector_broken(vector, "the input 'perp' is missing");
    const int128 spot = protocol_scaled(in, "spot_settle", D, 0);
    const int128 size = protocol_scaled(p, "size", 0, 0);
    const int128 quote = protocol_scaled(p, "quote", D, 0);
    const int64_t price = (int64_t)protocol_scaled(p, "price", D, SCALE);
    const int64_t fee = protocol_rate(in, "base_liquidation_fee", 0);
    const struct health_perp perp = {
        .price = price,
        .size = size * SCALE,
        .quote = quote,
        .base_asset_weight = protocol_rate(in, "base_asset_weight", SCALE),
        .base_liability_weight = protocol_rate(in, "base_liability_weight", SCALE),
        .overall_asset_weight = protocol_rate(in, "overall_asset_weight", SCALE),
    };
    const bool is_long = size > 0;
    struct close_health close = {
        .per_lot = close_health_per_lot(
            price, is_long, is_long ? perp.base_asset_weight : perp.base_liability_weight, fee),
        .overall_weight = perp.overall_asset_weight,
        .settle_fee = protocol_rate(in, "positive_pnl_liquidation_fee", 0),
        .lots = is_long ? size : -size,
        .lots_most = protocol_scaled(in, "max_base", 0, 0),
        .settle_most = protocol_scaled(in, "max_pnl", D, 0),
    };
    close.lots_most = close.lots_most < 0 ? -close.lots_most : close.lots_most;
    close.health =
        spot + protocol_scaled(in, "other_token", D, 0) + health_of_perp(&perp, &close.unweighted);
    int128 closed = 0;
    int128 settled = 0;
    int128 quote_after = quote;
    if (close.health < 0) {
        closed = close_health_lots(&close);
        quote_after += close_oracle_value((is_long ? closed : -closed) * price, fee);
        const int128 left = is_long ? size - closed : size + closed;
        settled = close_health_settled(&close, closed, quote_after + left * price);
    }
    protocol_put(vector, "size_after", is_long ? size - closed : size + closed, 0);
    protocol_put(vector, "quote_after", quote_after - settled, D);
    protocol_put(vector, "spot_settle_after", spot + settled - settled * close.settle_fee / SCALE,
                 D);
    return VECTOR_DONE;
}

static enum vector_outcome perp_end_to_end(struct vector *vector) {
    const json_t *in = vector->inputs;
    if (vector_has(in, "previous"))
        return vector_unsupported(vector, "goes on from another vector, whose account has weights "
                                          "that neither gives");
    if (!vector_require(vector, "deposit,entry_price,oracle_price,size,base_asset_weight_init,"
                                "max_lots,lot"))
        return VECTOR_BROKEN;
    const int64_t price = (int64_t)protocol_scaled(in, "oracle_price", D, 0);
    const int128 size = protocol_scaled(in, "size", D, 0);
    const int128 lot = protocol_scaled(in, "lot", D, SCALE);
    if (lot <= 0 || size == 0)
        return vector_broken(vector, "the input 'lot' or 'size' is 0");
    const int64_t fee = protocol_rate(in, "base_liquidation_fee", 0);
    const int64_t platform = protocol_rate(in, "platform_liquidation_fee", 0);
    const bool is_long = size > 0;
    const int128 entry = protocol_scaled(in, "entry_price", D, 0);
    struct health_perp perp = {
        .price = price,
        .size = size,
        .quote = -(size * entry / SCALE),
        .base_asset_weight = protocol_rate(in, "base_asset_weight_init", SCALE),
        .base_liability_weight =
            protocol_rate(in, "base_liability_weight_init",
                          2 * SCALE - protocol_rate(in, "base_asset_weight_init", SCALE)),
        .overall_asset_weight = protocol_rate(in, "overall_asset_weight_init", SCALE),
    };
    struct close_health close = {
        .per_lot = close_health_per_lot(
            lot * price / SCALE, is_long,
            is_long ? perp.base_asset_weight : perp.base_liability_weight, fee + platform),
        .overall_weight = perp.overall_asset_weight,
        .lots = (is_long ? size : -size) / lot,
        .lots_most = protocol_scaled(in, "max_lots", 0, (int128)1 << 60),
    };
    const int128 added = health_of_perp(&perp, &close.unweighted);
    /* Where the deposit's weight is not given, the account is taken to be short by more than the
     * liquidator closes: such a vector is one that the limit stops. */
    const char *weight = "deposit_asset_weight_init deposit_asset_weight";
    const int128 deposit = protocol_scaled(in, "deposit", D, 0);
    if (vector_has(in, weight))
        close.health = added + deposit * protocol_rate(in, weight, 0) / SCALE;
    else
        close.health = -close.lots * close.per_lot;
    if (close.unweighted > close.health)
        close.unweighted = close.health;
    const int128 closed = close.health < 0 ? close_health_lots(&close) * lot : 0;
    const int128 value = (is_long ? closed : -closed) * price / SCALE;
    const int128 taken = close_oracle_value(value, fee);
    const int128 received = close_oracle_value(value, fee + platform);
    protocol_put(vector, "size_after", is_long ? size - closed : size + closed, D);
    protocol_put(vector, "liqee_quote_after", perp.quote + received, D);
    protocol_put(vector, "liqor_quote_after", -taken, D);
    protocol_put(vector, "platform_fee", taken - received, D);
    return VECTOR_DONE;
}

/* ---- collateral for debt ---- */

/* A token's side of the swap: its spot balance, and with the result of perpetuals that settle in
 * it, of which a positive one counts at their overall weight. */
static struct sale_side side_of(const json_t *side, int64_t overall_weight) {
    const int128 balance = protocol_scaled(side, "amount", D, 0);
    const int128 result = protocol_scaled(side, "perp_quote", D, 0);
    const struct health_perp perp = {.quote = result, .overall_asset_weight = overall_weight};
    return (struct sale_side){balance, balance + health_of_perp(&perp, NULL)};
}

static struct health_token token_side(const json_t *side, int128 combined) {
    return (struct health_token){
        .balance = combined,
        .price = (int64_t)protocol_scaled(side, "price", D, SCALE),
        .asset_weight = protocol_rate(side, "asset_weight", SCALE),
        .liability_weight = protocol_rate(side, "liability_weight", SCALE),
    };
}

static enum vector_outcome collateral_swap(struct vector *vector) {
    const json_t *in = vector->inputs;
    const json_t *asset = vector_find(in, "asset");
    const json_t *liability = vector_find(in, "liability");
    if (asset == NULL || liability == NULL)
        return vector_broken(vector, "the input 'asset' or 'liability' is missing");
    const int64_t overall = protocol_rate(in, "perp_overall_asset_weight", SCALE);
    const struct sale_side held = side_of(asset, overall);
    const struct sale_side owed = side_of(liability, overall);
    const struct health_token tokens[2] = {token_side(asset, held.combined),
                                           token_side(liability, owed.combined)};
    const int128 health =
        health_of_account(tokens, 2, NULL, 0, NULL, 0) + protocol_scaled(in, "other_health", D, 0);
    const struct sale sale = {
        .asset_price = tokens[0].price,
        .liability_price = tokens[1].price,
        .asset_weight = tokens[0].asset_weight,
        .liability_weight = tokens[1].liability_weight,
        .asset_multiplier = SALE_SCALE,
        .liability_multiplier = SALE_SCALE,
    };
    int128 sold = 0;
    const int128 repaid =
        sale_for_health(&sale, held, owed, health, protocol_scaled(in, "max_transfer", D, 0),
                        protocol_rate(in, "fees fee", 0), &sold);
    vector_put_bool(vector, "executes", repaid > 0);
    protocol_put(vector, "asset_after", held.balance - sold, D);
    protocol_put(vector, "liability_after", owed.balance + repaid, D);
    return VECTOR_DONE;
}

const struct vector_rule conformance_mango[] = {
    {"account_health_init", "mango", account_health},
    {"perp_base_then_pnl_liquidation", "mango", base_then_pnl},
    {"perp_liquidation_end_to_end", "mango", perp_end_to_end},
    {"collateral_for_debt_swap", "mango", collateral_swap},
    {NULL, NULL, NULL},
};
