#include "store/market/block_merge.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/time_text.h"
#include "base/units.h"
#include "store/blocks/tick_slice.h"

/* A run of one lane at least so long is handed out as it lies, without copying. */
#define RUN_ROWS 512u

enum status block_merge_create(const struct block_list *list, const struct block_fetch *fetch,
                               struct block_merge **ret_merge, struct error *reterr) {
    assert(list->merged);
    struct block_merge *merge = calloc(1, sizeof(*merge));
    if (merge == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory to merge blocks");
    merge->list = list;
    merge->fetch = *fetch;
    merge->columns =
        malloc(BLOCK_MERGE_ROWS * ((1 + TICK_VALUES_MAX) * sizeof(*merge->columns) + 1));
    if (merge->columns == NULL) {
        block_merge_destroy(merge);
        return error_set(reterr, STATUS_NO_MEMORY, "no memory to merge blocks");
    }
    *ret_merge = merge;
    return STATUS_OK;
}

void block_merge_destroy(struct block_merge *merge) {
    if (merge == NULL)
        return;
    for (size_t i = 0; i < BLOCK_LANES_MAX; i++)
        tick_block_decoder_destroy(merge->lanes[i].decoder);
    free(merge->columns);
    free(merge);
}

void block_merge_rewind(struct block_merge *merge) {
    merge->chain_next = 0;
    merge->lane_count = 0;
    merge->failed = NULL;
}

/* ---- lanes ---- */

static int64_t lane_ts(const struct block_merge *merge, const struct block_lane *lane) {
    return lane->loaded ? lane->batch.ts_ns[lane->at] : merge->list->rows[lane->block].first_ts_ns;
}

/* Goes to the next block of the lane, or frees it; a free lane keeps its decoder. */
static void lane_advance(struct block_merge *merge, struct block_lane *lane) {
    lane->loaded = false;
    lane->block = merge->list->rows[lane->block].next;
    if (lane->block != SIZE_MAX)
        return;
    struct block_lane *const last = &merge->lanes[--merge->lane_count];
    const struct block_lane freed = *lane;
    *lane = *last;
    *last = freed;
}

/* The lane whose row comes next; NULL: none is begun. */
static struct block_lane *lane_first(struct block_merge *merge) {
    struct block_lane *first = NULL;
    for (size_t i = 0; i < merge->lane_count; i++) {
        struct block_lane *const lane = &merge->lanes[i];
        const int64_t ts = lane_ts(merge, lane);
        if (first == NULL || ts < lane_ts(merge, first) ||
            (ts == lane_ts(merge, first) && lane->chain->rank < first->chain->rank))
            first = lane;
    }
    return first;
}

/* The earliest time that anything but `lane` may have a row at. */
static int64_t others_ts(const struct block_merge *merge, const struct block_lane *lane) {
    int64_t ts = merge->chain_next < merge->list->chain_count
                     ? merge->list->chains[merge->chain_next].first_ts_ns
                     : INT64_MAX;
    for (size_t i = 0; i < merge->lane_count; i++) {
        const struct block_lane *const other = &merge->lanes[i];
        if (other != lane && lane_ts(merge, other) < ts)
            ts = lane_ts(merge, other);
    }
    return ts;
}

/* Begins the chains that may hold the next row. */
static enum status lanes_begin(struct block_merge *merge, struct error *reterr) {
    while (merge->chain_next < merge->list->chain_count) {
        const struct block_chain *const chain = &merge->list->chains[merge->chain_next];
        const struct block_lane *const first = lane_first(merge);
        if (first != NULL && chain->first_ts_ns > lane_ts(merge, first))
            return STATUS_OK;
        if (merge->lane_count == BLOCK_LANES_MAX) {
            char text[32];
            (void)time_format_iso(chain->first_ts_ns, text); /* the length is not needed */
            return error_set(reterr, STATUS_CORRUPT,
                             "more than %d files, or parts of a file out of order, overlap at %s",
                             BLOCK_LANES_MAX, text);
        }
        struct block_lane *const lane = &merge->lanes[merge->lane_count++];
        lane->chain = chain;
        lane->block = chain->first;
        lane->loaded = false;
        merge->chain_next++;
    }
    return STATUS_OK;
}

static enum status lane_load(struct block_merge *merge, struct block_lane *lane,
                             struct error *reterr) {
    enum status status = STATUS_OK;
    if (lane->decoder == NULL)
        status = tick_block_decoder_create(&lane->decoder, reterr);
    if (status == STATUS_OK)
        status = merge->fetch.fetch(merge->fetch.context, &merge->list->rows[lane->block],
                                    lane->decoder, &lane->batch, reterr);
    merge->failed = status == STATUS_OK ? NULL : lane;
    if (status != STATUS_OK)
        return status;
    lane->loaded = true;
    lane->at = 0;
    if (lane->batch.count == 0)
        lane_advance(merge, lane);
    return STATUS_OK;
}

void block_merge_skip(struct block_merge *merge) {
    if (merge->failed != NULL)
        lane_advance(merge, merge->failed);
    merge->failed = NULL;
}

/* ---- rows ---- */

/* The batch that is put together, its columns in the merge's room. */
static struct tick_batch out_begin(const struct block_merge *merge, const struct tick_batch *like) {
    struct tick_batch out = {
        .ts_ns = merge->columns,
        .price_decimals = like->price_decimals,
        .quantity_decimals = like->quantity_decimals,
    };
    for (size_t i = 0; i < TICK_VALUES_MAX; i++)
        out.value[i] = like->value[i] == NULL ? NULL : merge->columns + (1 + i) * BLOCK_MERGE_ROWS;
    out.flags = like->flags == NULL
                    ? NULL
                    : (const uint8_t *)(merge->columns + (1 + TICK_VALUES_MAX) * BLOCK_MERGE_ROWS);
    return out;
}

/* Copies one row to the end of `out`. False: it cannot be held at its decimals. */
static bool out_take(const struct block_merge *merge, struct tick_batch *out,
                     const struct tick_batch *from, size_t row) {
    if (from->price_decimals > out->price_decimals ||
        from->quantity_decimals > out->quantity_decimals)
        return false;
    const bool bars = from->flags == NULL;
    const size_t at = out->count;
    for (size_t i = 0; i < TICK_VALUES_MAX && from->value[i] != NULL; i++) {
        const bool quantity = i == (bars ? 4u : 1u);
        const int32_t by = quantity ? out->quantity_decimals - from->quantity_decimals
                                    : out->price_decimals - from->price_decimals;
        int64_t *const into = merge->columns + (1 + i) * BLOCK_MERGE_ROWS + at;
        if (__builtin_mul_overflow(from->value[i][row], units_pow10(by), into))
            return false;
    }
    merge->columns[at] = from->ts_ns[row];
    if (!bars)
        ((uint8_t *)(merge->columns + (1 + TICK_VALUES_MAX) * BLOCK_MERGE_ROWS))[at] =
            from->flags[row];
    out->count++;
    return true;
}

/* How many rows of the lane come before any other's; at least one. */
static size_t run_length(const struct block_lane *lane, int64_t others_ns) {
    const struct tick_batch *const batch = &lane->batch;
    size_t end = batch->count;
    if (batch->ts_ns[end - 1] >= others_ns) {
        end = lane->at + 1;
        while (end < batch->count && batch->ts_ns[end] < others_ns)
            end++;
    }
    return end - lane->at;
}

enum status block_merge_next(struct block_merge *merge, struct tick_batch *ret_batch,
                             struct error *reterr) {
    struct tick_batch out = {0};
    for (;;) {
        enum status status = lanes_begin(merge, reterr);
        struct block_lane *const lane = lane_first(merge);
        if (status == STATUS_OK && lane == NULL) {
            *ret_batch = out;
            return out.count > 0 ? STATUS_OK : STATUS_END;
        }
        if (status == STATUS_OK && !lane->loaded) {
            status = lane_load(merge, lane, reterr);
            if (status == STATUS_OK)
                continue; /* cut to the span it may begin later */
        }
        if (status != STATUS_OK) { /* after what is good; it will fail again */
            *ret_batch = out;
            return out.count > 0 ? STATUS_OK : status;
        }
        const size_t run = run_length(lane, others_ts(merge, lane));
        if (out.count == 0 && run >= RUN_ROWS) {
            *ret_batch = tick_slice(&lane->batch, lane->at, lane->at + run);
            lane->at += run;
            if (lane->at == lane->batch.count)
                lane_advance(merge, lane); /* its rows stay until the next call loads others */
            return STATUS_OK;
        }
        if (out.count == 0)
            out = out_begin(merge, &lane->batch);
        for (size_t i = 0; i < run; i++) {
            if (out.count == BLOCK_MERGE_ROWS || !out_take(merge, &out, &lane->batch, lane->at)) {
                *ret_batch = out;
                return STATUS_OK; /* an empty one takes any row of the batch it is like */
            }
            if (++lane->at == lane->batch.count) {
                lane_advance(merge, lane);
                break;
            }
        }
    }
}
