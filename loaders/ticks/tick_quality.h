#pragma once
/* Measures what is odd in the rows of one series as they pass, in bounded memory. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/records.h"

#define TICK_SPACINGS 256 /* classes of distances: four to each doubling */

/* Zeroed is a fresh one. */
struct tick_measure {
    struct series_quality quality;
    bool prices;        /* values are prices: jumps are looked for */
    bool liquidations;  /* seconds are counted */
    bool spacings_none; /* there is no memory for distances: no median, no gaps */
    uint64_t *spacings; /* TICK_SPACINGS counts; NULL: none yet. Freed by tick_measure_free() */
    int64_t beat_ns;    /* the distance that is most of them, if any is */
    uint64_t beat_votes;
    int64_t value[TICK_VALUES_MAX]; /* the row before, at these decimals */
    int32_t price_decimals;
    int32_t quantity_decimals;
    uint8_t flags;
    int64_t second; /* the one being counted, and its rows */
    uint64_t second_rows;
    bool id_known;
    uint64_t id_last;
};

/* Takes in the rows of a batch (count > 0), which came after those of the last call. */
void tick_measure_batch(struct tick_measure *measure, const struct series_key *key,
                        const struct tick_batch *batch);

/* Closes the account: fills in what only the whole tells. */
void tick_measure_finish(struct tick_measure *measure, const struct series_key *key);

void tick_measure_free(struct tick_measure *measure);

/* A row that the source numbers: `first`..`last` (of a row that sums up several; else the same). */
static inline void tick_measure_id(struct tick_measure *measure, uint64_t first, uint64_t last) {
    if (measure->id_known && __builtin_expect(first != measure->id_last + 1, 0)) {
        if (first > measure->id_last) {
            measure->quality.id_gaps++;
            measure->quality.ids_missing += first - measure->id_last - 1;
        } else {
            measure->quality.ids_repeated++;
        }
    }
    if (!measure->id_known || last > measure->id_last)
        measure->id_last = last;
    measure->id_known = true;
}
