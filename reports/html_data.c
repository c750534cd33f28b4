#include "reports/html_data.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/exact_json.h"
#include "reports/figures_json.h"

struct part {
    const char *key;
    const char *sql;
};

/* Of one row: what is liquidated notional, which what was auto-deleveraged is not. */
#define MARKET_NOTIONAL "notional_e8 * (adl = 0) / 1e8"
#define SIDE_NOTIONAL(sign) "total(" MARKET_NOTIONAL " * (quantity_lots " sign " 0))"

/* What charts and tables show beside the figures. total() sums as double: a whole run may hold more
 * than 2^63 of 1e-8. Reals that may be infinite are looked at first: SQLite would write an infinity
 * as a word that is not JSON. */
static const struct part lists[] = {
    {"instruments", "SELECT json_object('instrument', instrument, 'kind', kind, 'tick', price_tick,"
                    " 'tick_exact', price_tick_exact, 'lot', lot_exact, 'contract_size',"
                    " contract_size_exact, 'impact', impact) FROM instrument WHERE run = ?1"
                    " ORDER BY number"},
    {"settings", "SELECT json_object('key', key, 'value', value, 'origin', origin,"
                 " 'low', CASE WHEN abs(low) < 1e308 THEN low END,"
                 " 'high', CASE WHEN abs(high) < 1e308 THEN high END, 'note', note)"
                 " FROM setting WHERE run = ?1 ORDER BY key"},
    {"inputs", "SELECT json_object('role', role, 'name', name, 'sha256', sha256, 'size', size,"
               " 'note', note) FROM input WHERE run = ?1 ORDER BY number"},
    {"notes", "SELECT json_object('kind', kind, 'text', text) FROM note WHERE run = ?1"
              " ORDER BY number"},
    {"deciles", "SELECT json_object('decile', decile, 'accounts', count(*),"
                " 'liquidated', total(liquidations > 0), 'bankrupt', total(outcome = 'bankrupt'),"
                " 'low', min(equity_start_e8) / 1e8, 'high', max(equity_start_e8) / 1e8,"
                " 'equity_start', total(equity_start_e8) / 1e8,"
                " 'equity_end', total(equity_end_e8) / 1e8)"
                " FROM (SELECT ntile(10) OVER (ORDER BY equity_start_e8, account) AS decile,"
                " liquidations, outcome, equity_start_e8, equity_end_e8"
                " FROM account WHERE run = ?1) GROUP BY decile ORDER BY decile"},
    {"cascade_sizes", "SELECT json_array(orders, count(*), total(notional))"
                      " FROM (SELECT sum(part = 0) AS orders, total(" MARKET_NOTIONAL
                      ") AS notional FROM liquidation WHERE run = ?1 GROUP BY cascade)"
                      " WHERE orders > 0 GROUP BY orders ORDER BY orders"},
};

void html_data_key(GString *text, const char *key) {
    if (text->str[text->len - 1] != '{')
        g_string_append_c(text, ',');
    g_string_append_printf(text, "\n\"%s\":", key);
}

void html_data_json(GString *text, const char *json) {
    char *valid = g_utf8_make_valid(json, -1);
    for (const char *rest = valid; *rest != '\0';) {
        const size_t clean = strcspn(rest, "<");
        g_string_append_len(text, rest, (gssize)clean);
        rest += clean;
        if (*rest == '<') {
            g_string_append(text, "\\u003c");
            rest++;
        }
    }
    g_free(valid);
}

enum status html_data_list(struct results_file *file, const char *id, const char *key,
                           const char *sql, GString *text, struct error *reterr) {
    struct results_rows *rows = NULL;
    enum status status = results_query(file, sql, id, &rows, reterr);
    if (status != STATUS_OK)
        return status;
    html_data_key(text, key);
    const char *before = "[";
    while ((status = results_rows_next(rows, reterr)) == STATUS_OK) {
        g_string_append(text, before);
        html_data_json(text, results_rows_text(rows, 0));
        before = ",\n";
    }
    results_rows_end(rows);
    g_string_append(text, before[0] == '[' ? "[]" : "]");
    return status == STATUS_END ? STATUS_OK : status;
}

enum status html_data_object(struct results_file *file, const char *id, const char *key,
                             const char *sql, GString *text, struct error *reterr) {
    struct results_rows *rows = NULL;
    enum status status = results_query(file, sql, id, &rows, reterr);
    if (status != STATUS_OK)
        return status;
    html_data_key(text, key);
    status = results_rows_next(rows, reterr);
    if (status == STATUS_OK)
        html_data_json(text, results_rows_text(rows, 0));
    else
        g_string_append(text, "null");
    results_rows_end(rows);
    return status == STATUS_END ? STATUS_OK : status;
}

enum status html_data_part(struct results_file *file, const char *id, const char *key,
                           GString *text, struct error *reterr) {
    size_t i = 0;
    while (strcmp(lists[i].key, key) != 0) /* it is one of them */
        i++;
    return html_data_list(file, id, key, lists[i].sql, text, reterr);
}

/* Appends "key":JSON, and ends `json`; line breaks and what indents them stand between tokens alone
 * and go. */
static enum status append_json(GString *text, const char *key, json_t *json, struct error *reterr) {
    char *dump = json == NULL ? NULL : exact_json_dump(json);
    json_decref(json);
    if (dump == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for the page");
    char *out = dump;
    for (const char *in = dump; *in != '\0'; in += *in == '\n' ? 1 + strspn(in + 1, " ") : 1)
        if (*in != '\n')
            *out++ = *in;
    *out = '\0';
    html_data_key(text, key);
    html_data_json(text, dump);
    free(dump);
    return STATUS_OK;
}

/* What the run is. A seed may have more digits than a number of the page holds. */
static json_t *run_json_of(const struct run_figures *figures) {
    char seed[24];
    (void)snprintf(seed, sizeof(seed), "%lld", (long long)figures->seed); /* 20 characters */
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:I, s:I, s:s}", "id", figures->id,
                     "scenario", figures->scenario, "title", figures->title, "seed", seed,
                     "version", figures->version, "fingerprint", figures->fingerprint, "created_at",
                     figures->created_at, "elapsed_s", exact_json_real(figures->elapsed_s),
                     "from_ms", (json_int_t)(figures->from_ns / 1000000), "to_ms",
                     (json_int_t)(figures->to_ns / 1000000), "asset", figures->asset);
}

enum status html_data_run(const struct run_figures *figures, GString *text, struct error *reterr) {
    const enum status status = append_json(text, "run", run_json_of(figures), reterr);
    return status == STATUS_OK
               ? append_json(text, "contracts", figures_contracts_json(figures), reterr)
               : status;
}

static enum status append_figures(const struct run_figures *figures, GString *text,
                                  struct error *reterr) {
    enum status status = html_data_run(figures, text, reterr);
    if (status == STATUS_OK)
        status = append_json(text, "metrics", figures_metrics_json(figures), reterr);
    if (status == STATUS_OK)
        status = append_json(text, "cohorts", figures_cohorts_json(figures), reterr);
    if (status == STATUS_OK)
        status = append_json(text, "contagion", figures_contagion_json(figures), reterr);
    return status;
}

/* The cascade of the largest notional, and its generations. */
static enum status append_cascade(struct results_file *file, const char *id, GString *text,
                                  struct error *reterr) {
    struct results_rows *rows = NULL;
    enum status status =
        results_query(file,
                      "SELECT cascade FROM liquidation WHERE run = ?1 GROUP BY cascade"
                      " ORDER BY total(notional_e8 * (adl = 0)) DESC, cascade LIMIT 1",
                      id, &rows, reterr);
    if (status != STATUS_OK)
        return status;
    status = results_rows_next(rows, reterr);
    const int64_t cascade = status == STATUS_OK ? results_rows_integer(rows, 0) : -1;
    results_rows_end(rows);
    if (status != STATUS_OK && status != STATUS_END)
        return status;
    char sql[768]; /* for the texts below and 20 digits */
    (void)snprintf(
        sql, sizeof(sql),
        "SELECT json_object('orders', sum(part = 0), 'accounts',"
        " count(DISTINCT account), 'instruments', count(DISTINCT instrument),"
        " 'long', " SIDE_NOTIONAL(">") ", 'short', " SIDE_NOTIONAL(
            "<") ","
                 " 'from_ms', min(ts_ns) / 1000000, 'to_ms', max(ts_ns) / 1000000,"
                 " 'generations', max(generation) + 1)"
                 " FROM liquidation WHERE run = ?1 AND cascade = %lld HAVING count(*) > 0",
        (long long)cascade);
    status = html_data_object(file, id, "cascade", sql, text, reterr);
    if (status != STATUS_OK)
        return status;
    (void)snprintf(
        sql, sizeof(sql),
        "SELECT json_array(generation, sum(part = 0), " SIDE_NOTIONAL(
            ">") ","
                 " " SIDE_NOTIONAL(
                     "<") ")"
                          " FROM liquidation WHERE run = ?1 AND cascade = %lld GROUP BY generation",
        (long long)cascade);
    return html_data_list(file, id, "generations", sql, text, reterr);
}

void *html_span_find(GHashTable *by_instrument, const struct results_rows *rows, int column) {
    char *name = g_utf8_make_valid(results_rows_text(rows, column), -1);
    void *found = g_hash_table_lookup(by_instrument, name);
    g_free(name);
    return found;
}

struct html_span html_span_of(const struct run_figures *figures, size_t runs) {
    if (figures == NULL)
        return (struct html_span){0};
    return (struct html_span){figures->from_ns, figures->to_ns, figures->instruments, runs};
}

/* The parts read the same rows again and again: with SQLite's 2 MB of pages that is most of the
 * time that a page takes. */
static enum status widen_cache(struct results_file *file, struct error *reterr) {
    struct results_rows *rows = NULL;
    enum status status = results_query(file, "PRAGMA cache_size = -131072", NULL, &rows, reterr);
    if (status != STATUS_OK)
        return status;
    status = results_rows_next(rows, reterr);
    results_rows_end(rows);
    return status == STATUS_END ? STATUS_OK : status;
}

enum status html_data_append(struct results_file *file, const char *id, GString *text,
                             struct error *reterr) {
    struct run_figures *figures = NULL;
    enum status status = widen_cache(file, reterr);
    if (status == STATUS_OK)
        status = run_figures_read(file, id, &figures, reterr);
    g_string_append_c(text, '{');
    if (status == STATUS_OK)
        status = append_figures(figures, text, reterr);
    for (size_t i = 0; status == STATUS_OK && i < G_N_ELEMENTS(lists); i++)
        status = html_data_list(file, id, lists[i].key, lists[i].sql, text, reterr);
    if (status == STATUS_OK)
        status = append_cascade(file, id, text, reterr);
    const struct html_span span = html_span_of(figures, 1);
    if (status == STATUS_OK)
        status = html_series_append(file, id, &span, text, reterr);
    if (status == STATUS_OK)
        status = html_density_append(file, id, &span, text, reterr);
    g_string_append(text, "}\n");
    run_figures_destroy(figures);
    return status;
}
