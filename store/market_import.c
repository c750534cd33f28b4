#include "store/market_import.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/time_text.h"
#include "store/import_series.h"
#include "store/market_block.h"
#include "store/market_internal.h"

/* Room for rows that wait for their block to fill, over all series of a file. */
#define PENDING_BYTES_MAX (256u << 20)

struct market_import {
    struct market_file *market;
    struct market_block_writer writer;
    struct import_series_table series;
    size_t pending_bytes;
    int64_t source_id;
    struct market_import_result result;
    int64_t first_ts_ns;
    int64_t last_ts_ns;
    bool broken; /* an append failed: nothing may be committed */
};

enum status market_import_begin(struct market_file *market, struct market_import **ret_import,
                                struct error *reterr) {
    const char *doing = "beginning an import";
    struct market_import *import = calloc(1, sizeof(*import));
    if (import == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for an import");
    import->market = market;
    import->first_ts_ns = INT64_MAX;
    import->last_ts_ns = INT64_MIN;
    enum status status = market_block_writer_init(&import->writer, market, reterr);
    if (status == STATUS_OK)
        status = market_execute(market, "BEGIN IMMEDIATE", doing, reterr);
    if (status == STATUS_OK)
        status = market_integer(market, "SELECT coalesce(max(id), 0) + 1 FROM source", 0, doing,
                                &import->source_id, reterr);
    /* The source's row comes last, since its hash does; so the blocks wait for it. */
    if (status == STATUS_OK)
        status = market_execute(market, "PRAGMA defer_foreign_keys = ON", doing, reterr);
    if (status != STATUS_OK) {
        market_import_destroy(import);
        return status;
    }
    *ret_import = import;
    return STATUS_OK;
}

void market_import_destroy(struct market_import *import) {
    if (import == NULL)
        return;
    market_roll_back(import->market);
    import_series_table_finish(&import->series);
    market_block_writer_finish(&import->writer);
    free(import);
}

/* ---- rows ---- */

static enum status write_block(struct market_import *import, struct import_series *series,
                               struct error *reterr) {
    if (series->pending.count == 0)
        return STATUS_OK;
    const struct tick_batch batch = market_pending_batch(&series->pending);
    const struct market_block_key key = {.series_id = series->id,
                                         .source_id = import->source_id,
                                         .kind = series->pending.kind,
                                         .seed = series->seed};
    size_t size = 0;
    const enum status status = market_block_write(&import->writer, &key, &batch, &size, reterr);
    if (status != STATUS_OK)
        return status;
    import->result.blocks++;
    import->result.stored_bytes += size;
    series->pending.count = 0;
    return STATUS_OK;
}

static enum status write_all(struct market_import *import, bool free_rows, struct error *reterr) {
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < import->series.count; i++) {
        status = write_block(import, &import->series.rows[i], reterr);
        if (status == STATUS_OK && free_rows)
            market_pending_finish(&import->series.rows[i].pending);
    }
    if (status == STATUS_OK && free_rows)
        import->pending_bytes = 0;
    return status;
}

/* Puts the rows of `batch` into the series, writing what fills. */
static enum status take_rows(struct market_import *import, struct import_series *series,
                             const struct tick_batch *batch, struct error *reterr) {
    struct market_pending *pending = &series->pending;
    const size_t row_size = market_pending_row_size(pending->kind);
    for (size_t first = 0; first < batch->count;) {
        const size_t before = pending->capacity;
        size_t taken = 0;
        enum status status = market_pending_take(pending, batch, first, &taken, reterr);
        import->pending_bytes += (pending->capacity - before) * row_size;
        if (status == STATUS_OK && taken == 0) {
            assert(pending->count > 0); /* an empty one takes anything */
            status = write_block(import, series, reterr);
        }
        first += taken;
        /* Many series at once: all rows go out as shorter blocks, and the room is given back. */
        if (status == STATUS_OK && import->pending_bytes > PENDING_BYTES_MAX)
            status = write_all(import, true, reterr);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

static enum status check_order(const struct import_series *series, const struct tick_batch *batch,
                               struct error *reterr) {
    int64_t before = series->last_ts_ns;
    for (size_t i = 0; i < batch->count; i++) {
        if (batch->ts_ns[i] < before) {
            char then[32];
            char now[32];
            (void)time_format_iso(before, then); /* the length is not needed */
            (void)time_format_iso(batch->ts_ns[i], now);
            return error_set(reterr, STATUS_CORRUPT, "%s %s: time runs backwards, from %s to %s",
                             series->instrument, series->name, then, now);
        }
        before = batch->ts_ns[i];
    }
    return STATUS_OK;
}

static enum status append(void *context, const struct series_key *key,
                          const struct tick_batch *batch, struct error *reterr) {
    struct market_import *import = context;
    assert(!import->broken);
    if (batch->count == 0)
        return STATUS_OK;
    struct import_series *series = NULL;
    enum status status =
        import_series_select(&import->series, import->market, key, &series, reterr);
    if (status == STATUS_OK)
        status = check_order(series, batch, reterr);
    if (status == STATUS_OK)
        status = take_rows(import, series, batch, reterr);
    if (status != STATUS_OK) {
        import->broken = true;
        return status;
    }
    series->last_ts_ns = batch->ts_ns[batch->count - 1];
    import->result.rows += batch->count;
    if (batch->ts_ns[0] < import->first_ts_ns)
        import->first_ts_ns = batch->ts_ns[0];
    if (series->last_ts_ns > import->last_ts_ns)
        import->last_ts_ns = series->last_ts_ns;
    return STATUS_OK;
}

struct tick_sink market_import_sink(struct market_import *import) {
    return (struct tick_sink){.context = import, .append = append};
}

/* ---- commit ---- */

/* Sorted by time, blocks of a series overlap somewhere only if two neighbours do. */
static enum status check_overlap(const struct market_import *import,
                                 const struct import_series *series, struct error *reterr) {
    const char *doing = "looking for overlaps";
    sqlite3_stmt *statement = NULL;
    enum status status = market_prepare(
        import->market,
        "SELECT b.first, b.last, b.first_before, b.last_before,"
        "       coalesce((SELECT name FROM source WHERE id = min(b.source, b.source_before)), '')"
        " FROM (SELECT source_id AS source, first_ts_ns AS first, last_ts_ns AS last,"
        "              lag(source_id) OVER w AS source_before,"
        "              lag(first_ts_ns) OVER w AS first_before,"
        "              lag(last_ts_ns) OVER w AS last_before"
        "       FROM block WHERE series_id = ?1"
        "       WINDOW w AS (ORDER BY first_ts_ns, last_ts_ns, id)) AS b"
        " WHERE b.source <> b.source_before AND (b.first < b.last_before"
        "       OR (b.first = b.first_before AND b.last = b.last_before))"
        " LIMIT 1",
        doing, &statement, reterr);
    if (status != STATUS_OK)
        return status;
    int rc = sqlite3_bind_int64(statement, 1, series->id);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    status = market_status(import->market, rc, doing, reterr);
    if (rc == SQLITE_ROW) {
        char text[4][32];
        for (int i = 0; i < 4; i++)
            (void)time_format_iso(sqlite3_column_int64(statement, i), text[i]); /* length unused */
        status = error_set(reterr, STATUS_CORRUPT,
                           "%s %s: rows overlap in time with those of '%s': %s to %s and %s to %s",
                           series->instrument, series->name,
                           (const char *)sqlite3_column_text(statement, 4), text[2], text[3],
                           text[0], text[1]);
    }
    (void)sqlite3_finalize(statement); /* repeats what step said */
    return status;
}

static enum status insert_source(const struct market_import *import,
                                 const struct market_source_info *source, struct error *reterr) {
    const char *doing = "recording the source";
    sqlite3_stmt *statement = NULL;
    enum status status =
        market_prepare(import->market,
                       "INSERT INTO source(id, name, sha256, bytes, format, row_count,"
                       " first_ts_ns, last_ts_ns) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                       doing, &statement, reterr);
    if (status != STATUS_OK)
        return status;
    int rc = sqlite3_bind_int64(statement, 1, import->source_id);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_text(statement, 2, source->name, -1, SQLITE_STATIC);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_text(statement, 3, source->sha256, -1, SQLITE_STATIC);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int64(statement, 4, (int64_t)source->bytes);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_text(statement, 5, source->format, -1, SQLITE_STATIC);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int64(statement, 6, (int64_t)import->result.rows);
    if (rc == SQLITE_OK && import->result.rows > 0) /* else both stay NULL */
        rc = sqlite3_bind_int64(statement, 7, import->first_ts_ns);
    if (rc == SQLITE_OK && import->result.rows > 0)
        rc = sqlite3_bind_int64(statement, 8, import->last_ts_ns);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    status = market_status(import->market, rc, doing, reterr);
    (void)sqlite3_finalize(statement); /* repeats what step said */
    return status;
}

enum status market_import_commit(struct market_import *import,
                                 const struct market_source_info *source,
                                 struct market_import_result *ret_result, struct error *reterr) {
    assert(!import->broken);
    bool has = false;
    enum status status = market_has_source(import->market, source->sha256, &has, NULL, reterr);
    if (status == STATUS_OK && has) {
        market_roll_back(import->market);
        *ret_result = (struct market_import_result){.already_in = true};
        return STATUS_OK;
    }
    if (status == STATUS_OK)
        status = write_all(import, false, reterr);
    for (size_t i = 0; status == STATUS_OK && i < import->series.count; i++)
        status = check_overlap(import, &import->series.rows[i], reterr);
    if (status == STATUS_OK)
        status = insert_source(import, source, reterr);
    if (status == STATUS_OK)
        status = market_execute(import->market, "COMMIT", "finishing the import", reterr);
    if (status != STATUS_OK) {
        market_roll_back(import->market);
        return status;
    }
    import->result.series = import->series.count;
    *ret_result = import->result;
    return STATUS_OK;
}
