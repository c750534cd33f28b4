#include "engine/replay/genealogy.h"

#include <stdlib.h>
#include <string.h>

#include "base/elementary.h"

enum status genealogy_init(struct genealogy *genealogy, const struct instrument *instruments,
                           size_t instrument_count, const struct impact_params *params,
                           struct error *reterr) {
    memset(genealogy, 0, sizeof(*genealogy));
    genealogy->instruments = instruments;
    genealogy->instrument_count = instrument_count;
    genealogy->params = params;
    genealogy->root_cascade = NODE_NONE;
    genealogy->sells = calloc(instrument_count, sizeof(*genealogy->sells));
    genealogy->buys = calloc(instrument_count, sizeof(*genealogy->buys));
    genealogy->latest = calloc(2 * instrument_count, sizeof(*genealogy->latest));
    genealogy->scale = calloc(instrument_count, sizeof(*genealogy->scale));
    genealogy->scratch = calloc(instrument_count, sizeof(*genealogy->scratch));
    if (genealogy->sells == NULL || genealogy->buys == NULL || genealogy->latest == NULL ||
        genealogy->scale == NULL || genealogy->scratch == NULL) {
        genealogy_finish(genealogy);
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for the genealogy");
    }
    for (size_t i = 0; i < instrument_count; i++)
        genealogy->scale[i] = 1.0;
    return STATUS_OK;
}

void genealogy_finish(struct genealogy *genealogy) {
    for (size_t i = 0; i < genealogy->instrument_count; i++) {
        if (genealogy->sells != NULL)
            free(genealogy->sells[i].nodes);
        if (genealogy->buys != NULL)
            free(genealogy->buys[i].nodes);
    }
    free(genealogy->sells);
    free(genealogy->buys);
    free(genealogy->latest);
    free(genealogy->scale);
    free(genealogy->scratch);
    memset(genealogy, 0, sizeof(*genealogy));
}

void genealogy_begin_instant(struct genealogy *genealogy) {
    genealogy->root_cascade = NODE_NONE;
}

void genealogy_decay(struct genealogy *genealogy, uint32_t instrument, double before,
                     double after) {
    if (before == after || before == 0.0)
        return;
    double ratio = after / before;
    if (!(ratio > 0.0)) {
        genealogy->sells[instrument].count = 0;
        genealogy->buys[instrument].count = 0;
        genealogy->scale[instrument] = 1.0;
        return;
    }
    if (ratio > 1.0)
        ratio = 1.0;
    genealogy->scale[instrument] *= ratio;
    if (genealogy->scale[instrument] < 1e-12) { /* what is left of old nodes is nothing */
        genealogy->sells[instrument].count = 0;
        genealogy->buys[instrument].count = 0;
        genealogy->scale[instrument] = 1.0;
    }
}

/* Slack of the pool at the scratch prices; *ret_healthy: not in breach there. */
static int128 trace_slack(const struct genealogy *genealogy, const struct book *book,
                          const struct pool *pool, bool *ret_healthy) {
    const struct pool_health health = book_health(book, pool, genealogy->scratch);
    *ret_healthy = !book_must_close(book, pool, health);
    return health.equity - health.requirement;
}

/* The mark price with `part` taken out of the displacement. Where the mark is not the price: with
 * that part of all that displacement has done to it. */
static int64_t mark_without_part(const struct genealogy *genealogy, uint32_t i, double part) {
    uint64_t clips = 0;
    const double reference =
        genealogy->reference != NULL ? genealogy->reference->instruments[i].displacement : 0.0;
    const double simulated = genealogy->simulated->instruments[i].displacement;
    const struct instrument *instrument = &genealogy->instruments[i];
    if (genealogy->marks == NULL || genealogy->marks[i].source == MARK_LAST)
        return flow_compose(instrument, genealogy->params[i].space, &genealogy->bounds[i],
                            genealogy->baseline[i], reference - (simulated - part), &clips);
    double share = simulated == 0.0 ? 0.0 : part / simulated;
    share = share < 0.0 ? 0.0 : share > 1.0 ? 1.0 : share;
    const double all = elementary_log((double)genealogy->without[i] / (double)genealogy->fair[i]);
    return flow_compose(instrument, IMPACT_LOG, &genealogy->bounds[i], genealogy->fair[i],
                        share * all, &clips);
}

/* Slack with one node's part taken out of the displacement of its instrument. */
static int128 trace_without(struct genealogy *genealogy, const struct book *book,
                            const struct pool *pool, uint32_t instrument, double part,
                            bool *ret_healthy) {
    const int64_t shown = genealogy->scratch[instrument];
    genealogy->scratch[instrument] = mark_without_part(genealogy, instrument, part);
    const int128 slack = trace_slack(genealogy, book, pool, ret_healthy);
    genealogy->scratch[instrument] = shown;
    return slack;
}

/* The best candidate so far among all instruments of a pool. */
struct trace_best {
    const struct node *lifting; /* latest that lifts the breach alone */
    const struct node *costly;  /* largest cost in slack */
    int128 slack;               /* with `costly` removed */
    uint32_t lifting_through;   /* the instruments whose prices they moved */
    uint32_t costly_through;
};

static void trace_instrument(struct genealogy *genealogy, const struct book *book,
                             const struct pool *pool, const struct position *position,
                             struct trace_best *best) {
    const uint32_t i = position->instrument;
    const bool is_long = position->lots > 0;
    const struct node_stack *stack = is_long ? &genealogy->sells[i] : &genealogy->buys[i];
    if (stack->count == 0)
        return;
    const double sign = is_long ? genealogy->scale[i] : -genealogy->scale[i];
    bool healthy;
    const int128 slack =
        trace_without(genealogy, book, pool, i, sign * stack->nodes[0].part, &healthy);
    if (best->costly == NULL || slack > best->slack ||
        (slack == best->slack && stack->nodes[0].id < best->costly->id)) {
        best->costly = &stack->nodes[0];
        best->costly_through = i;
        best->slack = slack;
    }
    if (!healthy)
        return;
    size_t low = 0; /* nodes[low] lifts */
    size_t high = stack->count;
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        (void)trace_without(genealogy, book, pool, i, sign * stack->nodes[middle].part, &healthy);
        if (healthy)
            low = middle;
        else
            high = middle;
    }
    if (best->lifting == NULL || stack->nodes[low].id > best->lifting->id) {
        best->lifting = &stack->nodes[low];
        best->lifting_through = i;
    }
}

/* Fills the scratch prices with what values the pool: its instruments' alone, or, since collateral
 * may be priced by any, all. */
static void scratch_take(struct genealogy *genealogy, const struct book *book,
                         const struct pool *pool, const int64_t *prices) {
    const struct position *position = book_positions(book, pool);
    if (book->holdings.rows != NULL)
        memcpy(genealogy->scratch, prices,
               genealogy->instrument_count * sizeof(*genealogy->scratch));
    for (uint16_t k = 0; k < pool->position_count; k++)
        genealogy->scratch[position[k].instrument] = prices[position[k].instrument];
}

static void scratch_take_first(struct genealogy *genealogy, const struct book *book,
                               const struct pool *pool) {
    const struct position *position = book_positions(book, pool);
    for (size_t i = 0; book->holdings.rows != NULL && i < genealogy->instrument_count; i++)
        genealogy->scratch[i] = genealogy->without_first[i];
    for (uint16_t k = 0; k < pool->position_count; k++)
        genealogy->scratch[position[k].instrument] =
            genealogy->without_first[position[k].instrument];
}

static int128 slack_at(const struct book *book, const struct pool *pool, const int64_t *prices) {
    const struct pool_health health = book_health(book, pool, prices);
    return health.equity - health.requirement;
}

/* The proportional attribution (design §4.5): what the pool, as it stands, has lost of its slack
 * since its instruments' first prices is split into what prices without feedback have cost, what
 * displacement has cost on top, and, where a feed is wrong, what its fault has. The share of
 * displacement among what was lost; a part that was gained counts 0. `without` is the slack without
 * displacement. */
static int64_t caused_share(struct genealogy *genealogy, const struct book *book,
                            const struct pool *pool, int128 without) {
    const int128 shown = slack_at(book, pool, book->true_prices);
    const int128 by_displacement = without - shown;
    if (by_displacement <= 0)
        return 0;
    scratch_take_first(genealogy, book, pool);
    const int128 outside = slack_at(book, pool, genealogy->scratch) - without;
    const int128 fault = shown - slack_at(book, pool, book->prices);
    const int128 all = by_displacement + (outside > 0 ? outside : 0) + (fault > 0 ? fault : 0);
    return (int64_t)((double)by_displacement / (double)all * (double)RATE_SCALE + 0.5);
}

struct order_origin genealogy_trace(void *context, const struct book *book,
                                    const struct pool *pool) {
    struct genealogy *genealogy = context;
    const struct position *position = book_positions(book, pool);
    struct order_origin origin = {.parent = NODE_NONE, .through = INSTRUMENT_NONE};
    bool healthy = false;
    bool displaced = false;
    struct trace_best best = {.lifting = NULL};
    scratch_take(genealogy, book, pool, genealogy->without);
    for (size_t i = 0; book->holdings.rows != NULL && i < genealogy->instrument_count; i++)
        displaced = displaced || genealogy->without[i] != book->prices[i];
    for (uint16_t k = 0; k < pool->position_count; k++) {
        const uint32_t i = position[k].instrument;
        displaced = displaced || genealogy->without[i] != book->prices[i];
    }
    if (displaced) {
        const int128 without = trace_slack(genealogy, book, pool, &healthy);
        origin.caused_e8 = caused_share(genealogy, book, pool, without);
    }
    if (healthy) {
        scratch_take(genealogy, book, pool, book->prices);
        for (uint16_t k = 0; k < pool->position_count; k++) {
            if (position[k].lots != 0)
                trace_instrument(genealogy, book, pool, &position[k], &best);
        }
    }
    const struct node *parent = best.lifting != NULL ? best.lifting : best.costly;
    if (parent != NULL) {
        origin.parent = parent->id;
        origin.cascade = parent->cascade;
        origin.generation = parent->generation + 1;
        origin.through = best.lifting != NULL ? best.lifting_through : best.costly_through;
        return origin;
    }
    if (genealogy->root_cascade == NODE_NONE)
        genealogy->root_cascade = genealogy->cascade_next++;
    origin.cascade = genealogy->root_cascade;
    return origin;
}

static enum status stack_push(struct node_stack *stack, struct node node, struct error *reterr) {
    while (stack->count > 0 && stack->nodes[stack->count - 1].part <= node.part)
        stack->count--;
    if (stack->count == stack->capacity) {
        const size_t capacity = stack->capacity == 0 ? 64 : stack->capacity * 2;
        struct node *nodes = realloc(stack->nodes, capacity * sizeof(*nodes));
        if (nodes == NULL)
            return error_set(reterr, STATUS_NO_MEMORY, "no memory for the genealogy");
        stack->nodes = nodes;
        stack->capacity = capacity;
    }
    stack->nodes[stack->count++] = node;
    return STATUS_OK;
}

/* One side of one instrument: its rows get the node's id; the node takes generation and cascade of
 * its largest order (ties: the lower generation, then the older cascade; never by row). */
static enum status record_side(struct genealogy *genealogy, struct wave *wave, uint32_t instrument,
                               bool sells, double part, struct error *reterr) {
    struct node node = {.id = genealogy->node_next};
    int64_t largest = -1;
    for (size_t r = 0; r < wave->row_count; r++) {
        struct liquidation_record *row = &wave->rows[r];
        if (row->instrument != instrument || (row->quantity_lots > 0) != sells)
            continue;
        row->node = node.id;
        const bool ahead = row->generation < node.generation ||
                           (row->generation == node.generation && row->cascade < node.cascade);
        if (row->notional > largest || (row->notional == largest && ahead)) {
            largest = row->notional;
            node.generation = row->generation;
            node.cascade = row->cascade;
        }
    }
    if (largest < 0 && !(part > 0.0))
        return STATUS_OK;
    if (largest < 0) /* inventory worked off: no account's order, the start of a cascade */
        node.cascade = genealogy->cascade_next++;
    genealogy->node_next++;
    genealogy->latest[2 * instrument + (sells ? 0 : 1)] = node;
    if (!(part > 0.0))
        return STATUS_OK;
    node.part = part / genealogy->scale[instrument];
    return stack_push(sells ? &genealogy->sells[instrument] : &genealogy->buys[instrument], node,
                      reterr);
}

/* Netting: the smaller side of an instrument moved nothing; the whole change is the larger side's.
 */
enum status genealogy_record(struct genealogy *genealogy, struct wave *wave, const double *moved,
                             struct error *reterr) {
    for (size_t t = 0; t < wave->touched_count; t++) {
        const uint32_t i = wave->touched[t];
        enum status status = record_side(genealogy, wave, i, true, moved[i], reterr);
        if (status == STATUS_OK)
            status = record_side(genealogy, wave, i, false, -moved[i], reterr);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

enum status genealogy_record_cross(struct genealogy *genealogy, uint32_t instrument, double moved,
                                   uint32_t cause, bool sells, struct error *reterr) {
    struct node node = genealogy->latest[2 * cause + (sells ? 0 : 1)];
    node.part = (moved > 0.0 ? moved : -moved) / genealogy->scale[instrument];
    return stack_push(moved > 0.0 ? &genealogy->sells[instrument] : &genealogy->buys[instrument],
                      node, reterr);
}
