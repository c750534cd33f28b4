/* What is done with an account at which depth, and in which steps. */

#include <glib.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/liquidation/plan.h"
#include "tests/conformance_replay.h"

/* ---- stages ---- */

/* The index of the stage that applies at this health, from 0; -1: none does. */
static int stage_of(const struct rulebook *rulebook, struct pool_health health) {
    const struct liquidation_stage *stage =
        rulebook_liquidation_stage(rulebook, health.equity, health.requirement);
    return stage == NULL ? -1 : (int)(stage - rulebook->liquidation.stages);
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

/* FTX, by margin fraction: equity over notional, so the requirement is the notional itself. A long
 * of the initial notional after a fall of its price. The source keeps that notional throughout (the
 * venue's fraction is over the present one), and quotes leverage as a whole number. */
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
                          "margin: {trigger: below, basis: entry, maintenance_rate: 1}\n"
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

/* ---- steps ---- */

/* Lots that the rulebook closes of the book's only position in one order. */
static int64_t first_order(const struct vector_book *book) {
    const struct pool *pool = &book->book.pools[0];
    const struct pool_health health = book_health(&book->book, pool, book->prices);
    struct limits limits = {0};
    struct order_list orders = {0};
    int64_t lots = 0;
    if (limits_prepare(&limits, &book->book, NULL) == STATUS_OK &&
        plan_pool(&book->book, &limits, 0, health, 0, &orders, NULL) == STATUS_OK &&
        orders.count > 0)
        lots = orders.rows[0].planned;
    order_list_finish(&orders);
    limits_finish(&limits);
    return lots;
}

static double contracts(int64_t lots) {
    return (double)lots / (double)units_pow10(GRID_DECIMALS);
}

/* Deribit's incremental liquidation, by era: "2019 docs" give 10 contracts of 10 USD 25 times a
 * second, later ones up to 200 contracts 20 times a second. */
static enum vector_outcome step(struct vector *vector) {
    struct vector_book book;
    uint32_t instrument;
    const bool early = g_str_has_prefix(vector_text(vector->inputs, "era"), "2019");
    const bool done =
        vector_book_begin(vector, &book) &&
        vector_book_rules(vector, &book,
                          "margin: {maintenance_rate: 0.01}\n"
                          "liquidation: {close: step, step_notional: %s, interval_ms: %s}\n",
                          early ? "100" : "2000", early ? "40" : "50") &&
        vector_book_instrument(vector, &book, "X", CONTRACT_LINEAR, 10.0, &instrument) &&
        vector_book_account(vector, &book, "a", 0.0) &&
        vector_book_position(vector, &book, instrument, 1000000.0, 10.0) &&
        vector_book_open(vector, &book);
    if (done) {
        const double usd = 10.0 * contracts(first_order(&book));
        const double rounds = (double)NS_PER_S / (double)book.rulebook.limits.interval_ns;
        vector_put(vector, "futures_per_step_usd", usd);
        vector_put(vector, "contracts_per_step", usd / 10.0);
        vector_put(vector, "rounds_per_second", rounds);
        vector_put(vector, "max_usd_per_second", usd * rounds);
    }
    vector_book_close(&book);
    return done ? VECTOR_DONE : VECTOR_BROKEN;
}

/* OKX: down to the lowest tier under the old rule for swaps, two tiers down under the later one; a
 * position that has no such tier below it in full. Tiers are in contracts: a table, or the bounds
 * of the first and the third. */
static enum vector_outcome tier_step_down(struct vector *vector) {
    struct vector_book book;
    uint32_t instrument;
    const json_t *in = vector->inputs;
    const json_t *tiers = vector_find(in, "tiers brackets");
    if (!vector_require(vector, "position_contracts position_size size contracts") ||
        (tiers == NULL && !vector_require(vector, "tier1_max_contracts,tier3_from_contracts")))
        return VECTOR_BROKEN;
    const double position = vector_number(in, "position_contracts position_size size contracts", 0);
    const char *rule = vector_text(in, "rule");
    char *rows = tiers != NULL
                     ? vector_tier_rows(tiers)
                     : g_strdup_printf(
                           "{cap: %s, maintenance_rate: 0.005}, {cap: %s, maintenance_rate: 0.01}, "
                           "{maintenance_rate: 0.015}",
                           decimal_text(vector_number(in, "tier1_max_contracts", 0.0)),
                           decimal_text(vector_number(in, "tier3_from_contracts", 0.0) - 1.0));
    bool done =
        vector_book_begin(vector, &book) &&
        vector_book_rules(vector, &book,
                          "margin: {tiers: {default: [%s]}}\n"
                          "liquidation: {close: tier_step, tier_steps: %d}\n",
                          rows != NULL ? rows : "", strstr(rule, "one tier") != NULL ? 1 : 2) &&
        vector_book_instrument(vector, &book, "X", CONTRACT_LINEAR, 1.0, &instrument) &&
        vector_book_account(vector, &book, "a", 0.0) &&
        vector_book_position(vector, &book, instrument, position, 1.0) &&
        vector_book_open(vector, &book);
    if (done) {
        const size_t tier =
            margin_bracket_of(&book.book.rules[0], llrint(fabs(position) * (double)MONEY_SCALE));
        if (strstr(rule, "tier 1") != NULL && tier > 0)
            book.rulebook.liquidation.tier_steps = (int64_t)tier;
        const double closed = contracts(first_order(&book));
        vector_put(vector, "contracts_to_close", fabs(closed));
        vector_put(vector, "contracts_left", fabs(position - closed));
    }
    g_free(rows);
    vector_book_close(&book);
    return done ? VECTOR_DONE : VECTOR_BROKEN;
}

/* OKX deleverages when the fund has fallen by 30 % from its peak of 8 hours. A replay in which the
 * fund falls from peak to present, and then an account loses a trifle past its bankruptcy: the fund
 * bears it, or a counterparty is deleveraged. */
static enum vector_outcome adl_trigger(struct vector *vector) {
    struct vector_book book;
    uint32_t instrument;
    const json_t *in = vector->inputs;
    if (!vector_require(vector, "insurance_fund_peak fund_peak,insurance_fund_now fund_now"))
        return VECTOR_BROKEN;
    struct vector_replay *replay = calloc(1, sizeof(*replay));
    replay->fund = vector_number(in, "insurance_fund_peak fund_peak", 0.0);
    replay->fund_change = vector_number(in, "insurance_fund_now fund_now", 0.0) - replay->fund;
    const double prices[] = {1.0, 0.99};
    const double trifle = 1e-5;
    char *window =
        g_strdup_printf("%.0f", 3600000.0 * vector_number(in, "window_hours hours", 8.0));
    const bool done =
        vector_book_begin(vector, &book) &&
        vector_book_rules(vector, &book,
                          "margin: {trigger: below, maintenance_rate: 0}\n"
                          "liquidation: {close: full, order: all}\n"
                          "waterfall: {stages: [insurance_fund, adl], adl_price: mark, "
                          "adl_fund_fall: %s, adl_fund_window_ms: %s}\n",
                          decimal_text(vector_number(in, "fall share drop", 0.3)), window) &&
        vector_book_instrument(vector, &book, "X", CONTRACT_LINEAR, 0.0, &instrument) &&
        vector_book_account(vector, &book, "loser", 0.0) &&
        vector_book_position(vector, &book, instrument, trifle, 1.0) &&
        vector_book_account(vector, &book, "winner", 1.0) &&
        vector_book_position(vector, &book, instrument, -trifle, 1.0) &&
        vector_replay_run(vector, &book, prices, 2, replay);
    if (done) {
        vector_put_bool(vector, "adl", replay->adl_count > 0);
        vector_put(vector, "fall", replay->fund > 0.0 ? -replay->fund_change / replay->fund : NAN);
    }
    g_free(window);
    free(replay);
    vector_book_close(&book);
    return done ? VECTOR_DONE : VECTOR_BROKEN;
}

const struct vector_rule conformance_stages[] = {
    {"liquidation_step", "deribit", step},
    {"tier_step_down", NULL, tier_step_down},
    {"adl_trigger", "okx", adl_trigger},
    {"stage_thresholds", NULL, portfolio_margin_stage},
    {"liquidation_stage", NULL, margin_fraction_stage},
    {NULL, NULL, NULL},
};
