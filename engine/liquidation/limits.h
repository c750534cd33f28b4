#pragma once
/* What a venue's liquidation engine gets through in a stretch of time: in a block, in a window
 * shared by all accounts, at a pace, released over time. Each kind is one row of a table of the
 * same few functions, with state of its own; each tells in a header of its own what it still has
 * room for. Planning only reads them; what a sent order has used is noted here. */

#include <stddef.h>

#include "base/error.h"
#include "engine/book/book.h"
#include "engine/liquidation/order.h"
#include "engine/rules/close_amount.h"

/* What a pool's orders have closed in a block of time. */
struct block_use {
    int64_t until_ns; /* the end of that block */
    int128 notional;  /* at mark */
    int128 insurance; /* lost in the market past bankruptcy prices */
};

/* A liquidation under time release: since when, and what it has freed. */
struct release {
    int64_t began_ns; /* INT64_MIN: not begun */
    int128 freed;     /* money */
};

/* State of one side of a run. Zeroed is what no rule limits. */
struct limits {
    struct block_use *block_uses; /* one a pool; NULL without blocks */
    int64_t *block_until_ns;      /* one a position: it had an order in the block that ends then */
    struct close_window *windows; /* lots, one an instrument; NULL without window caps */
    struct release *releases;     /* one a pool; NULL without time release */
    int64_t pace_window;          /* number of the window that pace_used counts */
    int64_t pace_used;            /* pools */
};

struct limit_kind {
    const char *keys; /* of the rulebook */
    bool (*is_ruled)(const struct rulebook *rules);
    /* Takes the memory that such a rule needs, once; NULL: none. */
    enum status (*prepare)(struct limits *limits, const struct book *book, struct error *reterr);
    /* Makes it as if nothing had been used, of pools first..end and of what all pools share. */
    void (*renew)(struct limits *limits, const struct book *book, size_t first, size_t end);
    /* An order, as it stands in the wave, was sent; NULL: not by the order. */
    void (*note)(struct limits *limits, const struct book *book, const struct order *order);
    /* An order is filled at `fill` ticks: what of it did not come about is given back; NULL: that
     * does not count. */
    void (*settle)(struct limits *limits, const struct book *book, const struct order *order,
                   int64_t fill);
    size_t (*bytes)(const struct limits *limits, const struct book *book);
    void (*finish)(struct limits *limits);
};
extern const struct limit_kind *const limit_kinds[]; /* NULL-terminated */

/* Makes the state that the book's rules need and that is not there yet: at the start of a run, and
 * when its rules have changed. STATUS_NO_MEMORY. */
MUST_CHECK enum status limits_prepare(struct limits *limits, const struct book *book,
                                      struct error *reterr);
void limits_finish(struct limits *limits); /* zeroed is fine */

/* The functions of the table, of all kinds that the book's rules have. */
void limits_renew(struct limits *limits, const struct book *book, size_t first, size_t end);
void limits_note(struct limits *limits, const struct book *book, const struct order *order);
void limits_settle(struct limits *limits, const struct book *book, const struct order *order,
                   int64_t fill);
size_t limits_bytes(const struct limits *limits, const struct book *book);
