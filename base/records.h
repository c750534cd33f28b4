#pragma once
/* The rows that travel between rooms: market data in, results out. Plain data, no behaviour. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/units.h"

/* ---- market data ---- */

enum series_kind {
    SERIES_TICKS, /* value[0] price (or the series' value), value[1] quantity */
    SERIES_BARS,  /* value[0..3] open, high, low, close, value[4] volume; ts is the open time */
};

#define TICK_VALUES_MAX 5

/* Names one stream of the market file. Strings are borrowed for the call. */
struct series_key {
    const char *instrument; /* "BTCUSDT" or "VENUE:SYMBOL" */
    const char *series;     /* "trade", "mark", "index", "funding_rate", ... ; bars: "bar" */
    enum series_kind kind;
    int64_t bar_ns; /* length of a bar; 0 for ticks */
};

/* A tick's flags: the taker's side, and whether it has a quantity at all. */
#define TICK_BUY 1u
#define TICK_SELL 2u
#define TICK_NO_QUANTITY 4u

/* Columns of `count` rows of one series, ts_ns never falling. A value is
 * mantissa * 10^-decimals: prices (ticks: value[0]; bars: value[0..3]) at `price_decimals`,
 * quantities (ticks: value[1]; bars: value[4]) at `quantity_decimals`, each 0..18, per batch. */
struct tick_batch {
    size_t count;
    const int64_t *ts_ns;
    const int64_t *value[TICK_VALUES_MAX]; /* the series kind says which are there */
    const uint8_t *flags;                  /* ticks only, TICK_...; bars: NULL */
    int32_t price_decimals;
    int32_t quantity_decimals;
};

/* Neighbouring prices of a series further apart than this share of the earlier are counted as a
 * jump. A guess: real crashes move so far between two prints of an illiquid instrument only. */
#define QUALITY_JUMP_PERCENT 10
/* A gap: a distance between neighbours of a series above so many times their median (a guess), but
 * at least a minute; where nine of ten distances are the median, as of a feed with a beat, above
 * one and a half times it; of bars, above their length. */
#define QUALITY_GAP_MULTIPLE 100
#define QUALITY_GAP_NS_MIN NS_PER_MINUTE

/* What was odd in the rows of one series, as one source gave them. Counts are of rows that were
 * kept unless it says `dropped`. */
struct series_quality {
    uint64_t rows; /* kept */
    int64_t first_ts_ns;
    int64_t last_ts_ns;
    uint64_t out_of_order; /* stood after a later row; put where they belong */
    int64_t late_ns_max;   /* how far behind at most */
    uint64_t repeats;      /* ticks that equal the row before in all that is stored */
    uint64_t duplicates;   /* dropped: bars that equal the bar of the same time */
    uint64_t conflicts;    /* dropped: bars that differ from the first of the same time */
    uint64_t odd;          /* dropped: a price not above 0, a bar that contradicts itself, ... */
    uint64_t odd_line;     /* where the first dropped row stood; 0: none, or not known */
    int64_t spacing_ns;    /* median distance of neighbours, to a fifth; bars: length; 0: unknown */
    int64_t gap_bound_ns;  /* a longer distance is a gap; 0: unknown */
    uint64_t gaps;
    int64_t gap_ns_max; /* the longest distance, gap or not, ... */
    int64_t gap_ts_ns;  /* ... and the row before it */
    uint64_t bars_missing;
    uint64_t bars_empty; /* volume 0 */
    uint64_t jumps;
    int64_t jump_ts_ns;   /* the row after the first; 0 without any */
    uint64_t id_gaps;     /* places where the source's own row numbers leave some out ... */
    uint64_t ids_missing; /* ... and how many */
    uint64_t ids_repeated;
    uint64_t crossed;         /* best bid at or above best ask */
    uint64_t seconds_single;  /* liquidations: seconds with exactly one, ... */
    uint64_t seconds_several; /* ... and with more: none in many seconds is a throttled feed */
};

/* Adds `more` to the sums and maxima of `sum`; what says where keeps the first. A median has no
 * sum: it and the bound stay where they agree, else they are 0. */
void series_quality_add(struct series_quality *sum, const struct series_quality *more);

/* ---- results ---- */

#define PRICE_NONE INT64_MIN /* no such price */
#define NODE_NONE INT64_C(-1)
#define INSTRUMENT_NONE UINT32_MAX

/* One forced order: one position of one account in one wave. */
struct liquidation_record {
    int64_t ts_ns;
    int64_t node;        /* genealogy: id of the (instant, wave, instrument, side) it belongs to */
    int64_t parent;      /* id of the parent node; NODE_NONE for a root */
    int64_t cascade;     /* id of the cascade, from 0 in order of first appearance */
    uint32_t wave;       /* from 1 within its instant */
    uint32_t generation; /* 0 for a root */
    uint32_t through;    /* index of the instrument through whose price the parent caused it;
                            INSTRUMENT_NONE for a root */
    int64_t caused_e8; /* share of forced flow in the slack that prices have cost the account since
                          the start; beside the parent rule, also of roots */
    uint32_t account;  /* index into the accounts */
    uint32_t instrument;            /* index into the run's instruments */
    int64_t quantity_lots;          /* signed as the position was: > 0 a long closed by selling */
    int64_t price_ticks;            /* fill; for ADL and take-over the bankruptcy price */
    int64_t bankruptcy_price_ticks; /* PRICE_NONE: no price leaves equity 0 */
    int64_t notional;               /* |quantity| * fill price, money */
    int64_t realised_pnl;           /* money, before the fee */
    int64_t fee;                    /* money */
    int64_t shortfall;        /* loss past bankruptcy that the order left behind, money, >= 0 */
    int64_t paid_fund;        /* of it by the insurance fund */
    int64_t paid_adl;         /* of it by auto-deleveraged counterparties */
    int64_t paid_socialised;  /* of it by accounts in profit */
    int64_t unpaid;           /* of it by nobody */
    bool at_first_assessment; /* the account was in breach when first looked at */
    bool adl;                 /* closed against counterparties, moved no price */
    bool taken_over;          /* by the insurance fund or the backstop vault, moved no price yet */
    uint8_t part;   /* 0: first row of its order; an order that was divided has further ones */
    bool erroneous; /* would not have been liquidated at the true mark price */
};

/* One auto-deleveraged position. */
struct adl_record {
    int64_t ts_ns;
    uint32_t wave;
    uint32_t account;
    uint32_t instrument;
    int64_t quantity_lots; /* signed as the counterparty's position was */
    int64_t price_ticks;
    int64_t forgone; /* profit forgone against the mark price, money */
};

/* One instrument in one UTC minute; prices are the last of the minute. */
struct minute_record {
    int64_t ts_ns; /* start of the minute */
    uint32_t instrument;
    int64_t recorded_ticks;
    int64_t without_ticks; /* without feedback */
    int64_t simulated_ticks;
    int64_t mark_ticks;    /* what accounts were judged at; PRICE_NONE: none yet */
    int64_t long_notional; /* liquidated, money */
    int64_t short_notional;
    int64_t count;    /* forced orders */
    double branching; /* local branching ratio; NaN where not known */
    double depth;     /* notional that moves the price by 1 %; NaN where not known */
};

/* Notional whose liquidation price lies in [price_low_ticks, price_high_ticks), all else held: the
 * liquidation-density map at one time. */
struct density_record {
    int64_t ts_ns;
    uint32_t instrument;
    int64_t price_low_ticks;
    int64_t price_high_ticks;
    int64_t long_notional; /* money, at the liquidation price */
    int64_t short_notional;
};

enum account_outcome {
    ACCOUNT_UNTOUCHED = 0,
    ACCOUNT_REDUCED,    /* liquidated in part, positions left */
    ACCOUNT_LIQUIDATED, /* liquidated, nothing left open, no debt */
    ACCOUNT_BANKRUPT,   /* left a shortfall */
    ACCOUNT_DELEVERAGED /* not liquidated, but auto-deleveraged */
};

struct account_record {
    uint32_t account;
    const char *id;       /* borrowed */
    const char *cohort;   /* borrowed; "" for none */
    int64_t equity_start; /* money, at the first price of each of its instruments */
    int64_t equity_end;
    int64_t socialised; /* of others' losses, taken from this account, money */
    uint32_t liquidations;
    enum account_outcome outcome;
};

/* What a fall of `cause` that comes from outside does to `effect`, at the minute of the largest
 * branching ratio: log fall over log fall, forced orders included. NaN: the ratio is 1 or more, so
 * that no end is in sight. Rises alike, where they branch more. */
struct contagion_record {
    uint32_t cause;
    uint32_t effect;
    double total;             /* with the fall from outside itself: above 1 where cause is effect */
    double shared_collateral; /* the same without cross-impact; the rest is by cross-impact */
};

/* The insurance fund after an instant that changed it. */
struct fund_record {
    int64_t ts_ns;
    int64_t balance; /* money */
};
