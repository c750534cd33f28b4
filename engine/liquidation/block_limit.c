#include "engine/liquidation/block_limit.h"

#include <stdlib.h>

#include "engine/rules/close_amount.h"

#define NOTIONAL_ANY ((int128)1 << 126)

static bool is_ruled(const struct rulebook *rules) {
    return rules->limits.block_ns > 0;
}

int64_t block_limit_end_ns(const struct book *book) {
    const int64_t block_ns = book->rulebook->limits.block_ns;
    return (int64_t)(div_floor(book->now_ns, block_ns) + 1) * block_ns;
}

static int128 notional_of(const struct book *book, const struct position *position, int64_t lots) {
    return margin_notional(&book->rules[position->instrument], lots,
                           book->prices[position->instrument]);
}

int128 block_limit_notional(const struct limits *limits, const struct book *book,
                            const struct pool *pool) {
    const int128 most = book->rulebook->limits.block_notional;
    if (!is_ruled(book->rulebook) || most == 0)
        return NOTIONAL_ANY;
    const struct block_use *use = &limits->block_uses[pool - book->pools];
    const int128 used = book->now_ns < use->until_ns ? use->notional : 0;
    return used < most ? most - used : 0;
}

int128 block_limit_insurance(const struct limits *limits, const struct book *book, uint32_t pool) {
    const struct block_use *use = &limits->block_uses[pool];
    const int128 lost = book->now_ns < use->until_ns ? use->insurance : 0;
    const int128 most = book->rulebook->limits.block_insurance;
    return lost < most ? most - lost : 0;
}

bool block_limit_spares(const struct limits *limits, const struct book *book,
                        const struct position *position) {
    return is_ruled(book->rulebook) &&
           book->now_ns < limits->block_until_ns[position - book->positions];
}

bool block_limit_is_reached(const struct limits *limits, const struct book *book,
                            const struct pool *pool) {
    if (!is_ruled(book->rulebook) || !book_pool_is_open(book, pool))
        return false;
    bool spared = true;
    const struct position *position = book_positions(book, pool);
    for (uint16_t k = 0; k < pool->position_count; k++)
        spared =
            spared && (position[k].lots == 0 || block_limit_spares(limits, book, &position[k]));
    const bool lost = book->rulebook->limits.block_insurance > 0 &&
                      block_limit_insurance(limits, book, (uint32_t)(pool - book->pools)) == 0;
    return spared || lost || block_limit_notional(limits, book, pool) == 0;
}

int64_t block_limit_lots(const struct limits *limits, const struct book *book,
                         const struct position *position, int64_t lots, int128 *left) {
    if (block_limit_spares(limits, book, position))
        return 0;
    if (*left == NOTIONAL_ANY)
        return lots;
    if (*left == 0)
        return 0;
    const int128 notional = notional_of(book, position, lots);
    const int64_t most = (int64_t)close_portion_quantity(lots_magnitude(lots), notional, *left, 1);
    const int64_t closed = lots < 0 ? -most : most;
    const int128 used = notional_of(book, position, closed);
    *left -= used < *left ? used : *left;
    return closed;
}

/* ---- the table's ---- */

static void renew(struct limits *limits, const struct book *book, size_t first, size_t end) {
    for (size_t p = first; p < end; p++) {
        const struct pool *pool = &book->pools[p];
        limits->block_uses[p] = (struct block_use){.until_ns = INT64_MIN};
        for (uint16_t k = 0; k < pool->position_count; k++)
            limits->block_until_ns[pool->position_first + k] = INT64_MIN;
    }
}

static enum status prepare(struct limits *limits, const struct book *book, struct error *reterr) {
    if (limits->block_uses != NULL)
        return STATUS_OK;
    limits->block_uses = malloc((book->pool_count + 1) * sizeof(*limits->block_uses));
    limits->block_until_ns = malloc((book->position_count + 1) * sizeof(*limits->block_until_ns));
    if (limits->block_uses == NULL || limits->block_until_ns == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for what a block has closed");
    renew(limits, book, 0, book->pool_count);
    return STATUS_OK;
}

static void note(struct limits *limits, const struct book *book, const struct order *order) {
    if (order->way == WAY_VAULT)
        return;
    const struct position *position = order_position(book, order);
    struct block_use *use = &limits->block_uses[order->pool];
    if (book->now_ns >= use->until_ns)
        use->notional = use->insurance = 0;
    use->notional += notional_of(book, position, order->planned);
    use->until_ns = block_limit_end_ns(book);
    if (book->rulebook->limits.block_once)
        limits->block_until_ns[position - book->positions] = use->until_ns;
}

static void settle(struct limits *limits, const struct book *book, const struct order *order,
                   int64_t fill) {
    if (order->way == WAY_VAULT)
        return;
    const struct position *position = order_position(book, order);
    struct block_use *use = &limits->block_uses[order->pool];
    if (order->lots != order->planned) {
        use->notional -=
            notional_of(book, position, order->planned) - notional_of(book, position, order->lots);
        limits->block_until_ns[position - book->positions] = block_limit_end_ns(book);
    }
    if (order->way == WAY_MARKET && order->market != 0)
        use->insurance += order_market_loss(book, order, fill);
}

static size_t bytes(const struct limits *limits, const struct book *book) {
    return limits->block_uses == NULL
               ? 0
               : (book->pool_count + 1) * sizeof(*limits->block_uses) +
                     (book->position_count + 1) * sizeof(*limits->block_until_ns);
}

static void finish(struct limits *limits) {
    free(limits->block_uses);
    free(limits->block_until_ns);
}

const struct limit_kind block_limit = {
    .keys = "liquidation.block_ms, block_once, block_notional, block_insurance",
    .is_ruled = is_ruled,
    .prepare = prepare,
    .renew = renew,
    .note = note,
    .settle = settle,
    .bytes = bytes,
    .finish = finish,
};
