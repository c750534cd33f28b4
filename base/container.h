#pragma once
/* Opens any file, plain or compressed, by its content, and reads it as a stream of bytes in bounded
 * memory. The only file that sees libarchive, liblzma and zlib. */

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct container; /* opaque; used by one thread at a time */

/* What a container refuses, so that an untrusted file can exhaust neither memory nor disk. */
struct container_limits {
    uint64_t expanded_bytes_max;  /* of one entry; 0: default, 1 TiB */
    uint64_t expansion_ratio_max; /* expanded / read, checked beyond 64 MiB; 0: default, 2000 */
};

/* Opens `path` ("-" is standard input). `limits` may be NULL. STATUS_OK: the caller owns
 * *ret_container. STATUS_IO: not there or cannot be opened. STATUS_CORRUPT: a container that cannot
 * be read (encrypted, nested, truncated at its head). */
MUST_CHECK enum status container_open(const char *path, const struct container_limits *limits,
                                      struct container **ret_container, struct error *reterr);

/* The next entry of an archive; a plain or merely compressed file has exactly one, named after the
 * file. STATUS_END: no further entry. Must be called before the first read. */
MUST_CHECK enum status container_next_entry(struct container *container, const char **ret_name,
                                            struct error *reterr);

/* Reads up to `capacity` bytes of the entry; *ret_count 0 at its end. STATUS_CORRUPT: damaged; the
 * message names the file and the byte offset in the expanded stream. */
MUST_CHECK enum status container_read(struct container *container, size_t capacity, void *ret_bytes,
                                      size_t *ret_count, struct error *reterr);

/* SHA-256 of the raw file as lower-case hex (64 characters and a NUL), once it was read to its end
 * (reads the rest if need be). */
MUST_CHECK enum status container_sha256(struct container *container, char ret_hex[65],
                                        struct error *reterr);

/* Raw bytes consumed so far and raw size (0: unknown), for progress. */
void container_progress(const struct container *container, uint64_t *ret_consumed,
                        uint64_t *ret_size);

void container_close(struct container *container); /* NULL is fine */
