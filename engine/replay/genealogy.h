#pragma once
/* Which forced order caused which (design §4.5). A node is (instant, wave, instrument, side). Each
 * node's part of its instrument's displacement decays in proportion with the whole, and has the
 * same part in what of the displacement has reached the mark price.
 *
 * A forced order is a root if its pool would be in breach with all displacement removed. Otherwise
 * its parent is the latest node whose removal lifts the breach; where none does alone, the one with
 * the largest cost in slack. A node hidden behind a later one with at least its part can be
 * neither, so each instrument and side keeps a stack in which parts grow towards older nodes, and
 * the search in it halves. */

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "engine/book/book.h"
#include "engine/impact/flow.h"
#include "engine/liquidation/wave.h"

struct node {
    int64_t id;
    int64_t cascade;
    double part; /* of the displacement, magnitude, in units of the instrument's scale */
    uint32_t generation;
};

struct node_stack {
    struct node *nodes; /* oldest first, parts falling */
    size_t count;
    size_t capacity;
};

struct genealogy {
    const struct instrument *instruments;
    const struct impact_params *params;
    size_t instrument_count;
    struct node_stack *sells; /* one an instrument */
    struct node_stack *buys;
    struct node *latest; /* two an instrument: the last node of its sells, of its buys */
    double *scale;       /* part * scale is a node's displacement now */
    int64_t *scratch;    /* prices an instrument, for what-if assessments */
    int64_t node_next;
    int64_t cascade_next;
    int64_t root_cascade; /* of this instant; NODE_NONE: none yet */

    /* What the prices are made of, the caller's columns. */
    const struct price_bounds *bounds; /* one an instrument, borrowed */
    const int64_t *baseline;           /* what the simulated side's displacements are taken from */
    const int64_t *without;            /* mark prices without displacement */
    const int64_t *without_first;      /* the first of them; 0: none yet */
    const int64_t *fair;               /* mark prices of the simulated side, a feed's fault aside */
    const struct mark_input *marks;    /* NULL: every instrument is judged at its price */
    const struct flow *simulated;
    const struct flow *reference;
};

MUST_CHECK enum status genealogy_init(struct genealogy *genealogy,
                                      const struct instrument *instruments, size_t instrument_count,
                                      const struct impact_params *params, struct error *reterr);
void genealogy_finish(struct genealogy *genealogy); /* zeroed is fine */

/* A new instant: its roots will share a new cascade. */
void genealogy_begin_instant(struct genealogy *genealogy);

/* The simulated displacement of an instrument decayed from `before` to `after`. */
void genealogy_decay(struct genealogy *genealogy, uint32_t instrument, double before, double after);

/* Where an order of `pool`, in breach at the shown prices, comes from. `context` is the genealogy.
 */
struct order_origin genealogy_trace(void *context, const struct book *book,
                                    const struct pool *pool);

/* After a wave settled: gives each row its node, and remembers the nodes that moved a price.
 * `moved[i]` is the change of displacement of touched instrument i. */
MUST_CHECK enum status genealogy_record(struct genealogy *genealogy, struct wave *wave,
                                        const double *moved, struct error *reterr);

/* After that: the last wave's sells (else buys) of instrument `cause` have also moved the
 * displacement of `instrument`, by cross-impact. */
MUST_CHECK enum status genealogy_record_cross(struct genealogy *genealogy, uint32_t instrument,
                                              double moved, uint32_t cause, bool sells,
                                              struct error *reterr);
