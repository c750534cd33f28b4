#include "store/market/market_source.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "store/blocks/hash64.h"
#include "store/blocks/little_endian.h"
#include "store/blocks/tick_block.h"
#include "store/database/binder.h"
#include "store/market/block_list.h"
#include "store/market/block_merge.h"
#include "store/market/market_internal.h"
#include "store/market/market_select.h"

struct market_source {
    struct market_file *market;
    char *label; /* "BTCUSDT trade", for messages */
    uint64_t seed;
    int64_t from_ns;
    int64_t to_ns;
    struct block_list list;
    size_t block_next;         /* unless merged */
    struct block_merge *merge; /* NULL: blocks are read one after the other */
    sqlite3_stmt *read_block;
    struct tick_block_decoder *decoder;
};

static enum status fetch(void *context, const struct block_row *block,
                         struct tick_block_decoder *decoder, struct tick_batch *ret_batch,
                         struct error *reterr);

enum status market_source_select(struct market_file *market, const struct market_series *series,
                                 const struct block_selection *selection, bool trimmed,
                                 struct market_source **ret_source, struct error *reterr) {
    const struct series_key key = {series->instrument, series->name, series->kind, series->bar_ns};
    struct market_source *source = calloc(1, sizeof(*source));
    if (source == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for a tick source");
    source->market = market;
    source->seed = tick_block_seed(&key);
    source->from_ns = trimmed ? selection->from_ns : INT64_MIN;
    source->to_ns = trimmed ? selection->to_ns : INT64_MAX;
    enum status status = STATUS_OK;
    source->label = sqlite3_mprintf("%s %s", series->instrument, series->name);
    if (source->label == NULL)
        status = error_set(reterr, STATUS_NO_MEMORY, "no memory for a tick source");
    if (status == STATUS_OK)
        status = block_list_read(market, selection, &source->list, reterr);
    if (status == STATUS_OK)
        status = tick_block_decoder_create(&source->decoder, reterr);
    if (status == STATUS_OK && source->list.merged) {
        const struct block_fetch port = {.context = source, .fetch = fetch};
        status = block_merge_create(&source->list, &port, &source->merge, reterr);
    }
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

enum status market_source_create(struct market_file *market, const struct market_series *series,
                                 int64_t from_ns, int64_t to_ns, struct market_source **ret_source,
                                 struct error *reterr) {
    const struct block_selection selection = {
        .series_id = series->id, .from_ns = from_ns, .to_ns = to_ns, .sources = BLOCKS_OF_ALL};
    return market_source_select(market, series, &selection, true, ret_source, reterr);
}

void market_source_destroy(struct market_source *source) {
    if (source == NULL)
        return;
    (void)sqlite3_finalize(source->read_block); /* repeats what step said */
    block_merge_destroy(source->merge);
    block_list_finish(&source->list);
    tick_block_decoder_destroy(source->decoder);
    sqlite3_free(source->label);
    free(source);
}

/* Decodes one block and holds it against what the table says of it. */
static enum status decode_block(const struct market_source *source, const struct block_row *block,
                                struct tick_block_decoder *decoder, struct tick_batch *ret_batch,
                                struct error *reterr) {
    struct binder binder = binder_of(source->read_block);
    bind_integer(&binder, block->id);
    const int rc = bind_query(&binder);
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
            status =
                tick_block_decode(decoder, bytes, size, source->seed, ret_batch, &summary, reterr);
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

static enum status fetch(void *context, const struct block_row *block,
                         struct tick_block_decoder *decoder, struct tick_batch *ret_batch,
                         struct error *reterr) {
    const struct market_source *source = context;
    const enum status status = decode_block(source, block, decoder, ret_batch, reterr);
    if (status == STATUS_OK)
        trim(source, ret_batch);
    return status;
}

static enum status next(void *context, struct tick_batch *ret_batch, struct error *reterr) {
    struct market_source *source = context;
    if (source->merge != NULL) {
        const enum status status = block_merge_next(source->merge, ret_batch, reterr);
        if (status == STATUS_OK || status == STATUS_END || source->merge->failed != NULL)
            return status;
        return error_prefix(reterr, status, "market file '%s', %s", source->market->path,
                            source->label);
    }
    while (source->block_next < source->list.count) {
        struct tick_batch batch = {0};
        const enum status status =
            fetch(source, &source->list.rows[source->block_next], source->decoder, &batch, reterr);
        if (status != STATUS_OK)
            return status;
        source->block_next++;
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
    for (size_t i = 0; i < source->list.count; i++) {
        const struct block_row *block = &source->list.rows[i];
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
    for (size_t i = 0; i < source->list.count; i++) {
        const struct block_row *block = &source->list.rows[i];
        extent.rows += (uint64_t)block->row_count;
        if (block->price_decimals > extent.price_decimals)
            extent.price_decimals = block->price_decimals;
        if (block->quantity_decimals > extent.quantity_decimals)
            extent.quantity_decimals = block->quantity_decimals;
    }
    return extent;
}

void market_source_skip(struct market_source *source) {
    if (source->merge != NULL)
        block_merge_skip(source->merge);
    else if (source->block_next < source->list.count)
        source->block_next++;
}

void market_source_rewind(struct market_source *source) {
    source->block_next = 0;
    if (source->merge != NULL)
        block_merge_rewind(source->merge);
}
