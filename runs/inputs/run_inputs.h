#pragma once
/* What a run is made of, found but not yet read: the series of each instrument, what the venue
 * published beside prices, the accounts file; and the run's id, which is the hash over all of it.
 * Quick: so a run that is stored already is known before anything is replayed. */

#include <stdint.h>

#include <glib.h>

#include "base/error.h"
#include "engine/replay/replay.h"
#include "scenarios/scenario.h"
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
    char *note; /* what it is, for people */
};

/* An accounts file as it was read. */
struct run_file {
    const char *path;   /* borrowed; NULL: there is none */
    const char *source; /* borrowed: where its bytes are: `path`, or a copy */
    char *bytes;        /* NULL: too large to keep */
    size_t size;
    char sha256[65];
};

/* Used by one thread at a time; several may live at once, on the same market file too. */
struct run_inputs {
    struct scenario *scenario; /* borrowed; its grids and impact parameters are yet to be filled */
    struct market_file *market;
    struct run_series *series; /* one an instrument */
    struct run_file accounts_file;
    struct run_file reference_file; /* only where it is another */
    GPtrArray *caveats;             /* char *: what has to be assumed */
    char id[RESULTS_RUN_ID_SIZE];
};

/* Opens the market file, finds the series, and gives the run its id: the hash over the effective
 * scenario (seed within), its rulebooks and tiers, the accounts file, the rows that will be read,
 * and the version. STATUS_OK: the caller owns *ret_inputs; `scenario` must outlive it.
 * STATUS_CONFIG: an instrument without prices, named. */
MUST_CHECK enum status run_inputs_create(struct scenario *scenario, const char *market_path,
                                         struct run_inputs **ret_inputs, struct error *reterr);

/* What a stored run is made from again. Strings are borrowed while the inputs live. */
struct run_stored {
    const char *version;          /* goes into the id */
    const char *accounts_source;  /* where the accounts file's bytes are; NULL: at its path */
    const char *reference_source; /* likewise */
};

/* The same for a scenario of scenario_load_stored(): a run's id comes out again if all that went
 * into it is the same. */
MUST_CHECK enum status run_inputs_create_stored(struct scenario *scenario, const char *market_path,
                                                const struct run_stored *stored,
                                                struct run_inputs **ret_inputs,
                                                struct error *reterr);

void run_inputs_destroy(struct run_inputs *inputs); /* NULL is fine */
