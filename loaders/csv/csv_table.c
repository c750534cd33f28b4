#include "loaders/csv/csv_table.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/records.h"

#define SLOTS_FIRST ((size_t)16)

/* ---- life ---- */

/* Of --columns only instrument:=NAME, and only where no column says it. */
static enum status take_given(struct csv_table *table, const char *columns, struct error *reterr) {
    struct csv_map map;
    const enum status status = csv_map_parse(columns, &map, reterr);
    if (status != STATUS_OK)
        return status;
    for (enum csv_role role = CSV_TS; role < CSV_ROLES; role++) {
        if (map.mapped[role] &&
            (role != CSV_INSTRUMENT || !map.constant[role] || table->layout->instrument != NULL))
            return error_set(reterr, STATUS_USAGE,
                             table->layout->instrument != NULL
                                 ? "--columns: the columns of %s are known, its instruments too"
                                 : "--columns: of %s only instrument:=NAME can be given",
                             table->layout->name);
    }
    if (map.mapped[CSV_INSTRUMENT])
        memcpy(table->given, map.name[CSV_INSTRUMENT], sizeof(table->given));
    return STATUS_OK;
}

enum status csv_table_create(const struct csv_layout *layout, const char *columns,
                             const struct tick_sink *sink, void **ret_decoder,
                             struct error *reterr) {
    struct csv_table *const table = calloc(1, sizeof(*table));
    enum status status = STATUS_OK;
    if (table != NULL) {
        table->layout = layout;
        table->slot_count = SLOTS_FIRST;
        table->slots = calloc(SLOTS_FIRST, sizeof(struct csv_instrument *));
    }
    if (table == NULL || table->slots == NULL)
        status = error_set(reterr, STATUS_NO_MEMORY, "no memory for a decoder of %s", layout->name);
    if (status == STATUS_OK)
        status = take_given(table, columns, reterr);
    if (status == STATUS_OK)
        status = tick_batcher_create(sink, &table->batcher, reterr);
    if (status != STATUS_OK) {
        csv_table_destroy(table);
        return status;
    }
    tick_batcher_set_policy(table->batcher, TICKS_VENDOR, &table->lines.line);
    while (layout->outputs[table->output_count].series != NULL)
        table->output_count++;
    *ret_decoder = table;
    return STATUS_OK;
}

void csv_table_destroy(void *decoder) {
    struct csv_table *const table = decoder;
    if (table == NULL)
        return;
    for (struct csv_instrument *instrument = table->first; instrument != NULL;) {
        struct csv_instrument *const next = instrument->next;
        if (table->layout->special != NULL && table->layout->special->release != NULL)
            table->layout->special->release(instrument);
        free(instrument);
        instrument = next;
    }
    free(table->slots);
    tick_batcher_destroy(table->batcher);
    free(table);
}

enum status csv_table_begin(void *decoder, const struct loader_file *file, struct error *reterr) {
    struct csv_table *const table = decoder;
    csv_lines_begin(&table->lines, file->source, table->batcher);
    csv_time_begin(&table->time, table->layout->time_forms, true);
    table->unit_known = false;
    table->bound = false;
    table->current = NULL;
    table->before_size = 0;
    table->name = (struct csv_file_name){.bar_ns = 0};
    (void)csv_file_name_match(file, table->layout->file_names,
                              &table->name); /* none: looked at below */
    table->may_be_empty = table->layout->empty_is_valid && csv_layout_named(table->layout, file);
    if (table->given[0] != '\0')
        (void)snprintf(table->name.instrument, sizeof(table->name.instrument), "%s", table->given);
    if (table->layout->instrument == NULL && table->name.instrument[0] == '\0')
        return error_set(reterr, STATUS_CORRUPT,
                         "'%s': its name does not say the instrument (as '%s'); give it with "
                         "--columns instrument:=NAME",
                         file->source, table->layout->file_names[0]);
    if (table->layout->bars != NULL && table->name.bar_ns < 0)
        return error_set(reterr, STATUS_CORRUPT,
                         "'%s': bars of a calendar month are not all of one length", file->source);
    return STATUS_OK;
}

/* ---- instruments ---- */

static uint64_t hash_name(const struct csv_field *name) {
    uint64_t hash = UINT64_C(0xCBF29CE484222325);
    for (size_t i = 0; i < name->size; i++)
        hash = (hash ^ (unsigned char)name->text[i]) * UINT64_C(0x100000001B3);
    return hash;
}

/* The slot of a name, or the empty one where it would stand. */
static size_t find_slot(const struct csv_table *table, const char *name, size_t size,
                        uint64_t hash) {
    size_t slot = (size_t)(hash >> 32) & (table->slot_count - 1);
    for (; table->slots[slot] != NULL; slot = (slot + 1) & (table->slot_count - 1)) {
        const struct csv_instrument *const instrument = table->slots[slot];
        if (instrument->hash == hash && instrument->size == size &&
            memcmp(instrument->name, name, size) == 0)
            break;
    }
    return slot;
}

/* Twice the slots. False: no memory. */
static bool grow_slots(struct csv_table *table) {
    struct csv_instrument **const before = table->slots;
    const size_t count = table->slot_count;
    struct csv_instrument **const slots = calloc(2 * count, sizeof(struct csv_instrument *));
    if (slots == NULL)
        return false;
    table->slots = slots;
    table->slot_count = 2 * count;
    for (size_t i = 0; i < count; i++) {
        if (before[i] != NULL)
            slots[find_slot(table, before[i]->name, before[i]->size, before[i]->hash)] = before[i];
    }
    free(before);
    return true;
}

/* Finds or adds one. STATUS_CORRUPT: not a name, or too many of them. */
static __attribute__((noinline)) enum status find_instrument(struct csv_table *table,
                                                             const char *column,
                                                             const struct csv_field *name,
                                                             struct error *reterr) {
    if (name->size == 0 || name->size > TICK_BATCHER_INSTRUMENT_MAX)
        return csv_cell_bad(column, name, STATUS_CORRUPT, "is too long for a name", reterr);
    const uint64_t hash = hash_name(name);
    size_t slot = find_slot(table, name->text, name->size, hash);
    if (table->slots[slot] != NULL) {
        table->current = table->slots[slot];
        return STATUS_OK;
    }
    if (table->instrument_count == CSV_INSTRUMENTS_MAX)
        return error_set(reterr, STATUS_CORRUPT, "more than %d instruments", CSV_INSTRUMENTS_MAX);
    struct csv_instrument *const instrument = calloc(1, sizeof(*instrument));
    if (instrument == NULL ||
        (2 * (table->instrument_count + 1) > table->slot_count && !grow_slots(table))) {
        free(instrument);
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for an instrument");
    }
    memcpy(instrument->name, name->text, name->size);
    instrument->size = name->size;
    instrument->hash = hash;
    slot = find_slot(table, name->text, name->size, hash);
    table->slots[slot] = table->current = instrument;
    if (table->last != NULL)
        table->last->next = instrument;
    else
        table->first = instrument;
    table->last = instrument;
    table->instrument_count++;
    return STATUS_OK;
}

static inline enum status take_instrument(struct csv_table *table, const struct csv_row *row,
                                          struct error *reterr) {
    if (table->at_instrument < 0)
        return STATUS_OK; /* the file's, since it was bound */
    const struct csv_field *const name = &row->fields[table->at_instrument];
    const struct csv_instrument *const current = table->current;
    if (__builtin_expect(current != NULL && current->size == name->size &&
                             memcmp(current->name, name->text, name->size) == 0,
                         1))
        return STATUS_OK;
    return find_instrument(table, table->column[table->at_instrument], name, reterr);
}

/* ---- the form ---- */

int csv_table_column(const struct csv_table *table, const char *name) {
    for (size_t i = 0; name != NULL && i < table->column_count; i++) {
        if (strcmp(table->column[i], name) == 0)
            return (int)i;
    }
    return -1;
}

static enum status bind_form(struct csv_table *table, const char *form, size_t column_count,
                             struct error *reterr) {
    static const char *const bar[TICK_VALUES_MAX] = {"open", "high", "low", "close", "volume"};
    const struct csv_layout *const layout = table->layout;
    struct csv_field names[CSV_FIELDS_MAX];
    const size_t count = csv_form_split(form, names);
    for (size_t i = 0; i < column_count; i++) {
        const size_t size = i >= count                     ? 0
                            : names[i].size > CSV_NAME_MAX ? CSV_NAME_MAX
                                                           : names[i].size;
        memcpy(table->column[i], size > 0 ? names[i].text : "", size);
        table->column[i][size] = '\0';
    }
    table->column_count = column_count;
    table->at_time = csv_table_column(table, layout->time);
    table->at_instrument = csv_table_column(table, layout->instrument);
    table->at_bar_end = csv_table_column(table, layout->bar_end);
    for (size_t i = 0; i < TICK_VALUES_MAX; i++)
        table->at_bar[i] = csv_table_column(table, bar[i]);
    for (size_t i = 0; i < table->output_count; i++) {
        const struct csv_output *const output = &layout->outputs[i];
        table->at_output[i] = (struct csv_output_at){
            .price = csv_table_column(table, output->price),
            .price_otherwise = csv_table_column(table, output->price_otherwise),
            .quantity = csv_table_column(table, output->quantity),
            .quantity_otherwise = csv_table_column(table, output->quantity_otherwise),
            .side = csv_table_column(table, output->side),
            .id = csv_table_column(table, output->id),
        };
    }
    assert(table->at_time >= 0 && (layout->bars == NULL || table->at_bar[4] >= 0));
    table->bound = true;
    enum status status = STATUS_OK;
    if (table->at_instrument < 0) {
        const struct csv_field name = {table->name.instrument, strlen(table->name.instrument)};
        status = find_instrument(table, "instrument", &name, reterr);
    }
    return status == STATUS_OK && layout->special != NULL ? layout->special->bind(table, reterr)
                                                          : status;
}

/* The first row tells the form; *ret_header: it is a header, with no data in it. */
static enum status bind_first(struct csv_table *table, const struct csv_row *row, bool *ret_header,
                              struct error *reterr) {
    const struct csv_layout *const layout = table->layout;
    const char *form = csv_layout_form_of_header(layout, row->fields, row->count);
    *ret_header = form != NULL;
    if (form == NULL)
        form = csv_layout_form_of_row(layout, row->fields, row->count);
    if (form == NULL)
        return error_set(reterr, STATUS_CORRUPT, "not the columns of %s: %s%s", layout->name,
                         layout->forms[0], layout->headerless ? " (with or without a header)" : "");
    return bind_form(table, form, row->count, reterr);
}

/* ---- rows ---- */

enum status csv_table_add(struct csv_table *table, struct csv_instrument *instrument, size_t output,
                          int64_t ts_ns, struct decimal price, struct decimal quantity,
                          uint8_t flags, struct error *reterr) {
    if (__builtin_expect(instrument->stream[output] == NULL, 0)) {
        const char *const series = table->layout->outputs[output].series;
        const enum status status =
            tick_batcher_find(table->batcher, instrument->name, instrument->size, series,
                              strlen(series), SERIES_TICKS, &instrument->stream[output], reterr);
        if (status != STATUS_OK)
            return status;
    }
    return tick_batcher_add_tick(table->batcher, instrument->stream[output], ts_ns, price, quantity,
                                 flags, reterr);
}

static enum status take_side(const struct csv_table *table, enum csv_side_form form, int at,
                             const struct csv_field *field, uint8_t *flags, struct error *reterr) {
    const size_t size = field->size;
    if (form == CSV_SIDE_BUYER_IS_MAKER) {
        /* the taker of a buyer who rested sold */
        if (size == 4 &&
            (memcmp(field->text, "true", 4) == 0 || strncasecmp(field->text, "true", 4) == 0))
            *flags |= TICK_SELL;
        else if (size == 5 && (memcmp(field->text, "false", 5) == 0 ||
                               strncasecmp(field->text, "false", 5) == 0))
            *flags |= TICK_BUY;
        else
            return csv_cell_bad(table->column[at], field, STATUS_CORRUPT,
                                "is neither true nor false", reterr);
        return STATUS_OK;
    }
    if (size == 7 && strncasecmp(field->text, "unknown", 7) == 0)
        return STATUS_OK;
    uint8_t side = 0;
    const enum status status = csv_cell_side(table->column[at], field, &side, reterr);
    if (form == CSV_SIDE_MAKER && side != 0)
        side = side == TICK_BUY ? TICK_SELL : TICK_BUY;
    *flags |= side;
    return status;
}

/* The number in column `at`, or in `otherwise` where that is empty or 0. *ret_missing: neither. */
static inline enum status take_value(const struct csv_table *table, const struct csv_row *row,
                                     int at, int otherwise, struct decimal *ret_value,
                                     bool *ret_missing, struct error *reterr) {
    *ret_missing = at < 0 || row->fields[at].size == 0;
    if (!*ret_missing) {
        const enum status status = csv_table_number(table, row, at, ret_value, reterr);
        if (status != STATUS_OK || otherwise < 0 || ret_value->mantissa != 0)
            return status;
    }
    if (otherwise < 0)
        return STATUS_OK;
    *ret_missing = row->fields[otherwise].size == 0;
    return *ret_missing ? STATUS_OK : csv_table_number(table, row, otherwise, ret_value, reterr);
}

static bool same_decimal(struct decimal a, struct decimal b) {
    const struct decimal x = decimal_normal(a);
    const struct decimal y = decimal_normal(b);
    return x.mantissa == y.mantissa && x.decimals == y.decimals;
}

/* Whether the instrument had this value before; keeps it. */
static bool is_repeated(struct csv_instrument *instrument, size_t output, struct decimal price,
                        struct decimal quantity) {
    if (instrument->held[output] && same_decimal(instrument->last_price[output], price) &&
        same_decimal(instrument->last_quantity[output], quantity))
        return true;
    instrument->held[output] = true;
    instrument->last_price[output] = price;
    instrument->last_quantity[output] = quantity;
    return false;
}

/* Tells the vendor's number of a row; what is no number tells nothing. */
static inline void note_id(struct tick_stream *stream, const struct csv_field *field, bool room) {
    int64_t id;
    struct decimal value;
    if (room && csv_integer(field->text, field->size, &id))
        tick_batcher_note_id(stream, (uint64_t)id, (uint64_t)id);
    else if (decimal_parse(field->text, field->size, &value) && value.decimals == 0 &&
             value.mantissa >= 0)
        tick_batcher_note_id(stream, (uint64_t)value.mantissa, (uint64_t)value.mantissa);
}

static inline enum status take_output(struct csv_table *table, const struct csv_row *row,
                                      int64_t ts_ns, size_t i, struct error *reterr) {
    const struct csv_output *const output = &table->layout->outputs[i];
    const struct csv_output_at *const at = &table->at_output[i];
    struct decimal price = {0, 0};
    struct decimal quantity = {0, 0};
    bool no_price;
    bool no_quantity;
    enum status status =
        take_value(table, row, at->price, at->price_otherwise, &price, &no_price, reterr);
    if (status != STATUS_OK)
        return status;
    if (no_price && output->optional)
        return STATUS_OK;
    if (no_price)
        return csv_cell_bad(table->column[at->price], &row->fields[at->price], STATUS_CORRUPT, "",
                            reterr);
    status = take_value(table, row, at->quantity, at->quantity_otherwise, &quantity, &no_quantity,
                        reterr);
    uint8_t flags = no_quantity ? TICK_NO_QUANTITY : 0;
    if (status == STATUS_OK && at->side >= 0)
        status =
            take_side(table, output->side_form, at->side, &row->fields[at->side], &flags, reterr);
    if (status != STATUS_OK)
        return status;
    table->quote[i != 0] = price;
    if (output->changes_only && is_repeated(table->current, i, price, quantity))
        return STATUS_OK;
    status = csv_table_add(table, table->current, i, ts_ns, price, quantity, flags, reterr);
    if (status == STATUS_OK && at->id >= 0)
        note_id(table->current->stream[i], &row->fields[at->id], row->room);
    return status;
}

/* The length of the file's bars: by its name, or by the first bar's end. */
static enum status find_bars(struct csv_table *table, const struct csv_row *row, int64_t ts_ns,
                             struct error *reterr) {
    struct csv_instrument *const instrument = table->current;
    const char *const series = table->layout->bars;
    int64_t bar_ns = table->name.bar_ns;
    if (bar_ns == 0 && table->at_bar_end >= 0) {
        int64_t end_ns;
        const enum status status =
            csv_time_take(&table->time, table->column[table->at_bar_end],
                          &row->fields[table->at_bar_end], row->room, &end_ns, reterr);
        if (status != STATUS_OK)
            return status;
        if (__builtin_sub_overflow(end_ns, ts_ns, &bar_ns) ||
            __builtin_add_overflow(bar_ns, table->time.unit_ns, &bar_ns) || bar_ns <= 0)
            return csv_cell_bad(table->column[table->at_bar_end], &row->fields[table->at_bar_end],
                                STATUS_CORRUPT, "is before the bar's beginning", reterr);
    }
    if (bar_ns > 0)
        return tick_batcher_find_bars(table->batcher, instrument->name, instrument->size, series,
                                      strlen(series), bar_ns, &instrument->stream[0], reterr);
    return tick_batcher_find(table->batcher, instrument->name, instrument->size, series,
                             strlen(series), SERIES_BARS, &instrument->stream[0], reterr);
}

static enum status take_bar(struct csv_table *table, const struct csv_row *row, int64_t ts_ns,
                            struct error *reterr) {
    enum status status = STATUS_OK;
    if (!table->current->held[0])
        status = find_bars(table, row, ts_ns, reterr);
    table->current->held[0] = status == STATUS_OK; /* until the file's end */
    struct decimal value[TICK_VALUES_MAX];
    for (size_t i = 0; status == STATUS_OK && i < TICK_VALUES_MAX; i++)
        status = csv_table_number(table, row, table->at_bar[i], &value[i], reterr);
    return status != STATUS_OK ? status
                               : tick_batcher_add_bar(table->batcher, table->current->stream[0],
                                                      ts_ns, value, reterr);
}

/* Whether the row is the one before, byte for byte; keeps it. One that is too long never is. */
static bool repeats(struct csv_table *table, const struct csv_row *row) {
    char text[sizeof(table->before)];
    size_t size = 0;
    for (size_t i = 0; i < row->count; i++) {
        if (row->fields[i].size + 1 > sizeof(text) - size) {
            table->before_size = 0;
            return false;
        }
        memcpy(text + size, row->fields[i].text, row->fields[i].size);
        size += row->fields[i].size;
        text[size++] = ',';
    }
    const bool same = size == table->before_size && memcmp(text, table->before, size) == 0;
    memcpy(table->before, text, size);
    table->before_size = size;
    return same;
}

static __attribute__((noinline)) enum status
bad_count(const struct csv_table *table, const struct csv_row *row, struct error *reterr) {
    return error_set(reterr, STATUS_CORRUPT, "%s: %zu fields, but the first line has %zu",
                     row->count < table->column_count ? "a field is missing" : "too many fields",
                     row->count, table->column_count);
}

/* Tells the unit of this file's times, and each change of it. */
static void note_unit(struct csv_table *table) {
    table->unit_known = true;
    table->unit = table->time.unit;
    if (csv_time_is_epoch(&table->time))
        tick_batcher_note_unit(table->batcher, table->unit);
}

static enum status take(void *context, const struct csv_row *row, struct error *reterr) {
    struct csv_table *const table = context;
    if (__builtin_expect(!table->bound, 0)) {
        bool header;
        const enum status status = bind_first(table, row, &header, reterr);
        if (status != STATUS_OK || header)
            return status;
    }
    if (__builtin_expect(row->count != table->column_count, 0))
        return bad_count(table, row, reterr);
    if (table->layout->repeats && repeats(table, row))
        return STATUS_OK;
    int64_t ts_ns;
    enum status status = csv_time_take(&table->time, table->column[table->at_time],
                                       &row->fields[table->at_time], row->room, &ts_ns, reterr);
    if (status == STATUS_OK)
        status = take_instrument(table, row, reterr);
    if (__builtin_expect(status != STATUS_OK, 0))
        return status;
    if (__builtin_expect(!table->unit_known || table->unit != table->time.unit, 0))
        note_unit(table);
    if (table->layout->special != NULL)
        return table->layout->special->row(table, row, ts_ns, table->current, reterr);
    if (table->layout->bars != NULL)
        return take_bar(table, row, ts_ns, reterr);
    table->quote[0] = table->quote[1] = (struct decimal){0, 0};
    for (size_t i = 0; status == STATUS_OK && i < table->output_count; i++)
        status = take_output(table, row, ts_ns, i, reterr);
    if (table->layout->quotes && status == STATUS_OK && table->current->stream[0] != NULL)
        tick_batcher_note_quote(table->current->stream[0], table->quote[0], table->quote[1]);
    return status;
}

/* ---- feeding ---- */

enum status csv_table_feed(void *decoder, const char *bytes, size_t size, struct error *reterr) {
    struct csv_table *const table = decoder;
    return csv_lines_feed(&table->lines, bytes, size, take, table, reterr);
}

enum status csv_table_end(void *decoder, struct error *reterr) {
    struct csv_table *const table = decoder;
    const struct csv_special *const special = table->layout->special;
    enum status status = csv_lines_end(&table->lines, take, table, reterr);
    if (status == STATUS_OK && !table->bound && !table->may_be_empty)
        return error_set(reterr, STATUS_CORRUPT, "'%s' is empty: not even a header",
                         table->lines.source);
    for (struct csv_instrument *instrument = table->first;
         status == STATUS_OK && instrument != NULL; instrument = instrument->next) {
        memset(instrument->held, 0, sizeof(instrument->held));
        if (special != NULL && special->end != NULL)
            status = special->end(table, instrument, reterr);
        if (status != STATUS_OK)
            return error_prefix(reterr, status, "'%s'", table->lines.source);
    }
    return status;
}

enum status csv_table_finish(void *decoder, struct import_report *ret_report,
                             struct error *reterr) {
    struct csv_table *const table = decoder;
    const enum status status = tick_batcher_finish(table->batcher, ret_report, reterr);
    if (status != STATUS_OK)
        return error_prefix(reterr, status, "'%s'", table->lines.source);
    ret_report->time_is_epoch = csv_time_is_epoch(&table->time);
    ret_report->time_unit = table->time.unit;
    return STATUS_OK;
}
