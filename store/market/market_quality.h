#pragma once
/* What was odd in the rows of each source, series by series: the table `quality`. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/records.h"
#include "store/market/market_catalog.h"
#include "store/market/market_file.h"

/* How the rows of a source stood against those of other sources that were in the file before. */
struct market_overlap {
    uint64_t equal;     /* rows that another source has too: kept once */
    uint64_t conflicts; /* rows that contradict another source: the first one's were kept, or, with
                           `replace`, the last one's */
    int64_t conflict_ts_ns;    /* of the first of them */
    char conflict_source[256]; /* and whom it contradicts; cut if longer; "" without any */
};

struct market_quality {
    char *instrument;
    char *series;
    enum series_kind kind;
    int64_t bar_ns;
    char *source; /* its name */
    struct series_quality found;
    struct market_overlap overlap; /* as it was when the source came in */
};

struct market_quality_list {
    struct market_quality *rows; /* by instrument, series, kind, bar length, first time, source */
    size_t count;
};

/* Lists what is known of `instrument` (NULL: of all). STATUS_OK: the caller ends *ret_list with
 * market_quality_list_finish(). */
MUST_CHECK enum status market_list_quality(struct market_file *market, const char *instrument,
                                           struct market_quality_list *ret_list,
                                           struct error *reterr);
void market_quality_list_finish(struct market_quality_list *list); /* zeroed is fine */

/* Whether `row` is of `series`. */
bool market_quality_is_of(const struct market_quality *row, const struct market_series *series);

/* Sums up one series over its files. False: nothing is known of it, and both are zero. */
bool market_quality_sum(const struct market_series *series, const struct market_quality_list *list,
                        struct series_quality *ret_found, struct market_overlap *ret_overlap);
