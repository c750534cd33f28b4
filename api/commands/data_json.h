#pragma once
/* What is in a market file, as JSON. All return NULL when memory is out. */

#include <jansson.h>

#include "base/records.h"
#include "store/market/market_catalog.h"
#include "store/market/market_quality.h"

/* One object a series, a source, a series and file. */
json_t *data_json_series(const struct market_series_list *list);
json_t *data_json_sources(const struct market_source_list *list);
json_t *data_json_quality(const struct market_quality_list *list);
