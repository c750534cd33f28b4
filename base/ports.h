#pragma once
/* The small tables of functions through which loaders, store and engine speak without knowing
 * each other. runs plugs them together; tests plug in arrays. */

#include <stddef.h>

#include "base/error.h"
#include "base/records.h"

/* Takes market data: the market file, or a test's array. Rows of one series come in time order
 * within a call; a later call may go back in time, its rows then come after those of an equal time
 * that came before. Series may alternate. */
struct tick_sink {
    void *context;
    /* STATUS_CORRUPT: time runs backwards within the batch; and whatever storing can give. */
    MUST_CHECK enum status (*append)(void *context, const struct series_key *key,
                                     const struct tick_batch *batch, struct error *reterr);
    /* What was odd in a series: once for each, after its last row, also if none was kept (then a
     * bar's length may be 0). NULL: not wanted. */
    MUST_CHECK enum status (*quality)(void *context, const struct series_key *key,
                                      const struct series_quality *quality, struct error *reterr);
};

/* Gives one series in time order. */
struct tick_source {
    void *context;
    /* The next rows (count > 0), borrowed until the next call. STATUS_END: no row is left.
     * STATUS_CORRUPT: a block is damaged; the message names file, block and instrument. */
    MUST_CHECK enum status (*next)(void *context, struct tick_batch *ret_batch,
                                   struct error *reterr);
};

/* Takes what a run produces, in the order it is produced. Each takes `count` > 0 rows, borrowed. */
struct event_sink {
    void *context;
    MUST_CHECK enum status (*liquidations)(void *context, size_t count,
                                           const struct liquidation_record *rows,
                                           struct error *reterr);
    MUST_CHECK enum status (*adl)(void *context, size_t count, const struct adl_record *rows,
                                  struct error *reterr);
    MUST_CHECK enum status (*minutes)(void *context, size_t count, const struct minute_record *rows,
                                      struct error *reterr);
    MUST_CHECK enum status (*accounts)(void *context, size_t count,
                                       const struct account_record *rows, struct error *reterr);
    MUST_CHECK enum status (*fund)(void *context, size_t count, const struct fund_record *rows,
                                   struct error *reterr);
    MUST_CHECK enum status (*density)(void *context, size_t count,
                                      const struct density_record *rows, struct error *reterr);
    MUST_CHECK enum status (*contagion)(void *context, size_t count,
                                        const struct contagion_record *rows, struct error *reterr);
};
