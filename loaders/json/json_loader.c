#include "loaders/json/json_loader.h"

#include <stdlib.h>
#include <string.h>

void json_head(const char *head, size_t size, char ret_text[JSON_HEAD + 1]) {
    size_t kept = 0;
    for (size_t i = 0; i < size && i < JSON_HEAD; i++) {
        if (head[i] != ' ' && head[i] != '\t' && head[i] != '\n' && head[i] != '\r' &&
            head[i] != '\0')
            ret_text[kept++] = head[i];
    }
    ret_text[kept] = '\0';
}

void json_loader_destroy(void *decoder) {
    struct json_loader *const loader = decoder;
    if (loader == NULL)
        return;
    if (loader->release != NULL)
        loader->release(loader->special);
    json_stream_destroy(loader->stream);
    tick_batcher_destroy(loader->batcher);
    free(loader);
}

enum status json_loader_create(const char *columns, const struct tick_sink *sink,
                               enum status (*take)(void *context, const struct json_value *value,
                                                   struct error *reterr),
                               struct json_loader **ret_loader, struct error *reterr) {
    if (columns != NULL)
        return error_set(reterr, STATUS_USAGE, "--columns is for CSV files, this is JSON");
    struct json_loader *const loader = calloc(1, sizeof(*loader));
    if (loader == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for a JSON decoder");
    const struct json_taker taker = {loader, take};
    enum status status = tick_batcher_create(sink, &loader->batcher, reterr);
    if (status == STATUS_OK)
        status = json_stream_create(&taker, &loader->stream, reterr);
    if (status != STATUS_OK) {
        json_loader_destroy(loader);
        return status;
    }
    tick_batcher_set_policy(loader->batcher, TICKS_VENDOR, NULL);
    *ret_loader = loader;
    return STATUS_OK;
}

enum status json_loader_begin(struct json_loader *loader, enum json_form form,
                              const struct loader_file *file, struct error *reterr) {
    file_name_of(file, loader->name);
    return json_stream_begin(loader->stream, form, file->source, reterr);
}

enum status json_loader_feed(void *decoder, const char *bytes, size_t size, struct error *reterr) {
    struct json_loader *const loader = decoder;
    return json_stream_feed(loader->stream, bytes, size, reterr);
}

enum status json_loader_end(void *decoder, struct error *reterr) {
    struct json_loader *const loader = decoder;
    return json_stream_end(loader->stream, reterr);
}

enum status json_loader_finish(void *decoder, struct import_report *ret_report,
                               struct error *reterr) {
    struct json_loader *const loader = decoder;
    const enum status status = tick_batcher_finish(loader->batcher, ret_report, reterr);
    if (status != STATUS_OK)
        return error_prefix(reterr, status, "'%s'", loader->name);
    ret_report->time_is_epoch = !loader->time_is_iso;
    ret_report->time_unit = TIME_MS;
    ret_report->records_skipped = loader->skipped;
    return STATUS_OK;
}

enum status json_loader_add(struct json_loader *loader, const struct json_row *row,
                            struct error *reterr) {
    struct tick_stream *stream;
    const enum status status =
        tick_batcher_find(loader->batcher, row->instrument, row->instrument_size, row->series,
                          strlen(row->series), SERIES_TICKS, &stream, reterr);
    if (status != STATUS_OK)
        return status;
    loader->added = stream;
    if (row->id > 0)
        tick_batcher_note_id(stream, row->id, row->id);
    return tick_batcher_add_tick(loader->batcher, stream, row->ts_ns, row->price, row->quantity,
                                 row->flags, reterr);
}

void json_loader_note_quote(struct json_loader *loader, struct tick_stream *bids,
                            struct decimal bid, struct decimal ask) {
    if (bids != NULL && loader->added != bids)
        tick_batcher_note_quote(bids, bid, ask);
}

enum status json_loader_add_value(struct json_loader *loader, struct json_row row,
                                  const char *series, const struct json_value *value,
                                  const char *name, struct error *reterr) {
    if (value == NULL || (value->type == JSON_STRING && value->size == 0))
        return STATUS_OK;
    const enum status status = json_decimal(value, name, &row.price, reterr);
    if (status != STATUS_OK)
        return status;
    row.series = series;
    row.quantity = (struct decimal){0, 0};
    row.flags = TICK_NO_QUANTITY;
    return json_loader_add(loader, &row, reterr);
}

enum status json_loader_add_trade(struct json_loader *loader, struct json_row *row,
                                  const struct json_value *price, const char *price_name,
                                  const struct json_value *quantity, const char *quantity_name,
                                  struct error *reterr) {
    enum status status = json_decimal(price, price_name, &row->price, reterr);
    if (status == STATUS_OK)
        status = json_decimal(quantity, quantity_name, &row->quantity, reterr);
    return status == STATUS_OK ? json_loader_add(loader, row, reterr) : status;
}
