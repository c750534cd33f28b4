#pragma once
/* The results file's tables, column by column: the one list from which CREATE TABLE and the views
 * with their comments, the inserts, `export`, `verify` and the tables of docs/results.md come. */

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* PRAGMA application_id of a results file: "CFrs". */
#define RESULTS_APPLICATION_ID 0x43467273
/* PRAGMA user_version: the schema's version. Raised with every change of results_tables. */
#define RESULTS_SCHEMA_VERSION 4

/* How a column NAME is kept. What is exact is kept as integers, and shown as plain numbers too. */
enum results_column_kind {
    COLUMN_TEXT,
    COLUMN_INTEGER,
    COLUMN_REAL,
    COLUMN_BLOB,
    COLUMN_SCALED,        /* NAME_e8, an integer in 1e-8; NAME is worked out of it by SQLite */
    COLUMN_TIME,          /* NAME_ns; NAME likewise */
    COLUMN_PRICE,         /* NAME and NAME_ticks, counts of the instrument's price_tick */
    COLUMN_QUANTITY,      /* NAME and NAME_lots, counts of its lot */
    COLUMN_TICKS,         /* NAME_ticks alone */
    COLUMN_DECIMAL,       /* NAME and NAME_exact, its digits as text */
    COLUMN_GENERATED,     /* worked out of the others by SQLite: `sql` */
    COLUMN_DERIVED,       /* not in the table; `sql` in the view and in exports */
    COLUMN_DERIVED_SCALED /* the same; `sql` gives an integer in 1e-8 */
};

enum results_column_flags {
    COLUMN_NULLABLE = 1, /* NULL: not known, or there is none */
    COLUMN_HIDDEN = 2,   /* in the table alone, not in view and exports */
    COLUMN_UNIQUE = 4,
    COLUMN_OWN = 8,     /* of this making of the run: two runs that came out the same may differ */
    COLUMN_TELLING = 16 /* tells a reader which row it is */
};

struct results_column {
    const char *name;
    enum results_column_kind kind;
    unsigned flags;   /* of results_column_flags */
    const char *unit; /* "" where it has none; "asset": that of the run */
    const char *meaning;
    const char *sql; /* see the kinds. Of a COLUMN_REAL: what exports write in its place, a number
                        or its digits; NULL: itself */
};

struct results_table {
    const char *name;
    const char *view;    /* of plain numbers, with readable names; NULL: none */
    const char *meaning; /* what a row is */
    const char *key;     /* columns of the primary key; NULL: rows stand as they came */
    const char *order;   /* of the view's rows; NULL: any */
    bool shared;         /* rows are of any number of runs and carry none */
    const struct results_column *columns; /* `name` NULL ends them */
};

/* In the order in which a run's rows are copied in; `name` NULL ends the list. */
extern const struct results_table results_tables[];

/* The table `name`, which is one of them. */
const struct results_table *results_table_find(const char *name);

/* The column that holds the run's id. */
const char *results_table_run(const struct results_table *table);

#define RESULTS_STORED_MAX 2 /* columns that one of the list can be kept in */
#define RESULTS_NAME_SIZE 48 /* of a column with its NUL */

/* Writes the columns that a column is kept in, the exact one last; returns how many. */
size_t results_column_stored(const struct results_column *column,
                             char ret_names[RESULTS_STORED_MAX][RESULTS_NAME_SIZE]);
