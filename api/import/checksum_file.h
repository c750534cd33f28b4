#pragma once
/* X.CHECKSUM beside a file X, as vendors publish it: what sha256sum writes. */

#include <stdbool.h>

#include "base/error.h"

/* Whether `path` is the name of such a file. */
bool checksum_file_is_one(const char *path);

/* Holds `sha256` (lower-case hex) of the file `path` against the file beside it. STATUS_OK:
 * *ret_there says whether there is one; it agrees. STATUS_CORRUPT: it does not, both hashes are
 * named, or it is no checksum file; STATUS_IO: it cannot be read. */
MUST_CHECK enum status checksum_file_verify(const char *path, const char *sha256, bool *ret_there,
                                            struct error *reterr);
