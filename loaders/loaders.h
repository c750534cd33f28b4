#pragma once
/* The formats that can be imported, and the one way in: file -> container -> decoder -> sink. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/ports.h"
#include "base/time_text.h"

/* What an import found; valid after STATUS_OK. */
struct import_report {
    const char *format; /* name of the loader, constant; "empty": a packed file without a byte */
    char sha256[65];    /* of the raw file */
    uint64_t raw_bytes; /* size of the raw file */
    uint64_t files;     /* 1, or how many entries a zip has */
    uint64_t rows;
    uint64_t instruments;
    uint64_t series;     /* (instrument, series) pairs */
    int64_t first_ts_ns; /* first and last are 0 without rows */
    int64_t last_ts_ns;
    bool time_is_epoch;       /* the (last) file's `ts` is an epoch number ... */
    enum time_unit time_unit; /* ... in this unit, recognised by its size */
    uint64_t bars;            /* of the rows */
    int64_t bar_ns_min;       /* shortest and longest bar found; 0 without bars */
    int64_t bar_ns_max;
    uint64_t bars_assumed;    /* instruments with a single bar, taken as 60 s */
    uint64_t unit_switches;   /* times the unit of epoch times changed inside the file */
    uint64_t records_skipped; /* records, or values in them, that give nothing */
};

/* One file to decode: where it lies, what it is called, and how messages name it. Many vendors say
 * instrument or day in the name alone. Borrowed for the call. */
struct loader_file {
    const char *path;   /* as the user gave it; "-" is standard input */
    const char *entry;  /* name inside the container; of a file that is none its own name */
    const char *source; /* for messages: path, and entry where the path holds several */
};

/* How surely a format claims a file. The surest claim wins; two that are equally sure are refused
 * with both named. */
enum loader_claim {
    LOADER_NO,
    LOADER_MAYBE,  /* the content fits, but others could look like it (no header, no magic) */
    LOADER_LIKELY, /* the content fits and so does the name */
    LOADER_SURE,   /* magic bytes, or a header that is this vendor's alone */
};

/* A decoder of one source format: bytes in, batches out, no file handle. Its functions are called
 * in the order create, (begin, feed..., end)..., finish, destroy; after a failure only destroy. */
struct loader {
    const char *name;  /* key of --format */
    const char *title; /* one line for `list formats` */
    /* Whether `file`, which starts with `head`, is of this format: by content, then by name. */
    enum loader_claim (*detect)(const struct loader_file *file, const char *head, size_t size);
    /* `columns` is the text of --columns, or NULL; `sink` is kept. STATUS_USAGE: bad `columns`. */
    MUST_CHECK enum status (*create)(const char *columns, const struct tick_sink *sink,
                                     void **ret_decoder, struct error *reterr);
    /* Starts a file; what of `file` is kept is copied. STATUS_CORRUPT: a name that does not say
     * what the content leaves out. */
    MUST_CHECK enum status (*begin)(void *decoder, const struct loader_file *file,
                                    struct error *reterr);
    /* STATUS_CORRUPT, STATUS_RANGE: a bad row; the message names source, line, column, value.
     * What the sink gives is passed on. */
    MUST_CHECK enum status (*feed)(void *decoder, const char *bytes, size_t size,
                                   struct error *reterr);
    MUST_CHECK enum status (*end)(void *decoder, struct error *reterr);
    /* Hands the last rows to the sink and fills the fields of the report that the rows tell. */
    MUST_CHECK enum status (*finish)(void *decoder, struct import_report *ret_report,
                                     struct error *reterr);
    void (*destroy)(void *decoder); /* NULL is fine */
};

extern const struct loader *const loaders[];        /* NULL-terminated, tried in this order */
const struct loader *loader_find(const char *name); /* NULL: no such format */

/* Which format claims the first file in `path`, as an import would find it. STATUS_OK: *ret_name is
 * its name, constant; NULL: none does. STATUS_CORRUPT: several do, or the container is damaged;
 * STATUS_IO, STATUS_NO_MEMORY. */
MUST_CHECK enum status loader_detect(const char *path, const char **ret_name, struct error *reterr);

/* Looks on while a file is imported. */
struct loader_watch {
    void *context;
    /* Called about once a megabyte. `size` 0: unknown. False stops with STATUS_INTERRUPTED. */
    bool (*look)(void *context, uint64_t consumed, uint64_t size);
};

/* Imports `path` ("-" is standard input), compressed or not, into `sink`. Of a zip every file is
 * imported, in turn. `format` NULL: found from the content. `columns` is the text of --columns
 * ("ts=time,price=px,instrument:=BTCUSDT": role=column of the file, or role:=constant), or NULL.
 * STATUS_IO, STATUS_NO_MEMORY; STATUS_USAGE: no such format, bad `columns`; STATUS_CORRUPT,
 * STATUS_RANGE: bad content, named by file, line, column and value; and what `sink` gives. Rows may
 * have reached the sink before a failure: undoing them is the sink's. */
MUST_CHECK enum status loader_import(const char *path, const char *format, const char *columns,
                                     const struct tick_sink *sink, struct import_report *ret_report,
                                     struct error *reterr);

/* The same with somebody looking on; `watch` may be NULL. */
MUST_CHECK enum status loader_import_watched(const char *path, const char *format,
                                             const char *columns, const struct loader_watch *watch,
                                             const struct tick_sink *sink,
                                             struct import_report *ret_report,
                                             struct error *reterr);
