#pragma once
/* The bound that a venue sets to the funding rate by its margin rates. */

#include <stdint.h>

#include "engine/rules/rulebook.h"

#define FUNDING_CAP_NONE INT64_MAX

/* share * (initial rate - maintenance rate), rounded down, at least 0; all in 1e-8. BitMEX: "The
 * absolute funding rate is capped at 75% of (initial margin - maintenance margin)", so lower
 * maintenance margin raises the cap. */
int64_t funding_cap(int64_t initial_e8, int64_t maintenance_e8, int64_t share_e8);

/* The cap of `symbol` under the rulebook, by the rates of its smallest positions; FUNDING_CAP_NONE
 * where the rulebook has none or the initial rate is not given. */
int64_t funding_cap_of(const struct rulebook *rulebook, const char *symbol);
