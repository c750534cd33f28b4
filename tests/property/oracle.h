#pragma once
/* The slow truth: the replay by its definition, "assess every pool after every change of price".
 * Shares no code with the engine but accounts, instruments, rulebooks and the impact models; gives
 * the same rows and totals. Genealogy, minutes and branching are left out. */

#include <stdint.h>

#include "tests/property/oracle_book.h"

/* What one flow gives. */
struct oracle_flow {
    struct oracle_book book; /* its rows, its final pools */
    size_t account_count;
    struct account_record *accounts; /* ids and cohorts NULL */
    int64_t *wallets;                /* an account, at the end, isolated margins included */
    size_t fund_count;
    struct fund_record *funds;
    /* as in replay_summary */
    uint64_t accounts_liquidated;
    uint64_t accounts_in_breach_at_start;
    int128 long_notional;
    int128 short_notional;
    int64_t peak_minute_ts_ns;
    int128 peak_minute_notional;
    uint32_t orders_wave_max; /* the last wave with an order of this flow */
    uint64_t orders;
    uint64_t erroneous;
    uint64_t adl_accounts;
    int128 adl_notional;
    int128 bad_debt;
    int128 socialised;
    int128 unpaid;
    int128 inventory_held; /* notional at the last mark prices */
    int128 inventory_gain; /* likewise */
    int128 vault_gain;
    int128 fund_seen; /* of the last fund row */
    int128 fund_start;
    int128 fund_min;
    int128 fund_end;
};

/* Prices at the end of every instant that had a tick, one row an instrument. */
struct oracle_path {
    size_t count; /* instants */
    int64_t *ts_ns;
    int64_t *recorded; /* count * instruments */
    int64_t *without;
    int64_t *simulated;
};

struct oracle_result {
    uint64_t ticks;
    uint64_t events;
    int64_t first_ts_ns;
    int64_t last_ts_ns;
    uint64_t accounts_never_assessed;
    size_t instrument_count;
    struct replay_price_summary *prices; /* all but fall, notional and branching */
    struct oracle_path path;
    struct oracle_flow simulated;
    struct oracle_flow reference; /* all zero unless CLEANING_MODELLED */
};

/* Runs it; the sources are read to their end, the sink is not used. An input that the engine would
 * refuse stops the program. The caller ends the result with oracle_finish(). */
void oracle_run(const struct replay_input *input, struct oracle_result *ret_result);
void oracle_finish(struct oracle_result *result);

/* In oracle_outcome.c. `start` is a fresh book, `first` and `last` the prices at which accounts
 * begin and end; losses that nobody paid are socialised. */
void oracle_finish_flow(struct oracle_flow *flow, const struct oracle_book *start,
                        const int64_t *first, const int64_t *last);
/* Accounts with a pool of which an instrument has no price. */
uint64_t oracle_count_without_price(const struct oracle_book *book, const int64_t *prices);
