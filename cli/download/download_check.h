#pragma once
/* Whether a file is what it should be: by its published checksum, or by reading it through. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define DOWNLOAD_CHECKSUM_SIZE_MAX ((size_t)4096)

/* The text of NAME.CHECKSUM. */
struct download_checksum {
    char text[DOWNLOAD_CHECKSUM_SIZE_MAX];
    size_t size;
    char sha256[65]; /* "": there is none */
};

/* Takes the hash for the file of `path` out of checksum->text, which has sha256sum's form: 64 hex
 * digits, blanks, a name. False: it has none. */
bool download_checksum_read(struct download_checksum *checksum, const char *path);

/* SHA-256 of an open file, from its beginning. STATUS_IO; STATUS_INTERRUPTED once `stop` says so.
 */
MUST_CHECK enum status download_hash(int file, const char *path, bool (*stop)(void),
                                     char ret_sha256[65], struct error *reterr);

/* Whether bytes at the beginning of a file are those of the compression that its name says (.zip,
 * .gz). Fewer than 4: told once there are more. STATUS_CORRUPT: the message shows what came. */
MUST_CHECK enum status download_check_head(const char *path, const void *bytes, size_t size,
                                           struct error *reterr);

/* Unpacks an open file to its end, which finds every cut and damage: for files without checksum.
 * STATUS_CORRUPT, STATUS_IO, STATUS_INTERRUPTED; the message names `path`. */
MUST_CHECK enum status download_check_whole(int file, const char *path, bool (*stop)(void),
                                            char ret_sha256[65], struct error *reterr);
