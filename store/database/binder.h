#pragma once
/* Binding values to a prepared statement of either database file, one after the other: the only
 * form in which values get into SQL here. Not for other rooms. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sqlite3.h>

/* The first failure is kept, so that it is asked once, at the end. */
struct binder {
    sqlite3_stmt *statement;
    int column; /* the last one bound, from 1 */
    int rc;
};

static inline struct binder binder_of(sqlite3_stmt *statement) {
    return (struct binder){statement, 0, SQLITE_OK};
}

static inline void bind_integer(struct binder *binder, int64_t value) {
    if (binder->rc == SQLITE_OK)
        binder->rc = sqlite3_bind_int64(binder->statement, ++binder->column, value);
}

static inline void bind_integers(struct binder *binder, size_t count, const int64_t *values) {
    for (size_t i = 0; i < count; i++)
        bind_integer(binder, values[i]);
}

/* NaN is stored as NULL, by SQLite itself. */
static inline void bind_real(struct binder *binder, double value) {
    if (binder->rc == SQLITE_OK)
        binder->rc = sqlite3_bind_double(binder->statement, ++binder->column, value);
}

static inline void bind_null(struct binder *binder) {
    if (binder->rc == SQLITE_OK)
        binder->rc = sqlite3_bind_null(binder->statement, ++binder->column);
}

/* NULL where there is none. */
static inline void bind_integer_if(struct binder *binder, bool there, int64_t value) {
    if (there)
        bind_integer(binder, value);
    else
        bind_null(binder);
}

/* `text` must live until the statement is reset or ended; NULL is stored as NULL. */
static inline void bind_text(struct binder *binder, const char *text) {
    if (binder->rc == SQLITE_OK)
        binder->rc =
            sqlite3_bind_text(binder->statement, ++binder->column, text, -1, SQLITE_STATIC);
}

/* The same of text that may go away before. */
static inline void bind_copy(struct binder *binder, const char *text) {
    if (binder->rc == SQLITE_OK)
        binder->rc =
            sqlite3_bind_text(binder->statement, ++binder->column, text, -1, SQLITE_TRANSIENT);
}

/* As bind_text(), of `bytes`, which may be NULL if there are none. */
static inline void bind_blob(struct binder *binder, const void *bytes, uint64_t size) {
    if (binder->rc == SQLITE_OK)
        binder->rc = sqlite3_bind_blob64(binder->statement, ++binder->column,
                                         size == 0 ? "" : bytes, size, SQLITE_STATIC);
}

/* Runs a statement that may give a row: SQLITE_ROW, SQLITE_DONE, or what went wrong. */
static inline int bind_query(struct binder *binder) {
    return binder->rc == SQLITE_OK ? sqlite3_step(binder->statement) : binder->rc;
}

/* Runs a statement that gives no row, and makes it ready for the next values. SQLITE_OK, or what
 * went wrong. */
static inline int bind_step(struct binder *binder) {
    if (binder->rc != SQLITE_OK)
        return binder->rc;
    const int rc = sqlite3_step(binder->statement);
    const int reset = sqlite3_reset(binder->statement);
    binder->column = 0;
    return rc == SQLITE_DONE ? reset : rc;
}
