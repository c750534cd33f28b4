#include "loaders/json/json_value.h"

#include <stdio.h>
#include <string.h>

#include "base/decimal_text.h"
#include "base/time_text.h"
#include "loaders/csv/csv_line.h"

#define ISO_MAX 40

const struct json_value *json_member(const struct json_value *object, const char *key) {
    if (object == NULL || object->type != JSON_OBJECT)
        return NULL;
    const size_t size = strlen(key);
    const struct json_value *member = json_first(object);
    for (uint32_t i = 0; i < object->count; i++, member = json_next(member)) {
        if (member->key_size == size && memcmp(member->key, key, size) == 0)
            return member->type != JSON_NULL ? member : NULL;
    }
    return NULL;
}

const struct json_value *json_element(const struct json_value *array, size_t index) {
    if (array == NULL || array->type != JSON_ARRAY || index >= array->count)
        return NULL;
    const struct json_value *element = json_first(array);
    while (index-- > 0)
        element = json_next(element);
    return element;
}

bool json_is(const struct json_value *value, const char *text) {
    return value != NULL && value->type == JSON_STRING && value->size == strlen(text) &&
           memcmp(value->text, text, value->size) == 0;
}

bool json_begins(const struct json_value *value, const char *text) {
    const size_t size = strlen(text);
    return value != NULL && value->type == JSON_STRING && value->size >= size &&
           memcmp(value->text, text, size) == 0;
}

static bool has_text(const struct json_value *value) {
    return value->type == JSON_NUMBER || value->type == JSON_STRING;
}

static enum status bad_value(const struct json_value *value, const char *name, enum status status,
                             const char *why, struct error *reterr) {
    if (value == NULL)
        return error_set(reterr, status, "field '%s' is missing", name);
    if (!has_text(value))
        return error_set(reterr, status, "field '%s' %s", name, why);
    const struct csv_field field = {value->text, value->size};
    char shown[CSV_SHOWN_MAX];
    return error_set(reterr, status, "field '%s': '%s' %s", name, csv_field_show(&field, shown),
                     why);
}

/* Whether a refused number is one that is only too long or too large. */
static bool looks_like_number(const struct json_value *value) {
    if (value->type == JSON_NUMBER)
        return true;
    if (value->size == 0 || value->text[value->size - 1] < '0' ||
        value->text[value->size - 1] > '9')
        return false;
    for (uint32_t i = 0; i < value->size; i++) {
        if (memchr("0123456789.eE+-", value->text[i], 15) == NULL)
            return false;
    }
    return true;
}

enum status json_decimal(const struct json_value *value, const char *name,
                         struct decimal *ret_value, struct error *reterr) {
    if (value == NULL || !has_text(value))
        return bad_value(value, name, STATUS_CORRUPT, "is not a number", reterr);
    if (decimal_parse(value->text, value->size, ret_value))
        return STATUS_OK;
    return looks_like_number(value)
               ? bad_value(value, name, STATUS_RANGE,
                           "cannot be held exactly (at most 18 decimals and 18 digits)", reterr)
               : bad_value(value, name, STATUS_CORRUPT, "is not a number", reterr);
}

enum status json_epoch(const struct json_value *value, const char *name, int64_t *ret_ts_ns,
                       struct error *reterr) {
    struct decimal epoch;
    if (value == NULL || !has_text(value) || !decimal_parse(value->text, value->size, &epoch) ||
        epoch.decimals != 0)
        return bad_value(value, name, STATUS_CORRUPT, "is not an integer epoch", reterr);
    const int64_t unit_ns = time_unit_ns(time_unit_of_epoch(epoch.mantissa));
    if (__builtin_mul_overflow(epoch.mantissa, unit_ns, ret_ts_ns))
        return bad_value(value, name, STATUS_RANGE, "is outside 1678..2261", reterr);
    return STATUS_OK;
}

enum status json_iso_time(const struct json_value *value, const char *name, int64_t *ret_ts_ns,
                          struct error *reterr) {
    char text[ISO_MAX + 1];
    if (value == NULL || value->type != JSON_STRING || value->size < 10 || value->size > ISO_MAX)
        return bad_value(value, name, STATUS_CORRUPT, "is not an ISO 8601 time", reterr);
    memcpy(text, value->text, value->size);
    size_t size = value->size;
    if (text[size - 1] != 'Z' && size > 10)
        text[size++] = 'Z';
    return time_parse_iso(text, size, ret_ts_ns)
               ? STATUS_OK
               : bad_value(value, name, STATUS_CORRUPT, "is not an ISO 8601 time", reterr);
}

enum status json_text(const struct json_value *value, const char *name, const char **ret_text,
                      size_t *ret_size, struct error *reterr) {
    if (value == NULL || value->type != JSON_STRING || value->size == 0)
        return bad_value(value, name, STATUS_CORRUPT, "is not a text", reterr);
    *ret_text = value->text;
    *ret_size = value->size;
    return STATUS_OK;
}

enum status json_either(const struct json_value *value, const char *name, const char *first,
                        const char *second, bool *ret_first, struct error *reterr) {
    char why[80];
    *ret_first = json_is(value, first);
    if (*ret_first || json_is(value, second))
        return STATUS_OK;
    (void)snprintf(why, sizeof(why), "is neither %.20s nor %.20s", first, second);
    return bad_value(value, name, STATUS_CORRUPT, why, reterr);
}
