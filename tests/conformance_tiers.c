/* Tables of tiers: which bracket, what deduction, how much margin. */

#include <glib.h>
#include <math.h>
#include <string.h>

#include "tests/conformance_book.h"

static bool rules_of_rows(struct vector *vector, struct vector_book *book, const json_t *rows) {
    char *text = vector_tier_rows(rows);
    bool done = text != NULL;
    if (done)
        done = vector_book_rules(vector, book, "margin: {tiers: {default: [%s]}}\n", text);
    else
        (void)vector_broken(vector, "the input 'tiers' is no list of tiers");
    g_free(text);
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
