#pragma once
/* One column of a tick block: int64 values <-> bytes. The value-wise part of the codec; what a
 * column means is tick_block's business.
 *
 * Layout, little-endian:
 *   0  u8  method    how a value follows from its residual (enum column_method)
 *   1  u8  width     byte planes of the residuals, 0..8
 *   2  u8  exponent  residuals are in units of 10^exponent, 0..18
 *   3  u8  0
 *   4  u32 size      bytes of the planes that follow the 24 bytes of this head
 *   8  i64 base      \ see enum column_method
 *  16  u64 step      /
 *  then `width` planes, lowest byte first: see tick_plane.h.
 * All arithmetic is modulo 2^64, so any int64 comes out as it went in.
 *
 * Why byte planes: the low bytes are noise that is copied at memory speed, the high ones are small
 * alphabets that zstd's entropy stage packs close to their entropy, and joining planes is a plain
 * vector loop. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zstd.h>

#include "base/error.h"

#define COLUMN_ROWS_MAX 65536u
#define COLUMN_HEAD_SIZE 24u

enum column_method {
    COLUMN_OFFSET = 0, /* value = base + residual * unit */
    COLUMN_ZIGZAG = 1, /* value = signed(residual) * unit; 0, -1, 1, -2 ... are 0, 1, 2, 3 ... */
    COLUMN_DELTA = 2,  /* value = previous + signed(residual) * unit; the first is base */
    COLUMN_RISING = 3, /* value = previous + (residual + step) * unit; the first is base */
};

/* Workspace of both directions; the caller zeroes it, and may use it for any number of columns. */
struct column_work {
    uint64_t *residuals; /* COLUMN_ROWS_MAX; encoding only */
    uint8_t *planes;     /* 8 * COLUMN_ROWS_MAX, grown to what is needed when decoding */
    size_t planes_size;
    ZSTD_CCtx *compress;
    ZSTD_DCtx *decompress;
};

void column_work_finish(struct column_work *work); /* zeroed and half-built are fine */

/* The most bytes that a column of `count` rows takes. */
size_t column_bound(size_t count);

/* Encodes `count` (1..COLUMN_ROWS_MAX) values into `ret_bytes` (room for column_bound(count)).
 * `rising`: the values never fall (times). *hash goes on over what a reader will find, whatever
 * zstd's version makes of it. STATUS_NO_MEMORY. */
MUST_CHECK enum status column_encode(struct column_work *work, size_t count, const int64_t *values,
                                     bool rising, uint8_t *ret_bytes, size_t *ret_size,
                                     uint64_t *hash, struct error *reterr);

/* Decodes one column from bytes[0..size), trusting none of them, into `ret_values` (room for
 * `count`, 1..COLUMN_ROWS_MAX); *ret_used is what it took. STATUS_CORRUPT: the message says what is
 * wrong (not where: the caller knows). STATUS_NO_MEMORY. */
MUST_CHECK enum status column_decode(struct column_work *work, const uint8_t *bytes, size_t size,
                                     size_t count, int64_t *ret_values, size_t *ret_used,
                                     uint64_t *hash, struct error *reterr);
