#pragma once
/* What was odd in the series of the market file, all their files together, for `data info`. */

#include <stdbool.h>

#include <jansson.h>

#include "store/market/market_catalog.h"
#include "store/market/market_quality.h"

/* Sums up one series over its files. False: nothing is known of it. */
bool quality_info_sum(const struct market_series *series, const struct market_quality_list *list,
                      struct series_quality *ret_found, struct market_overlap *ret_overlap);

/* Prints what was odd in one series, silences between its files included. */
void quality_info_print(const struct market_series *series, const struct market_quality_list *list);

/* Prints where the unit of epoch times changes from one file to the next. */
void quality_info_print_units(const struct market_source_list *sources);

/* One object a series and file. NULL: no memory. */
json_t *quality_info_json(const struct market_quality_list *list);
