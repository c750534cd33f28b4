#include "engine/liquidation/expiry.h"

#include "engine/book/coins.h"
#include "engine/liquidation/exchange.h"

static enum status settle_position(struct book *book, struct pool *pool, struct position *position,
                                   struct decimal price, struct error *reterr) {
    const uint32_t i = position->instrument;
    int64_t owed; /* what opening the opposite costs, rounded up */
    const enum status status =
        instrument_cost(&book->instruments[i], -position->lots, price, &owed, reterr);
    if (status != STATUS_OK)
        return status;
    const int128 cash = -(int128)owed;
    int64_t *purse = coins_purse(book, pool, i);
    const int128 balance = *purse + cash - position->cost;
    if (!units_fits_int64(balance))
        return error_set(reterr, STATUS_RANGE, "the expiry of '%s' does not fit the money unit",
                         book->instruments[i].symbol);
    coins_fill(book, i, position->lots, cash, false); /* no order, so no row will tell */
    if (position->lots > 0)
        book->open_longs[i]--;
    else
        book->open_shorts[i]--;
    *purse = (int64_t)balance;
    position->lots = 0;
    position->cost = 0;
    return STATUS_OK;
}

enum status expiry_settle(struct book *book, uint32_t instrument, struct decimal price,
                          struct error *reterr) {
    assert(price.mantissa > 0);
    if (book->prices[instrument] == 0)
        return STATUS_OK;
    for (size_t p = 0; p < book->pool_count; p++) {
        struct pool *pool = &book->pools[p];
        struct position *position = book_positions(book, pool);
        bool settled = false;
        bool open = false;
        for (uint16_t k = 0; k < pool->position_count; k++) {
            if (position[k].instrument == instrument && position[k].lots != 0) {
                const enum status status = settle_position(book, pool, &position[k], price, reterr);
                if (status != STATUS_OK)
                    return status;
                settled = true;
            }
            open = open || position[k].lots != 0;
        }
        if (!settled)
            continue;
        if (book->generation[p] > 0)
            book->generation[p]++; /* its triggers count no more; 0: not assessed yet */
        if (!open && !exchange_pending(book, (uint32_t)p))
            pool->state = POOL_IDLE;
        else if (pool->state == POOL_LIVE)
            book_queue(book, (uint32_t)p);
    }
    return STATUS_OK;
}
