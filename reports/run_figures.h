#pragma once
/* The figures of one run, each read once from the results file: what the terminal, `run --json`,
 * the page and `compare` say of a run comes from here. */

#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "base/error.h"
#include "store/results/metric_catalog.h"
#include "store/results/results_file.h"

struct run_metric {
    double value; /* NaN: not known */
    double low;
    double high;
    char *exact; /* all digits, or a time; "" where there is no more than `value` */
};

/* What forced orders in `cause` did to `effect`; see table contagion. */
struct run_contagion {
    char *cause;
    char *effect;
    int64_t orders;
    double notional;
    double shared_collateral;
    double cross_impact;
    double multiplier; /* and its parts; NaN: not known */
    double multiplier_shared_collateral;
    double multiplier_cross_impact;
};

/* What was closed by force of one instrument, ADL apart, a divided order once: sums over its
 * minutes. */
struct run_contract {
    int64_t orders;
    double long_notional;
    double short_notional;
    int64_t peak_ts_ns; /* the minute with the most notional */
};

struct run_cohort {
    char *name; /* "": none */
    int64_t accounts;
    int64_t liquidated;
    int64_t bankrupt;
    double equity_start;
    double equity_end;
};

/* The accounts with at least one forced order. */
struct run_liquidated {
    int64_t accounts;
    double equity_start;
    double equity_end;
};

struct run_figures {
    char id[RESULTS_RUN_ID_SIZE];
    char *scenario;
    char *title;
    char *version;
    char *fingerprint;
    char *created_at;
    char *asset;
    int64_t seed;
    int64_t from_ns;
    int64_t to_ns;
    double elapsed_s;
    GPtrArray *instruments; /* char *, in the run's order */
    GArray *contracts;      /* struct run_contract, one an instrument */
    GArray *cohorts;        /* struct run_cohort, by name */
    struct run_liquidated liquidated;
    GArray *contagion;    /* struct run_contagion, in the instruments' order */
    GHashTable *metrics;  /* what metric_key() gives to struct run_metric */
    unsigned bounds;      /* bits, by enum metric_bound: the runs of its range that it has */
    GHashTable *settings; /* key to value, both char * */
};

/* Reads run `id`, which is there. STATUS_OK: the caller ends *ret_figures. */
MUST_CHECK enum status run_figures_read(struct results_file *file, const char *id,
                                        struct run_figures **ret_figures, struct error *reterr);
void run_figures_destroy(struct run_figures *figures); /* NULL is fine */

/* The figure of `instrument` ("": of the whole run). NULL: there is none. */
const struct run_metric *run_figures_metric(const struct run_figures *figures,
                                            enum metric_id metric, const char *instrument);

/* The same of one run of its range (BOUND_NONE: of the run itself). */
const struct run_metric *run_figures_bound(const struct run_figures *figures,
                                           enum metric_bound bound, enum metric_id metric,
                                           const char *instrument);

/* The figure of one generation, of METRIC_OF_GENERATION. NULL: there is none so deep. */
const struct run_metric *run_figures_generation(const struct run_figures *figures,
                                                enum metric_id metric, unsigned generation);

/* Its value; NaN if there is none. */
double run_figures_value(const struct run_figures *figures, enum metric_id metric,
                         const char *instrument);

/* Its exact text; "" if there is none. */
const char *run_figures_exact(const struct run_figures *figures, enum metric_id metric,
                              const char *instrument);

/* The setting `key`; "" if there is none. */
const char *run_figures_setting(const struct run_figures *figures, const char *key);
