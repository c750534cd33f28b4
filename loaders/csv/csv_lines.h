#pragma once
/* Bytes, cut anywhere, to rows of CSV. For decoders: keeps what a piece leaves of a line, counts
 * lines, and puts the place before what a row's failure says. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "loaders/csv/csv_line.h"
#include "loaders/csv/csv_number.h"
#include "loaders/ticks/tick_batcher.h"

struct csv_row {
    const struct csv_field *fields;
    size_t count;
    bool room; /* CSV_NUMBER_ROOM bytes may be read before the end of any field */
};

/* Takes one row, the header included; the row is borrowed. Its failure ends the file. */
typedef enum status csv_row_take(void *context, const struct csv_row *row, struct error *reterr);

struct csv_lines {
    const struct tick_batcher *batcher; /* a failure of its sink is not about a row */
    char source[512];
    uint64_t line; /* number of the line being taken, from 1; 0: none yet */
    size_t carried;
    char carry[CSV_NUMBER_ROOM + CSV_LINE_MAX]; /* the front is read by csv_number.h */
    char scratch[CSV_LINE_MAX];                 /* of quoted fields */
};

/* Starts a file; `source` (copied) is its name in messages, `batcher` is kept. */
void csv_lines_begin(struct csv_lines *lines, const char *source,
                     const struct tick_batcher *batcher);

/* Takes the next bytes; empty lines behind the first are passed over. STATUS_CORRUPT: a line that
 * is too long or cannot be cut; and what `take` gives. */
MUST_CHECK enum status csv_lines_feed(struct csv_lines *lines, const char *bytes, size_t size,
                                      csv_row_take *take, void *context, struct error *reterr);

/* Takes a last line without a line end. */
MUST_CHECK enum status csv_lines_end(struct csv_lines *lines, csv_row_take *take, void *context,
                                     struct error *reterr);
