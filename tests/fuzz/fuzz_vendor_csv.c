/* Goal: no bytes make a decoder of vendors' CSV, or the question whose they are, crash, hang, leak,
 * or hand over a batch that breaks its promise. Method: the first line of the input is the file's
 * path, the rest its bytes; the format is the one that claims it, or else one by the input's size.
 * They are fed whole and in pieces; both ways must end alike. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "loaders/formats/vendor_csv.h"
#include "loaders/loaders.h"
#include "tests/fuzz/fuzz_demand.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

struct seen {
    uint64_t rows;
    uint64_t hash;
};

static enum status check(void *context, const struct series_key *key,
                         const struct tick_batch *batch, struct error *reterr) {
    (void)reterr;
    struct seen *const seen = context;
    const bool bars = key->kind == SERIES_BARS;
    const size_t values = bars ? 5 : 2;
    const bool is_price = strcmp(key->series, "trade") == 0 || strcmp(key->series, "bar") == 0 ||
                          strcmp(key->series, "bid") == 0 || strcmp(key->series, "mark") == 0;
    FUZZ_DEMAND(batch->count > 0 && strlen(key->instrument) > 0 && strlen(key->series) > 0);
    FUZZ_DEMAND(batch->price_decimals >= 0 && batch->price_decimals <= 18);
    FUZZ_DEMAND(batch->quantity_decimals >= 0 && batch->quantity_decimals <= 18);
    FUZZ_DEMAND(bars == (key->bar_ns > 0));
    for (size_t i = 0; i < batch->count; i++) {
        FUZZ_DEMAND(i == 0 || batch->ts_ns[i] >= batch->ts_ns[i - 1]);
        FUZZ_DEMAND(batch->value[values - 1][i] >= 0);
        FUZZ_DEMAND(!is_price || batch->value[0][i] > 0);
        for (size_t column = 0; bars && column < 4; column++)
            FUZZ_DEMAND(batch->value[column][i] <= batch->value[1][i] &&
                        batch->value[column][i] >= batch->value[2][i]);
        for (size_t column = 0; column < values; column++)
            seen->hash = (seen->hash ^ (uint64_t)batch->value[column][i]) * 0x9E3779B97F4A7C15u;
        seen->hash = (seen->hash ^ (uint64_t)batch->ts_ns[i]) * 0x9E3779B97F4A7C15u;
    }
    seen->rows += batch->count;
    return STATUS_OK;
}

static enum status decode(const struct loader *loader, const struct loader_file *file,
                          const char *bytes, size_t size, size_t step, struct seen *ret_seen) {
    *ret_seen = (struct seen){0};
    const struct tick_sink sink = {.context = ret_seen, .append = check};
    void *decoder = NULL;
    struct import_report report = {0};
    struct error error;
    enum status status = loader->create(NULL, &sink, &decoder, &error);
    FUZZ_DEMAND(status == STATUS_OK);
    status = loader->begin(decoder, file, &error);
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

static const struct loader *choose(const struct loader_file *file, const char *bytes, size_t size) {
    size_t count = 0;
    while (loaders[count] != NULL)
        count++;
    FUZZ_DEMAND(count > 0);
    const struct loader *chosen = loaders[size % count];
    enum loader_claim best = LOADER_NO;
    for (size_t i = 0; i < count; i++) {
        const enum loader_claim claim = loaders[i]->detect(file, bytes, size);
        if (claim > best && loaders[i]->begin == binance_trades_loader.begin) {
            best = claim;
            chosen = loaders[i];
        }
    }
    return chosen->begin == binance_trades_loader.begin ? chosen : &binance_trades_loader;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    const uint8_t *const newline = size > 0 ? memchr(bytes, '\n', size) : NULL;
    if (newline == NULL || newline - bytes > 200)
        return 0;
    char path[256];
    const size_t path_size = (size_t)(newline - bytes);
    memcpy(path, bytes, path_size);
    path[path_size] = '\0';
    const char *const slash = strrchr(path, '/');
    const struct loader_file file = {
        .path = path, .entry = slash != NULL ? slash + 1 : path, .source = "fuzz"};
    const size_t left = size - path_size - 1;
    char *const copy = malloc(left > 0 ? left : 1); /* exact: a look over the end is seen */
    FUZZ_DEMAND(copy != NULL);
    memcpy(copy, newline + 1, left);

    const struct loader *const loader = choose(&file, copy, left);
    struct seen whole;
    struct seen pieces;
    const size_t step = 1 + (left > 0 ? (unsigned char)copy[left - 1] : 0);
    const enum status status = decode(loader, &file, copy, left, left + 1, &whole);
    FUZZ_DEMAND(decode(loader, &file, copy, left, step, &pieces) == status);
    FUZZ_DEMAND(status != STATUS_OK || (whole.rows == pieces.rows && whole.hash == pieces.hash));
    free(copy);
    return 0;
}
