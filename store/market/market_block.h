#pragma once
/* Writes rows of the block table. Not for other rooms. */

#include <stdint.h>

#include "base/error.h"
#include "base/records.h"
#include "store/blocks/tick_block.h"
#include "store/market/market_internal.h"

struct market_block_writer {
    const struct market_file *market;
    struct tick_block_encoder *encoder;
    sqlite3_stmt *insert;
};

/* What a block belongs to. */
struct market_block_key {
    int64_t id; /* 0: the next free one */
    int64_t series_id;
    int64_t source_id;
    enum series_kind kind;
    uint64_t seed; /* tick_block_seed() of the series */
};

/* `market` is kept. STATUS_OK: the caller ends the writer with market_block_writer_finish(). */
MUST_CHECK enum status market_block_writer_init(struct market_block_writer *writer,
                                                const struct market_file *market,
                                                struct error *reterr);
void market_block_writer_finish(struct market_block_writer *writer); /* zeroed is fine */

/* Inserts a block that is encoded. */
MUST_CHECK enum status market_block_insert(struct market_block_writer *writer,
                                           const struct market_block_key *key,
                                           const struct tick_block_summary *summary,
                                           const uint8_t *bytes, size_t size, struct error *reterr);

/* Encodes `batch` (1..TICK_BLOCK_ROWS_MAX rows) and inserts it; *ret_size: bytes of its payload. */
MUST_CHECK enum status market_block_write(struct market_block_writer *writer,
                                          const struct market_block_key *key,
                                          const struct tick_batch *batch, size_t *ret_size,
                                          struct error *reterr);
