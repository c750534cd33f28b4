#include "reports/page.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libsmartcols.h>

#include "base/time_text.h"

#define INDENT 2

void page_heading(struct page *page, const char *title) {
    const bool color = page->style.color;
    g_string_append_printf(page->text, "\n%s%s%s\n", color ? "\033[1m" : "", title,
                           color ? "\033[0m" : "");
}

void page_blank(struct page *page) {
    g_string_append_c(page->text, '\n');
}

/* Writes `text` behind `first`, later lines as far in. */
static void put_wrapped(struct page *page, const char *first, const char *text) {
    const size_t indent = strlen(first);
    char **words = g_strsplit_set(text, " \n\t", -1);
    size_t column = 0;
    for (size_t i = 0; words[i] != NULL; i++) {
        if (words[i][0] == '\0')
            continue;
        const size_t width = (size_t)g_utf8_strlen(words[i], -1);
        if (column == 0) {
            g_string_append(page->text, first);
            column = indent;
        } else if (column + 1 + width > PAGE_WIDTH) {
            g_string_append_printf(page->text, "\n%*s", (int)indent, "");
            column = indent;
        } else {
            g_string_append_c(page->text, ' ');
            column++;
        }
        g_string_append(page->text, words[i]);
        column += width;
    }
    g_string_append_c(page->text, '\n');
    g_strfreev(words);
}

void page_paragraph(struct page *page, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    put_wrapped(page, "  ", text);
    g_free(text);
}

void page_item(struct page *page, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    put_wrapped(page, "  - ", text);
    g_free(text);
}

/* Adds the lines of `text`, indented and without blanks at their ends. */
static void put_lines(struct page *page, const char *text) {
    char **lines = g_strsplit(text, "\n", -1);
    for (size_t i = 0; lines[i] != NULL; i++) {
        g_strchomp(lines[i]);
        if (lines[i][0] != '\0')
            g_string_append_printf(page->text, "%*s%s\n", INDENT, "", lines[i]);
    }
    g_strfreev(lines);
}

GPtrArray *page_cells(const char *const *headings, size_t columns) {
    GPtrArray *cells = g_ptr_array_new_with_free_func(g_free);
    for (size_t i = 0; i < columns; i++)
        page_cell(cells, headings[i]);
    return cells;
}

void page_cell(GPtrArray *cells, const char *text) {
    g_ptr_array_add(cells, g_strdup(text));
}

static int fill_table(struct libscols_table *table, const GPtrArray *cells, size_t columns) {
    assert(columns > 0);
    int failed = scols_table_set_termforce(table, SCOLS_TERMFORCE_NEVER) ||
                 scols_table_set_column_separator(table, "  ");
    for (size_t i = 0; failed == 0 && i < columns; i++) {
        const char *heading = g_ptr_array_index(cells, i);
        const bool right = heading[0] == '>';
        if (scols_table_new_column(table, heading + (right ? 1 : 0), 0,
                                   right ? SCOLS_FL_RIGHT : 0) == NULL)
            failed = -1;
    }
    struct libscols_line *line = NULL;
    for (size_t i = columns; failed == 0 && i < cells->len; i++) {
        if (i % columns == 0)
            line = scols_table_new_line(table, NULL);
        failed =
            line == NULL ? -1 : scols_line_set_data(line, i % columns, g_ptr_array_index(cells, i));
    }
    return failed;
}

enum status page_table(struct page *page, GPtrArray *cells, size_t columns, struct error *reterr) {
    assert(columns > 0);
    struct libscols_table *table = scols_new_table();
    char *text = NULL;
    int failed = table == NULL ? -1 : fill_table(table, cells, columns);
    if (failed == 0)
        failed = scols_print_table_to_string(table, &text);
    scols_unref_table(table);
    (void)g_ptr_array_free(cells, TRUE); /* the array, gone */
    if (failed != 0) {
        free(text);
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for a table");
    }
    put_lines(page, text);
    free(text);
    return STATUS_OK;
}

void page_bars(struct page *page, const double *values, size_t count) {
    static const char *const unicode[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    static const char *const ascii[] = {" ", ".", ":", "-", "=", "+", "*", "#", "@"};
    const char *const *bars = page->style.unicode ? unicode : ascii;
    double highest = 0;
    for (size_t i = 0; i < count; i++)
        highest = fmax(highest, values[i]);
    g_string_append_printf(page->text, "%*s", INDENT, "");
    for (size_t i = 0; i < count; i++) {
        /* Anything above nothing is seen: rounded up. */
        const int level = highest > 0 ? (int)ceil(values[i] / highest * 8) : 0;
        g_string_append(page->text, bars[level]);
    }
    while (page->text->str[page->text->len - 1] == ' ')
        g_string_truncate(page->text, page->text->len - 1);
    g_string_append_c(page->text, '\n');
}

/* Copies a short text out; it fits. */
static const char *give(char ret_text[PAGE_NUMBER_SIZE], const char *text) {
    (void)g_strlcpy(ret_text, text, PAGE_NUMBER_SIZE);
    return ret_text;
}

const char *page_count(double value, char ret_text[PAGE_NUMBER_SIZE]) {
    if (!isfinite(value))
        return give(ret_text, "-");
    char digits[PAGE_NUMBER_SIZE / 2];
    const int length = snprintf(digits, sizeof(digits), "%.0f", fmin(fabs(value), 1e15));
    size_t used = 0;
    if (value < 0)
        ret_text[used++] = '-';
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            ret_text[used++] = ',';
        ret_text[used++] = digits[i];
    }
    ret_text[used] = '\0';
    return ret_text;
}

const char *page_money(double value, char ret_text[PAGE_NUMBER_SIZE]) {
    static const struct {
        double size;
        const char *name;
    } units[] = {{1e9, " bn"}, {1e6, " m"}, {1e3, " k"}, {1, ""}};
    if (!isfinite(value))
        return give(ret_text, "-");
    if (value == 0)
        return give(ret_text, "0");
    size_t unit = 0;
    /* 999,950 is 1.00 m, not 1000 k. */
    while (unit + 1 < G_N_ELEMENTS(units) && fabs(value) < units[unit].size * 0.9995)
        unit++;
    const double scaled = value / units[unit].size;
    const int decimals = fabs(scaled) < 9.995 ? 2 : fabs(scaled) < 99.95 ? 1 : 0;
    (void)snprintf(ret_text, PAGE_NUMBER_SIZE, "%.*f%s", decimals, scaled,
                   units[unit].name); /* up to 1e30 fits */
    return ret_text;
}

const char *page_percent(double fraction, char ret_text[PAGE_NUMBER_SIZE]) {
    if (!isfinite(fraction))
        return give(ret_text, "-");
    const double percent = fraction * 100;
    const int decimals = percent != 0 && fabs(percent) < 0.95 ? 2 : 1;
    (void)snprintf(ret_text, PAGE_NUMBER_SIZE, "%.*f %%", decimals, percent); /* fits */
    return ret_text;
}

const char *page_ratio(double value, char ret_text[PAGE_NUMBER_SIZE]) {
    if (!isfinite(value))
        return give(ret_text, "-");
    (void)snprintf(ret_text, PAGE_NUMBER_SIZE, "%.2f", value); /* cut is ok */
    return ret_text;
}

const char *page_minute(int64_t ts_ns, char ret_text[PAGE_NUMBER_SIZE]) {
    char text[PAGE_NUMBER_SIZE];
    (void)time_format_iso(ts_ns, text);
    text[16] = '\0';
    text[10] = ' ';
    return give(ret_text, text);
}
