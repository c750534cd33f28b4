#pragma once
/* One book of the oracle: the accounts of a venue as a plain array of pools that are all looked at
 * each time. No ladder, no boxes, no caching; the definition of assessing and of settling. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/records.h"
#include "engine/replay.h"

struct oracle_position {
    uint32_t instrument;
    int64_t lots; /* 0: closed */
    int64_t cost;
    const struct margin_tier *tier; /* at the last assessment; NULL before the first */
    bool squeezed;                  /* a short whose notional once rose into a higher tier */
};

/* What is margined together: a cross account or one isolated position. */
struct oracle_pool {
    uint32_t account;
    bool exempt;
    int64_t wallet;
    size_t position_count;
    struct oracle_position *positions; /* by instrument */
    bool assessed;
    int64_t instant_of_first_breach; /* in breach at its first assessment, then; else -1 */
    int64_t cool_until;              /* no order before */
    int64_t timer;                   /* found in breach while cooling: look again then; else -1 */
};

/* One forced order of the wave. `row` has everything but what settling finds. */
struct oracle_order {
    struct oracle_pool *pool;
    struct oracle_position *position;
    struct liquidation_record row;
};

/* How often what the tests are after happened; in the simulated book alone. */
struct oracle_coverage {
    uint64_t assessments;
    uint64_t breaches;           /* assessments that found one, each wave anew */
    uint64_t breaches_equal;     /* of them with slack exactly 0 */
    uint64_t tier_crossings;     /* a position was found in another tier than before */
    uint64_t partial_closes;     /* orders that left lots of their position */
    uint64_t two_sided_waves;    /* waves that bought and sold one instrument */
    uint64_t squeezed_shorts;    /* closed shorts whose notional had risen into a higher tier */
    uint64_t moves_without_tick; /* prices moved by a clock step */
    uint64_t cooled;             /* breaches that had to wait */
    uint64_t timers;             /* instants that only a timer brought */
    uint64_t reference_orders;
};

struct oracle_book {
    const struct replay_input *input;
    const struct rulebook *rulebook;
    const struct accounts *accounts;
    int128 fund;
    const struct tier_table **tables; /* the rulebook's, one an instrument */
    size_t pool_count;
    struct oracle_pool *pools;
    struct oracle_position *positions; /* of all pools */
    size_t order_count;                /* of the present wave */
    struct oracle_order *orders;       /* room for every position */
    uint32_t *liquidations;            /* an account */
    bool *short_of_money;              /* an account: left a shortfall */
    bool *in_breach_at_start;          /* an account */
    size_t row_count;                  /* all settled orders, in order */
    size_t row_room;
    struct liquidation_record *rows;
    struct oracle_coverage coverage;
};

void oracle_book_init(struct oracle_book *book, const struct replay_input *input,
                      const struct venue_input *venue);
void oracle_book_finish(struct oracle_book *book);

/* Money that `lots` bring at `price`, rounded down; and |lots| at `price`, rounded up. */
int128 oracle_value(const struct oracle_book *book, uint32_t instrument, int64_t lots,
                    int64_t price);
int128 oracle_notional(const struct oracle_book *book, uint32_t instrument, int64_t lots,
                       int64_t price);

/* Equity of the pool minus its requirement at `prices` (one an instrument, none PRICE_NONE). */
int128 oracle_slack(const struct oracle_book *book, const struct oracle_pool *pool,
                    const int64_t *prices);

/* Looks at every pool at `prices` (PRICE_NONE: none yet) and fills book->orders. `instant` is a
 * number that no other instant has. */
void oracle_book_assess(struct oracle_book *book, const int64_t *prices, int64_t ts_ns,
                        int64_t instant, uint32_t wave);

/* Net lots of instrument `i` that the wave's orders sell (> 0) or buy; false: it has no order. */
bool oracle_book_net(const struct oracle_book *book, uint32_t i, int64_t *ret_net);

/* In oracle_settle.c: settles the wave's orders at `fills` (one an instrument) and appends them to
 * book->rows. */
void oracle_book_settle(struct oracle_book *book, const int64_t *fills);

/* Equity of an account at `prices`; a position without a price counts nothing. */
int64_t oracle_book_equity(const struct oracle_book *book, uint32_t account, const int64_t *prices);

/* The earliest timer, or INT64_MAX; and the end of those that are due. */
int64_t oracle_book_timer(const struct oracle_book *book);
void oracle_book_clear_timers(struct oracle_book *book, int64_t ts_ns);
