#include "store/market/market_block.h"

#include "store/database/binder.h"

enum status market_block_writer_init(struct market_block_writer *writer,
                                     const struct market_file *market, struct error *reterr) {
    *writer = (struct market_block_writer){.market = market};
    enum status status = tick_block_encoder_create(&writer->encoder, reterr);
    if (status == STATUS_OK) {
        status = market_prepare(market,
                                "INSERT INTO block(series_id, source_id, first_ts_ns, last_ts_ns,"
                                " row_count, price_decimals, quantity_decimals, hash, payload, id)"
                                " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                                "preparing to write", &writer->insert, reterr);
    }
    if (status != STATUS_OK)
        market_block_writer_finish(writer);
    return status;
}

void market_block_writer_finish(struct market_block_writer *writer) {
    (void)sqlite3_finalize(writer->insert); /* repeats what step said */
    tick_block_encoder_destroy(writer->encoder);
    *writer = (struct market_block_writer){0};
}

enum status market_block_insert(struct market_block_writer *writer,
                                const struct market_block_key *key,
                                const struct tick_block_summary *summary, const uint8_t *bytes,
                                size_t size, struct error *reterr) {
    sqlite3_stmt *insert = writer->insert;
    const int64_t integers[8] = {key->series_id,
                                 key->source_id,
                                 summary->first_ts_ns,
                                 summary->last_ts_ns,
                                 (int64_t)summary->count,
                                 summary->price_decimals,
                                 summary->quantity_decimals,
                                 (int64_t)summary->hash};
    struct binder binder = binder_of(insert);
    bind_integers(&binder, sizeof(integers) / sizeof(integers[0]), integers);
    bind_blob(&binder, bytes, size);
    bind_integer_if(&binder, key->id != 0, key->id);
    const enum status status =
        market_status(writer->market, bind_query(&binder), "writing a block", reterr);
    (void)sqlite3_reset(insert); /* repeats what step said */
    return status;
}

enum status market_block_write(struct market_block_writer *writer,
                               const struct market_block_key *key, const struct tick_batch *batch,
                               size_t *ret_size, struct error *reterr) {
    const uint8_t *bytes = NULL;
    size_t size = 0;
    struct tick_block_summary summary = {0};
    enum status status = tick_block_encode(writer->encoder, key->kind, batch, key->seed, &bytes,
                                           &size, &summary, reterr);
    if (status == STATUS_OK)
        status = market_block_insert(writer, key, &summary, bytes, size, reterr);
    if (status == STATUS_OK)
        *ret_size = size;
    return status;
}
