#include "scenarios/population/csv_fields.h"

/* Unquotes from `read` on, which stands behind the opening quote; gives where the closing quote's
 * field ends, or NULL. */
static char *unquote(char *read) {
    char *write = read;
    for (;;) {
        if (*read == '\0')
            return NULL;
        if (*read == '"') {
            if (read[1] != '"')
                break;
            read++;
        }
        *write++ = *read++;
    }
    if (read[1] != ',' && read[1] != '\0')
        return NULL;
    *write = '\0'; /* write <= read: what follows the closing quote stays */
    return read + 1;
}

size_t csv_fields_split(char *line, const char **ret_fields, const char **ret_problem) {
    size_t count = 0;
    char *at = line;
    for (;;) {
        if (count == CSV_FIELDS_MAX) {
            *ret_problem = "too many fields";
            return 0;
        }
        char *end;
        if (*at == '"') {
            ret_fields[count++] = at + 1;
            end = unquote(at + 1);
            if (end == NULL) {
                *ret_problem = "a quoted field does not end, or goes on behind its closing quote";
                return 0;
            }
        } else {
            ret_fields[count++] = at;
            for (end = at; *end != ',' && *end != '\0'; end++) {
                if (*end == '"') {
                    *ret_problem = "a quote inside a field that does not begin with one";
                    return 0;
                }
            }
        }
        if (*end == '\0')
            return count;
        *end = '\0';
        at = end + 1;
    }
}

/* Bytes that follow the first one of a character, or -1: no character begins so. */
static int follow_count(unsigned char first) {
    if (first < 0x80)
        return first < 0x20 || first == 0x7f ? -1 : 0;
    if (first >= 0xc2 && first <= 0xdf)
        return 1;
    if (first >= 0xe0 && first <= 0xef)
        return 2;
    return first >= 0xf0 && first <= 0xf4 ? 3 : -1;
}

bool csv_line_is_text(const char *line, size_t size) {
    for (size_t i = 0; i < size;) {
        const unsigned char first = (unsigned char)line[i++];
        const int follow = follow_count(first);
        if (follow < 0 || (size_t)follow > size - i)
            return false;
        const unsigned char second = follow > 0 ? (unsigned char)line[i] : 0x80;
        /* Overlong forms, surrogates, and beyond U+10FFFF. */
        if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
            (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f))
            return false;
        for (int k = 0; k < follow; k++, i++)
            if (((unsigned char)line[i] & 0xc0) != 0x80)
                return false;
    }
    return true;
}
