#pragma once
/* The part of a set of accounts that says which orders they have open in the market. */

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct open_order_view {
    uint32_t instrument;
    int64_t lots;        /* signed: below 0 sells */
    int64_t cost;        /* money at its own price, as instrument_cost() gives */
    int64_t leverage_e8; /* 0: not given */
};

struct account_orders {
    size_t count;
    size_t capacity;
    struct open_order_view *rows; /* by account, rising */
    uint32_t *accounts;           /* whose row it is */
};

/* Adds a row of `account` (not before the last one's). STATUS_NO_MEMORY. */
MUST_CHECK enum status account_orders_add(struct account_orders *orders, uint32_t account,
                                          struct open_order_view row, struct error *reterr);
void account_orders_finish(struct account_orders *orders);
