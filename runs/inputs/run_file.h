#pragma once
/* An accounts file, read whole and hashed. Part of run_inputs. */

#include "base/error.h"
#include "runs/inputs/run_inputs.h"

/* Reads `source` (NULL: `path` itself) as the file `path`; NULL is no file, and *file stays as it
 * is. STATUS_IO. */
MUST_CHECK enum status run_file_read(struct run_file *file, const char *path, const char *source,
                                     struct error *reterr);
