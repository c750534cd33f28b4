/* Whole passes of liquidation: small books over one or two prices, through the replay. */

#include <glib.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/conformance_replay.h"

/* ---- FLOX: one position an account, closed in full at mark; fund, then ADL ---- */

static const char *adl_rank_of(const char *name) {
    if (strcmp(name, "binance") == 0 || strcmp(name, "bybit") == 0)
        return "profit_times_wallet_leverage";
    if (strcmp(name, "position_size") == 0)
        return "position_size";
    return "profit_over_wallet";
}

/* A fixed slippage costs what a fee at that rate of the notional does. */
static bool read_flat_rules(struct vector *vector, struct vector_book *book) {
    const json_t *tiers = vector_find(vector->inputs, "tiers brackets");
    char *rows = tiers != NULL ? vector_tier_rows(tiers) : g_strdup("{maintenance_rate: 0}");
    const bool adl = vector_bool(vector->inputs, "adl_enabled adl", false);
    bool done = rows != NULL;
    if (done)
        done = vector_book_rules(
            vector, book,
            "margin: {trigger: below, tiers: {default: [%s]}}\n"
            "liquidation: {close: full, order: all, price: market, fee_rate: %s}\n"
            "waterfall: {stages: [insurance_fund%s], adl_rank: %s, adl_price: bankruptcy}\n",
            rows, decimal_text(vector_number(vector->inputs, "slippage_bps", 0.0) / 1e4),
            adl ? ", adl" : "", adl_rank_of(vector_text(vector->inputs, "adl_ranking")));
    else
        (void)vector_broken(vector, "the input 'tiers' is no list of tiers");
    if (done)
        vector_book_flatten(book);
    g_free(rows);
    return done;
}

/* Account ids in vectors are numbers, whose order breaks ties; as bytes they need as many digits.
 */
static const char *account_id(const json_t *row, size_t index) {
    static char id[32];
    const json_t *account = vector_find(row, "account account_id id");
    const char *text = json_string_value(account);
    if (text != NULL)
        (void)snprintf(id, sizeof(id), "%s", text);
    else
        (void)snprintf(id, sizeof(id), "%012lld",
                       json_is_number(account) ? llrint(json_number_value(account))
                                               : (long long)index + 1);
    return id;
}

static bool add_holder(struct vector *vector, struct vector_book *book,
                       const struct vector_position *position, size_t index, double price) {
    uint32_t instrument;
    const double equity = vector_number(
        position->row, "equity margin collateral balance wallet_balance isolated_margin", NAN);
    if (isnan(equity) || isnan(position->entry)) {
        (void)vector_broken(vector, "a position has no equity or no entry price");
        return false;
    }
    return vector_book_instrument(vector, book, position->symbol, position->kind, price,
                                  &instrument) &&
           vector_book_account(vector, book, account_id(position->row, index), equity) &&
           vector_book_position(vector, book, instrument, position->quantity, position->entry);
}

/* The accounts as the vector calls them, each once, in the order given. */
static json_t *called(const struct vector_position *positions, size_t count,
                      const uint32_t *accounts) {
    json_t *list = json_array();
    for (size_t k = 0; k < count; k++) {
        bool seen = false;
        for (size_t j = 0; j < k && !seen; j++)
            seen = accounts[j] == accounts[k];
        if (seen)
            continue;
        const json_t *name = vector_find(positions[accounts[k]].row, "account account_id id");
        (void)json_array_append_new(list, name != NULL ? json_copy((json_t *)name)
                                                       : json_integer((json_int_t)accounts[k] + 1));
    }
    return list;
}

/* Lots of an account still open. */
static int64_t open_lots(const struct vector_book *book, const struct vector_replay *replay,
                         uint32_t account) {
    int64_t lots = 0;
    const struct account_view view = accounts_view(book->accounts, account);
    for (size_t k = 0; k < view.position_count; k++)
        lots += accounts_position(book->accounts, view.position_first + k).lots;
    for (size_t l = 0; l < replay->liquidation_count; l++)
        if (replay->liquidations[l].account == account)
            lots -= replay->liquidations[l].quantity_lots;
    for (size_t m = 0; m < replay->adl_count; m++)
        if (replay->adl[m].account == account)
            lots -= replay->adl[m].quantity_lots;
    return lots;
}

static void put_pass(struct vector *vector, const struct vector_book *book,
                     const struct vector_position *positions, size_t count,
                     const struct vector_replay *replay) {
    uint32_t accounts[VECTOR_ROWS_MAX];
    size_t open = 0;
    const double start = vector_of_money(replay->summary.fund_start);
    const double end = vector_of_money(replay->summary.fund_end);
    for (size_t l = 0; l < replay->liquidation_count; l++)
        accounts[l] = replay->liquidations[l].account;
    vector_put_new(vector, "liquidated", called(positions, replay->liquidation_count, accounts));
    for (size_t m = 0; m < replay->adl_count; m++)
        accounts[m] = replay->adl[m].account;
    vector_put_new(vector, "adl_order", called(positions, replay->adl_count, accounts));
    for (uint32_t a = 0; a < count; a++)
        if (open_lots(book, replay, a) != 0)
            accounts[open++] = a;
    vector_put_new(vector, "open_after", called(positions, open, accounts));
    vector_put(vector, "insurance_fund_delta", end - start);
    vector_put(vector, "insurance_fund_after", end);
    vector_put(vector, "deficit", vector_of_money(replay->summary.bad_debt));
    vector_put(vector, "unpaid", vector_of_money(replay->summary.unpaid));
    vector_put(vector, "liquidations", (double)replay->summary.liquidations);
    size_t passes = 0;
    for (size_t l = 0; l < replay->liquidation_count; l++)
        passes += l == 0 || replay->liquidations[l].ts_ns != replay->liquidations[l - 1].ts_ns ||
                  replay->liquidations[l].wave != replay->liquidations[l - 1].wave;
    vector_put(vector, "passes", (double)passes);
}

/* The marks of a pass: the one given, and, where it moves with the book once something was
 * liquidated, the one after it: the book's mid, or a mean of both. Returns how many. */
static size_t pass_marks(const struct vector *vector, double mark, double *ret_marks) {
    const json_t *in = vector->inputs;
    const json_t *book = vector_find(in, "book order_book");
    const char *impact = vector_text(in, "mark_impact mark_impact_model model");
    const double mid =
        (vector_number(book, "bid best_bid", NAN) + vector_number(book, "ask best_ask", NAN)) / 2.0;
    const double weight = strcmp(impact, "book_anchored") == 0
                              ? vector_number(in, "mark_impact_weight weight", 0.3)
                              : 1.0;
    ret_marks[0] = mark;
    ret_marks[1] = (1.0 - weight) * mark + weight * mid;
    const bool moves = vector_number(in, "max_depth max_cascade_depth", 0.0) > 0.0 &&
                       strcmp(impact, "none") != 0 && !isnan(mid);
    return moves ? 2 : 1;
}

static enum vector_outcome liquidation_pass(struct vector *vector) {
    struct vector_position positions[VECTOR_INSTRUMENTS_MAX];
    struct vector_book book;
    size_t count = 0;
    const double mark = vector_number(vector->inputs, "mark_price mark price", NAN);
    if (!vector_positions(vector, positions, &count))
        return VECTOR_BROKEN;
    if (isnan(mark))
        return vector_broken(vector, "the input 'mark_price' is missing or not a number");
    struct vector_replay *replay = calloc(1, sizeof(*replay));
    replay->fund = vector_number(vector->inputs, "insurance_fund", 0.0);
    bool done = vector_book_begin(vector, &book) && read_flat_rules(vector, &book);
    for (size_t i = 0; i < count && done; i++)
        done = add_holder(vector, &book, &positions[i], i, mark);
    if (done && book.instrument_count > 1) {
        (void)vector_broken(vector, "a pass has one mark price, for one instrument");
        done = false;
    }
    double marks[2];
    const size_t mark_count = pass_marks(vector, mark, marks);
    done = done && vector_replay_run(vector, &book, marks, mark_count, replay);
    if (done)
        put_pass(vector, &book, positions, count, replay);
    free(replay);
    vector_book_close(&book);
    return done ? VECTOR_DONE : VECTOR_BROKEN;
}

/* The loser of a deficit is made up: as many lots as the winner's, at its entry price, with a
 * margin that leaves exactly the deficit at mark. */
static enum vector_outcome adl_confiscates(struct vector *vector) {
    struct vector_book book;
    const json_t *winner = vector_find(vector->inputs, "winner counterparty");
    const double mark = vector_number(vector->inputs, "mark_price mark price", NAN);
    const double deficit = vector_number(vector->inputs, "deficit", NAN);
    const double size = vector_number(winner, "size quantity", NAN);
    const double entry = vector_number(winner, "entry_price entry", NAN);
    const double equity = vector_number(winner, "equity margin", NAN);
    if (isnan(mark + deficit + size + entry + equity))
        return vector_broken(vector, "deficit, mark price or a figure of the winner is missing");
    uint32_t instrument;
    struct vector_replay *replay = calloc(1, sizeof(*replay));
    const bool done =
        vector_book_begin(vector, &book) &&
        vector_book_rules(vector, &book,
                          "margin: {maintenance_rate: 0}\n"
                          "liquidation: {close: full, order: all, price: market}\n"
                          "waterfall: {stages: [insurance_fund, adl]}\n") &&
        vector_book_instrument(vector, &book, "X", CONTRACT_LINEAR, mark, &instrument) &&
        vector_book_account(vector, &book, "loser", size * (mark - entry) - deficit) &&
        vector_book_position(vector, &book, instrument, -size, entry) &&
        vector_book_account(vector, &book, "winner", equity) &&
        vector_book_position(vector, &book, instrument, size, entry) &&
        vector_replay_run(vector, &book, &mark, 1, replay);
    if (done) {
        vector_put(vector, "winner_equity_after", vector_of_money(replay->accounts[1].equity_end));
        vector_put(vector, "position_after",
                   (double)open_lots(&book, replay, 1) / (double)units_pow10(GRID_DECIMALS));
    }
    free(replay);
    vector_book_close(&book);
    return done ? VECTOR_DONE : VECTOR_BROKEN;
}

const struct vector_rule conformance_passes[] = {
    {"liquidation_pass", NULL, liquidation_pass},
    {"cascade_within_tick", NULL, liquidation_pass},
    {"adl_confiscates_forgone_gain", NULL, adl_confiscates},
    {NULL, NULL, NULL},
};
