#include "api/margin/margin_explain.h"

#include <math.h>

#include "engine/book/coins.h"
#include "engine/liquidation/plan.h"
#include "engine/rules/rulebook_fields.h"

static double money(int128 value) {
    return (double)value / (double)MONEY_SCALE;
}

static double price_of(const struct instrument *instrument, int64_t ticks) {
    return (double)ticks * (double)instrument->price_tick.mantissa /
           (double)units_pow10(instrument->price_tick.decimals);
}

static json_t *ratio_or_null(int128 part, int128 whole) {
    return whole != 0 ? json_real((double)part / (double)whole) : json_null();
}

/* Maintenance margin as the venue states it: without the trigger ratio, which the engine keeps in
 * its rules. */
static double maintenance(const struct book *book, int128 requirement) {
    const struct decimal ratio = book->rulebook->margin.trigger_ratio;
    return money(requirement) / (ratio.mantissa == 0 ? 1.0 : decimal_to_double(ratio));
}

/* The tier, or risk step, that a position is in, from 1; 0: its margin has none. */
static int64_t tier_of(const struct margin_rule *rule, const struct position *position,
                       int128 notional) {
    if (!rule->by_size)
        return rule->bracket_count > 0 ? (int64_t)margin_bracket_of(rule, notional) + 1 : 0;
    return rule->size.step_e12 != 0
               ? margin_size_steps(&rule->size, position->lots, position->cost) + 1
               : 0;
}

/* A contract that settles in a coin: its figures in the coin, and the price that makes money of
 * them. */
static json_t *in_coin(const struct book *book, const struct position *position, int128 notional) {
    const uint32_t i = position->instrument;
    const struct margin_rule *rule = &book->rules[i];
    const struct collateral_rule *coin = &book->holdings.rules[book->holdings.settles[i]];
    const int64_t price = coin->fixed ? 1 : book->prices[coin->factor];
    json_t *object = json_object();
    (void)json_object_set_new(object, "asset", json_string(coin->asset->symbol));
    (void)json_object_set_new(object, "price",
                              json_real((double)price * (double)coin->num / (double)coin->den));
    (void)json_object_set_new(object, "notional", json_real(money(notional)));
    (void)json_object_set_new(object, "unrealised_pnl",
                              json_real(money(book_value(book, position) - position->cost)));
    (void)json_object_set_new(
        object, "maintenance_margin",
        json_real(
            maintenance(book, margin_requirement(rule, position->lots, position->cost, notional))));
    return object;
}

json_t *margin_explain_positions(const struct book *book, const struct pool *pool) {
    json_t *list = json_array();
    for (uint16_t k = 0; k < pool->position_count; k++) {
        const struct position *position = &book_positions(book, pool)[k];
        const struct instrument *instrument = &book->instruments[position->instrument];
        const struct margin_rule *rule = &book->rules[position->instrument];
        if (position->lots == 0)
            continue;
        const int64_t price = book->prices[position->instrument];
        const int128 notional = margin_notional(rule, position->lots, price);
        const int128 at_mark = book_notional(book, position->instrument, position->lots);
        const int128 requirement = book_requirement(book, position);
        const int64_t tier = tier_of(rule, position, notional);
        json_t *row = json_object();
        (void)json_object_set_new(row, "instrument", json_string(instrument->symbol));
        (void)json_object_set_new(
            row, "quantity",
            json_real((double)position->lots * decimal_to_double(instrument->lot)));
        (void)json_object_set_new(row, "mark_price", json_real(price_of(instrument, price)));
        (void)json_object_set_new(row, "notional", json_real(money(at_mark)));
        (void)json_object_set_new(
            row, "unrealised_pnl",
            json_real(money(book_money(book, position->instrument,
                                       book_value(book, position) - position->cost))));
        (void)json_object_set_new(row, "tier", tier > 0 ? json_integer(tier) : json_null());
        (void)json_object_set_new(
            row, "rate",
            at_mark > 0 ? json_real(maintenance(book, requirement) / money(at_mark)) : json_null());
        (void)json_object_set_new(row, "maintenance_margin",
                                  json_real(maintenance(book, requirement)));
        if (book_in_coin(book, position->instrument))
            (void)json_object_set_new(row, "in_coin", in_coin(book, position, notional));
        (void)json_array_append_new(list, row);
    }
    return list;
}

json_t *margin_explain_collateral(const struct book *book, const struct pool *pool) {
    json_t *list = json_array();
    size_t count;
    const struct holding *row = holdings_of(&book->holdings, (size_t)(pool - book->pools), &count);
    int128 gains[ASSETS_MAX];
    const bool in_coins = coins_open(book, pool) && coins_gains(book, pool, book->prices, gains);
    for (size_t k = 0; k < count; k++) {
        const struct collateral_rule *rule = &book->holdings.rules[row[k].asset];
        const int64_t price = rule->fixed ? 1 : book->prices[rule->factor];
        const int64_t balance = in_coins ? holding_balance(&row[k], gains[k]) : row[k].quantity;
        const int128 value = collateral_value(rule, balance, price);
        const int128 counted = collateral_counted(rule, balance, price);
        json_t *asset = json_object();
        (void)json_object_set_new(asset, "asset", json_string(rule->asset->symbol));
        (void)json_object_set_new(asset, "quantity", json_real(money(row[k].quantity)));
        if (in_coins) {
            (void)json_object_set_new(asset, "unrealised_pnl", json_real(money(gains[k])));
            (void)json_object_set_new(asset, "balance", json_real(money(balance)));
        }
        (void)json_object_set_new(asset, "value", json_real(money(value)));
        (void)json_object_set_new(asset, "counted", json_real(money(counted)));
        (void)json_object_set_new(asset, "weight", ratio_or_null(counted, value));
        (void)json_object_set_new(
            asset, "maintenance_margin",
            json_real(maintenance(book, collateral_requirement(rule, balance, price))));
        (void)json_array_append_new(list, asset);
    }
    return list;
}

json_t *margin_explain_open_orders(const struct book *book, const struct pool *pool) {
    json_t *list = json_array();
    size_t count;
    const struct open_order *order =
        open_orders_of(&book->open_orders, (uint32_t)(pool - book->pools), &count);
    for (size_t k = 0; k < count; k++) {
        const struct instrument *instrument = &book->instruments[order[k].instrument];
        const int128 notional = order[k].cost < 0 ? -(int128)order[k].cost : order[k].cost;
        json_t *row = json_object();
        (void)json_object_set_new(row, "instrument", json_string(instrument->symbol));
        (void)json_object_set_new(
            row, "quantity", json_real((double)order[k].lots * decimal_to_double(instrument->lot)));
        (void)json_object_set_new(row, "notional", json_real(money(notional)));
        (void)json_object_set_new(
            row, "initial_margin",
            json_real(money(
                open_order_initial(&order[k], book->rulebook, &book->rules[order[k].instrument]))));
        (void)json_object_set_new(row, "maintenance_margin",
                                  json_real(maintenance(book, order[k].margin)));
        (void)json_array_append_new(list, row);
    }
    return list;
}

void margin_explain_cancelled(const struct book *book, const struct pool *pool, json_t *orders) {
    size_t count;
    const struct open_order *order =
        open_orders_of(&book->open_orders, (uint32_t)(pool - book->pools), &count);
    for (size_t k = 0; k < count; k++)
        (void)json_object_set_new(json_array_get(orders, k), "would_cancel",
                                  json_boolean(order[k].lots == 0));
}

static json_t *price_or_null(const struct instrument *instrument, int64_t ticks) {
    return ticks == PRICE_NONE ? json_null() : json_real(price_of(instrument, ticks));
}

static json_t *payers(const struct rulebook *rules, enum order_way way) {
    enum waterfall_stage stages[WATERFALL_STAGES_MAX];
    const size_t count = plan_payers(rules, way, stages);
    json_t *list = json_array();
    for (size_t s = 0; s < count; s++)
        (void)json_array_append_new(
            list, json_string(rulebook_choice_name("waterfall.stages", (int)stages[s])));
    return list;
}

json_t *margin_explain_order(const struct book *book, const struct order *order) {
    const struct position *position = order_position(book, order);
    const struct instrument *instrument = &book->instruments[position->instrument];
    const struct rulebook *rules = book->rulebook;
    const struct pool_health health = book_health(book, &book->pools[order->pool], book->prices);
    const char *cut = order_cut_name(order->cut);
    char why[160];
    (void)snprintf(why, sizeof(why), "equity %.8g %s %.8g required", money(health.equity),
                   rules->margin.trigger == TRIGGER_BELOW ? "is below" : "is not above",
                   money(health.requirement)); /* fits */
    json_t *row = json_object();
    (void)json_object_set_new(row, "instrument", json_string(instrument->symbol));
    (void)json_object_set_new(row, "quantity",
                              json_real((double)order->lots * decimal_to_double(instrument->lot)));
    (void)json_object_set_new(row, "why", json_string(why));
    (void)json_object_set_new(row, "at", json_string(order_way_name(order->way)));
    (void)json_object_set_new(row, "cut_by", cut == NULL ? json_null() : json_string(cut));
    (void)json_object_set_new(
        row, "left_out",
        json_real((double)(order->waits + order->rest) * decimal_to_double(instrument->lot)));
    (void)json_object_set_new(row, "limit_price", price_or_null(instrument, order->limit));
    (void)json_object_set_new(row, "bankruptcy_price",
                              price_or_null(instrument, order->bankruptcy_price));
    (void)json_object_set_new(
        row, "fee_rate",
        json_real((double)book->rules[position->instrument].fee_rate_e8 / (double)RATE_SCALE));
    (void)json_object_set_new(row, "who_pays", payers(rules, order->way));
    return row;
}
