#include "engine/margin_prices.h"

#include <math.h>

/* Money units of a position at a price in ticks, not rounded. */
static long double value_at(const struct book *book, const struct position *position,
                            long double price) {
    const struct instrument *instrument = &book->instruments[position->instrument];
    return (long double)position->lots * price * (long double)instrument->value_num /
           (long double)instrument->value_den;
}

static long double maintenance_at(const struct book *book, const struct position *position,
                                  long double price) {
    const struct margin_rule *rule = &book->rules[position->instrument];
    const long double notional = fabsl(value_at(book, position, price));
    size_t k = 0;
    while (k + 1 < rule->bracket_count && notional > (long double)rule->brackets[k].cap)
        k++;
    const long double margin = (notional * (long double)rule->brackets[k].rate -
                                (long double)rule->brackets[k].deduction) /
                               (long double)rule->divisor;
    return margin > 0.0L ? margin : 0.0L;
}

/* What is left for position `index` to lose: the pool's equity without its value, less the
 * requirement of the others (0 of them where `with_margin` is not set). */
static long double rest_of_pool(const struct book *book, const struct pool *pool, uint16_t index,
                                bool with_margin) {
    const struct position *positions = book_positions(book, pool);
    long double rest = (long double)pool->wallet;
    for (uint16_t k = 0; k < pool->position_count; k++) {
        const long double price = (long double)book->prices[positions[k].instrument];
        rest -= (long double)positions[k].cost;
        if (k == index)
            continue;
        rest += value_at(book, &positions[k], price);
        if (with_margin)
            rest -= maintenance_at(book, &positions[k], price);
    }
    return rest;
}

/* The notional x of the position at which rest + sign * x = max(0, (x R - D) / V). The left side
 * less the right one is monotone in x (R <= V), so the root is unique. NaN: there is none. */
static long double notional_at_breach(const struct margin_rule *rule, long double sign,
                                      long double rest) {
    const long double v = (long double)rule->divisor;
    long double floor = 0.0L;
    /* Where no margin is asked, the root is bankruptcy itself. */
    const long double bare = -sign * rest;
    if (bare > 0.0L) {
        size_t k = 0;
        while (k + 1 < rule->bracket_count && bare > (long double)rule->brackets[k].cap)
            k++;
        if (bare * (long double)rule->brackets[k].rate <= (long double)rule->brackets[k].deduction)
            return bare;
    }
    for (size_t k = 0; k < rule->bracket_count; k++) {
        const long double rate = (long double)rule->brackets[k].rate / v;
        const long double deduction = (long double)rule->brackets[k].deduction / v;
        const long double cap = k + 1 < rule->bracket_count ? (long double)rule->brackets[k].cap
                                                            : (long double)INFINITY;
        /* rest + sign x = x rate - deduction */
        const long double slope = rate - sign;
        const long double x = slope != 0.0L ? (rest + deduction) / slope : -1.0L;
        const long double slack = cap * 1e-15L; /* a root at a seam belongs to either side */
        if (x > floor - floor * 1e-15L && (isinf(cap) || x <= cap + slack) && x > 0.0L)
            return x;
        floor = cap;
    }
    return (long double)NAN;
}

static double price_of_notional(const struct book *book, const struct position *position,
                                long double notional) {
    const struct instrument *instrument = &book->instruments[position->instrument];
    const long double lots = fabsl((long double)position->lots);
    const long double ticks =
        notional * (long double)instrument->value_den / (lots * (long double)instrument->value_num);
    return (double)(ticks * (long double)instrument->price_tick.mantissa /
                    (long double)units_pow10(instrument->price_tick.decimals));
}

double margin_liquidation_price(const struct book *book, const struct pool *pool, uint16_t index) {
    const struct position *position = &book_positions(book, pool)[index];
    const long double notional =
        notional_at_breach(&book->rules[position->instrument], position->lots > 0 ? 1.0L : -1.0L,
                           rest_of_pool(book, pool, index, true));
    return isnan(notional) ? (double)NAN : price_of_notional(book, position, notional);
}

double margin_bankruptcy_price(const struct book *book, const struct pool *pool, uint16_t index) {
    const struct position *position = &book_positions(book, pool)[index];
    const long double rest = rest_of_pool(book, pool, index, false);
    const long double notional = position->lots > 0 ? -rest : rest;
    return notional > 0.0L ? price_of_notional(book, position, notional) : (double)NAN;
}
