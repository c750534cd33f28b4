#pragma once
/* What loaders share whose CSV rows need more than a table of columns: lines in, rows out. */

#include <stdint.h>

#include "base/error.h"
#include "loaders/csv/csv_cell.h"
#include "loaders/csv/csv_lines.h"
#include "loaders/loaders.h"
#include "loaders/text/file_name.h"
#include "loaders/ticks/tick_batcher.h"

struct row_loader {
    struct tick_batcher *batcher;
    struct csv_lines lines;
    csv_row_take *take;       /* its context is the struct row_loader */
    char name[FILE_NAME_MAX]; /* of the file, without what it is packed with */
    uint64_t skipped;         /* rows that give none */
    void *special;            /* what the format keeps besides; freed with free() */
};

/* `columns` must be NULL; `special_size` bytes are kept for the format, zeroed. STATUS_USAGE,
 * STATUS_NO_MEMORY. */
MUST_CHECK enum status row_loader_create(const char *columns, const struct tick_sink *sink,
                                         csv_row_take *take, size_t special_size,
                                         struct row_loader **ret_loader, struct error *reterr);

void row_loader_begin(struct row_loader *loader, const struct loader_file *file);

/* The functions of struct loader; the decoder is a struct row_loader. */
MUST_CHECK enum status row_loader_feed(void *decoder, const char *bytes, size_t size,
                                       struct error *reterr);
MUST_CHECK enum status row_loader_end(void *decoder, struct error *reterr);
MUST_CHECK enum status row_loader_finish(void *decoder, struct import_report *ret_report,
                                         struct error *reterr);
void row_loader_destroy(void *decoder);

/* One tick of an instrument's series. */
MUST_CHECK enum status row_loader_add(struct row_loader *loader, const char *instrument,
                                      size_t instrument_size, const char *series, int64_t ts_ns,
                                      struct decimal price, struct decimal quantity, uint8_t flags,
                                      struct error *reterr);

/* A whole number of at most 18 digits, with a sign or not. STATUS_CORRUPT: the message names
 * `column` and value. */
MUST_CHECK enum status row_loader_integer(const char *column, const struct csv_field *field,
                                          int64_t *ret_value, struct error *reterr);
