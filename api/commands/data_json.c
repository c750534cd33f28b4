#include "api/commands/data_json.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

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

json_t *quality_json(const struct series_quality *found, const struct market_overlap *overlap) {
    json_t *object = json_object();
    const struct {
        const char *name;
        uint64_t value;
    } counts[] = {
        {"rows", found->rows},
        {"out_of_order", found->out_of_order},
        {"late_ns_max", (uint64_t)found->late_ns_max},
        {"repeats", found->repeats},
        {"duplicates", found->duplicates},
        {"conflicts", found->conflicts},
        {"odd", found->odd},
        {"odd_line", found->odd_line},
        {"spacing_ns", (uint64_t)found->spacing_ns},
        {"gap_bound_ns", (uint64_t)found->gap_bound_ns},
        {"gaps", found->gaps},
        {"gap_ns_max", (uint64_t)found->gap_ns_max},
        {"bars_missing", found->bars_missing},
        {"bars_empty", found->bars_empty},
        {"jumps", found->jumps},
        {"id_gaps", found->id_gaps},
        {"ids_missing", found->ids_missing},
        {"ids_repeated", found->ids_repeated},
        {"crossed", found->crossed},
        {"seconds_single", found->seconds_single},
        {"seconds_several", found->seconds_several},
        {"overlap_equal", overlap->equal},
        {"overlap_conflicts", overlap->conflicts},
    };
    bool ok = object != NULL;
    for (size_t i = 0; ok && i < sizeof(counts) / sizeof(counts[0]); i++)
        ok = json_object_set_new(object, counts[i].name,
                                 json_integer((json_int_t)counts[i].value)) == 0;
    const struct {
        const char *name;
        bool known;
        int64_t ts_ns;
    } times[] = {
        {"first_ts", found->rows > 0, found->first_ts_ns},
        {"last_ts", found->rows > 0, found->last_ts_ns},
        {"gap_ts", found->gap_ns_max > 0, found->gap_ts_ns},
        {"jump_ts", found->jumps > 0, found->jump_ts_ns},
        {"conflict_ts", overlap->conflicts > 0, overlap->conflict_ts_ns},
    };
    for (size_t i = 0; ok && i < sizeof(times) / sizeof(times[0]); i++) {
        char text[32];
        (void)time_format_iso(times[i].ts_ns, text); /* the length is not needed */
        ok = json_object_set_new(object, times[i].name,
                                 times[i].known ? json_string(text) : json_null()) == 0;
    }
    if (ok && overlap->conflicts > 0) /* missing if the name is no UTF-8 */
        (void)json_object_set_new(object, "conflict_with", json_string(overlap->conflict_source));
    if (!ok) {
        json_decref(object);
        return NULL;
    }
    return object;
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
