#include "engine/book/open_orders.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum status open_orders_init(struct open_orders *orders, const struct accounts *accounts,
                             struct error *reterr) {
    *orders = (struct open_orders){.rows = NULL};
    const size_t count = accounts_order_count(accounts);
    if (count == 0)
        return STATUS_OK;
    orders->rows = calloc(count, sizeof(*orders->rows));
    return orders->rows != NULL ? STATUS_OK
                                : error_set(reterr, STATUS_NO_MEMORY, "no memory for open orders");
}

void open_orders_finish(struct open_orders *orders) {
    free(orders->rows);
    memset(orders, 0, sizeof(*orders));
}

void open_orders_put(struct open_orders *orders, uint32_t pool, struct open_order_view view) {
    assert(orders->count == 0 || orders->rows[orders->count - 1].pool <= pool);
    orders->rows[orders->count++] = (struct open_order){.pool = pool,
                                                        .instrument = view.instrument,
                                                        .lots = view.lots,
                                                        .cost = view.cost,
                                                        .leverage_e8 = view.leverage_e8};
}

static int128 notional_of(const struct open_order *order) {
    return order->cost < 0 ? -(int128)order->cost : order->cost;
}

/* By the rulebook's rate of orders, or as a position like it. */
static int128 initial_of(const struct open_order *order, const struct rulebook *rulebook,
                         const struct margin_rule *rule) {
    if (rulebook->margin.orders.rate == ORDER_RATE_FIXED)
        return div_ceil(notional_of(order) * rulebook->margin.orders.rate_e8, RATE_SCALE);
    return margin_initial(rule, rulebook, order->lots, order->cost, notional_of(order),
                          order->leverage_e8);
}

int128 open_order_initial(const struct open_order *order, const struct rulebook *rulebook,
                          const struct margin_rule *rule) {
    if (order->lots == 0 || rulebook->margin.orders.counts == ORDERS_NONE)
        return 0;
    return initial_of(order, rulebook, rule) + rulebook->margin.orders.per_order;
}

/* Times the trigger ratio, as all that is required. */
static int128 required(const struct rulebook *rulebook, int128 margin) {
    const struct decimal ratio = decimal_normal(rulebook->margin.trigger_ratio.mantissa == 0
                                                    ? (struct decimal){1, 0}
                                                    : rulebook->margin.trigger_ratio);
    return div_ceil(margin * ratio.mantissa, units_pow10(ratio.decimals));
}

void open_orders_set_rules(struct open_orders *orders, const struct rulebook *rulebook,
                           const struct margin_rule *rules) {
    for (size_t k = 0; k < orders->count; k++) {
        struct open_order *order = &orders->rows[k];
        const struct margin_rule *rule = &rules[order->instrument];
        order->margin = 0;
        if (order->lots == 0 || rulebook->margin.orders.counts != ORDERS_MAINTENANCE)
            continue;
        const int128 each = rulebook->margin.orders.per_order;
        const int128 own = margin_requirement(rule, order->lots, order->cost, notional_of(order));
        if (rulebook->margin.orders.rate != ORDER_RATE_MAINTENANCE)
            order->margin = required(rulebook, open_order_initial(order, rulebook, rule));
        else if (rule->of_scenario)
            order->margin = required(rulebook, own + each);
        else /* the ratio is in the rule */
            order->margin = own + required(rulebook, each);
    }
}

struct open_order *open_orders_of(const struct open_orders *orders, uint32_t pool,
                                  size_t *ret_count) {
    size_t low = 0;
    size_t high = orders->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (orders->rows[middle].pool < pool)
            low = middle + 1;
        else
            high = middle;
    }
    size_t end = low;
    while (end < orders->count && orders->rows[end].pool == pool)
        end++;
    *ret_count = end - low;
    return end > low ? &orders->rows[low] : NULL;
}

int128 open_orders_margin(const struct open_orders *orders, uint32_t pool) {
    int128 margin = 0;
    size_t count;
    const struct open_order *order = open_orders_of(orders, pool, &count);
    for (size_t k = 0; k < count; k++)
        margin += order[k].margin;
    return margin;
}
