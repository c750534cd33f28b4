#pragma once
/* One book of the oracle: the accounts of a venue as a plain array of pools that are all looked at
 * each time. No ladder, no boxes, no caching; the definition of assessing and of settling. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/records.h"
#include "engine/replay/replay.h"

struct oracle_position {
    uint32_t instrument;
    int64_t lots; /* 0: closed */
    int64_t cost;
    const struct margin_tier *tier; /* at the last assessment; NULL before the first */
    int64_t block_until;            /* it had an order in the block that ends then */
    bool squeezed;                  /* a short whose notional once rose into a higher tier */
};

struct oracle_asset_row {
    uint32_t asset; /* number in the set of accounts */
    int64_t quantity;
};

/* An order open in the market. */
struct oracle_open_order {
    struct open_order_view view;
    bool cancelled;
};

/* What is margined together: a cross account or one isolated position. */
struct oracle_pool {
    uint32_t account;
    bool exempt;
    int64_t wallet;
    size_t position_count;
    struct oracle_position *positions; /* by instrument */
    size_t asset_count;
    struct oracle_asset_row *assets; /* held and owed */
    size_t open_count;
    struct oracle_open_order *open; /* orders in the market */
    bool done;                      /* nothing is left that could be liquidated */
    bool assessed;
    int64_t instant_of_first_breach; /* in breach at its first assessment, then; else -1 */
    int64_t allowed;                 /* no order before */
    int64_t timer;                   /* waits until then and is not looked at; else INT64_MAX */
    int64_t release_began;           /* of time release; INT64_MIN: not begun */
    int64_t part;                    /* of the shortage, in 1e-4, that the wave may free */
    int64_t window_over;             /* when what cut its latest orders is, if they were cut */
    int64_t block_until;             /* what it used counts until then */
    int128 block_used;               /* notional ordered in the block */
    int128 block_lost;               /* by its orders, past bankruptcy, in the block */
    int128 released;                 /* shortage that has been freed since */
    bool closing;                    /* had an order, not found healthy since */
    bool sent;                       /* its order is on the way, or waits for the engine's pace */
    int64_t full_until;              /* orders before are in full; INT64_MIN: never so far */
    int64_t breach_since;            /* found in breach then; INT64_MAX: healthy */
    int128 forgone;                  /* in this wave, as a counterparty; money */
};

/* One forced order of the wave. */
struct oracle_order {
    struct oracle_pool *pool;
    struct oracle_position *position;
    int64_t lots;                  /* signed as the position: what is closed of it */
    int64_t market;                /* of it through the market */
    int64_t taken;                 /* of it by fund, vault or counterparties */
    int64_t insurance_e8;          /* the fund's fee rate */
    enum close_price price;        /* BANKRUPTCY: taken over as a whole */
    int64_t limit;                 /* ticks; PRICE_NONE: none */
    int64_t waits;                 /* left out for its instrument's next window; likewise */
    int64_t rest;                  /* left out by the limit; in neither of the above */
    bool gave_way;                 /* to its limit, once */
    bool held;                     /* to what the block has left to lose, once */
    bool insolvent;                /* its pool is worth less than nothing */
    bool handed;                   /* to the vault, with what is left of the wallet */
    struct liquidation_record row; /* what all rows of the order have */
};

/* A part of an order that does not go to market: `pool` and `position` of the counterparty, or NULL
 * for the fund's inventory or the vault. */
struct oracle_match {
    struct oracle_order *order;
    struct oracle_pool *pool;
    struct oracle_position *position;
    bool vault;
    int64_t lots; /* signed as the order */
    int64_t price;
};

/* So much of an asset that the wave takes from a pool (> 0) or buys back for it. */
struct oracle_exchange {
    struct oracle_pool *pool;
    size_t row;
    int64_t quantity;
};

/* What fund or vault hold of one instrument. */
struct oracle_holding {
    int64_t lots;
    int128 cost;
};

/* A balance of one of the fund's pots, and until when it held. */
struct oracle_past {
    int64_t until;
    int128 balance;
    size_t pot;
};

/* How often what the tests are after happened; in the simulated book alone. */
struct oracle_coverage {
    uint64_t assessments;
    uint64_t breaches;           /* assessments that found one, each wave anew */
    uint64_t breaches_equal;     /* of them with slack exactly 0 */
    uint64_t goes_on;            /* not in breach any more, but short of the exit ratio */
    uint64_t tier_crossings;     /* a position was found in another tier than before */
    uint64_t partial_closes;     /* orders that left lots of their position */
    uint64_t two_sided_waves;    /* waves that bought and sold one instrument */
    uint64_t squeezed_shorts;    /* closed shorts whose notional had risen into a higher tier */
    uint64_t moves_without_tick; /* prices moved by a clock step */
    uint64_t cooled;             /* breaches that had to wait */
    uint64_t timers;             /* instants that only a timer brought */
    uint64_t reference_orders;
    uint64_t latencies;   /* orders that were sent and came later */
    uint64_t paced;       /* pools that waited for the engine's pace */
    uint64_t vault_takes; /* matches with the vault */
    uint64_t handed;      /* positions handed to the vault */
    uint64_t cancelled;   /* open orders */
    uint64_t relieved;    /* pools that were not in breach any more when theirs were cancelled */
    uint64_t own_fees;    /* fills that paid a fee under rules with rates by contract */
    uint64_t kept;        /* orders of which the fund kept a remainder */
    uint64_t fund_held;   /* waves in which the fund's fall from its peak bound what it bears */
    uint64_t stepped;     /* orders down to a lower risk step that left lots */
    uint64_t made_full;   /* partial rules that gave way to a close in full */
    uint64_t fund_takes;  /* take-overs by the fund */
    uint64_t take_over_bound; /* of which it could not bear all */
    uint64_t divided;         /* orders of which a part went to market and a part did not */
    uint64_t exchanges;       /* of collateral */
    uint64_t sessions;        /* that closed with a loss to divide */
    uint64_t given_back;      /* lots that found no taker and went to market after all */
    uint64_t pairs;           /* a long and a short closed against each other */
    uint64_t asked;           /* pools that had an order in a wave */
    uint64_t asked_more;      /* of them, after it, for more than before it at the same marks */
    uint64_t coin_orders;     /* of contracts that settle in a coin */
    uint64_t coin_breaches;   /* that the price of a coin brought */
    uint64_t coin_debts;      /* settled orders that left a coin balance below zero */
    uint64_t blocked;         /* pools that waited for the next block */
    uint64_t window_waits;    /* orders that a window had no room for, or not for all */
    uint64_t window_parts;    /* of them, for a part */
    uint64_t limit_cuts;      /* groups of orders that gave way to their limit */
    uint64_t limit_parts;     /* of them, in part */
    uint64_t insurance_cuts;  /* orders held by what a block may lose */
    uint64_t rests_taken;     /* orders whose rest went down the waterfall */
    uint64_t block_cuts;      /* orders that the block's notional made smaller */
    uint64_t pots_short;      /* waves in which one pot could not pay while another had money */
};

/* What an instrument's orders have used up of a window. */
struct oracle_window {
    int64_t last; /* time of the last order */
    int128 used;  /* lots */
};

struct oracle_book {
    const struct replay_input *input;
    const struct rulebook *rulebook;
    const struct accounts *accounts;
    bool apart;     /* the fund is in pots, one an instrument */
    int128 *pots;   /* the fund, an instrument; the last: of all */
    int128 *noted;  /* each pot at the end of the last instant; the last: their sum */
    int128 vault;   /* its cash */
    int128 deficit; /* losses that nobody has paid yet */
    int128 fees;    /* the venue's */
    int128 funding; /* paid by accounts less received by them */
    struct oracle_holding *inventory; /* the fund's, one an instrument */
    struct oracle_holding *held;      /* the vault's */
    int128 inventory_taken;           /* notional, money */
    int128 inventory_worked_off;
    int128 vault_taken;
    int128 vault_received; /* with accounts that were handed over */
    int64_t session_at;    /* its next close; INT64_MAX: the rules know no sessions */
    int128 *session_gains; /* an account: gain since the start, when the last session closed */
    int128 *socialised;    /* an account: taken from it for others' losses */
    int64_t now;           /* of the wave under way */
    int128 spread;         /* losses spread over open positions */
    int64_t work_off_at;   /* INT64_MAX: the fund holds nothing */
    int64_t pace_window;
    int64_t pace_used;
    struct oracle_window *windows; /* one an instrument */
    bool keeps_queue; /* since there was a pace: notes who has been in breach since when */
    const struct tier_table **tables; /* the rulebook's, one an instrument */
    size_t pool_count;
    struct oracle_pool *pools;
    struct oracle_position *positions; /* of all pools */
    size_t order_count;                /* of the present wave */
    struct oracle_order *orders;       /* room for every position */
    int64_t *worked_off;               /* of the inventory in the present wave, one an instrument */
    size_t past_count; /* balances of the fund at the ends of instants, all there were */
    struct oracle_past *past;
    const int64_t *marks_before; /* an instrument; before the latest instant that moved it */
    int128 *fund_left;           /* what each pot can still bear of this wave */
    int128 vault_borne;          /* loss that the vault has taken on in this wave */
    size_t match_count;
    size_t match_room;
    struct oracle_match *matches; /* of the present wave, as made */
    size_t exchange_count;
    struct oracle_exchange *exchanges; /* of the present wave */
    uint32_t *liquidations;            /* an account */
    bool *short_of_money;              /* an account: left a shortfall */
    bool *in_breach_at_start;          /* an account */
    bool *deleveraged;                 /* an account */
    uint32_t wave;                     /* the present one */
    size_t row_count;                  /* all settled orders, in order */
    size_t row_room;
    struct liquidation_record *rows;
    uint32_t *row_funds; /* a row: the instrument whose fund pays its shortfall */
    size_t adl_count;
    size_t adl_room;
    struct adl_record *adl;
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

/* The tier of a notional, and the maintenance margin of `lots` at `price`. */
const struct margin_tier *oracle_tier(const struct oracle_book *book, uint32_t instrument,
                                      int128 of_notional);
int128 oracle_lowest(const struct oracle_book *book, const struct oracle_position *position,
                     int64_t price); /* in the lowest tier or step, where there are some */
/* Risk steps of a position under a stepped curve, begun or whole; -1: its rate has no steps. */
int64_t oracle_steps(const struct oracle_book *book, uint32_t instrument, int64_t lots,
                     int64_t cost);
int128 oracle_maintenance(const struct oracle_book *book, uint32_t instrument, int64_t lots,
                          int64_t cost, int64_t price);

/* The portfolio unit of an instrument, and the moves that a unit is valued after. */
size_t oracle_unit(const struct oracle_book *book, uint32_t instrument);
const struct portfolio_move *oracle_moves(const struct oracle_book *book, size_t unit,
                                          size_t *ret_count);

/* Equity of the pool minus its requirement at `prices` (one an instrument, none PRICE_NONE). */
int128 oracle_slack(const struct oracle_book *book, const struct oracle_pool *pool,
                    const int64_t *prices);

/* Whether the pool is in breach at `prices` under the book's rules. */
bool oracle_in_breach(const struct oracle_book *book, const struct oracle_pool *pool,
                      const int64_t *prices);

/* Equity and requirement of the pool, money; unrealised gain of a position, of what it settles in;
 * at `prices`. */
int128 oracle_pool_requirement(const struct oracle_book *book, const struct oracle_pool *pool,
                               const int64_t *prices);
int128 oracle_positions_requirement(const struct oracle_book *book, const struct oracle_pool *pool,
                                    const int64_t *prices); /* without that of what is owed */
int128 oracle_pool_equity(const struct oracle_book *book, const struct oracle_pool *pool,
                          const int64_t *prices);
int128 oracle_pnl(const struct oracle_book *book, const struct oracle_position *position,
                  const int64_t *prices);
/* Equity with collateral at its full value. */
int128 oracle_pool_worth(const struct oracle_book *book, const struct oracle_pool *pool,
                         const int64_t *prices);
/* Whether all that the pool depends on has a price. */
bool oracle_is_priced(const struct oracle_book *book, const struct oracle_pool *pool,
                      const int64_t *prices);
bool oracle_is_open(const struct oracle_pool *pool);

/* In oracle_margin.c: an asset's rule, the instrument that values it (false: its price is fixed),
 * and what a quantity is worth at full value. */
const struct collateral_asset *oracle_asset(const struct oracle_book *book, uint32_t asset);
bool oracle_asset_factor(const struct oracle_book *book, uint32_t asset, uint32_t *ret_factor);
int128 oracle_asset_value(const struct oracle_book *book, uint32_t asset, int64_t quantity,
                          const int64_t *prices);

/* The portfolio unit of an instrument, as a number. */
size_t oracle_unit(const struct oracle_book *book, uint32_t i);
/* In oracle_open_orders.c: what a pool's orders in the market ask for; and their cancelling, when
 * the pool is to be closed. */
int128 oracle_open_margin(const struct oracle_book *book, const struct oracle_pool *pool);
void oracle_cancel(struct oracle_book *book, struct oracle_pool *pool, const int64_t *marks,
                   int64_t ts_ns);
/* In oracle_coins.c: the coin that an instrument settles in (false: the accounts' own asset); where
 * its gains go; an amount of what it settles in as money, rounded down or up, and as much of it as
 * money buys; what the pool has of an asset with the unrealised gains in it. */
const char *oracle_asset_symbol(const struct oracle_book *book, uint32_t asset);
bool oracle_coin(const struct oracle_book *book, uint32_t instrument, uint32_t *ret_asset);
int64_t *oracle_purse(const struct oracle_book *book, struct oracle_pool *pool,
                      uint32_t instrument);
int128 oracle_money(const struct oracle_book *book, uint32_t instrument, int128 amount,
                    const int64_t *prices);
int128 oracle_money_up(const struct oracle_book *book, uint32_t instrument, int128 amount,
                       const int64_t *prices);
int128 oracle_bought(const struct oracle_book *book, uint32_t instrument, int128 money,
                     const int64_t *prices);
struct oracle_asset_row oracle_balance(const struct oracle_book *book,
                                       const struct oracle_pool *pool, size_t row,
                                       const int64_t *prices);
/* Whether a pool in breach would not be with the prices of its coins as they were before. */
bool oracle_coin_breach(const struct oracle_book *book, const struct oracle_pool *pool,
                        const int64_t *marks);
void oracle_add_coins(const struct oracle_book *book, struct oracle_pool *pool);

/* In oracle_exchange.c. */
bool oracle_can_exchange(const struct oracle_book *book, const struct oracle_pool *pool,
                         const int64_t *marks);
bool oracle_owes(const struct oracle_pool *pool);
void oracle_exchange_collect(struct oracle_book *book, struct oracle_pool *pool, bool in_breach,
                             bool open, const int64_t *marks);
void oracle_exchange_cover(struct oracle_book *book, struct oracle_pool *pool,
                           const int64_t *marks);
int64_t oracle_exchange_net(const struct oracle_book *book, uint32_t i, bool *any);
void oracle_exchange_settle(struct oracle_book *book, const int64_t *fills);

/* Looks at every pool that does not wait, at the mark prices `marks` (PRICE_NONE: none yet), and
 * fills book->orders and book->worked_off. `prices` are those of a feed without fault. `instant`
 * is a number that no other instant has. */
void oracle_book_assess(struct oracle_book *book, const int64_t *marks, const int64_t *prices,
                        int64_t ts_ns, int64_t instant, uint32_t wave);

/* Net lots of instrument `i` that the wave sells (> 0) or buys in the market; false: nothing of it
 * is in the wave. */
bool oracle_book_net(const struct oracle_book *book, uint32_t i, int64_t *ret_net);

/* In oracle_funds.c: all of the fund; the pot that an instrument's losses and gains go to; a gain,
 * or a loss as far as the pot goes; money from or to the outside; what a pot may lose before a
 * later stage has to. */
int128 oracle_fund(const struct oracle_book *book);
size_t oracle_pot(const struct oracle_book *book, uint32_t i);
void oracle_funds_bear(struct oracle_book *book, uint32_t i, int128 pnl);
void oracle_funds_change(struct oracle_book *book, int128 amount);
void oracle_funds_set_rules(struct oracle_book *book);
int128 oracle_funds_bearable(struct oracle_book *book, size_t pot, int64_t ts_ns);
/* The fund at the end of an instant. */
void oracle_book_note_fund(struct oracle_book *book, int64_t ts_ns);

/* In oracle_orders.c: adds the orders of a pool in breach; `row` is what they have in common. */
void oracle_order_pool(struct oracle_book *book, struct oracle_pool *pool, const int64_t *prices,
                       const struct liquidation_record *row);

/* In oracle_waterfall.c: before execution, divides the wave's orders in instrument `i` between
 * market, vault and counterparties. `price` gives the fill if the wave's net were `net` lots. */
typedef int64_t oracle_price(const void *context, uint32_t i, int64_t net);
void oracle_book_divide(struct oracle_book *book, uint32_t i, const int64_t *marks,
                        oracle_price *price, const void *context);
void oracle_book_match(struct oracle_book *book, struct oracle_match match);
/* When a session closes or the run ends: charges accounts that gained since the last close with
 * what nobody has paid; `start` is a fresh book. Returns it. */
int128 oracle_book_socialise(struct oracle_book *book, const struct oracle_book *start,
                             const int64_t *first, const int64_t *last);
/* Sets session_at to the first close after `ts_ns`. */
void oracle_book_schedule(struct oracle_book *book, int64_t ts_ns);
/* Whether the rulebook has a stage, and where (its count: nowhere). */
size_t oracle_stage(const struct rulebook *rulebook, enum waterfall_stage stage);

/* In oracle_settle.c: settles the wave at `fills` (one an instrument) and appends its rows. */
void oracle_book_settle(struct oracle_book *book, const int64_t *fills, const int64_t *marks,
                        int64_t ts_ns);
/* Whether something is left of the pool: positions, owed assets, or collateral for its debt. */
bool oracle_stays(const struct oracle_book *book, const struct oracle_pool *pool,
                  const int64_t *marks);
/* Shares `amount` over weights by the largest remainder; in a tie the lower index. */
void oracle_share(size_t count, const int128 *weights, int128 amount, int128 *ret_shares);
/* Whether account `a` comes before `b` by its id as bytes. */
bool oracle_id_before(const struct oracle_book *book, uint32_t a, uint32_t b);

/* In oracle_events.c: a scheduled event upon one book; SHOCK, FEED_* and ENGINE_* are not its. */
void oracle_book_event(struct oracle_book *book, const struct replay_event *event,
                       const int64_t *marks);

/* Equity of an account at `prices`; a position without a price counts nothing. */
int64_t oracle_book_equity(const struct oracle_book *book, uint32_t account, const int64_t *prices);

/* The rulebook's tables for the run's instruments. */
void oracle_book_set_rules(struct oracle_book *book, const struct rulebook *rulebook);

/* The earliest timer, or INT64_MAX; and the end of those that are due. */
int64_t oracle_book_timer(const struct oracle_book *book);
void oracle_book_clear_timers(struct oracle_book *book, int64_t ts_ns);

/* In oracle_terms.c: a contract's fee rate; what on-chain protocols close and take. */
int64_t oracle_fee_rate(const struct oracle_book *book, uint32_t instrument);
/* In oracle_blocks.c: the end of the block under way; whether a position had its order in it;
 * whether nothing of the pool may be closed before its end; how much of so many lots may be (0:
 * none); and that an order was made. */
int64_t oracle_block_end(const struct oracle_book *book);
bool oracle_block_spares(const struct oracle_book *book, const struct oracle_position *p);
bool oracle_block_is_over(const struct oracle_book *book, const struct oracle_pool *pool);
int64_t oracle_block_most(const struct oracle_book *book, const struct oracle_pool *pool,
                          const struct oracle_position *p, int64_t closed, int64_t price);
void oracle_block_note(const struct oracle_book *book, struct oracle_pool *pool,
                       struct oracle_position *p, int64_t lots, int64_t price);

/* In oracle_limits.c: before execution, leaves out of the wave what would be filled worse than its
 * limit; and what an executed wave means for the block. */
void oracle_limit(struct oracle_book *book, uint32_t i, oracle_price *price, const void *context);
void oracle_limit_note(struct oracle_book *book, uint32_t i, int64_t fill, int64_t mark);
/* In oracle_waterfall.c: whether the fund takes over what it can bear alone; what it and others
 * take of what is to be taken over. */
bool oracle_bounds_take_over(const struct oracle_book *book);
void oracle_book_take_over(struct oracle_book *book, uint32_t i, const int64_t *marks);
/* In oracle_waterfall.c: rests of insolvent pools go to the stages that take positions. */
void oracle_book_divide_rests(struct oracle_book *book, uint32_t i, const int64_t *marks);

/* In oracle_windows.c: makes the wave's orders fit into their instruments' windows. */
void oracle_windows(struct oracle_book *book);

int64_t oracle_part(const struct oracle_book *book, const struct oracle_pool *pool,
                    const int64_t *prices);
int64_t oracle_portion(const struct oracle_book *book, const struct closing *rule,
                       const struct oracle_position *p, const int64_t *prices);
int64_t oracle_cover(const struct oracle_book *book, const struct closing *rule,
                     const struct oracle_pool *pool, const struct oracle_position *p,
                     const int64_t *prices);
int64_t oracle_insurance_rate(const struct oracle_book *book, const struct oracle_pool *pool,
                              const struct oracle_position *p, const int64_t *prices);
void oracle_note_release(const struct oracle_book *book, struct oracle_pool *pool,
                         const struct oracle_position *p, const int64_t *prices, int64_t lots);
int128 oracle_insurance_fee(const struct oracle_book *book, const struct oracle_order *order,
                            int64_t fill);
/* Spreads what the rows from `first` on leave unpaid of an instrument over its open positions. */
void oracle_spread(struct oracle_book *book, uint32_t i, size_t first);
struct oracle_position *oracle_drawn(const struct oracle_book *book, struct oracle_pool *pool,
                                     int64_t ts_ns);
