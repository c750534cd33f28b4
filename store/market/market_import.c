#include "store/market/market_import.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/time_text.h"
#include "store/database/binder.h"
#include "store/market/block_spill.h"
#include "store/market/import_overlap.h"
#include "store/market/import_quality.h"
#include "store/market/import_series.h"
#include "store/market/market_block.h"
#include "store/market/market_catalog.h"
#include "store/market/market_internal.h"

/* Room for rows that wait for their block to fill, over all series of a file. */
#define PENDING_BYTES_MAX (24u << 20)

struct market_import {
    struct market_file *market;
    struct tick_block_encoder *encoder;
    struct import_series_table series;
    struct block_spill spill;
    size_t pending_bytes;
    struct market_import_result result;
    int64_t first_ts_ns;
    int64_t last_ts_ns;
    bool broken; /* an append failed: nothing may be committed */
};

enum status market_import_begin(struct market_file *market, struct market_import **ret_import,
                                struct error *reterr) {
    struct market_import *import = calloc(1, sizeof(*import));
    if (import == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for an import");
    import->market = market;
    import->first_ts_ns = INT64_MAX;
    import->last_ts_ns = INT64_MIN;
    block_spill_init(&import->spill, market->path);
    const enum status status = tick_block_encoder_create(&import->encoder, reterr);
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
    import_series_table_finish(&import->series);
    block_spill_finish(&import->spill);
    tick_block_encoder_destroy(import->encoder);
    free(import);
}

/* ---- rows ---- */

static enum status write_block(struct market_import *import, struct import_series *series,
                               struct error *reterr) {
    if (series->pending.count == 0)
        return STATUS_OK;
    const struct tick_batch batch = market_pending_batch(&series->pending);
    const uint8_t *bytes = NULL;
    size_t size = 0;
    struct tick_block_summary summary = {0};
    enum status status = tick_block_encode(import->encoder, series->pending.kind, &batch,
                                           series->seed, &bytes, &size, &summary, reterr);
    if (status == STATUS_OK)
        status = block_spill_add(&import->spill, (size_t)(series - import->series.rows), &summary,
                                 bytes, size, reterr);
    series->pending.count = 0;
    return status;
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

/* Rows of a batch are in order; a batch may begin before the last one ended. */
static enum status check_order(struct import_series *series, const struct tick_batch *batch,
                               struct error *reterr) {
    for (size_t i = 1; i < batch->count; i++) {
        if (batch->ts_ns[i] < batch->ts_ns[i - 1]) {
            char then[32];
            char now[32];
            (void)time_format_iso(batch->ts_ns[i - 1], then); /* the length is not needed */
            (void)time_format_iso(batch->ts_ns[i], now);
            return error_set(reterr, STATUS_CORRUPT, "%s %s: time runs backwards, from %s to %s",
                             series->instrument, series->name, then, now);
        }
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
    enum status status = import_series_select(&import->series, key, &series, reterr);
    if (status == STATUS_OK)
        status = check_order(series, batch, reterr);
    if (status == STATUS_OK && batch->ts_ns[0] < series->last_ts_ns) {
        series->late = true;
        status = write_block(import, series, reterr); /* in a block the order holds */
    }
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

static enum status take_quality(void *context, const struct series_key *key,
                                const struct series_quality *quality, struct error *reterr) {
    struct market_import *import = context;
    struct import_series *series = NULL;
    const enum status status = import_series_select(&import->series, key, &series, reterr);
    if (status != STATUS_OK) {
        import->broken = true;
        return status;
    }
    series->told = true;
    series->found = *quality;
    return STATUS_OK;
}

struct tick_sink market_import_sink(struct market_import *import) {
    return (struct tick_sink){.context = import, .append = append, .quality = take_quality};
}

/* ---- commit ---- */

enum status market_import_seal(struct market_import *import, struct error *reterr) {
    const enum status status = write_all(import, true, reterr);
    if (status != STATUS_OK)
        import->broken = true;
    tick_block_encoder_destroy(import->encoder);
    import->encoder = NULL; /* nothing is encoded after */
    return status;
}

/* A commit under way. */
struct commit {
    struct market_import *import;
    const struct market_source_info *source;
    struct market_block_writer writer;
    int64_t source_id;
    struct market_import_result result;
};

static enum status insert_source(const struct commit *commit, struct error *reterr) {
    const char *doing = "recording the source";
    const struct market_import *const import = commit->import;
    const struct market_source_info *const source = commit->source;
    sqlite3_stmt *statement = NULL;
    enum status status = market_prepare(
        import->market,
        "INSERT INTO source(id, name, sha256, bytes, format, row_count, first_ts_ns, last_ts_ns,"
        " ts_unit, checksum) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        doing, &statement, reterr);
    if (status != STATUS_OK)
        return status;
    struct binder binder = binder_of(statement);
    bind_integer(&binder, commit->source_id);
    bind_text(&binder, source->name);
    bind_text(&binder, source->sha256);
    bind_integer(&binder, (int64_t)source->bytes);
    bind_text(&binder, source->format);
    bind_integer(&binder, (int64_t)import->result.rows);
    bind_integer_if(&binder, import->result.rows > 0, import->first_ts_ns);
    bind_integer_if(&binder, import->result.rows > 0, import->last_ts_ns);
    bind_text(&binder, source->ts_unit);
    bind_text(&binder, source->checksum);
    status = market_status(import->market, bind_query(&binder), doing, reterr);
    (void)sqlite3_finalize(statement); /* repeats what step said */
    return status;
}

/* Puts down that rows of a source are not in: `dropped` are not even counted as its rows, the
 * others are another source's or gave way. */
static enum status update_source(const struct commit *commit, int64_t source_id, uint64_t dropped,
                                 uint64_t overlap, uint64_t deleted, struct error *reterr) {
    const char *doing = "recording the source";
    struct market_file *const market = commit->import->market;
    sqlite3_stmt *statement = NULL;
    enum status status = market_prepare(market,
                                        "UPDATE source SET row_count = row_count - ?2,"
                                        " overlap_count = overlap_count + ?3,"
                                        " deleted_count = deleted_count + ?4 WHERE id = ?1",
                                        doing, &statement, reterr);
    if (status != STATUS_OK)
        return status;
    const int64_t arguments[] = {source_id, (int64_t)dropped, (int64_t)overlap, (int64_t)deleted};
    struct binder binder = binder_of(statement);
    bind_integers(&binder, sizeof(arguments) / sizeof(arguments[0]), arguments);
    status = market_status(market, bind_query(&binder), doing, reterr);
    (void)sqlite3_finalize(statement); /* repeats what step said */
    return status;
}

static enum status insert_block(void *context, const struct spilled_block *block,
                                const uint8_t *bytes, struct error *reterr) {
    struct commit *commit = context;
    const struct import_series *const series = &commit->import->series.rows[block->series];
    const struct market_block_key key = {.series_id = series->id,
                                         .source_id = commit->source_id,
                                         .kind = series->pending.kind,
                                         .seed = series->seed};
    commit->result.blocks++;
    commit->result.stored_bytes += block->size;
    return market_block_insert(&commit->writer, &key, &block->summary, bytes, block->size, reterr);
}

/* ---- overlaps ---- */

static void add_overlap(struct market_overlap *sum, const struct market_overlap *more) {
    if (sum->conflicts == 0) {
        sum->conflict_ts_ns = more->conflict_ts_ns;
        memcpy(sum->conflict_source, more->conflict_source, sizeof(sum->conflict_source));
    }
    sum->equal += more->equal;
    sum->conflicts += more->conflicts;
}

/* The next other source after `after` with blocks of the series in the span of the import;
 * STATUS_END: none. */
static enum status next_other(const struct commit *commit, int64_t series_id, int64_t after,
                              int64_t *ret_id, struct error *reterr) {
    const char *doing = "looking for overlaps";
    struct market_file *const market = commit->import->market;
    sqlite3_stmt *statement = NULL;
    enum status status = market_prepare(market,
                                        "SELECT min(source_id) FROM block WHERE series_id = ?1"
                                        " AND source_id > ?2 AND source_id <> ?3"
                                        " AND first_ts_ns <= ?5 AND last_ts_ns >= ?4",
                                        doing, &statement, reterr);
    if (status != STATUS_OK)
        return status;
    const int64_t arguments[] = {series_id, after, commit->source_id, commit->import->first_ts_ns,
                                 commit->import->last_ts_ns};
    struct binder binder = binder_of(statement);
    bind_integers(&binder, sizeof(arguments) / sizeof(arguments[0]), arguments);
    status = market_status(market, bind_query(&binder), doing, reterr);
    if (status == STATUS_OK && sqlite3_column_type(statement, 0) == SQLITE_NULL)
        status = STATUS_END;
    *ret_id = sqlite3_column_int64(statement, 0);
    (void)sqlite3_finalize(statement); /* repeats what step said */
    return status;
}

/* The other sources give way to the new one. */
static enum status replace_others(struct commit *commit, struct overlap_request *request,
                                  struct market_overlap *overlap, struct error *reterr) {
    request->keeper = commit->source_id;
    request->late = false;
    for (int64_t other = 0;;) {
        enum status status = next_other(commit, request->series->id, other, &other, reterr);
        if (status != STATUS_OK)
            return status == STATUS_END ? STATUS_OK : status;
        struct overlap_result result = {0};
        request->victim = other;
        status = overlap_settle(request, &result, reterr);
        if (status == STATUS_OK)
            status = update_source(commit, other, 0, result.overlap.equal, result.overlap.conflicts,
                                   reterr);
        if (status != STATUS_OK)
            return status;
        commit->result.replaced += result.overlap.conflicts;
        add_overlap(overlap, &result.overlap);
    }
}

/* Holds one series of the new source against the others, and records what was odd in it. */
static enum status settle_series(struct commit *commit, struct import_series *series,
                                 struct error *reterr) {
    const bool replace = commit->source->replace;
    const struct market_series about = {.id = series->id,
                                        .instrument = series->instrument,
                                        .name = series->name,
                                        .kind = series->pending.kind,
                                        .bar_ns = series->bar_ns};
    struct overlap_request request = {.market = commit->import->market,
                                      .writer = &commit->writer,
                                      .series = &about,
                                      .victim = commit->source_id,
                                      .keeper = replace ? OVERLAP_NOBODY : OVERLAP_ALL_OTHERS,
                                      .late = series->late};
    struct overlap_result result = {0};
    enum status status = overlap_settle(&request, &result, reterr);
    if (status != STATUS_OK)
        return status;
    const uint64_t dropped = result.duplicates + result.conflicts;
    const uint64_t beaten = result.overlap.equal + result.overlap.conflicts;
    commit->result.rows -= dropped + beaten;
    if (dropped + beaten > 0)
        status = update_source(commit, commit->source_id, dropped, beaten, 0, reterr);
    if (status == STATUS_OK && replace)
        status = replace_others(commit, &request, &result.overlap, reterr);
    series->found.duplicates += result.duplicates;
    series->found.conflicts += result.conflicts;
    series->found.rows -= series->told ? dropped : 0;
    if (status == STATUS_OK && series->told)
        status = import_quality_write(commit->import->market, commit->source_id, series->id,
                                      &series->found, &result.overlap, reterr);
    add_overlap(&commit->result.overlap, &result.overlap);
    series_quality_add(&commit->result.found, &series->found);
    return status;
}

/* ---- the transaction ---- */

static enum status put_in(struct commit *commit, struct error *reterr) {
    struct market_import *const import = commit->import;
    enum status status =
        market_integer(import->market, "SELECT coalesce(max(id), 0) + 1 FROM source", 0,
                       "beginning an import", &commit->source_id, reterr);
    if (status == STATUS_OK)
        status = insert_source(commit, reterr);
    if (status == STATUS_OK)
        status = import_series_resolve(&import->series, import->market, reterr);
    if (status == STATUS_OK)
        status = market_block_writer_init(&commit->writer, import->market, reterr);
    if (status == STATUS_OK)
        status = block_spill_read(&import->spill, insert_block, commit, reterr);
    for (size_t i = 0; status == STATUS_OK && i < import->series.count; i++)
        status = settle_series(commit, &import->series.rows[i], reterr);
    market_block_writer_finish(&commit->writer);
    if (status == STATUS_OK)
        status = market_execute(import->market, "COMMIT", "finishing the import", reterr);
    return status;
}

enum status market_import_commit(struct market_import *import,
                                 const struct market_source_info *source,
                                 struct market_import_result *ret_result, struct error *reterr) {
    assert(!import->broken);
    struct commit commit = {.import = import, .source = source, .result = import->result};
    bool has = false;
    enum status status = write_all(import, true, reterr);
    if (status == STATUS_OK)
        status = market_execute(import->market, "BEGIN IMMEDIATE", "beginning an import", reterr);
    if (status == STATUS_OK)
        status = market_has_source(import->market, source->sha256, &has, NULL, reterr);
    if (status == STATUS_OK && !has)
        status = put_in(&commit, reterr);
    if (status != STATUS_OK || has)
        market_roll_back(import->market);
    if (status != STATUS_OK)
        return status;
    commit.result.series = import->series.count;
    *ret_result = has ? (struct market_import_result){.already_in = true} : commit.result;
    return STATUS_OK;
}
