#include "engine/rules/weighted_health.h"

#include "engine/rules/mul_div.h"

static int128 least(int128 a, int128 b) {
    return a < b ? a : b;
}

static int128 value_floor(int128 amount, int64_t price) {
    return mul_div_floor_signed(amount, price, HEALTH_SCALE);
}

/* `amount` >= 0 as an asset, rounded down. */
static int128 as_asset(const struct health_token *token, int128 amount) {
    const int128 weighted = mul_div_floor(amount * token->price, token->asset_weight,
                                          (int128)HEALTH_SCALE * HEALTH_SCALE);
    const struct health_cap *cap = &token->deposits;
    if (cap->start == 0 || cap->total <= cap->start)
        return weighted;
    return mul_div_floor(weighted, cap->start, cap->total);
}

/* `amount` >= 0 as a liability, rounded up. */
static int128 as_liability(const struct health_token *token, int128 amount) {
    const int128 weighted = mul_div_ceil(amount * token->price, token->liability_weight,
                                         (int128)HEALTH_SCALE * HEALTH_SCALE);
    const struct health_cap *cap = &token->borrows;
    if (cap->start == 0 || cap->total <= cap->start)
        return weighted;
    return mul_div_ceil(weighted, cap->total, cap->start);
}

int128 health_of_token(const struct health_token *token, int128 amount) {
    return amount < 0 ? -as_liability(token, -amount) : as_asset(token, amount);
}

/* A size and the quote that came with it, at the price and its weight. */
static int128 perp_outcome(const struct health_perp *perp, int128 size, int128 quote) {
    const int64_t weight = size < 0 ? perp->base_liability_weight : perp->base_asset_weight;
    const int128 magnitude = size < 0 ? -size : size;
    const int128 scale = (int128)HEALTH_SCALE * HEALTH_SCALE;
    return size < 0 ? quote - mul_div_ceil(magnitude * perp->price, weight, scale)
                    : quote + mul_div_floor(magnitude * perp->price, weight, scale);
}

int128 health_of_perp(const struct health_perp *perp, int128 *ret_unweighted) {
    const int128 bought = perp_outcome(perp, perp->size + perp->bids,
                                       perp->quote + value_floor(-perp->bids, perp->price));
    const int128 sold = perp_outcome(perp, perp->size - perp->asks,
                                     perp->quote + value_floor(perp->asks, perp->price));
    const int128 unweighted = least(bought, sold);
    if (ret_unweighted != NULL)
        *ret_unweighted = unweighted;
    if (unweighted <= 0)
        return unweighted;
    return mul_div_floor(unweighted, perp->overall_asset_weight, HEALTH_SCALE);
}

/* What a market's set-aside amounts come to when all of it is one of its two tokens. */
struct reserved {
    int128 base, quote;
};

static struct reserved reserved_of(const struct health_market *market,
                                   const struct health_token *tokens) {
    const int64_t base_price = tokens[market->base].price;
    const int64_t quote_price = tokens[market->quote].price;
    int128 bought = mul_div_floor(market->reserved_quote, quote_price, base_price);
    if (market->highest_bid > 0)
        bought =
            least(bought, mul_div_floor(market->reserved_quote, HEALTH_SCALE, market->highest_bid));
    int128 sold = mul_div_floor(market->reserved_base, base_price, quote_price);
    if (market->lowest_ask > 0)
        sold = least(sold, mul_div_floor(market->reserved_base, market->lowest_ask, HEALTH_SCALE));
    return (struct reserved){market->reserved_base + bought, market->reserved_quote + sold};
}

/* How much `amount` adds to a token that holds `most` once all that is set aside anywhere is in it:
 * it is taken as the last to come, which adds least. */
static int128 effect_of(const struct health_token *token, int128 most, int128 amount) {
    int128 asset = amount;
    if (most < amount)
        asset = most < 0 ? 0 : most;
    return as_asset(token, asset) + as_liability(token, amount - asset);
}

int128 health_of_account(const struct health_token *tokens, size_t token_count,
                         const struct health_market *markets, size_t market_count,
                         const struct health_perp *perps, size_t perp_count) {
    assert(token_count <= HEALTH_TOKENS_MAX);
    int128 balance[HEALTH_TOKENS_MAX];
    int128 most[HEALTH_TOKENS_MAX]; /* with all that may come from open orders */
    for (size_t t = 0; t < token_count; t++)
        balance[t] = tokens[t].balance;
    for (size_t p = 0; p < perp_count; p++)
        balance[perps[p].settle] += health_of_perp(&perps[p], NULL);
    for (size_t t = 0; t < token_count; t++)
        most[t] = balance[t];
    for (size_t m = 0; m < market_count; m++) {
        const struct reserved reserved = reserved_of(&markets[m], tokens);
        most[markets[m].base] += reserved.base;
        most[markets[m].quote] += reserved.quote;
    }
    int128 health = 0;
    for (size_t t = 0; t < token_count; t++)
        health += health_of_token(&tokens[t], balance[t]);
    for (size_t m = 0; m < market_count; m++) {
        const struct health_market *market = &markets[m];
        const struct reserved reserved = reserved_of(market, tokens);
        health += least(effect_of(&tokens[market->base], most[market->base], reserved.base),
                        effect_of(&tokens[market->quote], most[market->quote], reserved.quote));
    }
    return health;
}
