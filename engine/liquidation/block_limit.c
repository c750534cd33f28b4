#include "engine/liquidation/block_limit.h"

#include "engine/rules/close_amount.h"

int64_t block_limit_end_ns(const struct book *book) {
    const int64_t block_ns = book->rulebook->limits.block_ns;
    return (int64_t)(div_floor(book->now_ns, block_ns) + 1) * block_ns;
}

static int128 notional_of(const struct book *book, const struct position *position, int64_t lots) {
    return margin_notional(&book->rules[position->instrument], lots,
                           book->prices[position->instrument]);
}

/* Notional left in the block; the rules limit it. */
static int128 notional_left(const struct book *book, const struct pool *pool) {
    const struct block_use *use = &book->block_uses[pool - book->pools];
    const int128 used = book->now_ns < use->until_ns ? use->notional : 0;
    const int128 most = book->rulebook->limits.block_notional;
    return used < most ? most - used : 0;
}

int128 block_limit_insurance(const struct book *book, uint32_t pool) {
    const struct block_use *use = &book->block_uses[pool];
    const int128 lost = book->now_ns < use->until_ns ? use->insurance : 0;
    const int128 most = book->rulebook->limits.block_insurance;
    return lost < most ? most - lost : 0;
}

bool block_limit_spares(const struct book *book, const struct position *position) {
    return book->rulebook->limits.block_ns > 0 &&
           book->now_ns < book->block_until_ns[position - book->positions];
}

bool block_limit_is_reached(const struct book *book, const struct pool *pool) {
    const struct rulebook_limits *limits = &book->rulebook->limits;
    if (limits->block_ns == 0)
        return false;
    bool is_open = false;
    bool spared = true;
    const struct position *position = book_positions(book, pool);
    for (uint16_t k = 0; k < pool->position_count; k++) {
        is_open = is_open || position[k].lots != 0;
        spared = spared && (position[k].lots == 0 || block_limit_spares(book, &position[k]));
    }
    const bool lost = limits->block_insurance > 0 &&
                      block_limit_insurance(book, (uint32_t)(pool - book->pools)) == 0;
    return is_open &&
           (spared || lost || (limits->block_notional > 0 && notional_left(book, pool) == 0));
}

int64_t block_limit_lots(const struct book *book, const struct pool *pool,
                         const struct position *position, int64_t lots) {
    if (block_limit_spares(book, position))
        return 0;
    if (book->rulebook->limits.block_notional == 0)
        return lots;
    const int128 left = notional_left(book, pool);
    if (left == 0)
        return 0;
    const int64_t most = (int64_t)close_portion_quantity(
        lots < 0 ? -lots : lots, notional_of(book, position, lots), left, 1);
    return lots < 0 ? -most : most;
}

void block_limit_note(struct book *book, const struct pool *pool, const struct position *position,
                      int64_t lots) {
    if (book->rulebook->limits.block_ns == 0)
        return;
    struct block_use *use = &book->block_uses[pool - book->pools];
    if (book->now_ns >= use->until_ns)
        use->notional = use->insurance = 0;
    use->notional += notional_of(book, position, lots);
    use->until_ns = block_limit_end_ns(book);
    if (book->rulebook->limits.block_once)
        book->block_until_ns[position - book->positions] = use->until_ns;
}

void block_limit_return(struct book *book, const struct pool *pool, const struct position *position,
                        int64_t lots, int64_t filled) {
    book->block_uses[pool - book->pools].notional -=
        notional_of(book, position, lots) - notional_of(book, position, filled);
    book->block_until_ns[position - book->positions] = block_limit_end_ns(book);
}
