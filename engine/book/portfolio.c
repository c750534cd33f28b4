#include "engine/book/portfolio.h"

#include <string.h>

#include "engine/book/coins.h"

/* One price the pool depends on, and the ends of its box. */
struct factor {
    uint32_t instrument;
    int64_t end[2]; /* ticks: down, up */
};

struct factors {
    size_t count;
    struct factor rows[SCENARIO_EXPOSURES_MAX];
};

static bool nets(const struct book *book, const struct holding *holding) {
    return book->rulebook->margin.portfolio->holdings &&
           !book->holdings.rules[holding->asset].fixed;
}

/* Value of a position at the two ends of the prices it depends on, money. One that settles in a
 * coin is worth the most coin, of a linear contract, where the coin is worth most as well; an
 * inverse contract's value goes with the coin's price over its own. */
static void value_ends(const struct book *book, uint32_t i, int64_t lots, const int64_t *low,
                       const int64_t *high, int128 ret_value[2]) {
    const struct instrument *instrument = &book->instruments[i];
    ret_value[0] = instrument_value_floor(instrument, lots, low[i]);
    ret_value[1] = instrument_value_floor(instrument, lots, high[i]);
    if (!book_in_coin(book, i))
        return;
    const bool inverse = instrument_is_inverse(instrument);
    ret_value[0] = coins_money(book, i, ret_value[0], inverse ? high : low);
    ret_value[1] = coins_money(book, i, ret_value[1], inverse ? low : high);
}

/* Exposures of the pool, positions first, with values at both ends. Gives their number. */
static size_t expose(const struct book *book, const struct pool *pool, const int64_t *low,
                     const int64_t *high, uint16_t changed, int64_t lots,
                     struct portfolio_exposure *ret_exposures) {
    const struct position *position = book_positions(book, pool);
    size_t count = 0;
    for (uint16_t k = 0; k < pool->position_count; k++) {
        const int64_t held = k == changed ? lots : position[k].lots;
        const uint32_t i = position[k].instrument;
        if (held == 0)
            continue;
        struct portfolio_exposure *exposure = &ret_exposures[count++];
        *exposure =
            (struct portfolio_exposure){.factor = i,
                                        .unit = book->portfolio.unit_of[i],
                                        .inverse = instrument_is_inverse(&book->instruments[i])};
        value_ends(book, i, held, low, high, exposure->value);
    }
    size_t holdings;
    const struct holding *row =
        holdings_of(&book->holdings, (size_t)(pool - book->pools), &holdings);
    for (size_t k = 0; k < holdings; k++) {
        if (row[k].quantity == 0 || !nets(book, &row[k]))
            continue;
        const struct collateral_rule *rule = &book->holdings.rules[row[k].asset];
        ret_exposures[count++] = (struct portfolio_exposure){
            .factor = rule->factor,
            .unit = book->portfolio.unit_of[rule->factor],
            .value = {collateral_value(rule, row[k].quantity, low[rule->factor]),
                      collateral_value(rule, row[k].quantity, high[rule->factor])}};
    }
    return count;
}

/* Without portfolio margin: each position at its worse end, a coin at its highest. */
static int128 sum_between(const struct book *book, const struct pool *pool, const int64_t *low,
                          const int64_t *high) {
    int128 sum = 0;
    for (uint16_t k = 0; k < pool->position_count; k++) {
        const struct position *position = &book_positions(book, pool)[k];
        const uint32_t i = position->instrument;
        if (position->lots == 0)
            continue;
        const struct margin_rule *rule = &book->rules[i];
        const int128 a = margin_requirement(rule, position->lots, position->cost,
                                            margin_notional(rule, position->lots, low[i]));
        const int128 b = margin_requirement(rule, position->lots, position->cost,
                                            margin_notional(rule, position->lots, high[i]));
        const int128 worse = a > b ? a : b;
        sum += book_in_coin(book, i) ? -coins_money(book, i, -worse, high) : worse;
    }
    return sum;
}

static int128 requirement_between(const struct book *book, const struct pool *pool,
                                  const int64_t *low, const int64_t *high, uint16_t changed,
                                  int64_t lots) {
    if (book->rulebook->margin.portfolio == NULL)
        return sum_between(book, pool, low, high);
    struct portfolio_exposure exposures[SCENARIO_EXPOSURES_MAX];
    const size_t count = expose(book, pool, low, high, changed, lots, exposures);
    return portfolio_rule_requirement(&book->portfolio, exposures, count);
}

int128 portfolio_requirement(const struct book *book, const struct pool *pool,
                             const int64_t *prices, uint16_t changed, int64_t lots) {
    return requirement_between(book, pool, prices, prices, changed, lots);
}

/* ---- the box ---- */

static void factor_add(struct factors *factors, uint32_t instrument) {
    for (size_t f = 0; f < factors->count; f++)
        if (factors->rows[f].instrument == instrument)
            return;
    factors->rows[factors->count++] = (struct factor){.instrument = instrument};
}

static void factors_of(const struct book *book, const struct pool *pool, struct factors *factors) {
    factors->count = 0;
    for (uint16_t k = 0; k < pool->position_count; k++)
        if (book_positions(book, pool)[k].lots != 0)
            factor_add(factors, book_positions(book, pool)[k].instrument);
    size_t count;
    const struct holding *row = holdings_of(&book->holdings, (size_t)(pool - book->pools), &count);
    for (size_t k = 0; k < count; k++)
        if ((row[k].quantity != 0 || book->holdings.settles != NULL) &&
            !book->holdings.rules[row[k].asset].fixed)
            factor_add(factors, book->holdings.rules[row[k].asset].factor);
}

/* What the pool's positions in an instrument are worth at a price of it; those in coins are counted
 * with these. */
static int128 positions_at(const struct book *book, const struct pool *pool, uint32_t instrument,
                           int64_t price) {
    int128 value = 0;
    for (uint16_t k = 0; k < pool->position_count && !book_in_coin(book, instrument); k++) {
        const struct position *position = &book_positions(book, pool)[k];
        if (position->instrument == instrument && position->lots != 0)
            value += instrument_value_floor(&book->instruments[instrument], position->lots, price);
    }
    return value;
}

/* A row that counts with gains of contracts in it; NULL: none are. */
static int128 row_share(const struct book *book, const struct holding *row, const int128 *gains,
                        size_t k, int64_t price) {
    const struct collateral_rule *rule = &book->holdings.rules[row[k].asset];
    const int64_t quantity = gains == NULL ? row[k].quantity : holding_balance(&row[k], gains[k]);
    return collateral_counted(rule, quantity, price) -
           collateral_requirement(rule, quantity, price);
}

/* What its holdings that an instrument values count for at a price of it, less what owing them
 * asks.
 */
static int128 holdings_at(const struct book *book, const struct pool *pool, const int128 *gains,
                          uint32_t instrument, int64_t price) {
    int128 share = 0;
    size_t count;
    const struct holding *row = holdings_of(&book->holdings, (size_t)(pool - book->pools), &count);
    for (size_t k = 0; k < count; k++) {
        const struct collateral_rule *rule = &book->holdings.rules[row[k].asset];
        if (!rule->fixed && rule->factor == instrument)
            share += row_share(book, row, gains, k, price);
    }
    return share;
}

/* Gains of the pool's rows now, and the least that they can be in the box; `some`: there are any.
 */
struct coin_gains {
    bool some;
    int128 now[ASSETS_MAX];
    int128 least[ASSETS_MAX];
};

/* What contracts may lose in coins whose price does not move. */
static int128 lost_in_fixed(const struct book *book, const struct pool *pool,
                            const struct coin_gains *gains) {
    int128 lost = 0;
    size_t count;
    const struct holding *row = holdings_of(&book->holdings, (size_t)(pool - book->pools), &count);
    for (size_t k = 0; gains->some && k < count; k++)
        if (book->holdings.rules[row[k].asset].fixed)
            lost +=
                row_share(book, row, gains->now, k, 1) - row_share(book, row, gains->least, k, 1);
    return lost;
}

static int128 fall(int128 now, int128 down, int128 up) {
    const int128 least = down < up ? down : up;
    return now > least ? now - least : 0;
}

/* The most that slack may lose through one price, and what contracts settle in of the asset it
 * values: these are as low as they can be anywhere in the box, since what counts rises with the
 * balance. Positions and holdings net against each other, unless the settlement asset counts for
 * less than it is: then a gain may not make up for a loss. */
static int128 lost_between(const struct book *book, const struct pool *pool,
                           const struct factor *factor, const struct coin_gains *gains) {
    const uint32_t i = factor->instrument;
    int128 positions[3];
    int128 holdings[3];
    const int64_t prices[3] = {book->prices[i], factor->end[0], factor->end[1]};
    for (size_t k = 0; k < 3; k++) {
        positions[k] = positions_at(book, pool, i, prices[k]);
        const int128 *own = k == 0 ? gains->now : gains->least;
        holdings[k] = holdings_at(book, pool, gains->some ? own : NULL, i, prices[k]);
    }
    if (book->holdings.settlement_weighted)
        return fall(positions[0], positions[1], positions[2]) +
               fall(holdings[0], holdings[1], holdings[2]);
    return fall(positions[0] + holdings[0], positions[1] + holdings[1], positions[2] + holdings[2]);
}

#define ROUNDINGS 6 /* units of money that a share or an exposure may be off by its roundings */

/* Whether slack cannot be gone with every price between its ends. Shares are linear or monotone in
 * their one price, so each is at its least at an end; bands on the settlement asset take no more
 * than what equity loses. */
static bool box_is_safe(const struct book *book, const struct pool *pool,
                        const struct factors *factors, struct coin_gains *gains, int64_t *low,
                        int64_t *high, int128 budget) {
    for (size_t f = 0; f < factors->count; f++) {
        low[factors->rows[f].instrument] = factors->rows[f].end[0];
        high[factors->rows[f].instrument] = factors->rows[f].end[1];
    }
    if (gains->some)
        coins_least_gains(book, pool, low, high, gains->least);
    int128 lost = lost_in_fixed(book, pool, gains);
    for (size_t f = 0; f < factors->count; f++)
        lost += lost_between(book, pool, &factors->rows[f], gains) +
                ROUNDINGS * (pool->position_count + 4);
    const int128 most = requirement_between(book, pool, low, high, UINT16_MAX, 0) + ROUNDINGS;
    const int128 now = requirement_between(book, pool, book->prices, book->prices, UINT16_MAX, 0);
    return lost + (most > now ? most - now : 0) <= budget;
}

#define WIDTHS 40 /* each 1/sqrt(2) of the one before; the last is a millionth of a price */

static void set_ends(const struct book *book, struct factors *factors, double width) {
    double volatility_max = 0.0;
    for (size_t f = 0; f < factors->count; f++) {
        const uint32_t i = factors->rows[f].instrument;
        const double v = book->volatility != NULL ? book->volatility[i] : 1.0;
        volatility_max = v > volatility_max ? v : volatility_max;
    }
    for (size_t f = 0; f < factors->count; f++) {
        struct factor *factor = &factors->rows[f];
        const int64_t now = book->prices[factor->instrument];
        const double v = book->volatility != NULL ? book->volatility[factor->instrument] : 1.0;
        const double share = volatility_max > 0.0 ? width * (v / volatility_max) : width;
        const int64_t reach = (int64_t)((double)now * share);
        factor->end[0] = now - reach < 1 ? 1 : now - reach;
        factor->end[1] = now + reach > INT64_MAX / 2 ? INT64_MAX / 2 : now + reach;
    }
}

/* The widest of WIDTHS that is safe, found by halving: a wider box is never safer. None: the pool
 * is looked at after every move. */
static void find_ends(const struct book *book, const struct pool *pool, struct factors *factors,
                      int128 budget) {
    int64_t low[INSTRUMENTS_MAX];
    int64_t high[INSTRUMENTS_MAX];
    struct coin_gains gains;
    gains.some = coins_open(book, pool) && coins_gains(book, pool, book->prices, gains.now);
    double width[WIDTHS];
    width[0] = 0.5;
    for (size_t w = 1; w < WIDTHS; w++)
        width[w] = width[w - 1] * 0.70710678118654752;
    size_t first = 0;
    size_t end = WIDTHS; /* the first safe one is in [first, end] */
    while (first < end) {
        const size_t middle = first + (end - first) / 2;
        set_ends(book, factors, width[middle]);
        if (box_is_safe(book, pool, factors, &gains, low, high, budget))
            end = middle;
        else
            first = middle + 1;
    }
    set_ends(book, factors, first < WIDTHS ? width[first] : 0.0);
}

enum status portfolio_check(const struct book *book, struct error *reterr) {
    const bool by_pool = book->rulebook->margin.portfolio != NULL;
    if (!by_pool && book->holdings.settles == NULL)
        return STATUS_OK;
    for (size_t p = 0; p < book->pool_count; p++) {
        size_t holdings;
        (void)holdings_of(&book->holdings, p, &holdings);
        if (book->pools[p].position_count + holdings <= SCENARIO_EXPOSURES_MAX ||
            (!by_pool && !coins_open(book, &book->pools[p])))
            continue;
        char id[ACCOUNT_ID_SIZE];
        accounts_id(book->accounts, book->pools[p].account, id);
        return error_set(reterr, STATUS_CONFIG,
                         "account '%s': more than %d positions and balances, which %s does not "
                         "take",
                         id, SCENARIO_EXPOSURES_MAX,
                         by_pool ? "margin.scenario" : "an account with contracts in a coin");
    }
    return STATUS_OK;
}

enum status portfolio_box(struct book *book, uint32_t pool_index, struct error *reterr) {
    const struct pool *pool = &book->pools[pool_index];
    const struct pool_health health = book_health(book, pool, book->prices);
    int128 budget = health.equity - health.requirement;
    if (book->rulebook->margin.trigger == TRIGGER_AT_OR_BELOW)
        budget -= 1;
    struct factors factors;
    factors_of(book, pool, &factors);
    find_ends(book, pool, &factors, budget);
    enum status status = STATUS_OK;
    for (size_t f = 0; f < factors.count && status == STATUS_OK; f++) {
        const struct factor *factor = &factors.rows[f];
        const uint32_t i = factor->instrument;
        const uint32_t generation = book->generation[pool_index];
        if (factor->end[0] > 1)
            status = ladder_add(&book->falls[i], &book->arena, factor->end[0] - 1, pool_index,
                                generation, reterr);
        if (status == STATUS_OK)
            status = ladder_add(&book->rises[i], &book->arena, factor->end[1] + 1, pool_index,
                                generation, reterr);
        struct ladder *const ladders[] = {&book->falls[i], &book->rises[i]};
        for (size_t k = 0; k < 2 && status == STATUS_OK; k++) {
            const size_t live = (size_t)book->open_longs[i] + book->open_shorts[i];
            if (ladder_count(ladders[k]) > live + live / 2 + 1024)
                status = ladder_compact(ladders[k], &book->arena, book->generation, reterr);
        }
    }
    return status;
}
