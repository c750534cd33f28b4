#include "loaders/dbn/dbn.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loaders/dbn/dbn_layout.h"
#include "loaders/dbn/dbn_records.h"
#include "loaders/text/file_name.h"

/* What the bytes being gathered are. Records are only gathered where a piece of input cuts them. */
enum dbn_part { DBN_PREFIX, DBN_METADATA, DBN_RECORDS };

struct dbn {
    struct dbn_reader reader;
    char source[512];
    enum dbn_part part;
    uint64_t offset; /* of what is gathered or read next, in the expanded file */
    size_t metadata_size;
    uint8_t *held; /* what is gathered */
    size_t held_size;
    size_t held_room;
};

static enum loader_claim detect(const struct loader_file *file, const char *head, size_t size) {
    if (size >= 8 && memcmp(head, "DBN", 3) == 0 && (uint8_t)head[3] < ' ')
        return LOADER_SURE;
    char name[FILE_NAME_MAX];
    file_name_of(file, name);
    /* so that it can be said why it is refused */
    return file_name_ends(name, ".dbn") || file_name_ends(name, ".dbn.frag") ? LOADER_MAYBE
                                                                             : LOADER_NO;
}

static void destroy(void *decoder) {
    struct dbn *const dbn = decoder;
    if (dbn == NULL)
        return;
    dbn_symbols_destroy(dbn->reader.symbols);
    tick_batcher_destroy(dbn->reader.batcher);
    free(dbn->held);
    free(dbn);
}

static enum status create(const char *columns, const struct tick_sink *sink, void **ret_decoder,
                          struct error *reterr) {
    if (columns != NULL)
        return error_set(reterr, STATUS_USAGE, "--columns is for CSV files, not for dbn");
    struct dbn *const dbn = calloc(1, sizeof(*dbn));
    if (dbn == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for a DBN decoder");
    dbn->held_room = DBN_RECORD_MAX;
    dbn->held = malloc(dbn->held_room);
    enum status status = STATUS_OK;
    if (dbn->held == NULL)
        status = error_set(reterr, STATUS_NO_MEMORY, "no memory for a DBN decoder");
    if (status == STATUS_OK)
        status = tick_batcher_create(sink, &dbn->reader.batcher, reterr);
    if (status == STATUS_OK)
        tick_batcher_set_policy(dbn->reader.batcher, TICKS_VENDOR, NULL);
    if (status != STATUS_OK) {
        destroy(dbn);
        return status;
    }
    *ret_decoder = dbn;
    return STATUS_OK;
}

static enum status begin(void *decoder, const struct loader_file *file, struct error *reterr) {
    struct dbn *const dbn = decoder;
    (void)snprintf(dbn->source, sizeof(dbn->source), "%s", file->source); /* cut is ok */
    dbn->part = DBN_PREFIX;
    dbn->offset = 0;
    dbn->held_size = 0;
    dbn->reader.last = NULL;
    dbn_symbols_destroy(dbn->reader.symbols);
    return dbn_symbols_create(&dbn->reader.symbols, reterr);
}

/* Puts the place before what a record's failure says. */
static enum status place(const struct dbn *dbn, enum status status, struct error *reterr) {
    if (tick_batcher_sink_failed(dbn->reader.batcher))
        return error_prefix(reterr, status, "'%s'", dbn->source);
    return error_prefix(reterr, status, "'%s', byte %" PRIu64, dbn->source, dbn->offset);
}

/* Gathers up to `wanted` bytes in all; true once they are there. */
static bool gather(struct dbn *dbn, size_t wanted, const char **at, const char *end) {
    assert(wanted <= dbn->held_room);
    if (dbn->held_size < wanted) {
        const size_t missing = wanted - dbn->held_size;
        const size_t count = (size_t)(end - *at) < missing ? (size_t)(end - *at) : missing;
        memcpy(dbn->held + dbn->held_size, *at, count);
        dbn->held_size += count;
        *at += count;
    }
    return dbn->held_size >= wanted;
}

static enum status take_prefix(struct dbn *dbn, struct error *reterr) {
    const enum status status =
        dbn_metadata_begin(dbn->held, &dbn->reader.metadata, &dbn->metadata_size, reterr);
    if (status != STATUS_OK)
        return error_prefix(reterr, status, "'%s'", dbn->source);
    if (dbn->metadata_size > dbn->held_room) {
        uint8_t *const held = realloc(dbn->held, dbn->metadata_size);
        if (held == NULL)
            return error_set(reterr, STATUS_NO_MEMORY, "'%s': no memory for its metadata",
                             dbn->source);
        dbn->held = held;
        dbn->held_room = dbn->metadata_size;
    }
    dbn->part = DBN_METADATA;
    dbn->held_size = 0;
    return STATUS_OK;
}

static enum status take_metadata(struct dbn *dbn, struct error *reterr) {
    const enum status status = dbn_metadata_parse(
        dbn->held, dbn->metadata_size, &dbn->reader.metadata, dbn->reader.symbols, reterr);
    if (status != STATUS_OK)
        return error_prefix(reterr, status, "'%s'", dbn->source);
    dbn->part = DBN_RECORDS;
    dbn->offset = DBN_PREFIX_SIZE + dbn->metadata_size;
    dbn->held_size = 0;
    return STATUS_OK;
}

static enum status short_record(const struct dbn *dbn, size_t size, struct error *reterr) {
    return error_set(reterr, STATUS_CORRUPT,
                     "'%s', byte %" PRIu64 ": a record of %zu bytes (%zu at least)", dbn->source,
                     dbn->offset, size, DBN_HEADER_SIZE);
}

/* Finishes the record that the last piece of input had cut, if any. */
static enum status take_held_record(struct dbn *dbn, const char **at, const char *end,
                                    struct error *reterr) {
    if (dbn->held_size == 0 || *at == end)
        return STATUS_OK;
    const size_t size = (size_t)4 * dbn->held[DBN_AT_LENGTH];
    if (!gather(dbn, size, at, end))
        return STATUS_OK;
    const enum status status = dbn_take_record(&dbn->reader, dbn->held, size, reterr);
    if (status != STATUS_OK)
        return place(dbn, status, reterr);
    dbn->offset += size;
    dbn->held_size = 0;
    return STATUS_OK;
}

static enum status take_records(struct dbn *dbn, const char *at, const char *end,
                                struct error *reterr) {
    const enum status held = take_held_record(dbn, &at, end, reterr);
    if (held != STATUS_OK)
        return held;
    while (at < end) {
        const uint8_t *const record = (const uint8_t *)at;
        const size_t size = (size_t)4 * record[DBN_AT_LENGTH];
        if (__builtin_expect(size < DBN_HEADER_SIZE, 0))
            return short_record(dbn, size, reterr);
        if (__builtin_expect((size_t)(end - at) < size, 0)) {
            (void)gather(dbn, size, &at, end); /* not all of it is there, as was just seen */
            break;
        }
        const enum status status = dbn_take_record(&dbn->reader, record, size, reterr);
        if (__builtin_expect(status != STATUS_OK, 0))
            return place(dbn, status, reterr);
        at += size;
        dbn->offset += size;
    }
    return STATUS_OK;
}

static enum status feed(void *decoder, const char *bytes, size_t size, struct error *reterr) {
    struct dbn *const dbn = decoder;
    const char *at = bytes;
    const char *const end = bytes + size;
    enum status status = STATUS_OK;
    if (dbn->part == DBN_PREFIX && gather(dbn, DBN_PREFIX_SIZE, &at, end))
        status = take_prefix(dbn, reterr);
    if (status == STATUS_OK && dbn->part == DBN_METADATA &&
        gather(dbn, dbn->metadata_size, &at, end))
        status = take_metadata(dbn, reterr);
    if (status == STATUS_OK && dbn->part == DBN_RECORDS)
        status = take_records(dbn, at, end, reterr);
    return status;
}

static enum status end(void *decoder, struct error *reterr) {
    const struct dbn *const dbn = decoder;
    static const char *const parts[] = {"first bytes", "metadata", "record"};
    if (dbn->part == DBN_RECORDS && dbn->held_size == 0)
        return STATUS_OK;
    if (dbn->part == DBN_PREFIX && dbn->held_size == 0)
        return error_set(reterr, STATUS_CORRUPT, "'%s' is empty", dbn->source);
    return error_set(reterr, STATUS_CORRUPT, "'%s' is cut off within the %s from byte %" PRIu64,
                     dbn->source, parts[dbn->part],
                     dbn->part == DBN_METADATA ? DBN_PREFIX_SIZE : dbn->offset);
}

static enum status finish(void *decoder, struct import_report *ret_report, struct error *reterr) {
    struct dbn *const dbn = decoder;
    const enum status status = tick_batcher_finish(dbn->reader.batcher, ret_report, reterr);
    if (status != STATUS_OK)
        return error_prefix(reterr, status, "'%s'", dbn->source);
    ret_report->time_is_epoch = true;
    ret_report->time_unit = TIME_NS;
    ret_report->records_skipped = dbn->reader.records_skipped;
    return STATUS_OK;
}

const struct loader dbn_loader = {
    .name = "dbn",
    .title = "Databento .dbn, .dbn.zst: trades, mbp-1, mbp-10, tbbo, bbo, ohlcv, statistics, "
             "status, definition",
    .detect = detect,
    .create = create,
    .begin = begin,
    .feed = feed,
    .end = end,
    .finish = finish,
    .destroy = destroy,
};
