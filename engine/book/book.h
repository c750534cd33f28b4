#pragma once
/* One side of a run: pools and positions of the accounts as they stand, the rules they live under,
 * their triggers, and the ledger. It knows prices only as a column it is given. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/units.h"
#include "engine/book/accounts.h"
#include "engine/book/fund_peak.h"
#include "engine/book/holdings.h"
#include "engine/book/inventory.h"
#include "engine/book/ladder.h"
#include "engine/book/ledger.h"
#include "engine/book/open_orders.h"
#include "engine/book/timer_queue.h"
#include "engine/book/venue_input.h"
#include "engine/rules/margin.h"
#include "engine/rules/portfolio_margin.h"

/* Packed to 20 bytes: at ten million accounts the positions are most of the memory. */
struct position {
    int64_t lots; /* signed; 0: closed */
    int64_t cost; /* of what it settles in, signed as lots */
    uint32_t instrument;
} __attribute__((packed, aligned(4)));

enum pool_state {
    POOL_IDLE,    /* no position, or exempt: never assessed */
    POOL_WAITING, /* one of its instruments has no price yet */
    POOL_LIVE
};

#define POOL_QUEUED 1u    /* will be assessed in the next wave */
#define POOL_TIMED 2u     /* waits in the timer queue for the end of its cool-down */
#define POOL_FIRST 4u     /* was in breach at its first assessment, in this instant */
#define POOL_BREACHED 8u  /* has an order in the wave under way */
#define POOL_SENT 16u     /* an order is on its way: the rulebook's latency runs */
#define POOL_TO_VAULT 64u /* positions and wallet go to the vault in the wave under way */
#define POOL_CLOSING 32u  /* has had an order and has not been found healthy since */
#define POOL_ORDERS 128u  /* has orders open in the market */

/* What is margined together: a cross account or one isolated position. */
struct pool {
    int64_t wallet;
    uint32_t account;
    uint32_t position_first;
    uint16_t position_count;
    uint8_t state; /* enum pool_state */
    uint8_t flags; /* POOL_... */
};

/* Where a position stands: the list by instrument that ADL goes through. */
struct holder {
    uint32_t pool;
    uint16_t position; /* within the pool */
};

/* What a run keeps of each account beside its pools. */
struct account_state {
    uint32_t liquidations;
    bool bankrupt;        /* left a shortfall */
    bool deleveraged;     /* was a counterparty of auto-deleveraging */
    bool breach_at_start; /* a pool of it was in breach when first looked at */
};

struct book {
    const struct instrument *instruments;
    size_t instrument_count;
    const struct rulebook *rulebook;
    const struct accounts *accounts;
    const double *volatility;        /* one an instrument; NULL: alike */
    struct margin_rule *rules;       /* one an instrument */
    struct portfolio_rule portfolio; /* with margin.portfolio: then pools, not positions */
    const int64_t *prices;           /* mark price in ticks, one an instrument; 0: none yet */
    const int64_t *true_prices;      /* the mark price of a feed without fault */
    const int64_t *previous_prices;  /* the mark at the start of the latest instant in which it
                                        moved; 0: none; NULL: not kept */
    const int64_t *first_prices;     /* the first mark of each; 0: none yet */

    size_t pool_count;
    struct pool *pools;
    uint32_t *generation; /* one a pool: triggers of another generation are stale */
    int64_t *allowed_ns; /* one a pool: no order before; NULL without cool-down, latency and pace */
    int64_t *breach_ns;  /* one a pool: in breach since; INT64_MAX: healthy; NULL without pace and
                            window caps */
    int64_t
        *full_until_ns; /* one a pool: its orders are in full before; NULL without such a rule */
    int64_t now_ns;     /* of the wave under way */
    struct position *positions;
    size_t position_count;
    struct account_state *account_states;

    struct ladder *falls; /* one an instrument: longs are hurt by falls */
    struct ladder *rises;
    struct ladder_arena arena;
    uint32_t *open_longs; /* open positions an instrument: how many triggers can be live */
    uint32_t *open_shorts;

    uint32_t *queue; /* pools to assess in the next wave; room for all */
    size_t queue_count;
    uint32_t *first; /* pools flagged POOL_FIRST in this instant */
    size_t first_count;
    size_t first_capacity;
    struct holder *holders; /* positions by instrument; NULL without a stage that needs them */
    size_t *holder_first;   /* instrument_count + 1 */
    struct timer_queue timers;
    size_t waiting_count; /* pools in state POOL_WAITING */

    struct open_orders open_orders;
    uint64_t cancelled; /* open orders */

    struct holdings holdings; /* other assets as collateral */
    int128 exchanged;         /* value of collateral sold or bought back */

    struct inventory inventory; /* the insurance fund's, worked off in the market */
    struct inventory vault;     /* the backstop's, held */
    int64_t session_ns;         /* next close of a session; INT64_MAX: the rules know none */
    int128 *session_gains; /* one an account: gain at the last close since the start; NULL: none
                              has closed */
    int64_t *socialised;   /* one an account: taken from it so far; NULL: nothing from anybody */
    int64_t work_off_ns;   /* next step of working off; INT64_MAX: nothing is held */
    struct ledger ledger;
    struct fund_peak fund_peak;
    struct fund_peak *fund_peaks; /* one an instrument; NULL: the fund was never divided */
    uint64_t assessments;
};

/* Copies what changes from `input`; `prices` and `true_prices` are the caller's columns, read at
 * every assessment.
 * STATUS_CONFIG, STATUS_RANGE: a rule or account out of its range; STATUS_NO_MEMORY. */
MUST_CHECK enum status book_init(struct book *book, const struct venue_input *input,
                                 const struct instrument *instruments, size_t instrument_count,
                                 const double *volatility, const int64_t *prices,
                                 const int64_t *true_prices, struct error *reterr);
void book_finish(struct book *book); /* zeroed is fine */

static inline struct position *book_positions(const struct book *book, const struct pool *pool) {
    return &book->positions[pool->position_first];
}

/* Whether a position of the pool is open. */
static inline bool book_pool_is_open(const struct book *book, const struct pool *pool) {
    const struct position *position = book_positions(book, pool);
    for (uint16_t k = 0; k < pool->position_count; k++)
        if (position[k].lots != 0)
            return true;
    return false;
}

/* ---- contracts that settle in a coin (engine/book/coins.h) ---- */

static inline bool book_in_coin(const struct book *book, uint32_t instrument) {
    return __builtin_expect(book->holdings.settles != NULL, 0) &&
           book->holdings.settles[instrument] != SETTLES_OWN;
}

/* Of one that does: money of `amount` at a column of prices (0 without the coin's price), rounded
 * down; and as much of the coin as money buys at its mark, rounded down. */
int128 coins_money(const struct book *book, uint32_t instrument, int128 amount,
                   const int64_t *prices);
int128 coins_bought(const struct book *book, uint32_t instrument, int128 money);

/* An amount of what an instrument's contracts settle in as money at the marks, rounded down or up;
 * and as much of it as money buys, rounded down. */
static inline int128 book_money(const struct book *book, uint32_t instrument, int128 amount) {
    return book_in_coin(book, instrument) ? coins_money(book, instrument, amount, book->prices)
                                          : amount;
}
static inline int128 book_money_up(const struct book *book, uint32_t instrument, int128 amount) {
    return -book_money(book, instrument, -amount);
}
static inline int128 book_bought(const struct book *book, uint32_t instrument, int128 money) {
    return book_in_coin(book, instrument) ? coins_bought(book, instrument, money) : money;
}

/* ---- pools ---- */

/* What the position would bring at the mark price, of what it settles in, rounded down. */
static inline int128 book_value(const struct book *book, const struct position *position) {
    return instrument_value_floor(&book->instruments[position->instrument], position->lots,
                                  book->prices[position->instrument]);
}

/* Requirement of an open position at the mark price, money, rounded up; under portfolio margin what
 * it would need alone. */
static inline int128 book_requirement(const struct book *book, const struct position *position) {
    const uint32_t i = position->instrument;
    return book_money_up(
        book, i,
        margin_requirement(&book->rules[i], position->lots, position->cost,
                           margin_notional(&book->rules[i], position->lots, book->prices[i])));
}

/* Notional of `lots` of an instrument at the mark price, money, rounded up. */
static inline int128 book_notional(const struct book *book, uint32_t instrument, int64_t lots) {
    return book_money_up(book, instrument,
                         margin_notional(&book->rules[instrument], lots, book->prices[instrument]));
}

/* The same once `closed` of its |lots| are gone, with their share of the cost. */
static inline int128 book_requirement_after(const struct book *book,
                                            const struct position *position, int64_t closed) {
    const int64_t magnitude = position->lots < 0 ? -position->lots : position->lots;
    if (closed == magnitude)
        return 0;
    struct position rest = *position;
    rest.lots = position->lots < 0 ? closed - magnitude : magnitude - closed;
    rest.cost -= (int64_t)div_floor((int128)position->cost * closed, magnitude);
    return book_requirement(book, &rest);
}

/* A pool's health. */
struct pool_health {
    int128 equity; /* collateral as it counts */
    int128 requirement;
    int128 worth; /* equity with collateral at its full value */
};

/* Health of a pool at any column of prices (all of its instruments > 0). */
struct pool_health book_health(const struct book *book, const struct pool *pool,
                               const int64_t *prices);

/* Whether the rulebook liquidates at this health. */
bool book_in_breach(const struct book *book, struct pool_health health);

/* Whether the pool, with this health, is to be closed: in breach, or under liquidation and not yet
 * above the rulebook's exit ratio. */
bool book_must_close(const struct book *book, const struct pool *pool, struct pool_health health);

/* Funding payment of one instrument: each position pays rate_e8 of its value at mark, rounded
 * against the account. Whoever paid or was paid is queued. STATUS_RANGE: a wallet overflows. */
MUST_CHECK enum status book_pay_funding(struct book *book, uint32_t instrument, int64_t rate_e8,
                                        struct error *reterr);

/* Makes the columns that the book's rules need and others do not: cool-downs, holders. */
MUST_CHECK enum status book_prepare_rules(struct book *book, struct error *reterr);

/* Other rules from now on; every pool is queued. */
MUST_CHECK enum status book_change_rules(struct book *book, const struct rulebook *rulebook,
                                         struct error *reterr);

/* Puts a pool on the queue of the next wave, once. */
void book_queue(struct book *book, uint32_t pool);

/* After the mark price of an instrument changed: queues the pools whose triggers were reached. */
MUST_CHECK enum status book_price_changed(struct book *book, uint32_t instrument,
                                          struct error *reterr);

/* Whether every price that the pool's health depends on is there. */
bool book_is_priced(const struct book *book, uint32_t pool);

/* After instruments got their first price: pools that now have all prices join the queue for their
 * first assessment, and start equities are taken. */
void book_prices_appeared(struct book *book);

/* Gives a healthy pool its box: a trigger on each side that can hurt it (design §4.2). */
MUST_CHECK enum status book_box(struct book *book, uint32_t pool, struct pool_health health,
                                struct error *reterr);

/* Sum of wallets minus costs in the accounts' own asset, and of lots an instrument (room for
 * instrument_count), for the ledger's residual. */
int128 book_totals(const struct book *book, int128 *ret_lots);

/* Equity of an account at the mark prices; positions without a price count at cost. */
int128 book_account_equity(const struct book *book, size_t pool_first, size_t pool_end);

/* Bytes held: pools, positions, triggers. */
size_t book_bytes(const struct book *book);
