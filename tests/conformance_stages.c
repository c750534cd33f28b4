/* What is done with an account at which depth, and in which steps. */

#include <glib.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/conformance_book.h"

/* ---- stages ---- */

/* The index of the stage that applies at this health, from 0; -1: none does. */
static int stage_of(const struct rulebook *rulebook, struct pool_health health) {
    const struct liquidation_stage *stage =
        rulebook_liquidation_stage(rulebook, health.equity, health.requirement);
    return stage == NULL ? -1 : (int)(stage - rulebook->liquidation_stages);
}

/* Binance Portfolio Margin Pro by uniMMR, equity over maintenance margin: the page gives ranges
 * (above 1.5, 1.2 to 1.5, ...) and the last as `<= 1.0`, so each bound belongs to the deeper one.
 */
static enum vector_outcome portfolio_margin_stage(struct vector *vector) {
    static const char *const names[] = {"trade freely", "reminder", "reduce-only", "liquidation",
                                        "liquidation and claim for loss"};
    struct vector_book book;
    if (!vector_require(vector, "uniMMR unimmr uni_mmr margin_ratio"))
        return VECTOR_BROKEN;
    int64_t equity = 0;
    const bool done =
        vector_book_begin(vector, &book) &&
        vector_book_rules(vector, &book,
                          "margin: {trigger: at_or_below, trigger_ratio: 1.05, "
                          "maintenance_rate: 1}\n"
                          "liquidation: {stages: [{at_or_below: 1.5, action: warn}, "
                          "{at_or_below: 1.2, action: reduce_only}, "
                          "{at_or_below: 1.05, action: close}, "
                          "{at_or_below: 1, action: take_over}]}\n") &&
        vector_money(vector_number(vector->inputs, "uniMMR unimmr uni_mmr margin_ratio", 0.0),
                     &equity);
    if (done) {
        const struct pool_health health = {.equity = equity, .requirement = MONEY_SCALE};
        vector_put_text(vector, "stage", names[stage_of(&book.rulebook, health) + 1]);
    }
    vector_book_close(&book);
    return done ? VECTOR_DONE : VECTOR_BROKEN;
}

/* FTX, by margin fraction: equity over present notional, so the requirement is the notional itself.
 * A long of the initial notional after a fall of its price. Quoted figures keep the initial
 * notional, and leverage as a whole number. */
static enum vector_outcome margin_fraction_stage(struct vector *vector) {
    struct vector_book book;
    uint32_t instrument;
    if (!vector_require(vector, "collateral,initial_notional notional,initial_margin_fraction,"
                                "maintenance_margin_fraction,auto_close_margin_fraction"))
        return VECTOR_BROKEN;
    const json_t *in = vector->inputs;
    const double notional = vector_number(in, "initial_notional notional", 0.0);
    const double maintenance = vector_number(in, "maintenance_margin_fraction", 0.0);
    const double auto_close = vector_number(in, "auto_close_margin_fraction", 0.0);
    const bool done =
        vector_book_begin(vector, &book) &&
        vector_book_rules(vector, &book,
                          "margin: {trigger: below, maintenance_rate: 1}\n"
                          "liquidation: {stages: [{below: %s, action: warn}, "
                          "{below: %s, action: close}, {below: %s, action: backstop}, "
                          "{below: 0, action: take_over}]}\n",
                          decimal_text(vector_number(in, "initial_margin_fraction", 0.0)),
                          decimal_text(maintenance), decimal_text(auto_close)) &&
        vector_book_instrument(vector, &book, "X", CONTRACT_LINEAR,
                               1.0 - vector_number(in, "price_drop", 0.0), &instrument) &&
        vector_book_account(vector, &book, "a", vector_number(in, "collateral", 0.0)) &&
        vector_book_position(vector, &book, instrument, notional, 1.0) &&
        vector_book_open(vector, &book);
    if (done) {
        const struct pool_health health = book_health(&book.book, &book.book.pools[0], book.prices);
        const double value = vector_of_money(health.equity);
        char *names[] = {
            g_strdup("normal"),
            g_strdup("below initial margin fraction: cannot send orders"),
            g_strdup_printf("below maintenance margin fraction (%g%%): liquidation orders sent",
                            100.0 * maintenance),
            g_strdup_printf("below auto-close margin fraction (%g%%): position sold to backstop "
                            "providers and insurance fund",
                            100.0 * auto_close),
            g_strdup("bankrupt: insurance fund pays"),
        };
        vector_put(vector, "account_value", value);
        vector_put(vector, "margin_fraction", value / vector_of_money(health.requirement));
        vector_put_text(vector, "stage", names[stage_of(&book.rulebook, health) + 1]);
        vector_put(vector, "quoted_leverage", value > 0.0 ? round(notional / value) : NAN);
        vector_put(vector, "quoted_distance_to_bankruptcy", value / notional);
        for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
            g_free(names[i]);
    }
    vector_book_close(&book);
    return done ? VECTOR_DONE : VECTOR_BROKEN;
}

const struct vector_rule conformance_stages[] = {
    {"stage_thresholds", NULL, portfolio_margin_stage},
    {"liquidation_stage", NULL, margin_fraction_stage},
    {NULL, NULL, NULL},
};
