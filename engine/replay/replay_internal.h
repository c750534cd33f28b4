#pragma once
/* A run under way: the data that all replay_*.c see, and what each file gives to those after it:
 * prices and clock, marks, cross-impact, waves, events, calm stretches, measures, the run. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "engine/book/book.h"
#include "engine/impact/flow.h"
#include "engine/liquidation/wave.h"
#include "engine/replay/density.h"
#include "engine/replay/genealogy.h"
#include "engine/replay/history.h"
#include "engine/replay/replay.h"
#include "engine/replay/tally.h"
#include "engine/replay/timeline.h"
#include "engine/rules/mark_price.h"

#define PROGRESS_INSTANTS 16384 /* instants between two calls of the progress function */

/* One side of the lockstep. */
struct side {
    struct book book;
    struct flow flow;
    struct wave wave;
    int64_t *shown; /* the prices this side trades at, ticks; 0: none yet */
    int64_t
        *mark_before; /* the mark at the start of the latest instant in which it moved; 0: none */
    uint64_t *mark_moved; /* that instant's number */
    int64_t *mark;        /* the prices this side is judged at: fair, but for a faulty feed */
    int64_t *fair;        /* the mark prices by the venue's formula, ticks; 0: none yet */
    int64_t *first_mark;  /* the first of them */
    struct mark_path *mark_paths;
};

/* The mark price feed of one instrument. */
struct feed {
    bool stopped;
    int64_t factor_e8; /* 1e8: right */
};

struct replay {
    const struct replay_input *input;
    size_t instrument_count;
    bool has_reference;      /* reference accounts; without, there may still be ... */
    struct history *history; /* ... a recorded flow; NULL: none */
    struct timeline timeline;
    struct side simulated;
    struct side reference;       /* shown: the recorded prices */
    struct price_bounds *bounds; /* one an instrument: forced orders drive no price beyond */
    int64_t *recorded;
    int64_t *without;      /* without feedback: recorded with D_ref put back */
    int64_t *mark_without; /* the mark price that goes with it; 0: none yet */
    int64_t *mark_without_first;
    struct mark_path *mark_without_paths;
    struct mark_readings *readings; /* one an instrument */
    double *mark_pass; /* part of a displacement that reaches the mark soon, one an instrument */
    uint32_t *changed; /* instruments with a tick in this instant */
    uint32_t *moved_prices; /* instruments whose price is new since the paths were noted */
    size_t moved_prices_count;
    bool *is_moved;
    uint32_t *touched; /* instruments that this wave moves, of either side, rising */
    size_t touched_count;
    uint32_t *touched_next; /* room for another such list */
    double *moved;          /* change of the simulated displacement in this wave */
    int64_t next_step_ns;   /* next clock step; INT64_MAX: nothing decays */
    int64_t fund_seen;
    uint64_t instants;
    int64_t now_ns;    /* of the instant under way */
    uint64_t instant;  /* number of the one under way */
    size_t event_next; /* first event that has not happened */
    bool engine_stopped;
    struct feed *feeds; /* one an instrument */
    int64_t *baseline;  /* recorded with shock and scale: what the simulated side starts from */
    double *shift;      /* log of the shocks so far, one an instrument */
    bool appeared;      /* a mark price is there that was not */
    bool displaced;     /* prices may differ from the recorded: no calm stretches any more */
    struct density *density;  /* NULL: not measured */
    int64_t branching_due_ns; /* next minute whose end is measured */
    int64_t density_due_ns;
    struct genealogy genealogy;
    struct tally tally;
    struct replay_summary *summary;
};

/* Whether anything is put back into the recorded path. */
static inline bool replay_has_flow(const struct replay *replay) {
    return replay->has_reference || replay->history != NULL;
}

/* STATUS_CONFIG: an input is out of its range, or asks for what is not supported. */
MUST_CHECK enum status replay_check(const struct replay_input *input, struct error *reterr);

/* Takes all memory of the run. On an error replay_finish() is still due. */
MUST_CHECK enum status replay_init(struct replay *replay, const struct replay_input *input,
                                   struct replay_summary *summary, struct error *reterr);
void replay_finish(struct replay *replay); /* zeroed is fine */

/* Displacement of the reference flow; 0 without one. */
double replay_displacement_reference(const struct replay *replay, uint32_t instrument);

/* `from` moved by d in the instrument's space, within its bounds (else *clips is raised). */
int64_t replay_compose(const struct replay *replay, uint32_t instrument, int64_t from, double d,
                       uint64_t *clips);

/* Both flows of an instrument decay to now. */
void replay_advance(struct replay *replay, uint32_t instrument, int64_t now_ns);

/* Recomputes an instrument's prices from the recorded one and the displacements as they stand, and
 * queues the pools whose triggers they reach. */
MUST_CHECK enum status replay_update_price(struct replay *replay, uint32_t instrument,
                                           struct error *reterr);

/* Applies every event due by now to both sides. */
MUST_CHECK enum status replay_events(struct replay *replay, int64_t now_ns, struct error *reterr);

/* What the wave of both sides, executed, does to other instruments: moves their displacements and
 * adds them to those touched. */
void replay_cross(struct replay *replay, int64_t now_ns);

/* Gives the genealogy what the simulated side's wave has done to other instruments. */
MUST_CHECK enum status replay_cross_record(struct replay *replay, struct error *reterr);

/* In replay_marks.c. Mark prices of an instrument from the prices both sides trade at. */
void replay_update_marks(struct replay *replay, uint32_t instrument);

/* STATUS_CONFIG: a mark price needs a reading that the input does not have, or is not allowed. */
MUST_CHECK enum status replay_marks_check(const struct replay_input *input, struct error *reterr);

/* Whether a mark price of the instrument may move by time alone. */
bool replay_mark_moves(const struct replay *replay, uint32_t instrument);

/* The payment that happens now, and the one after it, as mark prices know them. */
void replay_mark_funding(struct replay *replay, uint32_t instrument, int64_t rate_e8);

/* Parts of displacements that are in mark prices after a minute, into replay->mark_pass. */
void replay_mark_passes(struct replay *replay);

/* Queues the pools of the reference whose triggers its mark price has reached. */
MUST_CHECK enum status replay_check_reference(struct replay *replay, uint32_t instrument,
                                              struct error *reterr);

/* Schedules clock steps from now on if none are. */
void replay_schedule_step(struct replay *replay);

/* Takes one instrument's prices as they stand into the paths. */
void replay_note_price(struct replay *replay, uint32_t instrument);

/* Waves of both sides in lockstep until neither has an order left; then notes the prices. */
MUST_CHECK enum status replay_waves(struct replay *replay, int64_t now_ns, struct error *reterr);

/* Time of the next clock step or timer; INT64_MAX: none. */
int64_t replay_next_due(const struct replay *replay);

/* Time moves to `now_ns`: if a minute ends, what is measured at its end is measured first. */
MUST_CHECK enum status replay_move(struct replay *replay, int64_t now_ns, struct error *reterr);

/* Measures the minute under way as its end: branching, depth and density map, where due or `last`.
 */
MUST_CHECK enum status replay_measure(struct replay *replay, bool last, struct error *reterr);

/* Hands on the contagion matrix of the worst minute. */
MUST_CHECK enum status replay_contagion(const struct replay *replay, struct error *reterr);

/* Reports progress. STATUS_INTERRUPTED: the caller wants to stop. */
MUST_CHECK enum status replay_report(const struct replay *replay, int64_t now_ns,
                                     struct error *reterr);

/* Takes ticks as long as they are of no consequence: no displacement so far, nobody queued, nothing
 * due, within the open minute. It changes nothing that the general way would not change alike. */
MUST_CHECK enum status replay_calm(struct replay *replay, struct error *reterr);
