#include "store/blocks/tick_block.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"
#include "store/blocks/hash64.h"
#include "store/blocks/little_endian.h"
#include "store/blocks/tick_column.h"

#define BLOCK_HEAD_SIZE 48u
#define BLOCK_HASH_AT 40u
#define BLOCK_OPEN_AT 32u
#define BLOCK_COLUMNS_MAX 6u
#define FLAGS_ALL (TICK_BUY | TICK_SELL | TICK_NO_QUANTITY)

static_assert(TICK_BLOCK_ROWS_MAX == COLUMN_ROWS_MAX, "a column is a block's");

static const uint8_t magic[4] = {'C', 'T', 'B', '1'};

struct tick_block_encoder {
    struct column_work work;
    int64_t *columns[BLOCK_COLUMNS_MAX]; /* TICK_BLOCK_ROWS_MAX each */
    uint8_t *bytes;                      /* room for the largest block */
};

struct tick_block_decoder {
    struct column_work work;
    int64_t *columns[BLOCK_COLUMNS_MAX]; /* `rows` each, of one allocation */
    uint8_t *flags;
    size_t rows;
};

uint64_t tick_block_seed(const struct series_key *key) {
    uint8_t tail[16];
    store_64(tail, (uint64_t)key->kind);
    store_64(tail + 8, (uint64_t)key->bar_ns);
    /* With their NULs, so that ("ab", "c") and ("a", "bc") differ. */
    uint64_t seed = hash64(key->instrument, strlen(key->instrument) + 1, 0);
    seed = hash64(key->series, strlen(key->series) + 1, seed);
    return hash64(tail, sizeof(tail), seed);
}

/* ---- encoding ---- */

enum status tick_block_encoder_create(struct tick_block_encoder **ret_encoder,
                                      struct error *reterr) {
    struct tick_block_encoder *encoder = calloc(1, sizeof(*encoder));
    if (encoder == NULL)
        goto fail;
    for (size_t i = 0; i < BLOCK_COLUMNS_MAX; i++) {
        encoder->columns[i] = malloc(TICK_BLOCK_ROWS_MAX * sizeof(int64_t));
        if (encoder->columns[i] == NULL)
            goto fail;
    }
    encoder->bytes =
        malloc(BLOCK_HEAD_SIZE + BLOCK_COLUMNS_MAX * column_bound(TICK_BLOCK_ROWS_MAX));
    if (encoder->bytes == NULL)
        goto fail;
    *ret_encoder = encoder;
    return STATUS_OK;

fail:
    tick_block_encoder_destroy(encoder);
    return error_set(reterr, STATUS_NO_MEMORY, "no memory to pack blocks");
}

void tick_block_encoder_destroy(struct tick_block_encoder *encoder) {
    if (encoder == NULL)
        return;
    for (size_t i = 0; i < BLOCK_COLUMNS_MAX; i++)
        free(encoder->columns[i]);
    free(encoder->bytes);
    column_work_finish(&encoder->work);
    free(encoder);
}

/* The most decimals, up to `decimals`, that can go because they are zero in every value. */
static int32_t spare_decimals(size_t count, const int64_t *values, int32_t decimals) {
    for (size_t i = 0; i < count && decimals > 0; i++) {
        while (decimals > 0 && values[i] % units_pow10(decimals) != 0)
            decimals--;
    }
    return decimals;
}

static void copy_divided(size_t count, const int64_t *restrict values, int32_t decimals,
                         int64_t *restrict ret_values) {
    const int64_t divisor = units_pow10(decimals);
    if (divisor == 1) {
        memcpy(ret_values, values, count * sizeof(*values));
        return;
    }
    for (size_t i = 0; i < count; i++)
        ret_values[i] = values[i] / divisor;
}

/* Wrapping difference. */
static int64_t minus(int64_t a, int64_t b) {
    return (int64_t)((uint64_t)a - (uint64_t)b);
}

static int64_t plus(int64_t a, int64_t b) {
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

/* Open, high, low, close to what is small and nearly independent; in place, order as stored. */
static void bars_to_differences(size_t count, int64_t *const *prices) {
    int64_t close_before = prices[0][0];
    for (size_t i = 0; i < count; i++) {
        const int64_t open = prices[0][i];
        const int64_t high = prices[1][i];
        const int64_t low = prices[2][i];
        const int64_t close = prices[3][i];
        prices[0][i] = minus(open, close_before);
        prices[1][i] = minus(close, open);
        prices[2][i] = minus(high, open > close ? open : close);
        prices[3][i] = minus(open < close ? open : close, low);
        close_before = close;
    }
}

static void bars_from_differences(size_t count, int64_t first_open, int64_t *const *prices) {
    int64_t close = first_open;
    for (size_t i = 0; i < count; i++) {
        const int64_t open = plus(close, prices[0][i]);
        close = plus(open, prices[1][i]);
        const int64_t high = plus(open > close ? open : close, prices[2][i]);
        const int64_t low = minus(open < close ? open : close, prices[3][i]);
        prices[0][i] = open;
        prices[1][i] = high;
        prices[2][i] = low;
        prices[3][i] = close;
    }
}

/* Fills the encoder's columns 1.. from the batch, decimals lowered; returns how many columns. */
static size_t fill_columns(struct tick_block_encoder *encoder, enum series_kind kind,
                           const struct tick_batch *batch, struct tick_block_summary *summary,
                           int64_t *ret_open) {
    const size_t prices = kind == SERIES_BARS ? 4 : 1;
    int32_t spare = batch->price_decimals;
    for (size_t i = 0; i < prices; i++)
        spare = spare_decimals(batch->count, batch->value[i], spare);
    for (size_t i = 0; i < prices; i++)
        copy_divided(batch->count, batch->value[i], spare, encoder->columns[1 + i]);
    summary->price_decimals = batch->price_decimals - spare;
    if (kind == SERIES_BARS) {
        *ret_open = encoder->columns[1][0];
        bars_to_differences(batch->count, encoder->columns + 1);
    }

    spare = spare_decimals(batch->count, batch->value[prices], batch->quantity_decimals);
    copy_divided(batch->count, batch->value[prices], spare, encoder->columns[1 + prices]);
    summary->quantity_decimals = batch->quantity_decimals - spare;
    if (kind == SERIES_BARS)
        return 2 + prices;
    for (size_t i = 0; i < batch->count; i++)
        encoder->columns[2 + prices][i] = batch->flags[i];
    return 3 + prices;
}

static void write_head(const struct tick_block_summary *summary, uint8_t *ret_bytes) {
    memset(ret_bytes, 0, BLOCK_HEAD_SIZE);
    memcpy(ret_bytes, magic, sizeof(magic));
    ret_bytes[4] = (uint8_t)summary->kind;
    ret_bytes[5] = (uint8_t)summary->price_decimals;
    ret_bytes[6] = (uint8_t)summary->quantity_decimals;
    store_32(ret_bytes + 8, (uint32_t)summary->count);
    store_64(ret_bytes + 16, (uint64_t)summary->first_ts_ns);
    store_64(ret_bytes + 24, (uint64_t)summary->last_ts_ns);
}

enum status tick_block_encode(struct tick_block_encoder *encoder, enum series_kind kind,
                              const struct tick_batch *batch, uint64_t seed,
                              const uint8_t **ret_bytes, size_t *ret_size,
                              struct tick_block_summary *ret_summary, struct error *reterr) {
    assert(batch->count >= 1 && batch->count <= TICK_BLOCK_ROWS_MAX);
    assert(batch->price_decimals >= 0 && batch->price_decimals <= 18);
    assert(batch->quantity_decimals >= 0 && batch->quantity_decimals <= 18);
    struct tick_block_summary summary = {
        .kind = kind,
        .count = batch->count,
        .first_ts_ns = batch->ts_ns[0],
        .last_ts_ns = batch->ts_ns[batch->count - 1],
    };
    int64_t first_open = 0;
    const size_t columns = fill_columns(encoder, kind, batch, &summary, &first_open);
    write_head(&summary, encoder->bytes);
    store_64(encoder->bytes + BLOCK_OPEN_AT, (uint64_t)first_open);
    uint64_t hash = hash64(encoder->bytes, BLOCK_HASH_AT, seed);

    size_t size = BLOCK_HEAD_SIZE;
    for (size_t i = 0; i < columns; i++) {
        size_t column_size;
        const int64_t *values = i == 0 ? batch->ts_ns : encoder->columns[i];
        enum status status = column_encode(&encoder->work, batch->count, values, i == 0,
                                           encoder->bytes + size, &column_size, &hash, reterr);
        if (status != STATUS_OK)
            return status;
        size += column_size;
    }
    summary.hash = hash;
    store_64(encoder->bytes + BLOCK_HASH_AT, hash);
    *ret_bytes = encoder->bytes;
    *ret_size = size;
    *ret_summary = summary;
    return STATUS_OK;
}

/* ---- decoding ---- */

enum status tick_block_decoder_create(struct tick_block_decoder **ret_decoder,
                                      struct error *reterr) {
    struct tick_block_decoder *decoder = calloc(1, sizeof(*decoder));
    if (decoder == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory to unpack blocks");
    *ret_decoder = decoder;
    return STATUS_OK;
}

void tick_block_decoder_destroy(struct tick_block_decoder *decoder) {
    if (decoder == NULL)
        return;
    free(decoder->columns[0]);
    free(decoder->flags);
    column_work_finish(&decoder->work);
    free(decoder);
}

/* Room for `count` rows; a series' blocks are alike, so this grows once or twice. */
static enum status need_rows(struct tick_block_decoder *decoder, size_t count,
                             struct error *reterr) {
    if (count <= decoder->rows)
        return STATUS_OK;
    free(decoder->columns[0]);
    free(decoder->flags);
    decoder->columns[0] = malloc(BLOCK_COLUMNS_MAX * count * sizeof(int64_t));
    decoder->flags = malloc(count);
    decoder->rows = 0;
    if (decoder->columns[0] == NULL || decoder->flags == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for the rows of a block");
    for (size_t i = 1; i < BLOCK_COLUMNS_MAX; i++)
        decoder->columns[i] = decoder->columns[0] + i * count;
    decoder->rows = count;
    return STATUS_OK;
}

static enum status read_head(const uint8_t *bytes, size_t size,
                             struct tick_block_summary *ret_summary, struct error *reterr) {
    if (size < BLOCK_HEAD_SIZE || memcmp(bytes, magic, sizeof(magic)) != 0)
        return error_set(reterr, STATUS_CORRUPT, "not a tick block");
    const uint32_t count = load_32(bytes + 8);
    if (bytes[4] > SERIES_BARS || bytes[5] > 18 || bytes[6] > 18 || bytes[7] != 0 || count == 0 ||
        count > TICK_BLOCK_ROWS_MAX || load_32(bytes + 12) != 0)
        return error_set(reterr, STATUS_CORRUPT, "the head of a tick block makes no sense");
    *ret_summary = (struct tick_block_summary){
        .kind = bytes[4] == SERIES_BARS ? SERIES_BARS : SERIES_TICKS,
        .count = count,
        .first_ts_ns = (int64_t)load_64(bytes + 16),
        .last_ts_ns = (int64_t)load_64(bytes + 24),
        .price_decimals = bytes[5],
        .quantity_decimals = bytes[6],
        .hash = load_64(bytes + BLOCK_HASH_AT),
    };
    return STATUS_OK;
}

/* What the hash cannot promise of bytes that someone made on purpose. */
static enum status check_rows(const struct tick_block_summary *summary, const int64_t *ts_ns,
                              struct error *reterr) {
    bool falls = false;
    for (size_t i = 1; i < summary->count; i++)
        falls |= ts_ns[i] < ts_ns[i - 1];
    if (falls || ts_ns[0] != summary->first_ts_ns ||
        ts_ns[summary->count - 1] != summary->last_ts_ns)
        return error_set(reterr, STATUS_CORRUPT, "the times of a tick block do not rise");
    return STATUS_OK;
}

static enum status narrow_flags(size_t count, const int64_t *values, uint8_t *ret_flags,
                                struct error *reterr) {
    uint64_t all = 0;
    for (size_t i = 0; i < count; i++) {
        all |= (uint64_t)values[i];
        ret_flags[i] = (uint8_t)values[i];
    }
    if ((all & ~(uint64_t)FLAGS_ALL) != 0)
        return error_set(reterr, STATUS_CORRUPT, "unknown flags in a tick block");
    return STATUS_OK;
}

enum status tick_block_decode(struct tick_block_decoder *decoder, const uint8_t *bytes, size_t size,
                              uint64_t seed, struct tick_batch *ret_batch,
                              struct tick_block_summary *ret_summary, struct error *reterr) {
    struct tick_block_summary summary;
    enum status status = read_head(bytes, size, &summary, reterr);
    if (status == STATUS_OK)
        status = need_rows(decoder, summary.count, reterr);
    if (status != STATUS_OK)
        return status;

    uint64_t hash = hash64(bytes, BLOCK_HASH_AT, seed);
    const size_t columns = summary.kind == SERIES_BARS ? 6 : 4;
    size_t at = BLOCK_HEAD_SIZE;
    for (size_t i = 0; i < columns; i++) {
        size_t used;
        status = column_decode(&decoder->work, bytes + at, size - at, summary.count,
                               decoder->columns[i], &used, &hash, reterr);
        if (status != STATUS_OK)
            return status;
        at += used;
    }
    if (at != size)
        return error_set(reterr, STATUS_CORRUPT, "bytes left over after a tick block");
    if (hash != summary.hash)
        return error_set(reterr, STATUS_CORRUPT, "the checksum of a tick block does not match");

    struct tick_batch batch = {
        .count = summary.count,
        .ts_ns = decoder->columns[0],
        .price_decimals = summary.price_decimals,
        .quantity_decimals = summary.quantity_decimals,
    };
    status = check_rows(&summary, batch.ts_ns, reterr);
    if (summary.kind == SERIES_BARS) {
        bars_from_differences(summary.count, (int64_t)load_64(bytes + BLOCK_OPEN_AT),
                              decoder->columns + 1);
    } else {
        batch.flags = decoder->flags;
        if (status == STATUS_OK)
            status = narrow_flags(summary.count, decoder->columns[3], decoder->flags, reterr);
    }
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i + 1 < columns && i < TICK_VALUES_MAX; i++)
        batch.value[i] = decoder->columns[1 + i];
    if (summary.kind == SERIES_TICKS)
        batch.value[2] = NULL; /* the third is the flags, which went to their own column */
    *ret_batch = batch;
    if (ret_summary != NULL)
        *ret_summary = summary;
    return STATUS_OK;
}
