/* Goal: no bytes make the CSV decoder crash, hang, leak, or hand over a batch that breaks its
 * promise. Method: feeds them whole and in pieces whose size comes from the input; the sink checks
 * order, signs and decimals; both ways must end alike. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "loaders/formats/generic_csv.h"
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
                        batch->value[column][i] >= batch->value[2][i] &&
                        batch->value[column][i] > 0);
        for (size_t column = 0; column < values; column++)
            seen->hash = (seen->hash ^ (uint64_t)batch->value[column][i]) * 0x9E3779B97F4A7C15u;
        seen->hash = (seen->hash ^ (uint64_t)batch->ts_ns[i]) * 0x9E3779B97F4A7C15u;
    }
    seen->rows += batch->count;
    return STATUS_OK;
}

static enum status decode(const char *bytes, size_t size, size_t step, struct seen *ret_seen) {
    *ret_seen = (struct seen){0};
    const struct tick_sink sink = {.context = ret_seen, .append = check};
    struct generic_csv *csv = NULL;
    struct import_report report = {0};
    struct error error;
    enum status status = generic_csv_create(NULL, &sink, &csv, &error);
    FUZZ_DEMAND(status == STATUS_OK);
    status = generic_csv_begin(csv, "fuzz", &error);
    for (size_t at = 0; status == STATUS_OK && at < size; at += step)
        status = generic_csv_feed(csv, bytes + at, size - at < step ? size - at : step, &error);
    if (status == STATUS_OK)
        status = generic_csv_end(csv, &error);
    if (status == STATUS_OK)
        status = generic_csv_finish(csv, &report, &error);
    FUZZ_DEMAND(status != STATUS_OK || report.rows == ret_seen->rows);
    FUZZ_DEMAND(status == STATUS_OK || strlen(error.message) > 0);
    generic_csv_destroy(csv);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    struct seen whole;
    struct seen pieces;
    char *const copy = malloc(size + 1); /* exact, so that a look over the end is seen */
    FUZZ_DEMAND(copy != NULL);
    if (size > 0)
        memcpy(copy, bytes, size);
    const size_t step = 1 + (size > 0 ? bytes[size - 1] : 0);
    const enum status status = decode(copy, size, size + 1, &whole);
    FUZZ_DEMAND(decode(copy, size, step, &pieces) == status);
    FUZZ_DEMAND(status != STATUS_OK || (whole.rows == pieces.rows && whole.hash == pieces.hash));
    free(copy);
    return 0;
}
