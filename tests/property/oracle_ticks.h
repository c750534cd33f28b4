#pragma once
/* The oracle's market data: every tick of every source in one array, bars made into ticks. */

#include <stddef.h>
#include <stdint.h>

#include "engine/replay/replay.h"

struct oracle_tick {
    int64_t ts_ns;
    uint32_t instrument;
    int64_t price;
    int reading;  /* of what the venue published beside: -1 none, else enum reading_kind ... */
    double value; /* ... and that, in quote units, or quantity */
    int64_t throttle_ns;
    size_t sequence; /* keeps sorting stable */
};

/* Reads all sources to their end: the ticks and readings from input->from_ns to before input->to_ns
 * in time order, those of one time as they came, prices before readings. The caller frees the
 * array; NULL if there is none. */
struct oracle_tick *oracle_read_ticks(const struct replay_input *input, size_t *ret_count);
