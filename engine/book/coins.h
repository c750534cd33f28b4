#pragma once
/* Contracts that settle in another asset than their accounts, a coin that these hold as collateral
 * (Binance Portfolio Margin, Bybit UTA, OKX). What such a contract is worth, costs and asks for is
 * an amount of the coin, 1e-8. Its gains belong to the pool's row of the coin, realised or not; an
 * amount is worth the mark price that values the coin as collateral. */

#include "engine/book/book.h"

/* What the pool's open contracts have gained in each of its rows at a column of prices, unrealised;
 * those without a price nothing. `ret_gains` has room for ASSETS_MAX. False: none of its open
 * positions settles in a coin (all gains are 0). */
bool coins_gains(const struct book *book, const struct pool *pool, const int64_t *prices,
                 int128 *ret_gains);

/* book_health() of a book with such contracts, without open orders. */
struct pool_health coins_health(const struct book *book, const struct pool *pool,
                                const int64_t *prices);

/* Whether the pool has an open position that settles in a coin: then its box is one for all prices
 * together (portfolio.h). */
bool coins_open(const struct book *book, const struct pool *pool);

/* Whether what an instrument's contracts settle in has a price. */
bool coins_are_priced(const struct book *book, uint32_t instrument);

/* Where a position of the pool books its results: the wallet, or the row of its coin. */
int64_t *coins_purse(struct book *book, struct pool *pool, uint32_t instrument);

/* A fill between a pool (or the fund's inventory) and the market: lots were given, `proceeds` of
 * what the contract settles in paid. `is_seen`: a row of it follows, see coins_record(). */
void coins_fill(struct book *book, uint32_t instrument, int64_t lots, int128 proceeds,
                bool is_seen);

/* A row of an order as the world will read it, whose fill was booked. */
void coins_record(struct book *book, const struct liquidation_record *row);

/* A pool or the fund's inventory has given up `amount` of what the contract settles in (negative:
 * was given it) to an account that is kept in money: the market's side takes the coin at the mark
 * and pays what is returned, money, rounded down. In money the amount itself. */
int128 coins_sell(struct book *book, uint32_t instrument, int128 amount);

/* Value at mark of what an inventory holds of an instrument, or of all, less its cost, money; what
 * has no price yet is nothing. */
int128 coins_inventory_gain_of(const struct book *book, const struct inventory *inventory,
                               uint32_t instrument);
int128 coins_inventory_gain(const struct book *book, const struct inventory *inventory);

/* Notional at mark of all that it holds, money; what has no price yet is nothing. */
int128 coins_inventory_notional(const struct book *book, const struct inventory *inventory);

/* Costs of all open positions that settle in each asset, fund and vault included; `ret_costs` has
 * room for the assets and is zero. */
void coins_costs(const struct book *book, int128 *ret_costs);

/* The least that the pool's open contracts can have gained in each of its rows while each price
 * lies between `low` and `high`. `ret_least` has room for ASSETS_MAX. */
void coins_least_gains(const struct book *book, const struct pool *pool, const int64_t *low,
                       const int64_t *high, int128 *ret_least);
