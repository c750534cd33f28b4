#include "reports/exact_json.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A private-use character (U+E0F1) that no input carries in front of a whole number. */
static const char MARK[] = "\xee\x83\xb1";
#define MARK_SIZE (sizeof(MARK) - 1)

json_t *exact_json_number(const char *digits) {
    if (digits == NULL || digits[0] == '\0')
        return json_null();
    char text[128];
    (void)snprintf(text, sizeof(text), "%s%s", MARK, digits); /* numbers are far shorter */
    return json_string(text);
}

void exact_real_text(double value, char ret_text[EXACT_REAL_SIZE]) {
    for (int digits = 15; digits <= 17; digits++) {
        (void)snprintf(ret_text, EXACT_REAL_SIZE, "%.*g", digits, value); /* fits */
        if (strtod(ret_text, NULL) == value)
            break;
    }
}

json_t *exact_json_real(double value) {
    char text[EXACT_REAL_SIZE];
    if (!isfinite(value))
        return json_null();
    exact_real_text(value, text);
    return exact_json_number(text);
}

/* The length of the number that begins at `text` and ends at a quote; 0: no number. */
static size_t number_length(const char *text) {
    const size_t length = strspn(text, "+-.0123456789eE");
    return text[length] == '"' ? length : 0;
}

char *exact_json_dump(const json_t *json) {
    char *text = json_dumps(json, JSON_INDENT(2));
    if (text == NULL)
        return NULL;
    /* Marks and quotes go, so the text only becomes shorter (but for the line end, below). */
    char *out = text;
    for (const char *in = text; *in != '\0';) {
        const bool marked = in[0] == '"' && strncmp(in + 1, MARK, MARK_SIZE) == 0;
        const size_t length = marked ? number_length(in + 1 + MARK_SIZE) : 0;
        if (length > 0) {
            memmove(out, in + 1 + MARK_SIZE, length);
            out += length;
            in += 1 + MARK_SIZE + length + 1;
        } else {
            *out++ = *in++;
        }
    }
    *out = '\0';
    const size_t size = (size_t)(out - text);
    char *ended = realloc(text, size + 2);
    if (ended == NULL) {
        free(text);
        return NULL;
    }
    ended[size] = '\n';
    ended[size + 1] = '\0';
    return ended;
}
