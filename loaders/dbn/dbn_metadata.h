#pragma once
/* The head of a DBN file: what it is about, and which id means which symbol on which days. */

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "loaders/dbn/dbn_symbols.h"

struct dbn_metadata {
    unsigned version;
    char dataset[17]; /* "GLBX.MDP3" */
};

/* The size of the metadata behind the prefix `bytes` (DBN_PREFIX_SIZE of them); fills the version.
 * STATUS_CORRUPT: no DBN, a version that is not known, or a size that cannot be. */
MUST_CHECK enum status dbn_metadata_begin(const uint8_t *bytes, struct dbn_metadata *ret_metadata,
                                          size_t *ret_size, struct error *reterr);

/* Reads the metadata `bytes`, which stand behind the prefix, and tells `symbols` its mappings.
 * STATUS_CORRUPT: the message names the byte of the file. */
MUST_CHECK enum status dbn_metadata_parse(const uint8_t *bytes, size_t size,
                                          struct dbn_metadata *metadata,
                                          struct dbn_symbols *symbols, struct error *reterr);
