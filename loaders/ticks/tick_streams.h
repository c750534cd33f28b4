#pragma once
/* The streams of a file, found by instrument, series and kind. For tick_batcher.c alone. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/records.h"
#include "loaders/ticks/tick_batcher.h"
#include "loaders/ticks/tick_stream.h"

struct tick_streams {
    struct tick_stream **slots; /* open addressing by hash */
    struct tick_stream **rows;  /* in the order in which they came; may be sorted at the end */
    size_t count;
};

/* False: no memory; tick_streams_finish() frees what there is. `streams` is zeroed before. */
bool tick_streams_init(struct tick_streams *streams);
void tick_streams_finish(struct tick_streams *streams); /* zeroed is fine */

/* The stream of that name, made where there is none yet; `bar_ns` 0: not bars, or of a length not
 * known. STATUS_CORRUPT: not a name, or one too many, TICK_BATCHER_STREAMS_MAX. */
MUST_CHECK enum status tick_streams_find(struct tick_streams *streams, const char *instrument,
                                         size_t instrument_size, const char *series,
                                         size_t series_size, enum series_kind kind, int64_t bar_ns,
                                         struct tick_stream **ret_stream, struct error *reterr);
