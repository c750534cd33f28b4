#include "engine/liquidation/first_wave.h"

#include "engine/liquidation/fill_limit.h"
#include "engine/liquidation/order_cancel.h"
#include "engine/liquidation/pace_limit.h"
#include "engine/liquidation/plan.h"

/* Fills are at the shown price, whatever the net is. */
static int64_t shown_price(const void *context, uint32_t instrument, int128 net) {
    const struct book *book = context;
    (void)net;
    return book->prices[instrument];
}

/* The pools' orders, as many pools as the pace has room for. */
static enum status plan_pools(struct book *book, struct wave *wave, size_t pool_first,
                              size_t pool_end, struct error *reterr) {
    size_t room = pace_limit_room(&wave->limits, book->rulebook, book->now_ns);
    enum status status = STATUS_OK;
    for (size_t p = pool_first; p < pool_end && room > 0 && status == STATUS_OK; p++) {
        const struct pool *pool = &book->pools[p];
        struct pool_health health = book_health(book, pool, book->prices);
        if (pool->state == POOL_IDLE || !book_must_close(book, pool, health))
            continue;
        if (pool->flags & POOL_ORDERS)
            order_cancel(book, &wave->limits, (uint32_t)p, book->now_ns, &health);
        if (!book_must_close(book, pool, health))
            continue;
        room--;
        if (book_pool_is_open(book, pool))
            status = plan_pool(book, &wave->limits, (uint32_t)p, health, book->now_ns,
                               &wave->orders, reterr);
    }
    return status;
}

enum status first_wave_collect(struct book *book, struct wave *wave, size_t pool_first,
                               size_t pool_end, struct error *reterr) {
    wave_clear(wave);
    limits_renew(&wave->limits, book, pool_first, pool_end);
    enum status status = plan_pools(book, wave, pool_first, pool_end, reterr);
    if (status == STATUS_OK)
        status = wave_send(book, wave, NULL, NULL, reterr);
    for (size_t t = 0; t < wave->touched_count && status == STATUS_OK; t++)
        status = fill_limit_cut(book, wave, wave->touched[t], shown_price, book, reterr);
    return status;
}
