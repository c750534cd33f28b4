#pragma once
/* What the records of a DBN file give: rows of trades, quotes, bars, statistics, trading status and
 * definitions. For dbn.c alone. */

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "loaders/dbn/dbn_metadata.h"
#include "loaders/dbn/dbn_symbols.h"
#include "loaders/ticks/tick_batcher.h"

struct dbn_reader {
    struct tick_batcher *batcher;
    struct dbn_metadata metadata;
    struct dbn_symbols *symbols;
    struct dbn_symbol *last;  /* of the record before; NULL at the start of a file */
    uint64_t records_skipped; /* that give no row */
};

/* Takes one whole record of `size` bytes (at least DBN_HEADER_SIZE). STATUS_CORRUPT: too short for
 * its type, or a value that cannot be; and what the batcher gives. */
MUST_CHECK enum status dbn_take_record(struct dbn_reader *reader, const uint8_t *record,
                                       size_t size, struct error *reterr);
