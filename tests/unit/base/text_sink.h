#pragma once
/* A tick sink that writes every row as a line of text, sorted by nothing: as it came. */

#include <stdio.h>

#include "base/ports.h"

struct text_sink {
    FILE *file; /* of open_memstream() */
    char *text; /* after text_sink_end() */
    size_t size;
    size_t batches;
    enum status fail; /* what append gives; STATUS_OK: nothing fails */
};

void text_sink_begin(struct text_sink *sink);
struct tick_sink text_sink_port(struct text_sink *sink);
const char *text_sink_end(struct text_sink *sink); /* the lines; owned by the sink */
void text_sink_free(struct text_sink *sink);
