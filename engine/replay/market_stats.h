#pragma once
/* Volatility and volume of a recorded series, for impact parameters left to the data. */

#include <stdint.h>

#include "base/error.h"
#include "engine/replay/replay.h"

struct market_stats {
    double volatility_day; /* root of the sum of squared log returns from minute to minute, over the
                              span, scaled to one day */
    double volume_day;     /* quantity traded, in the data's units (base units of spot and linear
                              contracts), scaled to one day */
    uint64_t rows;
    int64_t first_ts_ns;
    int64_t last_ts_ns;
};

/* Reads `source` to its end, counting rows in [from_ns, to_ns). With fewer than two minutes of data
 * both figures are 0. Gives whatever the source gives. */
MUST_CHECK enum status market_stats_measure(const struct price_source *source, int64_t from_ns,
                                            int64_t to_ns, struct market_stats *ret_stats,
                                            struct error *reterr);
