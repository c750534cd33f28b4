/* What collateral counts for, and what owing asks. */

#include <glib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/conformance_replay.h"

/* ---- a balance ---- */

/* `asset: {...}` of the section `collateral`: its weight or its bands, its price, its borrow rate.
 */
static bool append_asset(struct vector *vector, GString *text, const char *symbol,
                         const json_t *row, double price) {
    const json_t *bands = vector_find(row, "tiers bands discount_tiers");
    const double weight = vector_number(
        row, "ratio weight collateral_ratio collateral_value_ratio haircut_ratio discount", 1.0);
    const double borrow =
        vector_number(row, "borrow_rate maintenance_rate mmr borrow_maintenance_rate", 0.0);
    g_string_append_printf(text, "\"%s\": {price: %s, borrow_rate: %s, ", symbol,
                           decimal_text(price), decimal_text(borrow));
    if (bands == NULL) {
        g_string_append_printf(text, "weight: %s}, ", decimal_text(weight));
        return true;
    }
    g_string_append(text, "bands: [");
    for (size_t i = 0; i < json_array_size(bands); i++) {
        const json_t *band = json_array_get(bands, i);
        const json_t *up_to = json_is_array(band)
                                  ? json_array_get(band, 0)
                                  : vector_find(band, "up_to cap max up_to_quantity");
        const double of_band = json_is_array(band)
                                   ? json_number_value(json_array_get(band, 1))
                                   : vector_number(band, "ratio weight discount", NAN);
        if (isnan(of_band)) {
            (void)vector_broken(vector, "a tier of '%s' has no ratio", symbol);
            return false;
        }
        g_string_append_printf(text, "%s[%s, %s]", i > 0 ? ", " : "",
                               json_is_number(up_to) ? decimal_text(json_number_value(up_to))
                                                     : "null",
                               decimal_text(of_band));
    }
    g_string_append(text, "]}, ");
    return true;
}

static bool add_holding(struct vector *vector, struct vector_book *book, const char *symbol,
                        double amount) {
    int64_t quantity;
    struct error error = {STATUS_OK, "it does not fit"};
    if (vector_money(amount, &quantity) &&
        accounts_add_holding(book->accounts, symbol, quantity, &error) == STATUS_OK)
        return true;
    (void)vector_broken(vector, "%g of '%s': %s", amount, symbol, error.message);
    return false;
}

static bool begin(struct vector *vector, struct vector_book *book) {
    struct error error = {STATUS_OK, ""};
    if (!vector_book_begin(vector, book))
        return false;
    if (accounts_set_settlement(book->accounts, "USD", &error) == STATUS_OK)
        return true;
    (void)vector_broken(vector, "%s", error.message);
    return false;
}

/* An instrument that nobody holds: a book has one at least. */
static bool open_book(struct vector *vector, struct vector_book *book) {
    uint32_t instrument;
    return vector_book_instrument(vector, book, "X", CONTRACT_LINEAR, 1.0, &instrument) &&
           vector_book_open(vector, book);
}

/* Account "a" with the balances of `rows`, or with the only one that the inputs are. */
static bool balances_book(struct vector *vector, struct vector_book *book, const json_t *rows) {
    GString *text = g_string_new(NULL);
    const size_t count = json_is_array(rows) ? json_array_size(rows) : 1;
    bool done = begin(vector, book);
    for (size_t i = 0; i < count && done; i++) {
        const json_t *row = json_is_array(rows) ? json_array_get(rows, i) : vector->inputs;
        done = append_asset(vector, text, vector_text(row, "symbol asset coin"), row,
                            vector_number(row, "price index_price usd_price", 1.0));
    }
    done = done &&
           vector_book_rules(vector, book, "margin: {maintenance_rate: 0}\ncollateral: {%s}\n",
                             text->str) &&
           vector_book_account(vector, book, "a", 0.0);
    for (size_t i = 0; i < count && done; i++) {
        const json_t *row = json_is_array(rows) ? json_array_get(rows, i) : vector->inputs;
        const double amount = vector_number(
            row, "amount quantity balance market_value wallet_balance value notional", NAN);
        if (isnan(amount)) {
            (void)vector_broken(vector, "a balance has no amount");
            done = false;
        }
        done = done && add_holding(vector, book, vector_text(row, "symbol asset coin"), amount);
    }
    g_string_free(text, TRUE);
    return done && open_book(vector, book);
}

/* ---- rules ---- */

static enum vector_outcome counted(struct vector *vector) {
    struct vector_book book;
    const bool done =
        balances_book(vector, &book, vector_find(vector->inputs, "balances assets collateral"));
    if (done) {
        const struct pool_health health = book_health(&book.book, &book.book.pools[0], book.prices);
        const double equity = vector_of_money(health.equity);
        const double worth = vector_of_money(health.worth);
        vector_put(vector, "counted", equity);
        vector_put(vector, "counted_amount",
                   equity / vector_number(vector->inputs, "price index_price", 1.0));
        vector_put(vector, "counted_value", equity);
        vector_put(vector, "collateral_usd", equity);
        vector_put(vector, "adjusted_equity", equity);
        vector_put(vector, "haircut_loss", worth - equity);
    }
    vector_book_close(&book);
    return done ? VECTOR_DONE : VECTOR_BROKEN;
}

/* Each `x_loan` at `x_rate`: maintenance margin on what is owed, in the asset. */
static enum vector_outcome borrow_maintenance(struct vector *vector) {
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)vector->inputs, key, value) {
        if (!g_str_has_suffix(key, "_loan") && strcmp(key, "loan") != 0)
            continue;
        struct vector_book book;
        char *asset = g_strndup(key, strlen(key) - strlen("loan"));
        char *rate_key = g_strconcat(asset, "rate", NULL);
        char *margin_key = g_strconcat(asset, "mm", NULL);
        const double rate = vector_number(vector->inputs, rate_key, NAN);
        const bool done = !isnan(rate) && json_is_number(value) && begin(vector, &book) &&
                          vector_book_rules(vector, &book,
                                            "margin: {maintenance_rate: 0}\n"
                                            "collateral: {C: {price: 1, borrow_rate: %s}}\n",
                                            decimal_text(rate)) &&
                          vector_book_account(vector, &book, "a", 0.0) &&
                          add_holding(vector, &book, "C", -json_number_value(value)) &&
                          open_book(vector, &book);
        if (done) {
            const double margin = vector_of_money(
                book_health(&book.book, &book.book.pools[0], book.prices).requirement);
            vector_put(vector, margin_key, margin);
            if (asset[0] == '\0')
                vector_put(vector, "maintenance_margin", margin);
        } else if (vector->reason[0] == '\0') {
            (void)vector_broken(vector, "the input '%s' is missing or not a number", rate_key);
        }
        if (!isnan(rate) && json_is_number(value))
            vector_book_close(&book);
        g_free(asset);
        g_free(rate_key);
        g_free(margin_key);
        if (!done)
            return VECTOR_BROKEN;
    }
    return json_object_size(vector->got) > 0 ? VECTOR_DONE
                                             : vector_broken(vector, "there is no loan");
}

/* GMX v2: a position alone, with collateral of its own in some asset. What remains of the
 * collateral at the present price must be above 0 and at least a share of the position's size,
 * which is its value at entry. Fees and impact lessen it. */
static enum vector_outcome isolated_trigger(struct vector *vector) {
    struct vector_book book;
    const json_t *collateral = vector_find(vector->inputs, "collateral");
    const json_t *row = vector_find(vector->inputs, "position");
    const double size = vector_number(row, "size_usd size", NAN);
    const double entry = vector_number(row, "entry_price", NAN);
    const double price = vector_number(row, "price mark_price", NAN);
    const double amount = vector_number(collateral, "amount quantity", NAN);
    const bool is_short = strcmp(vector_text(row, "side"), "short") == 0;
    uint32_t instrument;
    if (isnan(size + entry + price + amount))
        return vector_broken(vector, "a figure of collateral or position is missing");
    const bool done =
        begin(vector, &book) &&
        vector_book_rules(
            vector, &book,
            "margin: {trigger: below, basis: entry, maintenance_rate: %s}\n"
            "collateral: {C: {price: %s}}\n",
            decimal_text(vector_number(vector->inputs, "min_collateral_factor", 0.01)),
            decimal_text(vector_number(collateral, "price", 1.0))) &&
        vector_book_account(vector, &book, "a",
                            -vector_number(vector->inputs, "fees_and_impact fees", 0.0)) &&
        add_holding(vector, &book, "C", amount) &&
        vector_book_instrument(vector, &book, "X", CONTRACT_LINEAR, price, &instrument) &&
        vector_book_position(vector, &book, instrument, (is_short ? -size : size) / entry, entry) &&
        vector_book_open(vector, &book);
    if (done) {
        const struct pool_health health = book_health(&book.book, &book.book.pools[0], book.prices);
        vector_put(vector, "remaining_collateral_usd", vector_of_money(health.equity));
        vector_put(vector, "minimum_collateral_usd", vector_of_money(health.requirement));
        vector_put_bool(vector, "liquidatable", book_in_breach(&book.book, health));
    }
    vector_book_close(&book);
    return done ? VECTOR_DONE : VECTOR_BROKEN;
}

/* A debt in the settlement asset of an account that has ample collateral, of a fixed price, and a
 * small position: what a replay of one price sells of it. The threshold counts as in
 * `exchange_below`; without one any debt does. */
static enum vector_outcome auto_exchange(struct vector *vector) {
    struct vector_book book;
    uint32_t instrument;
    const json_t *in = vector->inputs;
    if (!vector_require(vector, "negative_balance balance deficit,exchange_ratio ratio"))
        return VECTOR_BROKEN;
    const double debt = fabs(vector_number(in, "negative_balance balance deficit", 0.0));
    const double below = fabs(vector_number(in, "threshold", 1e-8));
    const double price = 1.0;
    struct vector_replay *replay = calloc(1, sizeof(*replay));
    const bool done =
        begin(vector, &book) &&
        vector_book_rules(vector, &book,
                          "margin: {maintenance_rate: 0, exchange_below: %s}\n"
                          "collateral: {C: {price: 1, exchange_ratio: %s}}\n",
                          decimal_text(below),
                          decimal_text(vector_number(in, "exchange_ratio ratio", 0.0))) &&
        vector_book_account(vector, &book, "a", -debt) &&
        add_holding(vector, &book, "C", 10.0 * debt + 1.0) &&
        vector_book_instrument(vector, &book, "X", CONTRACT_LINEAR, price, &instrument) &&
        vector_book_position(vector, &book, instrument, 1.0, price) &&
        vector_replay_run(vector, &book, &price, 1, replay);
    if (done) {
        const double sold = vector_of_money(replay->summary.collateral_exchanged);
        vector_put(vector, "asset_value_sold", sold);
        vector_put_bool(vector, "exchanged", sold > 0.0);
    }
    free(replay);
    vector_book_close(&book);
    return done ? VECTOR_DONE : VECTOR_BROKEN;
}

const struct vector_rule conformance_collateral[] = {
    {"auto_exchange", NULL, auto_exchange},
    {"collateral_haircut", NULL, counted},
    {"collateral_value_ratio_tiers", NULL, counted},
    {"collateral_discount", NULL, counted},
    {"borrow_maintenance", NULL, borrow_maintenance},
    {"trigger", "gmx", isolated_trigger},
    {NULL, NULL, NULL},
};
