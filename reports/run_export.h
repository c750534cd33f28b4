#pragma once
/* Writes a run out of the results file, each of its tables as one file of CSV or JSON lines, with
 * the column names of the views and exact decimals. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/host.h"
#include "store/results/results_file.h"

enum export_format {
    EXPORT_CSV,   /* RFC 4180 quoting, a header row, lines end in \n, NULL is empty */
    EXPORT_JSONL, /* one object a line */
};

struct export_order {
    const char *folder; /* made if it is not there */
    enum export_format format;
    bool compress;           /* zstd; the name then ends in .zst */
    const struct host *host; /* may stop it; NULL is fine */
};

struct export_file {
    char *name; /* "minutes.csv.zst" */
    uint64_t rows;
    uint64_t bytes;
};

struct export_list {
    struct export_file *files;
    size_t count;
};

/* Exports run `id`, which is there. Each file gets its name when it is complete, in place of one of
 * the same name. STATUS_OK: the caller ends *ret_list with export_list_finish(). STATUS_IO: the
 * folder or a file cannot be made. STATUS_FOREIGN,
 * STATUS_CORRUPT: a table that is not as crossfall makes them. STATUS_INTERRUPTED: the host stops
 * it.
 */
MUST_CHECK enum status run_export(struct results_file *file, const char *id,
                                  const struct export_order *order, struct export_list *ret_list,
                                  struct error *reterr);

void export_list_finish(struct export_list *list); /* zeroed is fine */
