#pragma once
/* Decoder of the generic tick and bar CSV (interface §2), and with a --columns map of any CSV that
 * has a header. Bytes in, batches out: no file handle. */

#include "base/error.h"
#include "base/ports.h"
#include "loaders/loaders.h"

struct generic_csv; /* opaque; used by one thread at a time */

/* `columns` is the text of --columns or NULL; `sink` is kept. STATUS_USAGE: bad `columns`. */
MUST_CHECK enum status generic_csv_create(const char *columns, const struct tick_sink *sink,
                                          struct generic_csv **ret_csv, struct error *reterr);

/* Starts a file; `source` (copied) is its name in messages. */
MUST_CHECK enum status generic_csv_begin(struct generic_csv *csv, const char *source,
                                         struct error *reterr);

/* Takes the next bytes, cut anywhere. STATUS_CORRUPT, STATUS_RANGE: the message names source, line,
 * column and value; what the sink gives is passed on. After a failure only destroy. */
MUST_CHECK enum status generic_csv_feed(struct generic_csv *csv, const char *bytes, size_t size,
                                        struct error *reterr);

/* Ends the file: takes a last line without a line end. STATUS_CORRUPT also: no header. */
MUST_CHECK enum status generic_csv_end(struct generic_csv *csv, struct error *reterr);

/* Hands the last rows to the sink, and fills what the report says of rows and times. */
MUST_CHECK enum status generic_csv_finish(struct generic_csv *csv, struct import_report *ret_report,
                                          struct error *reterr);

void generic_csv_destroy(struct generic_csv *csv); /* NULL is fine */

extern const struct loader generic_csv_loader;
