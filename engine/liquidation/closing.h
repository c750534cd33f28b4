#pragma once
/* The rules of closing that the planner applies (plan.h): which positions of a pool in breach come
 * first, how much of each, at which price (the rulebook's `order` and `close`, or those of the
 * stage that applies). */

#include <stdbool.h>
#include <stdint.h>

#include "engine/book/book.h"
#include "engine/liquidation/limits.h"
#include "engine/liquidation/order.h"

/* What is done now with a pool that must be closed: the rulebook's own rule or that of the deepest
 * stage; under `then`, after a first order, all that is left is taken over. `now_ns` decides
 * whether a partial order was so recent that the next are in full. */
struct closing closing_rule(const struct book *book, const struct limits *limits,
                            const struct pool *pool, struct pool_health health, int64_t now_ns);

/* Whether the rule closes all positions in one wave. */
bool closing_is_together(const struct closing *rule);

/* The position (index in the pool) that goes first under one-at-a-time orders, of those that a
 * block does not spare. The pool has one. */
uint16_t closing_first(const struct book *book, const struct limits *limits,
                       const struct closing *rule, const struct pool *pool,
                       struct pool_health health);

/* Two positions that are closed against each other. */
struct closing_pair {
    uint16_t position[2];
    int64_t lots[2]; /* signed as the positions */
};

/* Under `offset_first`: the first long and short of one contract, as many lots as both have; else,
 * under portfolio margin, the first of one unit, as much notional as both have. False: there are
 * none. */
bool closing_find_pair(const struct book *book, const struct limits *limits,
                       const struct closing *rule, const struct pool *pool,
                       struct closing_pair *ret_pair);

/* Lots to close of an open position, signed as it, at least one lot. */
int64_t closing_lots(const struct book *book, const struct closing *rule, const struct pool *pool,
                     const struct position *position, struct pool_health health);

/* How `lots` of the position are closed, whose bankruptcy price is given: a position that is
 * bankrupt at no price goes to market. */
enum order_way closing_way(const struct book *book, const struct closing *rule,
                           const struct position *position, int64_t lots, int64_t bankruptcy_price);

/* Price in ticks at which closing the position leaves the pool's equity at 0, the others held at
 * the shown prices; where the rulebook shares equity by maintenance margin, at which it uses up its
 * share. Rounded so that no more is used up. PRICE_NONE: no price above zero. */
int64_t closing_bankruptcy_price(const struct book *book, const struct pool *pool,
                                 const struct position *position, struct pool_health health);
