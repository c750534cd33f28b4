#pragma once
/* Exchange of collateral: what a pool owes in the settlement asset is covered by selling its other
 * assets, through the market of the instrument that values them. */

#include "engine/liquidation/wave.h"

/* Adds what the pool must exchange in this wave. With positions open: as much of what it holds, in
 * proportion to value, as covers a negative wallet at the marks. With none left: the same, or, in
 * breach, all that it holds and owes. STATUS_NO_MEMORY. */
MUST_CHECK enum status exchange_collect(const struct book *book, struct wave *wave, uint32_t pool,
                                        bool in_breach, struct error *reterr);

/* Whether a pool without open positions is not done: it owes an asset, or has something that covers
 * a negative wallet. */
bool exchange_pending(const struct book *book, uint32_t pool);

/* Adds what a healthy pool with positions must exchange because its wallet is at or below minus the
 * rulebook's `exchange_below` (Binance multi-assets mode: "What Is Multi-Assets Mode", 2021-05-28,
 * at a balance of -10,000 USD; 20,000 owed at a ratio of 0.975 sell BTC worth 20,513).
 * STATUS_NO_MEMORY.
 */
MUST_CHECK enum status exchange_cover(const struct book *book, struct wave *wave, uint32_t pool,
                                      struct error *reterr);

/* Settles the wave's exchanges at wave->fill_price: wallets, holdings, market's side, the venue's
 * part. STATUS_RANGE: a wallet overflows. */
MUST_CHECK enum status exchange_settle(struct book *book, struct wave *wave, struct error *reterr);
