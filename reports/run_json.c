#include "reports/run_json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "reports/exact_json.h"
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

/* The metric with all its digits; null where it is not known. */
static json_t *number(const struct document *document, const char *name, const char *instrument) {
    const struct run_metric *metric = run_figures_metric(document->figures, name, instrument);
    if (metric == NULL)
        return json_null();
    return metric->exact[0] != '\0' ? exact_json_number(metric->exact)
                                    : exact_json_real(metric->value);
}

/* A time, which is kept as exact text; null where it is not known. */
static json_t *time_text(const struct document *document, const char *name) {
    const char *text = run_figures_exact(document->figures, name, "");
    return text[0] == '\0' ? json_null() : json_string(text);
}

/* An object of the metrics `prefix`.KEY, for the space-separated `keys`. */
static json_t *group(struct document *document, const char *prefix, const char *const *keys,
                     const char *instrument) {
    json_t *object = json_object();
    for (size_t i = 0; keys[i] != NULL; i++) {
        char name[96];
        (void)snprintf(name, sizeof(name), "%s.%s", prefix, keys[i]); /* names are ours and short */
        put(document, object, keys[i], number(document, name, instrument));
    }
    return object;
}

/* An object of metric `name` by instrument. */
static json_t *by_instrument(struct document *document, const char *name) {
    json_t *object = json_object();
    const GPtrArray *instruments = document->figures->instruments;
    for (guint i = 0; i < instruments->len; i++) {
        const char *instrument = g_ptr_array_index(instruments, i);
        put(document, object, instrument, number(document, name, instrument));
    }
    return object;
}

static json_t *prices(struct document *document) {
    static const char *const keys[] = {"first",
                                       "last",
                                       "min",
                                       "max",
                                       "last_without_feedback",
                                       "min_without_feedback",
                                       "last_recorded",
                                       "min_recorded",
                                       NULL};
    json_t *object = json_object();
    const GPtrArray *instruments = document->figures->instruments;
    for (guint i = 0; i < instruments->len; i++) {
        const char *instrument = g_ptr_array_index(instruments, i);
        put(document, object, instrument, group(document, "price", keys, instrument));
    }
    return object;
}

static json_t *generations(struct document *document) {
    json_t *array = json_array();
    for (unsigned i = 0;; i++) {
        char name[48];
        (void)snprintf(name, sizeof(name), "generation_counts.%u", i); /* fits */
        if (run_figures_metric(document->figures, name, "") == NULL)
            return array;
        if (json_array_append_new(array, number(document, name, "")) != 0)
            document->failed = true;
    }
}

static void put_counts(struct document *document, json_t *root, const char *const *names) {
    for (size_t i = 0; names[i] != NULL; i++)
        put(document, root, names[i], number(document, names[i], ""));
}

/* The object under `key`, made if it is not there. */
static json_t *object_at(struct document *document, json_t *object, const char *key) {
    if (json_object_get(object, key) == NULL)
        put(document, object, key, json_object());
    return json_object_get(object, key);
}

/* Adds the metric `key` ("range.RUN.NAME", with an instrument also "\nINSTRUMENT") at the place
 * that NAME has in the answer itself. */
static void put_range(struct document *document, json_t *root, const char *key) {
    char **halves = g_strsplit(key, "\n", 2);
    const char *instrument = halves[1] == NULL ? "" : halves[1];
    char **steps = g_strsplit(halves[0], ".", -1);
    const guint count = g_strv_length(steps);
    const bool is_price = count > 3 && strcmp(steps[2], "price") == 0;
    json_t *object = root;
    for (guint i = 0; i + 1 < count && !document->failed; i++)
        object = object_at(document, object, steps[i]);
    /* What the answer has as one number is not there by instrument too. */
    const json_t *there = json_object_get(object, steps[count - 1]);
    const bool is_whole =
        instrument[0] != '\0' && !is_price && there != NULL && !json_is_object(there);
    if (instrument[0] != '\0' && !is_whole && !document->failed)
        object = object_at(document, object, is_price ? instrument : steps[count - 1]);
    if (!is_whole && !document->failed)
        put(document, object, instrument[0] == '\0' || is_price ? steps[count - 1] : instrument,
            number(document, halves[0], instrument));
    g_strfreev(steps);
    g_strfreev(halves);
}

static void put_ranges(struct document *document, json_t *root) {
    GList *keys = g_hash_table_get_keys(document->figures->metrics);
    keys = g_list_sort(keys, (GCompareFunc)strcmp);
    for (const GList *key = keys; key != NULL; key = key->next)
        if (g_str_has_prefix(key->data, "range."))
            put_range(document, root, key->data);
    g_list_free(keys);
}

static json_t *contagion(struct document *document) {
    json_t *array = json_array();
    const GArray *rows = document->figures->contagion;
    for (guint i = 0; i < rows->len; i++) {
        const struct run_contagion *row = &g_array_index(rows, struct run_contagion, i);
        json_t *object = json_object();
        put(document, object, "cause", json_string(row->cause));
        put(document, object, "effect", json_string(row->effect));
        put(document, object, "liquidations", json_integer(row->orders));
        put(document, object, "notional", exact_json_real(row->notional));
        put(document, object, "shared_collateral", exact_json_real(row->shared_collateral));
        put(document, object, "cross_impact", exact_json_real(row->cross_impact));
        put(document, object, "multiplier", exact_json_real(row->multiplier));
        put(document, object, "multiplier_shared_collateral",
            exact_json_real(row->multiplier_shared_collateral));
        put(document, object, "multiplier_cross_impact",
            exact_json_real(row->multiplier_cross_impact));
        if (json_array_append_new(array, object) != 0)
            document->failed = true;
    }
    return array;
}

static void fill(struct document *document, json_t *root) {
    static const char *const before[] = {"liquidations", "accounts_liquidated",
                                         "accounts_in_breach_at_start", NULL};
    static const char *const notional[] = {"total", "long", "short", NULL};
    static const char *const fund[] = {"start", "min", "end", NULL};
    static const char *const adl[] = {"notional", "accounts", NULL};
    static const char *const inventory[] = {"taken", "worked_off", "held", "gain", NULL};
    static const char *const backstop[] = {"taken", "gain", NULL};
    static const char *const after[] = {"socialised_loss", "unpaid", "fees", "funding", NULL};
    static const char *const last[] = {"erroneous_liquidations", "ledger_residual", NULL};
    const struct run_figures *figures = document->figures;

    put(document, root, "run", json_string(figures->id));
    put(document, root, "scenario", json_string(figures->scenario));
    put(document, root, "seed", json_integer(figures->seed));
    put(document, root, "fingerprint", json_string(figures->fingerprint));
    put(document, root, "ticks", number(document, "ticks", ""));
    put(document, root, "accounts", number(document, "accounts", ""));
    put(document, root, "instruments", json_integer((json_int_t)figures->instruments->len));
    put(document, root, "elapsed_s", exact_json_real(figures->elapsed_s));
    const double ticks = run_figures_value(figures, "ticks", "");
    put(document, root, "ticks_per_s",
        exact_json_real(figures->elapsed_s > 0 ? round(ticks / figures->elapsed_s) : NAN));
    put_counts(document, root, before);
    json_t *liquidated = group(document, "liquidated_notional", notional, "");
    put(document, liquidated, "by_instrument",
        by_instrument(document, "liquidated_notional.by_instrument"));
    put(document, root, "liquidated_notional", liquidated);
    json_t *peak = json_object();
    put(document, peak, "ts", time_text(document, "peak_minute.ts"));
    put(document, peak, "notional", number(document, "peak_minute.notional", ""));
    put(document, root, "peak_minute", peak);
    put(document, root, "waves_max", number(document, "waves_max", ""));
    put(document, root, "generation_counts", generations(document));
    put(document, root, "price", prices(document));
    put(document, root, "amplification", by_instrument(document, "amplification"));
    put(document, root, "endogenous_share", by_instrument(document, "endogenous_share"));
    put(document, root, "caused_share", number(document, "caused_share", ""));
    put(document, root, "caused_share_proportional",
        number(document, "caused_share_proportional", ""));
    put(document, root, "implausible_minutes", by_instrument(document, "implausible_minutes"));
    put(document, root, "beyond_depth", by_instrument(document, "beyond_depth.notional"));
    json_t *branching = json_object();
    put(document, branching, "max", number(document, "branching.max", ""));
    put(document, branching, "at", time_text(document, "branching.at"));
    put(document, branching, "now", number(document, "branching.now", ""));
    put(document, root, "branching", branching);
    put(document, root, "contagion", contagion(document));
    put(document, root, "cleaned_notional", number(document, "cleaned_notional", ""));
    put(document, root, "bad_debt", number(document, "bad_debt", ""));
    put(document, root, "insurance_fund", group(document, "insurance_fund", fund, ""));
    put(document, root, "adl", group(document, "adl", adl, ""));
    put_counts(document, root, after);
    put(document, root, "inventory", group(document, "inventory", inventory, ""));
    put(document, root, "backstop", group(document, "backstop", backstop, ""));
    put_counts(document, root, last);
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
