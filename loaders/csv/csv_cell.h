#pragma once
/* Cells of a CSV row: numbers and sides, with the column named in what a failure says. */

#include <stdbool.h>
#include <stdint.h>

#include "base/decimal_text.h"
#include "base/error.h"
#include "base/units.h"
#include "loaders/csv/csv_line.h"
#include "loaders/csv/csv_number.h"

/* "column 'price': 'nan' is not a number"; an empty field is told as empty. Gives `status`. */
enum status csv_cell_bad(const char *column, const struct csv_field *field, enum status status,
                         const char *why, struct error *reterr);

/* Says why a field that decimal_parse() refused is not taken. */
enum status csv_cell_bad_number(const char *column, const struct csv_field *field,
                                struct error *reterr);

/* STATUS_CORRUPT: not a number. STATUS_RANGE: one that cannot be held exactly. `room`:
 * CSV_NUMBER_ROOM bytes may be read before the end of the field. */
static inline enum status csv_cell_number(const char *column, const struct csv_field *field,
                                          bool room, struct decimal *ret_value,
                                          struct error *reterr) {
    if (room && csv_decimal(field->text, field->size, ret_value))
        return STATUS_OK;
    if (decimal_parse(field->text, field->size, ret_value))
        return STATUS_OK;
    return csv_cell_bad_number(column, field, reterr);
}

/* Sets TICK_BUY or TICK_SELL for buy or sell in any case; an empty field sets nothing. */
MUST_CHECK enum status csv_cell_side(const char *column, const struct csv_field *field,
                                     uint8_t *flags, struct error *reterr);
