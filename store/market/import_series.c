#include "store/market/import_series.h"

#include <stdlib.h>
#include <string.h>

#include "store/blocks/tick_block.h"
#include "store/database/binder.h"

/* Limits that keep an untrusted file from filling memory; real ones are far below. */
#define NAME_SIZE_MAX 64
#define SERIES_MAX 65536u

void import_series_table_finish(struct import_series_table *table) {
    for (size_t i = 0; i < table->count; i++) {
        market_pending_finish(&table->rows[i].pending);
        free(table->rows[i].instrument);
    }
    free(table->rows);
    free(table->slots);
    *table = (struct import_series_table){0};
}

static bool series_is(const struct import_series *series, const struct series_key *key) {
    return series->pending.kind == key->kind && series->bar_ns == key->bar_ns &&
           strcmp(series->instrument, key->instrument) == 0 &&
           strcmp(series->name, key->series) == 0;
}

/* The slot of `key`, or the free one where it belongs. */
static size_t find_slot(const struct import_series_table *table, const struct series_key *key,
                        uint64_t seed) {
    size_t slot = (size_t)seed & (table->slot_count - 1);
    while (table->slots[slot] != 0 && !series_is(&table->rows[table->slots[slot] - 1], key))
        slot = (slot + 1) & (table->slot_count - 1);
    return slot;
}

/* Room for one more series, the table at most half full. */
static enum status grow(struct import_series_table *table, struct error *reterr) {
    if (table->count < table->capacity)
        return STATUS_OK;
    const size_t capacity = table->capacity == 0 ? 16 : 2 * table->capacity;
    struct import_series *series = realloc(table->rows, capacity * sizeof(*series));
    if (series != NULL)
        table->rows = series;
    uint32_t *slots = calloc(2 * capacity, sizeof(*slots));
    if (series == NULL || slots == NULL) {
        free(slots);
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for the series of an import");
    }
    free(table->slots);
    table->slots = slots;
    table->slot_count = 2 * capacity;
    table->capacity = capacity;
    for (size_t i = 0; i < table->count; i++) {
        size_t slot = (size_t)table->rows[i].seed & (table->slot_count - 1);
        while (table->slots[slot] != 0)
            slot = (slot + 1) & (table->slot_count - 1);
        table->slots[slot] = (uint32_t)(i + 1);
    }
    return STATUS_OK;
}

/* The id of the row that `find` gives for the bound key, after `insert` has made sure of it. */
static enum status find_or_insert(const struct market_file *market, const char *insert,
                                  const char *find, const struct series_key *key,
                                  int64_t instrument_id, int64_t *ret_id, struct error *reterr) {
    const char *doing = "adding a series";
    const char *const sql[2] = {insert, find};
    enum status status = STATUS_OK;
    for (int i = 0; status == STATUS_OK && i < 2; i++) {
        sqlite3_stmt *statement = NULL;
        status = market_prepare(market, sql[i], doing, &statement, reterr);
        if (status != STATUS_OK)
            return status;
        struct binder binder = binder_of(statement);
        if (instrument_id == 0) {
            bind_text(&binder, key->instrument);
        } else {
            bind_integer(&binder, instrument_id);
            bind_text(&binder, key->series);
            bind_text(&binder, key->kind == SERIES_BARS ? "bars" : "ticks");
            bind_integer(&binder, key->bar_ns);
        }
        const int rc = bind_query(&binder);
        status = market_status(market, rc, doing, reterr);
        if (rc == SQLITE_ROW)
            *ret_id = sqlite3_column_int64(statement, 0);
        (void)sqlite3_finalize(statement); /* repeats what step said */
    }
    return status;
}

static enum status resolve(const struct market_file *market, struct import_series *series,
                           struct error *reterr) {
    const struct series_key key = {series->instrument, series->name, series->pending.kind,
                                   series->bar_ns};
    int64_t instrument_id = 0;
    enum status status = find_or_insert(
        market, "INSERT INTO instrument(symbol) VALUES(?1) ON CONFLICT DO NOTHING",
        "SELECT id FROM instrument WHERE symbol = ?1", &key, 0, &instrument_id, reterr);
    if (status == STATUS_OK) {
        status = find_or_insert(market,
                                "INSERT INTO series(instrument_id, name, kind, bar_ns)"
                                " VALUES(?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
                                "SELECT id FROM series WHERE instrument_id = ?1 AND name = ?2"
                                " AND kind = ?3 AND bar_ns = ?4",
                                &key, instrument_id, &series->id, reterr);
    }
    return status;
}

enum status import_series_resolve(struct import_series_table *table,
                                  const struct market_file *market, struct error *reterr) {
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < table->count; i++)
        status = resolve(market, &table->rows[i], reterr);
    return status;
}

static enum status add(struct import_series_table *table, const struct series_key *key,
                       uint64_t seed, struct error *reterr) {
    const size_t instrument_size = strlen(key->instrument) + 1;
    const size_t name_size = strlen(key->series) + 1;
    if (instrument_size < 2 || name_size < 2 || instrument_size > NAME_SIZE_MAX ||
        name_size > NAME_SIZE_MAX) {
        return error_set(reterr, STATUS_CORRUPT,
                         "instrument '%.80s', series '%.80s': a name is empty or longer than %d",
                         key->instrument, key->series, NAME_SIZE_MAX - 1);
    }
    if (table->count == SERIES_MAX)
        return error_set(reterr, STATUS_CORRUPT, "more than %u series in one file", SERIES_MAX);
    const enum status status = grow(table, reterr);
    if (status != STATUS_OK)
        return status;
    char *names = malloc(instrument_size + name_size);
    if (names == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for the series of an import");
    memcpy(names, key->instrument, instrument_size);
    memcpy(names + instrument_size, key->series, name_size);

    const size_t slot = find_slot(table, key, seed);
    table->rows[table->count] = (struct import_series){
        .pending = {.kind = key->kind},
        .instrument = names,
        .name = names + instrument_size,
        .bar_ns = key->bar_ns,
        .seed = seed,
        .last_ts_ns = INT64_MIN,
    };
    table->recent = table->count++;
    table->slots[slot] = (uint32_t)table->count;
    return STATUS_OK;
}

enum status import_series_select(struct import_series_table *table, const struct series_key *key,
                                 struct import_series **ret_series, struct error *reterr) {
    if (table->count > 0 && series_is(&table->rows[table->recent], key)) {
        *ret_series = &table->rows[table->recent];
        return STATUS_OK;
    }
    const uint64_t seed = tick_block_seed(key);
    const size_t slot = table->count > 0 ? find_slot(table, key, seed) : 0;
    if (table->count > 0 && table->slots[slot] != 0) {
        table->recent = table->slots[slot] - 1;
    } else {
        const enum status status = add(table, key, seed, reterr);
        if (status != STATUS_OK)
            return status;
    }
    *ret_series = &table->rows[table->recent];
    return STATUS_OK;
}
