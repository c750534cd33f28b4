#pragma once
/* What fuzz targets of decoders share: bytes of a file of a name, whole and in pieces, must end
 * alike, and no batch may break its promise. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "loaders/loaders.h"
#include "tests/fuzz/fuzz_demand.h"

struct fuzz_seen {
    uint64_t rows;
    uint64_t hash;
};

static enum status fuzz_check(void *context, const struct series_key *key,
                              const struct tick_batch *batch, struct error *reterr) {
    (void)reterr;
    struct fuzz_seen *const seen = context;
    const size_t values = key->kind == SERIES_BARS ? 5 : 2;
    FUZZ_DEMAND(batch->count > 0 && strlen(key->instrument) > 0 && strlen(key->series) > 0);
    FUZZ_DEMAND(batch->price_decimals >= 0 && batch->price_decimals <= 18);
    FUZZ_DEMAND(batch->quantity_decimals >= 0 && batch->quantity_decimals <= 18);
    FUZZ_DEMAND((key->kind == SERIES_BARS) == (key->bar_ns > 0));
    for (size_t i = 0; i < batch->count; i++) {
        FUZZ_DEMAND(i == 0 || batch->ts_ns[i] >= batch->ts_ns[i - 1]);
        FUZZ_DEMAND(batch->value[values - 1][i] >= 0);
        FUZZ_DEMAND(strcmp(key->series, "trade") != 0 || batch->value[0][i] > 0);
        for (size_t column = 0; key->kind == SERIES_BARS && column < 4; column++)
            FUZZ_DEMAND(batch->value[column][i] <= batch->value[1][i] &&
                        batch->value[column][i] >= batch->value[2][i]);
        for (size_t column = 0; column < values; column++)
            seen->hash = (seen->hash ^ (uint64_t)batch->value[column][i]) * 0x9E3779B97F4A7C15u;
        seen->hash = (seen->hash ^ (uint64_t)batch->ts_ns[i]) * 0x9E3779B97F4A7C15u;
    }
    seen->rows += batch->count;
    return STATUS_OK;
}

static enum status fuzz_decode(const struct loader *loader, const char *path, const char *bytes,
                               size_t size, size_t step, struct fuzz_seen *ret_seen) {
    *ret_seen = (struct fuzz_seen){0};
    const char *const slash = strrchr(path, '/');
    const struct loader_file file = {
        .path = path, .entry = slash != NULL ? slash + 1 : path, .source = path};
    const struct tick_sink sink = {.context = ret_seen, .append = fuzz_check};
    struct import_report report = {0};
    struct error error = {0};
    void *decoder = NULL;
    (void)loader->detect(&file, bytes, size); /* any claim is right, a crash is not */
    enum status status = loader->create(NULL, &sink, &decoder, &error);
    FUZZ_DEMAND(status == STATUS_OK);
    status = loader->begin(decoder, &file, &error);
    for (size_t at = 0; status == STATUS_OK && at < size; at += step)
        status = loader->feed(decoder, bytes + at, size - at < step ? size - at : step, &error);
    if (status == STATUS_OK)
        status = loader->end(decoder, &error);
    if (status == STATUS_OK)
        status = loader->finish(decoder, &report, &error);
    FUZZ_DEMAND(status != STATUS_OK || report.rows == ret_seen->rows);
    FUZZ_DEMAND(status == STATUS_OK || strlen(error.message) > 0);
    loader->destroy(decoder);
    return status;
}

/* The last byte says how large the pieces are. */
static inline void fuzz_decoder(const struct loader *loader, const char *path, const uint8_t *bytes,
                                size_t size) {
    struct fuzz_seen whole;
    struct fuzz_seen pieces;
    char *const copy = malloc(size + 1); /* exact, so that a look over the end is seen */
    FUZZ_DEMAND(copy != NULL);
    if (size > 0)
        memcpy(copy, bytes, size);
    const size_t step = 1 + (size > 0 ? bytes[size - 1] : 0);
    const enum status status = fuzz_decode(loader, path, copy, size, size + 1, &whole);
    FUZZ_DEMAND(fuzz_decode(loader, path, copy, size, step, &pieces) == status);
    FUZZ_DEMAND(status != STATUS_OK || (whole.rows == pieces.rows && whole.hash == pieces.hash));
    free(copy);
}
