#include "reports/run_json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "reports/exact_json.h"
#include "reports/figures_json.h"
#include "reports/run_figures.h"

/* Jansson's functions take a NULL value and then fail; so failures need no look at each call: the
 * document is complete or json_object_set_new() has said -1 once. */
struct document {
    const struct run_figures *figures;
    bool failed;
};

static void put(struct document *document, json_t *object, const char *key, json_t *value) {
    if (json_object_set_new(object, key, value) != 0)
        document->failed = true;
}

/* Where the answer has it, dotted: under its name, but for what stood elsewhere from the start. */
static const char *path_of(enum metric_id metric) {
    return metric == METRIC_BEYOND_DEPTH_NOTIONAL   ? "beyond_depth"
           : metric == METRIC_BEYOND_DEPTH_QUANTITY ? "beyond_depth_quantity"
                                                    : metric_catalog[metric].name;
}

/* The object under `key`, made if it is not there. */
static json_t *object_at(struct document *document, json_t *object, const char *key) {
    if (json_object_get(object, key) == NULL)
        put(document, object, key, json_object());
    return json_object_get(object, key);
}

/* Whether there is anything to say of a metric by instrument. */
static bool has_instrument(const struct document *document, enum metric_bound bound,
                           enum metric_id metric) {
    const GPtrArray *instruments = document->figures->instruments;
    for (guint i = 0; i < instruments->len; i++)
        if (run_figures_bound(document->figures, bound, metric,
                              g_ptr_array_index(instruments, i)) != NULL)
            return true;
    return false;
}

/* The metric by instrument, into `parent`: prices as ID.LEAF, all else as LEAF.ID. */
static void put_by_instrument(struct document *document, json_t *parent, enum metric_bound bound,
                              enum metric_id metric, const char *leaf) {
    const bool is_price = metric_catalog[metric].kind == METRIC_PRICE;
    const GPtrArray *instruments = document->figures->instruments;
    json_t *object = is_price ? parent : object_at(document, parent, leaf);
    for (guint i = 0; i < instruments->len; i++) {
        const char *instrument = g_ptr_array_index(instruments, i);
        const struct run_metric *found =
            run_figures_bound(document->figures, bound, metric, instrument);
        if (found == NULL && bound != BOUND_NONE)
            continue;
        json_t *place = is_price ? object_at(document, object, instrument) : object;
        put(document, place, is_price ? leaf : instrument, figures_value_json(metric, found));
    }
}

static json_t *generations(struct document *document, enum metric_id metric) {
    json_t *array = json_array();
    for (unsigned i = 0;; i++) {
        const struct run_metric *found = run_figures_generation(document->figures, metric, i);
        if (found == NULL)
            return array;
        if (json_array_append_new(array, figures_value_json(metric, found)) != 0)
            document->failed = true;
    }
}

/* One metric of the catalogue at its place below `root`. Of the run itself all of them are there;
 * of a run of its range those that it has. */
static void put_metric(struct document *document, json_t *root, enum metric_bound bound,
                       enum metric_id metric) {
    const enum metric_scope scope = metric_catalog[metric].scope;
    const struct run_metric *whole = run_figures_bound(document->figures, bound, metric, "");
    const bool by_instrument = scope == METRIC_OF_INSTRUMENT || scope == METRIC_OF_BOTH;
    const bool has = by_instrument && has_instrument(document, bound, metric);
    if (bound != BOUND_NONE && whole == NULL && !has)
        return;
    char **steps = g_strsplit(path_of(metric), ".", -1);
    json_t *parent = root;
    guint last = 0;
    for (; steps[last + 1] != NULL && !document->failed; last++)
        parent = object_at(document, parent, steps[last]);
    if (scope == METRIC_OF_GENERATION)
        put(document, parent, steps[last], generations(document, metric));
    else if (scope == METRIC_OF_INSTRUMENT)
        put_by_instrument(document, parent, bound, metric, steps[last]);
    else
        put(document, parent, steps[last], figures_value_json(metric, whole));
    if (scope == METRIC_OF_BOTH && has) {
        char *leaf = g_strconcat(steps[last], "_by_instrument", NULL);
        put_by_instrument(document, parent, bound, metric, leaf);
        g_free(leaf);
    }
    g_strfreev(steps);
}

static void put_metrics(struct document *document, json_t *root, enum metric_bound bound) {
    for (int m = 0; m < METRICS && !document->failed; m++)
        put_metric(document, root, bound, (enum metric_id)m);
}

static void put_ranges(struct document *document, json_t *root) {
    static const enum metric_bound by_name[BOUNDS] = {BOUND_BARS_OHLC, BOUND_BARS_OLHC,
                                                      BOUND_BOOK_UPPER, BOUND_SQRT_LOWER};
    for (int b = 0; b < BOUNDS && !document->failed; b++)
        if (document->figures->bounds & (1U << by_name[b])) {
            json_t *range = object_at(document, root, "range");
            put_metrics(document, object_at(document, range, metric_bounds[by_name[b]].name),
                        by_name[b]);
        }
}

static void fill(struct document *document, json_t *root) {
    const struct run_figures *figures = document->figures;
    const double ticks = run_figures_value(figures, METRIC_TICKS, "");
    put(document, root, "run", json_string(figures->id));
    put(document, root, "scenario", json_string(figures->scenario));
    put(document, root, "seed", json_integer(figures->seed));
    put(document, root, "fingerprint", json_string(figures->fingerprint));
    put(document, root, "instruments", json_integer((json_int_t)figures->instruments->len));
    put(document, root, "elapsed_s", exact_json_real(figures->elapsed_s));
    put(document, root, "ticks_per_s",
        exact_json_real(figures->elapsed_s > 0 ? round(ticks / figures->elapsed_s) : NAN));
    put_metrics(document, root, BOUND_NONE);
    put(document, root, "contracts", figures_contracts_json(figures));
    put(document, root, "cohorts", figures_cohorts_json(figures));
    put(document, root, "liquidated_accounts", figures_liquidated_json(figures));
    put(document, root, "contagion", figures_contagion_json(figures));
    put_ranges(document, root);
}

enum status run_json(struct results_file *file, const char *id, char **ret_text,
                     struct error *reterr) {
    struct run_figures *figures = NULL;
    enum status status = run_figures_read(file, id, &figures, reterr);
    if (status != STATUS_OK)
        return status;
    struct document document = {.figures = figures};
    json_t *root = json_object();
    fill(&document, root);
    char *text = document.failed ? NULL : exact_json_dump(root);
    json_decref(root);
    run_figures_destroy(figures);
    if (text == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "run %s: no memory for its JSON", id);
    *ret_text = text;
    return STATUS_OK;
}
