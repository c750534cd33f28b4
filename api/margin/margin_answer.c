#include "api/margin/margin_answer.h"

#include <math.h>

#include "api/margin/margin_explain.h"
#include "engine/book/margin_prices.h"
#include "engine/liquidation/first_wave.h"

/* What is summed over an account's pools, money. */
struct sums {
    int128 balance, equity, maintenance, initial;
    bool in_breach;
};

static double money(int128 value) {
    return (double)value / (double)MONEY_SCALE;
}

static json_t *number_or_null(double value) {
    return isfinite(value) ? json_real(value) : json_null();
}

static double quantity_of(const struct instrument *instrument, int64_t lots) {
    return (double)lots * decimal_to_double(instrument->lot);
}

/* The leverage chosen for a position of the pool, which the book does not keep. */
static int64_t leverage_of(const struct book *book, const struct pool *pool,
                           const struct position *position, bool isolated) {
    const struct account_view view = accounts_view(book->accounts, pool->account);
    for (size_t k = 0; k < view.position_count; k++) {
        const struct position_view p = accounts_position(book->accounts, view.position_first + k);
        const bool as_asked = (p.mode == MARGIN_ISOLATED) == isolated ||
                              book->rulebook->margin.mode == MARGIN_ISOLATED;
        if (p.instrument == position->instrument && as_asked && p.lots == position->lots &&
            p.cost == position->cost)
            return p.leverage_e8;
    }
    return 0;
}

static struct sums sum_pool(const struct book *book, const struct pool *pool, bool isolated) {
    const struct pool_health health = book_health(book, pool, book->prices);
    struct sums sums = {
        .balance = pool->wallet, .equity = health.equity, .maintenance = health.requirement};
    sums.in_breach = pool->position_count > 0 && book_in_breach(book, health);
    const struct portfolio_margin *scenario = book->rulebook->margin.portfolio;
    if (scenario != NULL) { /* of the pool as a whole */
        const struct decimal factor = scenario->initial_factor;
        const int128 alone = health.requirement -
                             open_orders_margin(&book->open_orders, (uint32_t)(pool - book->pools));
        sums.initial = div_ceil(alone * factor.mantissa, units_pow10(factor.decimals));
    }
    size_t orders;
    const struct open_order *order =
        open_orders_of(&book->open_orders, (uint32_t)(pool - book->pools), &orders);
    for (size_t k = 0; k < orders; k++)
        sums.initial +=
            open_order_initial(&order[k], book->rulebook, &book->rules[order[k].instrument]);
    for (uint16_t k = 0; k < pool->position_count && scenario == NULL; k++) {
        const struct position *position = &book_positions(book, pool)[k];
        const struct margin_rule *rule = &book->rules[position->instrument];
        const int64_t price = book->prices[position->instrument];
        const int128 initial = margin_initial(rule, book->rulebook, position->lots, position->cost,
                                              margin_notional(rule, position->lots, price),
                                              leverage_of(book, pool, position, isolated));
        sums.initial += book_money_up(book, position->instrument, initial);
    }
    return sums;
}

static void put_sums(json_t *object, const struct sums *sums) {
    const double equity = money(sums->equity);
    const double maintenance = money(sums->maintenance);
    const double ratio = sums->equity > 0 ? maintenance / equity : (double)NAN;
    (void)json_object_set_new(object, "balance", json_real(money(sums->balance)));
    (void)json_object_set_new(object, "equity", json_real(equity));
    (void)json_object_set_new(object, "maintenance_margin", json_real(maintenance));
    (void)json_object_set_new(object, "initial_margin", json_real(money(sums->initial)));
    (void)json_object_set_new(object, "margin_ratio", number_or_null(ratio));
    (void)json_object_set_new(object, "slack", json_real(money(sums->equity - sums->maintenance)));
    (void)json_object_set_new(object, "in_breach", json_boolean(sums->in_breach));
}

/* Adds the pool's prices by instrument; where cross and isolated hold the same, cross counts. */
static void put_prices(const struct book *book, const struct pool *pool, json_t *liquidation,
                       json_t *bankruptcy) {
    for (uint16_t k = 0; k < pool->position_count; k++) {
        const struct position *position = &book_positions(book, pool)[k];
        const char *symbol = book->instruments[position->instrument].symbol;
        if (json_object_get(liquidation, symbol) != NULL)
            continue;
        (void)json_object_set_new(
            liquidation, symbol,
            number_or_null(margin_liquidation_price(book, pool, position->instrument)));
        (void)json_object_set_new(
            bankruptcy, symbol,
            number_or_null(margin_bankruptcy_price(book, pool, position->instrument)));
    }
}

/* The same for collateral that has a price of its own. */
static void put_asset_prices(const struct book *book, const struct pool *pool, json_t *liquidation,
                             json_t *bankruptcy) {
    size_t count;
    const struct holding *row = holdings_of(&book->holdings, (size_t)(pool - book->pools), &count);
    for (size_t k = 0; k < count; k++) {
        const struct collateral_rule *rule = &book->holdings.rules[row[k].asset];
        const char *asset = rule->asset->symbol;
        if (rule->fixed || book->instruments[rule->factor].kind != CONTRACT_SPOT)
            continue;
        (void)json_object_set_new(
            liquidation, asset, number_or_null(margin_liquidation_price(book, pool, rule->factor)));
        (void)json_object_set_new(
            bankruptcy, asset, number_or_null(margin_bankruptcy_price(book, pool, rule->factor)));
    }
}

/* The forced orders of the account's first wave; NULL: no memory. */
static json_t *first_wave(struct book *book, struct wave *wave, size_t first, size_t end) {
    if (first_wave_collect(book, wave, first, end, NULL) != STATUS_OK)
        return NULL;
    json_t *list = json_array();
    for (size_t o = 0; o < wave->orders.count; o++)
        (void)json_array_append_new(list, margin_explain_order(book, &wave->orders.rows[o]));
    return list;
}

static json_t *isolated_pool(const struct book *book, const struct pool *pool,
                             const struct sums *sums) {
    const struct position *position = &book_positions(book, pool)[0];
    const struct instrument *instrument = &book->instruments[position->instrument];
    json_t *object = json_object();
    (void)json_object_set_new(object, "instrument", json_string(instrument->symbol));
    (void)json_object_set_new(object, "quantity",
                              json_real(quantity_of(instrument, position->lots)));
    put_sums(object, sums);
    (void)json_object_set_new(
        object, "liquidation_price",
        number_or_null(margin_liquidation_price(book, pool, position->instrument)));
    (void)json_object_set_new(
        object, "bankruptcy_price",
        number_or_null(margin_bankruptcy_price(book, pool, position->instrument)));
    return object;
}

json_t *margin_answer_account(struct book *book, struct wave *wave, size_t first, size_t end) {
    const struct pool *pools = book->pools;
    char id[ACCOUNT_ID_SIZE];
    struct sums all = {.equity = 0};
    json_t *liquidation = json_object();
    json_t *bankruptcy = json_object();
    json_t *isolated = json_array();
    json_t *positions = json_array();
    json_t *collateral = json_array();
    json_t *open_orders = margin_explain_open_orders(book, &pools[first]);
    for (size_t k = first; k < end; k++) {
        const struct sums sums = sum_pool(book, &pools[k], k > first);
        all.balance += sums.balance;
        all.equity += sums.equity;
        all.maintenance += sums.maintenance;
        all.initial += sums.initial;
        all.in_breach = all.in_breach || sums.in_breach;
        put_prices(book, &pools[k], liquidation, bankruptcy);
        put_asset_prices(book, &pools[k], liquidation, bankruptcy);
        json_t *parts = margin_explain_positions(book, &pools[k]);
        (void)json_array_extend(positions, parts);
        json_decref(parts);
        parts = margin_explain_collateral(book, &pools[k]);
        (void)json_array_extend(collateral, parts);
        json_decref(parts);
        if (k > first)
            (void)json_array_append_new(isolated, isolated_pool(book, &pools[k], &sums));
    }
    json_t *orders = first_wave(book, wave, first, end);
    margin_explain_cancelled(book, &pools[first], open_orders);
    accounts_id(book->accounts, pools[first].account, id);
    json_t *object = json_object();
    (void)json_object_set_new(object, "account", json_string(id));
    put_sums(object, &all);
    (void)json_object_set_new(object, "liquidation_price", liquidation);
    (void)json_object_set_new(object, "bankruptcy_price", bankruptcy);
    (void)json_object_set_new(object, "would_close", orders);
    (void)json_object_set_new(object, "positions", positions);
    (void)json_object_set_new(object, "collateral", collateral);
    if (json_array_size(open_orders) > 0)
        (void)json_object_set_new(object, "open_orders", open_orders);
    else
        json_decref(open_orders);
    if (json_array_size(isolated) > 0)
        (void)json_object_set_new(object, "isolated", isolated);
    else
        json_decref(isolated);
    if (accounts_view(book->accounts, pools[first].account).exempt)
        (void)json_object_set_new(object, "exempt", json_true());
    return object;
}
