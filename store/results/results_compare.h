#pragma once
/* Holds the rows of a run in one results file against those in another, byte for byte. */

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "store/results/results_file.h"

struct results_difference {
    char table[64];
    uint64_t row;    /* from 1, in the order of the key, or of the rows where there is none */
    char where[200]; /* what the row is: "ts_ns 1621382400000000000, instrument BTCUSDT" */
    char column[64]; /* "": the row is in one file alone */
    char stored[120];
    char now[120];
};

/* Compares run `id` in `table` of both files: every stored column of every row but those of `run`
 * that the clock, the version and the order of requests make. *ret_rows: how many are the same;
 * *ret_differs: whether a row is not, the first of which is *ret_difference. */
MUST_CHECK enum status results_compare(struct results_file *stored, struct results_file *now,
                                       const char *id, const char *table, uint64_t *ret_rows,
                                       bool *ret_differs, struct results_difference *ret_difference,
                                       struct error *reterr);
