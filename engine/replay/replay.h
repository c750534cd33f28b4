#pragma once
/* A run: ticks, accounts, rules and impact in; liquidations, minutes, accounts and totals out.
 * No file, no database, no clock: the caller plugs sources and sink in (base/ports.h). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/ports.h"
#include "base/units.h"
#include "engine/book/accounts.h"
#include "engine/book/ledger.h"
#include "engine/book/venue_input.h"
#include "engine/impact/impact.h"
#include "engine/rules/instrument.h"
#include "engine/rules/mark_rule.h"
#include "engine/rules/rulebook.h"

enum bar_path { BAR_PATH_NEAREST, BAR_PATH_OHLC, BAR_PATH_OLHC, BAR_PATH_CLOSE };
enum cleaning { CLEANING_NONE, CLEANING_RECORDED, CLEANING_OPEN_INTEREST, CLEANING_MODELLED };

/* Where one instrument's recorded prices come from. */
struct price_source {
    struct tick_source source;
    enum series_kind kind;
    int64_t bar_ns; /* for bars */
};

/* What the venue published of an instrument beside trades, on any grid: mark and index price in
 * quote units; liquidation prints (value[1], with the order's side); open interest in the units of
 * quantity. */
enum reading_kind { READING_MARK, READING_INDEX, READING_PRINTS, READING_OPEN_INTEREST };
#define READING_KINDS (READING_OPEN_INTEREST + 1)
struct reading_source {
    struct price_source prices;
    uint32_t instrument;
    enum reading_kind kind;
    int64_t throttle_ns; /* prints: the feed shows one at most in such a span; 0: it shows all */
};

/* What happens at a time of its own, before the ticks of that time. */
enum replay_event_kind {
    EVENT_FUNDING, /* longs of the instrument pay `rate_e8` of their value at mark to shorts */
    EVENT_EXPIRY,  /* all positions of the instrument are settled at the price `amount`, in 1e-8 */
    EVENT_FUND_CHANGE,  /* `amount` money into (or, negative, out of) the insurance fund */
    EVENT_ENGINE_STOP,  /* nobody is liquidated ... */
    EVENT_ENGINE_START, /* ... until now: who is in breach then, is */
    EVENT_FEED_STOP,    /* the mark price stands still while trades go on ... */
    EVENT_FEED_START,   /* ... and follows again */
    EVENT_FEED_ERROR,   /* the mark price is `rate_e8` (1e8: right) times the price */
    EVENT_SHOCK,        /* from now on the simulated path is `rate_e8` times the recorded one */
    EVENT_DEPTH,        /* depth is `rate_e8` (1e8: normal, > 0) times that of normal times */
    EVENT_RULES         /* `rulebook` takes the place of the one before */
};

#define EVENT_ALL_INSTRUMENTS UINT32_MAX

/* FUNDING, EXPIRY, FUND_CHANGE, ENGINE_*, FEED_*, DEPTH and RULES happen to both sides, since
 * history had them; SHOCK is what did not happen, and happens to the simulated side alone. */
struct replay_event {
    int64_t ts_ns;
    enum replay_event_kind kind;
    uint32_t instrument; /* FUNDING, EXPIRY, FEED_*, DEPTH, SHOCK; or all: EVENT_ALL_INSTRUMENTS */
    int64_t rate_e8;
    int64_t amount;
    const struct rulebook *rulebook;
};

struct replay_progress {
    int64_t ts_ns; /* where the replay is */
    int64_t from_ns;
    int64_t to_ns;
    uint64_t ticks;
    uint64_t liquidations;
};

struct replay_input {
    size_t instrument_count;              /* 1..INSTRUMENTS_MAX */
    const struct instrument *instruments; /* in the order that breaks ties */
    const struct price_source *prices;    /* one an instrument */
    const struct mark_input *marks;       /* one an instrument; NULL: all are judged at last */
    size_t reading_count;
    const struct reading_source *readings; /* by instrument; each kind at most once for each */
    const struct impact_model *const *impact_model;
    const struct impact_params *impact_params; /* prepared */
    /* Cross-impact: row i, column j is the displacement of instrument i that selling in j makes, a
     * unit of quantity (price space) or of notional (log space); the diagonal is not read. All
     * models are linear then, of one space. NULL: none. What a wave does to other instruments
     * enters after its fills. */
    const double *cross;
    const double
        *volatility; /* log-price a day, one an instrument: shapes boxes, not results; or NULL */

    struct venue_input simulated;
    struct venue_input reference; /* for CLEANING_MODELLED */

    const struct replay_event *events; /* by time, then in the order they are to happen */
    size_t event_count;
    const double *scale; /* the simulated path's log moves from its first price are stretched by
                            this, one an instrument; NULL: not */

    int64_t from_ns; /* ticks before are skipped; INT64_MIN: all */
    int64_t to_ns;   /* ticks at or after are not replayed; INT64_MAX: all */
    enum bar_path bar_path;
    int64_t clock_step_ns; /* 0: no clock steps */
    bool feedback;
    enum cleaning cleaning;
    uint32_t max_waves; /* an instant; 0: until the cascade ends */
    uint32_t threads; /* 1: all in the caller's; 2 or more: decoding runs ahead on its own thread */

    int64_t branching_step_ns; /* local branching ratio and depth are measured at the end of a
                                  minute, at most once in this span; 0: never */
    int64_t density_step_ns;   /* the liquidation-density map likewise; 0: never */

    struct event_sink sink; /* members may be NULL: those rows are not produced */
    /* Called now and then; returns false to stop (STATUS_INTERRUPTED). May be NULL. */
    bool (*progress)(void *context, const struct replay_progress *progress);
    void *progress_context;
};

#define GENERATIONS_MAX 64

struct replay_price_summary { /* price ticks; PRICE_NONE: the instrument had no tick */
    int64_t first;
    int64_t last;
    int64_t min;
    int64_t max;
    int64_t first_without;
    int64_t last_without;
    int64_t min_without;
    int64_t first_recorded;
    int64_t last_recorded;
    int64_t min_recorded;
    /* largest fall from a running peak, as a fraction of the peak; that of the price without
     * feedback held within what was recorded up to then */
    double fall;
    double fall_without;
    int128 liquidated_notional; /* money */
    double branching_max;
    int128 fund_end;              /* of the instrument's own fund; 0: it has none */
    uint64_t implausible_minutes; /* that end with the price without feedback more than 1 % above or
                                     below every recorded price so far */
    struct beyond_depth beyond_depth; /* sold and bought where the depth curve had ended */
};

struct replay_summary {
    uint64_t ticks; /* a bar counts four (bar path close: one) */
    int64_t first_ts_ns;
    int64_t last_ts_ns;
    uint64_t liquidations;
    uint64_t accounts_liquidated;
    uint64_t accounts_in_breach_at_start;
    uint64_t accounts_never_assessed; /* an instrument of theirs never had a price */
    int128 long_notional;
    int128 short_notional;
    int64_t peak_minute_ts_ns;
    int128 peak_minute_notional;
    uint32_t waves_max;
    uint64_t generation_counts[GENERATIONS_MAX]; /* the last holds all deeper ones */
    int128 cleaned_notional; /* of recorded forced flow that was taken out of the recorded path */
    int128 caused_notional;  /* of orders that are not roots */
    int128 caused_proportional; /* notional times share, 1e-8 money: the proportional attribution */
    int128 bad_debt;
    int128 fund_start;
    int128 fund_min;
    int128 fund_end;
    struct fund_flows fund_flows;
    int128 adl_notional;
    uint64_t adl_accounts;
    int128 adl_forgone; /* profit against the mark price that they gave up; below 0: gained */
    int128 socialised_loss;
    int128 unpaid;
    int128 fees;
    int128 funding;              /* paid by accounts, net of what accounts received */
    int128 inventory_taken;      /* notional the fund took over at the bankruptcy price */
    int128 inventory_worked_off; /* of it given to the market by the end */
    int128 inventory_held;       /* notional of what is still held, at the last mark prices */
    int128 inventory_gain;       /* what is still held, at the last mark prices, less its cost */
    int128 collateral_exchanged; /* value of collateral sold or bought back */
    int128 backstop_taken;       /* notional the backstop vault took over */
    int128 backstop_received;    /* what was left in the wallets of accounts handed over to it */
    int128 backstop_gain;        /* what the vault holds, at the last mark prices, less its cost */
    uint64_t open_orders_cancelled;
    uint64_t erroneous_liquidations; /* orders that the true price would not have brought */
    int128 ledger_residual;
    uint64_t price_clips; /* prices held at the floor of one tick */
    double branching_max;
    int64_t branching_max_ts_ns;
    double branching_now;
    uint64_t assessments;
    uint64_t bytes_peak; /* of one book: pools, positions, triggers */
    uint64_t fingerprint[2];
    struct replay_price_summary prices[INSTRUMENTS_MAX];
};

/* Runs it. STATUS_CONFIG, STATUS_RANGE: an input is out of its range; STATUS_CORRUPT: a tick off
 * the grid or not positive, named with instrument and time; STATUS_INTERRUPTED; and whatever
 * sources and sink give. *ret_summary is set on STATUS_OK alone. */
MUST_CHECK enum status replay_run(const struct replay_input *input,
                                  struct replay_summary *ret_summary, struct error *reterr);
