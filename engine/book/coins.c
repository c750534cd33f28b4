#include "engine/book/coins.h"

#include "engine/book/portfolio.h"

static const struct collateral_rule *rule_of(const struct book *book, uint32_t instrument) {
    return &book->holdings.rules[book->holdings.settles[instrument]];
}

static int64_t price_of(const struct collateral_rule *rule, const int64_t *prices) {
    return rule->fixed ? 1 : prices[rule->factor];
}

int128 coins_money(const struct book *book, uint32_t instrument, int128 amount,
                   const int64_t *prices) {
    const struct collateral_rule *rule = rule_of(book, instrument);
    return div_floor(amount * price_of(rule, prices) * rule->num, rule->den);
}

int128 coins_bought(const struct book *book, uint32_t instrument, int128 money) {
    const struct collateral_rule *rule = rule_of(book, instrument);
    const int64_t price = price_of(rule, book->prices);
    assert(price > 0);
    return div_floor(money * rule->den, price * rule->num);
}

bool coins_open(const struct book *book, const struct pool *pool) {
    const struct position *position = book_positions(book, pool);
    for (uint16_t k = 0; book->holdings.settles != NULL && k < pool->position_count; k++)
        if (position[k].lots != 0 && book_in_coin(book, position[k].instrument))
            return true;
    return false;
}

bool coins_are_priced(const struct book *book, uint32_t instrument) {
    return !book_in_coin(book, instrument) || price_of(rule_of(book, instrument), book->prices) > 0;
}

/* The pool's row of the coin in which a contract of it settles: it has one for each. */
static size_t row_of(const struct book *book, const struct pool *pool, uint32_t instrument) {
    size_t count;
    const struct holding *row = holdings_of(&book->holdings, (size_t)(pool - book->pools), &count);
    size_t k = 0;
    while (k < count && row[k].asset != book->holdings.settles[instrument])
        k++;
    assert(k < count);
    return k;
}

static void clear_rows(const struct book *book, const struct pool *pool, int128 *ret_gains) {
    size_t count;
    (void)holdings_of(&book->holdings, (size_t)(pool - book->pools), &count);
    for (size_t k = 0; k < count; k++)
        ret_gains[k] = 0;
}

bool coins_gains(const struct book *book, const struct pool *pool, const int64_t *prices,
                 int128 *ret_gains) {
    const struct position *position = book_positions(book, pool);
    bool open = false;
    clear_rows(book, pool, ret_gains);
    for (uint16_t k = 0; k < pool->position_count; k++, position++) {
        const uint32_t i = position->instrument;
        if (position->lots == 0 || !book_in_coin(book, i) || prices[i] <= 0)
            continue;
        open = true;
        ret_gains[row_of(book, pool, i)] +=
            instrument_value_floor(&book->instruments[i], position->lots, prices[i]) -
            position->cost;
    }
    return open;
}

struct pool_health coins_health(const struct book *book, const struct pool *pool,
                                const int64_t *prices) {
    struct pool_health health = {pool->wallet, 0, 0};
    const struct position *position = book_positions(book, pool);
    int128 gains[ASSETS_MAX];
    const bool open = coins_gains(book, pool, prices, gains);
    for (uint16_t k = 0; k < pool->position_count; k++, position++) {
        const uint32_t i = position->instrument;
        if (position->lots == 0)
            continue;
        const struct margin_rule *rule = &book->rules[i];
        const int128 asked = margin_requirement(rule, position->lots, position->cost,
                                                margin_notional(rule, position->lots, prices[i]));
        if (book_in_coin(book, i)) {
            health.requirement -= coins_money(book, i, -asked, prices);
            continue;
        }
        health.equity += instrument_value_floor(&book->instruments[i], position->lots, prices[i]) -
                         position->cost;
        health.requirement += asked;
    }
    if (book->rulebook->margin.portfolio != NULL)
        health.requirement = portfolio_requirement(book, pool, prices, UINT16_MAX, 0);
    health.worth = health.equity;
    holdings_health(&book->holdings, (size_t)(pool - book->pools), prices, open ? gains : NULL,
                    &health.equity, &health.worth, &health.requirement);
    return health;
}

/* ---- booking ---- */

int64_t *coins_purse(struct book *book, struct pool *pool, uint32_t instrument) {
    if (!book_in_coin(book, instrument))
        return &pool->wallet;
    size_t count;
    struct holding *row = holdings_of(&book->holdings, (size_t)(pool - book->pools), &count);
    return &row[row_of(book, pool, instrument)].quantity;
}

void coins_fill(struct book *book, uint32_t instrument, int64_t lots, int128 proceeds,
                bool is_seen) {
    if (!book_in_coin(book, instrument)) {
        ledger_fill(&book->ledger, instrument, lots, proceeds);
        book->ledger.recorded_proceeds += is_seen ? 0 : proceeds;
        return;
    }
    const uint32_t asset = book->holdings.settles[instrument];
    book->ledger.market_lots[instrument] += lots;
    book->holdings.market[asset] -= proceeds;
    book->holdings.unseen[asset] += is_seen ? proceeds : 0;
}

void coins_record(struct book *book, const struct liquidation_record *row) {
    if (book_in_coin(book, row->instrument))
        book->holdings.unseen[book->holdings.settles[row->instrument]] -= instrument_value_floor(
            &book->instruments[row->instrument], row->quantity_lots, row->price_ticks);
    else
        ledger_record(&book->ledger, row);
}

int128 coins_sell(struct book *book, uint32_t instrument, int128 amount) {
    if (!book_in_coin(book, instrument))
        return amount;
    const int128 money = coins_money(book, instrument, amount, book->prices);
    book->holdings.market[book->holdings.settles[instrument]] += amount;
    book->ledger.market_cash -= money;
    book->ledger.recorded_proceeds += money;
    return money;
}

int128 coins_inventory_gain_of(const struct book *book, const struct inventory *inventory,
                               uint32_t i) {
    if (book->prices[i] <= 0 || inventory->lots[i] == 0)
        return 0;
    return book_money(
        book, i,
        instrument_value_floor(&book->instruments[i], inventory->lots[i], book->prices[i]) -
            inventory->cost[i]);
}

int128 coins_inventory_gain(const struct book *book, const struct inventory *inventory) {
    int128 gain = 0;
    for (uint32_t i = 0; i < book->instrument_count; i++)
        gain += coins_inventory_gain_of(book, inventory, i);
    return gain;
}

int128 coins_inventory_notional(const struct book *book, const struct inventory *inventory) {
    int128 notional = 0;
    for (uint32_t i = 0; i < book->instrument_count; i++)
        if (book->prices[i] > 0 && inventory->lots[i] != 0)
            notional += book_notional(book, i, inventory->lots[i]);
    return notional;
}

void coins_costs(const struct book *book, int128 *ret_costs) {
    const uint32_t *settles = book->holdings.settles;
    for (size_t k = 0; settles != NULL && k < book->position_count; k++)
        if (settles[book->positions[k].instrument] != SETTLES_OWN)
            ret_costs[settles[book->positions[k].instrument]] += book->positions[k].cost;
    for (size_t i = 0; settles != NULL && i < book->instrument_count; i++)
        if (settles[i] != SETTLES_OWN)
            ret_costs[settles[i]] += book->inventory.cost[i] + book->vault.cost[i];
}

/* ---- the box ---- */

/* Each contract's positions are monotone in its price together, but for a unit of rounding each. */
void coins_least_gains(const struct book *book, const struct pool *pool, const int64_t *low,
                       const int64_t *high, int128 *ret_least) {
    const struct position *position = book_positions(book, pool);
    clear_rows(book, pool, ret_least);
    for (uint16_t k = 0; k < pool->position_count; k++) {
        const uint32_t i = position[k].instrument;
        if (position[k].lots == 0 || !book_in_coin(book, i))
            continue;
        int128 end[2] = {0, 0};
        bool is_first = true;
        for (uint16_t j = 0; j < pool->position_count; j++) {
            if (position[j].instrument != i || position[j].lots == 0)
                continue;
            is_first = is_first && j >= k; /* those of one contract are summed with its first */
            const struct instrument *instrument = &book->instruments[i];
            end[0] += instrument_value_floor(instrument, position[j].lots, low[i]) - 1;
            end[1] += instrument_value_floor(instrument, position[j].lots, high[i]) - 1;
        }
        if (is_first)
            ret_least[row_of(book, pool, i)] += end[0] < end[1] ? end[0] : end[1];
        ret_least[row_of(book, pool, i)] -= position[k].cost;
    }
}
