#include "tests/unit/base/text_sink.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/decimal_text.h"
#include "base/time_text.h"

static enum status append(void *context, const struct series_key *key,
                          const struct tick_batch *batch, struct error *reterr) {
    struct text_sink *const sink = context;
    if (sink->fail != STATUS_OK)
        return error_set(reterr, sink->fail, "the sink fails");
    sink->batches++;
    assert(batch->count > 0);
    for (size_t row = 0; row < batch->count; row++) {
        char text[32];
        (void)time_format_iso(batch->ts_ns[row], text);
        (void)fprintf(sink->file, "%s %s", key->instrument, key->series);
        if (key->kind == SERIES_BARS)
            (void)fprintf(sink->file, "/%" PRId64 "s", key->bar_ns / 1000000000);
        (void)fprintf(sink->file, " %s", text);
        const size_t values = key->kind == SERIES_BARS ? 5 : 2;
        for (size_t i = 0; i < values; i++) {
            if (key->kind == SERIES_TICKS && i == 1 && (batch->flags[row] & TICK_NO_QUANTITY)) {
                assert(batch->value[1][row] == 0);
                (void)fprintf(sink->file, " none");
                continue;
            }
            (void)decimal_format(batch->value[i][row],
                                 i + 1 == values ? batch->quantity_decimals : batch->price_decimals,
                                 text);
            (void)fprintf(sink->file, " %s", text);
        }
        if (key->kind == SERIES_TICKS)
            (void)fprintf(sink->file, "%s%s", batch->flags[row] & TICK_BUY ? " buy" : "",
                          batch->flags[row] & TICK_SELL ? " sell" : "");
        else
            assert(batch->flags == NULL);
        (void)fprintf(sink->file, "\n");
    }
    return STATUS_OK;
}

void text_sink_begin(struct text_sink *sink) {
    *sink = (struct text_sink){0};
    sink->file = open_memstream(&sink->text, &sink->size);
    assert(sink->file != NULL);
}

struct tick_sink text_sink_port(struct text_sink *sink) {
    return (struct tick_sink){.context = sink, .append = append};
}

const char *text_sink_end(struct text_sink *sink) {
    if (sink->file != NULL)
        (void)fclose(sink->file); /* memory only */
    sink->file = NULL;
    return sink->text;
}

void text_sink_free(struct text_sink *sink) {
    (void)text_sink_end(sink);
    free(sink->text);
    sink->text = NULL;
}
