#pragma once
/* One wave of one book (design §4.3): assess the queued pools, form the orders of those in breach,
 * net them, and, once prices are known, settle them. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/records.h"
#include "engine/book.h"

/* Where an order comes from, by the genealogy; zero for the reference book. */
struct order_origin {
    int64_t parent; /* node id; NODE_NONE for a root */
    int64_t cascade;
    uint32_t generation;
};

struct order {
    uint32_t pool;
    uint16_t position; /* within the pool */
    int64_t lots;      /* signed as the position: what is closed of it */
    int64_t bankruptcy_price;
    struct order_origin origin;
};

struct wave {
    struct order *orders; /* by pool, then by instrument */
    size_t order_count;
    size_t order_capacity;
    int128 *net;       /* lots an instrument; > 0: sold */
    uint32_t *touched; /* instruments with an order, rising */
    size_t touched_count;
    bool *is_touched;
    int64_t *fill_price; /* ticks an instrument; set by the caller between collect and settle */
    struct liquidation_record *rows; /* one an order, after settling */
    int64_t *shortfalls;
    int64_t *shares;
    size_t row_capacity;
};

MUST_CHECK enum status wave_init(struct wave *wave, size_t instrument_count, struct error *reterr);
void wave_finish(struct wave *wave); /* zeroed is fine */

/* Assesses every queued pool at the shown prices: in breach, its orders are added; healthy, it gets
 * a new box; cooling down, a timer. `trace` (may be NULL) fills an order's origin. */
MUST_CHECK enum status wave_collect(struct book *book, struct wave *wave, int64_t now_ns,
                                    struct order_origin (*trace)(void *context,
                                                                 const struct book *book,
                                                                 const struct pool *pool),
                                    void *context, struct error *reterr);

/* Settles all orders at wave->fill_price: positions, wallets, fees, shortfalls, fund; queues the
 * pools that are left with positions; fills wave->rows (node not set). */
MUST_CHECK enum status wave_settle(struct book *book, struct wave *wave, int64_t now_ns,
                                   uint32_t wave_number, struct error *reterr);
