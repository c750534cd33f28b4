#include "reports/html_data.h"

#include <math.h>
#include <stdio.h>

#include "reports/thin.h"

/* What all instruments together may take: a day of 13 instruments, minute by minute. A row of a
 * path is about 33 bytes of the page, one of the flow 27. */
#define PATH_ROWS 24000
#define FLOW_ROWS 20000
#define STEPS_MAX 1500 /* of time, on one chart */
#define FUND_ROWS 1500
#define MINUTE_NS INT64_C(60000000000)

static size_t share_of(size_t total, size_t instruments, size_t least, size_t most) {
    const size_t share = total / (instruments == 0 ? 1 : instruments);
    return share < least ? least : share > most ? most : share;
}

/* ---- price paths ---- */

enum { RECORDED, WITHOUT, SIMULATED, BRANCHING, COLUMNS };
static const char *const column_names[] = {"recorded", "without", "simulated", "branching"};

struct path {
    GArray *minutes;         /* int64_t, since 1970 */
    GArray *values[COLUMNS]; /* double; prices in ticks, which are below 2^53; NaN: none */
};

static struct path *path_new(void) {
    struct path *path = g_new0(struct path, 1);
    path->minutes = g_array_new(FALSE, FALSE, sizeof(int64_t));
    for (int c = 0; c < COLUMNS; c++)
        path->values[c] = g_array_new(FALSE, FALSE, sizeof(double));
    return path;
}

static void path_destroy(void *memory) {
    struct path *path = memory;
    g_array_unref(path->minutes);
    for (int c = 0; c < COLUMNS; c++)
        g_array_unref(path->values[c]);
    g_free(path);
}

/* Fills `paths` (instrument to struct path). */
static enum status read_paths(struct results_file *file, const char *id, GHashTable *paths,
                              struct error *reterr) {
    struct results_rows *rows = NULL;
    enum status status =
        results_query(file,
                      "SELECT instrument, ts_ns, recorded_ticks, without_feedback_ticks,"
                      " simulated_ticks, branching FROM minute WHERE run = ?1 ORDER BY ts_ns",
                      id, &rows, reterr);
    if (status != STATUS_OK)
        return status;
    while ((status = results_rows_next(rows, reterr)) == STATUS_OK) {
        struct path *path = html_span_find(paths, rows, 0);
        if (path == NULL)
            continue; /* not one of the run's; the writer never does this */
        const int64_t minute = results_rows_integer(rows, 1) / MINUTE_NS;
        g_array_append_val(path->minutes, minute);
        for (int c = 0; c < COLUMNS; c++) {
            double value = results_rows_real(rows, 2 + c);
            if (!isfinite(value))
                value = NAN;
            g_array_append_val(path->values[c], value);
        }
    }
    results_rows_end(rows);
    return status == STATUS_END ? STATUS_OK : status;
}

static void append_number(GString *text, const char *before, double value, const char *format) {
    char digits[G_ASCII_DTOSTR_BUF_SIZE];
    g_string_append(text, before);
    g_string_append(
        text, isnan(value) ? "null" : g_ascii_formatd(digits, (gint)sizeof(digits), format, value));
}

static void append_path(const struct path *path, int64_t first_minute, size_t limit,
                        GString *text) {
    const size_t count = path->minutes->len;
    double *values = g_new(double, COLUMNS *count + 1);
    for (int c = 0; c < COLUMNS; c++)
        for (size_t i = 0; i < count; i++)
            values[(size_t)c * count + i] = g_array_index(path->values[c], double, i);
    size_t *chosen = g_new(size_t, count + 1);
    const size_t kept = thin_min_max(count, COLUMNS, values, limit, chosen);

    g_string_append_c(text, '{');
    html_data_key(text, "minute");
    g_string_append_c(text, '[');
    for (size_t k = 0; k < kept; k++)
        g_string_append_printf(
            text, "%s%lld", k == 0 ? "" : ",",
            (long long)(g_array_index(path->minutes, int64_t, chosen[k]) - first_minute));
    g_string_append_c(text, ']');
    for (int c = 0; c < COLUMNS; c++) {
        html_data_key(text, column_names[c]);
        g_string_append_c(text, '[');
        for (size_t k = 0; k < kept; k++)
            append_number(text, k == 0 ? "" : ",", values[(size_t)c * count + chosen[k]],
                          c == BRANCHING ? "%.7g" : "%.15g");
        g_string_append_c(text, ']');
    }
    g_string_append_c(text, '}');
    g_free(values);
    g_free(chosen);
}

/* "paths": an object an instrument, in the run's order; minutes count from the run's first. */
static enum status append_paths(struct results_file *file, const char *id,
                                const struct html_span *span, GString *text, struct error *reterr) {
    GHashTable *paths = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, path_destroy);
    for (guint i = 0; i < span->instruments->len; i++)
        (void)g_hash_table_insert(paths, g_ptr_array_index(span->instruments, i), path_new());
    const enum status status = read_paths(file, id, paths, reterr);
    const int64_t first_minute = span->from_ns / MINUTE_NS;
    html_data_key(text, "first_minute");
    g_string_append_printf(text, "%lld", (long long)first_minute);
    html_data_key(text, "paths");
    g_string_append_c(text, '[');
    const size_t limit =
        share_of(PATH_ROWS, span->runs * span->instruments->len, 60, 2 * STEPS_MAX);
    for (guint i = 0; status == STATUS_OK && i < span->instruments->len; i++) {
        g_string_append(text, i == 0 ? "" : ",\n");
        append_path(g_hash_table_lookup(paths, g_ptr_array_index(span->instruments, i)),
                    first_minute, limit, text);
    }
    g_string_append_c(text, ']');
    g_hash_table_destroy(paths);
    return status;
}

/* ---- sums over stretches of time ---- */

/* The shortest stretch, in minutes, of which at most `steps` cover the run. */
static int64_t stretch_minutes(const struct html_span *span, size_t steps) {
    static const int64_t nice[] = {1, 2, 5, 10, 15, 30, 60, 120, 240, 720, 1440};
    const int64_t minutes = (span->to_ns - span->from_ns) / MINUTE_NS + 1;
    for (size_t i = 0; i < G_N_ELEMENTS(nice); i++)
        if (minutes / nice[i] < (int64_t)steps)
            return nice[i];
    return 1440 * (minutes / 1440 / (int64_t)steps + 1);
}

/* "flow": rows [stretch, instrument's number, long, short, orders] where there are orders;
 * "flow_all" the same over all instruments, without the number. Stretches begin at multiples of
 * "flow_minutes" since 1970 and count from "flow_first". */
static enum status append_flow(struct results_file *file, const char *id,
                               const struct html_span *span, GString *text, struct error *reterr) {
    const int64_t minutes = stretch_minutes(
        span, share_of(FLOW_ROWS, span->runs * span->instruments->len, 24, STEPS_MAX));
    const long long stretch = minutes * MINUTE_NS;
    const long long first = span->from_ns / stretch;
    html_data_key(text, "flow_minutes");
    g_string_append_printf(text, "%lld", (long long)minutes);
    html_data_key(text, "flow_first");
    g_string_append_printf(text, "%lld", first);
    char sql[640]; /* for the texts below and 60 digits */
    (void)snprintf(sql, sizeof(sql),
                   "SELECT json_array(m.ts_ns / %lld - %lld, i.number,"
                   " round(total(m.long_notional_e8) / 1e8, 2),"
                   " round(total(m.short_notional_e8) / 1e8, 2), sum(m.count))"
                   " FROM minute m JOIN instrument i ON i.run = m.run"
                   " AND i.instrument = m.instrument WHERE m.run = ?1 AND m.count > 0"
                   " GROUP BY m.ts_ns / %lld, i.number ORDER BY i.number, m.ts_ns",
                   stretch, first, stretch);
    enum status status = html_data_list(file, id, "flow", sql, text, reterr);
    if (status != STATUS_OK)
        return status;
    (void)snprintf(sql, sizeof(sql),
                   "SELECT json_array(ts_ns / %lld - %lld, round(total(long_notional_e8) / 1e8, 2),"
                   " round(total(short_notional_e8) / 1e8, 2), sum(count))"
                   " FROM minute WHERE run = ?1 AND count > 0 GROUP BY ts_ns / %lld"
                   " ORDER BY ts_ns",
                   stretch, first, stretch);
    return html_data_list(file, id, "flow_all", sql, text, reterr);
}

/* "losses": rows [stretch, by the fund, spread at once, left open] of the bad debt that arose. What
 * deleveraged accounts gave up is no part of it, and what is paid later has no time of its own. */
static enum status append_losses(struct results_file *file, const char *id,
                                 const struct html_span *span, GString *text,
                                 struct error *reterr) {
    const int64_t minutes = stretch_minutes(span, STEPS_MAX);
    html_data_key(text, "loss_minutes");
    g_string_append_printf(text, "%lld", (long long)minutes);
    char sql[512]; /* for the text below and 20 digits */
    (void)snprintf(sql, sizeof(sql),
                   "SELECT json_array(ts_ns / %lld, total(paid_fund_e8) / 1e8,"
                   " total(paid_socialised_e8) / 1e8, total(unpaid_e8) / 1e8)"
                   " FROM liquidation WHERE run = ?1 AND loss_e8 > 0 GROUP BY ts_ns / %lld"
                   " ORDER BY ts_ns / %lld",
                   (long long)(minutes * MINUTE_NS), (long long)(minutes * MINUTE_NS),
                   (long long)(minutes * MINUTE_NS));
    return html_data_list(file, id, "losses", sql, text, reterr);
}

/* ---- insurance fund ---- */

/* "fund": rows [ms since 1970, balance]. */
static enum status append_fund(struct results_file *file, const char *id, GString *text,
                               struct error *reterr) {
    struct results_rows *rows = NULL;
    enum status status = results_query(
        file, "SELECT ts_ns / 1000000, balance_e8 / 1e8 FROM fund WHERE run = ?1 ORDER BY ts_ns",
        id, &rows, reterr);
    if (status != STATUS_OK)
        return status;
    GArray *times = g_array_new(FALSE, FALSE, sizeof(int64_t));
    GArray *balances = g_array_new(FALSE, FALSE, sizeof(double));
    while ((status = results_rows_next(rows, reterr)) == STATUS_OK) {
        const int64_t ms = results_rows_integer(rows, 0);
        const double balance = results_rows_real(rows, 1);
        g_array_append_val(times, ms);
        g_array_append_val(balances, balance);
    }
    results_rows_end(rows);
    size_t *chosen = g_new(size_t, times->len + 1);
    const size_t kept =
        thin_min_max(times->len, 1, (const double *)(void *)balances->data, FUND_ROWS, chosen);
    html_data_key(text, "fund");
    g_string_append_c(text, '[');
    for (size_t k = 0; k < kept; k++) {
        g_string_append_printf(text, "%s[%lld", k == 0 ? "" : ",",
                               (long long)g_array_index(times, int64_t, chosen[k]));
        append_number(text, ",", g_array_index(balances, double, chosen[k]), "%.15g");
        g_string_append_c(text, ']');
    }
    g_string_append_c(text, ']');
    g_free(chosen);
    g_array_unref(times);
    g_array_unref(balances);
    return status == STATUS_END ? STATUS_OK : status;
}

enum status html_series_append(struct results_file *file, const char *id,
                               const struct html_span *span, GString *text, struct error *reterr) {
    enum status status = append_paths(file, id, span, text, reterr);
    if (status == STATUS_OK)
        status = append_flow(file, id, span, text, reterr);
    if (status == STATUS_OK)
        status = append_losses(file, id, span, text, reterr);
    if (status == STATUS_OK)
        status = append_fund(file, id, text, reterr);
    return status;
}
