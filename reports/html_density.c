#include "reports/html_data.h"

#include <math.h>
#include <stddef.h>

#define CELLS_MAX 36000 /* of all instruments; 17 bytes of the page a cell */
#define BINS_MAX 100    /* in a column of the map, on average */

struct cell {
    guint snapshot;
    double low; /* price ticks */
    double high;
    double long_notional;
    double short_notional;
};

/* What one instrument would liquidate, by time and price. */
struct map {
    GArray *times; /* int64_t, ms, of the snapshots */
    GArray *cells; /* struct cell, by snapshot and price; none of them empty */
};

static struct map *map_new(void) {
    struct map *map = g_new(struct map, 1);
    map->times = g_array_new(FALSE, FALSE, sizeof(int64_t));
    map->cells = g_array_new(FALSE, FALSE, sizeof(struct cell));
    return map;
}

static void map_destroy(void *memory) {
    struct map *map = memory;
    g_array_unref(map->times);
    g_array_unref(map->cells);
    g_free(map);
}

/* Fills `maps` (instrument to struct map) with what lies within a quarter of where the price went.
 */
static enum status read_maps(struct results_file *file, const char *id, GHashTable *maps,
                             struct error *reterr) {
    struct results_rows *rows = NULL;
    enum status status =
        results_query(file,
                      "WITH path AS (SELECT instrument, min(simulated_ticks) AS low,"
                      " max(simulated_ticks) AS high FROM minute WHERE run = ?1"
                      " GROUP BY instrument)"
                      " SELECT instrument, ts_ns / 1000000, price_low_ticks,"
                      " price_high_ticks, long_notional_e8 / 1e8,"
                      " short_notional_e8 / 1e8 FROM density JOIN path"
                      " USING (instrument) WHERE run = ?1"
                      " AND price_high_ticks > 0.75 * low"
                      " AND price_low_ticks < 1.25 * high"
                      " ORDER BY instrument, ts_ns, price_low_ticks",
                      id, &rows, reterr);
    if (status != STATUS_OK)
        return status;
    while ((status = results_rows_next(rows, reterr)) == STATUS_OK) {
        const struct map *map = html_span_find(maps, rows, 0);
        if (map == NULL)
            continue; /* not one of the run's; the writer never does this */
        const int64_t ms = results_rows_integer(rows, 1);
        GArray *times = map->times;
        if (times->len == 0 || g_array_index(times, int64_t, times->len - 1) != ms)
            g_array_append_val(times, ms);
        const struct cell cell = {times->len - 1, results_rows_real(rows, 2),
                                  results_rows_real(rows, 3), results_rows_real(rows, 4),
                                  results_rows_real(rows, 5)};
        if (cell.low > 0 && cell.high > cell.low && cell.long_notional + cell.short_notional > 0)
            g_array_append_val(map->cells, cell);
    }
    results_rows_end(rows);
    return status == STATUS_END ? STATUS_OK : status;
}

/* Joins about `merge` neighbouring bins into one (bins are of equal log-width, which the first cell
 * tells, rounded to ticks) and keeps every `stride`-th snapshot. Sums stay; a snapshot is a stock,
 * so leaving one out loses no flow. */
static void map_coarsen(struct map *map, guint merge, guint stride) {
    GArray *times = g_array_new(FALSE, FALSE, sizeof(int64_t));
    GArray *cells = g_array_new(FALSE, FALSE, sizeof(struct cell));
    const struct cell *first = &g_array_index(map->cells, struct cell, 0);
    const double width = log(first->high / first->low) * merge;
    for (guint i = 0; i < map->times->len; i += stride)
        g_array_append_val(times, g_array_index(map->times, int64_t, i));
    double previous_bin = NAN;
    guint previous_snapshot = G_MAXUINT;
    for (guint i = 0; i < map->cells->len; i++) {
        struct cell cell = g_array_index(map->cells, struct cell, i);
        if (cell.snapshot % stride != 0)
            continue;
        cell.snapshot /= stride;
        const double bin = floor(log(sqrt(cell.low * cell.high)) / width);
        struct cell *last =
            cells->len == 0 ? NULL : &g_array_index(cells, struct cell, cells->len - 1);
        if (merge > 1 && last != NULL && cell.snapshot == previous_snapshot &&
            bin == previous_bin) {
            last->high = cell.high;
            last->long_notional += cell.long_notional;
            last->short_notional += cell.short_notional;
        } else {
            g_array_append_val(cells, cell);
        }
        previous_bin = bin;
        previous_snapshot = cell.snapshot;
    }
    g_array_unref(map->times);
    g_array_unref(map->cells);
    map->times = times;
    map->cells = cells;
}

/* Brings the map down to about `limit` cells. */
static void map_fit(struct map *map, guint limit) {
    if (map->cells->len <= limit)
        return;
    const guint merge = map->cells->len / map->times->len / BINS_MAX + 1;
    const guint stride = map->cells->len / merge / limit + 1;
    map_coarsen(map, merge, stride);
}

/* The place of the cell's bin in `bins` (low and high one after the other), which gets it if it is
 * new. A map has some hundred bins, and neighbours in time have the same. */
static guint find_bin(GArray *bins, const struct cell *cell) {
    for (guint i = 0; i < bins->len; i += 2)
        if (g_array_index(bins, double, i) == cell->low &&
            g_array_index(bins, double, i + 1) == cell->high)
            return i / 2;
    g_array_append_val(bins, cell->low);
    g_array_append_val(bins, cell->high);
    return bins->len / 2 - 1;
}

static void append_real(GString *text, const char *before, double value, const char *format) {
    char digits[G_ASCII_DTOSTR_BUF_SIZE];
    g_string_append(text, before);
    g_string_append(text, g_ascii_formatd(digits, (gint)sizeof(digits), format, value));
}

/* {"ms": times of the snapshots, "bins": [low, high, low, high, ...] in ticks, "cells": a list a
 * snapshot of [bin, long, short, bin, long, short, ...]}; notional with five digits. */
static void append_map(const struct map *map, GString *text) {
    GArray *bins = g_array_new(FALSE, FALSE, sizeof(double));
    g_string_append_c(text, '{');
    html_data_key(text, "ms");
    g_string_append_c(text, '[');
    for (guint i = 0; i < map->times->len; i++)
        g_string_append_printf(text, "%s%lld", i == 0 ? "" : ",",
                               (long long)g_array_index(map->times, int64_t, i));
    g_string_append_c(text, ']');
    html_data_key(text, "cells");
    g_string_append_c(text, '[');
    guint next = 0;
    for (guint snapshot = 0; snapshot < map->times->len; snapshot++) {
        g_string_append(text, snapshot == 0 ? "[" : ",\n[");
        const char *before = "";
        for (; next < map->cells->len; next++) {
            const struct cell *cell = &g_array_index(map->cells, struct cell, next);
            if (cell->snapshot != snapshot)
                break;
            g_string_append_printf(text, "%s%u", before, find_bin(bins, cell));
            append_real(text, ",", cell->long_notional, "%.5g");
            append_real(text, ",", cell->short_notional, "%.5g");
            before = ",";
        }
        g_string_append_c(text, ']');
    }
    g_string_append_c(text, ']');
    html_data_key(text, "bins");
    g_string_append_c(text, '[');
    for (guint i = 0; i < bins->len; i++)
        append_real(text, i == 0 ? "" : ",", g_array_index(bins, double, i), "%.15g");
    g_string_append(text, "]}");
    g_array_unref(bins);
}

/* Whether the file has the table at all: files of older versions do not. */
static enum status find_table(struct results_file *file, bool *ret_found, struct error *reterr) {
    struct results_rows *rows = NULL;
    enum status status =
        results_query(file, "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'density'",
                      NULL, &rows, reterr);
    if (status != STATUS_OK)
        return status;
    status = results_rows_next(rows, reterr);
    *ret_found = status == STATUS_OK;
    results_rows_end(rows);
    return status == STATUS_END ? STATUS_OK : status;
}

enum status html_density_append(struct results_file *file, const char *id,
                                const struct html_span *span, GString *text, struct error *reterr) {
    bool found = false;
    enum status status = find_table(file, &found, reterr);
    if (status != STATUS_OK)
        return status;
    GHashTable *maps = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, map_destroy);
    const guint count = span->instruments->len;
    for (guint i = 0; i < count; i++)
        (void)g_hash_table_insert(maps, g_ptr_array_index(span->instruments, i), map_new());
    if (found)
        status = read_maps(file, id, maps, reterr);
    html_data_key(text, "density");
    g_string_append_c(text, '[');
    for (guint i = 0; status == STATUS_OK && i < count; i++) {
        struct map *map = g_hash_table_lookup(maps, g_ptr_array_index(span->instruments, i));
        map_fit(map, CELLS_MAX / count);
        g_string_append(text, i == 0 ? "" : ",\n");
        append_map(map, text);
    }
    g_string_append_c(text, ']');
    g_hash_table_destroy(maps);
    return status;
}
