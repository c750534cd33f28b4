#pragma once
/* Binding values to a prepared statement, one after the other. Not for other rooms. */

#include <stdint.h>

#include <sqlite3.h>

/* Binds values one after the other; the first failure is kept. */
struct binder {
    sqlite3_stmt *statement;
    int column;
    int rc;
};

static inline void bind_integer(struct binder *binder, int64_t value) {
    if (binder->rc == SQLITE_OK)
        binder->rc = sqlite3_bind_int64(binder->statement, ++binder->column, value);
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

/* `text` must live until the statement is reset. */
static inline void bind_text(struct binder *binder, const char *text) {
    if (binder->rc == SQLITE_OK)
        binder->rc =
            sqlite3_bind_text(binder->statement, ++binder->column, text, -1, SQLITE_STATIC);
}

static inline void bind_blob(struct binder *binder, const void *bytes, uint64_t size) {
    if (binder->rc == SQLITE_OK)
        binder->rc = sqlite3_bind_blob64(binder->statement, ++binder->column,
                                         size == 0 ? "" : bytes, size, SQLITE_STATIC);
}

static inline int bind_step(struct binder *binder) {
    if (binder->rc != SQLITE_OK)
        return binder->rc;
    const int rc = sqlite3_step(binder->statement);
    const int reset = sqlite3_reset(binder->statement);
    return rc == SQLITE_DONE ? reset : rc;
}
