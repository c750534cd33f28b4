#pragma once
/* One row of a table of the results file on its way in, value by value in the order of the table's
 * list of columns. That a value stands where the list has one of its kind, and that none is left
 * out, is asserted. Not for other rooms. */

#include <assert.h>

#include "base/records.h"
#include "base/units.h"
#include "store/database/binder.h"
#include "store/results/results_schema.h"

struct results_row {
    struct binder binder;
    const struct results_column *first; /* of the table */
    const struct results_column *next;
};

static inline struct results_row results_row_of(const struct results_table *table,
                                                sqlite3_stmt *insert) {
    return (struct results_row){binder_of(insert), table->columns, table->columns};
}

/* Goes past what is not kept. */
static inline void row_skip(struct results_row *row) {
    while (row->next->name != NULL && row->next->kind >= COLUMN_GENERATED)
        row->next++;
}

/* The next column that is kept, which must be of this kind. */
static inline void row_expect(struct results_row *row, enum results_column_kind kind) {
    row_skip(row);
    assert(row->next->name != NULL && row->next->kind == kind);
    row->next++;
}

static inline void row_text(struct results_row *row, const char *text) {
    row_expect(row, COLUMN_TEXT);
    bind_text(&row->binder, text);
}

static inline void row_integer(struct results_row *row, int64_t value) {
    row_expect(row, COLUMN_INTEGER);
    bind_integer(&row->binder, value);
}

/* NULL where there is none. */
static inline void row_integer_if(struct results_row *row, bool there, int64_t value) {
    row_expect(row, COLUMN_INTEGER);
    bind_integer_if(&row->binder, there, value);
}

static inline void row_real(struct results_row *row, double value) { /* NaN: NULL */
    row_expect(row, COLUMN_REAL);
    bind_real(&row->binder, value);
}

static inline void row_blob(struct results_row *row, const void *bytes, uint64_t size) {
    row_expect(row, COLUMN_BLOB);
    bind_blob(&row->binder, bytes, size);
}

static inline void row_scaled(struct results_row *row, int64_t units) {
    row_expect(row, COLUMN_SCALED);
    bind_integer(&row->binder, units);
}

static inline void row_time(struct results_row *row, int64_t ts_ns) {
    row_expect(row, COLUMN_TIME);
    bind_integer(&row->binder, ts_ns);
}

/* Units on a grid as a number: 1005 ticks of 0.1 are 100.5. Both sides of the division are exact up
 * to 2^53, so it rounds once and 0.1 stays 0.1. */
static inline double row_on_grid(struct decimal grid, int64_t units) {
    const int128 mantissa = (int128)units * grid.mantissa;
    return (double)mantissa / (double)units_pow10(grid.decimals);
}

static inline void row_price(struct results_row *row, struct decimal tick, int64_t ticks) {
    row_expect(row, COLUMN_PRICE);
    if (ticks == PRICE_NONE) {
        bind_null(&row->binder);
        bind_null(&row->binder);
    } else {
        bind_real(&row->binder, row_on_grid(tick, ticks));
        bind_integer(&row->binder, ticks);
    }
}

static inline void row_quantity(struct results_row *row, struct decimal lot, int64_t lots) {
    row_expect(row, COLUMN_QUANTITY);
    bind_real(&row->binder, row_on_grid(lot, lots));
    bind_integer(&row->binder, lots);
}

static inline void row_ticks(struct results_row *row, int64_t ticks) {
    row_expect(row, COLUMN_TICKS);
    bind_integer(&row->binder, ticks);
}

/* `digits` is that number in full, and must live until row_step(). */
static inline void row_decimal(struct results_row *row, struct decimal value, const char *digits) {
    row_expect(row, COLUMN_DECIMAL);
    bind_real(&row->binder, row_on_grid(value, 1));
    bind_text(&row->binder, digits);
}

/* Stores the row and begins the next one. SQLITE_OK, or what went wrong. */
static inline int row_step(struct results_row *row) {
    row_skip(row);
    assert(row->next->name == NULL);
    row->next = row->first;
    return bind_step(&row->binder);
}
