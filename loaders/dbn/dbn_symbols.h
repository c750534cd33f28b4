#pragma once
/* Which instrument a DBN record is about: its numeric id and its time to a name, and the series of
 * that name. An id may mean another instrument on another day. */

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "loaders/ticks/tick_batcher.h"

#define DBN_STREAMS 40 /* series of one instrument; dbn.c numbers them */

struct dbn_symbol {
    uint32_t id;
    int64_t from_ns; /* from_ns <= time < to_ns */
    int64_t to_ns;
    char name[TICK_BATCHER_INSTRUMENT_MAX + 1];
    struct tick_stream **streams; /* DBN_STREAMS of them once it has a row; NULL: not used yet */
    struct dbn_symbol *next;      /* another meaning of the same hash */
};

struct dbn_symbols; /* opaque */

MUST_CHECK enum status dbn_symbols_create(struct dbn_symbols **ret_symbols, struct error *reterr);
void dbn_symbols_destroy(struct dbn_symbols *symbols); /* NULL is fine */

/* `name` (copied; blanks become '_', since a name has none) is what `id` means in that time; what
 * is told later goes before what was told before. A name that is empty or longer than an
 * instrument's may be is not taken. STATUS_CORRUPT: too many of them. */
MUST_CHECK enum status dbn_symbols_add(struct dbn_symbols *symbols, uint32_t id, int64_t from_ns,
                                       int64_t to_ns, const char *name, size_t name_size,
                                       struct error *reterr);

/* The name as it is kept: blanks become '_', cut at TICK_BATCHER_INSTRUMENT_MAX bytes. */
void dbn_symbols_plain(const void *name, size_t name_size,
                       char ret_name[TICK_BATCHER_INSTRUMENT_MAX + 1]);

/* NULL: nobody told. The pointer is valid as long as the table. */
struct dbn_symbol *dbn_symbols_find(struct dbn_symbols *symbols, uint32_t id, int64_t ts_ns);

/* Room for the streams of `symbol`. STATUS_NO_MEMORY. */
MUST_CHECK enum status dbn_symbols_use(struct dbn_symbol *symbol, struct error *reterr);
