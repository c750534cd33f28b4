#pragma once
/* A cap on what is closed of an instrument in a window of time, shared by all accounts
 * (`liquidation.window_quantity`): Synthetix Perps V3 (close_amount.h has the source and the sum).
 * A window is over when so long has passed without an order. */

#include "engine/liquidation/limits.h"

extern const struct limit_kind window_limit;

/* When the first window that an order found full is over. */
struct window_wait {
    uint32_t order; /* index in the list */
    int64_t over_ns;
};

/* Makes planned orders fit: of each instrument those whose pool has been in breach longest first,
 * ties by account id as bytes, then as they stand. What a window has no room for leaves the orders
 * (order.waits). Whole accounts handed to the vault are no orders of it. *ret_waits (owned by the
 * caller) has a row for each order that was cut, *ret_count of them. STATUS_NO_MEMORY. */
MUST_CHECK enum status window_limit_fit(const struct limits *limits, const struct book *book,
                                        struct order_list *orders, struct window_wait **ret_waits,
                                        size_t *ret_count, struct error *reterr);
