#pragma once
/* The series that an import has met, found by their key. Not for other rooms. */

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/records.h"
#include "store/market/market_internal.h"
#include "store/market/market_pending.h"

struct import_series {
    struct market_pending pending;
    char *instrument; /* owned; `name` lies in the same allocation */
    char *name;
    int64_t bar_ns;
    uint64_t seed;
    int64_t id; /* after import_series_resolve() */
    int64_t last_ts_ns;
    bool late; /* a batch went back in time */
    bool told; /* `found` is filled in */
    struct series_quality found;
};

struct import_series_table {
    struct import_series *rows;
    size_t count;
    size_t capacity;
    uint32_t *slots;   /* hash table by seed: index into rows + 1; 0: free */
    size_t slot_count; /* a power of two */
    size_t recent;     /* the series of the last call */
};

/* The series of `key`. *ret_series is the table's, until the next call. STATUS_CORRUPT: a name that
 * is empty or too long, too many series; STATUS_NO_MEMORY. */
MUST_CHECK enum status import_series_select(struct import_series_table *table,
                                            const struct series_key *key,
                                            struct import_series **ret_series,
                                            struct error *reterr);

/* Finds the id of every series, whose rows in the tables of the market file are made if they are
 * not there. */
MUST_CHECK enum status import_series_resolve(struct import_series_table *table,
                                             const struct market_file *market,
                                             struct error *reterr);

void import_series_table_finish(struct import_series_table *table); /* zeroed is fine */
