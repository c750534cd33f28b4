/* Boxes and triggers (design §4.2).
 *
 * With one settlement asset and linear contracts a pool's slack is a sum of one share an
 * instrument, and each share is monotone in that instrument's price: a long's rises with it, a
 * short's falls (the maintenance rate never exceeds 1). So each position has one harmful side; the
 * other is open. The slack is dealt out to the positions in proportion to notional times
 * volatility, and each position's bound is the exact price at which its share has lost what it was
 * dealt, through all brackets on the way. While every instrument is inside its bound the losses add
 * up to no more than the slack, so the pool cannot be in breach. A pool with one position is dealt
 * all of it and gets its exact liquidation price. */

#include "engine/book.h"

/* Parts of `budget` in proportion to notional times volatility; they add up to at most `budget`.
 * Only the looks of a box depend on these doubles, never whether a pool is in breach. */
static void box_deal(const struct book *book, const struct pool *pool, int128 budget,
                     int128 *ret_parts) {
    const struct position *position = book_positions(book, pool);
    double total = 0.0;
    for (uint16_t k = 0; k < pool->position_count; k++) {
        const uint32_t i = position[k].instrument;
        const double value = (double)position[k].lots * (double)book->prices[i];
        const double scale = (double)book->instruments[i].value_num /
                             (double)book->instruments[i].value_den *
                             (book->volatility != NULL ? book->volatility[i] : 1.0);
        total += (value < 0 ? -value : value) * scale;
    }
    int128 left = budget;
    for (uint16_t k = 0; k < pool->position_count; k++) {
        const uint32_t i = position[k].instrument;
        const double value = (double)position[k].lots * (double)book->prices[i];
        const double scale = (double)book->instruments[i].value_num /
                             (double)book->instruments[i].value_den *
                             (book->volatility != NULL ? book->volatility[i] : 1.0);
        const double share = total > 0.0 ? (value < 0 ? -value : value) * scale / total : 0.0;
        int128 part = (int128)((double)budget * share);
        if (part > left)
            part = left;
        ret_parts[k] = part;
        left -= part;
    }
}

/* The trigger of one position that may lose `part` of the pool's slack. */
static enum status box_trigger(struct book *book, uint32_t pool_index,
                               const struct position *position, int128 part, struct error *reterr) {
    const uint32_t i = position->instrument;
    const struct margin_rule *rule = &book->rules[i];
    const int128 notional = margin_notional(rule, position->lots, book->prices[i]);
    const int128 maintenance = margin_maintenance(rule, notional);
    const uint32_t generation = book->generation[pool_index];
    if (position->lots > 0) {
        const int128 now = book_value(book, position) - maintenance;
        const int64_t price = margin_price_below(rule, position->lots, now - part);
        if (price == MARGIN_PRICE_NEVER)
            return STATUS_OK;
        return ladder_add(&book->falls[i], &book->arena, price, pool_index, generation, reterr);
    }
    const int128 now = maintenance - book_value(book, position);
    const int64_t price = margin_price_above(rule, position->lots, now + part);
    if (price == MARGIN_PRICE_NEVER)
        return STATUS_OK;
    return ladder_add(&book->rises[i], &book->arena, price, pool_index, generation, reterr);
}

/* Stale triggers may outnumber the live ones by half before a ladder is swept. */
static enum status box_sweep(struct book *book, struct ladder *ladder, uint32_t open,
                             struct error *reterr) {
    if (ladder_count(ladder) <= (size_t)open + open / 2 + 1024)
        return STATUS_OK;
    return ladder_compact(ladder, &book->arena, book->generation, reterr);
}

#define BOX_POSITIONS 64 /* pools with more are boxed through the heap-free slow way below */

enum status book_box(struct book *book, uint32_t pool_index, struct pool_health health,
                     struct error *reterr) {
    struct pool *pool = &book->pools[pool_index];
    const struct position *position = book_positions(book, pool);
    book->generation[pool_index]++;
    int128 budget = health.equity - health.requirement;
    if (book->rulebook->trigger == TRIGGER_AT_OR_BELOW)
        budget -= 1;
    assert(budget >= 0);
    int128 parts[BOX_POSITIONS] = {budget};
    uint16_t open = 0;
    for (uint16_t k = 0; k < pool->position_count; k++)
        open = (uint16_t)(open + (position[k].lots != 0));
    const bool equal_parts = pool->position_count > BOX_POSITIONS;
    if (open > 1 && !equal_parts)
        box_deal(book, pool, budget, parts);
    for (uint16_t k = 0; k < pool->position_count; k++) {
        if (position[k].lots == 0)
            continue;
        const uint32_t i = position[k].instrument;
        const int128 part = open == 1 ? budget : equal_parts ? budget / open : parts[k];
        enum status status = box_trigger(book, pool_index, &position[k], part, reterr);
        if (status == STATUS_OK)
            status = position[k].lots > 0
                         ? box_sweep(book, &book->falls[i], book->open_longs[i], reterr)
                         : box_sweep(book, &book->rises[i], book->open_shorts[i], reterr);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

static enum status box_collect(struct book *book, struct ladder *ladder, int64_t price,
                               struct error *reterr) {
    while (ladder_reached(ladder, price)) {
        struct trigger trigger;
        const enum status status =
            ladder_take(ladder, &book->arena, book->generation, &trigger, reterr);
        if (status != STATUS_OK)
            return status;
        if (trigger.pool != UINT32_MAX && book->generation[trigger.pool] == trigger.generation)
            book_queue(book, trigger.pool);
    }
    return STATUS_OK;
}

enum status book_price_changed(struct book *book, uint32_t instrument, struct error *reterr) {
    const int64_t price = book->prices[instrument];
    const enum status status = box_collect(book, &book->falls[instrument], price, reterr);
    return status == STATUS_OK ? box_collect(book, &book->rises[instrument], price, reterr)
                               : status;
}
