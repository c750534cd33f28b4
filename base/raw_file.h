#pragma once
/* The raw bytes under a container: one file descriptor, read in order through one buffer, hashed on
 * the way. Knows signatures, no decoder. For container.c alone. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/sha256.h"

#define RAW_CAPACITY ((size_t)256 * 1024)

/* What the first bytes of a file or entry say it is. */
enum form {
    FORM_PLAIN,
    FORM_GZIP,
    FORM_ZSTD,
    FORM_XZ,
    FORM_LZ4,
    FORM_BZIP2,
    FORM_ZIP,
    FORM_TAR, /* recognised only to be refused */
};

enum form form_of_head(const uint8_t *head, size_t size);
const char *form_name(enum form form);

struct raw_file {
    char *path; /* as messages show it */
    int file;   /* -1: none */
    bool seekable;
    bool ended;         /* read(2) gave 0 */
    int read_errno;     /* of a failed read(2); 0: none */
    struct sha256 *sha; /* of the bytes read in order; NULL after raw_file_restart() */
    char sha_hex[65];   /* "" until known */
    uint64_t size;      /* 0: unknown */
    size_t begin;       /* the bytes not yet taken are bytes[begin..end) */
    size_t end;
    uint8_t bytes[RAW_CAPACITY];
};

/* Opens `path` ("-" is standard input). On failure *raw is fit for raw_file_finish(). */
MUST_CHECK enum status raw_file_init(struct raw_file *raw, const char *path, struct error *reterr);

/* Makes at least `wanted` (<= RAW_CAPACITY) bytes stand in bytes[begin..end), unless the file ends
 * before. STATUS_IO: it cannot be read. */
MUST_CHECK enum status raw_file_fill(struct raw_file *raw, size_t wanted, struct error *reterr);

/* Up to `capacity` bytes, first what stands in the buffer, then straight from the file. */
MUST_CHECK enum status raw_file_take(struct raw_file *raw, size_t capacity, void *ret_bytes,
                                     size_t *ret_count, struct error *reterr);

/* Goes back to byte 0 for a reader that seeks; from here on the hash is made apart. */
MUST_CHECK enum status raw_file_restart(struct raw_file *raw, struct error *reterr);

/* Moves to `offset` from `whence`, as lseek(2); -1 and errno on failure. */
int64_t raw_file_seek(struct raw_file *raw, int64_t offset, int whence);

/* Reads `size` bytes at `offset` and leaves the place of reading alone. False: not all are there.
 */
bool raw_file_peek(const struct raw_file *raw, uint64_t offset, size_t size, void *ret_bytes);

/* SHA-256 of the whole file; what was not read yet is read now. */
MUST_CHECK enum status raw_file_sha256(struct raw_file *raw, char ret_hex[65],
                                       struct error *reterr);

void raw_file_finish(struct raw_file *raw);
