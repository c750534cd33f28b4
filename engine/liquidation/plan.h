#pragma once
/* The planner: which positions of a pool in breach are closed, how many lots of each, in which way,
 * at which bankruptcy price, and which limit cut it. Decided here alone, from a book, limits and a
 * time that it only reads; waves, the cancelling of open orders and `crossfall margin` (by
 * first_wave.h) all ask it.
 * What sent orders use of the limits is noted by limits_note(). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "engine/book/book.h"
#include "engine/liquidation/limits.h"
#include "engine/liquidation/order.h"

/* The positions of a pool that its next orders are meant for. */
struct plan_choice {
    struct closing rule; /* that the rulebook has at this depth of the breach */
    bool all;            /* every open position; else the first `count` of: */
    uint16_t count;
    uint16_t position[2];
    int64_t lots[2]; /* signed; 0: as the rule has it */
};

/* Of a pool with at least one open position that no block spares, and its health. */
struct plan_choice plan_choose(const struct book *book, const struct limits *limits,
                               const struct pool *pool, struct pool_health health, int64_t now_ns);

/* Whether the choice is meant for the k-th position of the pool. */
bool plan_means(const struct plan_choice *choice, uint16_t k);

/* Adds the orders of one pool that must be closed to `orders`, by position: those of plan_choose(),
 * as far as the block still has room. Window caps, which all pools share, come after
 * (window_limit_fit()). The origin is not set. STATUS_NO_MEMORY. */
MUST_CHECK enum status plan_pool(const struct book *book, const struct limits *limits,
                                 uint32_t pool, struct pool_health health, int64_t now_ns,
                                 struct order_list *orders, struct error *reterr);

/* The stages of the waterfall that pay what such an order loses past bankruptcy, in the order in
 * which they are asked; returns how many. Who takes the position over is asked first where the fund
 * may not bear a loss before (waterfall.h). */
size_t plan_payers(const struct rulebook *rules, enum order_way way,
                   enum waterfall_stage ret_stages[WATERFALL_STAGES_MAX]);
