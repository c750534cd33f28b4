#include "store/market/market_delete.h"

#include <stdbool.h>

#include "store/blocks/tick_block.h"
#include "store/blocks/tick_slice.h"
#include "store/database/binder.h"
#include "store/market/market_block.h"
#include "store/market/market_catalog.h"
#include "store/market/market_internal.h"

struct deleter {
    struct market_file *market;
    int64_t from_ns;
    int64_t to_ns;
    struct market_block_writer writer;
    struct tick_block_decoder *decoder;
    struct market_delete_result result;
};

struct doomed_block {
    struct market_block_key key;
    int64_t first_ts_ns;
    int64_t last_ts_ns;
    int64_t row_count;
};

/* Runs `sql`, which changes rows, with ?1 and ?2 bound. */
static enum status change(const struct deleter *deleter, const char *sql, int64_t first,
                          int64_t second, struct error *reterr) {
    const char *doing = "deleting";
    sqlite3_stmt *statement = NULL;
    enum status status = market_prepare(deleter->market, sql, doing, &statement, reterr);
    if (status != STATUS_OK)
        return status;
    struct binder binder = binder_of(statement);
    bind_integer(&binder, first);
    if (sqlite3_bind_parameter_count(statement) > 1)
        bind_integer(&binder, second);
    status = market_status(deleter->market, bind_query(&binder), doing, reterr);
    (void)sqlite3_finalize(statement); /* repeats what step said */
    return status;
}

/* The next block of the series that holds rows of the span, in order after *after. STATUS_END:
 * none. One at a time, since each is changed before the next is looked for. */
static enum status find_block(const struct deleter *deleter, const struct market_series *series,
                              int64_t after_id, struct doomed_block *ret_block,
                              struct error *reterr) {
    const char *doing = "looking for blocks";
    sqlite3_stmt *statement = NULL;
    enum status status =
        market_prepare(deleter->market,
                       "SELECT id, source_id, first_ts_ns, last_ts_ns, row_count FROM block"
                       " WHERE series_id = ?1 AND first_ts_ns < ?2 AND last_ts_ns >= ?3 AND id > ?4"
                       " ORDER BY id LIMIT 1",
                       doing, &statement, reterr);
    if (status != STATUS_OK)
        return status;
    struct binder binder = binder_of(statement);
    bind_integer(&binder, series->id);
    bind_integer(&binder, deleter->to_ns);
    bind_integer(&binder, deleter->from_ns);
    bind_integer(&binder, after_id);
    const int rc = bind_query(&binder);
    status = market_status(deleter->market, rc, doing, reterr);
    if (rc == SQLITE_ROW) {
        const struct series_key key = {series->instrument, series->name, series->kind,
                                       series->bar_ns};
        *ret_block = (struct doomed_block){
            .key = {.id = sqlite3_column_int64(statement, 0),
                    .series_id = series->id,
                    .source_id = sqlite3_column_int64(statement, 1),
                    .kind = series->kind,
                    .seed = tick_block_seed(&key)},
            .first_ts_ns = sqlite3_column_int64(statement, 2),
            .last_ts_ns = sqlite3_column_int64(statement, 3),
            .row_count = sqlite3_column_int64(statement, 4),
        };
    } else if (status == STATUS_OK) {
        status = STATUS_END;
    }
    (void)sqlite3_finalize(statement); /* repeats what step said */
    return status;
}

static size_t rows_before(const struct tick_batch *batch, int64_t bound) {
    size_t count = 0;
    while (count < batch->count && batch->ts_ns[count] < bound)
        count++;
    return count;
}

static enum status read_block(struct deleter *deleter, const struct doomed_block *block,
                              const char *label, struct tick_batch *ret_batch,
                              struct error *reterr) {
    const char *doing = "reading a block";
    sqlite3_stmt *statement = NULL;
    enum status status = market_prepare(deleter->market, "SELECT payload FROM block WHERE id = ?1",
                                        doing, &statement, reterr);
    if (status != STATUS_OK)
        return status;
    struct binder binder = binder_of(statement);
    bind_integer(&binder, block->key.id);
    status = market_status(deleter->market, bind_query(&binder), doing, reterr);
    if (status == STATUS_OK) {
        const uint8_t *bytes = sqlite3_column_blob(statement, 0);
        const size_t size = (size_t)sqlite3_column_bytes(statement, 0);
        status = bytes == NULL ? error_set(reterr, STATUS_CORRUPT, "it is empty")
                               : tick_block_decode(deleter->decoder, bytes, size, block->key.seed,
                                                   ret_batch, NULL, reterr);
    }
    (void)sqlite3_finalize(statement); /* repeats what step said */
    if (status != STATUS_OK)
        return error_prefix(reterr, status, "market file '%s', block %lld of %s",
                            deleter->market->path, (long long)block->key.id, label);
    return STATUS_OK;
}

/* Takes the span out of one block. What is left of it is written anew: the later part under the old
 * id and the earlier under a new one, so that the order (first, last, id) stays that of the rows
 * even among blocks of one and the same instant. */
static enum status cut_block(struct deleter *deleter, const struct market_series *series,
                             const struct doomed_block *block, struct error *reterr) {
    const bool inside = block->first_ts_ns >= deleter->from_ns &&
                        (block->last_ts_ns < deleter->to_ns || deleter->to_ns == INT64_MAX);
    struct tick_batch batch = {0};
    size_t before = 0;
    size_t end = 0;
    enum status status = STATUS_OK;
    if (!inside) {
        status = read_block(deleter, block, series->instrument, &batch, reterr);
        if (status != STATUS_OK)
            return status;
        before = rows_before(&batch, deleter->from_ns);
        end = rows_before(&batch, deleter->to_ns);
        if (before == end)
            return STATUS_OK; /* the span lies in a gap of the block */
    }
    status = change(deleter, "DELETE FROM block WHERE id = ?1", block->key.id, 0, reterr);
    size_t size = 0;
    if (status == STATUS_OK && end < batch.count) {
        const struct tick_batch rest = tick_slice(&batch, end, batch.count);
        status = market_block_write(&deleter->writer, &block->key, &rest, &size, reterr);
    }
    if (status == STATUS_OK && before > 0) {
        struct market_block_key key = block->key;
        key.id = end < batch.count ? 0 : key.id;
        const struct tick_batch rest = tick_slice(&batch, 0, before);
        status = market_block_write(&deleter->writer, &key, &rest, &size, reterr);
    }
    const int64_t gone = inside ? block->row_count : (int64_t)(end - before);
    if (status == STATUS_OK)
        status =
            change(deleter, "UPDATE source SET deleted_count = deleted_count + ?2 WHERE id = ?1",
                   block->key.source_id, gone, reterr);
    deleter->result.rows += (uint64_t)gone;
    return status;
}

static enum status cut_series(struct deleter *deleter, const struct market_series *series,
                              struct error *reterr) {
    enum status status = STATUS_OK;
    for (int64_t after_id = 0; status == STATUS_OK;) {
        struct doomed_block block = {0};
        status = find_block(deleter, series, after_id, &block, reterr);
        if (status == STATUS_OK)
            status = cut_block(deleter, series, &block, reterr);
        after_id = block.key.id;
    }
    return status == STATUS_END ? STATUS_OK : status;
}

/* Sources of which nothing is left; also those whose rows were all another source's, since that one
 * may be gone now: such a file can come in again, and then changes nothing at worst. */
#define DOOMED                                                                                     \
    "SELECT id FROM source WHERE (deleted_count > 0 OR overlap_count > 0)"                         \
    " AND NOT EXISTS (SELECT 1 FROM block WHERE source_id = source.id)"

/* Forgets sources, series and instruments of which nothing is left. */
static enum status sweep_up(struct deleter *deleter, struct error *reterr) {
    const char *doing = "deleting";
    enum status status = market_execute(
        deleter->market, "DELETE FROM quality WHERE source_id IN (" DOOMED ")", doing, reterr);
    if (status == STATUS_OK)
        status = market_execute(deleter->market, "DELETE FROM source WHERE id IN (" DOOMED ")",
                                doing, reterr);
    if (status == STATUS_OK)
        deleter->result.sources = (uint64_t)sqlite3_changes64(deleter->market->database);
    if (status == STATUS_OK)
        status = market_execute(deleter->market,
                                "DELETE FROM series WHERE NOT EXISTS"
                                " (SELECT 1 FROM block WHERE series_id = series.id) AND NOT EXISTS"
                                " (SELECT 1 FROM quality WHERE series_id = series.id);"
                                "DELETE FROM instrument WHERE NOT EXISTS"
                                " (SELECT 1 FROM series WHERE instrument_id = instrument.id)",
                                doing, reterr);
    return status;
}

enum status market_delete(struct market_file *market, const char *instrument, int64_t from_ns,
                          int64_t to_ns, struct market_delete_result *ret_result,
                          struct error *reterr) {
    struct deleter deleter = {.market = market, .from_ns = from_ns, .to_ns = to_ns};
    struct market_series_list list = {0};
    enum status status = market_execute(market, "BEGIN IMMEDIATE", "beginning to delete", reterr);
    if (status == STATUS_OK)
        status = market_list_series(market, instrument, &list, reterr);
    if (status == STATUS_OK && list.count == 0)
        status = error_set(reterr, STATUS_USAGE, "market file '%s' has no instrument '%.80s'",
                           market->path, instrument);
    if (status == STATUS_OK)
        status = market_block_writer_init(&deleter.writer, market, reterr);
    if (status == STATUS_OK)
        status = tick_block_decoder_create(&deleter.decoder, reterr);
    for (size_t i = 0; status == STATUS_OK && i < list.count; i++)
        status = cut_series(&deleter, &list.rows[i], reterr);
    if (status == STATUS_OK)
        status = sweep_up(&deleter, reterr);
    market_block_writer_finish(&deleter.writer);
    tick_block_decoder_destroy(deleter.decoder);
    market_series_list_finish(&list);
    if (status == STATUS_OK)
        status = market_execute(market, "COMMIT", "finishing to delete", reterr);
    if (status != STATUS_OK) {
        market_roll_back(market);
        return status;
    }
    *ret_result = deleter.result;
    return STATUS_OK;
}
