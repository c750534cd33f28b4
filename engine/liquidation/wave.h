#pragma once
/* One wave of one book (design §4.3), in three acts with prices between them.
 *
 * Collecting (wave.c) assesses the queued pools. A healthy one gets a new box. One in breach waits
 * (cool-down, latency, block, pace) or is ready: then the planner (plan.h) says what is closed of
 * it, the orders are netted by instrument, and what they use of the engine's limits is noted.
 * Execution (execute.h), an instrument at a time, says what becomes of each order's lots; the
 * caller then sets wave->fill_price. Settling (settle.c) books every order at that price, every
 * match at its own, and makes the rows.
 *
 * A wave holds at most one order a position. Orders stand by pool, then by position; nothing here
 * depends on the order of accounts, since all fills of an instrument get one price and sums are
 * shared by account id. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/records.h"
#include "engine/book/book.h"
#include "engine/liquidation/limits.h"
#include "engine/liquidation/order.h"

struct ready {
    uint32_t pool;
    struct pool_health health;
};

/* The two that take over, where a match names a counterparty's pool. */
#define POOL_FUND (UINT32_MAX - 1)
#define POOL_VAULT (UINT32_MAX - 2)

/* Who takes one order's position, or a part of it, off the market: a counterparty that is
 * auto-deleveraged, the insurance fund's inventory, or the backstop vault. */
struct adl_match {
    uint32_t order;
    uint32_t number; /* in the order in which they were made */
    uint32_t pool;
    uint16_t position;
    int64_t lots; /* signed as the order's position; the counterparty closes the opposite */
    int64_t price;
};

/* Lots (signed) taken over off the market, and what was paid for them. */
struct taken {
    int128 lots;
    int128 cash;
};

struct instrument_taken {
    struct taken by[2][2]; /* [fund, vault][longs, shorts] */
};

/* A pool gives up (> 0) or buys back (< 0) so much of an asset that it holds or owes. */
struct exchange {
    uint32_t pool;
    uint32_t row; /* of the book's holdings */
    int64_t quantity;
};

struct wave {
    struct limits limits; /* of the rulebook; kept from wave to wave */
    struct order_list orders;
    int64_t *worked_off; /* lots an instrument that the fund's inventory gives to this wave */
    struct instrument_taken *taken; /* one an instrument */
    int128 *net;                    /* lots an instrument that move its price; > 0: sold */
    uint32_t *touched;              /* instruments with an order, rising */
    size_t touched_count;
    bool *is_touched;
    int64_t *fill_price; /* ticks an instrument; set by the caller between collect and settle */
    struct ready *ready; /* pools in breach whose order may go out now */
    size_t ready_count;
    size_t ready_capacity;
    int128 vault_taken; /* loss at mark that the vault has taken on in this wave */
    int128 *fund_left;  /* what each instrument's fund, or [0] that of all, can still bear of this
                           wave's losses */

    struct adl_match *matches; /* by order */
    size_t match_count;
    size_t match_capacity;

    struct exchange *exchanges; /* by pool */
    size_t exchange_count;
    size_t exchange_capacity;

    struct liquidation_record *rows; /* after settling: one an order, two if ADL took a part */
    uint32_t *row_pool;
    size_t row_count;
    int64_t *shortfalls;
    int64_t *shares;
    int64_t *weights;
    size_t row_capacity;
    struct adl_record *adl_rows; /* one a match */
    size_t adl_row_count;        /* matches with counterparties, not those taken over */
    size_t adl_row_capacity;
};

MUST_CHECK enum status wave_init(struct wave *wave, size_t instrument_count, struct error *reterr);
void wave_finish(struct wave *wave); /* zeroed is fine */

/* Makes the state that the book's rules need: at the start, and when they have changed.
 * STATUS_NO_MEMORY. */
MUST_CHECK enum status wave_prepare(struct wave *wave, const struct book *book,
                                    struct error *reterr);

/* Assesses every queued pool at the shown prices: in breach, its orders are added; healthy, it gets
 * a new box; cooling down, a timer. `trace` (may be NULL) fills an order's origin. */
MUST_CHECK enum status wave_collect(struct book *book, struct wave *wave, int64_t now_ns,
                                    struct order_origin (*trace)(void *context,
                                                                 const struct book *book,
                                                                 const struct pool *pool),
                                    void *context, struct error *reterr);

/* Sends the planned orders: window caps, which all pools share, cut them; what goes to market is
 * netted; what limits count is noted. `cut` (may be NULL) is told of each pool that a full window
 * has cut, and when that is over. STATUS_NO_MEMORY. */
MUST_CHECK enum status wave_send(const struct book *book, struct wave *wave,
                                 void (*cut)(void *context, uint32_t pool, int64_t over_ns),
                                 void *context, struct error *reterr);

/* Makes it a wave that holds nothing. */
void wave_clear(struct wave *wave);

/* Notes that the wave does something in an instrument. */
void wave_touch(struct wave *wave, uint32_t instrument);

/* Adds lots of an order to the wave's net (or, of the other sign, takes them out again). Orders
 * that are closed at mark are not in it: they move no price. */
void wave_add_net(struct wave *wave, const struct order *order, uint32_t instrument, int64_t lots);

/* Adds a match of an order; `number` is set. */
MUST_CHECK enum status wave_add_match(struct wave *wave, struct adl_match match,
                                      struct error *reterr);

/* Settles all orders at wave->fill_price (those closed at mark: at mark) and all matches at theirs:
 * positions, wallets, fees, shortfalls, fund; queues the pools that are left with positions; fills
 * wave->rows (node not set) and wave->adl_rows. */
MUST_CHECK enum status wave_settle(struct book *book, struct wave *wave, int64_t now_ns,
                                   uint32_t wave_number, struct error *reterr);
