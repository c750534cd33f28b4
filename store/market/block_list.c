#include "store/market/block_list.h"

#include <stdlib.h>
#include <string.h>

#include "store/database/binder.h"

void block_list_finish(struct block_list *list) {
    free(list->rows);
    free(list->chains);
    *list = (struct block_list){0};
}

static enum status no_memory(struct error *reterr) {
    return error_set(reterr, STATUS_NO_MEMORY, "no memory for a list of blocks");
}

static enum status read_rows(const struct market_file *market,
                             const struct block_selection *selection, struct block_list *list,
                             struct error *reterr) {
    static const char *const sql[] = {
        [BLOCKS_OF_ALL] = "SELECT id, source_id, first_ts_ns, last_ts_ns, row_count, hash,"
                          " price_decimals, quantity_decimals FROM block"
                          " WHERE series_id = ?1 AND first_ts_ns < ?2 AND last_ts_ns >= ?3"
                          " ORDER BY first_ts_ns, last_ts_ns, id",
        [BLOCKS_OF_SOURCE] = "SELECT id, source_id, first_ts_ns, last_ts_ns, row_count, hash,"
                             " price_decimals, quantity_decimals FROM block"
                             " WHERE series_id = ?1 AND first_ts_ns < ?2 AND last_ts_ns >= ?3"
                             " AND source_id = ?4 ORDER BY first_ts_ns, last_ts_ns, id",
        [BLOCKS_OF_OTHERS] = "SELECT id, source_id, first_ts_ns, last_ts_ns, row_count, hash,"
                             " price_decimals, quantity_decimals FROM block"
                             " WHERE series_id = ?1 AND first_ts_ns < ?2 AND last_ts_ns >= ?3"
                             " AND source_id <> ?4 ORDER BY first_ts_ns, last_ts_ns, id",
    };
    const char *doing = "listing its blocks";
    sqlite3_stmt *statement = NULL;
    enum status status = market_prepare(market, sql[selection->sources], doing, &statement, reterr);
    if (status != STATUS_OK)
        return status;
    struct binder binder = binder_of(statement);
    bind_integer(&binder, selection->series_id);
    bind_integer(&binder, selection->to_ns);
    bind_integer(&binder, selection->from_ns);
    if (selection->sources != BLOCKS_OF_ALL)
        bind_integer(&binder, selection->source_id);
    int rc = binder.rc;
    status = market_status(market, rc, doing, reterr);
    size_t capacity = 0;
    while (status == STATUS_OK && (rc = sqlite3_step(statement)) == SQLITE_ROW) {
        if (list->count == capacity) {
            capacity = capacity == 0 ? 64 : 2 * capacity;
            struct block_row *rows = reallocarray(list->rows, capacity, sizeof(*rows));
            if (rows == NULL) {
                status = no_memory(reterr);
                break;
            }
            list->rows = rows;
        }
        list->rows[list->count++] = (struct block_row){
            .id = sqlite3_column_int64(statement, 0),
            .source_id = sqlite3_column_int64(statement, 1),
            .first_ts_ns = sqlite3_column_int64(statement, 2),
            .last_ts_ns = sqlite3_column_int64(statement, 3),
            .row_count = sqlite3_column_int64(statement, 4),
            .hash = (uint64_t)sqlite3_column_int64(statement, 5),
            .price_decimals = sqlite3_column_int(statement, 6),
            .quantity_decimals = sqlite3_column_int(statement, 7),
            .next = SIZE_MAX,
        };
    }
    if (status == STATUS_OK)
        status = market_status(market, rc, doing, reterr);
    (void)sqlite3_finalize(statement); /* repeats what step said */
    return status;
}

/* Whether reading block after block would give the rows out of order, or those of one time in an
 * order that depends on which file was imported first. */
static bool must_merge(const struct block_list *list) {
    for (size_t i = 1; i < list->count; i++) {
        const struct block_row *const before = &list->rows[i - 1];
        const struct block_row *const row = &list->rows[i];
        if (row->first_ts_ns > before->last_ts_ns)
            continue;
        if (row->first_ts_ns < before->last_ts_ns || row->source_id != before->source_id ||
            row->id < before->id)
            return true;
    }
    return false;
}

/* ---- chains ---- */

/* A block as the chains are made from it. */
struct link {
    int64_t source_id;
    int64_t id;
    size_t row;
};

static int by_source_and_id(const void *left, const void *right) {
    const struct link *const a = left;
    const struct link *const b = right;
    if (a->source_id != b->source_id)
        return a->source_id < b->source_id ? -1 : 1;
    return (a->id > b->id) - (a->id < b->id);
}

/* When a source begins in the series. */
struct beginning {
    int64_t source_id;
    int64_t ts_ns;
};

/* A chain as it is ranked. */
struct ranked {
    struct block_chain chain;
    struct beginning source;
    int64_t id;
};

static int by_beginning(const void *left, const void *right) {
    const struct ranked *const a = left;
    const struct ranked *const b = right;
    if (a->source.ts_ns != b->source.ts_ns)
        return a->source.ts_ns < b->source.ts_ns ? -1 : 1;
    if (a->source.source_id != b->source.source_id)
        return a->source.source_id < b->source.source_id ? -1 : 1;
    return (a->id > b->id) - (a->id < b->id);
}

static int by_first_ts(const void *left, const void *right) {
    const struct block_chain *const a = left;
    const struct block_chain *const b = right;
    if (a->first_ts_ns != b->first_ts_ns)
        return a->first_ts_ns < b->first_ts_ns ? -1 : 1;
    return (a->rank > b->rank) - (a->rank < b->rank);
}

/* Fills in when the sources of the chains begin; they and the query's rows are by source id. */
static enum status find_beginnings(const struct market_file *market, int64_t series_id,
                                   struct ranked *ranked, size_t count, struct error *reterr) {
    const char *doing = "listing its sources";
    sqlite3_stmt *statement = NULL;
    enum status status = market_prepare(market,
                                        "SELECT source_id, min(first_ts_ns) FROM block"
                                        " WHERE series_id = ?1 GROUP BY source_id ORDER BY 1",
                                        doing, &statement, reterr);
    if (status != STATUS_OK)
        return status;
    struct binder binder = binder_of(statement);
    bind_integer(&binder, series_id);
    int rc = binder.rc;
    status = market_status(market, rc, doing, reterr);
    size_t at = 0;
    while (status == STATUS_OK && (rc = sqlite3_step(statement)) == SQLITE_ROW) {
        const int64_t source_id = sqlite3_column_int64(statement, 0);
        while (at < count && ranked[at].source.source_id < source_id)
            at++;
        for (; at < count && ranked[at].source.source_id == source_id; at++)
            ranked[at].source.ts_ns = sqlite3_column_int64(statement, 1);
    }
    if (status == STATUS_OK)
        status = market_status(market, rc, doing, reterr);
    (void)sqlite3_finalize(statement); /* repeats what step said */
    return status;
}

/* Links the blocks of each source, in the order of import, as far as time does not go back. */
static size_t link_chains(struct block_list *list, const struct link *links,
                          struct ranked *ret_ranked) {
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++) {
        struct block_row *const row = &list->rows[links[i].row];
        struct block_row *const before = i > 0 ? &list->rows[links[i - 1].row] : NULL;
        if (before != NULL && before->source_id == row->source_id &&
            before->last_ts_ns <= row->first_ts_ns) {
            before->next = links[i].row;
            ret_ranked[count - 1].chain.last_ts_ns = row->last_ts_ns;
            continue;
        }
        ret_ranked[count++] = (struct ranked){
            .chain = {.first = links[i].row,
                      .first_ts_ns = row->first_ts_ns,
                      .last_ts_ns = row->last_ts_ns},
            .source = {.source_id = row->source_id, .ts_ns = row->first_ts_ns},
            .id = row->id,
        };
    }
    return count;
}

static enum status make_chains(const struct market_file *market, int64_t series_id,
                               struct block_list *list, struct error *reterr) {
    struct link *links = calloc(list->count, sizeof(*links));
    struct ranked *ranked = calloc(list->count, sizeof(*ranked));
    list->chains = calloc(list->count, sizeof(*list->chains));
    enum status status = STATUS_OK;
    if (links == NULL || ranked == NULL || list->chains == NULL) {
        status = no_memory(reterr);
    } else {
        for (size_t i = 0; i < list->count; i++)
            links[i] = (struct link){list->rows[i].source_id, list->rows[i].id, i};
        qsort(links, list->count, sizeof(*links), by_source_and_id);
        list->chain_count = link_chains(list, links, ranked);
        status = find_beginnings(market, series_id, ranked, list->chain_count, reterr);
    }
    if (status == STATUS_OK) {
        qsort(ranked, list->chain_count, sizeof(*ranked), by_beginning);
        for (size_t i = 0; i < list->chain_count; i++) {
            list->chains[i] = ranked[i].chain;
            list->chains[i].rank = i;
        }
        qsort(list->chains, list->chain_count, sizeof(*list->chains), by_first_ts);
    }
    free(links);
    free(ranked);
    return status;
}

enum status block_list_read(const struct market_file *market,
                            const struct block_selection *selection, struct block_list *ret_list,
                            struct error *reterr) {
    struct block_list list = {0};
    enum status status = read_rows(market, selection, &list, reterr);
    if (status == STATUS_OK && must_merge(&list)) {
        list.merged = true;
        status = make_chains(market, selection->series_id, &list, reterr);
    }
    if (status != STATUS_OK) {
        block_list_finish(&list);
        return status;
    }
    *ret_list = list;
    return STATUS_OK;
}

static int by_time(const void *left, const void *right) {
    const int64_t a = *(const int64_t *)left;
    const int64_t b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

/* Chains are by their beginning: so many have begun, less those whose end, in order of the ends,
 * has passed. Without memory the count of chains, which is never too small. */
size_t block_list_depth(const struct block_list *list, int64_t *ret_ts_ns) {
    *ret_ts_ns = list->count > 0 ? list->rows[0].first_ts_ns : 0;
    if (!list->merged)
        return list->count > 0 ? 1 : 0;
    int64_t *ends = calloc(list->chain_count, sizeof(*ends));
    if (ends == NULL)
        return list->chain_count;
    for (size_t i = 0; i < list->chain_count; i++)
        ends[i] = list->chains[i].last_ts_ns;
    qsort(ends, list->chain_count, sizeof(*ends), by_time);
    size_t depth = 0;
    size_t ended = 0;
    for (size_t i = 0; i < list->chain_count; i++) {
        while (ends[ended] < list->chains[i].first_ts_ns)
            ended++;
        if (i + 1 - ended > depth) {
            depth = i + 1 - ended;
            *ret_ts_ns = list->chains[i].first_ts_ns;
        }
    }
    free(ends);
    return depth;
}
