#pragma once
/* One run as the JSON document that the page of reports/page/ draws: its figures, as all that
 * speaks of a run has them (run_figures.h), and what charts show, by SQL. Long series are thinned
 * so that the page stays below 3 MB. */

#include <stdint.h>

#include <glib.h>

#include "base/error.h"
#include "reports/run_figures.h"
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

/* Appends JSON; `<` becomes an escape, bytes that are not UTF-8 a mark. */
void html_data_json(GString *text, const char *json);

/* Appends one of the parts that need nothing but SQL, by its key: "instruments", "settings", ... */
MUST_CHECK enum status html_data_part(struct results_file *file, const char *id, const char *key,
                                      GString *text, struct error *reterr);

/* Appends what the run is, and what was closed of each contract: "run", "contracts". */
MUST_CHECK enum status html_data_run(const struct run_figures *figures, GString *text,
                                     struct error *reterr);

/* Time and instruments of the run, which the series share; borrowed from its figures. */
struct html_span {
    int64_t from_ns;
    int64_t to_ns;
    const GPtrArray *instruments; /* char *, in the run's order */
    size_t runs;                  /* on the page, which share its size; at least 1 */
};

struct html_span html_span_of(const struct run_figures *figures, size_t runs);

/* What `by_instrument` has for the instrument in `column` of a row; NULL: it is not one of the
 * run's. */
void *html_span_find(GHashTable *by_instrument, const struct results_rows *rows, int column);

/* Price paths, liquidated notional by time, losses, insurance fund. */
MUST_CHECK enum status html_series_append(struct results_file *file, const char *id,
                                          const struct html_span *span, GString *text,
                                          struct error *reterr);

/* The liquidation-density map; an empty list where the file has none. */
MUST_CHECK enum status html_density_append(struct results_file *file, const char *id,
                                           const struct html_span *span, GString *text,
                                           struct error *reterr);
