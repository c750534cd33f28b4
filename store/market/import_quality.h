#pragma once
/* Writes rows of the table `quality`. Not for other rooms. */

#include <stdint.h>

#include "base/error.h"
#include "store/market/market_internal.h"
#include "store/market/market_quality.h"

MUST_CHECK enum status import_quality_write(const struct market_file *market, int64_t source_id,
                                            int64_t series_id, const struct series_quality *found,
                                            const struct market_overlap *overlap,
                                            struct error *reterr);
