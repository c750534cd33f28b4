#include "engine/liquidation/closing.h"

#include "engine/book/portfolio.h"
#include "engine/liquidation/block_limit.h"
#include "engine/liquidation/closing_terms.h"
#include "engine/liquidation/release_limit.h"
#include "engine/rules/risk_order.h"

/* What a position would ask for in its lowest tier or risk step, money; where there are none, what
 * it asks for. */
static int128 lowest_of(const struct book *book, const struct position *position) {
    const uint32_t i = position->instrument;
    const struct margin_rule *rule = &book->rules[i];
    const int128 at_mark = margin_notional(rule, position->lots, book->prices[i]);
    if (rule->by_size) {
        struct margin_rule lowest = *rule;
        lowest.size.step_e12 = 0;
        return book_money_up(book, i,
                             margin_requirement(&lowest, position->lots, position->cost, at_mark));
    }
    const int128 cost = position->cost < 0 ? -(int128)position->cost : position->cost;
    const int128 notional = rule->basis == BASIS_ENTRY ? cost : at_mark;
    const int128 scaled = notional * rule->brackets[0].rate - rule->brackets[0].deduction;
    return scaled <= 0 ? 0 : book_money_up(book, i, div_ceil(scaled, rule->divisor));
}

static int128 lowest_requirement(const struct book *book, const struct pool *pool) {
    const struct position *position = book_positions(book, pool);
    int128 requirement = 0;
    for (uint16_t k = 0; k < pool->position_count; k++)
        if (position[k].lots != 0)
            requirement += lowest_of(book, &position[k]);
    return requirement;
}

/* A partial rule gives way where it would not do, or has just been used. */
static bool must_be_full(const struct book *book, const struct pool *pool,
                         const struct closing *rule, struct pool_health health, int64_t now_ns) {
    if (book->full_until_ns != NULL && now_ns < book->full_until_ns[pool - book->pools])
        return true;
    if (rule->close != CLOSE_TIER_STEP || !book->rulebook->liquidation.full_below_lowest_tier ||
        book->rulebook->margin.portfolio != NULL) /* which knows no tiers */
        return false;
    health.requirement = lowest_requirement(book, pool);
    return book_in_breach(book, health);
}

struct closing closing_rule(const struct book *book, const struct limits *limits,
                            const struct pool *pool, struct pool_health health, int64_t now_ns) {
    const struct rulebook *rules = book->rulebook;
    const struct liquidation_stage *stage =
        rulebook_liquidation_stage(rules, health.equity, health.requirement);
    const bool of_stage = stage != NULL && stage->closing.action >= ACTION_CLOSE;
    struct closing rule = of_stage ? stage->closing : rulebook_closing(rules);
    rule.release_e4 = release_limit_part(limits, book, pool, closing_shortage(book, health));
    if (!of_stage && rules->liquidation.then_price == PRICE_BANKRUPTCY &&
        (pool->flags & POOL_CLOSING)) {
        rule.close = CLOSE_FULL;
        rule.price = PRICE_BANKRUPTCY;
    }
    if (must_be_full(book, pool, &rule, health, now_ns))
        rule.close = CLOSE_FULL;
    return rule;
}

bool closing_is_together(const struct closing *rule) {
    return rule->action == ACTION_BACKSTOP || rule->order == ORDER_ALL ||
           rule->order == ORDER_PROPORTIONAL;
}

static int128 delta_of(const struct book *book, const struct position *position, int64_t lots) {
    const int128 notional = book_notional(book, position->instrument, lots);
    return position->lots > 0 ? notional : -notional;
}

/* By how much the sum of signed notionals comes nearer to 0. */
static int128 delta_gain(const struct book *book, const struct pool *pool,
                         const struct position *position, int64_t closed) {
    int128 net = 0;
    for (uint16_t k = 0; k < pool->position_count; k++)
        if (book_positions(book, pool)[k].lots != 0)
            net +=
                delta_of(book, &book_positions(book, pool)[k], book_positions(book, pool)[k].lots);
    const int128 all = delta_of(book, position, position->lots);
    const int128 rest =
        closed == position->lots ? 0 : delta_of(book, position, position->lots - closed);
    return units_magnitude(net) - units_magnitude(net - all + rest);
}

/* Requirement that closing `closed` lots frees. */
static int128 relief_of(const struct book *book, const struct pool *pool,
                        const struct position *position, int64_t closed) {
    const int64_t lots = closed < 0 ? -closed : closed;
    if (book->rulebook->margin.portfolio == NULL)
        return book_requirement(book, position) - book_requirement_after(book, position, lots);
    const uint16_t index = (uint16_t)(position - book_positions(book, pool));
    return portfolio_requirement(book, pool, book->prices, UINT16_MAX, 0) -
           portfolio_requirement(book, pool, book->prices, index, position->lots - closed);
}

/* What the order looks at: the larger, the sooner. */
static int128 closing_weight(const struct book *book, const struct closing *rule,
                             const struct pool *pool, const struct position *position,
                             struct pool_health health) {
    switch (rule->order) {
    case ORDER_LARGEST_LOSS:
        return -book_money(book, position->instrument, book_value(book, position) - position->cost);
    case ORDER_LARGEST_MARGIN:
        return book_requirement(book, position);
    case ORDER_LARGEST_NOTIONAL:
        return book_notional(book, position->instrument, position->lots);
    case ORDER_LARGEST_RELIEF:
    case ORDER_OFFSET_FIRST:
        return relief_of(book, pool, position, closing_lots(book, rule, pool, position, health));
    case ORDER_DELTA_NEUTRAL:
        return delta_gain(book, pool, position, closing_lots(book, rule, pool, position, health));
    case ORDER_ALL:
    case ORDER_PROPORTIONAL:
    case ORDER_RANDOM:
        break;
    }
    return 0;
}

/* One of the open positions, drawn from time and account. */
static uint16_t closing_drawn(const struct book *book, const struct limits *limits,
                              const struct pool *pool) {
    const struct position *position = book_positions(book, pool);
    uint32_t open = 0;
    for (uint16_t k = 0; k < pool->position_count; k++)
        open += position[k].lots != 0;
    assert(open > 0);
    char id[ACCOUNT_ID_SIZE];
    accounts_id(book->accounts, pool->account, id);
    uint32_t left = risk_random_start(0, book->now_ns, account_id_number(id), open);
    uint16_t drawn = 0;
    while (position[drawn].lots == 0 || left-- > 0)
        drawn++;
    /* the first from there that has had no order in this block */
    for (uint16_t k = 0; k < pool->position_count; k++) {
        const uint16_t next = (uint16_t)((drawn + k) % pool->position_count);
        if (position[next].lots != 0 && !block_limit_spares(limits, book, &position[next]))
            return next;
    }
    return drawn;
}

uint16_t closing_first(const struct book *book, const struct limits *limits,
                       const struct closing *rule, const struct pool *pool,
                       struct pool_health health) {
    if (rule->order == ORDER_RANDOM)
        return closing_drawn(book, limits, pool);
    const struct position *position = book_positions(book, pool);
    uint16_t first = pool->position_count;
    int128 weight = 0;
    for (uint16_t k = 0; k < pool->position_count; k++) {
        if (position[k].lots == 0 || block_limit_spares(limits, book, &position[k]))
            continue;
        const int128 w = closing_weight(book, rule, pool, &position[k], health);
        if (first == pool->position_count || w > weight) {
            first = k;
            weight = w;
        }
    }
    assert(first < pool->position_count);
    return first;
}

/* As many lots of a position as make up a notional, one at least. */
static int64_t lots_of_notional(const struct book *book, const struct position *position,
                                int128 notional) {
    const int64_t lots = lots_magnitude(position->lots);
    const uint32_t i = position->instrument;
    int64_t part = instrument_lots_within(&book->instruments[i], book_bought(book, i, notional),
                                          book->prices[i]);
    part = part < 1 ? 1 : part > lots ? lots : part;
    return position->lots < 0 ? -part : part;
}

static bool may_pair(const struct book *book, const struct limits *limits, const struct position *a,
                     const struct position *b, bool by_unit) {
    if (a->lots == 0 || b->lots == 0 || (a->lots > 0) == (b->lots > 0) ||
        block_limit_spares(limits, book, a) || block_limit_spares(limits, book, b))
        return false;
    return by_unit
               ? book->portfolio.unit_of[a->instrument] == book->portfolio.unit_of[b->instrument]
               : a->instrument == b->instrument;
}

/* Of one contract as many lots as both have, of two as much notional. */
static struct closing_pair pair_of(const struct book *book, const struct pool *pool, uint16_t a,
                                   uint16_t b) {
    const struct position *x = &book_positions(book, pool)[a];
    const struct position *y = &book_positions(book, pool)[b];
    if (x->instrument == y->instrument) {
        const int64_t of_x = lots_magnitude(x->lots);
        const int64_t of_y = lots_magnitude(y->lots);
        const int64_t both = of_x < of_y ? of_x : of_y;
        return (struct closing_pair){{a, b},
                                     {x->lots < 0 ? -both : both, y->lots < 0 ? -both : both}};
    }
    const int128 of_x = units_magnitude(delta_of(book, x, x->lots));
    const int128 of_y = units_magnitude(delta_of(book, y, y->lots));
    const int128 both = of_x < of_y ? of_x : of_y;
    return (struct closing_pair){{a, b},
                                 {of_x == both ? x->lots : lots_of_notional(book, x, both),
                                  of_y == both ? y->lots : lots_of_notional(book, y, both)}};
}

bool closing_find_pair(const struct book *book, const struct limits *limits,
                       const struct closing *rule, const struct pool *pool,
                       struct closing_pair *ret_pair) {
    const struct position *position = book_positions(book, pool);
    const int passes = book->rulebook->margin.portfolio != NULL ? 2 : 1;
    if (rule->order != ORDER_OFFSET_FIRST || rule->action == ACTION_BACKSTOP)
        return false;
    for (int pass = 0; pass < passes; pass++)
        for (uint16_t a = 0; a < pool->position_count; a++)
            for (uint16_t b = (uint16_t)(a + 1); b < pool->position_count; b++) {
                if (!may_pair(book, limits, &position[a], &position[b], pass == 1))
                    continue;
                *ret_pair = pair_of(book, pool, a, b);
                return true;
            }
    return false;
}

static int64_t closing_fraction(int64_t fraction_e8, int64_t lots) {
    const int128 scaled = (int128)lots * fraction_e8;
    const int64_t close = (int64_t)div_ceil(scaled, RATE_SCALE);
    return close < 1 ? 1 : close;
}

/* Down to the most lots that are so many risk steps lower; all where there is no such step. The
 * rest's size falls with every lot closed, so the fewest lots are found by halving. */
static int64_t closing_risk_step(const struct margin_size *size, const struct position *position,
                                 int64_t steps) {
    const int64_t lots = lots_magnitude(position->lots);
    const int64_t now = margin_size_steps(size, position->lots, position->cost);
    if (now < steps)
        return lots;
    int64_t low = 1;
    int64_t high = lots;
    while (low < high) {
        const int64_t closed = low + (high - low) / 2;
        const int64_t cost =
            position->cost - (int64_t)div_floor((int128)position->cost * closed, lots);
        if (margin_size_steps(size, lots - closed, cost) <= now - steps)
            high = closed;
        else
            low = closed + 1;
    }
    return low;
}

/* Down to the most lots whose notional is within the bracket so many steps lower; all where there
 * is none. */
static int64_t closing_tier_step(const struct book *book, const struct position *position) {
    const uint32_t i = position->instrument;
    const int64_t lots = lots_magnitude(position->lots);
    const struct margin_rule *rule = &book->rules[i];
    const int64_t price = book->prices[i];
    const size_t steps = book->rulebook->liquidation.tier_steps > 1
                             ? (size_t)book->rulebook->liquidation.tier_steps
                             : 1;
    if (rule->by_size)
        return closing_risk_step(&rule->size, position, (int64_t)steps);
    const size_t bracket = margin_bracket_of(rule, margin_notional(rule, lots, price));
    if (bracket < steps)
        return lots;
    const int128 cap = rule->brackets[bracket - steps].cap;
    return lots - instrument_lots_within(rule->instrument, cap, price);
}

/* A step of so much notional at the shown price, or of so much quantity. */
static int64_t closing_step(const struct book *book, uint32_t i, int64_t lots) {
    const struct instrument *instrument = &book->instruments[i];
    const struct decimal quantity = book->rulebook->liquidation.step_quantity;
    int128 step;
    if (quantity.mantissa > 0)
        step = (int128)quantity.mantissa * units_pow10(instrument->lot.decimals) /
               ((int128)instrument->lot.mantissa * units_pow10(quantity.decimals));
    else
        step = instrument_lots_within(
            instrument, book_bought(book, i, book->rulebook->liquidation.step_notional),
            book->prices[i]);
    return step < 1 ? 1 : step > lots ? lots : (int64_t)step;
}

/* The fewest lots that bring equity over requirement to the target at the shown price; closing
 * there leaves equity as it is. The requirement falls with every lot, so the answer is found by
 * halving; under portfolio margin closing a hedge may raise it, and what halving finds is taken. */
static int64_t closing_to_target(const struct book *book, int64_t target_ratio_e8,
                                 const struct pool *pool, const struct position *position,
                                 struct pool_health health) {
    const bool by_pool = book->rulebook->margin.portfolio != NULL;
    const uint16_t index = (uint16_t)(position - book_positions(book, pool));
    const int128 others = health.requirement -
                          (by_pool ? portfolio_requirement(book, pool, book->prices, UINT16_MAX, 0)
                                   : book_requirement(book, position));
    const int64_t lots = lots_magnitude(position->lots);
    int64_t low = 1;
    int64_t high = lots;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        const int64_t rest = position->lots < 0 ? middle - lots : lots - middle;
        const int128 after =
            others + (by_pool ? portfolio_requirement(book, pool, book->prices, index, rest)
                              : book_requirement_after(book, position, middle));
        if (health.equity * RATE_SCALE >= after * target_ratio_e8)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

int64_t closing_lots(const struct book *book, const struct closing *rule, const struct pool *pool,
                     const struct position *position, struct pool_health health) {
    const int64_t lots = lots_magnitude(position->lots);
    int64_t close = lots;
    const int128 notional = book_notional(book, position->instrument, lots);
    switch (notional <= book->rulebook->liquidation.partial_above ? CLOSE_FULL : rule->close) {
    case CLOSE_FULL:
        break;
    case CLOSE_FRACTION:
        close = closing_fraction(rule->fraction_e8, lots);
        break;
    case CLOSE_TIER_STEP:
        close = closing_tier_step(book, position);
        break;
    case CLOSE_TO_TARGET:
        close = closing_to_target(book, rule->target_ratio_e8, pool, position, health);
        break;
    case CLOSE_STEP:
        close = closing_step(book, position->instrument, lots);
        break;
    case CLOSE_PORTION:
        close = closing_portion(book, rule, position);
        break;
    case CLOSE_TO_COVER:
        close = closing_cover(book, rule, position, health);
        break;
    }
    assert(close >= 1 && close <= lots);
    return position->lots < 0 ? -close : close;
}

enum order_way closing_way(const struct book *book, const struct closing *rule,
                           const struct position *position, int64_t lots,
                           int64_t bankruptcy_price) {
    const bool whole = lots == position->lots;
    enum close_price price = rule->price;
    if (rule->action == ACTION_BACKSTOP)
        return WAY_VAULT;
    if (whole && book->rulebook->liquidation.last_price == PRICE_BANKRUPTCY)
        price = PRICE_BANKRUPTCY;
    if (price == PRICE_MARK)
        return WAY_MARK;
    return price == PRICE_BANKRUPTCY && bankruptcy_price != PRICE_NONE ? WAY_FUND : WAY_MARKET;
}

static int128 sum_alone(const struct book *book, const struct pool *pool) {
    int128 sum = 0;
    for (uint16_t k = 0; k < pool->position_count; k++)
        if (book_positions(book, pool)[k].lots != 0)
            sum += book_requirement(book, &book_positions(book, pool)[k]);
    return sum > 0 ? sum : 1;
}

/* What a position's bankruptcy price uses up: all of the pool's equity, or its share by maintenance
 * margin, rounded down, so that the positions together never use up more than there is. */
static int128 closing_equity(const struct book *book, const struct pool *pool,
                             const struct position *position, struct pool_health health) {
    if (book->rulebook->liquidation.bankruptcy == BANKRUPTCY_HELD || health.requirement == 0)
        return health.worth;
    if (book->rulebook->margin.portfolio != NULL) /* by what each would need alone */
        health.requirement = sum_alone(book, pool);
    return div_floor(health.worth * book_requirement(book, position), health.requirement);
}

int64_t closing_bankruptcy_price(const struct book *book, const struct pool *pool,
                                 const struct position *position, struct pool_health health) {
    const struct instrument *instrument = &book->instruments[position->instrument];
    /* Equity (or the position's share of it) is 0 where the position is worth this much less than
     * now; of a coin as much as equity buys of it at its mark. */
    const int128 worth =
        book_value(book, position) -
        book_bought(book, position->instrument, closing_equity(book, pool, position, health));
    const int64_t price = instrument_price_of_value(instrument, position->lots, worth);
    return price < 1 ? PRICE_NONE : price;
}
