#pragma once
/* What was odd in rows, in words. */

#include <stddef.h>
#include <stdio.h>

#include "base/records.h"
#include "store/market/market_quality.h"

/* Writes one line for each thing that was odd, `indent` before it; nothing if nothing was.
 * `overlap` may be NULL. */
void quality_print(FILE *file, const char *indent, const struct series_quality *found,
                   const struct market_overlap *overlap);
