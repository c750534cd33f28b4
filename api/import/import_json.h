#pragma once
/* An import, told as JSON. */

#include <jansson.h>

#include "api/import/importer.h"
#include "base/error.h"
#include "base/host.h"

/* As import_files(). *ret_document is the caller's, whatever the status; NULL: no memory. */
MUST_CHECK enum status import_json(const struct import_order *order, const struct host *host,
                                   json_t **ret_document, struct error *reterr);
