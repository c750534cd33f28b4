#pragma once
/* The bundled bars: put into the market file when a bundled scenario needs them and they are not in
 * it yet. */

#include "base/error.h"
#include "base/host.h"
#include "scenarios/scenario.h"

/* Imports all files of `resources`/data into the market file `path` (made if it is not there)
 * unless every instrument of `scenario` has a series there. Tells the host so when it
 * imports. STATUS_INTERRUPTED: the host stops it. */
MUST_CHECK enum status bundled_data_fill(const char *path, const char *resources,
                                         const struct scenario *scenario, const struct host *host,
                                         struct error *reterr);
