/* Tables of tiers: which bracket, what deduction, how much margin. */

#include <glib.h>
#include <math.h>
#include <string.h>

#include "tests/conformance_book.h"

/* Whether rows are [floor, rate]: the first starts at 0. Else they are [cap, rate], and an open
 * last cap is null. */
static bool rows_are_floors(const json_t *rows) {
    const json_t *first = json_array_get(json_array_get(rows, 0), 0);
    return json_is_number(first) && json_number_value(first) == 0.0;
}

/* A vector's `tiers`, as pairs or as objects, as the rows of a rulebook's table; what a row does
 * not give (floor, deduction) the reader derives from the row below. Empty: it is no such list. */
static GString *tier_rows(const json_t *rows) {
    GString *text = g_string_new(NULL);
    const size_t count = json_array_size(rows);
    const bool floors = rows_are_floors(rows);
    for (size_t i = 0; i < count; i++) {
        const json_t *row = json_array_get(rows, i);
        const json_t *next = json_array_get(rows, i + 1);
        double rate = NAN;
        double cap = NAN;
        double amount = NAN;
        if (json_is_array(row)) {
            const json_t *last = json_array_get(floors ? next : row, 0);
            rate = json_number_value(json_array_get(row, 1));
            cap = json_is_number(last) ? json_number_value(last) : NAN;
        } else {
            rate = vector_number(
                row, "maintenance_margin_rate maintenance_rate maintenance_fraction mmr rate", NAN);
            cap = vector_number(row, "cap up_to max notional_cap",
                                vector_number(next, "floor from min notional_floor", NAN));
            amount = vector_number(row, "maintenance_amount cum deduction", NAN);
        }
        if (isnan(rate)) {
            g_string_truncate(text, 0);
            return text;
        }
        g_string_append_printf(text, "%s{maintenance_rate: %s", i > 0 ? ", " : "",
                               decimal_text(rate));
        if (!isnan(cap))
            g_string_append_printf(text, ", cap: %s", decimal_text(cap));
        if (!isnan(amount))
            g_string_append_printf(text, ", maintenance_amount: %s", decimal_text(amount));
        g_string_append_c(text, '}');
    }
    return text;
}

static bool rules_of_rows(struct vector *vector, struct vector_book *book, const json_t *rows) {
    GString *text = tier_rows(rows);
    const bool done =
        text->len > 0
            ? vector_book_rules(vector, book, "margin: {tiers: {default: [%s]}}\n", text->str)
            : (vector_broken(vector, "the input 'tiers' is no list of tiers"), false);
    g_string_free(text, TRUE);
    return done;
}

/* Maintenance margin of a value in a table of caps: each part at the rate of its tier (Bybit:
 * "Maintenance Margin (USDT Contract)"), which the engine has as one rate and a deduction. */
static enum vector_outcome marginal_tiers(struct vector *vector) {
    struct vector_book book;
    uint32_t instrument;
    int128 margin = 0;
    int64_t value = 0;
    const double quantity = vector_number(vector->inputs, "quantity size contracts", NAN);
    const double price = vector_number(vector->inputs, "entry_price price mark_price", NAN);
    const double notional = vector_number(
        vector->inputs, "position_value notional value hedge_usd amount", quantity * price);
    const double leverage = vector_number(vector->inputs, "leverage", NAN);
    if (isnan(notional))
        return vector_broken(vector, "the input 'position_value' is missing or not a number");
    bool done = vector_book_begin(vector, &book) &&
                rules_of_rows(vector, &book, vector_find(vector->inputs, "tiers brackets")) &&
                vector_book_instrument(vector, &book, "X", CONTRACT_LINEAR, 1.0, &instrument) &&
                vector_book_open(vector, &book);
    if (done && !vector_money(fabs(notional), &value)) {
        (void)vector_broken(vector, "the value %g does not fit", notional);
        done = false;
    }
    if (done) {
        const struct margin_rule *rule = &book.book.rules[instrument];
        margin = margin_maintenance(rule, value);
        vector_put(vector, "position_value", vector_of_money(value));
        vector_put(vector, "maintenance_margin", vector_of_money(margin));
        vector_put(vector, "charge_usd", vector_of_money(margin));
        if (!isnan(leverage)) {
            const double initial = vector_of_money(margin_initial(
                rule, &book.rulebook, value, value, value, llrint(leverage * RATE_SCALE)));
            vector_put(vector, "initial_margin", initial);
            vector_put(vector, "initial_margin_before_fees", initial);
        }
    }
    vector_book_close(&book);
    return done ? VECTOR_DONE : VECTOR_BROKEN;
}

const struct vector_rule conformance_tiers[] = {
    {"maintenance_margin_marginal_tiers", NULL, marginal_tiers},
    {"stablecoin_decoupling_charge", NULL, marginal_tiers},
    {NULL, NULL, NULL},
};
