#include "reports/html_data.h"

#include <stdio.h>
#include <string.h>

struct part {
    const char *key;
    const char *sql;
};

/* total() sums as double: a whole run may hold more than 2^63 of 1e-8. Reals that may be infinite
 * are looked at first: SQLite would write an infinity as a word that is not JSON. */
static const struct part objects[] = {
    {"run", "SELECT json_object('id', id, 'scenario', scenario, 'title', title, 'seed',"
            " CAST(seed AS TEXT), 'version', version, 'fingerprint', fingerprint, 'created_at',"
            " created_at, 'elapsed_s', elapsed_s, 'from_ms', from_ns / 1000000, 'to_ms',"
            " to_ns / 1000000, 'asset', asset) FROM run WHERE id = ?1"},
    {"liquidation", "SELECT json_object('orders', count(*),"
                    " 'long', total(notional_e8 * (quantity_lots > 0)) / 1e8,"
                    " 'short', total(notional_e8 * (quantity_lots < 0)) / 1e8,"
                    " 'loss', total(loss_e8) / 1e8, 'fund', total(paid_fund_e8) / 1e8,"
                    " 'adl', total(paid_adl_e8) / 1e8,"
                    " 'socialised', total(paid_socialised_e8) / 1e8,"
                    " 'unpaid', total(unpaid_e8) / 1e8, 'fee', total(fee_e8) / 1e8,"
                    " 'roots', total(parent IS NULL), 'adl_orders', total(adl),"
                    " 'erroneous', total(erroneous)) FROM liquidation WHERE run = ?1"},
    {"accounts", "SELECT json_object('accounts', count(*), 'liquidated', total(liquidations > 0),"
                 " 'bankrupt', total(outcome = 'bankrupt')) FROM account WHERE run = ?1"},
};

static const struct part lists[] = {
    {"metrics", "SELECT json_object('name', name, 'instrument', instrument,"
                " 'value', CASE WHEN abs(value) < 1e308 THEN value END,"
                " 'low', CASE WHEN abs(low) < 1e308 THEN low END,"
                " 'high', CASE WHEN abs(high) < 1e308 THEN high END, 'unit', unit, 'exact', exact)"
                " FROM metric WHERE run = ?1"},
    {"bounds", "SELECT json_object('bound', bound, 'name', name, 'instrument', instrument,"
               " 'value', CASE WHEN abs(value) < 1e308 THEN value END, 'unit', unit, 'exact',"
               " exact) FROM bound WHERE run = ?1"},
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
    {"by_instrument", "SELECT json_object('instrument', instrument, 'orders', count(*),"
                      " 'long', total(notional_e8 * (quantity_lots > 0)) / 1e8,"
                      " 'short', total(notional_e8 * (quantity_lots < 0)) / 1e8)"
                      " FROM liquidation WHERE run = ?1 GROUP BY instrument"},
    {"cohorts", "SELECT json_object('cohort', cohort, 'accounts', accounts, 'liquidated',"
                " liquidated, 'bankrupt', bankrupt, 'equity_start', equity_start, 'equity_end',"
                " equity_end) FROM cohort WHERE run = ?1 ORDER BY accounts DESC, cohort"},
    {"contagion", "SELECT json_object('cause', cause, 'effect', effect, 'orders', count,"
                  " 'notional', notional, 'shared_collateral', shared_collateral,"
                  " 'cross_impact', cross_impact,"
                  " 'multiplier', CASE WHEN abs(multiplier) < 1e308 THEN multiplier END)"
                  " FROM contagion WHERE run = ?1 ORDER BY"
                  " (SELECT number FROM instrument i WHERE i.run = ?1 AND i.instrument = cause),"
                  " (SELECT number FROM instrument i WHERE i.run = ?1 AND i.instrument = effect)"},
    {"deciles", "SELECT json_object('decile', decile, 'accounts', count(*),"
                " 'liquidated', total(liquidations > 0), 'bankrupt', total(outcome = 'bankrupt'),"
                " 'low', min(equity_start_e8) / 1e8, 'high', max(equity_start_e8) / 1e8,"
                " 'equity_start', total(equity_start_e8) / 1e8,"
                " 'equity_end', total(equity_end_e8) / 1e8)"
                " FROM (SELECT ntile(10) OVER (ORDER BY equity_start_e8, account) AS decile,"
                " liquidations, outcome, equity_start_e8, equity_end_e8"
                " FROM account WHERE run = ?1) GROUP BY decile ORDER BY decile"},
    {"cascade_sizes", "SELECT json_array(orders, count(*), total(notional_e8) / 1e8)"
                      " FROM (SELECT count(*) AS orders, total(notional_e8) AS notional_e8"
                      " FROM liquidation WHERE run = ?1 GROUP BY cascade)"
                      " GROUP BY orders ORDER BY orders"},
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
    for (size_t i = 0; i < G_N_ELEMENTS(objects); i++)
        if (strcmp(objects[i].key, key) == 0)
            return html_data_object(file, id, key, objects[i].sql, text, reterr);
    size_t i = 0;
    while (strcmp(lists[i].key, key) != 0) /* it is one of them */
        i++;
    return html_data_list(file, id, key, lists[i].sql, text, reterr);
}

/* The cascade of the largest notional, and its generations. */
static enum status append_cascade(struct results_file *file, const char *id, GString *text,
                                  struct error *reterr) {
    struct results_rows *rows = NULL;
    enum status status =
        results_query(file,
                      "SELECT cascade FROM liquidation WHERE run = ?1 GROUP BY cascade"
                      " ORDER BY total(notional_e8) DESC, cascade LIMIT 1",
                      id, &rows, reterr);
    if (status != STATUS_OK)
        return status;
    status = results_rows_next(rows, reterr);
    const int64_t cascade = status == STATUS_OK ? results_rows_integer(rows, 0) : -1;
    results_rows_end(rows);
    if (status != STATUS_OK && status != STATUS_END)
        return status;
    char sql[768]; /* for the texts below and 20 digits */
    (void)snprintf(sql, sizeof(sql),
                   "SELECT json_object('orders', count(*), 'accounts', count(DISTINCT account),"
                   " 'instruments', count(DISTINCT instrument),"
                   " 'long', total(notional_e8 * (quantity_lots > 0)) / 1e8,"
                   " 'short', total(notional_e8 * (quantity_lots < 0)) / 1e8,"
                   " 'loss', total(loss_e8) / 1e8, 'from_ms', min(ts_ns) / 1000000,"
                   " 'to_ms', max(ts_ns) / 1000000, 'generations', max(generation) + 1)"
                   " FROM liquidation WHERE run = ?1 AND cascade = %lld HAVING count(*) > 0",
                   (long long)cascade);
    status = html_data_object(file, id, "cascade", sql, text, reterr);
    if (status != STATUS_OK)
        return status;
    (void)snprintf(sql, sizeof(sql),
                   "SELECT json_array(generation, count(*),"
                   " total(notional_e8 * (quantity_lots > 0)) / 1e8,"
                   " total(notional_e8 * (quantity_lots < 0)) / 1e8)"
                   " FROM liquidation WHERE run = ?1 AND cascade = %lld GROUP BY generation",
                   (long long)cascade);
    return html_data_list(file, id, "generations", sql, text, reterr);
}

enum status html_span_read(struct results_file *file, const char *id, struct html_span *span,
                           struct error *reterr) {
    struct results_rows *rows = NULL;
    enum status status =
        results_query(file, "SELECT from_ns, to_ns FROM run WHERE id = ?1", id, &rows, reterr);
    if (status != STATUS_OK)
        return status;
    status = results_rows_next(rows, reterr);
    if (status == STATUS_OK) {
        span->from_ns = results_rows_integer(rows, 0);
        span->to_ns = results_rows_integer(rows, 1);
    }
    results_rows_end(rows);
    if (status == STATUS_END)
        return error_set(reterr, STATUS_IO, "results file '%s' has no run '%s'",
                         results_file_path(file), id);
    if (status != STATUS_OK)
        return status;
    status = results_query(file, "SELECT instrument FROM instrument WHERE run = ?1 ORDER BY number",
                           id, &rows, reterr);
    if (status != STATUS_OK)
        return status;
    while ((status = results_rows_next(rows, reterr)) == STATUS_OK)
        g_ptr_array_add(span->instruments, g_strdup(results_rows_text(rows, 0)));
    results_rows_end(rows);
    return status == STATUS_END ? STATUS_OK : status;
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
    struct html_span span = {.instruments = g_ptr_array_new_with_free_func(g_free), .runs = 1};
    enum status status = widen_cache(file, reterr);
    if (status == STATUS_OK)
        status = html_span_read(file, id, &span, reterr);
    g_string_append_c(text, '{');
    for (size_t i = 0; status == STATUS_OK && i < G_N_ELEMENTS(objects); i++)
        status = html_data_object(file, id, objects[i].key, objects[i].sql, text, reterr);
    for (size_t i = 0; status == STATUS_OK && i < G_N_ELEMENTS(lists); i++)
        status = html_data_list(file, id, lists[i].key, lists[i].sql, text, reterr);
    if (status == STATUS_OK)
        status = append_cascade(file, id, text, reterr);
    if (status == STATUS_OK)
        status = html_series_append(file, id, &span, text, reterr);
    if (status == STATUS_OK)
        status = html_density_append(file, id, &span, text, reterr);
    g_string_append(text, "}\n");
    (void)g_ptr_array_free(span.instruments, TRUE); /* the array, gone */
    return status;
}
