#include "store/blocks/tick_plane.h"

#include <stdbool.h>
#include <string.h>

#include "store/blocks/hash64.h"
#include "store/blocks/little_endian.h"

/* Packs a plane of two byte values to a bit a row; returns the bytes written. */
static size_t pack_bits(size_t count, const uint8_t *plane, uint8_t low, uint8_t high,
                        uint8_t *ret_bytes) {
    ret_bytes[0] = low;
    ret_bytes[1] = high;
    memset(ret_bytes + 2, 0, (count + 7) / 8);
    for (size_t i = 0; i < count; i++) {
        const unsigned bit = plane[i] == high;
        ret_bytes[2 + i / 8] = (uint8_t)(ret_bytes[2 + i / 8] | bit << (i % 8));
    }
    return 2 + (count + 7) / 8;
}

size_t plane_encode(ZSTD_CCtx *compress, size_t count, const uint8_t *plane, uint8_t *ret_bytes,
                    uint64_t *hash) {
    bool seen[256] = {false};
    for (size_t i = 0; i < count; i++)
        seen[plane[i]] = true;
    unsigned distinct = 0;
    uint8_t low = 0; /* the smallest and the largest value there is */
    uint8_t high = 0;
    for (unsigned i = 0; i < 256; i++) {
        low = seen[i] && distinct == 0 ? (uint8_t)i : low;
        high = seen[i] ? (uint8_t)i : high;
        distinct += seen[i] ? 1 : 0;
    }

    uint8_t *body = ret_bytes + PLANE_HEAD_SIZE;
    enum plane_coding coding = PLANE_STORED;
    size_t size = count;
    if (distinct == 1) {
        coding = PLANE_CONSTANT;
        body[0] = low;
        size = 1;
        *hash = hash64(body, size, *hash);
    } else if (distinct == 2 && count > 16) {
        coding = PLANE_BITS;
        size = pack_bits(count, plane, low, high, body);
        *hash = hash64(body, size, *hash);
    } else {
        /* A frame that does not fit the room of the plane itself is not worth having: zstd's
         * "destination too small" is the answer "stored". */
        const size_t packed = ZSTD_compress2(compress, body, count, plane, count);
        if (!ZSTD_isError(packed) && packed < count - count / 8) {
            coding = PLANE_ZSTD;
            size = packed;
        } else {
            memcpy(body, plane, count);
        }
        *hash = hash64(plane, count, *hash);
    }
    ret_bytes[0] = (uint8_t)coding;
    store_32(ret_bytes + 1, (uint32_t)size);
    return PLANE_HEAD_SIZE + size;
}

ZSTD_CCtx *plane_compressor_create(void) {
    ZSTD_CCtx *compress = ZSTD_createCCtx();
    if (compress == NULL)
        return NULL;
    if (ZSTD_isError(ZSTD_CCtx_setParameter(compress, ZSTD_c_compressionLevel, 1)) ||
        ZSTD_isError(ZSTD_CCtx_setParameter(compress, ZSTD_c_minMatch, 7)) ||
        ZSTD_isError(ZSTD_CCtx_setParameter(compress, ZSTD_c_hashLog, 6))) {
        (void)ZSTD_freeCCtx(compress); /* freeing cannot fail */
        return NULL;
    }
    return compress;
}

/* Spreads a bit a row to the two byte values. */
static void unpack_bits(size_t count, const uint8_t *bytes, uint8_t *ret_plane) {
    const uint8_t low = bytes[0];
    const uint8_t flip = bytes[0] ^ bytes[1];
    size_t i = 0;
    for (; i + 8 <= count; i += 8) {
        /* The eight bits of a byte, one to each byte of a word, then 0 or 1 in each. */
        const uint64_t spread = bytes[2 + i / 8] * UINT64_C(0x0101010101010101);
        const uint64_t picked = spread & UINT64_C(0x8040201008040201);
        const uint64_t ones =
            ((picked + UINT64_C(0x7f7f7f7f7f7f7f7f)) | picked) >> 7 & UINT64_C(0x0101010101010101);
        store_64(ret_plane + i, (ones * flip) ^ (low * UINT64_C(0x0101010101010101)));
    }
    for (; i < count; i++)
        ret_plane[i] = (uint8_t)(low ^ ((bytes[2 + i / 8] >> (i % 8) & 1) != 0 ? flip : 0));
}

enum status plane_decode(ZSTD_DCtx *decompress, const uint8_t *bytes, size_t size, size_t count,
                         uint8_t *room, const uint8_t **ret_plane, size_t *ret_used, uint64_t *hash,
                         struct error *reterr) {
    if (size < PLANE_HEAD_SIZE)
        return error_set(reterr, STATUS_CORRUPT, "cut off in the head of a plane");
    const size_t body_size = load_32(bytes + 1);
    const uint8_t *body = bytes + PLANE_HEAD_SIZE;
    if (body_size > size - PLANE_HEAD_SIZE)
        return error_set(reterr, STATUS_CORRUPT, "cut off in a plane");
    *ret_used = PLANE_HEAD_SIZE + body_size;
    *ret_plane = room;

    switch (bytes[0]) {
    case PLANE_STORED:
        if (body_size != count)
            break;
        *hash = hash64(body, count, *hash);
        *ret_plane = body;
        return STATUS_OK;
    case PLANE_ZSTD: {
        const size_t expanded = ZSTD_decompressDCtx(decompress, room, count, body, body_size);
        if (ZSTD_isError(expanded)) {
            return error_set(reterr, STATUS_CORRUPT, "zstd frame of a plane: %s",
                             ZSTD_getErrorName(expanded));
        }
        if (expanded != count)
            break;
        *hash = hash64(room, count, *hash);
        return STATUS_OK;
    }
    case PLANE_CONSTANT:
        if (body_size != 1)
            break;
        memset(room, body[0], count);
        *hash = hash64(body, body_size, *hash);
        return STATUS_OK;
    case PLANE_BITS:
        if (body_size != 2 + (count + 7) / 8)
            break;
        unpack_bits(count, body, room);
        *hash = hash64(body, body_size, *hash);
        return STATUS_OK;
    default:
        return error_set(reterr, STATUS_CORRUPT, "unknown plane coding %u", bytes[0]);
    }
    return error_set(reterr, STATUS_CORRUPT, "a plane has not the bytes that its rows need");
}
