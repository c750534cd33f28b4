#include "engine/liquidation/socialise.h"

#include <stdlib.h>
#include <string.h>

#include "engine/rules/share.h"

/* What the account held beside the settlement asset, at first prices; what has none yet is nothing,
 * as book_account_equity() counts it. */
static int128 holdings_start(const struct book *book, uint32_t account) {
    size_t first;
    size_t count;
    int128 worth = 0;
    accounts_holdings(book->accounts, account, &first, &count);
    for (size_t k = 0; k < count; k++) {
        const struct holding_view view = accounts_holding(book->accounts, first + k);
        const struct collateral_rule *rule = &book->holdings.rules[view.asset];
        const int64_t price = rule->fixed ? 1 : book->first_prices[rule->factor];
        if (price > 0)
            worth += collateral_value(rule, view.quantity, price);
    }
    return worth;
}

/* What a position had gained, of what its contract settles in. */
static int128 gain_start(const struct book *book, struct position_view p) {
    const int64_t first = book->first_prices[p.instrument];
    return first > 0
               ? instrument_value_floor(&book->instruments[p.instrument], p.lots, first) - p.cost
               : 0;
}

/* The same where contracts settle in coins: balances with their gains, as a new book has them. */
static int128 coins_start(const struct book *book, uint32_t account) {
    const struct account_view view = accounts_view(book->accounts, account);
    size_t first;
    size_t count;
    int128 worth = 0;
    accounts_holdings(book->accounts, account, &first, &count);
    for (uint32_t a = 0; a < book->holdings.asset_count; a++) {
        struct holding row = {0, a};
        int128 gains = 0;
        for (size_t k = 0; k < count; k++)
            if (accounts_holding(book->accounts, first + k).asset == a)
                row.quantity = accounts_holding(book->accounts, first + k).quantity;
        for (size_t k = 0; k < view.position_count; k++) {
            const struct position_view p =
                accounts_position(book->accounts, view.position_first + k);
            if (book->holdings.settles[p.instrument] == a)
                gains += gain_start(book, p);
        }
        const struct collateral_rule *rule = &book->holdings.rules[a];
        const int64_t price = rule->fixed ? 1 : book->first_prices[rule->factor];
        if (price > 0)
            worth += collateral_value(rule, holding_balance(&row, gains), price);
    }
    return worth;
}

int128 socialise_equity_start(const struct book *book, uint32_t account) {
    const struct account_view view = accounts_view(book->accounts, account);
    int128 equity = view.balance + (book->holdings.settles != NULL ? coins_start(book, account)
                                                                   : holdings_start(book, account));
    for (size_t k = 0; k < view.position_count; k++) {
        const struct position_view p = accounts_position(book->accounts, view.position_first + k);
        if (p.mode == MARGIN_ISOLATED)
            equity += p.isolated_margin;
        if (!book_in_coin(book, p.instrument))
            equity += gain_start(book, p);
    }
    return equity;
}

void socialise_schedule(struct book *book, int64_t after_ns) {
    const struct rulebook *rules = book->rulebook;
    book->session_ns = INT64_MAX;
    if (rules->waterfall.socialise_at == SOCIALISE_AT_SESSION &&
        rulebook_has_stage(rules, STAGE_SOCIALISE))
        book->session_ns =
            (int64_t)(div_floor(after_ns - rules->waterfall.session_close_ns, NS_PER_DAY) + 1) *
                NS_PER_DAY +
            rules->waterfall.session_close_ns;
}

static int by_account_id(const void *context, size_t a, size_t b) {
    return accounts_by_id(context, (uint32_t)a, (uint32_t)b);
}

/* The first pool of an account is its cross pool. */
static size_t pools_end(const struct book *book, size_t first) {
    size_t end = first;
    while (end < book->pool_count && book->pools[end].account == book->pools[first].account)
        end++;
    return end;
}

static void charge(struct book *book, const int64_t *shares) {
    for (size_t p = 0; p < book->pool_count; p = pools_end(book, p)) {
        struct pool *pool = &book->pools[p];
        const int64_t share = shares[pool->account];
        if (share == 0)
            continue;
        pool->wallet -= share;
        book->ledger.deficit += share;
        book->socialised[pool->account] += share;
        if (pool->state == POOL_LIVE)
            book_queue(book, (uint32_t)p);
    }
}

/* Gains since the start go to `gains`, profits of this session to `profits`; returns their sum. A
 * debt let off is no gain to take: a profit is at most the equity. */
static int128 find_profits(const struct book *book, int128 *gains, int64_t *profits) {
    int128 all = 0;
    for (size_t p = 0; p < book->pool_count;) {
        const uint32_t account = book->pools[p].account;
        const size_t end = pools_end(book, p);
        const int128 equity = book_account_equity(book, p, end);
        gains[account] = equity - socialise_equity_start(book, account);
        const int128 before = book->session_gains != NULL ? book->session_gains[account] : 0;
        const int128 gain = gains[account] - before;
        const int128 profit = gain < equity ? gain : equity;
        if (profit > 0 && units_fits_int64(profit))
            all += profits[account] = (int64_t)profit;
        p = end;
    }
    return all;
}

enum status socialise_close(struct book *book, int128 *ret_loss, struct error *reterr) {
    if (!rulebook_has_stage(book->rulebook, STAGE_SOCIALISE))
        return STATUS_OK;
    const size_t count = accounts_count(book->accounts);
    int128 *gains = calloc(count + 1, sizeof(*gains));
    int64_t *profits = calloc(2 * count + 1, sizeof(*profits));
    if (book->socialised == NULL)
        book->socialised = calloc(count + 1, sizeof(*book->socialised));
    if (gains == NULL || profits == NULL || book->socialised == NULL) {
        free(gains);
        free(profits);
        return error_set(reterr, STATUS_NO_MEMORY, "no memory to socialise a loss");
    }
    int64_t *shares = profits + count;
    const int128 all = find_profits(book, gains, profits);
    const int128 loss = -book->ledger.deficit < all ? -book->ledger.deficit : all;
    const enum status status =
        loss == 0 ? STATUS_OK
                  : share_out(count, profits, loss, by_account_id, book->accounts, shares, reterr);
    if (status == STATUS_OK) {
        charge(book, shares);
        *ret_loss += loss;
        for (size_t a = 0; a < count; a++)
            gains[a] -= shares[a];
        free(book->session_gains);
        book->session_gains = gains;
        gains = NULL;
    }
    free(gains);
    free(profits);
    return status;
}
