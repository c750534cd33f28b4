#include "loaders/csv/csv_layout.h"

#include <string.h>
#include <strings.h>

#include "base/decimal_text.h"
#include "base/units.h"

#define SECONDS_2009 INT64_C(1230768000) /* no exchange of these is older ... */
#define SECONDS_2100 INT64_C(4102444800) /* ... and no row of theirs is later */

/* ---- names of columns ---- */

size_t csv_form_split(const char *form, struct csv_field ret_names[CSV_FIELDS_MAX]) {
    size_t count = 0;
    for (const char *at = form; at != NULL && count < CSV_FIELDS_MAX;) {
        const char *const comma = strchr(at, ',');
        const size_t size = comma != NULL ? (size_t)(comma - at) : strlen(at);
        ret_names[count++] = (struct csv_field){at, size};
        at = comma != NULL ? comma + 1 : NULL;
    }
    return count;
}

int csv_form_find(const struct csv_field *names, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++) {
        if (strlen(name) == names[i].size && memcmp(names[i].text, name, names[i].size) == 0)
            return (int)i;
    }
    return -1;
}

/* The next character of a column's name that counts, in lower case; 0: none is left. */
static char next_of_name(const struct csv_field *name, size_t *at) {
    while (*at < name->size && (name->text[*at] == '_' || name->text[*at] == ' '))
        (*at)++;
    if (*at >= name->size || name->text[*at] == '/')
        return '\0';
    const char c = name->text[(*at)++];
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool same_name(const struct csv_field *a, const struct csv_field *b) {
    size_t at_a = 0;
    size_t at_b = 0;
    for (;;) {
        const char c = next_of_name(a, &at_a);
        if (c != next_of_name(b, &at_b))
            return false;
        if (c == '\0')
            return true;
    }
}

const char *csv_layout_form_of_header(const struct csv_layout *layout,
                                      const struct csv_field *fields, size_t count) {
    for (size_t i = 0; layout->forms[i] != NULL; i++) {
        struct csv_field names[CSV_FIELDS_MAX];
        const size_t expected = csv_form_split(layout->forms[i], names);
        size_t same = 0;
        while (same < expected && same < count && same_name(&fields[same], &names[same]))
            same++;
        if (same == expected)
            return layout->forms[i];
    }
    return NULL;
}

/* ---- shape of a row ---- */

static bool is_number(const struct csv_field *field) {
    struct decimal value;
    return decimal_parse(field->text, field->size, &value);
}

static bool is_flag(const struct csv_field *field) {
    return (field->size == 4 && strncasecmp(field->text, "true", 4) == 0) ||
           (field->size == 5 && strncasecmp(field->text, "false", 5) == 0);
}

static bool is_side(const struct csv_field *field) {
    return (field->size == 3 && strncasecmp(field->text, "buy", 3) == 0) ||
           (field->size == 4 && strncasecmp(field->text, "sell", 4) == 0);
}

/* Whether the field can be a time of this layout, in the years that exchanges know. */
static bool is_time(const struct csv_layout *layout, const struct csv_field *field) {
    struct csv_time time;
    int64_t ts_ns;
    csv_time_begin(&time, layout->time_forms, false);
    return csv_time_take(&time, "time", field, false, &ts_ns, NULL) == STATUS_OK &&
           ts_ns >= SECONDS_2009 * NS_PER_S && ts_ns < SECONDS_2100 * NS_PER_S;
}

/* Whether the column, where the form has it, is as `is` says. */
static bool fits(const struct csv_field *names, const struct csv_field *fields, size_t count,
                 const char *name, bool (*is)(const struct csv_field *field)) {
    const int at = name != NULL ? csv_form_find(names, count, name) : -1;
    return at < 0 || is(&fields[at]);
}

static bool row_fits(const struct csv_layout *layout, const struct csv_field *names,
                     const struct csv_field *fields, size_t count) {
    const int time = csv_form_find(names, count, layout->time);
    if (time < 0 || !is_time(layout, &fields[time]))
        return false;
    static const char *const bar[] = {"open", "high", "low", "close", "volume"};
    for (size_t i = 0; layout->bars != NULL && i < 5; i++) {
        if (!fits(names, fields, count, bar[i], is_number))
            return false;
    }
    if (layout->bar_end != NULL && !fits(names, fields, count, layout->bar_end, is_number))
        return false;
    for (size_t i = 0; layout->outputs[i].series != NULL; i++) {
        const struct csv_output *const output = &layout->outputs[i];
        if (!fits(names, fields, count, output->price, is_number) ||
            !fits(names, fields, count, output->quantity, is_number) ||
            !fits(names, fields, count, output->side,
                  output->side_form == CSV_SIDE_BUYER_IS_MAKER ? is_flag : is_side))
            return false;
    }
    return true;
}

const char *csv_layout_form_of_row(const struct csv_layout *layout, const struct csv_field *fields,
                                   size_t count) {
    for (size_t i = 0; layout->headerless && layout->forms[i] != NULL; i++) {
        struct csv_field names[CSV_FIELDS_MAX];
        if (csv_form_split(layout->forms[i], names) == count &&
            row_fits(layout, names, fields, count))
            return layout->forms[i];
    }
    return NULL;
}

/* ---- detection ---- */

/* Cuts the line at *at, which ends on the next one. False: no whole line is left (one that reaches
 * the end of the head counts if nothing stands before it), or one that cannot be cut. */
static bool next_line(const char **at, const char *end, char *scratch, struct csv_field *fields,
                      size_t *ret_count) {
    if (*at >= end)
        return false;
    const char *const newline = memchr(*at, '\n', (size_t)(end - *at));
    const char *const line = *at;
    const size_t size = (size_t)((newline != NULL ? newline : end) - line);
    *at = newline != NULL ? newline + 1 : end;
    return size <= CSV_LINE_MAX &&
           csv_line_split(line, size, scratch, fields, ret_count, NULL) == STATUS_OK;
}

/* Whether no bar of the head has any volume. */
static bool untraded(const char *form, const char *at, const char *end, char *scratch) {
    struct csv_field fields[CSV_FIELDS_MAX];
    const size_t expected = csv_form_split(form, fields);
    const int volume = csv_form_find(fields, expected, "volume");
    size_t count;
    while (volume >= 0 && next_line(&at, end, scratch, fields, &count)) {
        struct decimal value;
        if (count < expected)
            break; /* cut off by the end of the head */
        if (decimal_parse(fields[volume].text, fields[volume].size, &value) && value.mantissa != 0)
            return false;
    }
    return true;
}

/* The word of the path that stands nearest to the file's own name; NULL: none. */
static const char *word_of(const struct csv_layout *layout, const struct loader_file *file) {
    const char *word = NULL;
    size_t nearest = 0;
    for (size_t i = 0; layout->words != NULL && layout->words[i] != NULL; i++) {
        const size_t at = csv_file_name_word(file, layout->words[i]);
        if (at > nearest) {
            nearest = at;
            word = layout->words[i];
        }
    }
    return word;
}

static bool has_word(const struct csv_layout *layout, const char *word) {
    return strcmp(word, layout->word) == 0 ||
           (layout->word_also != NULL && strcmp(word, layout->word_also) == 0);
}

bool csv_layout_named(const struct csv_layout *layout, const struct loader_file *file) {
    const char *const word = word_of(layout, file);
    return word != NULL && has_word(layout, word);
}

static enum loader_claim claim_by_word(const struct csv_layout *layout,
                                       const struct loader_file *file, bool is_untraded,
                                       enum loader_claim claim) {
    if (layout->word_rule == CSV_WORD_UNUSED)
        return claim;
    const char *const word = word_of(layout, file);
    if (word != NULL)
        return has_word(layout, word) ? claim : LOADER_NO;
    if (layout->word_rule == CSV_WORD_TRADED && !is_untraded)
        return claim;
    if (layout->word_rule == CSV_WORD_UNTRADED && !is_untraded)
        return LOADER_NO;
    return LOADER_MAYBE;
}

enum loader_claim csv_layout_detect(const struct csv_layout *layout, const struct loader_file *file,
                                    const char *head, size_t size) {
    if (size == 0)
        return layout->empty_is_valid && csv_layout_named(layout, file) ? LOADER_LIKELY : LOADER_NO;
    const char *at = size >= 3 && memcmp(head, "\xef\xbb\xbf", 3) == 0 ? head + 3 : head;
    const char *const end = head + size;
    char scratch[CSV_LINE_MAX];
    struct csv_field fields[CSV_FIELDS_MAX];
    size_t count;
    const char *const first = at;
    if (!next_line(&at, end, scratch, fields, &count))
        return LOADER_NO;
    const char *form = csv_layout_form_of_header(layout, fields, count);
    enum loader_claim claim = LOADER_SURE;
    if (form != NULL) {
        /* two vendors have one header: their times differ */
        const char *row = at;
        struct csv_field names[CSV_FIELDS_MAX];
        const size_t expected = csv_form_split(form, names);
        const int time = csv_form_find(names, expected, layout->time);
        if (next_line(&row, end, scratch, fields, &count) && count >= expected && time >= 0 &&
            !is_time(layout, &fields[time]))
            claim = LOADER_LIKELY;
    } else {
        struct csv_file_name name;
        form = csv_layout_form_of_row(layout, fields, count);
        if (form == NULL)
            return LOADER_NO;
        claim = csv_file_name_match(file, layout->file_names, &name) ? LOADER_LIKELY : LOADER_MAYBE;
        at = first;
    }
    const bool is_untraded = layout->bars != NULL && untraded(form, at, end, scratch);
    return claim_by_word(layout, file, is_untraded, claim);
}
