/* Margin rates that grow with the size of the position. */

#include <glib.h>
#include <math.h>
#include <string.h>

#include "tests/conformance_book.h"

/* A book of one instrument under a curve for maintenance and one for initial margin (YAML of their
 * keys), at that price. */
static bool curve_book(struct vector *vector, struct vector_book *book, const char *maintenance,
                       const char *initial, double price) {
    uint32_t instrument;
    return vector_book_begin(vector, book) &&
           vector_book_rules(vector, book,
                             "margin: {size: {default: {%s}}, initial_size: {default: {%s}}}\n",
                             maintenance, initial) &&
           vector_book_instrument(vector, book, "X", CONTRACT_LINEAR, price, &instrument) &&
           vector_book_open(vector, book);
}

/* The rate of the maintenance curve at so many lots. */
static double curve_rate(const struct vector_book *book, int64_t lots) {
    const struct margin_rule *rule = &book->book.rules[0];
    return (double)margin_size_rate(&rule->size, lots, 0,
                                    margin_notional(rule, lots, book->prices[0])) /
           (double)SIZE_RATE_SCALE;
}

/* ---- Deribit: a + b * size ---- */

/* `rate_per_coin` times the size in coins on top of `base_rate`; the margin is that rate of the
 * position, in coins, and in quote at the index price. */
static enum vector_outcome linear_margin(struct vector *vector) {
    struct vector_book book;
    int64_t lots = 0;
    const json_t *in = vector->inputs;
    if (!vector_require(vector, "position_size size quantity,base_rate,rate_per_coin per_unit,"
                                "index_price price mark_price"))
        return VECTOR_BROKEN;
    const double price = vector_number(in, "index_price price mark_price", 0.0);
    char *curve =
        g_strdup_printf("base: %s, per_unit: %s", decimal_text(vector_number(in, "base_rate", 0.0)),
                        decimal_text(vector_number(in, "rate_per_coin per_unit", 0.0)));
    const bool done = curve_book(vector, &book, curve, curve, price) &&
                      vector_scaled(fabs(vector_number(in, "position_size size quantity", 0.0)),
                                    GRID_DECIMALS, &lots);
    if (done) {
        const struct margin_rule *rule = &book.book.rules[0];
        const int128 notional = margin_notional(rule, lots, book.prices[0]);
        const double margin =
            lots == 0 ? 0.0 : vector_of_money(margin_requirement(rule, lots, 0, notional));
        vector_put(vector, "rate", curve_rate(&book, lots));
        vector_put(vector, "margin_coin", margin / price);
        vector_put(vector, "margin_usdc", margin);
        vector_put(vector, "margin", margin);
    }
    g_free(curve);
    vector_book_close(&book);
    return done ? VECTOR_DONE : VECTOR_BROKEN;
}

/* Deribit's standard margin of its inverse books, by coin and era ("Change of margin", 11 January
 * 2022). */
static const struct {
    const char *coin;
    const char *era;
    const char *initial;
    const char *maintenance;
} inverse_curves[] = {
    {"BTC", "before", "base: 0.01, per_unit: 0.00005", "base: 0.00525, per_unit: 0.00005"},
    {"BTC", "", "base: 0.02, per_unit: 0.00005", "base: 0.01, per_unit: 0.00005"},
    {"ETH", "before", "base: 0.02, per_unit: 0.000002", "base: 0.01, per_unit: 0.000002"},
    {"ETH", "", "base: 0.02, per_unit: 0.000004", "base: 0.01, per_unit: 0.000004"},
};

static enum vector_outcome margin_rates(struct vector *vector) {
    struct vector_book maintenance;
    struct vector_book initial;
    int64_t lots = 0;
    const char *coin = vector_text(vector->inputs, "coin symbol currency");
    const char *era = vector_text(vector->inputs, "era");
    size_t k = 0;
    if (!vector_require(vector, "position_size_coin position_size size"))
        return VECTOR_BROKEN;
    while (k < G_N_ELEMENTS(inverse_curves) && !(g_str_has_prefix(coin, inverse_curves[k].coin) &&
                                                 g_str_has_prefix(era, inverse_curves[k].era)))
        k++;
    if (k == G_N_ELEMENTS(inverse_curves))
        return vector_broken(vector, "no margin curve is known for '%s'", coin);
    const char *curve = inverse_curves[k].maintenance;
    bool done = curve_book(vector, &maintenance, curve, curve, 1.0);
    curve = inverse_curves[k].initial;
    done =
        curve_book(vector, &initial, curve, curve, 1.0) && done &&
        vector_scaled(vector_number(vector->inputs, "position_size_coin position_size size", 0.0),
                      GRID_DECIMALS, &lots);
    if (done) {
        vector_put(vector, "initial_rate", curve_rate(&initial, lots));
        vector_put(vector, "maintenance_rate", curve_rate(&maintenance, lots));
    }
    vector_book_close(&maintenance);
    vector_book_close(&initial);
    return done ? VECTOR_DONE : VECTOR_BROKEN;
}

/* ---- FTX: factor * sqrt(size) ---- */

/* A rulebook holds rates up to 1, "fully funded"; sources quote what the formula gives beyond. So
 * the curve is asked for a hundredth of it. */
static enum vector_outcome root_margin(struct vector *vector) {
    enum { SHARE = 100 };
    struct vector_book book;
    int64_t lots = 0;
    const json_t *in = vector->inputs;
    if (!vector_require(vector, "imf_factor factor,position_tokens position_size size quantity"))
        return VECTOR_BROKEN;
    const double leverage = vector_number(in, "max_leverage", NAN);
    const double weight = vector_number(in, "imf_weight weight", 1.0);
    char *curve =
        g_strdup_printf("floor: %s, sqrt_factor: %s",
                        decimal_text(isnan(leverage) ? 0.0 : weight / leverage / SHARE),
                        decimal_text(weight * vector_number(in, "imf_factor factor", 0.0) / SHARE));
    const bool done =
        curve_book(vector, &book, curve, curve, 1.0) &&
        vector_scaled(vector_number(in, "position_tokens position_size size quantity", 0.0),
                      GRID_DECIMALS, &lots);
    if (done) {
        const double fraction = SHARE * curve_rate(&book, lots);
        vector_put(vector, "margin_fraction", fraction);
        vector_put(vector, "initial_margin_fraction", fraction);
        vector_put(vector, "margin_fraction_capped", fmin(fraction, 1.0));
    }
    g_free(curve);
    vector_book_close(&book);
    return done ? VECTOR_DONE : VECTOR_BROKEN;
}

const struct vector_rule conformance_sizes[] = {
    {"initial_margin", "deribit", linear_margin},
    {"maintenance_margin", "deribit", linear_margin},
    {"margin_rate_formula", "deribit", margin_rates},
    {"initial_margin_size_factor", NULL, root_margin},
    {NULL, NULL, NULL},
};
