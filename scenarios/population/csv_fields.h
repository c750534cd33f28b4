#pragma once
/* Splits one line of CSV into fields: commas, and double quotes around fields that hold some. */

#include <stdbool.h>
#include <stddef.h>

#define CSV_FIELDS_MAX 64

/* Splits `line` (NUL-terminated, without its line end) in place; quoted fields lose their quotes,
 * and "" in them becomes ". Sets ret_fields[0 .. count) to NUL-terminated parts of `line`. Gives
 * their count, or 0 with *ret_problem a text: a quote that is not closed or stands inside a field,
 * or too many fields. */
size_t csv_fields_split(char *line, const char **ret_fields, const char **ret_problem);

/* Whether `line[0..size)` is UTF-8 without control characters (a NUL is one), so that every field
 * may be shown and written as JSON. */
bool csv_line_is_text(const char *line, size_t size);
