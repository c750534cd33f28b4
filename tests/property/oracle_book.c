#include "tests/property/oracle_book.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static void *allocate(size_t count, size_t size) {
    void *memory = calloc(count > 0 ? count : 1, size);
    assert(memory != NULL); /* a test's worlds are small */
    return memory;
}

static int compare_positions(const void *a, const void *b) {
    const struct oracle_position *left = a;
    const struct oracle_position *right = b;
    return (left->instrument > right->instrument) - (left->instrument < right->instrument);
}

/* Pools in order of accounts: the cross pool (also an empty one: it holds the balance), then the
 * isolated positions as listed. */
void oracle_book_init(struct oracle_book *book, const struct replay_input *input,
                      const struct venue_input *venue) {
    const size_t accounts = accounts_count(venue->accounts);
    const size_t positions = accounts_position_count(venue->accounts);
    *book = (struct oracle_book){
        .input = input,
        .rulebook = venue->rulebook,
        .accounts = venue->accounts,
        .fund = venue->insurance_fund,
        .tables = allocate(input->instrument_count, sizeof(const void *)),
        .pools = allocate(accounts + positions, sizeof(*book->pools)),
        .positions = allocate(positions, sizeof(*book->positions)),
        .orders = allocate(positions, sizeof(*book->orders)),
        .liquidations = allocate(accounts, sizeof(*book->liquidations)),
        .short_of_money = allocate(accounts, sizeof(*book->short_of_money)),
        .in_breach_at_start = allocate(accounts, sizeof(*book->in_breach_at_start)),
    };
    for (size_t i = 0; i < input->instrument_count; i++)
        book->tables[i] = rulebook_table(venue->rulebook, input->instruments[i].symbol);
    struct oracle_position *next = book->positions;
    for (uint32_t a = 0; a < accounts; a++) {
        const struct account_view view = accounts_view(venue->accounts, a);
        const size_t end = view.position_first + view.position_count;
        const struct oracle_pool empty = {.account = a,
                                          .exempt = view.exempt,
                                          .instant_of_first_breach = -1,
                                          .cool_until = INT64_MIN,
                                          .timer = INT64_MAX};
        struct oracle_pool *cross = &book->pools[book->pool_count++];
        *cross = empty;
        cross->wallet = view.balance;
        cross->positions = next;
        for (size_t p = view.position_first; p < end; p++) {
            const struct position_view from = accounts_position(venue->accounts, p);
            if (from.mode == MARGIN_CROSS)
                cross->positions[cross->position_count++] = (struct oracle_position){
                    .instrument = from.instrument, .lots = from.lots, .cost = from.cost};
        }
        qsort(cross->positions, cross->position_count, sizeof(*next), compare_positions);
        next += cross->position_count;
        for (size_t p = view.position_first; p < end; p++) {
            const struct position_view from = accounts_position(venue->accounts, p);
            if (from.mode != MARGIN_ISOLATED)
                continue;
            struct oracle_pool *pool = &book->pools[book->pool_count++];
            *pool = empty;
            pool->wallet = from.isolated_margin;
            pool->positions = next;
            pool->position_count = 1;
            *next++ = (struct oracle_position){
                .instrument = from.instrument, .lots = from.lots, .cost = from.cost};
        }
    }
}

void oracle_book_finish(struct oracle_book *book) {
    free(book->tables);
    free(book->pools);
    free(book->positions);
    free(book->orders);
    free(book->liquidations);
    free(book->short_of_money);
    free(book->in_breach_at_start);
    free(book->rows);
    memset(book, 0, sizeof(*book));
}

static int64_t absolute(int64_t lots) {
    return lots < 0 ? -lots : lots;
}

int128 oracle_value(const struct oracle_book *book, uint32_t instrument, int64_t lots,
                    int64_t price) {
    const struct instrument *i = &book->input->instruments[instrument];
    return div_floor((int128)lots * price * i->value_num, i->value_den);
}

int128 oracle_notional(const struct oracle_book *book, uint32_t instrument, int64_t lots,
                       int64_t price) {
    const struct instrument *i = &book->input->instruments[instrument];
    return div_ceil((int128)absolute(lots) * price * i->value_num, i->value_den);
}

static const struct margin_tier *tier_of(const struct oracle_book *book, uint32_t instrument,
                                         int128 of_notional) {
    const struct tier_table *table = book->tables[instrument];
    size_t tier = 0;
    while (tier + 1 < table->count && of_notional > table->tiers[tier].cap)
        tier++;
    return &table->tiers[tier];
}

static int128 maintenance(const struct oracle_book *book, uint32_t instrument, int64_t lots,
                          int64_t price) {
    const int128 n = oracle_notional(book, instrument, lots, price);
    const struct margin_tier *tier = tier_of(book, instrument, n);
    const struct decimal multiplier = book->rulebook->maintenance_multiplier;
    const int128 scaled =
        (n * tier->rate_e8 - (int128)tier->deduction * RATE_SCALE) * multiplier.mantissa;
    const int128 margin = div_ceil(scaled, (int128)RATE_SCALE * units_pow10(multiplier.decimals));
    return margin > 0 ? margin : 0;
}

static int128 pnl(const struct oracle_book *book, const struct oracle_position *p,
                  const int64_t *prices) {
    return oracle_value(book, p->instrument, p->lots, prices[p->instrument]) - p->cost;
}

static int128 pool_equity(const struct oracle_book *book, const struct oracle_pool *pool,
                          const int64_t *prices) {
    int128 equity = pool->wallet;
    for (size_t p = 0; p < pool->position_count; p++)
        if (pool->positions[p].lots != 0)
            equity += pnl(book, &pool->positions[p], prices);
    return equity;
}

static int128 pool_requirement(const struct oracle_book *book, const struct oracle_pool *pool,
                               const int64_t *prices) {
    int128 sum = 0;
    for (size_t p = 0; p < pool->position_count; p++) {
        const struct oracle_position *at = &pool->positions[p];
        if (at->lots != 0)
            sum += maintenance(book, at->instrument, at->lots, prices[at->instrument]);
    }
    return sum;
}

int128 oracle_slack(const struct oracle_book *book, const struct oracle_pool *pool,
                    const int64_t *prices) {
    return pool_equity(book, pool, prices) - pool_requirement(book, pool, prices);
}

/* The price at which the position would leave the pool's equity at 0, all else at `prices`; on the
 * side where equity is not negative. */
static int64_t bankruptcy_price(const struct oracle_book *book, const struct oracle_pool *pool,
                                const struct oracle_position *p, const int64_t *prices) {
    const struct instrument *i = &book->input->instruments[p->instrument];
    const int128 others = pool_equity(book, pool, prices) - pnl(book, p, prices);
    const int128 needed = p->cost - others; /* value of the position that makes the sum 0 */
    const int128 per_tick = (int128)absolute(p->lots) * i->value_num;
    const int128 price = p->lots > 0 ? div_ceil(needed * i->value_den, per_tick)
                                     : div_floor(-needed * i->value_den, per_tick);
    return price >= 1 ? (int64_t)price : PRICE_NONE;
}

/* Whether the target is reached with `closed` of the position's |lots| gone. Closing at the present
 * price turns profit into wallet: equity stays (a rounding of one unit aside), requirement falls.
 */
static bool reaches_target(const struct oracle_book *book, const struct oracle_pool *pool,
                           const struct oracle_position *p, const int64_t *prices, int64_t closed) {
    const int64_t price = prices[p->instrument];
    const int64_t rest = absolute(p->lots) - closed;
    const int128 requirement = pool_requirement(book, pool, prices) -
                               maintenance(book, p->instrument, p->lots, price) +
                               maintenance(book, p->instrument, rest, price);
    return pool_equity(book, pool, prices) * RATE_SCALE >=
           requirement * book->rulebook->target_ratio_e8;
}

/* How many of the position's |lots| its rule closes, 1 at least. */
static int64_t lots_to_close(const struct oracle_book *book, const struct oracle_pool *pool,
                             const struct oracle_position *p, const int64_t *prices) {
    const int64_t lots = absolute(p->lots);
    const int64_t price = prices[p->instrument];
    int64_t closed = lots;
    switch (book->rulebook->close) {
    case CLOSE_FULL:
        break;
    case CLOSE_FRACTION:
        closed = (int64_t)div_ceil((int128)lots * book->rulebook->fraction_e8, RATE_SCALE);
        break;
    case CLOSE_TIER_STEP: {
        const int64_t floor =
            tier_of(book, p->instrument, oracle_notional(book, p->instrument, lots, price))->floor;
        /* ceil(kept * price * num / den) <= floor is kept * price * num <= floor * den */
        const struct instrument *i = &book->input->instruments[p->instrument];
        const int64_t kept =
            (int64_t)div_floor((int128)floor * i->value_den, (int128)price * i->value_num);
        closed = lots - kept;
        break;
    }
    case CLOSE_TO_TARGET:
        closed = 1;
        while (closed < lots && !reaches_target(book, pool, p, prices, closed))
            closed++;
        break;
    }
    return closed;
}

static void add_order(struct oracle_book *book, struct oracle_pool *pool, struct oracle_position *p,
                      const int64_t *prices, int64_t ts_ns, int64_t instant, uint32_t wave) {
    const int64_t closed = lots_to_close(book, pool, p, prices);
    book->orders[book->order_count++] = (struct oracle_order){
        .pool = pool,
        .position = p,
        .row = {.ts_ns = ts_ns,
                .wave = wave,
                .account = pool->account,
                .instrument = p->instrument,
                .quantity_lots = p->lots > 0 ? closed : -closed,
                .bankruptcy_price_ticks = bankruptcy_price(book, pool, p, prices),
                .at_first_assessment = pool->instant_of_first_breach == instant}};
    pool->cool_until = ts_ns + book->rulebook->interval_ns;
}

/* What the rule calls the largest is closed; the lower instrument where two are equal. */
static int128 weight(const struct oracle_book *book, const struct oracle_position *p,
                     const int64_t *prices) {
    const int64_t price = prices[p->instrument];
    if (book->rulebook->order == ORDER_LARGEST_LOSS)
        return -pnl(book, p, prices);
    if (book->rulebook->order == ORDER_LARGEST_MARGIN)
        return maintenance(book, p->instrument, p->lots, price);
    return oracle_notional(book, p->instrument, p->lots, price);
}

static void order_pool(struct oracle_book *book, struct oracle_pool *pool, const int64_t *prices,
                       int64_t ts_ns, int64_t instant, uint32_t wave) {
    const enum close_order order = book->rulebook->order;
    struct oracle_position *largest = NULL;
    for (size_t i = 0; i < pool->position_count; i++) {
        struct oracle_position *p = &pool->positions[i];
        if (p->lots == 0)
            continue;
        if (order == ORDER_ALL || order == ORDER_PROPORTIONAL)
            add_order(book, pool, p, prices, ts_ns, instant, wave);
        else if (largest == NULL || weight(book, p, prices) > weight(book, largest, prices))
            largest = p;
    }
    if (largest != NULL)
        add_order(book, pool, largest, prices, ts_ns, instant, wave);
}

/* A pool can be assessed when it has a position, is not exempt, and all its instruments have a
 * price (those of positions it has closed had one). */
static bool assessable(const struct oracle_pool *pool, const int64_t *prices) {
    bool open = false;
    for (size_t i = 0; i < pool->position_count; i++) {
        if (prices[pool->positions[i].instrument] == PRICE_NONE)
            return false;
        open = open || pool->positions[i].lots != 0;
    }
    return open && !pool->exempt;
}

static void note_tiers(struct oracle_book *book, struct oracle_pool *pool, const int64_t *prices) {
    for (size_t i = 0; i < pool->position_count; i++) {
        struct oracle_position *p = &pool->positions[i];
        if (p->lots == 0)
            continue;
        const struct margin_tier *tier =
            tier_of(book, p->instrument,
                    oracle_notional(book, p->instrument, p->lots, prices[p->instrument]));
        if (p->tier != NULL && p->tier != tier)
            book->coverage.tier_crossings++;
        if (p->tier != NULL && p->lots < 0 && tier > p->tier)
            p->squeezed = true;
        p->tier = tier;
    }
}

void oracle_book_assess(struct oracle_book *book, const int64_t *prices, int64_t ts_ns,
                        int64_t instant, uint32_t wave) {
    book->order_count = 0;
    for (size_t i = 0; i < book->pool_count; i++) {
        struct oracle_pool *pool = &book->pools[i];
        if (!assessable(pool, prices))
            continue;
        const bool first = !pool->assessed;
        pool->assessed = true;
        note_tiers(book, pool, prices);
        book->coverage.assessments++;
        const int128 slack = oracle_slack(book, pool, prices);
        if (slack > 0 || (slack == 0 && book->rulebook->trigger == TRIGGER_BELOW))
            continue;
        book->coverage.breaches++;
        book->coverage.breaches_equal += slack == 0;
        if (first) {
            pool->instant_of_first_breach = instant;
            book->in_breach_at_start[pool->account] = true;
        }
        if (ts_ns < pool->cool_until) {
            book->coverage.cooled++;
            pool->timer = pool->cool_until;
        } else {
            order_pool(book, pool, prices, ts_ns, instant, wave);
        }
    }
}

bool oracle_book_net(const struct oracle_book *book, uint32_t i, int64_t *ret_net) {
    bool any = false;
    *ret_net = 0;
    for (size_t o = 0; o < book->order_count; o++)
        if (book->orders[o].row.instrument == i) {
            *ret_net += book->orders[o].row.quantity_lots;
            any = true;
        }
    return any;
}

int64_t oracle_book_equity(const struct oracle_book *book, uint32_t account,
                           const int64_t *prices) {
    int128 equity = 0;
    for (size_t i = 0; i < book->pool_count; i++) {
        const struct oracle_pool *pool = &book->pools[i];
        if (pool->account != account)
            continue;
        equity += pool->wallet;
        for (size_t k = 0; k < pool->position_count; k++) {
            const struct oracle_position *p = &pool->positions[k];
            if (p->lots != 0 && prices[p->instrument] != PRICE_NONE)
                equity += pnl(book, p, prices);
        }
    }
    return units_narrow(equity);
}

int64_t oracle_book_timer(const struct oracle_book *book) {
    int64_t earliest = INT64_MAX;
    for (size_t i = 0; i < book->pool_count; i++)
        if (book->pools[i].timer < earliest)
            earliest = book->pools[i].timer;
    return earliest;
}

void oracle_book_clear_timers(struct oracle_book *book, int64_t ts_ns) {
    for (size_t i = 0; i < book->pool_count; i++)
        if (book->pools[i].timer <= ts_ns)
            book->pools[i].timer = INT64_MAX;
}
