#include "engine/liquidation/order_cancel.h"

#include "engine/liquidation/plan.h"

/* Whether an open position in the instrument is one that the choice means. */
static bool is_meant(const struct book *book, const struct pool *pool,
                     const struct plan_choice *choice, uint32_t instrument) {
    const struct position *position = book_positions(book, pool);
    for (uint16_t k = 0; k < pool->position_count; k++)
        if (plan_means(choice, k) && position[k].lots != 0 && position[k].instrument == instrument)
            return true;
    return false;
}

void order_cancel(struct book *book, const struct limits *limits, uint32_t pool_index,
                  int64_t now_ns, struct pool_health *health) {
    const enum cancel_orders rule = book->rulebook->liquidation.cancel_orders;
    struct pool *pool = &book->pools[pool_index];
    if (rule == CANCEL_NONE)
        return;
    struct plan_choice choice = {.count = 0};
    if (rule == CANCEL_INSTRUMENT && book_pool_is_open(book, pool))
        choice = plan_choose(book, limits, pool, *health, now_ns);
    size_t count;
    struct open_order *order = open_orders_of(&book->open_orders, pool_index, &count);
    bool left = false;
    for (size_t k = 0; k < count; k++) {
        if (rule == CANCEL_ALL || is_meant(book, pool, &choice, order[k].instrument)) {
            book->cancelled += order[k].lots != 0;
            order[k].lots = 0;
            order[k].margin = 0;
        }
        left = left || order[k].lots != 0;
    }
    if (!left)
        pool->flags &= (uint8_t)~POOL_ORDERS;
    *health = book_health(book, pool, book->prices);
}
