#pragma once
/* A block of up to TICK_BLOCK_ROWS_MAX rows of one series <-> bytes. Codec only: no database.
 *
 * Layout, little-endian:
 *   0  4 bytes "CTB1"
 *   4  u8  kind               enum series_kind
 *   5  u8  price decimals     \ as few as hold every row exactly
 *   6  u8  quantity decimals  /
 *   7  u8  0
 *   8  u32 count
 *  12  u32 0
 *  16  i64 first ts_ns
 *  24  i64 last ts_ns
 *  32  i64 first open of bars (0 for ticks)
 *  40  u64 hash
 *  48  columns (see tick_column.h), to the end of the bytes:
 *      ticks: ts, price, quantity, flags
 *      bars:  ts, open - previous close (the first: 0), close - open, high - max(open, close),
 *             min(open, close) - low, volume
 * The hash is XXH64 over bytes 0..39 and, chained, over the columns' content before zstd, seeded by
 * what the block belongs to: a block that was moved to another series is as broken as a flipped
 * bit, and the same rows have the same hash whatever zstd's version. */

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/records.h"

#define TICK_BLOCK_ROWS_MAX 65536u

/* What a block says about itself, as stored beside it for searching. */
struct tick_block_summary {
    enum series_kind kind;
    size_t count;
    int64_t first_ts_ns;
    int64_t last_ts_ns;
    int32_t price_decimals;
    int32_t quantity_decimals;
    uint64_t hash;
};

/* The hash seed of the blocks of a series. */
uint64_t tick_block_seed(const struct series_key *key);

struct tick_block_encoder; /* opaque; used by one thread at a time */

/* STATUS_OK: the caller owns *ret_encoder and ends it with tick_block_encoder_destroy(). */
MUST_CHECK enum status tick_block_encoder_create(struct tick_block_encoder **ret_encoder,
                                                 struct error *reterr);
void tick_block_encoder_destroy(struct tick_block_encoder *encoder); /* NULL is fine */

/* Encodes the rows of `batch` (1..TICK_BLOCK_ROWS_MAX, times not falling, decimals 0..18). The
 * bytes are the encoder's, until its next call. STATUS_NO_MEMORY. */
MUST_CHECK enum status tick_block_encode(struct tick_block_encoder *encoder, enum series_kind kind,
                                         const struct tick_batch *batch, uint64_t seed,
                                         const uint8_t **ret_bytes, size_t *ret_size,
                                         struct tick_block_summary *ret_summary,
                                         struct error *reterr);

struct tick_block_decoder; /* opaque; used by one thread at a time */

/* STATUS_OK: the caller owns *ret_decoder and ends it with tick_block_decoder_destroy(). */
MUST_CHECK enum status tick_block_decoder_create(struct tick_block_decoder **ret_decoder,
                                                 struct error *reterr);
void tick_block_decoder_destroy(struct tick_block_decoder *decoder); /* NULL is fine */

/* Decodes bytes[0..size), trusting none of them. The columns of *ret_batch are the decoder's, until
 * its next call; ret_batch->count >= 1 and times do not fall. `ret_summary` may be NULL.
 * STATUS_CORRUPT: damaged, or not of this seed; the message says what is wrong, not which block.
 * STATUS_NO_MEMORY. */
MUST_CHECK enum status tick_block_decode(struct tick_block_decoder *decoder, const uint8_t *bytes,
                                         size_t size, uint64_t seed, struct tick_batch *ret_batch,
                                         struct tick_block_summary *ret_summary,
                                         struct error *reterr);
