#include "store/results/results_file.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "store/database/binder.h"
#include "store/results/results_internal.h"
#include "store/results/results_sql.h"

/* Another process may be storing its run just now; that takes seconds at most. */
#define BUSY_TIMEOUT_MS 60000

enum status results_status(struct results_file *file, int rc, const char *doing,
                           struct error *reterr) {
    const char *words = sqlite3_errmsg(file->database);
    switch (rc & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return STATUS_OK;
    case SQLITE_NOTADB:
        return error_set(reterr, STATUS_FOREIGN, "'%s' is not a results file of crossfall: %s",
                         file->path, words);
    case SQLITE_CORRUPT:
        return error_set(reterr, STATUS_CORRUPT, "results file '%s': %s: %s", file->path, doing,
                         words);
    case SQLITE_FULL:
        return error_set(reterr, STATUS_FULL, "results file '%s': %s: %s", file->path, doing,
                         words);
    case SQLITE_NOMEM:
        return error_set(reterr, STATUS_NO_MEMORY, "results file '%s': %s: no memory", file->path,
                         doing);
    default:
        return error_set(reterr, STATUS_IO, "results file '%s': %s: %s", file->path, doing, words);
    }
}

enum status results_execute(struct results_file *file, const char *sql, const char *doing,
                            struct error *reterr) {
    return results_status(file, sqlite3_exec(file->database, sql, NULL, NULL, NULL), doing, reterr);
}

/* The one integer that `sql` gives. */
static enum status read_integer(struct results_file *file, const char *sql, int64_t *ret_value,
                                struct error *reterr) {
    struct results_rows *rows = NULL;
    enum status status = results_query(file, sql, NULL, &rows, reterr);
    if (status == STATUS_OK)
        status = results_rows_next(rows, reterr);
    if (status == STATUS_OK)
        *ret_value = results_rows_integer(rows, 0);
    results_rows_end(rows);
    return status;
}

/* Runs a statement that was built; NULL: there was no memory to build it. */
static enum status execute_built(struct results_file *file, char *sql, struct error *reterr) {
    if (sql == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "results file '%s': no memory", file->path);
    const enum status status = results_execute(file, sql, "making its tables", reterr);
    sqlite3_free(sql);
    return status;
}

static enum status create_schema(struct results_file *file, struct error *reterr) {
    enum status status = STATUS_OK;
    const struct results_table *table = results_tables;
    for (; status == STATUS_OK && table->name != NULL; table++)
        status = execute_built(file, results_sql_table(table, "main"), reterr);
    for (table = results_tables; status == STATUS_OK && table->name != NULL; table++)
        if (table->view != NULL)
            status = execute_built(file, results_sql_view(table), reterr);
    if (status != STATUS_OK)
        return status;
    char marks[96];
    (void)snprintf(marks, sizeof(marks), "PRAGMA application_id = %d; PRAGMA user_version = %d",
                   RESULTS_APPLICATION_ID, RESULTS_SCHEMA_VERSION); /* fits */
    return results_execute(file, marks, "making its tables", reterr);
}

/* Tells an empty database (*ret_empty) from one of ours; anything else is foreign. */
static enum status check_schema(struct results_file *file, bool *ret_empty, struct error *reterr) {
    int64_t application = 0;
    int64_t version = 0;
    int64_t objects = 0;
    enum status status = read_integer(file, "PRAGMA application_id", &application, reterr);
    if (status == STATUS_OK)
        status = read_integer(file, "PRAGMA user_version", &version, reterr);
    if (status == STATUS_OK)
        status = read_integer(file, "SELECT count(*) FROM sqlite_schema", &objects, reterr);
    if (status != STATUS_OK)
        return status;
    *ret_empty = objects == 0 && application == 0;
    if (*ret_empty || (application == RESULTS_APPLICATION_ID && version == RESULTS_SCHEMA_VERSION))
        return STATUS_OK;
    if (application == RESULTS_APPLICATION_ID)
        return error_set(
            reterr, STATUS_FOREIGN,
            "results file '%s' has schema version %lld, %s than this crossfall's %d: %s",
            file->path, (long long)version, version < RESULTS_SCHEMA_VERSION ? "older" : "newer",
            RESULTS_SCHEMA_VERSION,
            version < RESULTS_SCHEMA_VERSION
                ? "make its runs again into another file (--results FILE), or read it with the "
                  "crossfall that made it"
                : "use another file (--results FILE), or a crossfall as new as the one that made "
                  "it");
    return error_set(
        reterr, STATUS_FOREIGN,
        "'%s' is a database, but not a results file of crossfall (application id %lld)", file->path,
        (long long)application);
}

static enum status prepare(struct results_file *file, enum results_mode mode,
                           struct error *reterr) {
    bool empty = false;
    enum status status = check_schema(file, &empty, reterr);
    if (status != STATUS_OK || !empty)
        return status;
    if (mode == RESULTS_READ)
        return error_set(reterr, STATUS_FOREIGN, "'%s' is empty, not a results file of crossfall",
                         file->path);
    /* Looked at again once the lock is ours: another process may have made it meanwhile. */
    status = results_execute(file, "BEGIN IMMEDIATE", "making it", reterr);
    if (status == STATUS_OK)
        status = check_schema(file, &empty, reterr);
    if (status == STATUS_OK && empty)
        status = create_schema(file, reterr);
    if (status == STATUS_OK)
        status = results_execute(file, "COMMIT", "making it", reterr);
    if (status != STATUS_OK && !sqlite3_get_autocommit(file->database))
        (void)sqlite3_exec(file->database, "ROLLBACK", NULL, NULL, NULL); /* the cause is told */
    return status;
}

enum status results_file_open(const char *path, enum results_mode mode,
                              struct results_file **ret_file, struct error *reterr) {
    assert(path != NULL && ret_file != NULL);
    if (mode == RESULTS_READ && access(path, F_OK) != 0)
        return error_set(
            reterr, STATUS_IO,
            "results file '%s': %s; `crossfall run` makes one, --results names another", path,
            strerror(errno));

    struct results_file *file = calloc(1, sizeof(*file));
    if (file == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "results file '%s': no memory", path);
    enum status status = STATUS_OK;
    file->path = strdup(path);
    if (file->path == NULL) {
        status = error_set(reterr, STATUS_NO_MEMORY, "results file '%s': no memory", path);
        goto fail;
    }
    /* Readers too open for writing where they may: a run killed while it was stored leaves a
     * journal that must be rolled back first. */
    const int flags = mode == RESULTS_WRITE     ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
                      : access(path, W_OK) == 0 ? SQLITE_OPEN_READWRITE
                                                : SQLITE_OPEN_READONLY;
    int rc = sqlite3_open_v2(path, &file->database, flags | SQLITE_OPEN_NOMUTEX, NULL);
    if (file->database == NULL) {
        status = error_set(reterr, STATUS_NO_MEMORY, "results file '%s': no memory", path);
        goto fail;
    }
    status = results_status(file, rc, "opening it", reterr);
    if (status != STATUS_OK)
        goto fail;
    rc = sqlite3_busy_timeout(file->database, BUSY_TIMEOUT_MS);
    /* A database is untrusted: what its schema calls must be harmless. */
    if (rc == SQLITE_OK)
        rc = sqlite3_db_config(file->database, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_db_config(file->database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, (int *)NULL);
    status = results_status(file, rc, "setting it up", reterr);
    if (status == STATUS_OK)
        status = prepare(file, mode, reterr);
    if (status != STATUS_OK)
        goto fail;
    *ret_file = file;
    return STATUS_OK;

fail:
    results_file_close(file);
    return status;
}

void results_file_close(struct results_file *file) {
    if (file == NULL)
        return;
    /* All statements are finalised by now and all work is committed; close_v2 cannot fail. */
    (void)sqlite3_close_v2(file->database);
    free(file->path);
    free(file);
}

const char *results_file_path(const struct results_file *file) {
    return file->path;
}

/* Writes up to five run ids that begin with `prefix` into `ret_list`, newest first. */
static enum status list_ids(struct results_file *file, const char *prefix, size_t size,
                            char *ret_list, struct error *reterr) {
    struct results_rows *rows = NULL;
    enum status status = results_query(
        file, "SELECT id FROM run WHERE instr(id, ?1) = 1 ORDER BY ordinal DESC LIMIT 5", prefix,
        &rows, reterr);
    size_t used = 0;
    ret_list[0] = '\0';
    while (status == STATUS_OK) {
        status = results_rows_next(rows, reterr);
        if (status == STATUS_OK && used < size)
            used += (size_t)snprintf(ret_list + used, size - used, "%s%s", used > 0 ? ", " : "",
                                     results_rows_text(rows, 0));
    }
    results_rows_end(rows);
    return status == STATUS_END ? STATUS_OK : status;
}

enum status results_file_find(struct results_file *file, const char *name,
                              char ret_id[RESULTS_RUN_ID_SIZE], struct error *reterr) {
    const bool last = strcmp(name, "last") == 0;
    struct results_rows *rows = NULL;
    enum status status = results_query(file,
                                       last ? "SELECT id FROM run ORDER BY ordinal DESC LIMIT 1"
                                            : "SELECT id FROM run WHERE instr(id, ?1) = 1 "
                                              "ORDER BY id <> ?1, ordinal LIMIT 2",
                                       last ? NULL : name, &rows, reterr);
    int found = 0;
    char id[RESULTS_RUN_ID_SIZE] = "";
    while (status == STATUS_OK) {
        status = results_rows_next(rows, reterr);
        if (status != STATUS_OK)
            break;
        if (found++ == 0)
            (void)snprintf(id, sizeof(id), "%s", results_rows_text(rows, 0)); /* 12 digits */
    }
    results_rows_end(rows);
    if (status != STATUS_END)
        return status;
    if (found == 1 || (found > 1 && strcmp(id, name) == 0)) {
        memcpy(ret_id, id, sizeof(id));
        return STATUS_OK;
    }
    char list[128];
    status = list_ids(file, found == 0 ? "" : name, sizeof(list), list, reterr);
    if (status != STATUS_OK)
        return status;
    if (list[0] == '\0')
        return error_set(reterr, STATUS_IO, "results file '%s' holds no run yet", file->path);
    if (found == 0)
        return error_set(reterr, STATUS_IO, "results file '%s' has no run '%s'; newest: %s",
                         file->path, name, list);
    return error_set(reterr, STATUS_USAGE, "'%s' could be any of: %s", name, list);
}

enum status results_file_has(struct results_file *file, const char *id, bool *ret_has,
                             struct error *reterr) {
    struct results_rows *rows = NULL;
    enum status status = results_query(file, "SELECT 1 FROM run WHERE id = ?1", id, &rows, reterr);
    if (status == STATUS_OK)
        status = results_rows_next(rows, reterr);
    results_rows_end(rows);
    if (status != STATUS_OK && status != STATUS_END)
        return status;
    *ret_has = status == STATUS_OK;
    return STATUS_OK;
}

enum status results_file_touch(struct results_file *file, const char *id, struct error *reterr) {
    struct results_rows *rows = NULL;
    enum status status =
        results_query(file,
                      "UPDATE run SET ordinal = (SELECT max(ordinal) + 1 FROM run) "
                      "WHERE id = ?1 AND ordinal < (SELECT max(ordinal) FROM run)",
                      id, &rows, reterr);
    if (status == STATUS_OK)
        status = results_rows_next(rows, reterr);
    results_rows_end(rows);
    return status == STATUS_END ? STATUS_OK : status;
}

struct results_rows {
    struct results_file *file;
    sqlite3_stmt *statement;
};

enum status results_query(struct results_file *file, const char *sql, const char *run,
                          struct results_rows **ret_rows, struct error *reterr) {
    struct results_rows *rows = calloc(1, sizeof(*rows));
    if (rows == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "results file '%s': no memory", file->path);
    rows->file = file;
    int rc = sqlite3_prepare_v2(file->database, sql, -1, &rows->statement, NULL);
    if (rc == SQLITE_OK && run != NULL) {
        struct binder binder = binder_of(rows->statement);
        bind_copy(&binder, run);
        rc = binder.rc;
    }
    const enum status status = results_status(file, rc, "asking it", reterr);
    if (status != STATUS_OK) {
        results_rows_end(rows);
        return status;
    }
    *ret_rows = rows;
    return STATUS_OK;
}

enum status results_rows_next(struct results_rows *rows, struct error *reterr) {
    const int rc = sqlite3_step(rows->statement);
    return rc == SQLITE_DONE ? STATUS_END : results_status(rows->file, rc, "reading it", reterr);
}

int results_rows_columns(const struct results_rows *rows) {
    return sqlite3_column_count(rows->statement);
}

enum results_kind results_rows_kind(const struct results_rows *rows, int column) {
    switch (sqlite3_column_type(rows->statement, column)) {
    case SQLITE_INTEGER:
        return RESULTS_INTEGER;
    case SQLITE_FLOAT:
        return RESULTS_REAL;
    case SQLITE_TEXT:
        return RESULTS_TEXT;
    case SQLITE_BLOB:
        return RESULTS_BLOB;
    default:
        return RESULTS_NULL;
    }
}

bool results_rows_is_null(const struct results_rows *rows, int column) {
    return sqlite3_column_type(rows->statement, column) == SQLITE_NULL;
}

int64_t results_rows_integer(const struct results_rows *rows, int column) {
    return sqlite3_column_int64(rows->statement, column);
}

double results_rows_real(const struct results_rows *rows, int column) {
    return results_rows_is_null(rows, column) ? NAN
                                              : sqlite3_column_double(rows->statement, column);
}

const char *results_rows_text(const struct results_rows *rows, int column) {
    const unsigned char *text = sqlite3_column_text(rows->statement, column);
    return text == NULL ? "" : (const char *)text;
}

const void *results_rows_blob(const struct results_rows *rows, int column, size_t *ret_size) {
    const void *bytes = sqlite3_column_blob(rows->statement, column);
    *ret_size = (size_t)sqlite3_column_bytes(rows->statement, column);
    return bytes;
}

void results_rows_end(struct results_rows *rows) {
    if (rows == NULL)
        return;
    (void)sqlite3_finalize(rows->statement); /* repeats the status of the last step, already told */
    free(rows);
}
