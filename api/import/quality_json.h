#pragma once
/* What was odd in rows, as JSON. */

#include <jansson.h>

#include "base/records.h"
#include "store/market/market_quality.h"

/* All counts, those of 0 too. NULL: no memory. */
json_t *quality_json(const struct series_quality *found, const struct market_overlap *overlap);
