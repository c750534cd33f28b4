#pragma once
/* One byte plane of a column (the k-th byte of every row's residual) <-> bytes, in the coding that
 * suits it. Layout: u8 coding, u32 size (little-endian), `size` bytes. */

#include <stddef.h>
#include <stdint.h>

#include <zstd.h>

#include "base/error.h"

#define PLANE_HEAD_SIZE 5u

enum plane_coding {
    PLANE_STORED = 0,   /* the bytes themselves */
    PLANE_ZSTD = 1,     /* one zstd frame of them */
    PLANE_CONSTANT = 2, /* one byte, which all rows have */
    PLANE_BITS = 3,     /* two bytes, then a bit a row, lowest first: which of the two */
};

/* A compressor set up for what planes are: noise and small alphabets. Level 1, with long matches
 * only and next to no table to find them: chance matches in noise cost more to decode than they
 * save (2.80 bytes a tick and 120 M ticks/s with them, 2.87 and 180 without). NULL: no memory. */
ZSTD_CCtx *plane_compressor_create(void);

/* Writes plane[0..count), count >= 1, to `ret_bytes` (room for PLANE_HEAD_SIZE + count) and returns
 * the bytes written. *hash goes on over what a reader will have after zstd. */
size_t plane_encode(ZSTD_CCtx *compress, size_t count, const uint8_t *plane, uint8_t *ret_bytes,
                    uint64_t *hash);

/* Reads one plane of `count` rows from bytes[0..size), trusting none of them: *ret_plane points
 * into `bytes` if it is stored, else into `room` (`count` bytes); *ret_used is what it took.
 * STATUS_CORRUPT: the message says what is wrong. */
MUST_CHECK enum status plane_decode(ZSTD_DCtx *decompress, const uint8_t *bytes, size_t size,
                                    size_t count, uint8_t *room, const uint8_t **ret_plane,
                                    size_t *ret_used, uint64_t *hash, struct error *reterr);
