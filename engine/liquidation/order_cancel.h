#pragma once
/* The first thing done to a pool that is to be closed: its open orders are cancelled, which frees
 * their margin. */

#include <stdint.h>

#include "engine/book/book.h"
#include "engine/liquidation/limits.h"

/* Cancels the open orders of the pool that its rulebook cancels (liquidation.cancel_orders) at the
 * health *health and time `now_ns`, and sets *health to what the pool has then. */
void order_cancel(struct book *book, const struct limits *limits, uint32_t pool, int64_t now_ns,
                  struct pool_health *health);
