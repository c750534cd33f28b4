#pragma once
/* What stands behind an account's figures: position by position and asset by asset. */

#include <jansson.h>

#include "engine/book/book.h"
#include "engine/liquidation/order.h"

/* [{instrument, quantity, mark_price, notional, unrealised_pnl, tier, rate, maintenance_margin}]:
 * `tier` counts from 1 and is null where the rulebook has neither brackets nor risk steps for the
 * position; `rate` is maintenance margin over notional. Under portfolio margin, what each would
 * need alone. */
json_t *margin_explain_positions(const struct book *book, const struct pool *pool);

/* [{asset, quantity, value, counted, weight, maintenance_margin}] of what the pool holds or owes
 * beside the settlement asset; `weight` is counted over value. */
json_t *margin_explain_collateral(const struct book *book, const struct pool *pool);

/* [{instrument, quantity, notional, initial_margin, maintenance_margin}] of the pool's orders open
 * in the market, at their own prices; and of each whether it was cancelled since: `would_cancel`.
 */
json_t *margin_explain_open_orders(const struct book *book, const struct pool *pool);
void margin_explain_cancelled(const struct book *book, const struct pool *pool, json_t *orders);

/* A forced order of the first wave: instrument, quantity, why it comes, how it is closed (`at`),
 * what cut it (`cut_by`, null: nothing), its limit and bankruptcy price, its fee rate, and who
 * would pay a loss past bankruptcy, in turn. */
json_t *margin_explain_order(const struct book *book, const struct order *order);
