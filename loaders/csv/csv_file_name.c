#include "loaders/csv/csv_file_name.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/units.h"

static bool is_digit(char c) {
    return (unsigned char)(c - '0') <= 9;
}

static bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}

static bool is_word(char c) {
    return is_digit(c) || is_upper(c) || (c >= 'a' && c <= 'z');
}

/* ---- tokens: whether text[0..size) is one, and what it says ---- */

static bool take_name(const char *text, size_t size, struct csv_file_name *name) {
    if (size > TICK_BATCHER_INSTRUMENT_MAX)
        return false;
    memcpy(name->instrument, text, size);
    name->instrument[size] = '\0';
    return true;
}

static bool is_symbol(const char *text, size_t size, struct csv_file_name *name) {
    for (size_t i = 0; i < size; i++) {
        if (!is_word(text[i]) && (i == 0 || strchr("_.-", text[i]) == NULL))
            return false;
    }
    return size > 0 && is_word(text[size - 1]) && take_name(text, size, name);
}

static bool is_pair(const char *text, size_t size, struct csv_file_name *name) {
    for (size_t i = 0; i < size; i++) {
        if (!is_digit(text[i]) && !is_upper(text[i]) && (i == 0 || text[i] != '.'))
            return false;
    }
    return size > 1 && take_name(text, size, name);
}

static bool is_product(const char *text, size_t size, struct csv_file_name *name) {
    size_t dashes = 0;
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '-' && i > 0 && i + 1 < size && text[i - 1] != '-')
            dashes++;
        else if (!is_digit(text[i]) && !is_upper(text[i]))
            return false;
    }
    return dashes > 0 && take_name(text, size, name);
}

/* A number without sign and leading zeros, up to 4 digits; 0: not one. */
static int64_t small_number(const char *text, size_t size) {
    int64_t number = 0;
    if (size == 0 || size > 4 || text[0] == '0')
        return 0;
    for (size_t i = 0; i < size; i++) {
        if (!is_digit(text[i]))
            return 0;
        number = number * 10 + (text[i] - '0');
    }
    return number;
}

static bool is_interval(const char *text, size_t size, struct csv_file_name *name) {
    static const struct {
        const char *unit;
        int64_t ns; /* -1: of no fixed length */
    } units[] = {{"s", NS_PER_S},   {"m", NS_PER_MINUTE},  {"h", 60 * NS_PER_MINUTE},
                 {"d", NS_PER_DAY}, {"w", 7 * NS_PER_DAY}, {"mo", -1},
                 {"M", -1}};
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        const size_t unit_size = strlen(units[i].unit);
        if (size <= unit_size || memcmp(text + size - unit_size, units[i].unit, unit_size) != 0)
            continue;
        const int64_t number = small_number(text, size - unit_size);
        name->bar_ns = units[i].ns < 0 ? -1 : number * units[i].ns;
        return number > 0;
    }
    return false;
}

static bool is_minutes(const char *text, size_t size, struct csv_file_name *name) {
    name->bar_ns = small_number(text, size) * NS_PER_MINUTE;
    return name->bar_ns > 0;
}

static bool is_date(const char *text, size_t size, struct csv_file_name *name) {
    (void)name;
    for (size_t i = 0; i < size; i++) {
        if (i == 4 || i == 7 ? text[i] != '-' : !is_digit(text[i]))
            return false;
    }
    return size == 7 || size == 10;
}

static bool is_rest(const char *text, size_t size, struct csv_file_name *name) {
    (void)text;
    (void)size;
    (void)name;
    return true;
}

static const struct token {
    const char *text;
    bool (*is)(const char *text, size_t size, struct csv_file_name *name);
} tokens[] = {
    {"SYMBOL", is_symbol},   {"PAIR", is_pair}, {"PRODUCT", is_product}, {"INTERVAL", is_interval},
    {"MINUTES", is_minutes}, {"DATE", is_date}, {"REST", is_rest},
};

/* Tries every length of each token, the longest first: names and patterns are short. */
static bool match(const char *text, size_t size, const char *pattern, struct csv_file_name *name) {
    if (pattern[0] == '\0')
        return size == 0;
    for (size_t i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
        const size_t token_size = strlen(tokens[i].text);
        if (strncmp(pattern, tokens[i].text, token_size) != 0)
            continue;
        for (size_t taken = size + 1; taken-- > 0;) {
            if (tokens[i].is(text, taken, name) &&
                match(text + taken, size - taken, pattern + token_size, name))
                return true;
        }
        return false;
    }
    return size > 0 && text[0] == pattern[0] && match(text + 1, size - 1, pattern + 1, name);
}

/* The name without folders and known extensions. */
static const char *bare_name(const char *path, size_t *ret_size) {
    static const char *const extensions[] = {".csv", ".txt", ".zip", ".gz",
                                             ".zst", ".xz",  ".bz2", ".lz4"};
    const char *const slash = strrchr(path, '/');
    const char *const name = slash != NULL ? slash + 1 : path;
    size_t size = strlen(name);
    for (size_t i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++) {
        const size_t extension = strlen(extensions[i]);
        if (size > extension &&
            strncasecmp(name + size - extension, extensions[i], extension) == 0) {
            size -= extension;
            i = (size_t)-1; /* from the first again: x.csv.gz */
        }
    }
    *ret_size = size;
    return name;
}

bool csv_file_name_match(const struct loader_file *file, const char *const *patterns,
                         struct csv_file_name *ret_name) {
    const char *const paths[] = {file->entry, file->path};
    for (size_t i = 0; i < 2; i++) {
        size_t size;
        const char *const text = bare_name(paths[i], &size);
        for (size_t k = 0; size <= 128 && patterns[k] != NULL; k++) {
            struct csv_file_name name = {.bar_ns = 0};
            if (match(text, size, patterns[k], &name)) {
                *ret_name = name;
                return true;
            }
        }
    }
    return false;
}

/* From 1; 0: nowhere. */
static size_t last_word(const char *text, const char *word) {
    const size_t size = strlen(word);
    for (size_t at = strlen(text) + 1; at-- > 0;) {
        if (strncasecmp(text + at, word, size) == 0 && !is_word(text[at + size]) &&
            (at == 0 || !is_word(text[at - 1])))
            return at + 1;
    }
    return 0;
}

size_t csv_file_name_word(const struct loader_file *file, const char *word) {
    const size_t in_entry = last_word(file->entry, word);
    return in_entry > 0 ? strlen(file->path) + in_entry : last_word(file->path, word);
}
