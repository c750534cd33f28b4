#pragma once
/* The figures of a run as JSON, in the pieces that `run --json` and the page have in common. Each
 * gives a new reference; NULL: no memory. Not for other rooms. */

#include <jansson.h>

#include "reports/run_figures.h"

/* A figure with all its digits, a time as text; null where it is not known. */
json_t *figures_value_json(enum metric_id metric, const struct run_metric *found);

/* [{instrument, orders, long, short}], in the run's order. */
json_t *figures_contracts_json(const struct run_figures *figures);

/* [{cohort, accounts, liquidated, bankrupt, equity_start, equity_end}], by name. */
json_t *figures_cohorts_json(const struct run_figures *figures);

/* {accounts, equity_start, equity_end} of the accounts with forced orders. */
json_t *figures_liquidated_json(const struct run_figures *figures);

/* [{cause, effect, liquidations, notional, ...}], in the run's order. */
json_t *figures_contagion_json(const struct run_figures *figures);

/* [{name, instrument, value, low, high, exact, unit, bound}]: every figure that is there, in the
 * order of the catalogue, with `bound` of a run of the range. */
json_t *figures_metrics_json(const struct run_figures *figures);
