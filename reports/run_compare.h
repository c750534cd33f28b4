#pragma once
/* Runs side by side: what was set differently, what came out differently, and whether the runs may
 * be compared at all. */

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "reports/page.h"
#include "store/results/results_file.h"

/* Compares `count` >= 2 runs, which are there; differences are against the first. STATUS_OK: the
 * caller frees *ret_text: JSON, or text in 80 columns. */
MUST_CHECK enum status run_compare(struct results_file *file, const char *const *ids, size_t count,
                                   bool json, struct page_style style, char **ret_text,
                                   struct error *reterr);
