#include "store/market_source.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "store/hash64.h"
#include "store/little_endian.h"
#include "store/market_internal.h"
#include "store/tick_block.h"

struct source_block {
    int64_t id;
    int64_t first_ts_ns;
    int64_t last_ts_ns;
    int64_t row_count;
    uint64_t hash;
    int32_t price_decimals;
    int32_t quantity_decimals;
};

struct market_source {
    struct market_file *market;
    char *label; /* "BTCUSDT trade", for messages */
    uint64_t seed;
    int64_t from_ns;
    int64_t to_ns;
    struct source_block *blocks;
    size_t block_count;
    size_t block_next;
    sqlite3_stmt *read_block;
    struct tick_block_decoder *decoder;
};

/* Lists the blocks that hold rows of the span. */
static enum status list_blocks(struct market_source *source, int64_t series_id,
                               struct error *reterr) {
    const char *doing = "listing its blocks";
    sqlite3_stmt *statement = NULL;
    enum status status =
        market_prepare(source->market,
                       "SELECT id, first_ts_ns, last_ts_ns, row_count, hash, price_decimals,"
                       " quantity_decimals FROM block"
                       " WHERE series_id = ?1 AND first_ts_ns < ?2 AND last_ts_ns >= ?3"
                       " ORDER BY first_ts_ns, last_ts_ns, id",
                       doing, &statement, reterr);
    if (status != STATUS_OK)
        return status;
    int rc = sqlite3_bind_int64(statement, 1, series_id);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int64(statement, 2, source->to_ns);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int64(statement, 3, source->from_ns);
    status = market_status(source->market, rc, doing, reterr);
    size_t capacity = 0;
    while (status == STATUS_OK && (rc = sqlite3_step(statement)) == SQLITE_ROW) {
        if (source->block_count == capacity) {
            capacity = capacity == 0 ? 64 : 2 * capacity;
            struct source_block *blocks =
                reallocarray(source->blocks, capacity, sizeof(*source->blocks));
            if (blocks == NULL) {
                status = error_set(reterr, STATUS_NO_MEMORY, "no memory for a list of blocks");
                break;
            }
            source->blocks = blocks;
        }
        const struct source_block block = {
            .id = sqlite3_column_int64(statement, 0),
            .first_ts_ns = sqlite3_column_int64(statement, 1),
            .last_ts_ns = sqlite3_column_int64(statement, 2),
            .row_count = sqlite3_column_int64(statement, 3),
            .hash = (uint64_t)sqlite3_column_int64(statement, 4),
            .price_decimals = sqlite3_column_int(statement, 5),
            .quantity_decimals = sqlite3_column_int(statement, 6),
        };
        if (source->block_count > 0 &&
            block.first_ts_ns < source->blocks[source->block_count - 1].last_ts_ns) {
            status = error_set(reterr, STATUS_CORRUPT,
                               "market file '%s': blocks %lld and %lld of %s overlap in time",
                               source->market->path,
                               (long long)source->blocks[source->block_count - 1].id,
                               (long long)block.id, source->label);
            break;
        }
        source->blocks[source->block_count++] = block;
    }
    if (status == STATUS_OK)
        status = market_status(source->market, rc, doing, reterr);
    (void)sqlite3_finalize(statement); /* repeats what step said */
    return status;
}

enum status market_source_create(struct market_file *market, const struct market_series *series,
                                 int64_t from_ns, int64_t to_ns, struct market_source **ret_source,
                                 struct error *reterr) {
    const struct series_key key = {series->instrument, series->name, series->kind, series->bar_ns};
    struct market_source *source = calloc(1, sizeof(*source));
    if (source == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for a tick source");
    source->market = market;
    source->seed = tick_block_seed(&key);
    source->from_ns = from_ns;
    source->to_ns = to_ns;
    enum status status = STATUS_OK;
    source->label = sqlite3_mprintf("%s %s", series->instrument, series->name);
    if (source->label == NULL)
        status = error_set(reterr, STATUS_NO_MEMORY, "no memory for a tick source");
    if (status == STATUS_OK)
        status = list_blocks(source, series->id, reterr);
    if (status == STATUS_OK)
        status = tick_block_decoder_create(&source->decoder, reterr);
    if (status == STATUS_OK)
        status = market_prepare(market, "SELECT payload FROM block WHERE id = ?1",
                                "reading its blocks", &source->read_block, reterr);
    if (status != STATUS_OK) {
        market_source_destroy(source);
        return status;
    }
    *ret_source = source;
    return STATUS_OK;
}

void market_source_destroy(struct market_source *source) {
    if (source == NULL)
        return;
    (void)sqlite3_finalize(source->read_block); /* repeats what step said */
    tick_block_decoder_destroy(source->decoder);
    sqlite3_free(source->label);
    free(source->blocks);
    free(source);
}

/* Decodes one block and holds it against what the table says of it. */
static enum status decode_block(struct market_source *source, const struct source_block *block,
                                struct tick_batch *ret_batch, struct error *reterr) {
    int rc = sqlite3_bind_int64(source->read_block, 1, block->id);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(source->read_block);
    enum status status = market_status(source->market, rc, "reading a block", reterr);
    if (status == STATUS_OK && rc != SQLITE_ROW)
        status = error_set(reterr, STATUS_CORRUPT, "it is not there any more");
    struct tick_block_summary summary = {0};
    if (status == STATUS_OK) {
        const uint8_t *bytes = sqlite3_column_blob(source->read_block, 0);
        const size_t size = (size_t)sqlite3_column_bytes(source->read_block, 0);
        if (bytes == NULL)
            status = error_set(reterr, STATUS_CORRUPT, "it is empty");
        else
            status = tick_block_decode(source->decoder, bytes, size, source->seed, ret_batch,
                                       &summary, reterr);
    }
    (void)sqlite3_reset(source->read_block); /* repeats what step said */
    if (status == STATUS_OK &&
        ((int64_t)summary.count != block->row_count || summary.hash != block->hash ||
         summary.first_ts_ns != block->first_ts_ns || summary.last_ts_ns != block->last_ts_ns))
        status = error_set(reterr, STATUS_CORRUPT, "its row in the table and its content differ");
    if (status != STATUS_OK)
        return error_prefix(reterr, status, "market file '%s', block %lld of %s",
                            source->market->path, (long long)block->id, source->label);
    return STATUS_OK;
}

/* The first row with ts_ns >= bound. */
static size_t lower_bound(const struct tick_batch *batch, int64_t bound) {
    size_t low = 0;
    size_t high = batch->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (batch->ts_ns[middle] < bound)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Cuts the batch to the span asked for. */
static void trim(const struct market_source *source, struct tick_batch *batch) {
    assert(batch->count > 0 && batch->ts_ns != NULL);
    const size_t first =
        batch->ts_ns[0] < source->from_ns ? lower_bound(batch, source->from_ns) : 0;
    const size_t end = batch->ts_ns[batch->count - 1] >= source->to_ns
                           ? lower_bound(batch, source->to_ns)
                           : batch->count;
    batch->ts_ns += first;
    for (size_t i = 0; i < TICK_VALUES_MAX; i++) {
        if (batch->value[i] != NULL)
            batch->value[i] += first;
    }
    if (batch->flags != NULL)
        batch->flags += first;
    batch->count = end > first ? end - first : 0;
}

static enum status next(void *context, struct tick_batch *ret_batch, struct error *reterr) {
    struct market_source *source = context;
    while (source->block_next < source->block_count) {
        struct tick_batch batch = {0};
        enum status status =
            decode_block(source, &source->blocks[source->block_next], &batch, reterr);
        if (status != STATUS_OK)
            return status;
        source->block_next++;
        trim(source, &batch);
        if (batch.count > 0) { /* a block may span a gap that holds the whole range */
            *ret_batch = batch;
            return STATUS_OK;
        }
    }
    return STATUS_END;
}

struct tick_source market_source_port(struct market_source *source) {
    return (struct tick_source){.context = source, .next = next};
}

uint64_t market_source_hash(const struct market_source *source) {
    uint64_t hash = source->seed;
    for (size_t i = 0; i < source->block_count; i++) {
        const struct source_block *block = &source->blocks[i];
        uint8_t bytes[32];
        store_64(bytes, block->hash);
        store_64(bytes + 8, (uint64_t)block->first_ts_ns);
        store_64(bytes + 16, (uint64_t)block->last_ts_ns);
        store_64(bytes + 24, (uint64_t)block->row_count);
        hash = hash64(bytes, sizeof(bytes), hash);
    }
    return hash;
}

struct market_source_extent market_source_extent(const struct market_source *source) {
    struct market_source_extent extent = {0};
    for (size_t i = 0; i < source->block_count; i++) {
        const struct source_block *block = &source->blocks[i];
        extent.rows += (uint64_t)block->row_count;
        if (block->price_decimals > extent.price_decimals)
            extent.price_decimals = block->price_decimals;
        if (block->quantity_decimals > extent.quantity_decimals)
            extent.quantity_decimals = block->quantity_decimals;
    }
    return extent;
}

void market_source_skip(struct market_source *source) {
    if (source->block_next < source->block_count)
        source->block_next++;
}

void market_source_rewind(struct market_source *source) {
    source->block_next = 0;
}
