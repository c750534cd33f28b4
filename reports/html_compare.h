#pragma once
/* Several runs as one self-contained HTML file (`compare --html`): whether they may be compared,
 * prices, liquidated notional and losses side by side, settings that differ, all figures. */

#include <stddef.h>

#include "base/error.h"
#include "store/results/results_file.h"

#define HTML_COMPARE_RUNS_MAX 12

/* Writes the page of `count` (2..HTML_COMPARE_RUNS_MAX) runs, which are there, to `path`, in place
 * of a file that is there: all of it or nothing. The same runs give the same bytes. STATUS_USAGE:
 * too many runs, or this build has no page; STATUS_IO, STATUS_FULL: `path` cannot be written. */
MUST_CHECK enum status html_compare_write(struct results_file *file, const char *const *ids,
                                          size_t count, const char *path, struct error *reterr);
