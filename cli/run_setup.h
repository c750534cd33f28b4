#pragma once
/* Builds what a replay needs from a scenario and a market file, and owns it: series, grids, impact
 * parameters, accounts. For run, and for every other command that replays. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "base/error.h"
#include "engine/replay/market_stats.h"
#include "engine/replay/replay.h"
#include "scenarios/scenario.h"
#include "scenarios/settlement.h"
#include "store/market/market_catalog.h"
#include "store/market/market_file.h"
#include "store/market/market_source.h"
#include "store/results/results_file.h"

/* What the venue published beside prices, where the run reads it. */
struct run_reading {
    struct market_series series;
    struct market_source *rows; /* NULL: not needed */
    char hash[24];              /* of them, hex; "" without */
    int64_t throttle_ns;        /* of prints: the feed shows one in such a span; 0: all */
};

/* Where one instrument's prices come from. */
struct run_series {
    struct market_series series; /* points into `list` */
    struct market_series_list list;
    struct market_source *before; /* rows before the scenario's `from`; NULL: it has none */
    struct market_source *replay;
    struct market_source *funding; /* payments to come; NULL: none, or not from the data */
    struct market_source_extent extent_before;
    struct market_source_extent extent; /* of both */
    char hash[40];                      /* of both, hex: `before` first, 16 digits each */
    char funding_hash[24];              /* of the payments, hex; "" without */
    struct run_reading readings[READING_KINDS];
    char *note;                /* what it is, for people */
    struct market_stats stats; /* once measured: run_impact_measure() */
    bool is_measured;
};

/* An accounts file as it was read. */
struct run_file {
    const char *path;   /* borrowed; NULL: there is none */
    const char *source; /* borrowed: where its bytes are: `path`, or a copy */
    char *bytes;        /* NULL: too large to keep */
    size_t size;
    char sha256[65];
};

struct run_setup {
    struct scenario *scenario; /* borrowed; its grids and impact parameters are filled in */
    struct market_file *market;
    struct run_file accounts_file;
    struct run_file reference_file; /* only where it is another */
    struct run_series *series;      /* one an instrument */
    char id[RESULTS_RUN_ID_SIZE];
    char asset[SETTLEMENT_SIZE]; /* of all money */

    struct instrument *instruments;
    struct price_source *prices;
    struct mark_input *marks;
    struct reading_source *readings;
    const struct impact_model **models;
    struct impact_params *params;
    double *volatility;
    int64_t *start_ticks;
    struct price_history *entries;
    struct accounts *accounts;
    struct accounts *reference_accounts; /* NULL: `accounts` */
    GArray *events;                      /* struct replay_event, by time */
    GPtrArray *caveats;                  /* char *: what had to be assumed */

    struct replay_input input; /* without sink and progress; set by run_setup_fill() */
};

/* First stage, quick: opens the market file, finds the series, and gives the run its id: the hash
 * over the effective scenario (seed within), its rulebooks and tiers, the accounts file, the rows
 * that will be read, and the version. STATUS_OK: the caller owns *ret_setup; `scenario` must
 * outlive it. STATUS_CONFIG: an instrument without prices, named. */
MUST_CHECK enum status run_setup_create(struct scenario *scenario, const char *market_path,
                                        struct run_setup **ret_setup, struct error *reterr);

/* What a stored run is made from again. Strings are borrowed while the setup lives. */
struct run_stored {
    const char *version;          /* goes into the id */
    const char *accounts_source;  /* where the accounts file's bytes are; NULL: at its path */
    const char *reference_source; /* likewise */
};

/* The same for a scenario of scenario_load_stored(): a run's id comes out again if all that went
 * into it is the same. */
MUST_CHECK enum status run_setup_create_stored(struct scenario *scenario, const char *market_path,
                                               const struct run_stored *stored,
                                               struct run_setup **ret_setup, struct error *reterr);

/* Second stage: grids, impact parameters left to the data, start prices, accounts; then
 * setup->input is ready but for sink and progress. */
MUST_CHECK enum status run_setup_fill(struct run_setup *setup, uint32_t threads,
                                      struct error *reterr);

/* Makes the instrument's prices and readings ready to be replayed again. */
void run_series_rewind(struct run_series *series);

void run_setup_destroy(struct run_setup *setup); /* NULL is fine */
