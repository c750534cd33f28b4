#pragma once
/* A market source over part of the blocks of a series. Not for other rooms. */

#include <stdbool.h>

#include "base/error.h"
#include "store/market/block_list.h"
#include "store/market/market_catalog.h"
#include "store/market/market_source.h"

/* As market_source_create(), over the blocks of `selection`, whose series is `series`. Not
 * `trimmed`: these blocks whole, also their rows outside of the span. */
MUST_CHECK enum status market_source_select(struct market_file *market,
                                            const struct market_series *series,
                                            const struct block_selection *selection, bool trimmed,
                                            struct market_source **ret_source,
                                            struct error *reterr);
