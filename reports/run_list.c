#include "reports/run_list.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "reports/exact_json.h"
#include "reports/page.h"
#include "store/results/metric_catalog.h"

static const char *const columns[] = {
    "run", "scenario", "seed", "liquidations", "liquidated_notional", "created_at", "version"};
#define COLUMN_COUNT G_N_ELEMENTS(columns)

/* The names come from the catalogue, which has no quotes in them. */
static char *make_sql(void) {
    return g_strdup_printf(
        "SELECT r.id, r.scenario, r.seed, o.value, n.value, r.created_at, r.version FROM run r"
        " LEFT JOIN metric o ON o.run = r.id AND o.name = '%s' AND o.instrument = ''"
        " LEFT JOIN metric n ON n.run = r.id AND n.name = '%s' AND n.instrument = ''"
        " ORDER BY r.ordinal DESC",
        metric_catalog[METRIC_LIQUIDATIONS].name, metric_catalog[METRIC_LIQUIDATED_NOTIONAL].name);
}

static void add_cells(GPtrArray *cells, const struct results_rows *rows) {
    char text[PAGE_NUMBER_SIZE];
    for (int i = 0; i < (int)COLUMN_COUNT; i++) {
        const char *cell = results_rows_text(rows, i);
        if (i == 3)
            cell = page_count(results_rows_real(rows, i), text);
        else if (i == 4)
            cell = page_money(results_rows_real(rows, i), text);
        page_cell(cells, cell);
    }
}

static json_t *as_object(const struct results_rows *rows) {
    json_t *object = json_object();
    for (int i = 0; i < (int)COLUMN_COUNT; i++) {
        json_t *value = i == 2             ? json_integer(results_rows_integer(rows, i))
                        : i == 3 || i == 4 ? exact_json_real(results_rows_real(rows, i))
                                           : json_string(results_rows_text(rows, i));
        if (json_object_set_new(object, columns[i], value) != 0) {
            json_decref(object);
            return NULL;
        }
    }
    return object;
}

static enum status no_memory(struct error *reterr) {
    return error_set(reterr, STATUS_NO_MEMORY, "no memory for the list of runs");
}

enum status run_list(struct results_file *file, bool json, char **ret_text, struct error *reterr) {
    struct results_rows *rows = NULL;
    json_t *array = json_array();
    static const char *const headings[] = {"run",       "scenario", ">seed",  ">orders",
                                           ">notional", "made at",  "version"};
    GPtrArray *cells = page_cells(headings, COLUMN_COUNT);
    char *sql = make_sql();
    enum status status = results_query(file, sql, NULL, &rows, reterr);
    g_free(sql);
    while (status == STATUS_OK) {
        status = results_rows_next(rows, reterr);
        if (status != STATUS_OK)
            break;
        if (!json)
            add_cells(cells, rows);
        else if (json_array_append_new(array, as_object(rows)) != 0)
            status = no_memory(reterr);
    }
    results_rows_end(rows);
    if (status == STATUS_END)
        status = STATUS_OK;
    char *text = NULL;
    if (status == STATUS_OK && json) {
        text = exact_json_dump(array);
        (void)g_ptr_array_free(cells, TRUE); /* the array, gone */
    } else if (status == STATUS_OK) {
        struct page page = {.text = g_string_new(NULL)};
        status = page_table(&page, cells, COLUMN_COUNT, reterr);
        text = strdup(page.text->str);
        (void)g_string_free(page.text, TRUE); /* returns NULL */
    } else {
        (void)g_ptr_array_free(cells, TRUE);
    }
    json_decref(array);
    if (status == STATUS_OK && text == NULL)
        status = no_memory(reterr);
    if (status != STATUS_OK) {
        free(text);
        return status;
    }
    *ret_text = text;
    return STATUS_OK;
}
