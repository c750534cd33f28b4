#pragma once
/* What was odd in the series of the market file, all their files together, for `data info`. */

#include "store/market/market_catalog.h"
#include "store/market/market_quality.h"

/* Prints what was odd in one series, silences between its files included. */
void quality_info_print(const struct market_series *series, const struct market_quality_list *list);

/* Prints where the unit of epoch times changes from one file to the next. */
void quality_info_print_units(const struct market_source_list *sources);
