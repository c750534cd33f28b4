#pragma once
/* Who comes first, and who may be made a counterparty: dYdX v4 (v4-chain, commit 84d4664ba;
 * lib/margin/risk.go, x/clob/keeper/liquidations.go, x/subaccounts/lib/updates.go). */

#include <stdbool.h>
#include <stdint.h>

#include "base/units.h"

/* An account's risk: what it has and what it must have. */
struct risk {
    int128 equity;
    int128 maintenance;
    int128 initial;
};

/* 1: `a` is riskier, -1: `b` is. Lower equity over maintenance margin first, compared without
 * division; then the larger margin, then the lower equity; 0: alike. */
int risk_compare(const struct risk *a, const struct risk *b);

/* A liquidation order before it is sent; sorted by how far its limit is from the oracle, as a
 * share of it, then by its value at the oracle. */
struct risk_order {
    int128 limit, oracle; /* prices in one unit */
    int128 size;          /* magnitude */
};
/* Below 0: `a` goes first; 0: neither, the caller's order holds. */
int risk_order_compare(const struct risk_order *a, const struct risk_order *b);

/* Whether an account may go from one state to another as a counterparty: it ends well-margined, or
 * not riskier than it was. */
bool risk_may_become(const struct risk *before, const struct risk *after);

/* Where the pseudo-random choice of an account's positions starts: 0..count-1. A hash of seed, time
 * and account (account_id_number) stands in for the block's own source, so that a run repeats. */
uint32_t risk_random_start(uint64_t seed, int64_t now_ns, uint64_t account, uint32_t count);
