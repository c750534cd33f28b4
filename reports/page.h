#pragma once
/* A page of text for a terminal: headings, paragraphs broken at 80 columns, tables, a bar of counts
 * over time; and numbers as people read them. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "base/error.h"

#define PAGE_WIDTH 80

struct page_style {
    bool color;
    bool unicode;        /* the terminal shows more than ASCII */
    const char *program; /* how the user calls this program, for commands to copy */
};

struct page {
    GString *text;
    struct page_style style;
};

/* A blank line and `title` in capitals as it is, bold where there are colours. */
void page_heading(struct page *page, const char *title);

/* A paragraph, indented by two and broken at the width; words longer than a line stay whole. */
void page_paragraph(struct page *page, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The same behind a dash. */
void page_item(struct page *page, const char *format, ...) __attribute__((format(printf, 2, 3)));

void page_blank(struct page *page);

/* Begins a table: its cells, row by row, of which the headings are the first row; a heading that
 * starts with '>' is set right, with its column. page_table() ends it. */
GPtrArray *page_cells(const char *const *headings, size_t columns);

/* Adds a copy of `text` to the cells. */
void page_cell(GPtrArray *cells, const char *text);

/* Writes the table, indented by two, and ends `cells`. STATUS_NO_MEMORY. */
MUST_CHECK enum status page_table(struct page *page, GPtrArray *cells, size_t columns,
                                  struct error *reterr);

/* `count` values (>= 0) as a line of bars, indented by two. */
void page_bars(struct page *page, const double *values, size_t count);

#define PAGE_NUMBER_SIZE 48

/* "31,400". */
const char *page_count(double value, char ret_text[PAGE_NUMBER_SIZE]);
/* "4.21 bn", "512 m", "12.3 k", "95.0"; "0"; "-" for NaN. */
const char *page_money(double value, char ret_text[PAGE_NUMBER_SIZE]);
/* A fraction: "27.1 %", "0.04 %"; "-" for NaN. */
const char *page_percent(double fraction, char ret_text[PAGE_NUMBER_SIZE]);
/* "1.11"; "-" for NaN. */
const char *page_ratio(double value, char ret_text[PAGE_NUMBER_SIZE]);
/* "2021-05-19 13:04". */
const char *page_minute(int64_t ts_ns, char ret_text[PAGE_NUMBER_SIZE]);
