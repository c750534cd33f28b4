#pragma once
/* The trigger ladder of one instrument in one direction (design §4.2): "assess pool P when the
 * price reaches X", for millions of P, at the cost of one compare a tick while nothing is reached.
 *
 * A trigger's key orders the ladder so that the nearest is always the largest key: its price for
 * falls, its price negated for rises. Far triggers lie unsorted in bins of about equal log-width;
 * those nearer than `near_bin` lie in a heap. When the heap runs empty the next bin is moved into
 * it. A trigger whose generation is no longer its pool's is stale: dropped when met, and all at
 * once when stale ones outnumber the live. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct trigger {
    int64_t key;
    uint32_t pool;
    uint32_t generation;
};

#define LADDER_CHUNK_TRIGGERS 15

struct ladder_chunk {
    uint32_t next; /* index of the next chunk of the bin; LADDER_NO_CHUNK */
    uint32_t count;
    struct trigger triggers[LADDER_CHUNK_TRIGGERS];
};

#define LADDER_NO_CHUNK UINT32_MAX

/* Chunks for all ladders of a book, handed out one by one, taken from the system in large steps. */
struct ladder_arena {
    struct ladder_chunk **slabs;
    size_t slab_count;
    size_t slab_capacity;
    uint32_t free_first;
    uint32_t chunk_next; /* first never used */
};

enum ladder_direction { LADDER_FALL, LADDER_RISE };

struct ladder {
    enum ladder_direction direction;
    int64_t nearest;   /* largest key; INT64_MIN: no trigger */
    uint32_t near_bin; /* bins at or above are in the heap */
    uint32_t bin_top;  /* no far bin above this is filled */
    uint32_t *bins;    /* first chunk of each far bin */
    struct trigger *heap;
    size_t heap_count;
    size_t heap_capacity;
    size_t heap_spill; /* heap size at which its far part goes back to the bins */
    size_t far_count;  /* triggers in bins, stale ones included */
};

/* STATUS_NO_MEMORY alone can fail. */
MUST_CHECK enum status ladder_init(struct ladder *ladder, enum ladder_direction direction,
                                   struct error *reterr);
void ladder_finish(struct ladder *ladder); /* zeroed is fine */
void ladder_arena_finish(struct ladder_arena *arena);
void ladder_arena_init(struct ladder_arena *arena);

/* Adds a trigger at `price` (1..2^62) ticks. */
MUST_CHECK enum status ladder_add(struct ladder *ladder, struct ladder_arena *arena, int64_t price,
                                  uint32_t pool, uint32_t generation, struct error *reterr);

static inline int64_t ladder_key(const struct ladder *ladder, int64_t price) {
    return ladder->direction == LADDER_FALL ? price : -price;
}

/* Whether `price` has reached the nearest trigger. */
static inline bool ladder_reached(const struct ladder *ladder, int64_t price) {
    return ladder_key(ladder, price) <= ladder->nearest;
}

/* Takes the nearest trigger off; only when ladder_reached(). A pool of UINT32_MAX means none was
 * taken, since stale ones stood in front: compare again. */
MUST_CHECK enum status ladder_take(struct ladder *ladder, struct ladder_arena *arena,
                                   const uint32_t *generation, struct trigger *ret_trigger,
                                   struct error *reterr);

/* Drops every trigger whose generation is not its pool's. */
MUST_CHECK enum status ladder_compact(struct ladder *ladder, struct ladder_arena *arena,
                                      const uint32_t *generation, struct error *reterr);

/* Shows every live trigger whose key is at least `key_min` to `visit`, in no particular order. */
void ladder_visit(const struct ladder *ladder, const struct ladder_arena *arena,
                  const uint32_t *generation, int64_t key_min,
                  void (*visit)(void *context, struct trigger trigger), void *context);

/* Triggers held, stale ones included. */
size_t ladder_count(const struct ladder *ladder);

/* Bytes taken from the system. */
size_t ladder_bytes(const struct ladder *ladder);
size_t ladder_arena_bytes(const struct ladder_arena *arena);
