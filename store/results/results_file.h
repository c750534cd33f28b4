#pragma once
/* The results file (interface §8): an SQLite database of finished runs. Here it is opened and read;
 * store/results/results_writer.h writes a run. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct results_file; /* opaque; used by one thread at a time */

enum results_mode {
    RESULTS_READ,  /* must be there; nothing is changed */
    RESULTS_WRITE, /* made if it is not there */
};

#define RESULTS_RUN_ID_SIZE 13 /* 12 hex digits and a NUL */

/* Opens `path`. STATUS_OK: the caller owns *ret_file. STATUS_IO: not there (RESULTS_READ), or
 * cannot be opened; STATUS_FOREIGN: another kind of file or database, or made by a newer version;
 * STATUS_FULL: no room. */
MUST_CHECK enum status results_file_open(const char *path, enum results_mode mode,
                                         struct results_file **ret_file, struct error *reterr);

void results_file_close(struct results_file *file); /* NULL is fine */

/* As given to results_file_open(). */
const char *results_file_path(const struct results_file *file);

/* Finds one run by `name`: its id, a unique prefix of it, or "last", the one asked for last.
 * STATUS_IO: no such run; STATUS_USAGE: several. The message lists what there is. */
MUST_CHECK enum status results_file_find(struct results_file *file, const char *name,
                                         char ret_id[RESULTS_RUN_ID_SIZE], struct error *reterr);

/* Whether a run of exactly this id is there. */
MUST_CHECK enum status results_file_has(struct results_file *file, const char *id, bool *ret_has,
                                        struct error *reterr);

/* Makes run `id` the `last` one. */
MUST_CHECK enum status results_file_touch(struct results_file *file, const char *id,
                                          struct error *reterr);

/* A query under way; its rows are read one after the other. */
struct results_rows;

/* Begins `sql`; `run` (may be NULL) is bound to ?1. The caller ends it with results_rows_end(). */
MUST_CHECK enum status results_query(struct results_file *file, const char *sql, const char *run,
                                     struct results_rows **ret_rows, struct error *reterr);

/* Goes to the next row. STATUS_END: there is none. */
MUST_CHECK enum status results_rows_next(struct results_rows *rows, struct error *reterr);

enum results_kind {
    RESULTS_NULL,
    RESULTS_INTEGER,
    RESULTS_REAL,
    RESULTS_TEXT,
    RESULTS_BLOB,
};

int results_rows_columns(const struct results_rows *rows);
enum results_kind results_rows_kind(const struct results_rows *rows, int column);
bool results_rows_is_null(const struct results_rows *rows, int column);
int64_t results_rows_integer(const struct results_rows *rows, int column);
double results_rows_real(const struct results_rows *rows, int column); /* NaN for NULL */
/* Borrowed until the next row; "" for NULL. */
const char *results_rows_text(const struct results_rows *rows, int column);

/* Of a blob or a text. Borrowed until the next row; *ret_size 0 and NULL if it is empty. */
const void *results_rows_blob(const struct results_rows *rows, int column, size_t *ret_size);

void results_rows_end(struct results_rows *rows); /* NULL is fine */
