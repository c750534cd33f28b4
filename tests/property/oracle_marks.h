#pragma once
/* The oracle's mark prices, by their definition. */

#include <stdbool.h>
#include <stdint.h>

#include "engine/replay/replay.h"

/* What is known of one instrument: the last readings, and the payments before and to come. */
struct oracle_readings {
    bool has_mark;
    bool has_index;
    double mark;
    double index;
    int64_t mark_at;
    int64_t index_at;
    double rate;
    int64_t paid_at;
    int64_t next_at; /* INT64_MAX: none */
};

/* Averages of one flow of one instrument. */
struct oracle_mark {
    bool begun;
    bool has_gap;
    int64_t at;
    double moved;
    double moved_average;
    double gap;
    double gap_average;
};

/* The price of the flow. */
struct oracle_price {
    const struct instrument *instrument;
    int64_t price;
    double moved;   /* log of it over the price without displacement */
    double outside; /* shock and scale */
};

/* The mark price from now on; PRICE_NONE: a reading is missing. */
int64_t oracle_mark(struct oracle_mark *mark, const struct mark_input *input,
                    const struct mark_rule *rulebook, const struct oracle_readings *readings,
                    const struct oracle_price *price, int64_t now);
