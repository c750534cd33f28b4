#pragma once
/* A venue's rules as values: margin, trigger, closing, fees, waterfall. Made by scenarios from YAML
 * or by tests by hand; the engine only reads it. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/units.h"
#include "engine/rules/mark_rule.h"

/* Maintenance margin in (floor, cap] of notional is notional * rate - deduction; continuous over
 * tiers. */
struct margin_tier {
    int64_t floor;           /* notional, money */
    int64_t cap;             /* notional, money; INT64_MAX: open end */
    int64_t rate_e8;         /* maintenance rate, 0..1e8 */
    int64_t deduction;       /* money; "maintenance amount" */
    int64_t max_leverage_e8; /* 0: not given */
};

struct tier_table {
    const char *symbol; /* instrument, or NULL: all that have no table of their own */
    size_t count;       /* >= 1; floors rise from 0, each cap is the next floor */
    struct margin_tier *tiers;
};

/* A maintenance (or initial) rate that grows with the size s of the position: min(cap, max(floor,
 * base + per_unit * s + sqrt_factor * sqrt(sqrt_scale * s + sqrt_offset) + step_rate *
 * ceil(max(0, s - step_from) / step))). Linear in size: Deribit; square root: FTX, Drift; by skew
 * scale: Synthetix; by risk steps: BitMEX. */
enum size_unit {
    SIZE_BASE,          /* base units (contracts of an inverse one) */
    SIZE_NOTIONAL,      /* notional at mark: an inverse position's coins. Needs cap <= 0.5 */
    SIZE_ENTRY_NOTIONAL /* |cost|: does not change with the price */
};
struct size_curve {
    const char *symbol; /* instrument, or NULL: all that have no curve of their own */
    enum size_unit unit;
    struct decimal base, per_unit, sqrt_factor, sqrt_scale, sqrt_offset;
    struct decimal step, step_from, step_rate; /* step 0: none */
    struct decimal floor, cap;
    int64_t minimum; /* money an open position, on top */
};

/* Portfolio margin: per risk unit (an underlying) the worst loss of its netted positions over a
 * table of price moves, or a minimum, plus a charge on what only nets across contracts; less a
 * credit where two units offset. As SPAN, TIMS, OKX and Deribit do it, without options. */
#define PORTFOLIO_MOVES_MAX 64
#define PORTFOLIO_UNIT_SYMBOLS_MAX 32
struct portfolio_move {
    int64_t move_e8;  /* > -1e8: -0.15e8 is a fall by 15 % */
    int64_t cover_e8; /* (0, 1e8]: part of its loss that counts; extreme moves count in part */
};
struct portfolio_unit {
    const char *name;
    size_t symbol_count;
    const char *symbols[PORTFOLIO_UNIT_SYMBOLS_MAX];
    size_t move_count; /* 0: the moves that are common to all units */
    struct portfolio_move *moves;
};
struct portfolio_offset {
    const char *units[2];
    int64_t rate_e8; /* credit: of the risk of the two on the deltas that offset */
};
struct portfolio_margin {
    size_t unit_count; /* an instrument in none is a unit of its own */
    struct portfolio_unit *units;
    size_t move_count; /* 1.. */
    struct portfolio_move moves[PORTFOLIO_MOVES_MAX];
    int64_t basis_rate_e8;   /* of the notional that nets across contracts of a unit */
    int64_t minimum_rate_e8; /* of a unit's gross notional */
    size_t offset_count;
    struct portfolio_offset *offsets;
    struct decimal initial_factor; /* initial margin over maintenance margin */
    bool holdings;                 /* collateral in a unit's asset nets with its positions */
};

enum margin_basis { BASIS_MARK, BASIS_ENTRY };

/* What a quantity of an asset counts for as collateral: the part of it within a band, times the
 * band's weight (marginal). */
struct collateral_band {
    int64_t up_to; /* 1e-8 of the asset; INT64_MAX in the last */
    int64_t weight_e8;
};

enum collateral_price { COLLATERAL_BY_NAME, COLLATERAL_FIXED, COLLATERAL_INSTRUMENT };

struct collateral_asset {
    const char *symbol;
    size_t band_count; /* >= 1; up_to rises */
    struct collateral_band *bands;
    /* The weight of the whole is at most top / (1 + factor * sqrt(units held)), as at FTX; factor
     * 0: it does not fall. Not of the settlement asset. */
    struct decimal sqrt_factor, sqrt_top;
    int64_t liability_weight_e8; /* >= 1e8: what a negative balance counts for */
    int64_t borrow_rate_e8;      /* maintenance margin on a negative balance, of its value */
    int64_t exchange_ratio_e8;   /* (0, 1e8]: part of its value that an exchange brings */
    enum collateral_price price; /* by name: an instrument that is the asset in the settlement
                                    asset */
    struct decimal fixed_price;  /* settlement asset a unit */
    const char *instrument;      /* whose mark price values it */
};

/* What an order open in the market blocks: nothing, initial margin, or maintenance margin too; and
 * how much of it: what a position like it would need, or a rate of its notional. */
enum order_counts { ORDERS_NONE, ORDERS_INITIAL, ORDERS_MAINTENANCE };
enum order_rate { ORDER_RATE_MAINTENANCE, ORDER_RATE_INITIAL, ORDER_RATE_FIXED };
struct order_margin {
    enum order_counts counts;
    enum order_rate rate;
    int64_t rate_e8;   /* ORDER_RATE_FIXED: of its notional at its own price, 0..1e8 */
    int64_t per_order; /* money each open order asks on top, >= 0 */
};
/* Which open orders of an account in breach are cancelled before anything is closed: those in the
 * contracts that would be closed (INSTRUMENT), as at BitMEX. */
enum cancel_orders { CANCEL_ALL, CANCEL_NONE, CANCEL_INSTRUMENT };

enum trigger_rule { TRIGGER_BELOW, TRIGGER_AT_OR_BELOW };
enum margin_mode { MARGIN_CROSS, MARGIN_ISOLATED };
enum close_rule {
    CLOSE_FULL,
    CLOSE_TIER_STEP,
    CLOSE_FRACTION,
    CLOSE_TO_TARGET,
    CLOSE_STEP,
    CLOSE_PORTION, /* a fraction of the notional, rounded down, not less than a minimum */
    CLOSE_TO_COVER /* what frees the shortage, fees counted */
};
enum close_order {
    ORDER_ALL,
    ORDER_PROPORTIONAL,
    ORDER_LARGEST_LOSS,
    ORDER_LARGEST_MARGIN,
    ORDER_LARGEST_NOTIONAL,
    ORDER_LARGEST_RELIEF, /* whose order frees most requirement */
    ORDER_DELTA_NEUTRAL,  /* whose order brings the sum of signed notionals nearest to 0 */
    ORDER_OFFSET_FIRST,   /* a long and a short of one contract against each other, or of one
                             portfolio unit; when there are none, the largest relief */
    ORDER_RANDOM          /* one at a time, drawn from time and account */
};
/* MARK: the market counterparty closes the position at the mark price; no price moves. */
enum close_price { PRICE_MARKET, PRICE_MARK, PRICE_BANKRUPTCY };
enum bankruptcy_rule { BANKRUPTCY_HELD, BANKRUPTCY_SHARED };
enum fee_receiver { FEE_VENUE, FEE_INSURANCE_FUND };
/* Who keeps what an order brings in the market, or at mark, beyond its bankruptcy price. */
enum remainder_rule { REMAINDER_ACCOUNT, REMAINDER_INSURANCE_FUND };
enum waterfall_stage {
    STAGE_INSURANCE_FUND,
    STAGE_BACKSTOP,
    STAGE_ADL,
    STAGE_SOCIALISE,
    STAGE_OPEN_INTEREST /* at once, over all open positions of the instrument */
};
/* PREVIOUS_MARK: the mark at the start of the latest instant in which it moved. */
enum adl_price { ADL_AT_BANKRUPTCY, ADL_AT_MARK, ADL_AT_PREVIOUS_MARK };
enum adl_tie { ADL_TIE_ACCOUNT_ID, ADL_TIE_LARGEST_POSITION };
/* Nobody is deleveraged into bankruptcy; LOSERS spares those who would book a loss, too. */
enum adl_veto { ADL_VETO_BANKRUPT, ADL_VETO_LOSERS };
enum adl_rank {
    ADL_PROFIT_TIMES_LEVERAGE,
    ADL_PROFIT,
    ADL_LEVERAGE,
    ADL_PRICE_RATIO_TIMES_LEVERAGE,
    ADL_PROFIT_OVER_WALLET,
    ADL_PROFIT_TIMES_WALLET_LEVERAGE,
    ADL_POSITION_SIZE,
    ADL_PRO_RATA,
    ADL_ACCOUNT_ORDER /* no ranking: by account id as bytes */
};

/* END: of the run; SESSION: at the close of each day's session, and at the end of the run. */
enum socialise_at { SOCIALISE_AT_END, SOCIALISE_AT_SESSION };

#define WATERFALL_STAGES_MAX 5

/* PER_INSTRUMENT: a fund pays only what orders of its own instrument lost. */
enum fund_rule { FUND_GLOBAL, FUND_PER_INSTRUMENT };
struct fund_share {
    const char *symbol; /* instrument, or NULL: all contracts that have none of their own */
    int64_t weight_e8;  /* >= 0; relative to the others */
};

/* What is done with an account at a depth of its breach. WARN and REDUCE_ONLY are said, nothing is
 * closed by them; BACKSTOP hands all positions, at mark, and what is left of the wallet to the
 * vault. */
enum closing_action {
    ACTION_WARN,
    ACTION_REDUCE_ONLY,
    ACTION_CLOSE,
    ACTION_TAKE_OVER,
    ACTION_BACKSTOP
};

/* Which positions are closed, how much of each, at which price. */
struct closing {
    enum closing_action action;
    enum close_rule close;
    int64_t fraction_e8;     /* (0, 1e8] for CLOSE_FRACTION */
    int64_t target_ratio_e8; /* >= 1e8 for CLOSE_TO_TARGET: equity over requirement */
    enum close_order order;
    enum close_price price;
    int64_t release_e4; /* of the shortage that CLOSE_TO_COVER may free now; 1 to 10000 */
};

/* Applies where equity over requirement is below `ratio_e8` (`inclusive`: or at it). */
struct liquidation_stage {
    int64_t ratio_e8; /* >= 0 */
    bool inclusive;
    struct closing closing;
};

#define LIQUIDATION_STAGES_MAX 8

enum insurance_fee_limit {
    INSURANCE_FEE_FULL,
    INSURANCE_FEE_MARGIN /* 95 % of what the rest of the margin allows, Drift v2 */
};
/* The worst price at which an order through the market may be filled; what would be is not, and
 * stays with the account. FILLABLE: dYdX v4 (close_price.h). */
enum order_limit { LIMIT_NONE, LIMIT_FILLABLE, LIMIT_BANKRUPTCY };

/* So much of an instrument is closed in a window of limits.window_ns at most, by all accounts
 * together. */
struct window_cap {
    const char *symbol;      /* instrument, or NULL: all that have none of their own */
    struct decimal quantity; /* > 0; base units, contracts of an inverse one */
};

/* A contract's own rate in the place of the rate for all. */
struct symbol_rate {
    const char *symbol;
    int64_t rate_e8;
};

/* ---- the sections of a rulebook, in the order of its file ---- */

/* What an account must hold, and when it is in breach. */
struct rulebook_margin {
    enum margin_mode mode;
    enum trigger_rule trigger;
    struct decimal trigger_ratio; /* > 0: in breach below (or at) so many times the requirement */
    int64_t initial_rate_e8;      /* flat; 0: from the tiers' max_leverage */
    size_t table_count;           /* >= 1; a flat maintenance rate is one table of one tier */
    struct tier_table *tables;
    struct decimal maintenance_multiplier; /* > 0; scales rates and deductions alike */
    size_t size_count; /* curves by size; an instrument that has one needs no table */
    struct size_curve *sizes;
    size_t initial_size_count; /* the same for initial margin */
    struct size_curve *initial_sizes;
    enum margin_basis basis;     /* notional at mark, or at entry */
    int64_t closing_fee_rate_e8; /* counted in the requirement: the fee of closing at mark */
    int64_t exchange_below;      /* > 0: a balance of the settlement asset at or below minus this is
                                    covered by selling collateral at once; 0: upon liquidation alone */
    struct portfolio_margin *portfolio; /* NULL: the sum over positions */
    struct order_margin orders;         /* open in the market */
    const char *settlement; /* the asset that accounts settle in; NULL: as the contracts say */
};

/* What else than the settlement asset counts. */
struct rulebook_collateral {
    size_t count; /* 0: the settlement asset alone, at its full value */
    struct collateral_asset *assets;
};

/* How an account in breach is closed, and what that costs it. */
struct rulebook_liquidation {
    enum cancel_orders cancel_orders;
    enum close_rule close;
    int64_t fraction_e8;     /* (0, 1e8] for CLOSE_FRACTION */
    int64_t target_ratio_e8; /* >= 1e8 for CLOSE_TO_TARGET: equity over requirement */
    /* What bounds the partial rules */
    int64_t partial_above;    /* money: a position of no more notional is closed in full */
    int64_t full_within_ns;   /* after an order that left lots of its position, the account's orders
                                 are in full for so long */
    int64_t minimum_notional; /* money: a position, or a shortage, worth less is dealt with at
                                 once */
    int64_t tier_steps;       /* CLOSE_TIER_STEP: tiers down, >= 1; in lower ones in full */
    bool full_below_lowest_tier; /* CLOSE_TIER_STEP: in full where equity does not meet what the
                                    lowest tier would ask of all positions either */
    /* CLOSE_STEP: one of the two, above 0; rounded down to a lot, one lot at least */
    int64_t step_notional;
    struct decimal step_quantity;
    int64_t exit_ratio_e8; /* equity over requirement at which a liquidation under way ends; 0: as
                              soon as the trigger is not met; else >= 1e8 */
    enum close_order order;
    int64_t fee_rate_e8;   /* of the notional closed */
    size_t fee_rate_count; /* contracts with a fee rate of their own */
    struct symbol_rate *fee_rates;
    enum fee_receiver fee_to;
    int64_t insurance_fee_e8; /* of the notional closed, beside the fee */
    enum insurance_fee_limit insurance_fee_limit;
    enum remainder_rule remainder_to;
    int64_t remainder_max_rate_e8; /* of the notional closed at most, 0..1e8 */
    enum close_price price;
    /* PRICE_BANKRUPTCY or as `price`: of an order that closes all of its position; and of all that
     * is still in breach after the account's first order, which is then closed in full */
    enum close_price last_price;
    enum close_price then_price;
    size_t stage_count; /* from shallow to deep: ratios fall */
    struct liquidation_stage stages[LIQUIDATION_STAGES_MAX];
    enum bankruptcy_rule bankruptcy;
    int64_t inventory_interval_ns; /* PRICE_BANKRUPTCY: a step of working off every so long, on the
                                      epoch grid; > 0 */
    int64_t inventory_fraction_e8; /* of what is held, a step; (0, 1e8], rounded up to a lot */
};

/* What holds orders back, in time, in amount or in price. Their keys stand under `liquidation`; all
 * 0: nothing does. */
struct rulebook_limits {
    int64_t interval_ns; /* cool-down of an account; 0: again in the next wave */
    int64_t latency_ns;  /* from breach to order; the pool is judged again then */
    int64_t pace_pools; /* pools liquidated in a window of pace_ns at most; 0: no limit. The longest
                           in breach go first, ties by account id */
    int64_t pace_ns;    /* windows lie on the epoch grid; > 0 with pace_pools */
    int64_t release_initial_e8; /* CLOSE_TO_COVER: part of a shortage that may be freed at once */
    int64_t release_ns;         /* the rest over so long; 0: all at once; needs interval_ns */
    int64_t block_ns;           /* blocks of time on the epoch grid; 0: none */
    int64_t block_notional;     /* at mark, that a pool's orders close in a block; 0: no limit */
    int64_t block_insurance;    /* money past bankruptcy that they lose in the market in a block */
    bool block_once;            /* a position has one order a block at most */
    int64_t window_ns;          /* of the windows; 0: none */
    size_t window_count;        /* with window_ns */
    struct window_cap *windows;
    enum order_limit order; /* needs a wait before an order is tried again */
    int64_t fillable_adjustment_e8, fillable_spread_e8; /* of struct close_fillable */
};

/* Who pays a shortfall, and when. */
struct rulebook_waterfall {
    size_t stage_count;
    enum waterfall_stage stages[WATERFALL_STAGES_MAX];
    enum fund_rule fund;
    size_t fund_share_count; /* how a fund for all is divided; 0: equal shares */
    struct fund_share *fund_shares;
    /* The fund bears no loss past bankruptcy by which it would fall by more than this share from
     * its peak of the last so many ns: what is more goes to the next stage. 0: until it is empty.
     */
    int64_t adl_fund_fall_e8;
    int64_t adl_fund_window_ns;
    enum adl_rank adl_rank;
    enum adl_price adl_price;
    enum adl_tie adl_tie; /* ties that remain: account id as bytes */
    enum adl_veto adl_veto;
    enum socialise_at socialise_at;
    int64_t session_close_ns; /* SESSION: time of day, UTC, [0, a day) */
};

/* What bounds the funding rate. */
struct rulebook_funding {
    int64_t cap_share_e8; /* rates are held within this share of initial less maintenance rate; 0:
                             not */
};

struct rulebook {
    const char *name;
    const char *source;
    const char *valid_from; /* as written */
    struct rulebook_margin margin;
    struct rulebook_collateral collateral;
    struct rulebook_liquidation liquidation;
    struct rulebook_limits limits;
    struct rulebook_waterfall waterfall;
    struct mark_rule mark; /* where the market says MARK_RULEBOOK */
    struct rulebook_funding funding;
};

/* The table of `symbol` (of VENUE:SYMBOL also that of SYMBOL), else the one for all, else NULL. */
const struct tier_table *rulebook_table(const struct rulebook *rulebook, const char *symbol);

/* The curve of `symbol` in the same way; NULL: none. */
const struct size_curve *rulebook_size(const struct size_curve *curves, size_t count,
                                       const char *symbol);

/* The collateral asset called `symbol`; NULL: none. */
const struct collateral_asset *rulebook_collateral(const struct rulebook *rulebook,
                                                   const char *symbol);

/* The fee rate of closing a contract, 1e-8 of the notional: its own, else the one for all. */
int64_t rulebook_fee_rate_e8(const struct rulebook *rulebook, const char *symbol);

/* Whether the waterfall has a stage, and whether it comes before another (or that one is absent).
 */
bool rulebook_has_stage(const struct rulebook *rulebook, enum waterfall_stage stage);
bool rulebook_stage_before(const struct rulebook *rulebook, enum waterfall_stage stage,
                           enum waterfall_stage other);

/* The stage as rulebooks name it. */
const char *rulebook_stage_name(enum waterfall_stage stage);

/* The deepest stage that applies to an account of this health, or NULL. */
const struct liquidation_stage *rulebook_liquidation_stage(const struct rulebook *rulebook,
                                                           int128 equity, int128 requirement);

/* What the rulebook does outside of all stages. */
struct closing rulebook_closing(const struct rulebook *rulebook);

/* Whether positions can be taken over by the insurance fund. */
bool rulebook_takes_over(const struct rulebook *rulebook);

/* Checks every range and the continuity of tiers (a jump of more than one money unit per rate unit
 * is refused). STATUS_CONFIG with the key's dotted name at the start of the message. */
MUST_CHECK enum status rulebook_check(const struct rulebook *rulebook, struct error *reterr);

/* Whether two rulebooks are the same rules: everything but name, source and date. */
bool rulebook_equal(const struct rulebook *a, const struct rulebook *b);
