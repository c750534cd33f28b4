#pragma once
/* The figures of a run: the one list from which the writer, `run --json`, the terminal, `compare`,
 * the page, `list metrics` and the docs' table come. What is not in it does not compile. */

#include <stdbool.h>
#include <stddef.h>

enum metric_id {
    METRIC_TICKS,
    METRIC_ACCOUNTS,
    METRIC_LIQUIDATIONS,
    METRIC_ACCOUNTS_LIQUIDATED,
    METRIC_ACCOUNTS_IN_BREACH_AT_START,
    METRIC_ACCOUNTS_NEVER_ASSESSED,
    METRIC_ERRONEOUS_LIQUIDATIONS,
    METRIC_OPEN_ORDERS_CANCELLED,
    METRIC_LIQUIDATED_NOTIONAL,
    METRIC_LIQUIDATED_LONG,
    METRIC_LIQUIDATED_SHORT,
    METRIC_LIQUIDATED_BY_INSTRUMENT,
    METRIC_PEAK_MINUTE_NOTIONAL,
    METRIC_PEAK_MINUTE_TS,
    METRIC_WAVES_MAX,
    METRIC_GENERATION_COUNTS,
    METRIC_PRICE_FIRST,
    METRIC_PRICE_LAST,
    METRIC_PRICE_MIN,
    METRIC_PRICE_MAX,
    METRIC_PRICE_FIRST_WITHOUT,
    METRIC_PRICE_LAST_WITHOUT,
    METRIC_PRICE_MIN_WITHOUT,
    METRIC_PRICE_FIRST_RECORDED,
    METRIC_PRICE_LAST_RECORDED,
    METRIC_PRICE_MIN_RECORDED,
    METRIC_FALL_WITH,
    METRIC_FALL_WITHOUT,
    METRIC_AMPLIFICATION,
    METRIC_ENDOGENOUS_SHARE,
    METRIC_CAUSED_SHARE,
    METRIC_CAUSED_SHARE_PROPORTIONAL,
    METRIC_CAUSED_NOTIONAL,
    METRIC_CLEANED_NOTIONAL,
    METRIC_IMPLAUSIBLE_MINUTES,
    METRIC_BEYOND_DEPTH_NOTIONAL,
    METRIC_BEYOND_DEPTH_QUANTITY,
    METRIC_PRICE_CLIPS,
    METRIC_BRANCHING_MAX,
    METRIC_BRANCHING_AT,
    METRIC_BRANCHING_NOW,
    METRIC_BAD_DEBT,
    METRIC_FUND_START,
    METRIC_FUND_MIN,
    METRIC_FUND_END,
    METRIC_ADL_NOTIONAL,
    METRIC_ADL_ACCOUNTS,
    METRIC_SOCIALISED_LOSS,
    METRIC_UNPAID,
    METRIC_FEES,
    METRIC_FUNDING,
    METRIC_INVENTORY_TAKEN,
    METRIC_INVENTORY_WORKED_OFF,
    METRIC_INVENTORY_HELD,
    METRIC_INVENTORY_GAIN,
    METRIC_BACKSTOP_TAKEN,
    METRIC_BACKSTOP_RECEIVED,
    METRIC_BACKSTOP_GAIN,
    METRIC_LEDGER_RESIDUAL,
    METRIC_ASSESSMENTS,
    METRIC_BYTES_PEAK,
    METRICS /* how many there are */
};

enum metric_kind {                /* and the unit that stands in the file */
                   METRIC_COUNT,  /* count */
                   METRIC_BYTES,  /* byte */
                   METRIC_MONEY,  /* the run's asset */
                   METRIC_SHARE,  /* 1: a fraction, shown in percent */
                   METRIC_RATIO,  /* 1 */
                   METRIC_PRICE,  /* quote: units of the instrument's quote asset */
                   METRIC_AMOUNT, /* base */
                   METRIC_TIME    /* UTC: no value, its exact text alone */
};

enum metric_scope {
    METRIC_OF_RUN,
    METRIC_OF_INSTRUMENT,
    METRIC_OF_BOTH,
    METRIC_OF_GENERATION /* of the run, one a generation: NAME.0, NAME.1, ... */
};

enum metric_rank {
    METRIC_DETAIL,
    METRIC_QUOTED,  /* a reader may quote it: it is given with a range */
    METRIC_HEADLINE /* and it stands in comparisons */
};

enum metric_sense { METRIC_NEUTRAL, METRIC_LOWER_IS_BETTER, METRIC_HIGHER_IS_BETTER };

struct metric_info {
    const char *name; /* dotted, as the file and `run --json` have it */
    enum metric_kind kind;
    enum metric_scope scope;
    enum metric_rank rank;
    enum metric_sense sense;
    const char *label;   /* for people, short; of a part it begins with two blanks */
    const char *meaning; /* a sentence */
};

extern const struct metric_info metric_catalog[METRICS];

#define METRIC_NAME_SIZE 64 /* with a generation and its NUL */

/* The name in the file; `generation` counts for METRIC_OF_GENERATION alone. Returns ret_name. */
const char *metric_name(enum metric_id metric, unsigned generation,
                        char ret_name[METRIC_NAME_SIZE]);

/* The metric of a name in the file. False: there is none. */
bool metric_find(const char *name, enum metric_id *ret_metric, unsigned *ret_generation);

/* The unit in the file; `asset` is that of the run. */
const char *metric_unit(enum metric_id metric, const char *asset);

/* ---- the runs of a range ---- */

enum metric_bound { BOUND_SQRT_LOWER, BOUND_BOOK_UPPER, BOUND_BARS_OHLC, BOUND_BARS_OLHC, BOUNDS };
#define BOUND_NONE BOUNDS /* the run itself */

struct bound_info {
    const char *name;  /* in the file and in `run --json` */
    const char *label; /* for people */
};

extern const struct bound_info metric_bounds[BOUNDS];

/* False: there is none of this name. */
bool metric_bound_find(const char *name, enum metric_bound *ret_bound);
