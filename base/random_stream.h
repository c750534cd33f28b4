#pragma once
/* Counter-based random streams (Philox4x32-10): a stream is a pure function of (seed, purpose,
 * index), so account i draws the same numbers whatever else is drawn, on any number of threads. */

#include <stdint.h>

enum random_purpose {
    RANDOM_POPULATION = 1,
    RANDOM_ENTRY_PRICE = 2,
    RANDOM_TEST = 3,
    RANDOM_BENCH = 4,
    RANDOM_FIRST_POSITION = 5,
};

struct random_stream {
    uint64_t seed;
    uint64_t index;
    uint32_t purpose;
    uint32_t block; /* counter of 128-bit blocks drawn */
    uint32_t words[4];
    uint32_t word_next; /* 4: the next draw makes a new block */
};

void random_stream_init(struct random_stream *stream, uint64_t seed, enum random_purpose purpose,
                        uint64_t index);

uint64_t random_stream_next(struct random_stream *stream);

/* Uniform in (0, 1), never an end: (k + 1/2) / 2^53. */
double random_stream_uniform(struct random_stream *stream);

/* Uniform in 0..bound-1, bound > 0, without modulo bias. */
uint64_t random_stream_below(struct random_stream *stream, uint64_t bound);

/* Uniform in low..high, both included. */
int64_t random_stream_between(struct random_stream *stream, int64_t low, int64_t high);

/* Standard normal, by the quantile of a uniform. */
double random_stream_normal(struct random_stream *stream);
