#pragma once
/* What is in a market file: its series and its sources. */

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/records.h"
#include "store/market/market_file.h"

/* One series that has rows. */
struct market_series {
    int64_t id;
    char *instrument;
    char *name; /* "trade", "bar", "mark", ... */
    enum series_kind kind;
    int64_t bar_ns; /* 0 for ticks */
    uint64_t rows;
    uint64_t blocks;
    uint64_t stored_bytes; /* of the blocks' payloads */
    int64_t first_ts_ns;
    int64_t last_ts_ns;
    int32_t price_decimals;    /* \ the grid of the data: the most decimals that any row needs */
    int32_t quantity_decimals; /* / */
};

struct market_series_list {
    struct market_series *rows; /* by instrument, name, kind, bar length; as bytes */
    size_t count;
};

/* Lists the series of `instrument` (NULL: of all). STATUS_OK: the caller ends *ret_list with
 * market_series_list_finish(); none found is an empty list. */
MUST_CHECK enum status market_list_series(struct market_file *market, const char *instrument,
                                          struct market_series_list *ret_list,
                                          struct error *reterr);
void market_series_list_finish(struct market_series_list *list); /* zeroed is fine */

/* One file that was imported. */
struct market_source_row {
    char *name;
    char *sha256;
    char *format;
    uint64_t bytes;
    uint64_t rows;       /* as imported */
    uint64_t deleted;    /* of them since */
    uint64_t overlap;    /* of them another source's too, or against it */
    char *ts_unit;       /* of epoch times: "s" ... "ns"; else "" */
    char *checksum;      /* "verified", or "" */
    int64_t first_ts_ns; /* 0 where rows is 0 */
    int64_t last_ts_ns;
};

struct market_source_list {
    struct market_source_row *rows; /* in the order of import */
    size_t count;
};

/* Lists the sources that rows of `instrument` (NULL: any) come from. As above. */
MUST_CHECK enum status market_list_sources(struct market_file *market, const char *instrument,
                                           struct market_source_list *ret_list,
                                           struct error *reterr);
void market_source_list_finish(struct market_source_list *list); /* zeroed is fine */
