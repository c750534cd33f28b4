#include "engine/book/margin_prices.h"

#include <math.h>

/* One pool, of which one instrument's price is varied. Everything in long double and not rounded:
 * what is looked for lies between ticks. */
struct probe {
    const struct book *book;
    const struct pool *pool;
    uint32_t instrument;
    bool with_margin; /* slack; else equity, collateral at its full value */
};

static long double price_of(const struct probe *probe, uint32_t instrument, long double price) {
    return instrument == probe->instrument ? price : (long double)probe->book->prices[instrument];
}

/* Money of a position at a price in ticks. */
static long double value_at(const struct instrument *instrument, const struct position *position,
                            long double price) {
    const long double per_lot =
        (long double)instrument->value_num / (long double)instrument->value_den;
    return instrument_is_inverse(instrument) ? -(long double)position->lots * per_lot / price
                                             : (long double)position->lots * per_lot * price;
}

static long double weighted(const struct collateral_asset *asset, long double quantity) {
    long double counted = 0.0L;
    long double from = 0.0L;
    for (size_t b = 0; b < asset->band_count && quantity > from; b++) {
        const long double end = (long double)asset->bands[b].up_to;
        const long double to = b + 1 == asset->band_count || quantity < end ? quantity : end;
        counted += (to - from) * (long double)asset->bands[b].weight_e8;
        from = to;
    }
    counted /= (long double)RATE_SCALE;
    if (asset->sqrt_factor.mantissa != 0) {
        const long double root = sqrtl(quantity / (long double)MONEY_SCALE);
        const long double most = quantity * (long double)decimal_to_double(asset->sqrt_top) /
                                 (1.0L + (long double)decimal_to_double(asset->sqrt_factor) * root);
        counted = most < counted ? most : counted;
    }
    return counted;
}

static long double requirement_at(const struct margin_rule *rule, const struct position *position,
                                  long double notional) {
    struct margin_form form;
    margin_form_of(rule, position->lots, position->cost, &form);
    if (form.quadratic != NULL) {
        const int64_t rate = margin_size_rate(form.quadratic, 0, 0, (int128)notional);
        return notional * (long double)rate / (long double)SIZE_RATE_SCALE +
               (long double)form.quadratic->minimum;
    }
    size_t k = 0;
    while (k + 1 < form.count && notional > (long double)form.brackets[k].cap)
        k++;
    const long double margin =
        (notional * (long double)form.brackets[k].rate - (long double)form.brackets[k].deduction) /
        (long double)form.divisor;
    return margin > 0.0L ? margin : 0.0L;
}

/* Money of 1e-8 of an asset, with the probe's price. */
static long double unit_of(const struct probe *probe, const struct collateral_rule *rule,
                           long double price) {
    return (long double)rule->num / (long double)rule->den *
           (rule->fixed ? 1.0L : price_of(probe, rule->factor, price));
}

/* The same of what an instrument's contracts settle in. */
static long double settles_at(const struct probe *probe, uint32_t instrument, long double price) {
    const struct holdings *holdings = &probe->book->holdings;
    return book_in_coin(probe->book, instrument)
               ? unit_of(probe, &holdings->rules[holdings->settles[instrument]], price)
               : 1.0L;
}

/* What the pool's contracts have gained in an asset, unrealised. */
static long double gains_at(const struct probe *probe, uint32_t asset, long double price) {
    const struct book *book = probe->book;
    const struct position *position = book_positions(book, probe->pool);
    long double gains = 0.0L;
    for (uint16_t k = 0; k < probe->pool->position_count; k++, position++) {
        const uint32_t i = position->instrument;
        if (position->lots != 0 && book_in_coin(book, i) && book->holdings.settles[i] == asset)
            gains += value_at(&book->instruments[i], position, price_of(probe, i, price)) -
                     (long double)position->cost;
    }
    return gains;
}

/* Equity with what other assets count for; their full value where no margin is asked. */
static long double add_holdings(const struct probe *probe, long double price, long double equity) {
    const struct holdings *holdings = &probe->book->holdings;
    if (probe->with_margin && holdings->settlement_weighted && equity > 0.0L)
        equity = weighted(holdings->settlement.asset, equity);
    size_t count;
    const struct holding *row =
        holdings_of(holdings, (size_t)(probe->pool - probe->book->pools), &count);
    for (size_t k = 0; k < count; k++) {
        const struct collateral_rule *rule = &holdings->rules[row[k].asset];
        const long double unit = unit_of(probe, rule, price);
        const long double quantity =
            (long double)row[k].quantity + gains_at(probe, row[k].asset, price);
        if (!probe->with_margin)
            equity += quantity * unit;
        else if (quantity >= 0.0L)
            equity += weighted(rule->asset, quantity) * unit;
        else
            equity += quantity * unit * (long double)rule->owed_e8 / (long double)RATE_SCALE;
    }
    return equity;
}

/* Portfolio margin between ticks: exposures from prices that are no ticks. */
static long double portfolio_at(const struct probe *probe, long double price) {
    const struct book *book = probe->book;
    struct portfolio_exposure exposures[SCENARIO_EXPOSURES_MAX];
    size_t count = 0;
    const struct position *position = book_positions(book, probe->pool);
    for (uint16_t k = 0; k < probe->pool->position_count; k++, position++) {
        const uint32_t i = position->instrument;
        if (position->lots == 0)
            continue;
        const int128 value =
            (int128)(value_at(&book->instruments[i], position, price_of(probe, i, price)) *
                     settles_at(probe, i, price));
        exposures[count++] =
            (struct portfolio_exposure){.factor = i,
                                        .unit = book->portfolio.unit_of[i],
                                        .inverse = instrument_is_inverse(&book->instruments[i]),
                                        .value = {value, value}};
    }
    size_t holdings;
    const struct holding *row =
        holdings_of(&book->holdings, (size_t)(probe->pool - book->pools), &holdings);
    for (size_t k = 0; k < holdings && book->rulebook->margin.portfolio->holdings; k++) {
        const struct collateral_rule *rule = &book->holdings.rules[row[k].asset];
        if (rule->fixed || row[k].quantity == 0)
            continue;
        const int128 value =
            (int128)((long double)row[k].quantity * (long double)rule->num /
                     (long double)rule->den * price_of(probe, rule->factor, price));
        exposures[count++] =
            (struct portfolio_exposure){.factor = rule->factor,
                                        .unit = book->portfolio.unit_of[rule->factor],
                                        .value = {value, value}};
    }
    return (long double)portfolio_rule_requirement(&book->portfolio, exposures, count);
}

/* Slack or equity at a price of the instrument, all else held. */
static long double slack_at(const struct probe *probe, long double price) {
    const struct book *book = probe->book;
    const struct position *position = book_positions(book, probe->pool);
    long double equity = (long double)probe->pool->wallet;
    long double requirement = 0.0L;
    for (uint16_t k = 0; k < probe->pool->position_count; k++, position++) {
        const uint32_t i = position->instrument;
        if (position->lots == 0)
            continue;
        const long double value =
            value_at(&book->instruments[i], position, price_of(probe, i, price));
        if (!book_in_coin(book, i)) /* else the coin's balance has it */
            equity += value - (long double)position->cost;
        if (probe->with_margin)
            requirement += requirement_at(&book->rules[i], position, fabsl(value)) *
                           settles_at(probe, i, price);
    }
    if (probe->with_margin && book->rulebook->margin.portfolio != NULL)
        requirement = portfolio_at(probe, price);
    if (probe->with_margin)
        requirement += (long double)open_orders_margin(&book->open_orders,
                                                       (uint32_t)(probe->pool - book->pools));
    return add_holdings(probe, price, equity) - requirement;
}

/* Where the slack changes sign between two prices, by halving in log price. */
static long double root_between(const struct probe *probe, long double a, long double b) {
    const bool sign = slack_at(probe, a) >= 0.0L;
    for (int step = 0; step < 200; step++) {
        const long double middle = sqrtl(a) * sqrtl(b);
        if (middle == a || middle == b)
            break;
        if ((slack_at(probe, middle) >= 0.0L) == sign)
            a = middle;
        else
            b = middle;
    }
    return b;
}

#define STEP_FIRST 0.002L /* of log price; grows by a twentieth each time */
#define STEP_MAX 0.2L
#define REACH 24.0L /* e^24 either way: beyond it there is no price */

/* The nearest price, in log distance from the present one, at which the slack changes sign. NaN:
 * there is none within reach. */
static long double nearest_root(const struct probe *probe) {
    const long double now = (long double)probe->book->prices[probe->instrument];
    const bool sign = slack_at(probe, now) >= 0.0L;
    long double before = 0.0L;
    long double step = STEP_FIRST;
    while (before < REACH) {
        const long double distance = before + step;
        long double found = NAN;
        for (int way = -1; way <= 1; way += 2) {
            const long double end = now * expl((long double)way * distance);
            if ((slack_at(probe, end) >= 0.0L) == sign)
                continue;
            const long double root =
                root_between(probe, now * expl((long double)way * before), end);
            if (isnan(found) || fabsl(logl(root / now)) < fabsl(logl(found / now)))
                found = root;
        }
        if (!isnan(found))
            return found;
        before = distance;
        step = step * 1.05L < STEP_MAX ? step * 1.05L : STEP_MAX;
    }
    return NAN;
}

static double root_price(const struct book *book, const struct pool *pool, uint32_t instrument,
                         bool with_margin) {
    const struct probe probe = {book, pool, instrument, with_margin};
    const struct decimal tick = book->instruments[instrument].price_tick;
    return (double)(nearest_root(&probe) * (long double)tick.mantissa /
                    (long double)units_pow10(tick.decimals));
}

double margin_liquidation_price(const struct book *book, const struct pool *pool,
                                uint32_t instrument) {
    return root_price(book, pool, instrument, true);
}

double margin_bankruptcy_price(const struct book *book, const struct pool *pool,
                               uint32_t instrument) {
    return root_price(book, pool, instrument, false);
}
