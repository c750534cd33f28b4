/* Reading a case's inputs and answering its keys. */

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tests/analytic.h"

enum outcome analytic_unsupported(struct analytic_case *c, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(c->reason, sizeof(c->reason), format, arguments);
    va_end(arguments);
    return OUTCOME_UNSUPPORTED;
}

enum outcome analytic_broken(struct analytic_case *c, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(c->reason, sizeof(c->reason), format, arguments);
    va_end(arguments);
    return OUTCOME_BROKEN;
}

bool analytic_has(const struct analytic_case *c, const char *key) {
    return json_object_get(c->inputs, key) != NULL;
}

double analytic_number(const struct analytic_case *c, const char *key, double otherwise) {
    const json_t *value = json_object_get(c->inputs, key);
    return json_is_number(value) ? json_number_value(value) : otherwise;
}

const char *analytic_text(const struct analytic_case *c, const char *key) {
    const char *text = json_string_value(json_object_get(c->inputs, key));
    return text != NULL ? text : "";
}

bool analytic_require(struct analytic_case *c, const char *keys) {
    char **names = g_strsplit(keys, " ", -1);
    bool complete = true;
    for (size_t i = 0; names[i] != NULL && complete; i++) {
        complete = json_is_number(json_object_get(c->inputs, names[i]));
        if (!complete)
            (void)analytic_unsupported(c, "the input '%s' is missing or not a number", names[i]);
    }
    g_strfreev(names);
    return complete;
}

size_t analytic_numbers(const json_t *array, size_t capacity, double *ret_numbers) {
    const size_t count = json_array_size(array);
    if (count > capacity)
        return 0;
    for (size_t i = 0; i < count; i++) {
        if (!json_is_number(json_array_get(array, i)))
            return 0;
        ret_numbers[i] = json_number_value(json_array_get(array, i));
    }
    return count;
}

bool analytic_matrix(const json_t *rows, size_t capacity, size_t *ret_rows, size_t *ret_columns,
                     double *ret_numbers) {
    *ret_rows = json_array_size(rows);
    *ret_columns = json_array_size(json_array_get(rows, 0));
    if (*ret_rows == 0 || *ret_columns == 0 || *ret_rows * *ret_columns > capacity)
        return false;
    for (size_t i = 0; i < *ret_rows; i++) {
        const json_t *row = json_array_get(rows, i);
        if (json_array_size(row) != *ret_columns ||
            analytic_numbers(row, *ret_columns, ret_numbers + i * *ret_columns) != *ret_columns)
            return false;
    }
    return true;
}

/* JSON has no infinity; the cases write it as text. */
static json_t *json_of(double value) {
    if (isnan(value))
        return json_null();
    return isinf(value) ? json_string("infinite") : json_real(value);
}

void analytic_put(struct analytic_case *c, const char *key, double value) {
    (void)json_object_set_new(c->got, key, json_of(value));
}

void analytic_put_list(struct analytic_case *c, const char *key, size_t count,
                       const double *values) {
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        (void)json_array_append_new(list, json_of(values[i]));
    (void)json_object_set_new(c->got, key, list);
}

void analytic_put_matrix(struct analytic_case *c, const char *key, size_t rows, size_t columns,
                         const double *values) {
    json_t *matrix = json_array();
    for (size_t i = 0; i < rows; i++) {
        json_t *row = json_array();
        for (size_t j = 0; j < columns; j++)
            (void)json_array_append_new(row, json_of(values[i * columns + j]));
        (void)json_array_append_new(matrix, row);
    }
    (void)json_object_set_new(c->got, key, matrix);
}

/* Length of the decimal number that `text` begins with; 0: none. Unlike strtod() it leaves the dots
 * of "0..39" alone. */
static size_t number_length(const char *text) {
    size_t length = text[0] == '-' || text[0] == '+' ? 1 : 0;
    const size_t digits = strspn(text + length, "0123456789");
    if (digits == 0)
        return 0;
    length += digits;
    if (text[length] == '.' && g_ascii_isdigit(text[length + 1]))
        length += 1 + strspn(text + length + 1, "0123456789");
    if (text[length] == 'e') {
        const size_t sign = text[length + 1] == '-' || text[length + 1] == '+' ? 1 : 0;
        const size_t exponent = strspn(text + length + 1 + sign, "0123456789");
        length += exponent > 0 ? 1 + sign + exponent : 0;
    }
    return length;
}

bool analytic_scan(const char *text, const char *pattern, double *ret_numbers) {
    for (; *pattern != '\0'; pattern++) {
        if (*pattern != '#') {
            if (*text++ != *pattern)
                return false;
            continue;
        }
        const size_t length = number_length(text);
        if (length == 0)
            return false;
        char *number = g_strndup(text, length);
        *ret_numbers++ = g_ascii_strtod(number, NULL);
        g_free(number);
        text += length;
    }
    return *text == '\0';
}

bool analytic_kernel(const char *text, struct kernel *ret) {
    char plain[64];
    size_t length = 0;
    for (; *text != '\0' && length + 1 < sizeof(plain); text++)
        if (*text != ' ')
            plain[length++] = *text == 'k' ? 't' : *text;
    plain[length] = '\0';
    double number[2] = {1.0, 1.0};
    if (analytic_scan(plain, "exp(-t)", number) || analytic_scan(plain, "exp(-t/#)", number))
        *ret = (struct kernel){.kind = KERNEL_EXPONENTIAL, .scale = number[0]};
    else if (analytic_scan(plain, "exp(-#*t)", number))
        *ret = (struct kernel){.kind = KERNEL_EXPONENTIAL, .scale = 1.0 / number[0]};
    else if (analytic_scan(plain, "t^-#", number))
        *ret = (struct kernel){.kind = KERNEL_POWER, .scale = 1.0, .exponent = number[0]};
    else if (analytic_scan(plain, "(1+t)^-#", number))
        *ret = (struct kernel){.kind = KERNEL_SHIFTED_POWER, .scale = 1.0, .exponent = number[0]};
    else if (analytic_scan(plain, "(1+t/#)^-#", number))
        *ret = (struct kernel){
            .kind = KERNEL_SHIFTED_POWER, .scale = number[0], .exponent = number[1]};
    else
        return false;
    return true;
}
