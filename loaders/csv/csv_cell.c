#include "loaders/csv/csv_cell.h"

#include <string.h>
#include <strings.h>

#include "base/records.h"

__attribute__((noinline)) enum status csv_cell_bad(const char *column,
                                                   const struct csv_field *field,
                                                   enum status status, const char *why,
                                                   struct error *reterr) {
    char shown[CSV_SHOWN_MAX];
    if (field->size == 0)
        return error_set(reterr, status, "column '%s' is empty", column);
    return error_set(reterr, status, "column '%s': '%s' %s", column, csv_field_show(field, shown),
                     why);
}

/* Whether a refused number is one that is only too long or too large. */
static bool looks_like_number(const struct csv_field *field) {
    const char *const text = field->text;
    const size_t size = field->size;
    const size_t sign = size > 0 && (text[0] == '-' || text[0] == '+') ? 1 : 0;
    if (size == sign || text[sign] < '0' || text[sign] > '9' || text[size - 1] < '0' ||
        text[size - 1] > '9')
        return false;
    for (size_t i = sign; i < size; i++) {
        if (memchr("0123456789.eE+-", text[i], 15) == NULL)
            return false;
    }
    return true;
}

enum status csv_cell_bad_number(const char *column, const struct csv_field *field,
                                struct error *reterr) {
    return looks_like_number(field)
               ? csv_cell_bad(column, field, STATUS_RANGE,
                              "cannot be held exactly (at most 18 decimals and 18 digits)", reterr)
               : csv_cell_bad(column, field, STATUS_CORRUPT, "is not a number", reterr);
}

enum status csv_cell_side(const char *column, const struct csv_field *field, uint8_t *flags,
                          struct error *reterr) {
    const size_t size = field->size;
    if (size == 0)
        return STATUS_OK;
    if (size == 3 &&
        (memcmp(field->text, "buy", 3) == 0 || strncasecmp(field->text, "buy", 3) == 0))
        *flags |= TICK_BUY;
    else if (size == 4 &&
             (memcmp(field->text, "sell", 4) == 0 || strncasecmp(field->text, "sell", 4) == 0))
        *flags |= TICK_SELL;
    else
        return csv_cell_bad(column, field, STATUS_CORRUPT, "is neither buy, sell nor empty",
                            reterr);
    return STATUS_OK;
}
