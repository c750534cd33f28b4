/* Exchange of collateral by its definition: a pool whose wallet is below zero sells what it holds;
 * one that is in breach with nothing open gives up all that it holds and buys back what it owes. */

#include <assert.h>
#include <stdlib.h>

#include "tests/property/oracle_book.h"

static int64_t ratio(const struct oracle_book *book, uint32_t asset) {
    return oracle_asset(book, asset)->exchange_ratio_e8;
}

static int128 brings(const struct oracle_book *book, uint32_t asset, int64_t quantity,
                     const int64_t *prices) {
    const int128 full = oracle_asset_value(book, asset, quantity, prices);
    return quantity >= 0 ? div_floor(full * ratio(book, asset), RATE_SCALE)
                         : div_floor(full * RATE_SCALE, ratio(book, asset));
}

bool oracle_can_exchange(const struct oracle_book *book, const struct oracle_pool *pool,
                         const int64_t *marks) {
    for (size_t k = 0; k < pool->asset_count; k++)
        if (pool->assets[k].quantity > 0 &&
            brings(book, pool->assets[k].asset, pool->assets[k].quantity, marks) > 0)
            return true;
    return false;
}

bool oracle_owes(const struct oracle_pool *pool) {
    for (size_t k = 0; k < pool->asset_count; k++)
        if (pool->assets[k].quantity < 0)
            return true;
    return false;
}

static void add(struct oracle_book *book, struct oracle_pool *pool, size_t row, int64_t quantity) {
    book->exchanges =
        realloc(book->exchanges, (book->exchange_count + 1) * sizeof(*book->exchanges));
    assert(book->exchanges != NULL);
    book->exchanges[book->exchange_count++] = (struct oracle_exchange){pool, row, quantity};
    book->coverage.exchanges++;
}

static void cover(struct oracle_book *book, struct oracle_pool *pool, bool dust,
                  const int64_t *marks) {
    const int128 need = -(int128)pool->wallet;
    if (need <= 0)
        return;
    int128 all = 0;
    for (size_t k = 0; k < pool->asset_count; k++)
        if (pool->assets[k].quantity > 0)
            all += brings(book, pool->assets[k].asset, pool->assets[k].quantity, marks);
    for (size_t k = 0; k < pool->asset_count && (all > 0 || dust); k++) {
        const int64_t held = pool->assets[k].quantity;
        const int128 own = held > 0 ? brings(book, pool->assets[k].asset, held, marks) : 0;
        const int128 part = own > 0 ? div_ceil(need * own, all) + 1 : 0;
        if (held > 0 && need >= all)
            add(book, pool, k, held);
        else if (own > 0)
            add(book, pool, k, part < own ? (int64_t)div_ceil(held * part, own) : held);
    }
}

void oracle_exchange_collect(struct oracle_book *book, struct oracle_pool *pool, bool in_breach,
                             bool open, const int64_t *marks) {
    if (!in_breach || open) {
        cover(book, pool, false, marks);
        return;
    }
    for (size_t k = 0; k < pool->asset_count; k++)
        if (pool->assets[k].quantity != 0)
            add(book, pool, k, pool->assets[k].quantity);
}

void oracle_exchange_cover(struct oracle_book *book, struct oracle_pool *pool,
                           const int64_t *marks) {
    const int64_t below = book->rulebook->margin.exchange_below;
    if (below > 0 && pool->wallet <= -below)
        cover(book, pool, true, marks);
}

/* Lots of instrument i that the wave's exchanges sell; *any: there is one that touches it. */
int64_t oracle_exchange_net(const struct oracle_book *book, uint32_t i, bool *any) {
    int64_t net = 0;
    for (size_t e = 0; e < book->exchange_count; e++) {
        const struct oracle_exchange *x = &book->exchanges[e];
        uint32_t factor = 0;
        if (!oracle_asset_factor(book, x->pool->assets[x->row].asset, &factor)) {
            factor = x->pool->position_count > 0 ? x->pool->positions[0].instrument : 0;
            *any = *any || factor == i;
            continue;
        }
        if (factor != i)
            continue;
        *any = true;
        const double lots = (double)x->quantity / 1e8 / book->input->instruments[i].lot_size;
        net += (int64_t)(lots < 0.0 ? lots - 0.5 : lots + 0.5);
    }
    return net;
}

void oracle_exchange_settle(struct oracle_book *book, const int64_t *fills) {
    for (size_t e = 0; e < book->exchange_count; e++) {
        const struct oracle_exchange *x = &book->exchanges[e];
        struct oracle_asset_row *row = &x->pool->assets[x->row];
        const int128 cash = brings(book, row->asset, x->quantity, fills);
        x->pool->wallet += (int64_t)cash;
        book->fees += oracle_asset_value(book, row->asset, x->quantity, fills) - cash;
        row->quantity -= x->quantity;
    }
}
