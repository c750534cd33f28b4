#pragma once
/* What the accounts of a book hold or owe beside the settlement asset: one row an asset, in the
 * order of pools. Only cross pools have any. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "engine/book/accounts.h"
#include "engine/rules/collateral.h"

struct holding {
    int64_t quantity; /* 1e-8 of the asset; negative: owed */
    uint32_t asset;   /* index into the rules */
};

#define SETTLES_OWN UINT32_MAX /* in the accounts' own asset */

struct holdings {
    bool counts; /* something here changes health: rows, or the settlement asset's own weight */
    size_t asset_count;   /* at most ASSETS_MAX */
    const char **symbols; /* those of the accounts, then coins that nobody holds; borrowed */
    struct collateral_rule *rules; /* one an asset */
    uint32_t *settles; /* one an instrument: the asset in which its contracts settle, SETTLES_OWN;
                          NULL: all in the accounts' own. Pools have a row for each such asset */
    bool settlement_weighted; /* its bands are not all 1 */
    struct collateral_rule settlement;
    size_t count;
    struct holding *rows;
    uint32_t *first; /* one a pool and one more; NULL without rows */
    int128 *market;  /* one an asset: what the market's side holds, for the residual */
    int128 *unseen;  /* one an asset: what fills in it brought less what their rows say: 0 */
};

/* Compiles the rules of the assets that `accounts` have, and of those that contracts settle in
 * which they hold. STATUS_CONFIG: the rulebook does not take one of them; an isolated position
 * settles in another asset than the accounts. */
MUST_CHECK enum status holdings_init(struct holdings *holdings, const struct accounts *accounts,
                                     const struct rulebook *rulebook,
                                     const struct instrument *instruments, size_t instrument_count,
                                     size_t pool_count, struct error *reterr);
/* Other rules for the same assets. */
MUST_CHECK enum status holdings_set_rules(struct holdings *holdings,
                                          const struct accounts *accounts,
                                          const struct rulebook *rulebook,
                                          const struct instrument *instruments,
                                          size_t instrument_count, struct error *reterr);
void holdings_finish(struct holdings *holdings); /* zeroed is fine */

/* Takes over the rows of an account, whose cross pool is `pool`; pools come in rising order. */
void holdings_fill(struct holdings *holdings, const struct accounts *accounts, uint32_t account,
                   size_t pool);

static inline struct holding *holdings_of(const struct holdings *holdings, size_t pool,
                                          size_t *ret_count) {
    *ret_count = 0;
    if (holdings->first == NULL)
        return NULL;
    *ret_count = holdings->first[pool + 1] - holdings->first[pool];
    return &holdings->rows[holdings->first[pool]];
}

/* Of each asset |what pools hold + what the market's side holds - costs|, with the costs of open
 * positions that settle in it (one an asset), and |unseen|; the sum: 0. */
int128 holdings_residual(const struct holdings *holdings, const int128 *costs);

/* Whether every price that values the pool's holdings is there. */
bool holdings_priced(const struct holdings *holdings, size_t pool, const int64_t *prices);

/* The balance of a row with `gains`, unrealised, 1e-8 of the asset; held within what 64 bits hold.
 */
int64_t holding_balance(const struct holding *row, int128 gains);

/* What the pool holds less what it owes, at full value, money; what has no price yet counts 0.
 * `gains`: one a row, see holding_balance(); NULL: none. */
int128 holdings_worth(const struct holdings *holdings, size_t pool, const int64_t *prices,
                      const int128 *gains);

/* Adds what counts to `equity` (settlement asset so far), full value to `worth`, and what owing
 * asks to `requirement`; `gains` as in holdings_worth(). */
void holdings_health(const struct holdings *holdings, size_t pool, const int64_t *prices,
                     const int128 *gains, int128 *equity, int128 *worth, int128 *requirement);
