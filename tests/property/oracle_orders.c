/* What is closed of a pool in breach, by the rulebook's `order` and `close`, and at which price it
 * would be bankrupt. */

#include "tests/property/oracle_book.h"

static int64_t absolute(int64_t lots) {
    return lots < 0 ? -lots : lots;
}

/* What the position would need by itself: under portfolio margin its worst move. */
static int128 alone(const struct oracle_book *book, const struct oracle_position *p,
                    int64_t price) {
    const struct portfolio_margin *s = book->rulebook->margin.portfolio;
    if (s == NULL || book->tables[p->instrument] != NULL)
        return oracle_maintenance(book, p->instrument, p->lots, p->cost, price);
    int64_t worst = s->minimum_rate_e8;
    size_t count;
    const struct portfolio_move *moves =
        oracle_moves(book, oracle_unit(book, p->instrument), &count);
    for (size_t m = 0; m < count; m++) {
        const int64_t move = absolute(moves[m].move_e8);
        const int64_t loss = (int64_t)div_nearest((int128)move * moves[m].cover_e8, RATE_SCALE);
        worst = loss > worst ? loss : worst;
    }
    return div_ceil(oracle_notional(book, p->instrument, p->lots, price) *
                        (worst < RATE_SCALE ? worst : RATE_SCALE),
                    RATE_SCALE);
}

/* What of the pool the position may use up before it is bankrupt: all there is, or its share by
 * what each position needs. */
static int128 to_use_up(const struct oracle_book *book, const struct oracle_pool *pool,
                        const struct oracle_position *p, const int64_t *prices) {
    const int128 worth = oracle_pool_worth(book, pool, prices);
    const int128 asked = oracle_pool_requirement(book, pool, prices);
    int128 sum = 0;
    for (size_t k = 0; k < pool->position_count; k++)
        if (pool->positions[k].lots != 0)
            sum += alone(book, &pool->positions[k], prices[pool->positions[k].instrument]);
    if (book->rulebook->liquidation.bankruptcy == BANKRUPTCY_HELD || asked == 0)
        return worth;
    if (book->rulebook->margin.portfolio == NULL)
        sum = asked; /* what is owed counts, too */
    return div_floor(worth * alone(book, p, prices[p->instrument]), sum > 0 ? sum : 1);
}

/* The price at which the position is worth `needed`, on the side where it is worth no less. */
static int64_t price_of(const struct oracle_book *book, const struct oracle_position *p,
                        int128 needed) {
    /* The value rises with the price for a long and falls for a short; inverse contracts never pass
     * 0, linear ones only at a price of 0. */
    const int64_t sign = p->lots > 0 ? 1 : -1;
    const bool inverse = book->input->instruments[p->instrument].kind == CONTRACT_INVERSE;
    if (inverse ? sign * needed >= 0 : sign * needed <= 0)
        return PRICE_NONE;
    int64_t low = 0; /* a long is worth too little here, a short enough */
    int64_t high = INT64_MAX / 2 + 1;
    while (high - low > 1) {
        const int64_t middle = low + (high - low) / 2;
        const bool enough = oracle_value(book, p->instrument, p->lots, middle) >= needed;
        if (enough == (sign > 0))
            high = middle;
        else
            low = middle;
    }
    const int64_t price = sign > 0 ? high : low;
    return price >= 1 && price <= INT64_MAX / 2 ? price : PRICE_NONE;
}

/* The price at which the position would have used up what it may, all else at `prices`; sums are of
 * what the contract settles in. */
static int64_t bankruptcy_price(const struct oracle_book *book, const struct oracle_pool *pool,
                                const struct oracle_position *p, const int64_t *prices) {
    const int128 used =
        oracle_bought(book, p->instrument, to_use_up(book, pool, p, prices), prices);
    return price_of(book, p,
                    oracle_value(book, p->instrument, p->lots, prices[p->instrument]) - used);
}

/* Whether the target is reached with `closed` of the position's |lots| gone. Closing at the present
 * price turns profit into wallet: equity stays (a rounding of one unit aside), and what is owed;
 * the requirement of positions falls. */
static bool reaches_target(const struct oracle_book *book, const struct closing *rule,
                           const struct oracle_pool *pool, const struct oracle_position *p,
                           const int64_t *prices, int64_t closed) {
    const int128 equity = oracle_pool_equity(book, pool, prices);
    const int128 owed = oracle_pool_requirement(book, pool, prices) -
                        oracle_positions_requirement(book, pool, prices);
    struct oracle_position *at = (struct oracle_position *)p; /* put back below */
    const struct oracle_position before = *at;
    at->lots += before.lots > 0 ? -closed : closed;
    at->cost -= at->lots == 0
                    ? before.cost
                    : (int64_t)div_floor((int128)before.cost * closed, absolute(before.lots));
    const int128 requirement = owed + oracle_positions_requirement(book, pool, prices);
    *at = before;
    return equity * RATE_SCALE >= requirement * rule->target_ratio_e8;
}

/* Whether so many lots are no more than a step. */
static bool fits_step(const struct oracle_book *book, uint32_t i, int64_t lots,
                      const int64_t *prices) {
    const struct rulebook *rules = book->rulebook;
    const struct decimal lot = book->input->instruments[i].lot;
    if (rules->liquidation.step_notional > 0)
        return oracle_money_up(book, i, oracle_notional(book, i, lots, prices[i]), prices) <=
               rules->liquidation.step_notional;
    return (int128)lots * lot.mantissa * units_pow10(rules->liquidation.step_quantity.decimals) <=
           (int128)rules->liquidation.step_quantity.mantissa * units_pow10(lot.decimals);
}

/* The fewest lots whose rest is so many risk steps lower; all where there is no lower one. */
static int64_t to_lower_step(const struct oracle_book *book, const struct oracle_position *p) {
    const int64_t lots = absolute(p->lots);
    const int64_t steps =
        book->rulebook->liquidation.tier_steps > 0 ? book->rulebook->liquidation.tier_steps : 1;
    const int64_t now = oracle_steps(book, p->instrument, p->lots, p->cost);
    for (int64_t closed = 1; closed < lots && now >= steps; closed++) {
        const int64_t gone = (int64_t)div_floor((int128)p->cost * closed, lots);
        if (oracle_steps(book, p->instrument, lots - closed, p->cost - gone) <= now - steps)
            return closed;
    }
    return lots;
}

/* How many of the position's |lots| its rule closes, 1 at least. */
static int64_t lots_to_close(const struct oracle_book *book, const struct closing *rule,
                             const struct oracle_pool *pool, const struct oracle_position *p,
                             const int64_t *prices) {
    const int64_t lots = absolute(p->lots);
    const int64_t price = prices[p->instrument];
    int64_t closed = lots;
    const int128 notional = oracle_notional(book, p->instrument, lots, price);
    if (oracle_money_up(book, p->instrument, notional, prices) <=
        book->rulebook->liquidation.partial_above)
        return lots;
    switch (rule->close) {
    case CLOSE_FULL:
        break;
    case CLOSE_FRACTION:
        closed = (int64_t)div_ceil((int128)lots * rule->fraction_e8, RATE_SCALE);
        break;
    case CLOSE_TIER_STEP: {
        if (oracle_steps(book, p->instrument, p->lots, p->cost) >= 0)
            return to_lower_step(book, p);
        if (rulebook_size(book->rulebook->margin.sizes, book->rulebook->margin.size_count,
                          book->input->instruments[p->instrument].symbol) != NULL ||
            book->tables[p->instrument] == NULL)
            break; /* there are no tiers */
        const struct margin_tier *lowest = book->tables[p->instrument]->tiers;
        const struct margin_tier *tier =
            oracle_tier(book, p->instrument, oracle_notional(book, p->instrument, lots, price));
        const int64_t steps =
            book->rulebook->liquidation.tier_steps > 0 ? book->rulebook->liquidation.tier_steps : 1;
        if (tier - lowest < steps)
            break;
        const int64_t floor = tier[1 - steps].floor;
        int64_t kept = lots - 1; /* the most that are within that tier */
        for (int64_t low = -1; kept - low > 0;) {
            const int64_t middle = low + (kept - low + 1) / 2;
            if (middle <= 0 || oracle_notional(book, p->instrument, middle, price) <= floor)
                low = middle;
            else
                kept = middle - 1;
            if (low == kept)
                break;
        }
        closed = lots - kept;
        break;
    }
    case CLOSE_PORTION:
        closed = oracle_portion(book, rule, p, prices);
        break;
    case CLOSE_TO_COVER:
        closed = oracle_cover(book, rule, pool, p, prices);
        break;
    case CLOSE_TO_TARGET:
        closed = 1;
        /* Under portfolio margin a hedge's requirement may rise as it is closed: then what halving
         * finds is the rule, here as in the engine. */
        for (int64_t high = lots; book->rulebook->margin.portfolio != NULL && closed < high;) {
            const int64_t middle = closed + (high - closed) / 2;
            if (reaches_target(book, rule, pool, p, prices, middle))
                high = middle;
            else
                closed = middle + 1;
        }
        while (book->rulebook->margin.portfolio == NULL && closed < lots &&
               !reaches_target(book, rule, pool, p, prices, closed))
            closed++;
        break;
    case CLOSE_STEP:
        closed = 1;
        while (closed < lots && fits_step(book, p->instrument, closed + 1, prices))
            closed++;
        break;
    }
    return closed;
}

/* Whether the pool would be in breach even if each position were in its lowest tier. */
static bool fails_lowest_tier(const struct oracle_book *book, const struct oracle_pool *pool,
                              const int64_t *prices) {
    int128 slack = oracle_pool_equity(book, pool, prices);
    for (size_t k = 0; k < pool->position_count; k++) {
        const struct oracle_position *p = &pool->positions[k];
        if (p->lots != 0)
            slack -= oracle_money_up(book, p->instrument,
                                     oracle_lowest(book, p, prices[p->instrument]), prices);
    }
    return book->rulebook->margin.trigger == TRIGGER_BELOW ? slack < 0 : slack <= 0;
}

/* Of the stages that the pool is under, the last, if it closes anything. */
static const struct closing *stage_for(const struct oracle_book *book,
                                       const struct oracle_pool *pool, const int64_t *prices) {
    const struct rulebook *rules = book->rulebook;
    const int128 equity = oracle_pool_equity(book, pool, prices);
    const int128 requirement = oracle_pool_requirement(book, pool, prices);
    for (size_t s = rules->liquidation.stage_count; s-- > 0;) {
        const struct liquidation_stage *stage = &rules->liquidation.stages[s];
        const int128 gap = equity * RATE_SCALE - requirement * stage->ratio_e8;
        if (gap > 0 || (gap == 0 && !stage->inclusive))
            continue;
        const bool says =
            stage->closing.action == ACTION_WARN || stage->closing.action == ACTION_REDUCE_ONLY;
        return says ? NULL : &stage->closing;
    }
    return NULL;
}

/* The rule for a pool in breach as it stands: that of its stage; else the rulebook's own, which
 * takes over all that is left of a pool that has had its order under `then`. Partial rules give way
 * soon after a partial order, and where the lowest tier would not help. */
static struct closing rule_for(struct oracle_book *book, const struct oracle_pool *pool,
                               const int64_t *prices, int64_t ts_ns) {
    const struct rulebook *rules = book->rulebook;
    const struct closing *of_stage = stage_for(book, pool, prices);
    const bool second = rules->liquidation.then_price == PRICE_BANKRUPTCY && pool->closing;
    struct closing rule = {.action = ACTION_CLOSE,
                           .close = second ? CLOSE_FULL : rules->liquidation.close,
                           .fraction_e8 = rules->liquidation.fraction_e8,
                           .target_ratio_e8 = rules->liquidation.target_ratio_e8,
                           .order = rules->liquidation.order,
                           .price = second ? PRICE_BANKRUPTCY : rules->liquidation.price};
    if (of_stage != NULL)
        rule = *of_stage;
    const bool full = ts_ns < pool->full_until ||
                      (rule.close == CLOSE_TIER_STEP && rules->liquidation.full_below_lowest_tier &&
                       rules->margin.portfolio == NULL && fails_lowest_tier(book, pool, prices));
    book->coverage.made_full += full && rule.close != CLOSE_FULL;
    if (full)
        rule.close = CLOSE_FULL;
    return rule;
}

/* Taken off the market as a whole, by the fund or the vault. */
static void take_over(struct oracle_book *book, struct oracle_order *order, bool vault,
                      int64_t price) {
    order->market = 0;
    order->price = PRICE_BANKRUPTCY;
    order->handed = vault;
    book->coverage.fund_takes += !vault;
    book->coverage.handed += vault;
    if (!vault && oracle_bounds_take_over(book))
        return; /* who takes how much is seen when the wave is divided */
    order->taken = order->lots;
    oracle_book_match(
        book,
        (struct oracle_match){.order = order, .vault = vault, .lots = order->lots, .price = price});
}

/* amount * part / whole, rounded down, where the product passes 128 bits: bit by bit. */
static int128 part_of(int128 amount, int128 part, int128 whole) {
    int128 result = 0;
    int128 rest = 0;
    for (int bit = 126; bit >= 0; bit--) {
        result *= 2;
        rest = rest * 2 + ((amount >> bit & 1) != 0 ? part : 0);
        for (; rest >= whole; rest -= whole)
            result++;
    }
    return result;
}

/* The worst price at which an order may be filled. */
static int64_t limit_of(const struct oracle_book *book, const struct oracle_pool *pool,
                        const struct oracle_position *p, int64_t bankruptcy,
                        const int64_t *prices) {
    const struct rulebook_limits *limits = &book->rulebook->limits;
    if (limits->order != LIMIT_FILLABLE)
        return limits->order == LIMIT_BANKRUPTCY ? bankruptcy : PRICE_NONE;
    const int128 asked = oracle_pool_requirement(book, pool, prices);
    const int128 own = alone(book, p, prices[p->instrument]);
    int128 deep = (asked - oracle_pool_equity(book, pool, prices)) * limits->fillable_adjustment_e8;
    deep = deep < 0 ? 0 : deep > asked * RATE_SCALE ? asked * RATE_SCALE : deep;
    const int128 spread =
        asked == 0
            ? 0
            : part_of(own * limits->fillable_spread_e8, deep, asked * RATE_SCALE) / RATE_SCALE;
    return price_of(book, p,
                    oracle_value(book, p->instrument, p->lots, prices[p->instrument]) - spread);
}

static void add_order(struct oracle_book *book, const struct closing *rule,
                      struct oracle_pool *pool, struct oracle_position *p, int64_t wanted,
                      const int64_t *prices, const struct liquidation_record *row) {
    const bool handed = rule->action == ACTION_BACKSTOP;
    int64_t closed = handed       ? absolute(p->lots)
                     : wanted > 0 ? wanted
                                  : lots_to_close(book, rule, pool, p, prices);
    if (!handed) {
        const int64_t most = oracle_block_most(book, pool, p, closed, prices[p->instrument]);
        book->coverage.block_cuts += most > 0 && most < closed;
        closed = most;
    }
    if (closed == 0)
        return; /* nothing more in this block */
    struct oracle_order *order = &book->orders[book->order_count++];
    *order = (struct oracle_order){.pool = pool, .position = p, .row = *row, .price = rule->price};
    order->lots = order->market = p->lots > 0 ? closed : -closed;
    order->row.instrument = p->instrument;
    if (!handed)
        oracle_block_note(book, pool, p, order->lots, prices[p->instrument]);
    const int64_t bankruptcy = bankruptcy_price(book, pool, p, prices);
    order->row.bankruptcy_price_ticks = bankruptcy;
    order->limit = limit_of(book, pool, p, bankruptcy, prices);
    order->insolvent = oracle_pool_worth(book, pool, prices) < 0;
    book->coverage.stepped += rule->close == CLOSE_TIER_STEP && wanted == 0 &&
                              order->lots != p->lots &&
                              oracle_steps(book, p->instrument, p->lots, p->cost) > 0;
    order->insurance_e8 = oracle_insurance_rate(book, pool, p, prices);
    if (rule->close == CLOSE_TO_COVER)
        oracle_note_release(book, pool, p, prices, order->lots);
    const bool last =
        order->lots == p->lots && book->rulebook->liquidation.last_price == PRICE_BANKRUPTCY;
    if (handed)
        take_over(book, order, true, prices[p->instrument]);
    else if ((rule->price == PRICE_BANKRUPTCY || last) && bankruptcy != PRICE_NONE)
        take_over(book, order, false, bankruptcy);
    else if (rule->price == PRICE_BANKRUPTCY || last)
        order->price = PRICE_MARKET; /* there is no price to take it over at */
}

/* What the pool asks for, and the sum of its signed notionals, with so many lots of `p` closed. */
static int128 asked_without(const struct oracle_book *book, const struct oracle_pool *pool,
                            struct oracle_position *p, int64_t closed, const int64_t *prices,
                            int128 *ret_delta) {
    const struct oracle_position before = *p;
    p->lots += before.lots > 0 ? -closed : closed;
    p->cost -= p->lots == 0
                   ? before.cost
                   : (int64_t)div_floor((int128)before.cost * closed, absolute(before.lots));
    const int128 requirement = oracle_positions_requirement(book, pool, prices);
    int128 delta = 0;
    for (size_t k = 0; k < pool->position_count; k++) {
        const struct oracle_position *q = &pool->positions[k];
        if (q->lots == 0)
            continue;
        const int128 n = oracle_money_up(
            book, q->instrument,
            oracle_notional(book, q->instrument, q->lots, prices[q->instrument]), prices);
        delta += q->lots > 0 ? n : -n;
    }
    *p = before;
    *ret_delta = delta < 0 ? -delta : delta;
    return requirement;
}

/* What the rule calls the largest is closed; the lower instrument where two are equal. */
static int128 weight(const struct oracle_book *book, const struct closing *rule,
                     const struct oracle_pool *pool, struct oracle_position *p,
                     const int64_t *prices) {
    const int64_t price = prices[p->instrument];
    if (rule->order == ORDER_LARGEST_LOSS)
        return -oracle_money(book, p->instrument, oracle_pnl(book, p, prices), prices);
    if (rule->order == ORDER_LARGEST_MARGIN)
        return oracle_money_up(book, p->instrument, alone(book, p, price), prices);
    if (rule->order == ORDER_LARGEST_NOTIONAL)
        return oracle_money_up(book, p->instrument,
                               oracle_notional(book, p->instrument, p->lots, price), prices);
    int128 delta;
    int128 left;
    const int128 asked = asked_without(book, pool, p, 0, prices, &delta);
    const int64_t closed = lots_to_close(book, rule, pool, p, prices);
    const int128 still = asked_without(book, pool, p, closed, prices, &left);
    return rule->order == ORDER_DELTA_NEUTRAL ? delta - left : asked - still;
}

/* So many lots of a position as are worth no more than `notional`, one at least. */
static int64_t lots_within(const struct oracle_book *book, const struct oracle_position *p,
                           int128 notional, int64_t price) {
    int64_t lots = absolute(p->lots);
    while (lots > 1 && oracle_notional(book, p->instrument, lots, price) > notional)
        lots--;
    return lots;
}

/* A long against a short, as much of each as the smaller of the two is worth. */
static void add_pair(struct oracle_book *book, const struct closing *rule, struct oracle_pool *pool,
                     struct oracle_position *p, struct oracle_position *q, const int64_t *prices,
                     const struct liquidation_record *row) {
    const int64_t of_p = prices[p->instrument];
    const int64_t of_q = prices[q->instrument];
    const int128 worth_p = oracle_notional(book, p->instrument, p->lots, of_p);
    const int128 worth_q = oracle_notional(book, q->instrument, q->lots, of_q);
    const int128 both = worth_p < worth_q ? worth_p : worth_q;
    const int64_t lots_p = lots_within(book, p, both, of_p);
    const int64_t lots_q = lots_within(book, q, both, of_q);
    add_order(book, rule, pool, p, lots_p, prices, row);
    add_order(book, rule, pool, q, lots_q, prices, row);
}

/* The first pair of one contract; under portfolio margin then of one unit. */
static bool offset(struct oracle_book *book, const struct closing *rule, struct oracle_pool *pool,
                   const int64_t *prices, const struct liquidation_record *row) {
    const bool units = book->rulebook->margin.portfolio != NULL;
    for (int pass = 0; rule->order == ORDER_OFFSET_FIRST && pass <= units; pass++)
        for (size_t a = 0; a < pool->position_count; a++)
            for (size_t b = a + 1; b < pool->position_count; b++) {
                struct oracle_position *p = &pool->positions[a];
                struct oracle_position *q = &pool->positions[b];
                const bool one = pass == 0 ? p->instrument == q->instrument
                                           : oracle_unit(book, p->instrument) ==
                                                 oracle_unit(book, q->instrument);
                if (!one || p->lots == 0 || q->lots == 0 || (p->lots > 0) == (q->lots > 0) ||
                    oracle_block_spares(book, p) || oracle_block_spares(book, q))
                    continue;
                book->coverage.pairs++;
                add_pair(book, rule, pool, p, q, prices, row);
                return true;
            }
    return false;
}

void oracle_order_pool(struct oracle_book *book, struct oracle_pool *pool, const int64_t *prices,
                       const struct liquidation_record *row) {
    const struct closing rule = rule_for(book, pool, prices, row->ts_ns);
    struct oracle_position *largest = NULL;
    pool->part = oracle_part(book, pool, prices);
    if (rule.action != ACTION_BACKSTOP && offset(book, &rule, pool, prices, row))
        return;
    if (rule.order == ORDER_RANDOM && rule.action != ACTION_BACKSTOP)
        largest = oracle_drawn(book, pool, row->ts_ns);
    for (size_t i = 0; i < pool->position_count; i++) {
        struct oracle_position *p = &pool->positions[i];
        if (p->lots == 0 || (rule.action != ACTION_BACKSTOP && oracle_block_spares(book, p)))
            continue;
        if (rule.action == ACTION_BACKSTOP || rule.order == ORDER_ALL ||
            rule.order == ORDER_PROPORTIONAL)
            add_order(book, &rule, pool, p, 0, prices, row);
        else if (rule.order == ORDER_RANDOM)
            continue;
        else if (largest == NULL ||
                 weight(book, &rule, pool, p, prices) > weight(book, &rule, pool, largest, prices))
            largest = p;
    }
    if (largest != NULL)
        add_order(book, &rule, pool, largest, 0, prices, row);
}
