#pragma once
/* What the accounts of a book hold or owe beside the settlement asset: one row an asset, in the
 * order of pools. Only cross pools have any. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "engine/accounts.h"
#include "engine/collateral.h"

struct holding {
    int64_t quantity; /* 1e-8 of the asset; negative: owed */
    uint32_t asset;   /* index into the rules */
};

struct holdings {
    bool counts; /* something here changes health: rows, or the settlement asset's own weight */
    size_t asset_count;
    struct collateral_rule *rules; /* one an asset of the accounts */
    bool settlement_weighted;      /* its bands are not all 1 */
    struct collateral_rule settlement;
    size_t count;
    struct holding *rows;
    uint32_t *first; /* one a pool and one more; NULL without rows */
    int128 *market;  /* one an asset: what the market's side holds, for the residual */
};

/* Compiles the rules of the assets that `accounts` have. STATUS_CONFIG: the rulebook does not take
 * one of them. */
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

/* |what pools hold + what the market's side holds|, summed over assets: 0. */
int128 holdings_residual(const struct holdings *holdings);

/* Whether every price that values the pool's holdings is there. */
bool holdings_priced(const struct holdings *holdings, size_t pool, const int64_t *prices);

/* What the pool holds less what it owes, at full value, money; what has no price yet counts 0. */
int128 holdings_worth(const struct holdings *holdings, size_t pool, const int64_t *prices);

/* Adds what counts to `equity` (settlement asset so far), full value to `worth`, and what owing
 * asks to `requirement`. */
void holdings_health(const struct holdings *holdings, size_t pool, const int64_t *prices,
                     int128 *equity, int128 *worth, int128 *requirement);
