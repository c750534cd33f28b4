#include "loaders/generic_csv.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/decimal_text.h"
#include "base/time_text.h"
#include "base/units.h"
#include "loaders/csv_columns.h"
#include "loaders/csv_line.h"
#include "loaders/csv_number.h"
#include "loaders/tick_batcher.h"

#define PLAIN_WINDOW 64 /* bytes that csv_line_split_plain() looks at */

enum time_form { TIME_FORM_UNKNOWN, TIME_FORM_ISO, TIME_FORM_EPOCH };

struct generic_csv {
    struct tick_batcher *batcher;
    struct csv_map map;
    struct csv_columns columns;
    char source[512];
    uint64_t line; /* number of the line being taken, from 1 */
    bool header_seen;

    enum time_form time_form; /* of this file, found from its first row */
    enum time_unit time_unit;
    int64_t unit_ns;
    int64_t epoch_min; /* what is of this unit and not negative: epoch_min..epoch_max */
    int64_t epoch_max;

    /* A line that came in pieces. The front is read by csv_number.h. */
    size_t carried;
    char carry[CSV_NUMBER_ROOM + CSV_LINE_MAX];
    char scratch[CSV_LINE_MAX]; /* of quoted fields */
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
    (void)snprintf(csv->source, sizeof(csv->source), "%s", source); /* cut is ok */
    csv->line = 0;
    csv->header_seen = false;
    csv->time_form = TIME_FORM_UNKNOWN;
    csv->carried = 0;
    return STATUS_OK;
}

/* Puts the place before what a row's failure says. */
static __attribute__((noinline)) enum status place(const struct generic_csv *csv,
                                                   enum status status, struct error *reterr) {
    if (tick_batcher_sink_failed(csv->batcher))
        return error_prefix(reterr, status, "'%s'", csv->source);
    return error_prefix(reterr, status, "'%s', line %" PRIu64, csv->source, csv->line);
}

static __attribute__((noinline)) enum status
bad_field(const struct generic_csv *csv, enum csv_role role, const struct csv_field *field,
          enum status status, const char *why, struct error *reterr) {
    char shown[CSV_SHOWN_MAX];
    if (field->size == 0)
        return error_set(reterr, status, "column '%s' is empty", csv->columns.name[role]);
    return error_set(reterr, status, "column '%s': '%s' %s", csv->columns.name[role],
                     csv_field_show(field, shown), why);
}

/* ---- fields ---- */

/* Whether a refused number is one that is only too long or too large. */
static bool looks_like_number(const struct csv_field *field) {
    const char *const text = field->text;
    const size_t size = field->size;
    const size_t sign = size > 0 && (text[0] == '-' || text[0] == '+') ? 1 : 0;
    if (size == sign || text[sign] < '0' || text[sign] > '9' || text[size - 1] < '0' ||
        text[size - 1] > '9')
        return false;
    for (size_t i = sign; i < size; i++) {
        if (memchr("0123456789.eE+-", text[i], 15) == NULL)
            return false;
    }
    return true;
}

/* `room`: CSV_NUMBER_ROOM bytes may be read before the end of any field of this row. */
static inline enum status take_number(const struct generic_csv *csv, enum csv_role role,
                                      const struct csv_field *field, bool room,
                                      struct decimal *ret_value, struct error *reterr) {
    if (room && csv_decimal(field->text, field->size, ret_value))
        return STATUS_OK;
    if (decimal_parse(field->text, field->size, ret_value))
        return STATUS_OK;
    return looks_like_number(field)
               ? bad_field(csv, role, field, STATUS_RANGE,
                           "cannot be held exactly (at most 18 decimals and 18 digits)", reterr)
               : bad_field(csv, role, field, STATUS_CORRUPT, "is not a number", reterr);
}

/* Fixes what the `ts` of this file is, by its first row. */
static void decide_time_form(struct generic_csv *csv, enum time_form form, int64_t epoch) {
    static const int64_t starts[] = {[TIME_S] = 0,
                                     [TIME_MS] = INT64_C(100000000000),
                                     [TIME_US] = INT64_C(100000000000000),
                                     [TIME_NS] = INT64_C(100000000000000000)};
    csv->time_form = form;
    csv->time_unit = time_unit_of_epoch(epoch);
    csv->unit_ns = time_unit_ns(csv->time_unit);
    if (form == TIME_FORM_EPOCH)
        tick_batcher_note_unit(csv->batcher, csv->time_unit);
    csv->epoch_min = starts[csv->time_unit];
    csv->epoch_max = INT64_MAX / csv->unit_ns; /* below where the next unit starts */
}

static enum status take_epoch(struct generic_csv *csv, const struct csv_field *field, int64_t epoch,
                              int64_t *ret_ts_ns, struct error *reterr) {
    if (csv->time_form == TIME_FORM_UNKNOWN)
        decide_time_form(csv, TIME_FORM_EPOCH, epoch);
    if (csv->time_form != TIME_FORM_EPOCH)
        return bad_field(csv, CSV_TS, field, STATUS_CORRUPT,
                         "is an epoch number, but the file began with ISO 8601 times", reterr);
    const enum time_unit unit = time_unit_of_epoch(epoch);
    if (unit != csv->time_unit) {
        char why[80];
        (void)snprintf(why, sizeof(why), "is a time in %s, but the file began with %s",
                       time_unit_name(unit), time_unit_name(csv->time_unit));
        return bad_field(csv, CSV_TS, field, STATUS_CORRUPT, why, reterr);
    }
    if (__builtin_mul_overflow(epoch, csv->unit_ns, ret_ts_ns))
        return bad_field(csv, CSV_TS, field, STATUS_RANGE, "is outside 1678..2261", reterr);
    return STATUS_OK;
}

static __attribute__((noinline)) enum status take_time_slow(struct generic_csv *csv,
                                                            const struct csv_field *field,
                                                            int64_t *ret_ts_ns,
                                                            struct error *reterr) {
    struct decimal epoch;
    if (time_parse_iso(field->text, field->size, ret_ts_ns)) {
        if (csv->time_form == TIME_FORM_UNKNOWN)
            decide_time_form(csv, TIME_FORM_ISO, 0);
        if (csv->time_form == TIME_FORM_ISO)
            return STATUS_OK;
        return bad_field(csv, CSV_TS, field, STATUS_CORRUPT,
                         "is ISO 8601, but the file began with epoch numbers", reterr);
    }
    if (decimal_parse(field->text, field->size, &epoch) && epoch.decimals == 0)
        return take_epoch(csv, field, epoch.mantissa, ret_ts_ns, reterr);
    return bad_field(csv, CSV_TS, field, STATUS_CORRUPT,
                     "is neither ISO 8601 in UTC (2021-05-19T13:04:00Z) nor an integer epoch",
                     reterr);
}

static inline enum status take_time(struct generic_csv *csv, const struct csv_field *field,
                                    bool room, int64_t *ret_ts_ns, struct error *reterr) {
    int64_t epoch;
    if (csv->time_form == TIME_FORM_EPOCH && room &&
        csv_integer(field->text, field->size, &epoch) && epoch >= csv->epoch_min &&
        epoch <= csv->epoch_max) {
        *ret_ts_ns = epoch * csv->unit_ns;
        return STATUS_OK;
    }
    return take_time_slow(csv, field, ret_ts_ns, reterr);
}

static inline enum status take_side(const struct generic_csv *csv, const struct csv_field *field,
                                    uint8_t *flags, struct error *reterr) {
    if (field->size == 0)
        return STATUS_OK;
    const bool buy = field->size == 3 && (memcmp(field->text, "buy", 3) == 0 ||
                                          strncasecmp(field->text, "buy", 3) == 0);
    const bool sell = field->size == 4 && (memcmp(field->text, "sell", 4) == 0 ||
                                           strncasecmp(field->text, "sell", 4) == 0);
    if (buy)
        *flags |= TICK_BUY;
    else if (sell)
        *flags |= TICK_SELL;
    else
        return bad_field(csv, CSV_SIDE, field, STATUS_CORRUPT, "is neither buy, sell nor empty",
                         reterr);
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
        const enum status status =
            take_number(csv, role, &fields[csv->columns.at[role]], room, &value[i], reterr);
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
    enum status status =
        take_number(csv, CSV_PRICE, &fields[csv->columns.at[CSV_PRICE]], room, &price, reterr);
    const int quantity_at = csv->columns.at[CSV_QUANTITY];
    if (quantity_at < 0 || fields[quantity_at].size == 0)
        flags |= TICK_NO_QUANTITY;
    else if (status == STATUS_OK)
        status = take_number(csv, CSV_QUANTITY, &fields[quantity_at], room, &quantity, reterr);
    if (status == STATUS_OK && csv->columns.at[CSV_SIDE] >= 0)
        status = take_side(csv, &fields[csv->columns.at[CSV_SIDE]], &flags, reterr);
    if (status != STATUS_OK)
        return status;
    return tick_batcher_add_tick(csv->batcher, stream, ts_ns, price, quantity, flags, reterr);
}

static inline enum status take_row(struct generic_csv *csv, const struct csv_field *fields,
                                   bool room, struct error *reterr) {
    int64_t ts_ns;
    enum status status = take_time(csv, &fields[csv->columns.at[CSV_TS]], room, &ts_ns, reterr);
    if (status != STATUS_OK)
        return status;
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

/* ---- lines ---- */

/* Any line, without its \n; `room` as for take_number(). */
static enum status take_line(struct generic_csv *csv, const char *line, size_t size, bool room,
                             struct error *reterr) {
    csv->line++;
    if (csv->line == 1 && size >= 3 && memcmp(line, "\xef\xbb\xbf", 3) == 0) {
        line += 3; /* a byte order mark */
        size -= 3;
    }
    if (csv->header_seen && (size == 0 || (size == 1 && line[0] == '\r')))
        return STATUS_OK; /* an empty line says nothing */
    struct csv_field fields[CSV_FIELDS_MAX];
    size_t count;
    enum status status = csv_line_split(line, size, csv->scratch, fields, &count, reterr);
    if (status == STATUS_OK && !csv->header_seen) {
        status = csv_columns_from_header(&csv->map, fields, count, &csv->columns, reterr);
        csv->header_seen = true;
    } else if (status == STATUS_OK && count != csv->columns.count) {
        status = error_set(reterr, STATUS_CORRUPT, "%s: %zu fields, but the header has %zu",
                           count < csv->columns.count ? "a field is missing" : "too many fields",
                           count, csv->columns.count);
    } else if (status == STATUS_OK) {
        /* a quoted field stands in scratch, with nothing before it */
        status = take_row(csv, fields, room && memchr(line, '"', size) == NULL, reterr);
    }
    return status == STATUS_OK ? STATUS_OK : place(csv, status, reterr);
}

/* Keeps the beginning of a line whose end is still to come. */
static enum status carry(struct generic_csv *csv, const char *bytes, size_t size,
                         struct error *reterr) {
    if (size > CSV_LINE_MAX - csv->carried) {
        csv->line++;
        return place(
            csv, error_set(reterr, STATUS_CORRUPT, "a line longer than %zu bytes", CSV_LINE_MAX),
            reterr);
    }
    memcpy(csv->carry + CSV_NUMBER_ROOM + csv->carried, bytes, size);
    csv->carried += size;
    return STATUS_OK;
}

static enum status take_carried(struct generic_csv *csv, struct error *reterr) {
    const size_t size = csv->carried;
    csv->carried = 0;
    return take_line(csv, csv->carry + CSV_NUMBER_ROOM, size, true, reterr);
}

enum status generic_csv_feed(struct generic_csv *csv, const char *bytes, size_t size,
                             struct error *reterr) {
    const char *at = bytes;
    const char *const end = bytes + size;
    enum status status = STATUS_OK;
    if (csv->carried > 0 && size > 0) {
        const char *const newline = memchr(at, '\n', size);
        status = carry(csv, at, (size_t)((newline != NULL ? newline : end) - at), reterr);
        if (status != STATUS_OK || newline == NULL)
            return status;
        status = take_carried(csv, reterr);
        at = newline + 1;
    }
    while (status == STATUS_OK && at < end) {
        const bool room = at - bytes >= CSV_NUMBER_ROOM;
        struct csv_field fields[CSV_FIELDS_MAX];
        if (csv->header_seen && end - at >= PLAIN_WINDOW) {
            const size_t plain = csv_line_split_plain(at, csv->columns.count, fields);
            if (plain > 0) {
                csv->line++;
                at += plain;
                status = take_row(csv, fields, room, reterr);
                if (__builtin_expect(status != STATUS_OK, 0))
                    return place(csv, status, reterr);
                continue;
            }
        }
        const char *const newline = memchr(at, '\n', (size_t)(end - at));
        const size_t line_size = (size_t)((newline != NULL ? newline : end) - at);
        if (newline == NULL || line_size > CSV_LINE_MAX)
            return carry(csv, at, line_size, reterr);
        status = take_line(csv, at, line_size, room, reterr);
        at = newline + 1;
    }
    return status;
}

enum status generic_csv_end(struct generic_csv *csv, struct error *reterr) {
    if (csv->carried > 0)
        return take_carried(csv, reterr);
    if (!csv->header_seen)
        return error_set(reterr, STATUS_CORRUPT, "'%s' is empty: not even a header", csv->source);
    return STATUS_OK;
}

enum status generic_csv_finish(struct generic_csv *csv, struct import_report *ret_report,
                               struct error *reterr) {
    const enum status status = tick_batcher_finish(csv->batcher, ret_report, reterr);
    if (status != STATUS_OK)
        return error_prefix(reterr, status, "'%s'", csv->source);
    ret_report->time_is_epoch = csv->time_form == TIME_FORM_EPOCH;
    ret_report->time_unit = csv->time_unit;
    return STATUS_OK;
}
