#pragma once
/* How a venue makes its mark price, as values (margin-rules of the venues; docs/model.md). */

#include <stddef.h>
#include <stdint.h>

/* What a mark price can be made of; of several the median counts. */
enum mark_part {
    MARK_PART_LAST,
    MARK_PART_RECORDED, /* the mark price that the venue published */
    MARK_PART_INDEX,
    MARK_PART_BASIS,  /* index plus the moving average of last less index */
    MARK_PART_FUNDING /* index times 1 + the last funding rate's part that is still to come */
};
#define MARK_PARTS_MAX 5

struct mark_rule {
    size_t part_count; /* 0: the last price; else each part once */
    enum mark_part parts[MARK_PARTS_MAX];
    int64_t average_ns;      /* mean age of the moving averages; 0: no averaging */
    int64_t band_e8;         /* the mark is held within this share of the index; 0: not */
    int64_t stale_ns;        /* a reading older than this is left out; 0: never */
    int64_t index_weight_e8; /* of this venue's own price in its index, 0..1e8 */
};

/* What an instrument is judged at. */
enum mark_source {
    MARK_LAST,     /* its own price */
    MARK_RECORDED, /* the published mark, moved by what moved the price (models.md 1.10) */
    MARK_RULEBOOK  /* as the rulebook's mark section says */
};

struct mark_input {
    enum mark_source source;
    double pass_through; /* share of a displacement that reaches the other venues of the index at
                            once, 0..1 */
};
