#pragma once
/* A scenario (interface §4) in typed form: what is replayed, under which rules, for which accounts.
 * Read from YAML, overridden by --set, written back with every default filled in. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/units.h"
#include "engine/impact/impact.h"
#include "engine/replay/replay.h"
#include "engine/rules/instrument.h"
#include "engine/rules/mark_rule.h"
#include "engine/rules/rulebook.h"
#include "scenarios/population/population.h"
#include "scenarios/yaml/config_files.h"

/* Parameters that the data before `from` must still fill in: bits of scenario_instrument. */
#define SCENARIO_AUTO_VOLATILITY 1u /* impact.volatility: of log price over a day */
#define SCENARIO_AUTO_VOLUME 2u     /* impact.volume: base units traded in a day */
#define SCENARIO_AUTO_DEPTH 4u      /* impact.depth_1pct: depth_share of the volume */
#define SCENARIO_AUTO_REFERENCE 8u  /* impact.withdrawal.volatility_reference */

struct impact_preset; /* impact_defaults.h */

struct scenario_instrument {
    const char *symbol;
    enum contract_kind kind;
    const char *settlement; /* as written, "" where not; then scenario_settles() */
    struct decimal contract_size;
    bool price_tick_auto; /* the grid of the data; price_tick is then {0, 0} */
    bool lot_auto;
    struct decimal price_tick;
    struct decimal lot;
    struct mark_input mark;                    /* pass_through: of MARK_LAST no use is made */
    const struct impact_preset *impact_preset; /* of impact_defaults.h: its parameters */
    struct impact_params impact; /* checked but for what impact_auto names (0 there) */
    unsigned impact_auto;        /* SCENARIO_AUTO_... */
};

/* Accounts of one side of the lockstep. */
struct scenario_accounts {
    const char *file;                      /* absolute path, or NULL */
    bool synthetic;                        /* a population is wanted */
    struct population_settings population; /* open_interest: one an instrument, or NULL */
};

/* A number that nobody published. */
struct scenario_guess {
    const char *key; /* dotted key: "venue.insurance_fund" */
    double value;
    double low; /* range that it stands for */
    double high;
    const char *source; /* why this value; "" */
};

/* A `haircut` is a RULES event: the rules in force, with another weight. */
enum scenario_event_kind {
    SCENARIO_OUTAGE,
    SCENARIO_STALE_FEED,
    SCENARIO_WRONG_FEED,
    SCENARIO_FUND_CHANGE,
    SCENARIO_RULES,
    SCENARIO_FUNDING,
    SCENARIO_DEPTH,
    SCENARIO_EXPIRY
};
#define SCENARIO_EVENT_KINDS (SCENARIO_EXPIRY + 1)

/* What an outage stops: bits. Accounts here neither top up nor trade, so the first two change
 * nothing. */
#define SCENARIO_STOPS_TOP_UP 1u
#define SCENARIO_STOPS_USER_ORDERS 2u
#define SCENARIO_STOPS_ENGINE 4u
#define SCENARIO_STOPS_FEED 8u

struct scenario_event {
    enum scenario_event_kind kind;
    int64_t at_ns;
    int64_t until_ns;            /* INT64_MAX: to the end of the run */
    unsigned stops;              /* OUTAGE: SCENARIO_STOPS_... */
    const uint32_t *instruments; /* of feeds, funding, depth, expiry; NULL: all */
    size_t instrument_count;
    int64_t rate_e8; /* WRONG_FEED: mark over true mark; FUNDING: of the value at mark; DEPTH: over
                        that of normal times */
    int64_t amount;  /* FUND_CHANGE: money; EXPIRY: price in 1e-8 */
    const struct rulebook *rulebook; /* RULES: overrides applied */
    const char *rulebook_path;
    const struct yaml_node *override;
    const struct yaml_node *rulebook_name; /* as written; NULL: the venue's */
};

enum scenario_funding_source {
    SCENARIO_FUNDING_NONE,
    SCENARIO_FUNDING_SERIES,  /* the data's series funding_rate: each row is a payment */
    SCENARIO_FUNDING_CONSTANT /* `rate_e8` every `interval_ns` on the epoch grid */
};

struct scenario_funding {
    enum scenario_funding_source source;
    int64_t rate_e8;
    int64_t interval_ns;
    int64_t cap_e8; /* no payment has a larger rate, either way */
};

/* Read-only for the caller but for the members that scenario.h says may be filled in: price_tick,
 * lot and impact of instruments, once the data are known. Strings live as long as the scenario. */
struct scenario {
    const char *name;
    const char *title;          /* "" if there is none */
    const char *note;           /* what the user should know first; "" */
    const char *source;         /* "" */
    const char *const *caveats; /* what the answer does not rest on */
    size_t caveat_count;
    int64_t from_ns; /* INT64_MIN: all of the data */
    int64_t to_ns;   /* INT64_MAX */

    size_t instrument_count; /* 1..INSTRUMENTS_MAX, in the order that breaks ties */
    struct scenario_instrument *instruments;
    enum bar_path bar_path;
    const char *settlement;  /* as written, "" where not; then scenario_settlement() */
    const int64_t *shock_e8; /* one an instrument: -0.2e8 is a fall by a fifth; NULL: no shock */
    int64_t shock_at_ns;     /* INT64_MIN: once every instrument has a price */
    const double *scale;     /* one an instrument, of the path's log moves; NULL: 1 */

    struct scenario_event *events; /* as written */
    size_t event_count;
    struct scenario_funding funding;

    struct rulebook rulebook; /* overrides applied */
    int64_t insurance_fund;   /* money */
    int64_t backstop;         /* capital of the backstop vault, money */
    struct scenario_accounts accounts;

    const char *impact_preset;  /* as written: "default", "square_root", ... */
    const double *impact_cross; /* see struct replay_input; NULL: none */
    bool impact_inadmissible;   /* impact_cross may be a matrix that allows free round trips */
    int64_t clock_step_ns;      /* 0: none */

    bool feedback;
    enum cleaning cleaning;
    bool throttle_auto;  /* the data say whether a feed of prints is throttled */
    int64_t throttle_ns; /* else it shows one print in such a span; 0: all */
    uint32_t max_waves;  /* 0: no limit */

    /* What cleaning `modelled` takes as history: the scenario without venue.override and --set,
     * with feedback.reference (in --set also written reference.KEY) applied. Set for every
     * cleaning. */
    struct rulebook reference_rulebook;
    int64_t reference_insurance_fund;
    int64_t reference_backstop;
    struct scenario_accounts reference_accounts;
    bool reference_rulebook_differs;
    bool reference_accounts_differ; /* file or population are not those simulated */

    struct scenario_guess *guesses; /* fund, open interest by instrument, impact */
    size_t guess_count;
    struct scenario_input *inputs; /* [0] is the scenario itself; then rulebooks and tier files */
    size_t input_count;

    struct scenario_memory *memory; /* owns the above */
};

/* Reads a scenario. `path_or_name` is a path (has a slash or ends in .yaml or .yml, or is there) or
 * the name of a file in `bundled_dir`/library; rulebooks likewise in `bundled_dir`/rulebooks.
 * `sets` is NULL or a NULL-terminated list of "key.key=value" (value: YAML), applied in order and
 * checked like the file. STATUS_OK: the caller owns *ret_scenario. STATUS_IO: a file that is not
 * there or cannot be read. STATUS_CONFIG: bad content, with file, line, column and the line, or the
 * --set argument. STATUS_USAGE: a --set argument without "=". */
MUST_CHECK enum status scenario_load(const char *path_or_name, const char *bundled_dir,
                                     const char *const *sets, struct scenario **ret_scenario,
                                     struct error *reterr);

/* Reads a scenario again from what a run stored: `text` is scenario_effective_yaml() of it,
 * `inputs` its inputs, the scenario's own file first if it is there. Files are taken from
 * `inputs` by their path and from nowhere else. */
MUST_CHECK enum status scenario_load_stored(const char *text, const struct scenario_input *inputs,
                                            size_t input_count, struct scenario **ret_scenario,
                                            struct error *reterr);

/* Only what says what accounts are worth: instruments and rules (of `crossfall margin`).
 * `market_path` is NULL or a file with the sections market and venue of a scenario (others are
 * checked and not used); `rulebook` NULL or the one to use instead of its venue.rulebook; `symbols`
 * are the instruments where the file lists none. Accounts, impact and feedback of the result are
 * unset. Statuses as scenario_load(). */
MUST_CHECK enum status scenario_load_market(const char *market_path, const char *bundled_dir,
                                            const char *rulebook, const char *const *symbols,
                                            size_t symbol_count, struct scenario **ret_scenario,
                                            struct error *reterr);

/* The SCENARIO_AUTO_... bit of an impact parameter that may be `auto`; 0: it may not. */
unsigned scenario_auto_bit(const char *name);

/* Fills in what impact_auto names, from volatility and volume of a day, and prepares the
 * parameters; for every instrument, also where nothing is left to the data. */
void scenario_fill_impact(struct scenario_instrument *instrument, double volatility_day,
                          double volume_day);

/* The instrument's impact under `preset`, one of the bounds of a range: its own defaults, and what
 * the scenario says of the market itself (volatility, volume, depth). `preset` is of
 * impact_defaults.h. What is left to the data is not filled in. */
void scenario_bound_impact(const struct scenario_instrument *instrument,
                           const struct impact_preset *preset,
                           struct scenario_instrument *ret_instrument);

/* Adds a price that nobody holds a position in to the instruments, as spot; `symbol` is copied. For
 * collateral that market.instruments does not list. */
void scenario_add_spot(struct scenario *scenario, const char *symbol);

/* The asset that accounts of the scenario under `rulebook` settle in, into `ret_symbol`
 * (SETTLEMENT_SIZE bytes, settlement.h). */
void scenario_settlement(const struct scenario *scenario, const struct rulebook *rulebook,
                         char *ret_symbol);

/* The asset in which contracts of instrument `index` settle, NULL where as the accounts of the
 * scenario; lives as long as it. */
const char *scenario_settles(const struct scenario *scenario, size_t index);

/* Uses `seed` for the population of both sides (run --seed). */
void scenario_set_seed(struct scenario *scenario, uint64_t seed);

/* The scenario as YAML with every default filled in and paths absolute: reading it gives the same
 * scenario. The caller frees it. NULL: no memory. */
char *scenario_effective_yaml(const struct scenario *scenario);

void scenario_destroy(struct scenario *scenario); /* NULL is fine */
