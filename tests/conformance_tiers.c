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

/* The notional that a note gives at the mark price ("... the notional is 4.919M"), where the inputs
 * give the one at entry: brackets go by the mark. NaN: none. */
static double notional_of_note(const char *note) {
    static const char phrase[] = "at the mark price";
    static const char figure[] = "the notional is ";
    const char *at = strstr(note, phrase);
    at = at != NULL ? strstr(at, figure) : NULL;
    if (at == NULL)
        return NAN;
    char *end = NULL;
    const double number = g_ascii_strtod(at + strlen(figure), &end);
    return *end == 'M' ? number * 1e6 : *end == 'k' ? number * 1e3 : number;
}

/* The rulebooks that have a venue's tables. */
static const struct {
    const char *venue;
    const char *rulebook;
} bundled[] = {
    {"binance_usdm", "binance-usdm-2021-05"},
    {"binance_coinm", "binance-coinm"},
    {"bybit", "bybit-uta"},
};

static bool rules_of_venue(struct vector *vector, struct vector_book *book) {
    const json_t *rows = vector_find(vector->inputs, "tiers brackets");
    if (rows != NULL)
        return rules_of_rows(vector, book, rows);
    for (size_t i = 0; i < G_N_ELEMENTS(bundled); i++)
        if (g_str_has_prefix(vector->venue, bundled[i].venue))
            return vector_book_bundled(vector, book, bundled[i].rulebook);
    (void)vector_broken(vector, "no table of tiers is known for '%s'", vector->venue);
    return false;
}

static void put_tier(struct vector *vector, const struct vector_book *book, const char *symbol,
                     int64_t notional) {
    const struct margin_rule *rule = &book->book.rules[0];
    const struct tier_table *table = rulebook_table(&book->rulebook, symbol);
    const size_t bracket = margin_bracket_of(rule, notional);
    const struct margin_tier *tier = &table->tiers[bracket];
    const double rate = (double)tier->rate_e8 / RATE_SCALE;
    const double amount = vector_of_money(tier->deduction);
    vector_put(vector, "maintenance_margin_rate", rate);
    vector_put(vector, "maintenance_fraction", rate);
    vector_put(vector, "maintenance_rate", rate);
    vector_put(vector, "maintenance_amount", amount);
    vector_put(vector, "maintenance_amount_btc", amount);
    vector_put(vector, "maintenance_amount_eth", amount);
    vector_put(vector, "maintenance_margin", vector_of_money(margin_maintenance(rule, notional)));
    vector_put(vector, "max_leverage", (double)tier->max_leverage_e8 / RATE_SCALE);
    vector_put(vector, "tier", (double)bracket + 1.0);
    vector_put(vector, "level", (double)bracket + 1.0);
}

/* Which bracket a notional is in. */
enum vector_outcome conformance_tier_lookup(struct vector *vector) {
    struct vector_book book;
    uint32_t instrument;
    int64_t notional = 0;
    const char *symbol = vector_text(vector->inputs, "symbol instrument market");
    double value = vector_number(vector->inputs, "notional_at_mark mark_notional",
                                 notional_of_note(vector->note));
    if (isnan(value))
        value = vector_number(vector->inputs,
                              "notional position_value value position_btc position_eth "
                              "position_coin position_size",
                              NAN);
    if (isnan(value))
        return vector_broken(vector, "the input 'notional' is missing or not a number");
    symbol = symbol[0] != '\0' ? symbol : "X";
    bool done = vector_book_begin(vector, &book) && rules_of_venue(vector, &book);
    if (done && g_str_has_prefix(vector->venue, "flox"))
        vector_book_flatten(&book);
    char *perpetual = g_strconcat(symbol, "_PERP", NULL); /* BTCUSD is short for it on COIN-M */
    const struct tier_table *table = done ? rulebook_table(&book.rulebook, perpetual) : NULL;
    if (table != NULL && table->symbol != NULL)
        symbol = perpetual;
    done = done &&
           vector_book_instrument(vector, &book, symbol, CONTRACT_LINEAR, 1.0, &instrument) &&
           vector_book_open(vector, &book);
    if (done && !vector_money(fabs(value), &notional)) {
        (void)vector_broken(vector, "the notional %g does not fit", value);
        done = false;
    }
    if (done)
        put_tier(vector, &book, symbol, notional);
    g_free(perpetual);
    vector_book_close(&book);
    return done ? VECTOR_DONE : VECTOR_BROKEN;
}

/* The deduction that joins a bracket to the one below, as the reader of rulebooks derives it:
 * amount = amount below + floor * (rate - rate below). */
static enum vector_outcome amount_recurrence(struct vector *vector) {
    struct vector_book book;
    if (!vector_require(vector, "floor_btc floor floor_notional floor_eth floor_coin,"
                                "rate maintenance_margin_rate,previous_rate,previous_amount"))
        return VECTOR_BROKEN;
    const json_t *in = vector->inputs;
    const bool done =
        vector_book_begin(vector, &book) &&
        vector_book_rules(
            vector, &book,
            "margin: {tiers: {default: [{cap: %s, maintenance_rate: %s, maintenance_amount: %s}, "
            "{maintenance_rate: %s}]}}\n",
            decimal_text(
                vector_number(in, "floor_btc floor floor_notional floor_eth floor_coin", 0.0)),
            decimal_text(vector_number(in, "previous_rate", 0.0)),
            decimal_text(vector_number(in, "previous_amount", 0.0)),
            decimal_text(vector_number(in, "rate maintenance_margin_rate", 0.0)));
    if (done) {
        const double amount = vector_of_money(book.rulebook.margin.tables[0].tiers[1].deduction);
        vector_put(vector, "maintenance_amount", amount);
        vector_put(vector, "maintenance_amount_btc", amount);
        vector_put(vector, "maintenance_amount_eth", amount);
    }
    vector_book_close(&book);
    return done ? VECTOR_DONE : VECTOR_BROKEN;
}

const struct vector_rule conformance_tiers[] = {
    {"tier_lookup", NULL, conformance_tier_lookup},
    {"maintenance_margin_rate", NULL, conformance_tier_lookup},
    {"maintenance_amount_recurrence", NULL, amount_recurrence},
    {"maintenance_margin_marginal_tiers", NULL, marginal_tiers},
    {"stablecoin_decoupling_charge", NULL, marginal_tiers},
    {NULL, NULL, NULL},
};
