#include "reports/run_export.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>

#include "base/decimal_text.h"
#include "reports/export_columns.h"
#include "store/results/packed_writer.h"
#include "store/results/results_schema.h"

#define FLUSH_SIZE ((size_t)256 << 10)
#define ROWS_BETWEEN_LOOKS 4096

struct grid {
    struct decimal price_tick;
    struct decimal lot;
};

struct exporter {
    struct results_file *file;
    const char *id;
    const struct export_order *order;
    GHashTable *grids; /* instrument to struct grid */
    struct export_plan plan;
    struct packed_writer *writer;
    struct results_rows *rows;
    GString *text; /* not written yet */
    uint64_t row_count;
};

/* ---- one value ---- */

static void put_csv_text(GString *out, const char *text) {
    if (text[strcspn(text, ",\"\r\n")] == '\0' && text[0] != ' ') {
        g_string_append(out, text);
        return;
    }
    g_string_append_c(out, '"');
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '"')
            g_string_append_c(out, '"');
        g_string_append_c(out, *c);
    }
    g_string_append_c(out, '"');
}

static void put_json_text(GString *out, const char *text) {
    g_string_append_c(out, '"');
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\')
            g_string_append_printf(out, "\\%c", *c);
        else if ((unsigned char)*c < 0x20)
            g_string_append_printf(out, "\\u%04x", (unsigned)(unsigned char)*c);
        else
            g_string_append_c(out, *c);
    }
    g_string_append_c(out, '"');
}

static void put_text(const struct exporter *exporter, const char *text) {
    /* Ours is UTF-8 always; a database that others wrote must not break the document. */
    char *valid = g_utf8_validate(text, -1, NULL) ? NULL : g_utf8_make_valid(text, -1);
    const char *shown = valid != NULL ? valid : text;
    if (exporter->order->format == EXPORT_CSV)
        put_csv_text(exporter->text, shown);
    else
        put_json_text(exporter->text, shown);
    g_free(valid);
}

static void put_null(const struct exporter *exporter) {
    if (exporter->order->format == EXPORT_JSONL)
        g_string_append(exporter->text, "null");
}

/* The shortest decimal that reads back as the same double. */
static void put_real(const struct exporter *exporter, double value) {
    if (!isfinite(value)) {
        put_null(exporter);
        return;
    }
    char text[40];
    for (int digits = 15; digits <= 17; digits++) {
        (void)snprintf(text, sizeof(text), "%.*g", digits, value); /* fits */
        if (strtod(text, NULL) == value)
            break;
    }
    g_string_append(exporter->text, text);
}

static enum status put_scaled(const struct exporter *exporter, int64_t units, struct decimal scale,
                              struct error *reterr) {
    const int128 mantissa = (int128)units * scale.mantissa;
    char text[32];
    if (!units_fits_int64(mantissa))
        return error_set(
            reterr, STATUS_CORRUPT, "results file '%s': %s, row %" PRIu64 ": a number out of range",
            results_file_path(exporter->file), exporter->plan.name, exporter->row_count + 1);
    (void)decimal_format((int64_t)mantissa, scale.decimals, text); /* its length */
    g_string_append(exporter->text, text);
    return STATUS_OK;
}

static void put_plain(const struct exporter *exporter, int column, bool number) {
    const struct results_rows *rows = exporter->rows;
    const enum results_kind kind = results_rows_kind(rows, column);
    if (kind == RESULTS_INTEGER) {
        g_string_append_printf(exporter->text, "%" PRId64, results_rows_integer(rows, column));
    } else if (kind == RESULTS_REAL) {
        put_real(exporter, results_rows_real(rows, column));
    } else if (kind == RESULTS_TEXT) {
        const char *text = results_rows_text(rows, column);
        struct decimal unused;
        if (number && decimal_parse(text, strlen(text), &unused))
            g_string_append(exporter->text, text);
        else
            put_text(exporter, text);
    } else {
        put_null(exporter); /* blobs are not exported */
    }
}

static enum status put_value(const struct exporter *exporter, int column, enum export_kind kind,
                             const struct grid *grid, struct error *reterr) {
    static const struct decimal money = {1, MONEY_DECIMALS};
    if (kind == EXPORT_PLAIN || kind == EXPORT_NUMBER) {
        put_plain(exporter, column, kind == EXPORT_NUMBER);
        return STATUS_OK;
    }
    if (results_rows_is_null(exporter->rows, column)) {
        put_null(exporter);
        return STATUS_OK;
    }
    assert(kind == EXPORT_MONEY || grid != NULL); /* prices and quantities have an instrument */
    const struct decimal scale = kind == EXPORT_MONEY   ? money
                                 : kind == EXPORT_PRICE ? grid->price_tick
                                                        : grid->lot;
    return put_scaled(exporter, results_rows_integer(exporter->rows, column), scale, reterr);
}

/* ---- one table ---- */

static void put_header(const struct exporter *exporter) {
    if (exporter->order->format != EXPORT_CSV)
        return;
    for (guint i = 0; i < exporter->plan.columns->len; i++)
        g_string_append_printf(exporter->text, "%s%s", i > 0 ? "," : "",
                               g_array_index(exporter->plan.columns, struct export_column, i).name);
    g_string_append_c(exporter->text, '\n');
}

static enum status put_row(const struct exporter *exporter, struct error *reterr) {
    const struct export_plan *plan = &exporter->plan;
    const bool json = exporter->order->format == EXPORT_JSONL;
    const struct grid *grid = NULL;
    if (plan->on_grid) {
        const char *instrument = results_rows_text(exporter->rows, (int)plan->columns->len);
        grid = g_hash_table_lookup(exporter->grids, instrument);
        if (grid == NULL)
            return error_set(reterr, STATUS_CORRUPT,
                             "results file '%s': %s, row %" PRIu64 ": the run has no instrument "
                             "'%s'",
                             results_file_path(exporter->file), plan->name, exporter->row_count + 1,
                             instrument);
    }
    enum status status = STATUS_OK;
    for (guint i = 0; status == STATUS_OK && i < plan->columns->len; i++) {
        const struct export_column *column = &g_array_index(plan->columns, struct export_column, i);
        if (json)
            g_string_append_printf(exporter->text, "%s\"%s\": ", i > 0 ? ", " : "{", column->name);
        else if (i > 0)
            g_string_append_c(exporter->text, ',');
        status = put_value(exporter, (int)i, column->kind, grid, reterr);
    }
    g_string_append(exporter->text, json ? "}\n" : "\n");
    return status;
}

static enum status flush(struct exporter *exporter, struct error *reterr) {
    const enum status status =
        packed_writer_write(exporter->writer, exporter->text->str, exporter->text->len, reterr);
    g_string_truncate(exporter->text, 0);
    return status;
}

static enum status write_rows(struct exporter *exporter, struct error *reterr) {
    const struct export_order *order = exporter->order;
    put_header(exporter);
    enum status status =
        results_query(exporter->file, exporter->plan.sql, exporter->id, &exporter->rows, reterr);
    while (status == STATUS_OK) {
        status = results_rows_next(exporter->rows, reterr);
        if (status == STATUS_OK)
            status = put_row(exporter, reterr);
        if (status == STATUS_OK && exporter->text->len >= FLUSH_SIZE)
            status = flush(exporter, reterr);
        if (status == STATUS_OK && ++exporter->row_count % ROWS_BETWEEN_LOOKS == 0 &&
            host_stops(order->host))
            status = error_set(reterr, STATUS_INTERRUPTED, "interrupted");
    }
    results_rows_end(exporter->rows);
    exporter->rows = NULL;
    return status == STATUS_END ? flush(exporter, reterr) : status;
}

static enum status export_table(struct exporter *exporter, const struct results_table *table,
                                struct export_list *list, struct error *reterr) {
    const struct export_order *order = exporter->order;
    export_plan_init(table, &exporter->plan);
    struct export_file *made = &list->files[list->count];
    made->name = g_strconcat(exporter->plan.name, order->format == EXPORT_CSV ? ".csv" : ".jsonl",
                             order->compress ? ".zst" : "", NULL);
    list->count++;
    exporter->row_count = 0;
    char *path = g_build_filename(order->folder, made->name, NULL);
    enum status status = packed_writer_create(path, order->compress, &exporter->writer, reterr);
    g_free(path);
    if (status == STATUS_OK)
        status = write_rows(exporter, reterr);
    if (status == STATUS_OK)
        status = packed_writer_finish(exporter->writer, &made->bytes, reterr);
    made->rows = exporter->row_count;
    packed_writer_destroy(exporter->writer);
    exporter->writer = NULL;
    export_plan_finish(&exporter->plan);
    return status;
}

static enum status read_grids(struct exporter *exporter, struct error *reterr) {
    struct results_rows *rows = NULL;
    enum status status = results_query(
        exporter->file,
        "SELECT instrument, price_tick_exact, lot_exact FROM instrument WHERE run = ?1",
        exporter->id, &rows, reterr);
    while (status == STATUS_OK) {
        status = results_rows_next(rows, reterr);
        if (status != STATUS_OK)
            break;
        struct grid grid;
        struct decimal *const parts[] = {&grid.price_tick, &grid.lot};
        for (int i = 0; status == STATUS_OK && i < 2; i++) {
            const char *text = results_rows_text(rows, i + 1);
            if (!decimal_parse(text, strlen(text), parts[i]))
                status = error_set(
                    reterr, STATUS_CORRUPT, "results file '%s': instrument %s: '%s' is not a grid",
                    results_file_path(exporter->file), results_rows_text(rows, 0), text);
        }
        if (status == STATUS_OK)
            (void)g_hash_table_replace(exporter->grids, g_strdup(results_rows_text(rows, 0)),
                                       g_memdup2(&grid, sizeof(grid))); /* names are unique */
    }
    results_rows_end(rows);
    return status == STATUS_END ? STATUS_OK : status;
}

enum status run_export(struct results_file *file, const char *id, const struct export_order *order,
                       struct export_list *ret_list, struct error *reterr) {
    size_t count = 0;
    if (g_mkdir_with_parents(order->folder, 0777) != 0)
        return error_set(reterr, STATUS_IO, "making the folder '%s': %s", order->folder,
                         strerror(errno));
    while (results_tables[count].name != NULL)
        count++;
    struct export_list list = {.files = g_new0(struct export_file, count)};
    struct exporter exporter = {
        .file = file,
        .id = id,
        .order = order,
        .grids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free),
        .text = g_string_new(NULL),
    };
    enum status status = read_grids(&exporter, reterr);
    for (size_t i = 0; status == STATUS_OK && i < count; i++)
        if (!results_tables[i].shared)
            status = export_table(&exporter, &results_tables[i], &list, reterr);
    g_hash_table_destroy(exporter.grids);
    (void)g_string_free(exporter.text, TRUE); /* returns NULL */
    if (status != STATUS_OK) {
        export_list_finish(&list);
        return status;
    }
    *ret_list = list;
    return STATUS_OK;
}

void export_list_finish(struct export_list *list) {
    for (size_t i = 0; i < list->count; i++)
        g_free(list->files[i].name);
    g_free(list->files);
    *list = (struct export_list){0};
}
