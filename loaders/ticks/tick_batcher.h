#pragma once
/* Collects rows of many interleaved series into columns and hands them to a sink in batches:
 * keeps exact decimals, order of time and the length of bars. In bounded memory. Any loader can
 * use it. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/ports.h"
#include "base/units.h"
#include "loaders/loaders.h"

/* What becomes of rows that are odd. */
enum tick_policy {
    TICKS_STRICT, /* they are errors: a file in our own format can be mended (the default) */
    TICKS_VENDOR, /* nobody can mend a vendor's file: rows out of order are put where they belong;
                     a row with a value of the wrong sign, a bar that contradicts itself or stands
                     off the grid, and all but the first bar of a time are dropped; all is counted
                   */
};

#define TICK_BATCHER_INSTRUMENT_MAX 64 /* bytes of a name */
#define TICK_BATCHER_SERIES_MAX 32
#define TICK_BATCHER_STREAMS_MAX 65536

struct tick_batcher; /* opaque; used by one thread at a time */
struct tick_stream;  /* one series of one instrument; owned by the batcher */

/* `sink` is kept and must outlive the batcher. STATUS_NO_MEMORY. */
MUST_CHECK enum status tick_batcher_create(const struct tick_sink *sink,
                                           struct tick_batcher **ret_batcher, struct error *reterr);

/* Before the first row. `line` (may be NULL) is where the loader counts lines, read when a row is
 * dropped; it must outlive the batcher. */
void tick_batcher_set_policy(struct tick_batcher *batcher, enum tick_policy policy,
                             const uint64_t *line);

/* Finds or adds a stream; the pointer is valid as long as the batcher. STATUS_CORRUPT: a name that
 * is empty, too long or has blanks or control characters, or too many streams. */
MUST_CHECK enum status tick_batcher_find(struct tick_batcher *batcher, const char *instrument,
                                         size_t instrument_size, const char *series,
                                         size_t series_size, enum series_kind kind,
                                         struct tick_stream **ret_stream, struct error *reterr);

/* The same for bars whose length is known, `bar_ns` > 0: streams of different lengths stand side by
 * side, a lone bar needs no guess, and a gap cannot be taken for a longer bar. */
MUST_CHECK enum status tick_batcher_find_bars(struct tick_batcher *batcher, const char *instrument,
                                              size_t instrument_size, const char *series,
                                              size_t series_size, int64_t bar_ns,
                                              struct tick_stream **ret_stream,
                                              struct error *reterr);

/* Says at how many decimals the values of `stream` come, where that is known: a price
 * of 1.500000000 is then not searched for zeros. What is added may still have others. */
void tick_batcher_expect_decimals(struct tick_stream *stream, int32_t price_decimals,
                                  int32_t quantity_decimals);

/* Adds one tick: `price` by the rule of its series (> 0 for prices, >= 0 for amounts, any sign for
 * rates), `quantity` >= 0, `flags` TICK_....
 * STATUS_CORRUPT: time runs backwards, or a value of the wrong sign (TICKS_STRICT); and what the
 * sink gives. */
MUST_CHECK enum status tick_batcher_add_tick(struct tick_batcher *batcher,
                                             struct tick_stream *stream, int64_t ts_ns,
                                             struct decimal price, struct decimal quantity,
                                             uint8_t flags, struct error *reterr);

/* Adds one bar: open, high, low, close, volume. STATUS_CORRUPT (TICKS_STRICT): time does not rise
 * or leaves the grid of the stream's bars, a price has the wrong sign for its series (bars of
 * trades, marks and indices are > 0, a premium has any), volume < 0, or open or close outside
 * low..high. TICKS_VENDOR: one bar in ten is off the grid. */
MUST_CHECK enum status tick_batcher_add_bar(struct tick_batcher *batcher,
                                            struct tick_stream *stream, int64_t ts_ns,
                                            const struct decimal value[TICK_VALUES_MAX],
                                            struct error *reterr);

/* ---- what a loader alone can tell, for the quality report; all are optional ---- */

/* The length of the stream's bars, where the file or its name says it. Before its first bar. */
void tick_batcher_set_bar_length(struct tick_stream *stream, int64_t bar_ns);

/* The source's own number of the row about to be added, to find those that are missing; `first` and
 * `last` differ for a row that sums up several. Rows must be numbered one by one, from anywhere. */
void tick_batcher_note_id(struct tick_stream *stream, uint64_t first, uint64_t last);

/* Best bid and ask of one row; `bid_stream` is the stream of the bids. */
void tick_batcher_note_quote(struct tick_stream *bid_stream, struct decimal bid,
                             struct decimal ask);

/* The unit of the epoch time just read: changes inside the import are counted. */
void tick_batcher_note_unit(struct tick_batcher *batcher, enum time_unit unit);

/* A row of the stream that the loader itself drops as odd. */
void tick_batcher_note_odd(struct tick_batcher *batcher, struct tick_stream *stream);

/* Hands all that is held to the sink; a lone bar is taken as 60 s. Fills the report's rows,
 * instruments, series, times, bars and unit switches, and tells the sink what was odd. */
MUST_CHECK enum status tick_batcher_finish(struct tick_batcher *batcher,
                                           struct import_report *ret_report, struct error *reterr);

/* Whether the last failure was the sink's: then it is not about the row just added. */
bool tick_batcher_sink_failed(const struct tick_batcher *batcher);

void tick_batcher_destroy(struct tick_batcher *batcher); /* NULL is fine */
