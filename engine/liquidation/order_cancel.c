#include "engine/liquidation/order_cancel.h"

#include "engine/liquidation/closing.h"

/* Whether an order that closes the k-th position is to be given. */
struct targets {
    bool none, all;
    uint16_t position[2];
};

static bool is_open(const struct book *book, const struct pool *pool) {
    for (uint16_t k = 0; k < pool->position_count; k++)
        if (book_positions(book, pool)[k].lots != 0)
            return true;
    return false;
}

static struct targets targets_of(const struct book *book, const struct pool *pool, int64_t now_ns,
                                 struct pool_health health) {
    struct targets targets = {.none = !is_open(book, pool)};
    if (targets.none)
        return targets;
    const struct closing plan = closing_plan(book, pool, health, now_ns);
    struct closing_pair pair;
    if (closing_find_pair(book, &plan, pool, &pair)) {
        targets.position[0] = pair.position[0];
        targets.position[1] = pair.position[1];
        return targets;
    }
    targets.all = closing_is_together(&plan);
    if (!targets.all)
        targets.position[0] = targets.position[1] = closing_first(book, &plan, pool, health);
    return targets;
}

static bool is_target(const struct book *book, const struct pool *pool,
                      const struct targets *targets, uint32_t instrument) {
    const struct position *position = book_positions(book, pool);
    for (uint16_t k = 0; k < pool->position_count && !targets->none; k++) {
        const bool meant = targets->all || k == targets->position[0] || k == targets->position[1];
        if (meant && position[k].lots != 0 && position[k].instrument == instrument)
            return true;
    }
    return false;
}

void order_cancel(struct book *book, uint32_t pool_index, int64_t now_ns,
                  struct pool_health *health) {
    const enum cancel_orders rule = book->rulebook->liquidation.cancel_orders;
    struct pool *pool = &book->pools[pool_index];
    if (rule == CANCEL_NONE)
        return;
    struct targets targets = {.none = true};
    if (rule == CANCEL_INSTRUMENT)
        targets = targets_of(book, pool, now_ns, *health);
    size_t count;
    struct open_order *order = open_orders_of(&book->open_orders, pool_index, &count);
    bool left = false;
    for (size_t k = 0; k < count; k++) {
        if (rule == CANCEL_ALL || is_target(book, pool, &targets, order[k].instrument)) {
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
