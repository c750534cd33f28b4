#include "store/market/market_catalog.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "store/database/binder.h"
#include "store/market/market_import.h"
#include "store/market/market_internal.h"

/* Grows an array of `*capacity` rows of `row_size` so that one more fits; NULL: no memory, and the
 * old one is kept. */
static void *grow_rows(void *rows, size_t count, size_t *capacity, size_t row_size) {
    if (count < *capacity)
        return rows;
    const size_t more = *capacity == 0 ? 32 : 2 * *capacity;
    void *grown = reallocarray(rows, more, row_size);
    if (grown != NULL)
        *capacity = more;
    return grown;
}

/* A copy of a text column; "" for NULL. NULL: no memory. */
static char *column_copy(sqlite3_stmt *statement, int column) {
    const unsigned char *text = sqlite3_column_text(statement, column);
    return strdup(text == NULL ? "" : (const char *)text);
}

static enum status no_memory(struct error *reterr) {
    return error_set(reterr, STATUS_NO_MEMORY, "no memory for the list of what is in the file");
}

/* Runs a list query: ?1 is the instrument or NULL; each row goes to `add`. */
static enum status list_rows(struct market_file *market, const char *sql, const char *instrument,
                             enum status (*add)(void *list, size_t *capacity,
                                                sqlite3_stmt *statement, struct error *reterr),
                             void *list, struct error *reterr) {
    const char *doing = "listing what is in it";
    sqlite3_stmt *statement = NULL;
    enum status status = market_prepare(market, sql, doing, &statement, reterr);
    if (status != STATUS_OK)
        return status;
    size_t capacity = 0;
    struct binder binder = binder_of(statement);
    bind_text(&binder, instrument);
    int rc = binder.rc;
    status = market_status(market, rc, doing, reterr);
    while (status == STATUS_OK) {
        rc = sqlite3_step(statement);
        status = market_status(market, rc, doing, reterr);
        if (rc != SQLITE_ROW)
            break;
        status = add(list, &capacity, statement, reterr);
    }
    (void)sqlite3_finalize(statement); /* repeats what step said */
    return status;
}

/* ---- series ---- */

void market_series_list_finish(struct market_series_list *list) {
    for (size_t i = 0; i < list->count; i++) {
        free(list->rows[i].instrument);
        free(list->rows[i].name);
    }
    free(list->rows);
    *list = (struct market_series_list){0};
}

static enum status add_series_row(void *context, size_t *capacity, sqlite3_stmt *statement,
                                  struct error *reterr) {
    struct market_series_list *list = context;
    void *rows = grow_rows(list->rows, list->count, capacity, sizeof(*list->rows));
    if (rows == NULL)
        return no_memory(reterr);
    list->rows = rows;
    struct market_series *series = &list->rows[list->count];
    *series = (struct market_series){
        .id = sqlite3_column_int64(statement, 0),
        .instrument = column_copy(statement, 1),
        .name = column_copy(statement, 2),
        .kind = sqlite3_column_int(statement, 3) != 0 ? SERIES_BARS : SERIES_TICKS,
        .bar_ns = sqlite3_column_int64(statement, 4),
        .rows = (uint64_t)sqlite3_column_int64(statement, 5),
        .blocks = (uint64_t)sqlite3_column_int64(statement, 6),
        .stored_bytes = (uint64_t)sqlite3_column_int64(statement, 7),
        .first_ts_ns = sqlite3_column_int64(statement, 8),
        .last_ts_ns = sqlite3_column_int64(statement, 9),
        .price_decimals = sqlite3_column_int(statement, 10),
        .quantity_decimals = sqlite3_column_int(statement, 11),
    };
    list->count++;
    return series->instrument == NULL || series->name == NULL ? no_memory(reterr) : STATUS_OK;
}

enum status market_list_series(struct market_file *market, const char *instrument,
                               struct market_series_list *ret_list, struct error *reterr) {
    struct market_series_list list = {0};
    const enum status status = list_rows(
        market,
        "SELECT s.id, i.symbol, s.name, s.kind = 'bars', s.bar_ns, sum(b.row_count), count(*),"
        "       sum(length(b.payload)), min(b.first_ts_ns), max(b.last_ts_ns),"
        "       max(b.price_decimals), max(b.quantity_decimals)"
        " FROM instrument i JOIN series s ON s.instrument_id = i.id"
        "      JOIN block b ON b.series_id = s.id"
        " WHERE ?1 IS NULL OR i.symbol = ?1"
        " GROUP BY s.id ORDER BY i.symbol, s.name, s.kind, s.bar_ns",
        instrument, add_series_row, &list, reterr);
    if (status != STATUS_OK) {
        market_series_list_finish(&list);
        return status;
    }
    *ret_list = list;
    return STATUS_OK;
}

/* ---- sources ---- */

void market_source_list_finish(struct market_source_list *list) {
    for (size_t i = 0; i < list->count; i++) {
        free(list->rows[i].name);
        free(list->rows[i].sha256);
        free(list->rows[i].format);
        free(list->rows[i].ts_unit);
        free(list->rows[i].checksum);
    }
    free(list->rows);
    *list = (struct market_source_list){0};
}

static enum status add_source_row(void *context, size_t *capacity, sqlite3_stmt *statement,
                                  struct error *reterr) {
    struct market_source_list *list = context;
    void *rows = grow_rows(list->rows, list->count, capacity, sizeof(*list->rows));
    if (rows == NULL)
        return no_memory(reterr);
    list->rows = rows;
    struct market_source_row *source = &list->rows[list->count];
    *source = (struct market_source_row){
        .name = column_copy(statement, 0),
        .sha256 = column_copy(statement, 1),
        .format = column_copy(statement, 2),
        .bytes = (uint64_t)sqlite3_column_int64(statement, 3),
        .rows = (uint64_t)sqlite3_column_int64(statement, 4),
        .deleted = (uint64_t)sqlite3_column_int64(statement, 5),
        .first_ts_ns = sqlite3_column_int64(statement, 6),
        .last_ts_ns = sqlite3_column_int64(statement, 7),
        .overlap = (uint64_t)sqlite3_column_int64(statement, 8),
        .ts_unit = column_copy(statement, 9),
        .checksum = column_copy(statement, 10),
    };
    list->count++;
    const bool complete = source->name != NULL && source->sha256 != NULL &&
                          source->format != NULL && source->ts_unit != NULL &&
                          source->checksum != NULL;
    return complete ? STATUS_OK : no_memory(reterr);
}

enum status market_list_sources(struct market_file *market, const char *instrument,
                                struct market_source_list *ret_list, struct error *reterr) {
    struct market_source_list list = {0};
    const enum status status = list_rows(
        market,
        "SELECT name, sha256, format, bytes, row_count, deleted_count,"
        "       coalesce(first_ts_ns, 0), coalesce(last_ts_ns, 0), overlap_count, ts_unit, checksum"
        " FROM source WHERE ?1 IS NULL OR id IN (SELECT b.source_id FROM block b"
        "      JOIN series s ON s.id = b.series_id JOIN instrument i ON i.id = s.instrument_id"
        "      WHERE i.symbol = ?1 UNION SELECT q.source_id FROM quality q"
        "      JOIN series s ON s.id = q.series_id JOIN instrument i ON i.id = s.instrument_id"
        "      WHERE i.symbol = ?1)"
        " ORDER BY id",
        instrument, add_source_row, &list, reterr);
    if (status != STATUS_OK) {
        market_source_list_finish(&list);
        return status;
    }
    *ret_list = list;
    return STATUS_OK;
}

/* ---- asked by an import ---- */

enum status market_has_source(struct market_file *market, const char *sha256, bool *ret_has,
                              uint64_t *ret_deleted, struct error *reterr) {
    const char *doing = "looking for the source";
    sqlite3_stmt *statement = NULL;
    enum status status = market_prepare(
        market, "SELECT deleted_count FROM source WHERE sha256 = ?1", doing, &statement, reterr);
    if (status != STATUS_OK)
        return status;
    struct binder binder = binder_of(statement);
    bind_text(&binder, sha256);
    const int rc = bind_query(&binder);
    status = market_status(market, rc, doing, reterr);
    if (status == STATUS_OK) {
        *ret_has = rc == SQLITE_ROW;
        if (ret_deleted != NULL)
            *ret_deleted = *ret_has ? (uint64_t)sqlite3_column_int64(statement, 0) : 0;
    }
    (void)sqlite3_finalize(statement); /* repeats what step said */
    return status;
}

enum status market_has_source_size(struct market_file *market, uint64_t bytes, bool *ret_has,
                                   struct error *reterr) {
    int64_t found = 0;
    const enum status status =
        market_integer(market, "SELECT EXISTS(SELECT 1 FROM source WHERE bytes = ?1)",
                       (int64_t)bytes, "looking for the source", &found, reterr);
    if (status == STATUS_OK)
        *ret_has = found != 0;
    return status;
}
