#include "store/market/market_file.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/database/binder.h"
#include "store/market/market_internal.h"

/* A short wait: another import holds the file for as long as it lasts, and the user should know. */
#define BUSY_TIMEOUT_MS 5000
/* No record of ours comes near it; a damaged one could ask for 1 GB. */
#define RECORD_SIZE_MAX (16 * 1024 * 1024)

/* They hold all that looking for overlaps asks, so that it never reads the blocks themselves. */
#define BLOCK_INDEXES                                                                              \
    "CREATE INDEX block_by_time"                                                                   \
    " ON block(series_id, first_ts_ns, last_ts_ns, row_count, source_id);"                         \
    "CREATE INDEX block_by_source"                                                                 \
    " ON block(source_id, series_id, first_ts_ns, last_ts_ns, row_count);"

/* Fields of struct series_quality and struct market_overlap. */
#define QUALITY_TABLE                                                                              \
    "CREATE TABLE quality("                                                                        \
    " source_id INTEGER NOT NULL REFERENCES source(id),"                                           \
    " series_id INTEGER NOT NULL REFERENCES series(id),"                                           \
    " row_count INTEGER NOT NULL, first_ts_ns INTEGER NOT NULL,"                                   \
    " last_ts_ns INTEGER NOT NULL, out_of_order INTEGER NOT NULL,"                                 \
    " late_ns_max INTEGER NOT NULL, repeats INTEGER NOT NULL,"                                     \
    " duplicates INTEGER NOT NULL, conflicts INTEGER NOT NULL,"                                    \
    " odd INTEGER NOT NULL, odd_line INTEGER NOT NULL,"                                            \
    " spacing_ns INTEGER NOT NULL, gap_bound_ns INTEGER NOT NULL,"                                 \
    " gaps INTEGER NOT NULL, gap_ns_max INTEGER NOT NULL,"                                         \
    " gap_ts_ns INTEGER NOT NULL, bars_missing INTEGER NOT NULL,"                                  \
    " bars_empty INTEGER NOT NULL, jumps INTEGER NOT NULL,"                                        \
    " jump_ts_ns INTEGER NOT NULL, id_gaps INTEGER NOT NULL,"                                      \
    " ids_missing INTEGER NOT NULL, ids_repeated INTEGER NOT NULL,"                                \
    " crossed INTEGER NOT NULL, seconds_single INTEGER NOT NULL,"                                  \
    " seconds_several INTEGER NOT NULL, overlap_equal INTEGER NOT NULL,"                           \
    " overlap_conflicts INTEGER NOT NULL, conflict_ts_ns INTEGER NOT NULL,"                        \
    " conflict_source TEXT NOT NULL, PRIMARY KEY(source_id, series_id)) STRICT, WITHOUT ROWID;"    \
    "CREATE INDEX quality_by_series ON quality(series_id);"

/* Pages of 16 KiB: a block's payload is a chain of some dozen of them instead of fifty, and an
 * empty file still is small. */
static const char *const schema =
    "CREATE TABLE instrument("
    " id INTEGER PRIMARY KEY, symbol TEXT NOT NULL UNIQUE CHECK(symbol <> '')) STRICT;"
    "CREATE TABLE series("
    " id INTEGER PRIMARY KEY, instrument_id INTEGER NOT NULL REFERENCES instrument(id),"
    " name TEXT NOT NULL, kind TEXT NOT NULL CHECK(kind IN ('ticks', 'bars')),"
    " bar_ns INTEGER NOT NULL CHECK(bar_ns >= 0),"
    " UNIQUE(instrument_id, name, kind, bar_ns)) STRICT;"
    "CREATE TABLE source("
    " id INTEGER PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL UNIQUE,"
    " bytes INTEGER NOT NULL, format TEXT NOT NULL, row_count INTEGER NOT NULL,"
    " deleted_count INTEGER NOT NULL DEFAULT 0, first_ts_ns INTEGER, last_ts_ns INTEGER,"
    " overlap_count INTEGER NOT NULL DEFAULT 0, ts_unit TEXT, checksum TEXT) STRICT;"
    "CREATE TABLE block("
    " id INTEGER PRIMARY KEY, series_id INTEGER NOT NULL REFERENCES series(id),"
    " source_id INTEGER NOT NULL REFERENCES source(id),"
    " first_ts_ns INTEGER NOT NULL, last_ts_ns INTEGER NOT NULL,"
    " row_count INTEGER NOT NULL CHECK(row_count > 0),"
    " price_decimals INTEGER NOT NULL, quantity_decimals INTEGER NOT NULL,"
    " hash INTEGER NOT NULL, payload BLOB NOT NULL,"
    " CHECK(first_ts_ns <= last_ts_ns)) STRICT;" BLOCK_INDEXES QUALITY_TABLE;

/* What version 2 has and version 1 had not. */
static const char *const from_version_1 =
    "ALTER TABLE source ADD COLUMN overlap_count INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE source ADD COLUMN ts_unit TEXT;"
    "ALTER TABLE source ADD COLUMN checksum TEXT;"
    "DROP INDEX block_by_time; DROP INDEX block_by_source;" BLOCK_INDEXES QUALITY_TABLE;

enum status market_status(const struct market_file *market, int rc, const char *doing,
                          struct error *reterr) {
    const char *words = sqlite3_errmsg(market->database);
    switch (rc & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return STATUS_OK;
    case SQLITE_NOTADB:
        return error_set(reterr, STATUS_FOREIGN, "'%s' is not a market file of crossfall: %s",
                         market->path, words);
    case SQLITE_CORRUPT:
    case SQLITE_TOOBIG:
    case SQLITE_CONSTRAINT:
        return error_set(reterr, STATUS_CORRUPT, "market file '%s': %s: %s", market->path, doing,
                         words);
    case SQLITE_FULL:
        return error_set(reterr, STATUS_FULL, "market file '%s': %s: %s", market->path, doing,
                         words);
    case SQLITE_NOMEM:
        return error_set(reterr, STATUS_NO_MEMORY, "market file '%s': %s: no memory", market->path,
                         doing);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return error_set(reterr, STATUS_IO,
                         "market file '%s': %s: in use by another process (an import or delete "
                         "under way, or a reader that keeps it from ending)",
                         market->path, doing);
    default:
        return error_set(reterr, STATUS_IO, "market file '%s': %s: %s", market->path, doing, words);
    }
}

enum status market_execute(const struct market_file *market, const char *sql, const char *doing,
                           struct error *reterr) {
    return market_status(market, sqlite3_exec(market->database, sql, NULL, NULL, NULL), doing,
                         reterr);
}

enum status market_prepare(const struct market_file *market, const char *sql, const char *doing,
                           sqlite3_stmt **ret_statement, struct error *reterr) {
    return market_status(market, sqlite3_prepare_v2(market->database, sql, -1, ret_statement, NULL),
                         doing, reterr);
}

enum status market_integer(const struct market_file *market, const char *sql, int64_t argument,
                           const char *doing, int64_t *ret_value, struct error *reterr) {
    sqlite3_stmt *statement = NULL;
    enum status status = market_prepare(market, sql, doing, &statement, reterr);
    if (status != STATUS_OK)
        return status;
    struct binder binder = binder_of(statement);
    if (sqlite3_bind_parameter_count(statement) > 0)
        bind_integer(&binder, argument);
    const int rc = bind_query(&binder);
    status = market_status(market, rc, doing, reterr);
    if (status == STATUS_OK)
        *ret_value = rc == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
    (void)sqlite3_finalize(statement); /* repeats what step said */
    return status;
}

void market_roll_back(const struct market_file *market) {
    if (!sqlite3_get_autocommit(market->database)) {
        /* If even this fails, closing the file leaves the journal, and the next one rolls back. */
        (void)sqlite3_exec(market->database, "ROLLBACK", NULL, NULL, NULL);
    }
}

enum identity {
    IDENTITY_EMPTY,
    IDENTITY_OLD, /* ours, of version 1 */
    IDENTITY_OURS,
};

/* Tells an empty database from one of ours; anything else is foreign. */
static enum status check_identity(const struct market_file *market, enum identity *ret_identity,
                                  struct error *reterr) {
    const char *doing = "opening it";
    int64_t application = 0;
    int64_t version = 0;
    int64_t objects = 0;
    enum status status =
        market_integer(market, "PRAGMA application_id", 0, doing, &application, reterr);
    if (status == STATUS_OK)
        status = market_integer(market, "PRAGMA user_version", 0, doing, &version, reterr);
    if (status == STATUS_OK)
        status = market_integer(market, "SELECT count(*) FROM sqlite_schema", 0, doing, &objects,
                                reterr);
    if (status != STATUS_OK)
        return status;
    if (application == MARKET_APPLICATION_ID && version == MARKET_SCHEMA_VERSION)
        *ret_identity = IDENTITY_OURS;
    else if (application == MARKET_APPLICATION_ID && version == 1)
        *ret_identity = IDENTITY_OLD;
    else if (objects == 0 && application == 0 && version == 0)
        *ret_identity = IDENTITY_EMPTY;
    else if (application == MARKET_APPLICATION_ID)
        return error_set(reterr, STATUS_FOREIGN,
                         "market file '%s' has schema version %lld, this crossfall knows %d",
                         market->path, (long long)version, MARKET_SCHEMA_VERSION);
    else
        return error_set(
            reterr, STATUS_FOREIGN,
            "'%s' is a database, but not a market file of crossfall (application id %lld)",
            market->path, (long long)application);
    return STATUS_OK;
}

/* Makes the tables, or those that an older version had not; all or none. */
static enum status create_schema(const struct market_file *market, struct error *reterr) {
    const char *doing = "making its tables";
    char marks[96];
    (void)snprintf(marks, sizeof(marks), "PRAGMA application_id = %d; PRAGMA user_version = %d",
                   MARKET_APPLICATION_ID, MARKET_SCHEMA_VERSION); /* fits */
    enum status status =
        market_execute(market, "PRAGMA page_size = 16384; BEGIN IMMEDIATE", doing, reterr);
    enum identity identity = IDENTITY_OURS;
    /* Looked at again once the lock is ours: another process may have made it meanwhile. */
    if (status == STATUS_OK)
        status = check_identity(market, &identity, reterr);
    if (status == STATUS_OK && identity == IDENTITY_EMPTY)
        status = market_execute(market, schema, doing, reterr);
    if (status == STATUS_OK && identity == IDENTITY_OLD)
        status = market_execute(market, from_version_1, doing, reterr);
    if (status == STATUS_OK && identity != IDENTITY_OURS)
        status = market_execute(market, marks, doing, reterr);
    if (status == STATUS_OK)
        status = market_execute(market, "COMMIT", doing, reterr);
    market_roll_back(market);
    return status;
}

/* Opens a connection, without a look into the file. */
static enum status connect(struct market_file *market, const char *name, int flags,
                           struct error *reterr) {
    const int rc = sqlite3_open_v2(name, &market->database, flags, NULL);
    if (market->database == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "market file '%s': no memory", market->path);
    (void)sqlite3_extended_result_codes(market->database, 1); /* cannot fail on an open database */
    return market_status(market, rc, "opening it", reterr);
}

static void disconnect(struct market_file *market) {
    (void)sqlite3_close(market->database); /* no statement is open */
    market->database = NULL;
}

/* Limits and settings. What stands in an untrusted file cannot run code with them. */
static enum status set_up(const struct market_file *market, struct error *reterr) {
    (void)sqlite3_limit(market->database, SQLITE_LIMIT_LENGTH, RECORD_SIZE_MAX); /* old value */
    (void)sqlite3_limit(market->database, SQLITE_LIMIT_ATTACHED, 0);
    (void)sqlite3_busy_timeout(market->database, BUSY_TIMEOUT_MS); /* always ok */
    return market_execute(market,
                          "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;"
                          "PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL;"
                          "PRAGMA cache_size = -32768",
                          "opening it", reterr);
}

/* A reader that finds the journal of an import that was cut off cannot read before it is rolled
 * back, which takes a moment of writing. */
static enum status recover(struct market_file *market, struct error *reterr) {
    const int rc = sqlite3_exec(market->database, "PRAGMA schema_version", NULL, NULL, NULL);
    if (rc != SQLITE_READONLY_ROLLBACK && rc != SQLITE_READONLY_RECOVERY)
        return STATUS_OK; /* what else may be wrong, the next read tells */
    disconnect(market);
    const char *doing = "undoing an import that was cut off (someone who may write must do it)";
    enum status status = connect(market, market->path, SQLITE_OPEN_READWRITE, reterr);
    if (status == STATUS_OK)
        status = market_execute(market, "PRAGMA schema_version", doing, reterr);
    if (status != STATUS_OK)
        return status;
    disconnect(market);
    return connect(market, market->path, SQLITE_OPEN_READONLY, reterr);
}

/* A reader makes an older file a newer one, if it may write; no row changes. */
static enum status upgrade(struct market_file *market, struct error *reterr) {
    disconnect(market);
    enum status status = connect(market, market->path, SQLITE_OPEN_READWRITE, reterr);
    if (status == STATUS_OK)
        status = set_up(market, reterr);
    if (status == STATUS_OK)
        status = create_schema(market, reterr);
    if (status != STATUS_OK)
        return error_prefix(reterr, status,
                            "market file '%s' is of schema version 1 and must be brought to %d by "
                            "someone who may write (any `crossfall import` into it does)",
                            market->path, MARKET_SCHEMA_VERSION);
    disconnect(market);
    status = connect(market, market->path, SQLITE_OPEN_READONLY, reterr);
    return status == STATUS_OK ? set_up(market, reterr) : status;
}

static enum status open_for_reading(struct market_file *market, struct error *reterr) {
    if (access(market->path, F_OK) != 0) {
        return error_set(reterr, STATUS_IO,
                         "market file '%s': %s; `crossfall import` makes one, --data names another",
                         market->path, strerror(errno));
    }
    enum status status = connect(market, market->path, SQLITE_OPEN_READONLY, reterr);
    if (status == STATUS_OK)
        status = recover(market, reterr);
    if (status == STATUS_OK)
        status = set_up(market, reterr);
    enum identity identity = IDENTITY_OURS;
    if (status == STATUS_OK)
        status = check_identity(market, &identity, reterr);
    if (status == STATUS_OK && identity == IDENTITY_OLD)
        return upgrade(market, reterr);
    if (status != STATUS_OK || identity == IDENTITY_OURS)
        return status;
    /* A first import that was killed at once leaves an empty file. It reads as a market file
     * without data, from memory, since a reader makes no tables. */
    disconnect(market);
    status = connect(market, ":memory:", SQLITE_OPEN_READWRITE, reterr);
    if (status == STATUS_OK)
        status = set_up(market, reterr);
    return status == STATUS_OK ? create_schema(market, reterr) : status;
}

static enum status open_for_writing(struct market_file *market, struct error *reterr) {
    enum status status =
        connect(market, market->path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, reterr);
    enum identity identity = IDENTITY_OURS;
    if (status == STATUS_OK)
        status = set_up(market, reterr);
    if (status == STATUS_OK)
        status = check_identity(market, &identity, reterr);
    if (status == STATUS_OK && identity != IDENTITY_OURS)
        status = create_schema(market, reterr);
    return status;
}

enum status market_file_open(const char *path, enum market_mode mode,
                             struct market_file **ret_market, struct error *reterr) {
    assert(path != NULL && ret_market != NULL);
    struct market_file *market = calloc(1, sizeof(*market));
    char *own_path = strdup(path);
    if (market == NULL || own_path == NULL) {
        free(market);
        free(own_path);
        return error_set(reterr, STATUS_NO_MEMORY, "market file '%s': no memory", path);
    }
    market->path = own_path;
    const enum status status =
        mode == MARKET_READ ? open_for_reading(market, reterr) : open_for_writing(market, reterr);
    if (status != STATUS_OK) {
        market_file_close(market);
        return status;
    }
    *ret_market = market;
    return STATUS_OK;
}

void market_file_close(struct market_file *market) {
    if (market == NULL)
        return;
    /* A statement of ours that is still open is a bug of ours, not the user's. */
    const int rc = sqlite3_close(market->database);
    assert(rc == SQLITE_OK);
    (void)rc;
    free(market->path);
    free(market);
}

void market_file_close_unused(struct market_file *market) {
    struct error error;
    int64_t sources = 1;
    /* Under the lock of a writer, so that no other import is in it. One that waits for the lock
     * finds its file moved, and SQLite says so. */
    enum status status = market_execute(market, "BEGIN EXCLUSIVE", "closing it", &error);
    if (status == STATUS_OK)
        status = market_integer(market, "SELECT count(*) FROM source", 0, "closing it", &sources,
                                &error);
    if (status == STATUS_OK && sources == 0)
        (void)unlink(market->path); /* an empty market file does no harm */
    market_roll_back(market);
    market_file_close(market);
}

const char *market_file_path(const struct market_file *market) {
    return market->path;
}
