#pragma once
/* Writes one file from its beginning to its end, plain or zstd-compressed, in bounded memory. It
 * gets its name when it is complete: what has the name is whole. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct packed_writer; /* opaque; used by one thread at a time */

/* Begins `path` (borrowed for the call) as `path`.part. STATUS_OK: the caller owns *ret_writer.
 * STATUS_IO, STATUS_NO_MEMORY. */
MUST_CHECK enum status packed_writer_create(const char *path, bool compress,
                                            struct packed_writer **ret_writer,
                                            struct error *reterr);

/* STATUS_IO, STATUS_FULL: no room. */
MUST_CHECK enum status packed_writer_write(struct packed_writer *writer, const void *bytes,
                                           size_t size, struct error *reterr);

/* Writes what is left and names the file, in place of one of the same name. Once.
 * *ret_size: its bytes. */
MUST_CHECK enum status packed_writer_finish(struct packed_writer *writer, uint64_t *ret_size,
                                            struct error *reterr);

/* Removes a file that was not finished. NULL is fine. */
void packed_writer_destroy(struct packed_writer *writer);
