#include "store/blocks/tick_column.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"
#include "store/blocks/hash64.h"
#include "store/blocks/little_endian.h"
#include "store/blocks/tick_plane.h"

#define WIDTH_MAX 8u
#define UNIT_EXPONENT_MAX 18
/* Rows that are joined and summed while they are in the first-level cache. */
#define CHUNK_ROWS 1024u

struct column_head {
    uint8_t method;
    uint8_t width;
    uint8_t exponent;
    int64_t base;
    uint64_t step;
};

static uint64_t zigzag(int64_t value) {
    return ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);
}

static uint64_t unzigzag(uint64_t value) {
    return (value >> 1) ^ (0 - (value & 1));
}

void column_work_finish(struct column_work *work) {
    free(work->residuals);
    free(work->planes);
    (void)ZSTD_freeCCtx(work->compress); /* freeing cannot fail */
    (void)ZSTD_freeDCtx(work->decompress);
    *work = (struct column_work){0};
}

size_t column_bound(size_t count) {
    return COLUMN_HEAD_SIZE + WIDTH_MAX * (PLANE_HEAD_SIZE + count);
}

/* ---- encoding ---- */

static unsigned bits_of(uint64_t value) {
    return 64u - (unsigned)__builtin_clzll(value | 1);
}

/* The method whose residuals have the fewest bits in all: what the entropy stage can do follows
 * that closely. Long columns are judged by every eighth row, which halves the time of encoding. */
static enum column_method choose_method(size_t count, const int64_t *values, int64_t *ret_min) {
    int64_t min = values[0];
    for (size_t i = 1; i < count; i++)
        min = values[i] < min ? values[i] : min;
    uint64_t offset = 0;
    uint64_t plain = 0;
    uint64_t delta = 0;
    const size_t stride = count < 1024 ? 1 : 8;
    for (size_t i = 0; i < count; i += stride) {
        const uint64_t before = (uint64_t)values[i > 0 ? i - 1 : 0];
        offset += bits_of((uint64_t)values[i] - (uint64_t)min);
        plain += bits_of(zigzag(values[i]));
        delta += bits_of(zigzag((int64_t)((uint64_t)values[i] - before)));
    }
    *ret_min = min;
    if (delta < offset && delta < plain)
        return COLUMN_DELTA;
    return plain < offset ? COLUMN_ZIGZAG : COLUMN_OFFSET;
}

/* Differences from what the method predicts, not yet in units and not yet zigzag. */
static void predict(size_t count, const int64_t *values, const struct column_head *head,
                    uint64_t *residuals) {
    if (head->method == COLUMN_OFFSET || head->method == COLUMN_ZIGZAG) {
        const uint64_t base = head->method == COLUMN_OFFSET ? (uint64_t)head->base : 0;
        for (size_t i = 0; i < count; i++)
            residuals[i] = (uint64_t)values[i] - base;
        return;
    }
    residuals[0] = 0;
    for (size_t i = 1; i < count; i++)
        residuals[i] = (uint64_t)values[i] - (uint64_t)values[i - 1];
}

/* Takes out the largest power of ten that divides every residual, and zigzags what has a sign. */
static void scale_residuals(size_t count, struct column_head *head, uint64_t *residuals) {
    const bool has_sign = head->method == COLUMN_ZIGZAG || head->method == COLUMN_DELTA;
    int exponent = UNIT_EXPONENT_MAX;
    int64_t divisor = units_pow10(exponent);
    bool all_zero = true;
    for (size_t i = 0; i < count && exponent > 0; i++) {
        if (residuals[i] == 0)
            continue;
        all_zero = false;
        if (has_sign) {
            while (exponent > 0 && (int64_t)residuals[i] % divisor != 0)
                divisor = units_pow10(--exponent);
        } else {
            while (exponent > 0 && residuals[i] % (uint64_t)divisor != 0)
                divisor = units_pow10(--exponent);
        }
    }
    head->exponent = (uint8_t)(all_zero ? 0 : exponent);
    const int64_t unit = units_pow10(head->exponent);
    if (unit != 1) {
        for (size_t i = 0; i < count; i++) {
            residuals[i] =
                has_sign ? (uint64_t)((int64_t)residuals[i] / unit) : residuals[i] / (uint64_t)unit;
        }
    }
    if (has_sign) {
        for (size_t i = 0; i < count; i++)
            residuals[i] = zigzag((int64_t)residuals[i]);
    }
}

/* Lowers rising residuals by the smallest step, so that even spacing takes no plane at all. */
static void lower_by_step(size_t count, struct column_head *head, uint64_t *residuals) {
    if (count < 2)
        return;
    uint64_t step = residuals[1];
    for (size_t i = 2; i < count; i++)
        step = residuals[i] < step ? residuals[i] : step;
    for (size_t i = 1; i < count; i++)
        residuals[i] -= step;
    head->step = step;
}

static enum status need_compress(struct column_work *work, struct error *reterr) {
    if (work->residuals == NULL)
        work->residuals = malloc(COLUMN_ROWS_MAX * sizeof(*work->residuals));
    if (work->compress == NULL)
        work->compress = plane_compressor_create();
    if (work->residuals == NULL || work->compress == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory to pack a block");
    return STATUS_OK;
}

static enum status need_planes(struct column_work *work, size_t size, struct error *reterr) {
    if (size <= work->planes_size)
        return STATUS_OK;
    free(work->planes);
    work->planes = malloc(size);
    work->planes_size = work->planes == NULL ? 0 : size;
    if (work->planes == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for the planes of a block");
    return STATUS_OK;
}

enum status column_encode(struct column_work *work, size_t count, const int64_t *values,
                          bool rising, uint8_t *ret_bytes, size_t *ret_size, uint64_t *hash,
                          struct error *reterr) {
    assert(count >= 1 && count <= COLUMN_ROWS_MAX);
    enum status status = need_compress(work, reterr);
    if (status == STATUS_OK)
        status = need_planes(work, count, reterr);
    if (status != STATUS_OK)
        return status;

    uint64_t *residuals = work->residuals;
    struct column_head head = {.method = COLUMN_RISING, .base = values[0]};
    if (!rising) {
        int64_t min;
        head.method = (uint8_t)choose_method(count, values, &min);
        if (head.method == COLUMN_OFFSET)
            head.base = min;
        else if (head.method == COLUMN_ZIGZAG)
            head.base = 0;
    }
    predict(count, values, &head, residuals);
    scale_residuals(count, &head, residuals);
    if (rising)
        lower_by_step(count, &head, residuals);

    uint64_t all = 0;
    for (size_t i = 0; i < count; i++)
        all |= residuals[i];
    head.width = all == 0 ? 0 : (uint8_t)((bits_of(all) + 7) / 8);

    ret_bytes[0] = head.method;
    ret_bytes[1] = head.width;
    ret_bytes[2] = head.exponent;
    ret_bytes[3] = 0;
    store_32(ret_bytes + 4, 0);
    store_64(ret_bytes + 8, (uint64_t)head.base);
    store_64(ret_bytes + 16, head.step);
    *hash = hash64(ret_bytes, COLUMN_HEAD_SIZE, *hash);

    size_t size = COLUMN_HEAD_SIZE;
    for (unsigned plane = 0; plane < head.width; plane++) {
        for (size_t i = 0; i < count; i++)
            work->planes[i] = (uint8_t)(residuals[i] >> (8 * plane));
        size += plane_encode(work->compress, count, work->planes, ret_bytes + size, hash);
    }
    store_32(ret_bytes + 4, (uint32_t)(size - COLUMN_HEAD_SIZE));
    *ret_size = size;
    return STATUS_OK;
}

/* ---- decoding ---- */

/* Joins rows first..first+count of the planes to residuals. */
static void join_planes(unsigned width, const uint8_t *const *planes, size_t first, size_t count,
                        uint64_t *restrict residuals) {
    if (width == 0) {
        memset(residuals, 0, count * sizeof(*residuals));
        return;
    }
    const uint8_t *restrict lowest = planes[0] + first;
    for (size_t i = 0; i < count; i++)
        residuals[i] = lowest[i];
    for (unsigned plane = 1; plane < width; plane++) {
        const uint8_t *restrict bytes = planes[plane] + first;
        for (size_t i = 0; i < count; i++)
            residuals[i] |= (uint64_t)bytes[i] << (8 * plane);
    }
}

/* Residuals to values, in place of nothing: `previous` is carried from chunk to chunk. */
static uint64_t restore_values(const struct column_head *head, size_t count, uint64_t previous,
                               uint64_t *restrict residuals, int64_t *restrict ret_values) {
    const uint64_t unit = (uint64_t)units_pow10(head->exponent);
    if (head->method == COLUMN_ZIGZAG || head->method == COLUMN_DELTA) {
        for (size_t i = 0; i < count; i++)
            residuals[i] = unzigzag(residuals[i]);
    } else if (head->method == COLUMN_RISING && head->step != 0) {
        for (size_t i = 0; i < count; i++)
            residuals[i] += head->step;
    }
    if (unit != 1) {
        for (size_t i = 0; i < count; i++)
            residuals[i] *= unit;
    }
    if (head->method == COLUMN_OFFSET || head->method == COLUMN_ZIGZAG) {
        for (size_t i = 0; i < count; i++)
            ret_values[i] = (int64_t)(residuals[i] + previous);
        return previous;
    }
    for (size_t i = 0; i < count; i++) {
        previous += residuals[i];
        ret_values[i] = (int64_t)previous;
    }
    return previous;
}

static enum status decode_head(const uint8_t *bytes, size_t size, struct column_head *ret_head,
                               size_t *ret_planes_size, uint64_t *hash, struct error *reterr) {
    if (size < COLUMN_HEAD_SIZE)
        return error_set(reterr, STATUS_CORRUPT, "cut off in the head of a column");
    *ret_head = (struct column_head){.method = bytes[0],
                                     .width = bytes[1],
                                     .exponent = bytes[2],
                                     .base = (int64_t)load_64(bytes + 8),
                                     .step = load_64(bytes + 16)};
    *ret_planes_size = load_32(bytes + 4);
    if (ret_head->method > COLUMN_RISING || ret_head->width > WIDTH_MAX ||
        ret_head->exponent > UNIT_EXPONENT_MAX || bytes[3] != 0)
        return error_set(reterr, STATUS_CORRUPT, "a column's head makes no sense");
    if (*ret_planes_size > size - COLUMN_HEAD_SIZE)
        return error_set(reterr, STATUS_CORRUPT, "cut off in the planes of a column");
    /* The size is left out: it depends on zstd's version, and is checked by itself. */
    uint8_t hashed[COLUMN_HEAD_SIZE];
    memcpy(hashed, bytes, sizeof(hashed));
    store_32(hashed + 4, 0);
    *hash = hash64(hashed, sizeof(hashed), *hash);
    return STATUS_OK;
}

enum status column_decode(struct column_work *work, const uint8_t *bytes, size_t size, size_t count,
                          int64_t *ret_values, size_t *ret_used, uint64_t *hash,
                          struct error *reterr) {
    assert(count >= 1 && count <= COLUMN_ROWS_MAX);
    struct column_head head = {0};
    size_t planes_size = 0;
    enum status status = decode_head(bytes, size, &head, &planes_size, hash, reterr);
    if (status == STATUS_OK)
        status = need_planes(work, head.width * count, reterr);
    if (status != STATUS_OK)
        return status;
    if (work->decompress == NULL)
        work->decompress = ZSTD_createDCtx();
    if (work->decompress == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory to unpack a block");

    const uint8_t *planes[WIDTH_MAX] = {NULL};
    size_t at = 0;
    for (unsigned plane = 0; plane < head.width; plane++) {
        size_t used = 0;
        status =
            plane_decode(work->decompress, bytes + COLUMN_HEAD_SIZE + at, planes_size - at, count,
                         work->planes + plane * count, &planes[plane], &used, hash, reterr);
        if (status != STATUS_OK)
            return status;
        at += used;
    }
    if (at != planes_size)
        return error_set(reterr, STATUS_CORRUPT, "bytes left over after the planes of a column");

    /* So that the first residual, which is 0, gives the base. */
    uint64_t previous = (uint64_t)head.base;
    if (head.method == COLUMN_RISING)
        previous -= head.step * (uint64_t)units_pow10(head.exponent);
    uint64_t residuals[CHUNK_ROWS];
    for (size_t first = 0; first < count; first += CHUNK_ROWS) {
        const size_t rows = count - first < CHUNK_ROWS ? count - first : CHUNK_ROWS;
        join_planes(head.width, planes, first, rows, residuals);
        previous = restore_values(&head, rows, previous, residuals, ret_values + first);
    }
    *ret_used = COLUMN_HEAD_SIZE + planes_size;
    return STATUS_OK;
}
