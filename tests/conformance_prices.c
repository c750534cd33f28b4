/* Liquidation and bankruptcy prices, profit, and what an account is worth. */

#include <glib.h>
#include <math.h>
#include <string.h>

#include "engine/book/margin_prices.h"
#include "tests/conformance_book.h"

static double profit(const struct vector_position *position, double price) {
    if (position->kind == CONTRACT_INVERSE)
        return position->quantity * (1.0 / position->entry - 1.0 / price);
    return position->quantity * (price - position->entry);
}

/* A figure of the positions that a vector only sums up ("the others"): a number whose key speaks of
 * them and of `what`, or a member of an object that does. */
static double of_others(const json_t *object, const char *what, const char *or_what, bool within) {
    double sum = 0.0;
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)object, key, value) {
        const bool others = within || strstr(key, "other") != NULL || strstr(key, "ex_1") != NULL ||
                            strstr(key, "excluding") != NULL || strcmp(key, "tmm") == 0;
        if (others && json_is_number(value) &&
            (strstr(key, what) != NULL || strstr(key, or_what) != NULL))
            sum += json_number_value(value);
        else if (others && json_is_object(value))
            sum += of_others(value, what, or_what, true);
        else if (others && json_is_array(value))
            for (size_t i = 0; i < json_array_size(value); i++)
                sum += of_others(json_array_get(value, i), what, or_what, true);
    }
    return sum;
}

/* The wallet that the inputs imply: a balance, an account's value less what its positions have
 * gained at mark, or notional over leverage. What the others have gained is there to lose, what
 * they must keep is not. */
static double wallet_of(const struct vector *vector, const struct vector_position *positions,
                        size_t count) {
    const json_t *in = vector->inputs;
    double wallet = vector_number(in,
                                  "wallet_balance isolated_margin balance wallet collateral_usd "
                                  "collateral margin stake_amount",
                                  NAN);
    if (isnan(wallet))
        wallet = vector_number(positions[0].row, "isolated_margin margin", NAN);
    if (isnan(wallet)) {
        wallet = vector_number(in, "account_value equity margin_balance", NAN);
        for (size_t i = 0; i < count; i++)
            wallet -= profit(&positions[i], positions[i].price);
    }
    const double leverage =
        vector_number(positions[0].row, "leverage", vector_number(in, "leverage", NAN));
    if (isnan(wallet) && count == 1) {
        const double notional = positions[0].kind == CONTRACT_INVERSE
                                    ? fabs(positions[0].quantity) / positions[0].entry
                                    : fabs(positions[0].quantity) * positions[0].entry;
        wallet = notional / leverage;
    }
    return wallet + of_others(in, "pnl", "pnl", false) - of_others(in, "maint", "mm", false);
}

/* What the venue's requirement counts: a fee of closing at mark (Gate, OKX), the value at entry
 * instead of at mark (Bybit's isolated margin). */
static const char *requirement_form(const struct vector *vector, char **ret_text) {
    const char *venue = vector->venue;
    const bool isolated = strcmp(vector_text(vector->inputs, "margin_mode mode"), "isolated") == 0;
    const double fee =
        vector_number(vector->inputs, "taker_fee closing_fee_rate fee_rate liquidation_fee", 0.0);
    const bool counts_fee = g_str_has_prefix(venue, "gate") || g_str_has_prefix(venue, "okx");
    *ret_text = g_strdup_printf(
        "trigger: at_or_below, %s%s%s%s", counts_fee && fee > 0.0 ? "closing_fee_rate: " : "",
        counts_fee && fee > 0.0 ? decimal_text(fee) : "", counts_fee && fee > 0.0 ? ", " : "",
        g_str_has_prefix(venue, "bybit") && isolated ? "basis: entry, " : "");
    return *ret_text;
}

static void put_prices(struct vector *vector, const struct vector_book *book,
                       const struct vector_position *positions, size_t count) {
    const struct pool *pool = &book->book.pools[0];
    const struct position *held = book_positions(&book->book, pool);
    json_t *liquidation = json_object();
    json_t *bankruptcy = json_object();
    for (uint16_t k = 0; k < pool->position_count; k++) {
        const char *symbol = book->symbols[held[k].instrument];
        const double at = margin_liquidation_price(&book->book, pool, held[k].instrument);
        const double bankrupt = margin_bankruptcy_price(&book->book, pool, held[k].instrument);
        (void)json_object_set_new(liquidation, symbol, isnan(at) ? json_null() : json_real(at));
        (void)json_object_set_new(bankruptcy, symbol,
                                  isnan(bankrupt) ? json_null() : json_real(bankrupt));
        if (strcmp(symbol, positions[0].symbol) == 0) {
            vector_put(vector, "liquidation_price", at);
            vector_put(vector, "bankruptcy_price", bankrupt);
        }
    }
    for (size_t i = 0; i < count; i++) {
        char *key = g_strdup_printf("liquidation_price_%s", positions[i].symbol);
        (void)json_object_set(vector->got, key, json_object_get(liquidation, positions[i].symbol));
        g_free(key);
    }
    vector_put_new(vector, "liquidation_prices", liquidation);
    vector_put_new(vector, "bankruptcy_prices", bankruptcy);
}

static void put_health(struct vector *vector, const struct vector_book *book) {
    const struct pool *pool = &book->book.pools[0];
    const struct pool_health health = book_health(&book->book, pool, book->prices);
    const double equity = vector_of_money(health.equity) / book->scale;
    const double requirement = vector_of_money(health.requirement) / book->scale;
    vector_put(vector, "equity", equity);
    vector_put(vector, "margin_balance", equity);
    vector_put(vector, "account_value", equity);
    vector_put(vector, "maintenance_margin", requirement);
    vector_put(vector, "margin_ratio", requirement / equity);
    vector_put(vector, "unrealized_pnl", equity - vector_of_money(pool->wallet) / book->scale);
    vector_put_bool(vector, "liquidatable", book_in_breach(&book->book, health));
}

static enum vector_outcome liquidation_price(struct vector *vector) {
    struct vector_position positions[VECTOR_INSTRUMENTS_MAX];
    struct vector_book book;
    size_t count = 0;
    if (!vector_positions(vector, positions, &count))
        return VECTOR_BROKEN;
    const double wallet = wallet_of(vector, positions, count);
    if (isnan(wallet))
        return vector_broken(vector, "neither a balance nor an account's value is given");
    char *form = NULL;
    const bool done = vector_book_begin(vector, &book) &&
                      vector_book_of_account(vector, &book, wallet, positions, count,
                                             requirement_form(vector, &form));
    if (done) {
        put_prices(vector, &book, positions, count);
        put_health(vector, &book);
    }
    g_free(form);
    vector_book_close(&book);
    return done ? VECTOR_DONE : VECTOR_BROKEN;
}

static enum vector_outcome unrealized_pnl(struct vector *vector) {
    struct vector_position positions[VECTOR_INSTRUMENTS_MAX];
    struct vector_book book;
    size_t count = 0;
    if (!vector_positions(vector, positions, &count))
        return VECTOR_BROKEN;
    bool done = vector_book_begin(vector, &book) &&
                vector_book_rules(vector, &book, "margin: {maintenance_rate: 0}\n") &&
                vector_book_account(vector, &book, "a", 0.0);
    for (size_t i = 0; i < count && done; i++) {
        uint32_t instrument;
        done = vector_book_instrument(vector, &book, positions[i].symbol, positions[i].kind,
                                      positions[i].price, &instrument) &&
               vector_book_position(vector, &book, instrument, positions[i].quantity,
                                    positions[i].entry);
    }
    done = done && vector_book_open(vector, &book);
    if (done) {
        const double gain =
            vector_of_money(book_health(&book.book, &book.book.pools[0], book.prices).equity);
        char *coin = g_ascii_strdown(positions[0].symbol, 3);
        char *key = g_strconcat("unrealized_pnl_", coin, NULL); /* of an inverse one, in its coin */
        vector_put(vector, "unrealized_pnl", gain);
        vector_put(vector, key, gain);
        g_free(key);
        g_free(coin);
    }
    vector_book_close(&book);
    return done ? VECTOR_DONE : VECTOR_BROKEN;
}

/* Maintenance margin of positions, or of a notional. */
static enum vector_outcome account(struct vector *vector) {
    if (vector_has(vector->inputs, "positions position"))
        return liquidation_price(vector);
    if (vector_has(vector->inputs, "notional position_value"))
        return conformance_tier_lookup(vector);
    return vector_unsupported(vector, "no such rule of '%s' without positions", vector->venue);
}

static enum vector_outcome buffer(struct vector *vector) {
    return vector_unsupported(vector, "a client's own safety margin, no rule of an exchange");
}

const struct vector_rule conformance_prices[] = {
    {"liquidation_price", NULL, liquidation_price},
    {"liquidation_price_buffer", NULL, buffer},
    {"unrealized_pnl", NULL, unrealized_pnl},
    {NULL, NULL, NULL},
};

/* Rules of any venue whose own do not stand before. */
const struct vector_rule conformance_accounts[] = {
    {"maintenance_margin", NULL, account},
    {"margin_ratio", NULL, account},
    {"margin_balance", NULL, account},
    {"bankruptcy_price", NULL, account},
    {"trigger", NULL, account},
    {NULL, NULL, NULL},
};
