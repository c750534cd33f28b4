#include "loaders/formats/generic_csv.h"

#include <stdlib.h>
#include <string.h>

#include "loaders/csv/csv_cell.h"
#include "loaders/csv/csv_columns.h"
#include "loaders/csv/csv_lines.h"
#include "loaders/csv/csv_time.h"
#include "loaders/ticks/tick_batcher.h"

struct generic_csv {
    struct tick_batcher *batcher;
    struct csv_map map;
    struct csv_columns columns;
    bool header_seen;
    struct csv_time time;
    struct csv_lines lines;
};

enum status generic_csv_create(const char *columns, const struct tick_sink *sink,
                               struct generic_csv **ret_csv, struct error *reterr) {
    struct generic_csv *const csv = calloc(1, sizeof(*csv));
    if (csv == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for a CSV decoder");
    enum status status = csv_map_parse(columns, &csv->map, reterr);
    if (status == STATUS_OK)
        status = tick_batcher_create(sink, &csv->batcher, reterr);
    if (status != STATUS_OK) {
        generic_csv_destroy(csv);
        return status;
    }
    *ret_csv = csv;
    return STATUS_OK;
}

void generic_csv_destroy(struct generic_csv *csv) {
    if (csv == NULL)
        return;
    tick_batcher_destroy(csv->batcher);
    free(csv);
}

enum status generic_csv_begin(struct generic_csv *csv, const char *source, struct error *reterr) {
    (void)reterr; /* nothing can fail yet; the header is still to come */
    csv_lines_begin(&csv->lines, source, csv->batcher);
    csv_time_begin(&csv->time, CSV_TIME_ISO | CSV_TIME_EPOCH, false);
    csv->header_seen = false;
    return STATUS_OK;
}

/* ---- rows ---- */

/* The field of a role, its constant, or `otherwise`. */
static inline struct csv_field field_of(const struct generic_csv *csv,
                                        const struct csv_field *fields, enum csv_role role,
                                        const char *otherwise) {
    const int at = csv->columns.at[role];
    if (at >= 0 && (fields[at].size > 0 || otherwise[0] == '\0'))
        return fields[at];
    const char *const text = csv->map.constant[role] ? csv->map.name[role] : otherwise;
    return (struct csv_field){text, strlen(text)};
}

static enum status take_bar(struct generic_csv *csv, const struct csv_field *fields, bool room,
                            int64_t ts_ns, struct tick_stream *stream, struct error *reterr) {
    struct decimal value[TICK_VALUES_MAX];
    for (int i = 0; i < TICK_VALUES_MAX; i++) {
        const enum csv_role role = (enum csv_role)(CSV_OPEN + i);
        const enum status status = csv_cell_number(
            csv->columns.name[role], &fields[csv->columns.at[role]], room, &value[i], reterr);
        if (status != STATUS_OK)
            return status;
    }
    return tick_batcher_add_bar(csv->batcher, stream, ts_ns, value, reterr);
}

static enum status take_tick(struct generic_csv *csv, const struct csv_field *fields, bool room,
                             int64_t ts_ns, struct tick_stream *stream, struct error *reterr) {
    struct decimal price;
    struct decimal quantity = {0, 0};
    uint8_t flags = 0;
    enum status status = csv_cell_number(csv->columns.name[CSV_PRICE],
                                         &fields[csv->columns.at[CSV_PRICE]], room, &price, reterr);
    const int quantity_at = csv->columns.at[CSV_QUANTITY];
    if (quantity_at < 0 || fields[quantity_at].size == 0)
        flags |= TICK_NO_QUANTITY;
    else if (status == STATUS_OK)
        status = csv_cell_number(csv->columns.name[CSV_QUANTITY], &fields[quantity_at], room,
                                 &quantity, reterr);
    if (status == STATUS_OK && csv->columns.at[CSV_SIDE] >= 0)
        status = csv_cell_side(csv->columns.name[CSV_SIDE], &fields[csv->columns.at[CSV_SIDE]],
                               &flags, reterr);
    if (status != STATUS_OK)
        return status;
    return tick_batcher_add_tick(csv->batcher, stream, ts_ns, price, quantity, flags, reterr);
}

static inline enum status take_row(struct generic_csv *csv, const struct csv_field *fields,
                                   bool room, struct error *reterr) {
    int64_t ts_ns;
    const bool first = csv->time.form == CSV_TIME_UNKNOWN;
    enum status status = csv_time_take(&csv->time, csv->columns.name[CSV_TS],
                                       &fields[csv->columns.at[CSV_TS]], room, &ts_ns, reterr);
    if (status != STATUS_OK)
        return status;
    if (first && csv_time_is_epoch(&csv->time))
        tick_batcher_note_unit(csv->batcher, csv->time.unit);
    const bool bars = csv->columns.bars;
    const struct csv_field instrument = field_of(csv, fields, CSV_INSTRUMENT, "");
    const struct csv_field series =
        bars ? (struct csv_field){"bar", 3} : field_of(csv, fields, CSV_SERIES, "trade");
    struct tick_stream *stream;
    status = tick_batcher_find(csv->batcher, instrument.text, instrument.size, series.text,
                               series.size, bars ? SERIES_BARS : SERIES_TICKS, &stream, reterr);
    if (status != STATUS_OK)
        return status;
    return bars ? take_bar(csv, fields, room, ts_ns, stream, reterr)
                : take_tick(csv, fields, room, ts_ns, stream, reterr);
}

static enum status take(void *context, const struct csv_row *row, struct error *reterr) {
    struct generic_csv *const csv = context;
    if (__builtin_expect(!csv->header_seen, 0)) {
        csv->header_seen = true;
        return csv_columns_from_header(&csv->map, row->fields, row->count, &csv->columns, reterr);
    }
    if (row->count != csv->columns.count)
        return error_set(reterr, STATUS_CORRUPT, "%s: %zu fields, but the header has %zu",
                         row->count < csv->columns.count ? "a field is missing" : "too many fields",
                         row->count, csv->columns.count);
    return take_row(csv, row->fields, row->room, reterr);
}

enum status generic_csv_feed(struct generic_csv *csv, const char *bytes, size_t size,
                             struct error *reterr) {
    return csv_lines_feed(&csv->lines, bytes, size, take, csv, reterr);
}

enum status generic_csv_end(struct generic_csv *csv, struct error *reterr) {
    const enum status status = csv_lines_end(&csv->lines, take, csv, reterr);
    if (status == STATUS_OK && !csv->header_seen)
        return error_set(reterr, STATUS_CORRUPT, "'%s' is empty: not even a header",
                         csv->lines.source);
    return status;
}

enum status generic_csv_finish(struct generic_csv *csv, struct import_report *ret_report,
                               struct error *reterr) {
    const enum status status = tick_batcher_finish(csv->batcher, ret_report, reterr);
    if (status != STATUS_OK)
        return error_prefix(reterr, status, "'%s'", csv->lines.source);
    ret_report->time_is_epoch = csv_time_is_epoch(&csv->time);
    ret_report->time_unit = csv->time.unit;
    return STATUS_OK;
}
