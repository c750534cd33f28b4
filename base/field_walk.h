#pragma once
/* Whole structs by their tables: whether every member is in its range, and in which two differ. */

#include <stddef.h>

#include "base/error.h"
#include "base/field.h"

/* Checks every member, every row and every name of rows, which may stand there once. `prefix` is
 * put before the keys ("margin."). STATUS_CONFIG: with the dotted key at the start of the message.
 */
MUST_CHECK enum status fields_check(const struct field *fields, const void *holder,
                                    const char *prefix, struct error *reterr);

/* One difference: the dotted key and what each has there, "none" for nothing. The texts are gone
 * when the function returns. */
typedef void field_difference(void *closure, const char *key, const char *in_a, const char *in_b);

/* Calls `each` for every member in which `a` and `b` differ, in the tables' order; rows of names
 * are matched by name, others by place. Numbers that are written otherwise but are the same
 * (1.50, 1.5) do not differ. Returns how many there are; `each` may be NULL. */
size_t fields_compare(const struct field *fields, const void *a, const void *b, const char *prefix,
                      field_difference *each, void *closure);
