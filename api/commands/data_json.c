#include "api/commands/data_json.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "api/import/quality_json.h"
#include "base/decimal_text.h"
#include "base/time_text.h"

/* The smallest step of a price or quantity: "0.01". */
static void describe_grid(int32_t decimals, char ret_text[32]) {
    (void)decimal_format(1, decimals, ret_text); /* the length is not needed */
}

static json_t *series_json(const struct market_series *series) {
    char first[32];
    char last[32];
    char price[32];
    char quantity[32];
    (void)time_format_iso(series->first_ts_ns, first); /* the lengths are not needed */
    (void)time_format_iso(series->last_ts_ns, last);
    describe_grid(series->price_decimals, price);
    describe_grid(series->quantity_decimals, quantity);
    return json_pack(
        "{s:s, s:s, s:s, s:f, s:I, s:s, s:s, s:s, s:s, s:I, s:I}", "instrument", series->instrument,
        "series", series->name, "kind", series->kind == SERIES_BARS ? "bars" : "ticks", "bar_s",
        (double)series->bar_ns / 1e9, "rows", (json_int_t)series->rows, "first_ts", first,
        "last_ts", last, "price_grid", price, "quantity_grid", quantity, "blocks",
        (json_int_t)series->blocks, "stored_bytes", (json_int_t)series->stored_bytes);
}

json_t *data_json_series(const struct market_series_list *list) {
    json_t *array = json_array();
    for (size_t i = 0; array != NULL && i < list->count; i++) {
        if (json_array_append_new(array, series_json(&list->rows[i])) != 0) {
            json_decref(array);
            array = NULL;
        }
    }
    return array;
}

json_t *data_json_sources(const struct market_source_list *list) {
    json_t *array = json_array();
    for (size_t i = 0; array != NULL && i < list->count; i++) {
        const struct market_source_row *source = &list->rows[i];
        json_t *object = json_pack(
            "{s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:s, s:s}", "file", source->name, "sha256",
            source->sha256, "format", source->format, "bytes", (json_int_t)source->bytes, "rows",
            (json_int_t)source->rows, "deleted", (json_int_t)source->deleted, "overlap",
            (json_int_t)source->overlap, "ts_unit", source->ts_unit, "checksum",
            source->checksum[0] == '\0' ? "none" : source->checksum);
        if (json_array_append_new(array, object) != 0) {
            json_decref(array);
            array = NULL;
        }
    }
    return array;
}

json_t *data_json_quality(const struct market_quality_list *list) {
    json_t *array = json_array();
    for (size_t i = 0; array != NULL && i < list->count; i++) {
        const struct market_quality *const row = &list->rows[i];
        json_t *object = quality_json(&row->found, &row->overlap);
        const bool ok =
            object != NULL &&
            json_object_set_new(object, "series", json_string(row->series)) == 0 &&
            json_object_set_new(object, "bar_s", json_real((double)row->bar_ns / 1e9)) == 0 &&
            json_object_set_new(object, "file", json_string(row->source)) == 0 &&
            json_array_append(array, object) == 0;
        json_decref(object);
        if (!ok) {
            json_decref(array);
            array = NULL;
        }
    }
    return array;
}
