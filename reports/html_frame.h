#pragma once
/* Puts a self-contained page together from its frame, the page's own files and its data. In builds
 * with the chart library alone. For reports/html_*.c. */

#include <glib.h>

#include "base/error.h"

/* Writes frame `frame` with `scripts` (NULL-terminated; names of reports/page/page.gresource.xml)
 * and `data`, JSON without `<`, to `path`: all of it or nothing. STATUS_IO, STATUS_FULL. */
MUST_CHECK enum status html_frame_write(const char *frame, const char *const *scripts,
                                        const GString *data, const char *path,
                                        struct error *reterr);
