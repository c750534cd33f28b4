#pragma once
/* A vendor's CSV as a constant table: its columns, and what each row says in our series. One
 * decoder, csv_table.c, reads them all. A new format is a table and a line in the list. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "loaders/csv/csv_file_name.h"
#include "loaders/csv/csv_line.h"
#include "loaders/csv/csv_time.h"
#include "loaders/loaders.h"

enum csv_side_form {
    CSV_SIDE_NONE,
    CSV_SIDE_TAKER,          /* buy, sell; empty and "unknown": not said */
    CSV_SIDE_MAKER,          /* the same of the order that rested: the taker did the opposite */
    CSV_SIDE_BUYER_IS_MAKER, /* true: the taker sold */
};

/* One series that a row gives. Columns are named as in the form. */
struct csv_output {
    const char *series;
    const char *price;              /* or the value, of a series that is no price */
    const char *price_otherwise;    /* taken where `price` is empty or 0; NULL: nothing */
    const char *quantity;           /* NULL: none */
    const char *quantity_otherwise; /* taken where `quantity` is empty or 0; NULL: nothing */
    const char *side;
    enum csv_side_form side_form;
    const char *id;    /* the vendor's number of the row, one after the other; NULL: none */
    bool optional;     /* a row without a price has nothing of this series */
    bool changes_only; /* a row with the price and quantity of the one before is passed over */
};

#define CSV_OUTPUTS_MAX 8

struct csv_table;
struct csv_instrument;
struct csv_row;

/* Rows that are more than values side by side: books. */
struct csv_special {
    /* Finds its columns once the file's form is known. */
    MUST_CHECK enum status (*bind)(struct csv_table *table, struct error *reterr);
    MUST_CHECK enum status (*row)(struct csv_table *table, const struct csv_row *row, int64_t ts_ns,
                                  struct csv_instrument *instrument, struct error *reterr);
    /* An instrument at the end of a file. NULL: nothing waits for it. */
    MUST_CHECK enum status (*end)(struct csv_table *table, struct csv_instrument *instrument,
                                  struct error *reterr);
    /* Frees what hangs on an instrument; NULL: nothing does. */
    void (*release)(struct csv_instrument *instrument);
};

/* What a file's path says of a kind that its columns do not tell. */
enum csv_word_rule {
    CSV_WORD_UNUSED,   /* the columns tell */
    CSV_WORD_NEEDED,   /* without a word it may be any of the kinds */
    CSV_WORD_TRADED,   /* without a word it is this kind, unless no volume stands in its bars */
    CSV_WORD_UNTRADED, /* without a word it may be this kind if no volume stands in its bars */
};

struct csv_layout {
    const char *name;         /* of the format */
    const char *source;       /* where the layout is written */
    const char *const *forms; /* NULL-terminated: comma lists of the columns, in order. A header
                                 fits whatever its case, blanks and underscores are, from a '/' on
                                 not looked at; further columns may follow and are passed over */
    bool headerless;          /* files without a header exist */
    bool empty_is_valid;      /* an empty file of such a name has no data */
    bool repeats;             /* the vendor writes rows twice: one that repeats the row before it
                                 byte for byte is passed over */
    const char *const *file_names; /* patterns of csv_file_name.h */
    const char *word;              /* of the path */
    const char *word_also;         /* of the path; NULL: none */
    const char *const *words;      /* NULL-terminated: those of all kinds */
    enum csv_word_rule word_rule;
    const char *time; /* column */
    unsigned time_forms;
    const char *instrument; /* column; NULL: the file name says it */
    const char *bars;       /* series of bars of the columns open, high, low, close, volume; NULL:
                               the rows are `outputs` */
    const char *bar_end;    /* column of a bar's last unit of time; NULL: none */
    struct csv_output outputs[CSV_OUTPUTS_MAX + 1]; /* the last one has no series */
    bool quotes;                                    /* the outputs are bid and ask */
    const struct csv_special *special;              /* NULL: none */
};

/* Cuts a form into names. Returns how many. */
size_t csv_form_split(const char *form, struct csv_field ret_names[CSV_FIELDS_MAX]);

/* The column of this name in a form that was cut; -1: none. */
int csv_form_find(const struct csv_field *names, size_t count, const char *name);

/* The form that a header, or (shape) a first row without a header, has; NULL: none. */
const char *csv_layout_form_of_header(const struct csv_layout *layout,
                                      const struct csv_field *fields, size_t count);
const char *csv_layout_form_of_row(const struct csv_layout *layout, const struct csv_field *fields,
                                   size_t count);

/* Whether the word that stands nearest to the file's own name is one of this layout's. */
bool csv_layout_named(const struct csv_layout *layout, const struct loader_file *file);

/* `detect` of a loader. */
enum loader_claim csv_layout_detect(const struct csv_layout *layout, const struct loader_file *file,
                                    const char *head, size_t size);
