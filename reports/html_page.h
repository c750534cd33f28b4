#pragma once
/* One run as one self-contained HTML file (`report --html`): text, charts, tables, with the chart
 * library in it. Works from disk; asks nothing of any network. */

#include <stdbool.h>

#include "base/error.h"
#include "store/results/results_file.h"

/* Whether this build has the page: it has not where ECharts was missing when it was set up. */
bool html_page_available(void);

/* Writes the page of run `id`, which is there, to `path`, in place of a file that is there: all of
 * it or nothing. The same run gives the same bytes. STATUS_USAGE: this build has no page;
 * STATUS_IO, STATUS_FULL: `path` cannot be written. */
MUST_CHECK enum status html_page_write(struct results_file *file, const char *id, const char *path,
                                       struct error *reterr);
