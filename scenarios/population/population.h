#pragma once
/* Synthetic accounts: sizes, leverage, positions and entry prices drawn from a seed. Account i is a
 * pure function of (seed, i); long equals short in each contract to the lot. */

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/field.h"
#include "engine/book/accounts.h"
#include "engine/rules/instrument.h"
#include "engine/rules/rulebook.h"

#define POPULATION_ACCOUNTS_MAX UINT64_C(100000000)
#define POPULATION_POSITIONS_MAX 10

/* What is drawn. The comment at a member gives its scenario key, range, default, and where the
 * default comes from: [measured] on accounts of one venue in October 2025, [derived] so that a
 * figure measured there comes out, [guess] ours. docs/accounts.md names the sources. */
struct population_equity {
    /* population.equity.median: quote units, 0.01 .. 1e9; 180 [derived: with the members below the
     * mean is about 12 k; 11.7 k measured] */
    double median;
    /* population.equity.ln_sd: of ln(equity) in the log-normal body, 0.1 .. 5; 2.5 [measured 2.5-3]
     */
    double ln_sd;
    /* population.equity.tail_quantile: the Pareto tail starts here, 0.5 .. 1 (1: no tail); 0.95
     * [guess] */
    double tail_quantile;
    /* population.equity.tail_alpha: exponent of the tail, 0.1 .. 10; 0.9 [measured 0.73-0.93] */
    double tail_alpha;
    /* population.equity.cap: where sizes are cut, as the equity at typical leverage (an account of
     * lower leverage has more), median .. 1e10; 1e8 [guess] */
    double cap;
};

/* ln(leverage) = ln(median) - equity_slope * ln(equity / equity median) + ln_sd * normal. Leverage
 * is the sum of |notional| over equity. */
struct population_leverage {
    /* population.leverage.median: at the median equity, 0.01 .. 125; 1.2 [derived: 15 % of open
     * interest is held above 7x, as measured] */
    double median;
    double equity_slope; /* population.leverage.equity_slope: 0 .. 0.9; 0.2 [measured 0.1-0.3] */
    double ln_sd;        /* population.leverage.ln_sd: 0 .. 3; 1.1 [measured] */
    double min;          /* population.leverage.min: 0.01 .. max; 0.1 [guess] */
    /* population.leverage.max: min .. 1000; 125 [the venue's]. The rulebook's tiers clip further.
     */
    double max;
    /* population.leverage.spike_share: share of accounts whose leverage is one of 20, 50, 100
     * (weights 60, 25, 15 %) instead, 0 .. 1; 0.05 [guess] */
    double spike_share;
    /* population.leverage.short_factor: on the leverage of accounts that are net short and neither
     * hedged nor at a spike, 0.01 .. 100; 0.7 [guess: more of the shorts are hedgers and miners] */
    double short_factor;
};

struct population_positions {
    uint32_t max; /* population.positions.max: 1 .. 10; 10 [guess] */
    /* population.positions.decay: chance of k + 1 positions over that of k, 0 .. 1; 0.5 [guess] */
    double decay;
    /* population.positions.same_side: chance that a further position of a directional account goes
     * the way of its first, 0 .. 1; 0.8 [guess] */
    double same_side;
};

struct population_settings {
    uint64_t accounts; /* population.accounts: 0 .. POPULATION_ACCOUNTS_MAX; 100000 */
    uint64_t seed;     /* population.seed; 1 */
    /* population.open_interest.SYMBOL, one an instrument: notional of the long side at the start
     * price, money; 0: not given (quantities of that contract are not scaled). NULL: none is given.
     * Borrowed. Also weighs how often a contract is chosen. */
    const int64_t *open_interest;
    struct population_equity equity;
    struct population_leverage leverage;
    struct population_positions positions;
    double hedged_share; /* population.hedging.share: accounts that are long one contract and short
                            another of about equal notional, 0 .. 1; 0.1 [guess] */
};

/* Keys, ranges and defaults of the above, over struct population_settings. */
extern const struct field population_fields[];

struct population_settings population_settings_default(void);

/* Checks every range. STATUS_CONFIG with the key's dotted name at the start of the message. */
MUST_CHECK enum status population_settings_check(const struct population_settings *settings,
                                                 struct error *reterr);

/* Past prices of one instrument in its ticks, each > 0; entry prices are drawn from them, all
 * alike. count 0: every position was entered at the start price. */
struct price_history {
    const int64_t *ticks;
    size_t count;
};

/* Appends `settings->accounts` synthetic accounts (accounts_add() with no id). `count` >= 1
 * instruments with their prices at the start of the run; `entries` is one an instrument or NULL.
 *
 * Accounts 2j and 2j + 1 hold opposite quantities of the same contracts, drawn from (seed, j);
 * leverage, equity and entry prices are their own. An odd last account has a balance alone. All
 * positions are cross. Each account starts with equity above 1.05 times its maintenance margin
 * under `rulebook` and not below the initial margin of its tiers; entry prices move money between
 * wallet and unrealised profit, never the equity, and a wallet is never negative. Pass the
 * reference rulebook: accounts then stay the same when a scenario overrides rules.
 *
 * With open interest every quantity of a contract is scaled by one factor, a function of the
 * settings and the number of accounts (equity follows, leverage stays), so the long side's notional
 * differs from it by half a lot a position at most. Without it account i does not depend on
 * `settings->accounts`. A position that rounds to no lot is left out.
 *
 * Cohorts: "retail-long", "retail-short", "large-long", "large-short" (large: beyond the tail
 * quantile), "hedged", "flat" (no position). The result does not depend on `threads` (>= 1).
 * STATUS_CONFIG: a setting, price or tier table is out of range; STATUS_RANGE: a quantity or amount
 * does not fit, named; STATUS_NO_MEMORY. On an error `accounts` may hold a part of them. */
MUST_CHECK enum status population_generate(const struct population_settings *settings,
                                           const struct instrument *instruments, size_t count,
                                           const int64_t *start_price_ticks,
                                           const struct price_history *entries,
                                           const struct rulebook *rulebook,
                                           struct accounts *accounts, unsigned threads,
                                           struct error *reterr);
