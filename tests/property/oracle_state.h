#pragma once
/* A run of the oracle under way: what oracle.c, oracle_prices.c and oracle_waves.c share. */

#include <stdbool.h>
#include <stdint.h>

#include "tests/property/oracle.h"
#include "tests/property/oracle_history.h"
#include "tests/property/oracle_marks.h"
#include "tests/property/oracle_ticks.h"

/* The mark price feed of one instrument. */
struct oracle_feed {
    bool stopped;
    int64_t factor_e8;
};

struct oracle {
    const struct replay_input *input;
    struct oracle_result *result;
    size_t tick_count;
    struct oracle_tick *ticks;
    int64_t now;
    int64_t instant; /* number of the present instant */
    bool modelled;
    int64_t *recorded; /* an instrument; PRICE_NONE before its first tick */
    int64_t *shown;
    int64_t *first;         /* the mark at which accounts begin */
    int64_t *first_history; /* those of the reference */
    int64_t *advanced_ts;
    int64_t *baseline; /* recorded, shocked and scaled */
    double *shift;     /* log of the shocks so far */
    struct oracle_feed *feed;
    int64_t moment;          /* number of the present instant, from its beginning */
    int64_t *mark_before[2]; /* that at the start of the latest instant that moved it */
    int64_t *moved_in[2];    /* that instant */
    int64_t *mark[2];        /* what pools are judged at: [0] simulated, [1] reference */
    int64_t *fair[2];        /* the same from a feed without fault */
    struct oracle_mark *averages[2];
    struct oracle_readings *readings;
    struct oracle_history *history; /* an instrument: what was published of its forced orders */
    bool recorded_flow;             /* and that it is taken out of its path */
    int64_t *net[2];                /* lots that the wave sells */
    bool *ordered[2];               /* there is something in it */
    size_t event;                   /* the next one */
    bool engine_stopped;
    int64_t minute;                       /* under way; INT64_MIN: none yet */
    double (*state)[2][IMPACT_STATE_MAX]; /* [0] simulated, [1] reference */
    double (*memory)[2][IMPACT_MEMORY_MAX];
};

/* Zeroed memory; there is enough of it. */
void *oracle_allocate(size_t count, size_t size);

/* In oracle_prices.c. Displacement of one flow: 0 simulated, 1 reference. */
double oracle_displacement(const struct oracle *o, uint32_t i, int flow);

/* `from` ticks moved by d, rounded to a tick. */
int64_t oracle_compose(const struct oracle *o, uint32_t i, int64_t from, double d);

/* The price without feedback as it stands. */
int64_t oracle_without_feedback(const struct oracle *o, uint32_t i);

/* Both flows of an instrument decay to now. */
void oracle_advance(struct oracle *o, uint32_t i);

/* Prices and marks of an instrument from the recorded price and the displacements as they stand. */
void oracle_show(struct oracle *o, uint32_t i);

/* The paths: the first price, and what stands now. */
void oracle_begin_path(struct oracle *o, uint32_t i);
void oracle_note_prices(struct oracle *o);

/* In oracle_waves.c. The waves of one instant, its prices being set. */
void oracle_run_waves(struct oracle *o);
