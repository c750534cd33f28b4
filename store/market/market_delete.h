#pragma once
/* Takes rows out of a market file. */

#include <stdint.h>

#include "base/error.h"
#include "store/market/market_file.h"

struct market_delete_result {
    uint64_t rows;    /* that went */
    uint64_t sources; /* of which nothing is left; such a file can be imported again */
};

/* Deletes the rows of `instrument`, in all its series, with from_ns <= ts_ns < to_ns, in one
 * transaction. Damaged blocks that lie inside go too; one that lies across an end is
 * STATUS_CORRUPT. STATUS_USAGE: no such instrument. The room is used again by later imports. */
MUST_CHECK enum status market_delete(struct market_file *market, const char *instrument,
                                     int64_t from_ns, int64_t to_ns,
                                     struct market_delete_result *ret_result, struct error *reterr);
