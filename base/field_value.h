#pragma once
/* From text to the member of a field, and whether a value is within the field's range. */

#include <stdbool.h>

#include "base/field.h"

enum field_fault {
    FIELD_FITS,
    FIELD_MALFORMED, /* not of the kind's form */
    FIELD_OUTSIDE    /* of its form, out of its range */
};

/* Reads the text of a scalar field to `ret_value`, the member itself; untouched unless it fits.
 * MALFORMED: *ret_expected says what should stand there ("a whole number"); NULL for one of the
 * field's choices. */
enum field_fault field_parse(const struct field *field, const char *text, void *ret_value,
                             const char **ret_expected);

/* Whether the member of a scalar field is one that a file could have given it: in its range, one of
 * its choices, of so many decimals; or not given, where that is possible. */
bool field_in_range(const struct field *field, const void *holder);

/* Sets what has a default other than 0, in groups too; a list gets its default as its one row. */
void fields_default(const struct field *fields, void *holder);

/* A number as [+-]digits[.digits][e[+-]digits], finite. False: not of that form. */
bool field_parse_double(const char *text, double *ret_value);
