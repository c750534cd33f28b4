#pragma once
/* Takes a CSV file, or bytes in memory, apart into rows of fields, in bounded memory. */

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define CSV_LINE_MAX 65536 /* bytes of a line */

/* Takes one row: `count` > 0 fields, NUL-terminated UTF-8 without control characters, borrowed for
 * the call. `line` counts from 1. A status other than STATUS_OK ends the reading with it. */
typedef enum status csv_row_function(void *context, uint64_t line, const char *const *fields,
                                     size_t count, struct error *reterr);

/* Gives every row of `path` (plain or compressed; "-" is standard input) to `row`, empty lines left
 * out. STATUS_CONFIG: a line that is too long or not text, a broken quote, or an archive of more
 * than one file; with file and line. And what base/container.h and `row` give. */
MUST_CHECK enum status csv_rows_read(const char *path, csv_row_function *row, void *context,
                                     struct error *reterr);

/* The same from memory; `name` stands in messages. */
MUST_CHECK enum status csv_rows_parse(const char *name, const char *bytes, size_t size,
                                      csv_row_function *row, void *context, struct error *reterr);
