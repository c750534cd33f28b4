#pragma once
/* A small replay from arrays: a vector's accounts under its rules over a few prices. */

#include "engine/replay/replay.h"
#include "tests/conformance_book.h"

#define VECTOR_TICKS_MAX 8
#define VECTOR_ROWS_MAX 256

struct vector_replay {
    /* what the caller sets */
    double fund;
    double fund_change; /* half a minute after the first price; 0: none */
    uint32_t max_waves; /* an instant; 0: until the cascade ends */
    /* what came out, in the order it happened */
    struct replay_summary summary;
    size_t liquidation_count;
    struct liquidation_record liquidations[VECTOR_ROWS_MAX];
    size_t adl_count;
    struct adl_record adl[VECTOR_ROWS_MAX];
    size_t account_count;
    struct account_record accounts[VECTOR_ROWS_MAX]; /* ids are not kept */
};

/* Runs the accounts of `book`, which is not opened, without impact: orders fill at the prices, of
 * which each instrument has `count` (1..VECTOR_TICKS_MAX, a minute apart, row by row of the
 * instruments). False, with a reason: the engine refused it, the ledger did not balance, or too
 * many rows. */
bool vector_replay_run(struct vector *vector, struct vector_book *book, const double *prices,
                       size_t count, struct vector_replay *replay);
