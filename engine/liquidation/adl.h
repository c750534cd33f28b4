#pragma once
/* Auto-deleveraging: who on the other side is closed, in which order, against a bankrupt order. */

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "engine/book/book.h"
#include "engine/liquidation/wave.h"

/* Matches what the orders `indices` (of one instrument and side, in the order in which they are
 * served) do not bring to market (lots - market - taken) with positions of the other side, ranked
 * by the rulebook on the state at the wave's start. Pools in breach and those not yet assessed are
 * not eligible; nobody is left with negative equity. Adds to wave->matches, takes what was matched
 * out of wave->net, and puts what found no counterparty back to market. */
MUST_CHECK enum status adl_match_orders(struct book *book, struct wave *wave, uint32_t instrument,
                                        const uint32_t *indices, size_t count,
                                        struct error *reterr);

/* What a position's rank is made of; money. */
struct adl_standing {
    double profit;   /* unrealised PnL at mark */
    double entry;    /* magnitude of the cost */
    double notional; /* magnitude of the value at mark */
    double equity;   /* the pool's */
    double wallet;   /* the pool's, without unrealised PnL */
    double lots;     /* magnitude */
};

/* The rank of a position: higher goes first. profit_times_leverage is BitMEX's: profit over entry
 * times |MV| / (MV - BV), the notional over what is left until bankruptcy, which of a position
 * alone in its pool is its equity; a loss is divided by it. price_ratio_times_leverage is
 * Hyperliquid's (mark / entry) * (notional / account value), which its documents write for longs;
 * for a short the ratio is entry / mark, so that it means profit (a choice). Those over the wallet
 * count the margin put up without what it has gained. */
double adl_score(enum adl_rank rank, const struct adl_standing *standing);

/* Notional over equity, of BitMEX's rank "effective leverage": |MV| / (MV - BV). */
double adl_effective_leverage(const struct adl_standing *standing);

/* The standing of a position in its pool of that health, at the mark prices. */
struct adl_standing adl_standing_of(const struct book *book, const struct pool *pool,
                                    const struct position *position, struct pool_health health);
