/* What a protocol liquidates of one account in one block, by its definition. */

#include "tests/property/oracle_book.h"

static int64_t absolute(int64_t lots) {
    return lots < 0 ? -lots : lots;
}

int64_t oracle_block_end(const struct oracle_book *book) {
    const int64_t block = book->rulebook->limits.block_ns;
    return (int64_t)(div_floor(book->now, block) + 1) * block;
}

bool oracle_block_spares(const struct oracle_book *book, const struct oracle_position *p) {
    return book->rulebook->limits.block_ns > 0 && book->now < p->block_until;
}

/* Notional that the pool may still close in this block; -1: as much as it likes. */
static int128 left_of(const struct oracle_book *book, const struct oracle_pool *pool) {
    const int64_t most = book->rulebook->limits.block_notional;
    const int128 used = book->now < pool->block_until ? pool->block_used : 0;
    if (most == 0)
        return -1;
    return used < most ? most - used : 0;
}

bool oracle_block_is_over(const struct oracle_book *book, const struct oracle_pool *pool) {
    bool open = false;
    bool spared = true;
    for (size_t k = 0; k < pool->position_count; k++) {
        if (pool->positions[k].lots == 0)
            continue;
        open = true;
        spared = spared && oracle_block_spares(book, &pool->positions[k]);
    }
    const int64_t most = book->rulebook->limits.block_insurance;
    const bool lost = most > 0 && book->now < pool->block_until && pool->block_lost >= most;
    return open && (spared || lost || left_of(book, pool) == 0);
}

int64_t oracle_block_most(const struct oracle_book *book, const struct oracle_pool *pool,
                          const struct oracle_position *p, int64_t closed, int64_t price) {
    const int128 left = left_of(book, pool);
    const int128 notional = oracle_notional(book, p->instrument, closed, price);
    if (left == 0 || oracle_block_spares(book, p))
        return 0;
    if (left < 0 || notional <= left)
        return closed;
    const int64_t most = (int64_t)(closed * left / notional);
    return most < 1 ? 1 : most;
}

void oracle_block_note(const struct oracle_book *book, struct oracle_pool *pool,
                       struct oracle_position *p, int64_t lots, int64_t price) {
    if (book->rulebook->limits.block_ns == 0)
        return;
    if (book->now >= pool->block_until)
        pool->block_used = pool->block_lost = 0;
    pool->block_used += oracle_notional(book, p->instrument, absolute(lots), price);
    pool->block_until = oracle_block_end(book);
    if (book->rulebook->limits.block_once)
        p->block_until = pool->block_until;
}
