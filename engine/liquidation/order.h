#pragma once
/* A forced order: what is closed of one position in one wave. The planner decides it (plan.h),
 * execution says what becomes of its lots (execute.h), settling books it (wave.h). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "engine/book/book.h"

/* Where an order comes from, by the genealogy; zero for the reference book. */
struct order_origin {
    int64_t parent; /* node id; NODE_NONE for a root */
    int64_t cascade;
    uint32_t generation;
    uint32_t through;  /* INSTRUMENT_NONE for a root */
    int64_t caused_e8; /* the proportional attribution */
};

/* How an order closes its lots. */
enum order_way {
    WAY_MARKET, /* through the market, at the wave's price; with a limit where order.limit is one */
    WAY_MARK,   /* by the market counterparty at the mark price; no price moves */
    WAY_FUND,   /* taken over by the insurance fund at the bankruptcy price */
    WAY_VAULT   /* all of the account goes to the backstop vault at mark */
};

/* What cut an order below what its closing rule asks for. */
enum order_cut { CUT_NONE, CUT_BLOCK, CUT_WINDOW, CUT_LIMIT, CUT_LOSS };

struct order {
    uint32_t pool;
    uint16_t position; /* within the pool */
    enum order_way way;
    enum order_cut cut;

    /* What becomes of its lots, all signed as the position. planned = lots + waits + rest at all
     * times; lots = market + taken once the wave is executed (order_adds_up()). */
    int64_t planned; /* what the plan closes */
    int64_t lots;    /* of it in this wave */
    int64_t waits;   /* of it left out for the next window */
    int64_t rest;    /* of it left out by a limit */
    int64_t market;  /* of `lots` through the market, or at mark */
    int64_t taken;   /* of `lots` by the fund, the vault or counterparties */

    int64_t bankruptcy_price; /* ticks; PRICE_NONE: none above zero */
    int64_t limit;            /* ticks; PRICE_NONE: none */
    int64_t insurance_e8;     /* the insurance fund's fee rate */
    int128 frees;             /* of its pool's shortage, money, where that is released over time */
    bool gave_way;            /* to its limit, in part */
    bool loss_cut;            /* to what the block may lose, in part */
    bool insolvent;           /* its pool is worth less than nothing */
    bool erroneous;           /* only a feed's fault put the pool in breach */
    struct order_origin origin;
};

/* Orders by pool, then by position. Zeroed is an empty list. */
struct order_list {
    struct order *rows;
    size_t count;
    size_t capacity;
};

/* STATUS_NO_MEMORY. */
MUST_CHECK enum status order_list_add(struct order_list *list, struct order order,
                                      struct error *reterr);
void order_list_finish(struct order_list *list); /* zeroed is fine */

/* The position that an order closes, and its instrument. */
static inline const struct position *order_position(const struct book *book,
                                                    const struct order *order) {
    return &book_positions(book, &book->pools[order->pool])[order->position];
}
static inline uint32_t order_instrument(const struct book *book, const struct order *order) {
    return order_position(book, order)->instrument;
}

/* Leaves `less` (signed as the order) out of the wave, for the next window or by a limit. */
void order_leave_waiting(struct order *order, int64_t less);
void order_leave_resting(struct order *order, int64_t less);

/* Whether its lots add up: after planning, and (`executed`) after the wave's execution. */
bool order_adds_up(const struct order *order, bool executed);

/* Order of two orders (indices into `orders`) by account id as bytes, then as they stand. */
int order_by_id(const struct book *book, const struct order *orders, uint32_t a, uint32_t b);

/* Sorts indices into `orders` so. */
void order_sort_by_id(const struct book *book, const struct order *orders, uint32_t *indices,
                      size_t count);

/* "market", "mark price", "bankruptcy price", "backstop"; and the rulebook key that cut an order,
 * NULL for CUT_NONE. */
const char *order_way_name(enum order_way way);
const char *order_cut_name(enum order_cut cut);

/* What an order's part in the market loses past its bankruptcy price at `price` ticks, of what the
 * contract settles in; below 0: gains. 0 where it has no such price. */
int128 order_market_loss(const struct book *book, const struct order *order, int64_t price);
