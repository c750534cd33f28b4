/* Goal: no bytes make the block decoder crash, read past its input or give what is no block.
 * Method: decodes them; what is refused has a reason, and what is taken keeps its promises and
 * comes back the same after another round. */

#include <stdint.h>
#include <string.h>

#include "store/blocks/tick_block.h"
#include "tests/fuzz/fuzz_demand.h"

#define SEED 7

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check_rows(const struct tick_batch *batch, const struct tick_block_summary *summary) {
    FUZZ_DEMAND(batch->count >= 1 && batch->count <= TICK_BLOCK_ROWS_MAX);
    FUZZ_DEMAND(batch->count == summary->count);
    FUZZ_DEMAND(batch->ts_ns[0] == summary->first_ts_ns);
    FUZZ_DEMAND(batch->ts_ns[batch->count - 1] == summary->last_ts_ns);
    for (size_t i = 1; i < batch->count; i++)
        FUZZ_DEMAND(batch->ts_ns[i - 1] <= batch->ts_ns[i]);
    FUZZ_DEMAND((batch->flags != NULL) == (summary->kind == SERIES_TICKS));
}

static void check_round(const struct tick_batch *batch, enum series_kind kind) {
    struct tick_block_encoder *encoder = NULL;
    struct tick_block_decoder *decoder = NULL;
    FUZZ_DEMAND(tick_block_encoder_create(&encoder, NULL) == STATUS_OK);
    FUZZ_DEMAND(tick_block_decoder_create(&decoder, NULL) == STATUS_OK);
    const uint8_t *bytes = NULL;
    size_t size = 0;
    struct tick_block_summary summary;
    struct tick_batch back;
    FUZZ_DEMAND(tick_block_encode(encoder, kind, batch, SEED, &bytes, &size, &summary, NULL) ==
                STATUS_OK);
    FUZZ_DEMAND(tick_block_decode(decoder, bytes, size, SEED, &back, NULL, NULL) == STATUS_OK);
    FUZZ_DEMAND(back.count == batch->count);
    FUZZ_DEMAND(memcmp(back.ts_ns, batch->ts_ns, batch->count * sizeof(int64_t)) == 0);
    tick_block_encoder_destroy(encoder);
    tick_block_decoder_destroy(decoder);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    struct tick_block_decoder *decoder = NULL;
    FUZZ_DEMAND(tick_block_decoder_create(&decoder, NULL) == STATUS_OK);
    struct tick_batch batch;
    struct tick_block_summary summary;
    struct error error = {0};
    const enum status status =
        tick_block_decode(decoder, bytes, size, SEED, &batch, &summary, &error);
    if (status == STATUS_OK) {
        check_rows(&batch, &summary);
        check_round(&batch, summary.kind);
    } else {
        FUZZ_DEMAND(status == STATUS_CORRUPT && error.message[0] != '\0');
    }
    tick_block_decoder_destroy(decoder);
    return 0;
}
