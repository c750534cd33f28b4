#pragma once
/* Looks at everything in a market file that can be wrong. */

#include <stdint.h>

#include "base/error.h"
#include "store/market/market_file.h"

struct market_verify_report {
    uint64_t series;
    uint64_t sources;
    uint64_t blocks;
    uint64_t rows;
    uint64_t problems;
};

/* Takes one problem in words; may be NULL. */
typedef void market_problem(void *context, const char *message);

/* Checks the database itself (integrity and references), each block (checksum, times, agreement
 * with its row), that rows come in order of time, and each source's count of rows; goes on after a
 * problem, and gives each to `problem`. STATUS_OK: none. STATUS_CORRUPT: there were some, the error
 * is the first; *ret_report is filled in both cases. STATUS_NO_MEMORY, STATUS_IO: not finished. */
MUST_CHECK enum status market_verify(struct market_file *market, market_problem *problem,
                                     void *context, struct market_verify_report *ret_report,
                                     struct error *reterr);
