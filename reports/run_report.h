#pragma once
/* The terminal report of one run: what fell, what was liquidated, how much of the fall that made,
 * who paid, what the answer rests on, what to try next. */

#include "base/error.h"
#include "reports/page.h"
#include "store/results/results_file.h"

/* Reads run `id`, which is there. STATUS_OK: *ret_text is the report, the caller's to g_free(). */
MUST_CHECK enum status run_report(struct results_file *file, const char *id,
                                  struct page_style style, char **ret_text, struct error *reterr);
