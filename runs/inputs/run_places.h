#pragma once
/* Where a run finds its data and leaves its answer, and how the bundled data get there. */

#include <stdbool.h>

#include "base/error.h"
#include "base/host.h"
#include "scenarios/scenario.h"

/* All borrowed. */
struct run_places {
    const char *resources; /* folder with library/, rulebooks/ and data/; NULL: there is none */
    const char *market;    /* market file of a scenario of the user's own */
    const char *bundled_market; /* of a bundled one: made and filled where it is not there */
    const char *results;        /* results file: made where it is not there */
};

/* Whether the scenario comes with the program, and so do its data. */
bool run_is_bundled(const struct scenario *scenario);

/* The market file of `scenario`; where it is a bundled one that lacks its data, they are imported
 * first. STATUS_OK: *ret_market is of `places`. */
MUST_CHECK enum status run_places_market(const struct run_places *places,
                                         const struct scenario *scenario, const struct host *host,
                                         const char **ret_market, struct error *reterr);
