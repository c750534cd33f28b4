#pragma once
/* Structs that own themselves: a constant table says of each member its key, kind, place, range,
 * choices, default and meaning. Reading, checking, comparing, printing and the manual all go by the
 * table, so that a new member is one row. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum field_kind {
    FIELD_TEXT,    /* const char *; NULL: not given */
    FIELD_BOOL,    /* bool */
    FIELD_CHOICE,  /* an enum, as large as an int: one of `choices` */
    FIELD_UINT32,  /* uint32_t */
    FIELD_UINT64,  /* uint64_t; or an int64_t whose range begins at 0 or above */
    FIELD_DOUBLE,  /* double */
    FIELD_DECIMAL, /* struct decimal, exactly as written */
    FIELD_MONEY,   /* int64_t in 1e-8 */
    FIELD_RATE,    /* int64_t in 1e-8 */
    FIELD_MS,      /* int64_t ns; written in whole milliseconds */
    FIELD_TIME,    /* int64_t ns since 1970; written as ISO 8601 in UTC */
    FIELD_CLOCK,   /* int64_t ns of a day; written as HH:MM in UTC */
    FIELD_GROUP,   /* a struct in the struct, by the table `of` */
    FIELD_OPTION,  /* a pointer to such a struct; NULL: not given */
    FIELD_LIST,    /* rows of such structs, as `rows` says */
    FIELD_NODE     /* nothing in memory: what the file has there is read by hand */
};

struct field_choice {
    const char *name; /* NULL ends the list */
    int value;
};

/* Where a list is: all offsets in the struct that has it. */
struct field_rows {
    size_t count; /* offset of a size_t: how many; FIELD_NOWHERE: always `most` */
    size_t size;  /* of a row */
    size_t least, most;
    bool inside; /* the rows stand in the struct itself; else a pointer to them does */
    bool named;  /* a row begins with its name, a const char * (NULL: "default"): the file has a
                    mapping of names, not a list */
};

struct field {
    const char *key; /* in its mapping; NULL ends a table. "": the first of a row that is written as
                        a value alone, or as a list of values */
    enum field_kind kind;
    size_t offset;      /* of the member */
    double least, most; /* in the unit of the text; both 0: no range */
    bool above;         /* `least` itself is out */
    bool open;          /* MONEY: INT64_MAX is "no bound" */
    bool unset;         /* 0 in memory is "not given", which means the default */
    bool by_hand;       /* the file has another form than the kind: its reader reads it */
    int decimals;       /* DECIMAL: at most so many; 0: FIELD_DECIMALS_MAX */
    const struct field_choice *choices;
    const struct field *of; /* the table of GROUP, OPTION, and of LIST's rows */
    struct field_rows rows;
    /* Where what the file has is made of several members: it, from the struct that has them. Not
     * longer than FIELD_TEXT_SIZE; may be any text that lives as long as the struct. */
    const char *(*text)(const void *holder, char *ret_buffer);
    const char *fallback; /* the default as a file would have it; NULL: what 0 stands for */
    const char *unit;     /* for messages and the manual; NULL: none */
    /* For the manual alone */
    const char *form;    /* type and range, where they do not say all; NULL: as they are */
    const char *shown;   /* the default in other words */
    const char *meaning; /* NULL: not there */
};

#define FIELD_TEXT_SIZE 64
#define FIELD_DECIMALS_MAX 18

/* The offset of what the file has and the struct has not in that form: read by hand, and neither
 * checked nor compared. */
#define FIELD_NOWHERE SIZE_MAX

/* A whole table ends like this. */
#define FIELD_END                                                                                  \
    { .key = NULL }

/* The field of that key; NULL: there is none. */
const struct field *field_find(const struct field *fields, const char *key);

/* The field at a dotted path through groups, options and lists: "inventory.fraction",
 * "stages.action". NULL: none. */
const struct field *field_find_path(const struct field *fields, const char *path);

/* The table of what stands in a group, option or list, past rows that are nothing but a list
 * themselves; NULL: the field is no such. */
const struct field *field_below(const struct field *field);

/* How a file writes that choice; NULL: it is none of the field's. */
const char *field_choice_name(const struct field *field, int value);

/* The member of a scalar field as a file would have it: `ret_buffer` (FIELD_TEXT_SIZE bytes), or a
 * text that lives as long as `holder`. "none": not given, or no bound; "": no text. */
const char *field_text(const struct field *field, const void *holder, char *ret_buffer);

/* The shortest decimal text that reads back as the same double, in FIELD_TEXT_SIZE bytes. */
void field_double_text(double value, char *ret_text);

/* Whether the member is what "not given" looks like in memory. */
bool field_is_unset(const struct field *field, const void *holder);

/* Rows of a LIST: their number, one of them, and its name. */
size_t field_row_count(const struct field *list, const void *holder);
const void *field_row(const struct field *list, const void *holder, size_t index);
const char *field_row_name(const void *row);
