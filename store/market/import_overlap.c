#include "store/market/import_overlap.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/time_text.h"
#include "base/units.h"
#include "store/blocks/tick_block.h"
#include "store/blocks/tick_group.h"
#include "store/blocks/tick_slice.h"
#include "store/database/binder.h"
#include "store/market/block_merge.h"
#include "store/market/market_internal.h"
#include "store/market/market_pending.h"
#include "store/market/market_select.h"

/* A source that the victim is held against. */
struct span {
    int64_t first_ts_ns;
    int64_t last_ts_ns;
    bool foreign; /* of another format than the victim */
    char name[sizeof(((struct market_overlap *)NULL)->conflict_source)];
};

struct settling {
    const struct overlap_request *request;
    struct market_block_key key; /* of the victim's new blocks */
    struct span victim;
    struct span *spans;
    size_t span_count;
    bool any_foreign;
    int64_t from_ns; /* blocks of the victim with rows in from..until are rewritten */
    int64_t until_ns;
    struct market_pending pending;
    struct tick_group ours;
    struct tick_group theirs;
    bool bar_known; /* the last bar kept */
    int64_t bar_ts_ns;
    struct tick_plain bar;
    struct overlap_result result;
};

/* ---- who overlaps ---- */

static enum status find_victim(struct settling *s, struct error *reterr) {
    const char *doing = "looking for overlaps";
    sqlite3_stmt *statement = NULL;
    enum status status = market_prepare(s->request->market,
                                        "SELECT min(first_ts_ns), max(last_ts_ns) FROM block"
                                        " WHERE series_id = ?1 AND source_id = ?2",
                                        doing, &statement, reterr);
    if (status != STATUS_OK)
        return status;
    struct binder binder = binder_of(statement);
    bind_integer(&binder, s->request->series->id);
    bind_integer(&binder, s->request->victim);
    status = market_status(s->request->market, bind_query(&binder), doing, reterr);
    if (status == STATUS_OK && sqlite3_column_type(statement, 0) == SQLITE_NULL)
        status = STATUS_END; /* it has no rows */
    s->victim.first_ts_ns = sqlite3_column_int64(statement, 0);
    s->victim.last_ts_ns = sqlite3_column_int64(statement, 1);
    (void)sqlite3_finalize(statement); /* repeats what step said */
    return status;
}

static bool add_span(struct settling *s, size_t *capacity, sqlite3_stmt *statement) {
    if (s->span_count == *capacity) {
        *capacity = *capacity == 0 ? 8 : 2 * *capacity;
        struct span *spans = reallocarray(s->spans, *capacity, sizeof(*spans));
        if (spans == NULL)
            return false;
        s->spans = spans;
    }
    struct span *const span = &s->spans[s->span_count++];
    *span = (struct span){.first_ts_ns = sqlite3_column_int64(statement, 0),
                          .last_ts_ns = sqlite3_column_int64(statement, 1),
                          .foreign = sqlite3_column_int(statement, 2) != 0};
    const unsigned char *const name = sqlite3_column_text(statement, 3);
    if (name != NULL)
        (void)strncat(span->name, (const char *)name, sizeof(span->name) - 1);
    s->any_foreign = s->any_foreign || span->foreign;
    return true;
}

/* The sources with a block in the victim's span. Asked first for the blocks, by the index: in most
 * imports there is none. */
static enum status find_keepers(struct settling *s, struct error *reterr) {
    const char *doing = "looking for overlaps";
    sqlite3_stmt *statement = NULL;
    enum status status =
        market_prepare(s->request->market,
                       "SELECT min(b.first_ts_ns), max(b.last_ts_ns),"
                       "       f.format <> (SELECT format FROM source WHERE id = ?2), f.name"
                       " FROM block b JOIN source f ON f.id = b.source_id"
                       " WHERE b.series_id = ?1 AND b.source_id IN (SELECT source_id FROM block"
                       "       WHERE series_id = ?1 AND first_ts_ns <= ?5 AND last_ts_ns >= ?4"
                       "       AND source_id <> ?2 AND (?3 = 0 OR source_id = ?3))"
                       " GROUP BY b.source_id ORDER BY b.source_id",
                       doing, &statement, reterr);
    if (status != STATUS_OK)
        return status;
    const int64_t arguments[] = {s->request->series->id, s->request->victim, s->request->keeper,
                                 s->victim.first_ts_ns, s->victim.last_ts_ns};
    struct binder binder = binder_of(statement);
    bind_integers(&binder, sizeof(arguments) / sizeof(arguments[0]), arguments);
    int rc = binder.rc;
    status = market_status(s->request->market, rc, doing, reterr);
    size_t capacity = 0;
    while (status == STATUS_OK && (rc = sqlite3_step(statement)) == SQLITE_ROW) {
        if (!add_span(s, &capacity, statement))
            status = error_set(reterr, STATUS_NO_MEMORY, "no memory for a list of files");
    }
    if (status == STATUS_OK)
        status = market_status(s->request->market, rc, doing, reterr);
    (void)sqlite3_finalize(statement); /* repeats what step said */
    return status;
}

/* The part of the victim where it can meet a keeper; all of it if its own blocks are out of order.
 */
static void choose_part(struct settling *s) {
    s->from_ns = INT64_MAX;
    s->until_ns = INT64_MIN;
    for (size_t i = 0; i < s->span_count; i++) {
        const struct span *const span = &s->spans[i];
        if (span->first_ts_ns < s->from_ns)
            s->from_ns = span->first_ts_ns;
        if (span->last_ts_ns > s->until_ns)
            s->until_ns = span->last_ts_ns;
    }
    if (s->request->late || s->from_ns < s->victim.first_ts_ns)
        s->from_ns = s->victim.first_ts_ns;
    if (s->request->late || s->until_ns > s->victim.last_ts_ns)
        s->until_ns = s->victim.last_ts_ns;
}

/* ---- rows that stay ---- */

static enum status write_pending(struct settling *s, struct error *reterr) {
    if (s->pending.count == 0)
        return STATUS_OK;
    const struct tick_batch batch = market_pending_batch(&s->pending);
    size_t size; /* not needed */
    const enum status status =
        market_block_write(s->request->writer, &s->key, &batch, &size, reterr);
    s->pending.count = 0;
    return status;
}

static enum status keep(struct settling *s, const struct tick_batch *batch, struct error *reterr) {
    for (size_t first = 0; first < batch->count;) {
        size_t taken = 0;
        enum status status = market_pending_take(&s->pending, batch, first, &taken, reterr);
        if (status == STATUS_OK && taken == 0)
            status = write_pending(s, reterr);
        if (status != STATUS_OK)
            return status;
        first += taken;
    }
    return STATUS_OK;
}

/* A plain row as a batch: its prices at common decimals, as they were in the block it is from. */
static enum status keep_plain(struct settling *s, int64_t ts_ns, const struct tick_plain *plain,
                              struct error *reterr) {
    const bool bars = s->key.kind == SERIES_BARS;
    const size_t quantity = bars ? 4 : 1;
    int32_t decimals = 0;
    for (size_t i = 0; i < quantity; i++)
        decimals = plain->value[i].decimals > decimals ? plain->value[i].decimals : decimals;
    int64_t value[TICK_VALUES_MAX];
    for (size_t i = 0; i < quantity; i++)
        value[i] = plain->value[i].mantissa * units_pow10(decimals - plain->value[i].decimals);
    value[quantity] = plain->value[quantity].mantissa;
    struct tick_batch batch = {.count = 1,
                               .ts_ns = &ts_ns,
                               .flags = bars ? NULL : &plain->flags,
                               .price_decimals = decimals,
                               .quantity_decimals = plain->value[quantity].decimals};
    for (size_t i = 0; i <= quantity; i++)
        batch.value[i] = &value[i];
    return keep(s, &batch, reterr);
}

/* ---- rows that meet ---- */

static void note_conflict(struct settling *s, int64_t ts_ns, uint64_t rows) {
    struct market_overlap *const overlap = &s->result.overlap;
    if (rows > 0 && overlap->conflicts == 0) {
        overlap->conflict_ts_ns = ts_ns;
        for (size_t i = 0; i < s->span_count; i++) {
            if (s->spans[i].first_ts_ns <= ts_ns && ts_ns <= s->spans[i].last_ts_ns) {
                memcpy(overlap->conflict_source, s->spans[i].name, sizeof(s->spans[i].name));
                break;
            }
        }
    }
    overlap->conflicts += rows;
}

/* Whether a cut between files may go through this time. */
static bool is_edge(const struct settling *s, int64_t ts_ns) {
    bool edge = ts_ns == s->victim.first_ts_ns || ts_ns == s->victim.last_ts_ns;
    for (size_t i = 0; i < s->span_count && !edge; i++)
        edge = ts_ns == s->spans[i].first_ts_ns || ts_ns == s->spans[i].last_ts_ns;
    return edge;
}

static bool in_foreign_span(const struct settling *s, int64_t ts_ns) {
    bool inside = false;
    for (size_t i = 0; i < s->span_count && !inside; i++)
        inside = s->spans[i].foreign && s->spans[i].first_ts_ns <= ts_ns &&
                 ts_ns <= s->spans[i].last_ts_ns;
    return inside;
}

/* The rows of one time that both have: s->ours and s->theirs. */
static enum status meet(struct settling *s, int64_t ts_ns, struct error *reterr) {
    const size_t shared = tick_group_share(&s->ours, &s->theirs);
    const size_t rest = s->ours.count - shared;
    s->result.overlap.equal += shared;
    const bool more = shared == s->theirs.count && !in_foreign_span(s, ts_ns);
    if (s->key.kind == SERIES_BARS || !(more || is_edge(s, ts_ns))) {
        note_conflict(s, ts_ns, rest);
        return STATUS_OK;
    }
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < s->ours.count; i++) {
        if (!s->ours.rows[i].shared)
            status = keep_plain(s, ts_ns, &s->ours.rows[i], reterr);
    }
    return status;
}

/* ---- rows of the victim alone ---- */

/* A bar of a time of which the victim has had one already is dropped. */
static bool is_second_bar(struct settling *s, const struct tick_batch *batch, size_t row) {
    const struct tick_plain plain = tick_plain_of(batch, row);
    if (s->bar_known && batch->ts_ns[row] == s->bar_ts_ns) {
        if (tick_plain_equal(&plain, &s->bar))
            s->result.duplicates++;
        else
            s->result.conflicts++;
        return true;
    }
    s->bar_known = true;
    s->bar_ts_ns = batch->ts_ns[row];
    s->bar = plain;
    return false;
}

/* Rows at..end of a batch, at times that no keeper has. */
static enum status pass(struct settling *s, const struct tick_batch *batch, size_t at, size_t end,
                        struct error *reterr) {
    const bool each = s->any_foreign || (s->request->late && s->key.kind == SERIES_BARS);
    if (!each) {
        const struct tick_batch part = tick_slice(batch, at, end);
        return keep(s, &part, reterr);
    }
    enum status status = STATUS_OK;
    for (; status == STATUS_OK && at < end; at++) {
        if (in_foreign_span(s, batch->ts_ns[at])) {
            note_conflict(s, batch->ts_ns[at], 1);
        } else if (s->key.kind == SERIES_TICKS || !is_second_bar(s, batch, at)) {
            const struct tick_batch part = tick_slice(batch, at, at + 1);
            status = keep(s, &part, reterr);
        }
    }
    return status;
}

/* Goes through both sides in order of time. */
static enum status walk(struct settling *s, struct tick_rows *ours, struct tick_rows *theirs,
                        struct error *reterr) {
    for (;;) {
        enum status status = tick_rows_fill(ours, reterr);
        if (status != STATUS_OK || ours->ended)
            return status;
        const int64_t ts_ns = ours->batch.ts_ns[ours->at];
        status = tick_rows_fill(theirs, reterr);
        while (status == STATUS_OK && !theirs->ended && theirs->batch.ts_ns[theirs->at] < ts_ns) {
            theirs->at++;
            status = tick_rows_fill(theirs, reterr);
        }
        if (status != STATUS_OK)
            return status;
        if (!theirs->ended && theirs->batch.ts_ns[theirs->at] == ts_ns) {
            status = tick_rows_take_group(ours, ts_ns, &s->ours, reterr);
            if (status == STATUS_OK)
                status = tick_rows_take_group(theirs, ts_ns, &s->theirs, reterr);
            if (status == STATUS_OK)
                status = meet(s, ts_ns, reterr);
        } else {
            const size_t first = ours->at;
            while (ours->at < ours->batch.count &&
                   (theirs->ended || ours->batch.ts_ns[ours->at] < theirs->batch.ts_ns[theirs->at]))
                ours->at++;
            status = pass(s, &ours->batch, first, ours->at, reterr);
        }
        if (status != STATUS_OK)
            return status;
    }
}

/* ---- the whole ---- */

static enum status delete_old(const struct settling *s, int64_t id_max, struct error *reterr) {
    const char *doing = "settling an overlap";
    sqlite3_stmt *statement = NULL;
    enum status status = market_prepare(s->request->market,
                                        "DELETE FROM block WHERE series_id = ?1 AND source_id = ?2"
                                        " AND id <= ?3 AND first_ts_ns <= ?5 AND last_ts_ns >= ?4",
                                        doing, &statement, reterr);
    if (status != STATUS_OK)
        return status;
    const int64_t arguments[] = {s->request->series->id, s->request->victim, id_max, s->from_ns,
                                 s->until_ns};
    struct binder binder = binder_of(statement);
    bind_integers(&binder, sizeof(arguments) / sizeof(arguments[0]), arguments);
    status = market_status(s->request->market, bind_query(&binder), doing, reterr);
    (void)sqlite3_finalize(statement); /* repeats what step said */
    return status;
}

static enum status rewrite(struct settling *s, struct error *reterr) {
    const struct overlap_request *const request = s->request;
    struct block_selection selection = {
        .series_id = request->series->id,
        .from_ns = s->from_ns,
        .to_ns = s->until_ns == INT64_MAX ? INT64_MAX : s->until_ns + 1,
        .sources = BLOCKS_OF_SOURCE,
        .source_id = request->victim,
    };
    struct market_source *ours = NULL;
    struct market_source *theirs = NULL;
    enum status status =
        market_source_select(request->market, request->series, &selection, false, &ours, reterr);
    if (status == STATUS_OK && s->span_count > 0) {
        const bool all = request->keeper == OVERLAP_ALL_OTHERS;
        selection.sources = all ? BLOCKS_OF_OTHERS : BLOCKS_OF_SOURCE;
        selection.source_id = all ? request->victim : request->keeper;
        status = market_source_select(request->market, request->series, &selection, true, &theirs,
                                      reterr);
    }
    int64_t id_max = 0;
    if (status == STATUS_OK)
        status = market_integer(request->market, "SELECT max(id) FROM block", 0,
                                "settling an overlap", &id_max, reterr);
    if (status == STATUS_OK) {
        struct tick_rows our_rows = {.source = market_source_port(ours)};
        struct tick_rows their_rows = {.source = market_source_port(theirs),
                                       .ended = theirs == NULL};
        status = walk(s, &our_rows, &their_rows, reterr);
    }
    if (status == STATUS_OK)
        status = write_pending(s, reterr);
    market_source_destroy(ours);
    market_source_destroy(theirs);
    return status == STATUS_OK ? delete_old(s, id_max, reterr) : status;
}

/* That a reader can merge what is there now. */
static enum status check_depth(const struct settling *s, struct error *reterr) {
    const struct block_selection selection = {
        .series_id = s->request->series->id,
        .from_ns = s->victim.first_ts_ns,
        .to_ns = s->victim.last_ts_ns == INT64_MAX ? INT64_MAX : s->victim.last_ts_ns + 1,
        .sources = BLOCKS_OF_ALL,
    };
    struct block_list list = {0};
    enum status status = block_list_read(s->request->market, &selection, &list, reterr);
    if (status != STATUS_OK)
        return status;
    int64_t ts_ns;
    if (block_list_depth(&list, &ts_ns) > BLOCK_LANES_MAX) {
        char text[32];
        (void)time_format_iso(ts_ns, text); /* the length is not needed */
        status = error_set(reterr, STATUS_CORRUPT, "%s %s: more than %d files overlap at %s",
                           s->request->series->instrument, s->request->series->name,
                           BLOCK_LANES_MAX, text);
    }
    block_list_finish(&list);
    return status;
}

enum status overlap_settle(const struct overlap_request *request, struct overlap_result *ret_result,
                           struct error *reterr) {
    const struct market_series *const series = request->series;
    const struct series_key key = {series->instrument, series->name, series->kind, series->bar_ns};
    struct settling s = {.request = request,
                         .key = {.series_id = series->id,
                                 .source_id = request->victim,
                                 .kind = series->kind,
                                 .seed = tick_block_seed(&key)},
                         .pending = {.kind = series->kind}};
    enum status status = find_victim(&s, reterr);
    if (status == STATUS_OK && request->keeper != OVERLAP_NOBODY)
        status = find_keepers(&s, reterr);
    if (status == STATUS_OK && (s.span_count > 0 || request->late)) {
        choose_part(&s);
        status = rewrite(&s, reterr);
        if (status == STATUS_OK)
            status = check_depth(&s, reterr);
    }
    if (status == STATUS_OK || status == STATUS_END) {
        status = STATUS_OK;
        *ret_result = s.result;
    }
    market_pending_finish(&s.pending);
    tick_group_finish(&s.ours);
    tick_group_finish(&s.theirs);
    free(s.spans);
    return status;
}
