#pragma once
/* Cuts a line of CSV into fields. */

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#define CSV_LINE_MAX ((size_t)65536) /* bytes, line end included */
#define CSV_FIELDS_MAX 128           /* a book snapshot of 25 levels has 104 */

struct csv_field {
    const char *text;
    size_t size;
};

/* Cuts a line of the plain form: no quotes, no control characters, ending in \n or \r\n; looks at
 * the `readable` bytes from `line` on, 64 at a time. Returns the bytes of the line, its end
 * included; 0: it is not of that form, or its end was not seen: take csv_line_split(). */
size_t csv_line_split_plain(const char *line, size_t readable,
                            struct csv_field ret_fields[CSV_FIELDS_MAX], size_t *ret_count);

/* Cuts any line, `line[0..size)` without its \n; a \r at its end is dropped. "..." is taken off,
 * "" inside it is a quote; such fields are put together in `scratch` (CSV_LINE_MAX bytes).
 * STATUS_CORRUPT: a NUL byte, too many fields, a quote that does not end in the line or is followed
 * by something else. */
MUST_CHECK enum status csv_line_split(const char *line, size_t size, char *scratch,
                                      struct csv_field ret_fields[CSV_FIELDS_MAX],
                                      size_t *ret_count, struct error *reterr);

/* The field as a message may show it: at most 40 bytes, what cannot be printed as '?'. */
#define CSV_SHOWN_MAX 48
const char *csv_field_show(const struct csv_field *field, char ret_text[CSV_SHOWN_MAX]);
