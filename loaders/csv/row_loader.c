#include "loaders/csv/row_loader.h"

#include <stdlib.h>
#include <string.h>

void row_loader_destroy(void *decoder) {
    struct row_loader *const loader = decoder;
    if (loader == NULL)
        return;
    tick_batcher_destroy(loader->batcher);
    free(loader->special);
    free(loader);
}

enum status row_loader_create(const char *columns, const struct tick_sink *sink, csv_row_take *take,
                              size_t special_size, struct row_loader **ret_loader,
                              struct error *reterr) {
    if (columns != NULL)
        return error_set(reterr, STATUS_USAGE, "--columns is for the generic CSV alone");
    struct row_loader *const loader = calloc(1, sizeof(*loader));
    if (loader != NULL) {
        loader->take = take;
        loader->special = calloc(1, special_size);
    }
    if (loader == NULL || loader->special == NULL) {
        row_loader_destroy(loader);
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for a CSV decoder");
    }
    const enum status status = tick_batcher_create(sink, &loader->batcher, reterr);
    if (status != STATUS_OK) {
        row_loader_destroy(loader);
        return status;
    }
    tick_batcher_set_policy(loader->batcher, TICKS_VENDOR, &loader->lines.line);
    *ret_loader = loader;
    return STATUS_OK;
}

void row_loader_begin(struct row_loader *loader, const struct loader_file *file) {
    file_name_of(file, loader->name);
    csv_lines_begin(&loader->lines, file->source, loader->batcher);
}

enum status row_loader_feed(void *decoder, const char *bytes, size_t size, struct error *reterr) {
    struct row_loader *const loader = decoder;
    return csv_lines_feed(&loader->lines, bytes, size, loader->take, loader, reterr);
}

enum status row_loader_end(void *decoder, struct error *reterr) {
    struct row_loader *const loader = decoder;
    const enum status status = csv_lines_end(&loader->lines, loader->take, loader, reterr);
    if (status == STATUS_OK && loader->lines.line == 0)
        return error_set(reterr, STATUS_CORRUPT, "'%s' is empty", loader->lines.source);
    return status;
}

enum status row_loader_finish(void *decoder, struct import_report *ret_report,
                              struct error *reterr) {
    struct row_loader *const loader = decoder;
    const enum status status = tick_batcher_finish(loader->batcher, ret_report, reterr);
    if (status != STATUS_OK)
        return error_prefix(reterr, status, "'%s'", loader->lines.source);
    ret_report->records_skipped = loader->skipped;
    return STATUS_OK;
}

enum status row_loader_add(struct row_loader *loader, const char *instrument,
                           size_t instrument_size, const char *series, int64_t ts_ns,
                           struct decimal price, struct decimal quantity, uint8_t flags,
                           struct error *reterr) {
    struct tick_stream *stream;
    const enum status status =
        tick_batcher_find(loader->batcher, instrument, instrument_size, series, strlen(series),
                          SERIES_TICKS, &stream, reterr);
    if (status != STATUS_OK)
        return status;
    return tick_batcher_add_tick(loader->batcher, stream, ts_ns, price, quantity, flags, reterr);
}

enum status row_loader_integer(const char *column, const struct csv_field *field,
                               int64_t *ret_value, struct error *reterr) {
    struct decimal value;
    if (!decimal_parse(field->text, field->size, &value) || value.decimals != 0)
        return csv_cell_bad(column, field, STATUS_CORRUPT, "is not a whole number", reterr);
    *ret_value = value.mantissa;
    return STATUS_OK;
}
