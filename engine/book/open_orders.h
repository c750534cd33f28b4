#pragma once
/* Orders that the accounts of a book have open in the market. A replay never fills them: they block
 * margin until they are cancelled. Rows of pools that have some alone, so that others cost nothing.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "engine/book/accounts.h"
#include "engine/rules/margin.h"
#include "engine/rules/rulebook.h"

struct open_order {
    uint32_t pool;
    uint32_t instrument;
    int64_t lots; /* signed; 0: cancelled */
    int64_t cost; /* money at the order's own price: what it asks does not move with the market */
    int64_t leverage_e8;
    int128 margin; /* what it adds to its pool's requirement under the rules in force */
};

struct open_orders {
    size_t count;
    struct open_order *rows; /* by pool, rising; NULL: nobody has any */
};

/* Room for the open orders of `accounts`. */
MUST_CHECK enum status open_orders_init(struct open_orders *orders, const struct accounts *accounts,
                                        struct error *reterr);
void open_orders_finish(struct open_orders *orders); /* zeroed is fine */

/* The next of the accounts' orders, which is pool `pool`'s; pools come in rising order. */
void open_orders_put(struct open_orders *orders, uint32_t pool, struct open_order_view view);

/* What each order asks under a rulebook; `rules`: one an instrument, compiled from it. */
void open_orders_set_rules(struct open_orders *orders, const struct rulebook *rulebook,
                           const struct margin_rule *rules);

/* The rows of a pool; NULL and *ret_count 0 where it has none. */
struct open_order *open_orders_of(const struct open_orders *orders, uint32_t pool,
                                  size_t *ret_count);

/* What a pool's open orders add to its requirement, money. */
int128 open_orders_margin(const struct open_orders *orders, uint32_t pool);

/* What one order asks of initial margin, money, rounded up; 0 where the rulebook counts none. */
int128 open_order_initial(const struct open_order *order, const struct rulebook *rulebook,
                          const struct margin_rule *rule);
