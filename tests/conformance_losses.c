/* Bankruptcy, who pays what is lost past it, who is deleveraged, and what is settled or sold. */

#include <glib.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/liquidation/adl.h"
#include "engine/liquidation/closing.h"
#include "engine/liquidation/expiry.h"
#include "engine/rules/funding_cap.h"
#include "tests/conformance_replay.h"

/* ---- bankruptcy ---- */

/* A position whose margin is notional over leverage is closed in the market beyond its bankruptcy
 * price: what the fund pays. Prices are those of one whole contract of that notional. */
static enum vector_outcome fund_pays(struct vector *vector) {
    struct vector_book book;
    uint32_t instrument;
    if (!vector_require(vector, "notional position_value,leverage,close_level close_price"))
        return VECTOR_BROKEN;
    const bool is_short = strcmp(vector_text(vector->inputs, "side"), "short") == 0;
    const double notional = vector_number(vector->inputs, "notional position_value", 0.0);
    const double close = vector_number(vector->inputs, "close_level close_price", 0.0);
    const double margin = notional / vector_number(vector->inputs, "leverage", 1.0);
    struct vector_replay *replay = calloc(1, sizeof(*replay));
    replay->fund = notional;
    const double prices[] = {notional, close};
    const bool done =
        vector_book_begin(vector, &book) &&
        vector_book_rules(vector, &book,
                          "margin: {trigger: at_or_below, maintenance_rate: 0}\n"
                          "liquidation: {close: full, order: all, price: market}\n") &&
        vector_book_instrument(vector, &book, "X", CONTRACT_LINEAR, 0.0, &instrument) &&
        vector_book_account(vector, &book, "a", margin) &&
        vector_book_position(vector, &book, instrument, is_short ? -1.0 : 1.0, notional) &&
        vector_replay_run(vector, &book, prices, 2, replay);
    if (done) {
        const int64_t level = replay->liquidation_count > 0
                                  ? replay->liquidations[0].bankruptcy_price_ticks
                                  : PRICE_NONE;
        const double paid = vector_of_money(replay->summary.fund_start - replay->summary.fund_end);
        vector_put(vector, "bankruptcy_level",
                   level == PRICE_NONE ? NAN : (double)level / (double)units_pow10(GRID_DECIMALS));
        vector_put(vector, "insurance_pays", paid);
        vector_put(vector, "insurance_pays_fraction_of_notional", paid / notional);
    }
    free(replay);
    vector_book_close(&book);
    return done ? VECTOR_DONE : VECTOR_BROKEN;
}

/* The wallet with which a position of one instrument is bankrupt at that price. */
static double wallet_at_bankruptcy(const struct vector_position *position, double bankruptcy) {
    if (position->kind == CONTRACT_INVERSE)
        return position->quantity * (1.0 / bankruptcy - 1.0 / position->entry);
    return position->quantity * (position->entry - bankruptcy);
}

/* Takeover: at its liquidation price a position goes to the liquidation engine at its bankruptcy
 * price, where the engine's order is placed; what a better fill brings is the insurance fund's. The
 * replay works the position off at the liquidation price to see who gets the difference. */
static enum vector_outcome takeover(struct vector *vector) {
    struct vector_position position;
    struct vector_book book;
    size_t count = 0;
    uint32_t instrument;
    if (!vector_require(vector, "entry_price entry,liquidation_price,bankruptcy_price") ||
        !vector_positions(vector, &position, &count))
        return VECTOR_BROKEN;
    const double bankrupt = vector_number(vector->inputs, "bankruptcy_price", 0.0);
    const double prices[] = {position.entry,
                             vector_number(vector->inputs, "liquidation_price", 0.0),
                             vector_number(vector->inputs, "liquidation_price", 0.0)};
    const double margin = position.quantity * (prices[1] - bankrupt);
    const double rate = margin / (fabs(position.quantity) * prices[1]);
    int64_t rate_e8 = 0;
    struct vector_replay *replay = calloc(1, sizeof(*replay));
    /* a rate that is in breach at the liquidation price: rounded up */
    (void)vector_scaled(rate + 1e-8, 8, &rate_e8);
    const bool done =
        vector_book_begin(vector, &book) &&
        vector_book_rules(vector, &book,
                          "margin: {trigger: at_or_below, maintenance_rate: %s}\n"
                          "liquidation: {close: full, order: all, price: bankruptcy, "
                          "inventory: {interval_ms: 1000, fraction: 1}}\n",
                          decimal_text((double)rate_e8 / RATE_SCALE)) &&
        vector_book_instrument(vector, &book, "X", position.kind, 0.0, &instrument) &&
        vector_book_account(vector, &book, "a", wallet_at_bankruptcy(&position, bankrupt)) &&
        vector_book_position(vector, &book, instrument, position.quantity, position.entry) &&
        vector_replay_run(vector, &book, prices, 3, replay);
    if (done && replay->liquidation_count > 0) {
        const struct liquidation_record *row = &replay->liquidations[0];
        const double price = (double)row->price_ticks / (double)units_pow10(GRID_DECIMALS);
        const int128 gained = replay->summary.fund_end - replay->summary.fund_start;
        char *order =
            g_strdup_printf("%s limit %.2f", row->quantity_lots > 0 ? "sell" : "buy", price);
        vector_put_text(vector, "engine_order", order);
        vector_put(vector, "takeover_price", price);
        vector_put(vector, "order_price", price);
        if (gained > 0)
            vector_put_text(vector,
                            row->quantity_lots > 0 ? "fills_above_go_to" : "fills_below_go_to",
                            "insurance fund");
        g_free(order);
    }
    free(replay);
    vector_book_close(&book);
    return done ? VECTOR_DONE : VECTOR_BROKEN;
}

/* ---- losses of all ---- */

/* Clawback: of a loss past bankruptcy what the fund cannot pay is shared by those who gained, in
 * proportion: the share of each gain is asked of a replay in which one account loses that much past
 * its bankruptcy and another gains the net profit. Amounts are those of prices that move by 1. */
static enum vector_outcome clawback(struct vector *vector) {
    struct vector_book book;
    uint32_t instrument;
    if (!vector_require(vector, "overloss loss total_loss,net_profit_total net_profit"))
        return VECTOR_BROKEN;
    const double loss = vector_number(vector->inputs, "overloss loss total_loss", 0.0);
    const double profit = vector_number(vector->inputs, "net_profit_total net_profit", 0.0);
    struct vector_replay *replay = calloc(1, sizeof(*replay));
    replay->fund = vector_number(vector->inputs, "insurance_fund fund", 0.0);
    const double prices[] = {100.0, 99.0};
    const bool done =
        vector_book_begin(vector, &book) &&
        vector_book_rules(vector, &book,
                          "margin: {trigger: below, maintenance_rate: 0}\n"
                          "liquidation: {close: full, order: all, price: market}\n"
                          "waterfall: {stages: [insurance_fund, socialise]}\n") &&
        vector_book_instrument(vector, &book, "X", CONTRACT_LINEAR, 0.0, &instrument) &&
        vector_book_account(vector, &book, "loser", 0.0) &&
        vector_book_position(vector, &book, instrument, loss, 100.0) &&
        vector_book_account(vector, &book, "winner", 10.0 * profit) &&
        vector_book_position(vector, &book, instrument, -profit, 100.0) &&
        vector_replay_run(vector, &book, prices, 2, replay);
    if (done) {
        const double shared = vector_of_money(replay->summary.socialised_loss);
        vector_put(vector, "allocation_ratio", shared / profit);
        vector_put(vector, "clawback_ratio", shared / profit);
        vector_put(vector, "socialised_loss", shared);
        vector_put(vector, "unpaid", vector_of_money(replay->summary.unpaid));
    }
    free(replay);
    vector_book_close(&book);
    return done ? VECTOR_DONE : VECTOR_BROKEN;
}

/* ---- auto-deleveraging ---- */

/* BitMEX: profit over entry value, times or (in loss) over effective leverage |MV| / (MV - BV),
 * where MV - BV is what the position's pool has left. The bankruptcy price says what its wallet is.
 */
static enum vector_outcome adl_rank(struct vector *vector) {
    struct vector_position position;
    struct vector_book book;
    size_t count = 0;
    uint32_t instrument;
    if (!vector_require(vector, "entry_price entry,mark_price mark,bankruptcy_price") ||
        !vector_positions(vector, &position, &count))
        return VECTOR_BROKEN;
    const double bankrupt = vector_number(vector->inputs, "bankruptcy_price", 0.0);
    bool done = vector_book_begin(vector, &book);
    book.scale = vector_scale(&position.quantity, 1);
    done = done &&
           vector_book_rules(vector, &book,
                             "margin: {maintenance_rate: 0}\n"
                             "waterfall: {stages: [insurance_fund, adl], "
                             "adl_rank: profit_times_leverage}\n") &&
           vector_book_instrument(vector, &book, "X", position.kind, position.price, &instrument) &&
           vector_book_account(vector, &book, "a", wallet_at_bankruptcy(&position, bankrupt)) &&
           vector_book_position(vector, &book, instrument, position.quantity, position.entry) &&
           vector_book_open(vector, &book);
    if (done) {
        const struct pool *pool = &book.book.pools[0];
        const struct adl_standing standing =
            adl_standing_of(&book.book, pool, book_positions(&book.book, pool),
                            book_health(&book.book, pool, book.prices));
        vector_put(vector, "pnl_percentage", adl_score(ADL_PROFIT, &standing));
        vector_put(vector, "effective_leverage", adl_effective_leverage(&standing));
        vector_put(vector, "score", adl_score(book.rulebook.waterfall.adl_rank, &standing));
    }
    vector_book_close(&book);
    return done ? VECTOR_DONE : VECTOR_BROKEN;
}

static enum vector_outcome pool_pnl(struct vector *vector) {
    return vector_unsupported(vector, "solvency of a liquidity pool that is every trader's "
                                      "counterparty: a cross-margin replay has no such pool");
}

/* ---- settled or sold ---- */

/* Collateral, what was realised, and a position with that gain at the mark before. */
static enum vector_outcome expiry(struct vector *vector) {
    struct vector_book book;
    uint32_t instrument;
    if (!vector_require(vector, "collateral wallet_balance,contracts size quantity,"
                                "expiry_average settlement_price expiry_price"))
        return VECTOR_BROKEN;
    const json_t *in = vector->inputs;
    const double quantity = vector_number(in, "contracts size quantity", 0.0);
    const double unrealized = vector_number(in, "unrealized unrealized_pnl", 0.0);
    const double mark = vector_number(in, "mark_before mark_price entry_price", NAN);
    const double settlement =
        vector_number(in, "expiry_average settlement_price expiry_price", 0.0);
    struct decimal price = {0};
    struct error error = {STATUS_OK, ""};
    if (isnan(mark) || quantity == 0.0)
        return vector_broken(vector, "no mark price before expiry, or no position");
    bool done =
        vector_book_begin(vector, &book) &&
        vector_book_rules(vector, &book, "margin: {maintenance_rate: 0}\n") &&
        vector_book_instrument(vector, &book, "X", CONTRACT_LINEAR, mark, &instrument) &&
        vector_book_account(vector, &book, "a",
                            vector_number(in, "collateral wallet_balance", 0.0) +
                                vector_number(in, "realized realized_pnl", 0.0)) &&
        vector_book_position(vector, &book, instrument, quantity, mark - unrealized / quantity) &&
        vector_book_open(vector, &book) && vector_decimal(settlement, &price) && settlement > 0.0;
    if (done && expiry_settle(&book.book, instrument, price, &error) != STATUS_OK) {
        (void)vector_broken(vector, "%s", error.message);
        done = false;
    }
    if (done) {
        const double wallet = vector_of_money(book.book.pools[0].wallet);
        vector_put(vector, "collateral_after", wallet);
        vector_put(vector, "wallet_after", wallet);
    }
    vector_book_close(&book);
    return done ? VECTOR_DONE : VECTOR_BROKEN;
}

/* The cap of a rulebook with these margin rates and BitMEX's share of 75 %. NaN: refused. */
static double cap_under(struct vector *vector, double initial, double maintenance, double share) {
    struct vector_book book;
    double cap = NAN;
    if (vector_book_begin(vector, &book) &&
        vector_book_rules(vector, &book,
                          "margin: {initial_rate: %s, maintenance_rate: %s}\n"
                          "funding: {cap_share: %s}\n",
                          decimal_text(initial), decimal_text(maintenance), decimal_text(share)))
        cap = (double)funding_cap_of(&book.rulebook, "X") / RATE_SCALE;
    vector_book_close(&book);
    return cap;
}

static enum vector_outcome funding_cap_rule(struct vector *vector) {
    const json_t *in = vector->inputs;
    const double share = vector_number(in, "cap_share share factor", 0.75);
    const double initial = vector_number(in, "initial_margin initial_margin_before", NAN);
    const double before =
        vector_number(in, "maintenance_before maintenance_margin_before maintenance_margin", NAN);
    const double after = vector_number(in, "maintenance_after maintenance_margin_after", before);
    if (isnan(initial + before))
        return vector_broken(vector, "initial or maintenance margin is missing");
    const double cap_before = cap_under(vector, initial, before, share);
    const double cap_after =
        cap_under(vector, vector_number(in, "initial_margin_after", initial), after, share);
    if (isnan(cap_before + cap_after))
        return VECTOR_BROKEN;
    vector_put(vector, "funding_cap", cap_before);
    vector_put(vector, "funding_cap_before", cap_before);
    vector_put(vector, "funding_cap_after", cap_after);
    vector_put_bool(vector, "cap_rises", cap_after > cap_before);
    return VECTOR_DONE;
}

const struct vector_rule conformance_losses[] = {
    {"funding_cap", NULL, funding_cap_rule}, {"liquidation_price_example_fund", NULL, fund_pays},
    {"takeover_price", NULL, takeover},      {"socialised_loss_formula", NULL, clawback},
    {"adl_score", NULL, adl_rank},           {"adl_trigger_pool_pnl", NULL, pool_pnl},
    {"expiry_settlement", NULL, expiry},     {NULL, NULL, NULL},
};
