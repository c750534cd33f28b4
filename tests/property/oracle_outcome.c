/* What one flow of the oracle has come to at the end of a run. */

#include <assert.h>
#include <stdlib.h>

#include "tests/property/oracle.h"

static void *allocate(size_t count, size_t size) {
    void *memory = calloc(count > 0 ? count : 1, size);
    assert(memory != NULL);
    return memory;
}

static int64_t minute_of(int64_t ts_ns) {
    return (int64_t)(div_floor(ts_ns, NS_PER_MINUTE) * NS_PER_MINUTE);
}

static void sum_rows(struct oracle_flow *flow) {
    int128 minute_notional = 0;
    int64_t minute = INT64_MIN;
    for (size_t r = 0; r < flow->book.row_count; r++) {
        const struct liquidation_record *row = &flow->book.rows[r];
        flow->orders += row->part == 0;
        flow->erroneous += row->part == 0 && row->erroneous;
        flow->bad_debt += row->shortfall;
        if (row->adl) {
            flow->adl_notional += row->notional; /* apart from what was liquidated */
            continue;
        }
        if (minute_of(row->ts_ns) != minute)
            minute_notional = 0;
        minute = minute_of(row->ts_ns);
        minute_notional += row->notional;
        if (minute_notional > flow->peak_minute_notional) {
            flow->peak_minute_notional = minute_notional;
            flow->peak_minute_ts_ns = minute;
        }
        *(row->quantity_lots > 0 ? &flow->long_notional : &flow->short_notional) += row->notional;
    }
}

static int128 gain_of(const struct oracle_book *book, const struct oracle_holding *holdings,
                      const int64_t *last) {
    int128 gain = 0;
    for (uint32_t i = 0; i < book->input->instrument_count; i++)
        if (last[i] != PRICE_NONE)
            gain += oracle_money(
                book, i, oracle_value(book, i, holdings[i].lots, last[i]) - holdings[i].cost, last);
    return gain;
}

static int128 held_of(const struct oracle_book *book, const struct oracle_holding *holdings,
                      const int64_t *last) {
    int128 notional = 0;
    for (uint32_t i = 0; i < book->input->instrument_count; i++)
        if (last[i] != PRICE_NONE)
            notional +=
                oracle_money_up(book, i, oracle_notional(book, i, holdings[i].lots, last[i]), last);
    return notional;
}

/* `start` is a fresh book, `first` and `last` the prices at which accounts begin and end. */
void oracle_finish_flow(struct oracle_flow *flow, const struct oracle_book *start,
                        const int64_t *first, const int64_t *last) {
    const struct oracle_book *book = &flow->book;
    flow->account_count = accounts_count(book->accounts);
    flow->accounts = allocate(flow->account_count, sizeof(*flow->accounts));
    flow->wallets = allocate(flow->account_count, sizeof(*flow->wallets));
    flow->fund_start = oracle_fund(start);
    flow->fund_end = oracle_fund(book);
    flow->inventory_held = held_of(book, book->inventory, last);
    flow->inventory_gain = gain_of(book, book->inventory, last);
    flow->vault_gain = gain_of(book, book->held, last);
    flow->socialised += flow->book.spread + oracle_book_socialise(&flow->book, start, first, last);
    flow->unpaid = book->deficit;
    bool *open = allocate(flow->account_count, sizeof(*open));
    for (size_t p = 0; p < book->pool_count; p++) {
        const struct oracle_pool *pool = &book->pools[p];
        flow->wallets[pool->account] += pool->wallet;
        for (size_t k = 0; k < pool->position_count; k++)
            open[pool->account] = open[pool->account] || pool->positions[k].lots != 0;
    }
    for (uint32_t a = 0; a < flow->account_count; a++) {
        enum account_outcome outcome = ACCOUNT_UNTOUCHED;
        if (book->short_of_money[a])
            outcome = ACCOUNT_BANKRUPT;
        else if (book->liquidations[a] > 0)
            outcome = open[a] ? ACCOUNT_REDUCED : ACCOUNT_LIQUIDATED;
        else if (book->deleveraged[a])
            outcome = ACCOUNT_DELEVERAGED;
        flow->accounts[a] =
            (struct account_record){.account = a,
                                    .equity_start = oracle_book_equity(start, a, first),
                                    .equity_end = oracle_book_equity(book, a, last),
                                    .socialised = (int64_t)book->socialised[a],
                                    .liquidations = book->liquidations[a],
                                    .outcome = outcome};
        flow->adl_accounts += book->deleveraged[a];
        flow->accounts_liquidated += book->liquidations[a] > 0;
        flow->accounts_in_breach_at_start += book->in_breach_at_start[a];
    }
    free(open);
    sum_rows(flow);
}

uint64_t oracle_count_without_price(const struct oracle_book *book, const int64_t *prices) {
    uint64_t count = 0;
    uint32_t last = UINT32_MAX;
    for (size_t p = 0; p < book->pool_count; p++) {
        const struct oracle_pool *pool = &book->pools[p];
        if (oracle_is_priced(book, pool, prices) || pool->done || pool->exempt ||
            pool->account == last)
            continue;
        last = pool->account; /* an account's pools stand together */
        count++;
    }
    return count;
}
