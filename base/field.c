#include "base/field.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include <glib.h>

#include "base/decimal_text.h"
#include "base/time_text.h"
#include "base/units.h"

const struct field *field_find(const struct field *fields, const char *key) {
    for (const struct field *field = fields; field->key != NULL; field++)
        if (strcmp(field->key, key) == 0)
            return field;
    return NULL;
}

const struct field *field_below(const struct field *field) {
    const struct field *table = field->of;
    while (table != NULL && table->kind == FIELD_LIST && table->key[0] == '\0')
        table = table->of;
    return table;
}

/* Several fields of a table may have one key: parts of one mapping of the file. */
const struct field *field_find_path(const struct field *fields, const char *path) {
    const size_t length = strcspn(path, ".");
    for (const struct field *field = fields; field != NULL && field->key != NULL; field++) {
        if (strncmp(field->key, path, length) != 0 || field->key[length] != '\0')
            continue;
        const struct field *found =
            path[length] == '\0' ? field : field_find_path(field_below(field), path + length + 1);
        if (found != NULL)
            return found;
    }
    return NULL;
}

const char *field_choice_name(const struct field *field, int value) {
    for (const struct field_choice *choice = field->choices; choice->name != NULL; choice++)
        if (choice->value == value)
            return choice->name;
    return NULL;
}

void field_double_text(double value, char *ret_text) {
    for (int digits = 15; digits <= 17; digits++) {
        char format[16];
        (void)snprintf(format, sizeof(format), "%%.%dg", digits); /* fits */
        (void)g_ascii_formatd(ret_text, FIELD_TEXT_SIZE, format, value);
        if (g_ascii_strtod(ret_text, NULL) == value)
            return;
    }
}

static const void *member_of(const struct field *field, const void *holder) {
    return (const char *)holder + field->offset;
}

static int64_t integer_of(const struct field *field, const void *holder) {
    int64_t value = 0;
    memcpy(&value, member_of(field, holder), sizeof(value));
    return value;
}

static struct decimal decimal_of(const struct field *field, const void *holder) {
    struct decimal value;
    memcpy(&value, member_of(field, holder), sizeof(value));
    return decimal_normal(value);
}

bool field_is_unset(const struct field *field, const void *holder) {
    if (!field->unset)
        return false;
    if (field->kind == FIELD_DECIMAL)
        return decimal_of(field, holder).mantissa == 0;
    return integer_of(field, holder) == 0;
}

static const char *small_text(const struct field *field, const void *holder, char *ret_buffer) {
    const void *member = member_of(field, holder);
    if (field->kind == FIELD_TEXT) {
        const char *text = NULL;
        memcpy(&text, member, sizeof(text));
        return text != NULL ? text : "";
    }
    if (field->kind == FIELD_BOOL) {
        bool value = false;
        memcpy(&value, member, sizeof(value));
        return value ? "true" : "false";
    }
    if (field->kind == FIELD_CHOICE) {
        int value = 0;
        memcpy(&value, member, sizeof(value));
        const char *name = field_choice_name(field, value);
        if (name != NULL)
            return name;
        (void)snprintf(ret_buffer, FIELD_TEXT_SIZE, "unknown %d", value); /* fits */
        return ret_buffer;
    }
    assert(field->kind == FIELD_UINT32);
    uint32_t value = 0;
    memcpy(&value, member, sizeof(value));
    (void)snprintf(ret_buffer, FIELD_TEXT_SIZE, "%lu", (unsigned long)value); /* fits */
    return ret_buffer;
}

static const char *time_text(int64_t ts_ns, char *ret_buffer) {
    if (ts_ns == INT64_MIN || ts_ns == INT64_MAX)
        return "none";
    (void)time_format_iso(ts_ns, ret_buffer); /* the length is not needed */
    return ret_buffer;
}

static const char *clock_text(int64_t of_day_ns, char *ret_buffer) {
    const int64_t minutes = of_day_ns / NS_PER_MINUTE;
    (void)snprintf(ret_buffer, FIELD_TEXT_SIZE, "%02d:%02d", (int)(minutes / 60),
                   (int)(minutes % 60)); /* fits */
    return ret_buffer;
}

static const char *number_text(const struct field *field, const void *holder, char *ret_buffer) {
    if (field->kind == FIELD_DOUBLE) {
        double value = 0.0;
        memcpy(&value, member_of(field, holder), sizeof(value));
        field_double_text(value, ret_buffer);
    } else if (field->kind == FIELD_UINT64) {
        uint64_t value = 0;
        memcpy(&value, member_of(field, holder), sizeof(value));
        (void)snprintf(ret_buffer, FIELD_TEXT_SIZE, "%llu", (unsigned long long)value); /* fits */
    } else if (field->kind == FIELD_DECIMAL) {
        const struct decimal value = decimal_of(field, holder);
        (void)decimal_format(value.mantissa, value.decimals, ret_buffer);
    } else {
        const int64_t value = integer_of(field, holder);
        if (field->open && value == INT64_MAX)
            return "none";
        (void)decimal_format(value, field->kind == FIELD_MS ? 6 : MONEY_DECIMALS, ret_buffer);
    }
    return ret_buffer;
}

const char *field_text(const struct field *field, const void *holder, char *ret_buffer) {
    if (field->text != NULL)
        return field->text(holder, ret_buffer);
    if (field_is_unset(field, holder))
        return field->fallback != NULL ? field->fallback : "none";
    switch (field->kind) {
    case FIELD_TEXT:
    case FIELD_BOOL:
    case FIELD_CHOICE:
    case FIELD_UINT32:
        return small_text(field, holder, ret_buffer);
    case FIELD_TIME:
        return time_text(integer_of(field, holder), ret_buffer);
    case FIELD_CLOCK:
        return clock_text(integer_of(field, holder), ret_buffer);
    case FIELD_UINT64:
    case FIELD_DOUBLE:
    case FIELD_DECIMAL:
    case FIELD_MONEY:
    case FIELD_RATE:
    case FIELD_MS:
        return number_text(field, holder, ret_buffer);
    case FIELD_GROUP:
    case FIELD_OPTION:
    case FIELD_LIST:
    case FIELD_NODE:
        break;
    }
    assert(false);
    return "";
}

size_t field_row_count(const struct field *list, const void *holder) {
    size_t count = list->rows.most;
    if (list->rows.count != FIELD_NOWHERE)
        memcpy(&count, (const char *)holder + list->rows.count, sizeof(count));
    return count;
}

const void *field_row(const struct field *list, const void *holder, size_t index) {
    const char *rows = (const char *)holder + list->offset;
    if (!list->rows.inside)
        memcpy(&rows, (const char *)holder + list->offset, sizeof(rows));
    return rows + index * list->rows.size;
}

const char *field_row_name(const void *row) {
    const char *name = NULL;
    memcpy(&name, row, sizeof(name));
    return name != NULL ? name : "default";
}
