/* Reading a vector's inputs and answering its keys. */

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal_text.h"
#include "tests/conformance.h"

enum vector_outcome vector_broken(struct vector *vector, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(vector->reason, sizeof(vector->reason), format, arguments);
    va_end(arguments);
    return VECTOR_BROKEN;
}

enum vector_outcome vector_unsupported(struct vector *vector, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(vector->reason, sizeof(vector->reason), format, arguments);
    va_end(arguments);
    return VECTOR_UNSUPPORTED;
}

void vector_put_new(struct vector *vector, const char *key, json_t *value) {
    (void)json_object_set_new(vector->got, key, value);
}

void vector_put(struct vector *vector, const char *key, double value) {
    vector_put_new(vector, key, isfinite(value) ? json_real(value) : json_null());
}

void vector_put_text(struct vector *vector, const char *key, const char *text) {
    vector_put_new(vector, key, json_string(text));
}

void vector_put_bool(struct vector *vector, const char *key, bool value) {
    vector_put_new(vector, key, json_boolean(value));
}

const json_t *vector_find(const json_t *object, const char *names) {
    while (*names != '\0') {
        const size_t length = strcspn(names, " ");
        char name[64];
        (void)snprintf(name, sizeof(name), "%.*s", (int)length, names);
        const json_t *value = json_object_get(object, name);
        if (value != NULL && !json_is_null(value))
            return value;
        names += length;
        names += strspn(names, " ");
    }
    return NULL;
}

bool vector_has(const json_t *object, const char *names) {
    return vector_find(object, names) != NULL;
}

/* NaN: it is neither a number nor the text of one. */
static double number_of(const json_t *value) {
    if (json_is_number(value))
        return json_number_value(value);
    struct decimal decimal;
    const char *text = json_string_value(value);
    if (text == NULL || !decimal_parse(text, strlen(text), &decimal))
        return NAN;
    return decimal_to_double(decimal);
}

double vector_number(const json_t *object, const char *names, double otherwise) {
    const double number = number_of(vector_find(object, names));
    return isnan(number) ? otherwise : number;
}

const char *vector_text(const json_t *object, const char *names) {
    const char *text = json_string_value(vector_find(object, names));
    return text != NULL ? text : "";
}

bool vector_bool(const json_t *object, const char *names, bool otherwise) {
    const json_t *value = vector_find(object, names);
    return json_is_boolean(value) ? json_is_true(value) : otherwise;
}

bool vector_require(struct vector *vector, const char *lists) {
    while (*lists != '\0') {
        const size_t length = strcspn(lists, ",");
        char names[256];
        (void)snprintf(names, sizeof(names), "%.*s", (int)length, lists);
        if (isnan(number_of(vector_find(vector->inputs, names)))) {
            names[strcspn(names, " ")] = '\0';
            (void)vector_broken(vector, "the input '%s' is missing or not a number", names);
            return false;
        }
        lists += length;
        lists += strspn(lists, ",");
    }
    return true;
}

bool vector_decimal(double value, struct decimal *ret_value) {
    char text[40];
    if (!isfinite(value))
        return false;
    for (int digits = 15; digits <= 17; digits++) {
        const int size = snprintf(text, sizeof(text), "%.*g", digits, value);
        if (strtod(text, NULL) == value && decimal_parse(text, (size_t)size, ret_value))
            return true;
    }
    /* A small one with more digits than 18 decimals hold, as quotients have. */
    const int size = snprintf(text, sizeof(text), "%.18f", value);
    return fabs(value) < 1.0 && decimal_parse(text, (size_t)size, ret_value);
}

bool vector_scaled(double value, int decimals, int64_t *ret_scaled) {
    struct decimal decimal;
    if (!vector_decimal(value, &decimal))
        return false;
    int128 scaled = decimal.mantissa;
    if (decimal.decimals > decimals)
        scaled = div_nearest(scaled, units_pow10(decimal.decimals - decimals));
    else
        scaled *= units_pow10(decimals - decimal.decimals);
    if (!units_fits_int64(scaled))
        return false;
    *ret_scaled = (int64_t)scaled;
    return true;
}

bool vector_money(double value, int64_t *ret_money) {
    return vector_scaled(value, MONEY_DECIMALS, ret_money);
}

double vector_of_money(int128 money) {
    return (double)money / (double)MONEY_SCALE;
}
