#include "engine/book/ladder.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "engine/book/large_block.h"
#include "engine/book/price_bin.h"

#define SLAB_CHUNKS (LARGE_BLOCK_PAGE / sizeof(struct ladder_chunk))
#define HEAP_START 1024

/* 256 bins an octave of price: each is 0.27 % to 0.39 % wide. */
#define MANTISSA_BITS 8u
#define BIN_COUNT ((64u - MANTISSA_BITS) << MANTISSA_BITS)

/* Bins rise with the key, so that the highest filled bin is the nearest. */
static uint32_t bin_of_key(const struct ladder *ladder, int64_t key) {
    return ladder->direction == LADDER_FALL ? price_bin(key, MANTISSA_BITS)
                                            : BIN_COUNT - price_bin(-key, MANTISSA_BITS);
}

/* ---- chunks ---- */

void ladder_arena_init(struct ladder_arena *arena) {
    memset(arena, 0, sizeof(*arena));
    arena->free_first = LADDER_NO_CHUNK;
}

void ladder_arena_finish(struct ladder_arena *arena) {
    for (size_t i = 0; i < arena->slab_count; i++)
        free(arena->slabs[i]);
    free(arena->slabs);
    ladder_arena_init(arena);
}

size_t ladder_arena_bytes(const struct ladder_arena *arena) {
    return arena->slab_count * LARGE_BLOCK_PAGE;
}

static struct ladder_chunk *chunk_at(const struct ladder_arena *arena, uint32_t index) {
    return &arena->slabs[index / SLAB_CHUNKS][index % SLAB_CHUNKS];
}

static enum status chunk_take(struct ladder_arena *arena, uint32_t *ret_index,
                              struct error *reterr) {
    if (arena->free_first != LADDER_NO_CHUNK) {
        *ret_index = arena->free_first;
        arena->free_first = chunk_at(arena, arena->free_first)->next;
        return STATUS_OK;
    }
    if (arena->chunk_next == arena->slab_count * SLAB_CHUNKS) {
        if (arena->slab_count == arena->slab_capacity) {
            const size_t capacity = arena->slab_capacity == 0 ? 64 : arena->slab_capacity * 2;
            struct ladder_chunk **slabs =
                realloc(arena->slabs, capacity * sizeof(struct ladder_chunk *));
            if (slabs == NULL)
                return error_set(reterr, STATUS_NO_MEMORY, "no memory for triggers");
            arena->slabs = slabs;
            arena->slab_capacity = capacity;
        }
        struct ladder_chunk *slab = large_block_page();
        if (slab == NULL)
            return error_set(reterr, STATUS_NO_MEMORY, "no memory for triggers");
        arena->slabs[arena->slab_count++] = slab;
    }
    *ret_index = arena->chunk_next++;
    return STATUS_OK;
}

static void chunk_give(struct ladder_arena *arena, uint32_t index) {
    chunk_at(arena, index)->next = arena->free_first;
    arena->free_first = index;
}

static enum status bin_push(struct ladder *ladder, struct ladder_arena *arena, uint32_t bin,
                            struct trigger trigger, struct error *reterr) {
    uint32_t first = ladder->bins[bin];
    if (first == LADDER_NO_CHUNK || chunk_at(arena, first)->count == LADDER_CHUNK_TRIGGERS) {
        uint32_t index = LADDER_NO_CHUNK;
        const enum status status = chunk_take(arena, &index, reterr);
        if (status != STATUS_OK)
            return status;
        struct ladder_chunk *chunk = chunk_at(arena, index);
        chunk->next = first;
        chunk->count = 0;
        ladder->bins[bin] = first = index;
    }
    struct ladder_chunk *chunk = chunk_at(arena, first);
    chunk->triggers[chunk->count++] = trigger;
    ladder->far_count++;
    if (bin > ladder->bin_top)
        ladder->bin_top = bin;
    return STATUS_OK;
}

/* ---- heap ---- */

static enum status heap_reserve(struct ladder *ladder, size_t count, struct error *reterr) {
    if (count <= ladder->heap_capacity)
        return STATUS_OK;
    size_t capacity = ladder->heap_capacity;
    while (capacity < count)
        capacity *= 2;
    struct trigger *heap = realloc(ladder->heap, capacity * sizeof(*heap));
    if (heap == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for near triggers");
    ladder->heap = heap;
    ladder->heap_capacity = capacity;
    return STATUS_OK;
}

static void heap_sink(struct trigger *heap, size_t count, size_t at) {
    const struct trigger sinking = heap[at];
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= count)
            break;
        if (child + 1 < count && heap[child + 1].key > heap[child].key)
            child++;
        if (heap[child].key <= sinking.key)
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = sinking;
}

static void heap_rebuild(struct ladder *ladder) {
    for (size_t i = ladder->heap_count / 2; i-- > 0;)
        heap_sink(ladder->heap, ladder->heap_count, i);
}

static void heap_rise(struct trigger *heap, size_t at) {
    const struct trigger rising = heap[at];
    while (at > 0) {
        const size_t parent = (at - 1) / 2;
        if (heap[parent].key >= rising.key)
            break;
        heap[at] = heap[parent];
        at = parent;
    }
    heap[at] = rising;
}

static void heap_drop_first(struct ladder *ladder) {
    ladder->heap[0] = ladder->heap[--ladder->heap_count];
    if (ladder->heap_count > 0)
        heap_sink(ladder->heap, ladder->heap_count, 0);
}

/* ---- ladder ---- */

enum status ladder_init(struct ladder *ladder, enum ladder_direction direction,
                        struct error *reterr) {
    memset(ladder, 0, sizeof(*ladder));
    ladder->direction = direction;
    ladder->nearest = INT64_MIN;
    ladder->near_bin = BIN_COUNT + 1; /* all bins are far at first */
    ladder->bins = malloc((BIN_COUNT + 1) * sizeof(*ladder->bins));
    ladder->heap = malloc(HEAP_START * sizeof(*ladder->heap));
    if (ladder->bins == NULL || ladder->heap == NULL) {
        ladder_finish(ladder);
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for a trigger ladder");
    }
    memset(ladder->bins, 0xff, (BIN_COUNT + 1) * sizeof(*ladder->bins)); /* LADDER_NO_CHUNK */
    ladder->heap_capacity = HEAP_START;
    ladder->heap_spill = 8 * HEAP_START;
    return STATUS_OK;
}

void ladder_finish(struct ladder *ladder) {
    free(ladder->bins);
    free(ladder->heap);
    memset(ladder, 0, sizeof(*ladder));
}

size_t ladder_count(const struct ladder *ladder) {
    return ladder->heap_count + ladder->far_count;
}

size_t ladder_bytes(const struct ladder *ladder) {
    return (BIN_COUNT + 1) * sizeof(*ladder->bins) + ladder->heap_capacity * sizeof(struct trigger);
}

/* Moves the nearest filled bins into the empty heap until one gave a live trigger, and sets
 * `nearest`. `generation` NULL: every trigger counts as live. */
static enum status ladder_refill(struct ladder *ladder, struct ladder_arena *arena,
                                 const uint32_t *generation, struct error *reterr) {
    while (ladder->heap_count == 0 && ladder->far_count > 0) {
        while (ladder->bins[ladder->bin_top] == LADDER_NO_CHUNK)
            ladder->bin_top--;
        uint32_t index = ladder->bins[ladder->bin_top];
        while (index != LADDER_NO_CHUNK) {
            const struct ladder_chunk *chunk = chunk_at(arena, index);
            const enum status status =
                heap_reserve(ladder, ladder->heap_count + chunk->count, reterr);
            if (status != STATUS_OK)
                return status;
            for (uint32_t i = 0; i < chunk->count; i++) {
                const struct trigger trigger = chunk->triggers[i];
                if (generation == NULL || generation[trigger.pool] == trigger.generation)
                    ladder->heap[ladder->heap_count++] = trigger;
            }
            ladder->far_count -= chunk->count;
            const uint32_t next = chunk->next;
            ladder->bins[ladder->bin_top] = next;
            chunk_give(arena, index);
            index = next;
        }
        ladder->near_bin = ladder->bin_top;
        ladder->heap_spill = 8 * HEAP_START + 4 * ladder->heap_count;
        heap_rebuild(ladder);
    }
    ladder->nearest = ladder->heap_count > 0 ? ladder->heap[0].key : INT64_MIN;
    return STATUS_OK;
}

/* The price has moved away and the heap has gathered too much: keep the nearest bin, put the rest
 * back. */
static enum status ladder_spill(struct ladder *ladder, struct ladder_arena *arena,
                                struct error *reterr) {
    const uint32_t keep = bin_of_key(ladder, ladder->heap[0].key);
    size_t kept = 0;
    ladder->near_bin = keep;
    for (size_t i = 0; i < ladder->heap_count; i++) {
        const struct trigger trigger = ladder->heap[i];
        const uint32_t bin = bin_of_key(ladder, trigger.key);
        if (bin >= keep) {
            ladder->heap[kept++] = trigger;
            continue;
        }
        const enum status status = bin_push(ladder, arena, bin, trigger, reterr);
        if (status != STATUS_OK)
            return status;
    }
    ladder->heap_count = kept;
    ladder->heap_spill = 8 * HEAP_START + 4 * kept;
    heap_rebuild(ladder);
    return STATUS_OK;
}

enum status ladder_add(struct ladder *ladder, struct ladder_arena *arena, int64_t price,
                       uint32_t pool, uint32_t generation, struct error *reterr) {
    assert(price >= 1);
    const struct trigger trigger = {ladder_key(ladder, price), pool, generation};
    const uint32_t bin = bin_of_key(ladder, trigger.key);
    enum status status;
    if (bin < ladder->near_bin) {
        status = bin_push(ladder, arena, bin, trigger, reterr);
        if (status == STATUS_OK && ladder->heap_count == 0)
            ladder->nearest = trigger.key > ladder->nearest ? trigger.key : ladder->nearest;
        return status;
    }
    if (ladder->heap_count >= ladder->heap_spill) {
        status = ladder_spill(ladder, arena, reterr);
        if (status != STATUS_OK)
            return status;
        if (bin < ladder->near_bin)
            return bin_push(ladder, arena, bin, trigger, reterr);
    }
    status = heap_reserve(ladder, ladder->heap_count + 1, reterr);
    if (status != STATUS_OK)
        return status;
    ladder->heap[ladder->heap_count] = trigger;
    heap_rise(ladder->heap, ladder->heap_count++);
    ladder->nearest = ladder->heap[0].key;
    return STATUS_OK;
}

enum status ladder_take(struct ladder *ladder, struct ladder_arena *arena,
                        const uint32_t *generation, struct trigger *ret_trigger,
                        struct error *reterr) {
    if (ladder->heap_count == 0) {
        /* Only bins are filled, and the nearest may have been stale: the caller compares again. */
        *ret_trigger = (struct trigger){INT64_MIN, UINT32_MAX, 0};
        return ladder_refill(ladder, arena, generation, reterr);
    }
    *ret_trigger = ladder->heap[0];
    heap_drop_first(ladder);
    if (ladder->heap_count == 0)
        return ladder_refill(ladder, arena, generation, reterr);
    ladder->nearest = ladder->heap[0].key;
    return STATUS_OK;
}

enum status ladder_compact(struct ladder *ladder, struct ladder_arena *arena,
                           const uint32_t *generation, struct error *reterr) {
    size_t kept = 0;
    for (size_t i = 0; i < ladder->heap_count; i++) {
        const struct trigger trigger = ladder->heap[i];
        if (generation[trigger.pool] == trigger.generation)
            ladder->heap[kept++] = trigger;
    }
    ladder->heap_count = kept;
    heap_rebuild(ladder);
    for (uint32_t bin = 0; bin <= ladder->bin_top && ladder->far_count > 0; bin++) {
        uint32_t index = ladder->bins[bin];
        ladder->bins[bin] = LADDER_NO_CHUNK;
        while (index != LADDER_NO_CHUNK) {
            const struct ladder_chunk chunk = *chunk_at(arena, index);
            chunk_give(arena, index);
            ladder->far_count -= chunk.count;
            for (uint32_t i = 0; i < chunk.count; i++) {
                if (generation[chunk.triggers[i].pool] != chunk.triggers[i].generation)
                    continue;
                const enum status status = bin_push(ladder, arena, bin, chunk.triggers[i], reterr);
                if (status != STATUS_OK)
                    return status;
            }
            index = chunk.next;
        }
    }
    return ladder_refill(ladder, arena, generation, reterr); /* also sets `nearest` */
}

void ladder_visit(const struct ladder *ladder, const struct ladder_arena *arena,
                  const uint32_t *generation, int64_t key_min,
                  void (*visit)(void *context, struct trigger trigger), void *context) {
    for (size_t i = 0; i < ladder->heap_count; i++) {
        const struct trigger trigger = ladder->heap[i];
        if (trigger.key >= key_min && generation[trigger.pool] == trigger.generation)
            visit(context, trigger);
    }
    if (ladder->far_count == 0)
        return;
    uint32_t first = 0; /* no price of the direction lies below its last bin */
    if (ladder->direction == LADDER_FALL ? key_min >= 1 : key_min < 0)
        first = bin_of_key(ladder, key_min);
    for (uint32_t bin = first; bin <= ladder->bin_top; bin++) {
        for (uint32_t index = ladder->bins[bin]; index != LADDER_NO_CHUNK;) {
            const struct ladder_chunk *chunk = chunk_at(arena, index);
            for (uint32_t i = 0; i < chunk->count; i++) {
                const struct trigger trigger = chunk->triggers[i];
                if (trigger.key >= key_min && generation[trigger.pool] == trigger.generation)
                    visit(context, trigger);
            }
            index = chunk->next;
        }
    }
}
