#pragma once
/* The figures of one run as the JSON document that the page of reports/page/ draws. SQL makes them;
 * long series are thinned so that the page stays below 3 MB. */

#include <stdint.h>

#include <glib.h>

#include "base/error.h"
#include "store/results/results_file.h"

/* Appends the document to `text`. It is safe between <script> tags: no `<` stands in it. Run `id`
 * is there. */
MUST_CHECK enum status html_data_append(struct results_file *file, const char *id, GString *text,
                                        struct error *reterr);

/* ---- parts, for reports/html_*.c alone ---- */

/* Appends "key": and what `sql` gives: JSON texts in its first column, as a list, or the only one
 * (null if there is none). A comma comes first unless the document has only begun. */
MUST_CHECK enum status html_data_list(struct results_file *file, const char *id, const char *key,
                                      const char *sql, GString *text, struct error *reterr);
MUST_CHECK enum status html_data_object(struct results_file *file, const char *id, const char *key,
                                        const char *sql, GString *text, struct error *reterr);

/* Appends `key` as a member's name with what must stand before it. */
void html_data_key(GString *text, const char *key);

/* Appends JSON made by SQL; `<` becomes an escape, bytes that are not UTF-8 a mark. */
void html_data_json(GString *text, const char *json);

/* Appends one of the parts that need nothing but SQL, by its key: "run", "instruments", ... */
MUST_CHECK enum status html_data_part(struct results_file *file, const char *id, const char *key,
                                      GString *text, struct error *reterr);

/* Time and instruments of the run, which the series share. */
struct html_span {
    int64_t from_ns;
    int64_t to_ns;
    size_t runs;            /* on the page, which share its size; at least 1 */
    GPtrArray *instruments; /* char *, in the run's order */
};

/* Reads times and instruments of run `id`, which is there; `runs` and the array are the caller's.
 */
MUST_CHECK enum status html_span_read(struct results_file *file, const char *id,
                                      struct html_span *span, struct error *reterr);

/* Price paths, liquidated notional by time, losses, insurance fund. */
MUST_CHECK enum status html_series_append(struct results_file *file, const char *id,
                                          const struct html_span *span, GString *text,
                                          struct error *reterr);

/* The liquidation-density map; an empty list where the file has none. */
MUST_CHECK enum status html_density_append(struct results_file *file, const char *id,
                                           const struct html_span *span, GString *text,
                                           struct error *reterr);
