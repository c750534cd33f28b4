#pragma once
/* What there is, with a line on each: rows of text under headings, for JSON and for tables alike.
 */

#include <stdbool.h>
#include <stddef.h>

#include <glib.h>

#include "base/error.h"

#define LISTING_COLUMNS_MAX 32

struct listing {
    const char *columns[LISTING_COLUMNS_MAX]; /* headings */
    size_t column_count;
    GPtrArray *cells; /* char *, row by row */
};

/* The bundled scenarios and rulebooks of the folder `resources` (NULL: STATUS_IO says that it is
 * not there). `all`: with the columns that are too wide for a terminal. STATUS_OK: the caller ends
 * *ret_listing with listing_finish(). */
MUST_CHECK enum status listing_scenarios(const char *resources, struct listing *ret_listing,
                                         struct error *reterr);
MUST_CHECK enum status listing_rulebooks(const char *resources, bool all,
                                         struct listing *ret_listing, struct error *reterr);

/* What is built in. */
void listing_impact_models(bool all, struct listing *ret_listing);
void listing_formats(struct listing *ret_listing);
void listing_metrics(struct listing *ret_listing);

size_t listing_rows(const struct listing *listing);
const char *const *listing_row(const struct listing *listing, size_t row); /* cells, borrowed */

void listing_finish(struct listing *listing); /* zeroed is fine */
