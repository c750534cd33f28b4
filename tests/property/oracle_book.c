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
    if (left->instrument != right->instrument)
        return left->instrument < right->instrument ? -1 : 1;
    return (right->lots > 0) - (left->lots > 0); /* the long first */
}

/* Under margin.mode isolated every position is a pool of its own. */
static bool stands_alone(const struct oracle_book *book, const struct position_view *p) {
    return p->mode == MARGIN_ISOLATED || book->rulebook->margin.mode == MARGIN_ISOLATED;
}

/* What such a position has for itself: its own margin, or its share of the account's balance, by
 * cost, between the shares of those before it and with it. */
static int64_t margin_of(const struct oracle_book *book, struct account_view view,
                         const struct position_view *of) {
    if (of->mode == MARGIN_ISOLATED)
        return of->isolated_margin;
    int128 all = 0;
    int128 before = 0;
    for (size_t p = 0; p < view.position_count; p++) {
        const struct position_view at = accounts_position(book->accounts, view.position_first + p);
        const int128 cost = at.cost < 0 ? -(int128)at.cost : at.cost;
        const bool first = at.instrument < of->instrument ||
                           (at.instrument == of->instrument && at.lots > 0 && of->lots < 0);
        all += at.mode == MARGIN_CROSS ? cost : 0;
        before += at.mode == MARGIN_CROSS && first ? cost : 0;
    }
    const int128 own = of->cost < 0 ? -(int128)of->cost : of->cost;
    if (view.balance <= 0 || all == 0)
        return 0;
    return (int64_t)(view.balance * (before + own) / all - view.balance * before / all);
}

/* Pools in order of accounts: the cross pool (also an empty one: it holds the balance), then the
 * isolated positions as listed. */
void oracle_book_init(struct oracle_book *book, const struct replay_input *input,
                      const struct venue_input *venue) {
    const size_t accounts = accounts_count(venue->accounts);
    const size_t positions = accounts_position_count(venue->accounts);
    *book = (struct oracle_book){
        .input = input,
        .accounts = venue->accounts,
        .pots = allocate(input->instrument_count + 1, sizeof(*book->pots)),
        .noted = allocate(input->instrument_count + 1, sizeof(*book->noted)),
        .fund_left = allocate(input->instrument_count + 1, sizeof(*book->fund_left)),
        .vault = venue->backstop,
        .work_off_at = INT64_MAX,
        .inventory = allocate(input->instrument_count, sizeof(*book->inventory)),
        .held = allocate(input->instrument_count, sizeof(*book->held)),
        .worked_off = allocate(input->instrument_count, sizeof(*book->worked_off)),
        .windows = allocate(input->instrument_count, sizeof(*book->windows)),
        .tables = allocate(input->instrument_count, sizeof(const void *)),
        .pools = allocate(accounts + positions, sizeof(*book->pools)),
        .positions = allocate(positions, sizeof(*book->positions)),
        .orders = allocate(positions, sizeof(*book->orders)),
        .liquidations = allocate(accounts, sizeof(*book->liquidations)),
        .short_of_money = allocate(accounts, sizeof(*book->short_of_money)),
        .in_breach_at_start = allocate(accounts, sizeof(*book->in_breach_at_start)),
        .deleveraged = allocate(accounts, sizeof(*book->deleveraged)),
        .session_at = INT64_MAX,
        .session_gains = allocate(accounts, sizeof(*book->session_gains)),
        .socialised = allocate(accounts, sizeof(*book->socialised)),
    };
    book->pots[input->instrument_count] = book->noted[input->instrument_count] =
        venue->insurance_fund;
    oracle_book_set_rules(book, venue->rulebook);
    struct oracle_position *next = book->positions;
    for (uint32_t a = 0; a < accounts; a++) {
        const struct account_view view = accounts_view(venue->accounts, a);
        const size_t end = view.position_first + view.position_count;
        const struct oracle_pool empty = {.account = a,
                                          .exempt = view.exempt,
                                          .instant_of_first_breach = -1,
                                          .allowed = INT64_MIN,
                                          .full_until = INT64_MIN,
                                          .timer = INT64_MAX,
                                          .release_began = INT64_MIN,
                                          .block_until = INT64_MIN,
                                          .breach_since = INT64_MAX};
        struct oracle_pool *cross = &book->pools[book->pool_count++];
        *cross = empty;
        cross->wallet = view.balance;
        cross->positions = next;
        for (size_t p = view.position_first; p < end; p++) {
            const struct position_view from = accounts_position(venue->accounts, p);
            if (!stands_alone(book, &from))
                cross->positions[cross->position_count++] =
                    (struct oracle_position){.instrument = from.instrument,
                                             .lots = from.lots,
                                             .cost = from.cost,
                                             .block_until = INT64_MIN};
        }
        qsort(cross->positions, cross->position_count, sizeof(*next), compare_positions);
        next += cross->position_count;
        size_t first;
        accounts_holdings(venue->accounts, a, &first, &cross->asset_count);
        cross->assets =
            allocate(cross->asset_count + cross->position_count, sizeof(*cross->assets));
        for (size_t k = 0; k < cross->asset_count; k++) {
            const struct holding_view from = accounts_holding(venue->accounts, first + k);
            cross->assets[k] = (struct oracle_asset_row){from.asset, from.quantity};
        }
        for (size_t k = 0; k < accounts_order_count(venue->accounts); k++) {
            uint32_t owner;
            const struct open_order_view order = accounts_order(venue->accounts, k, &owner);
            if (owner != a)
                continue;
            cross->open = realloc(cross->open, (cross->open_count + 1) * sizeof(*cross->open));
            assert(cross->open != NULL);
            cross->open[cross->open_count++] = (struct oracle_open_order){.view = order};
        }
        oracle_add_coins(book, cross);
        bool moves = false;
        uint32_t factor;
        for (size_t k = 0; k < cross->asset_count; k++)
            moves = moves || oracle_asset_factor(book, cross->assets[k].asset, &factor);
        cross->done = cross->position_count == 0 && !(oracle_owes(cross) && moves);
        for (size_t p = view.position_first; p < end; p++) {
            const struct position_view from = accounts_position(venue->accounts, p);
            if (!stands_alone(book, &from))
                continue;
            struct oracle_pool *pool = &book->pools[book->pool_count++];
            *pool = empty;
            pool->wallet = margin_of(book, view, &from);
            cross->wallet -= from.mode == MARGIN_CROSS ? pool->wallet : 0;
            pool->positions = next;
            pool->position_count = 1;
            *next++ = (struct oracle_position){.instrument = from.instrument,
                                               .lots = from.lots,
                                               .cost = from.cost,
                                               .block_until = INT64_MIN};
        }
    }
}

void oracle_book_set_rules(struct oracle_book *book, const struct rulebook *rulebook) {
    book->rulebook = rulebook;
    oracle_funds_set_rules(book);
    book->keeps_queue =
        book->keeps_queue || rulebook->limits.pace_pools > 0 || rulebook->limits.window_ns > 0;
    for (size_t i = 0; i < book->input->instrument_count; i++)
        book->tables[i] = rulebook_table(rulebook, book->input->instruments[i].symbol);
    for (size_t p = 0; p < book->pool_count; p++)
        for (size_t k = 0; k < book->pools[p].position_count; k++)
            book->pools[p].positions[k].tier = NULL; /* no crossing of tiers, but other tiers */
}

void oracle_book_finish(struct oracle_book *book) {
    for (size_t p = 0; p < book->pool_count; p++)
        free(book->pools[p].assets);
    for (size_t p = 0; p < book->pool_count; p++)
        free(book->pools[p].open);
    free(book->exchanges);
    free(book->session_gains);
    free(book->socialised);
    free(book->inventory);
    free(book->held);
    free(book->past);
    free(book->pots);
    free(book->windows);
    free(book->noted);
    free(book->fund_left);
    free(book->worked_off);
    free(book->matches);
    free(book->deleveraged);
    free(book->adl);
    free(book->tables);
    free(book->pools);
    free(book->positions);
    free(book->orders);
    free(book->liquidations);
    free(book->short_of_money);
    free(book->in_breach_at_start);
    free(book->rows);
    free(book->row_funds);
    memset(book, 0, sizeof(*book));
}

static int64_t absolute(int64_t lots) {
    return lots < 0 ? -lots : lots;
}

int128 oracle_slack(const struct oracle_book *book, const struct oracle_pool *pool,
                    const int64_t *prices) {
    return oracle_pool_equity(book, pool, prices) - oracle_pool_requirement(book, pool, prices);
}

bool oracle_in_breach(const struct oracle_book *book, const struct oracle_pool *pool,
                      const int64_t *prices) {
    const int128 slack = oracle_slack(book, pool, prices);
    if (book->rulebook->margin.trigger == TRIGGER_BELOW ? slack < 0 : slack <= 0)
        return true;
    return pool->closing && oracle_pool_equity(book, pool, prices) * RATE_SCALE <
                                oracle_pool_requirement(book, pool, prices) *
                                    book->rulebook->liquidation.exit_ratio_e8;
}

bool oracle_is_priced(const struct oracle_book *book, const struct oracle_pool *pool,
                      const int64_t *prices) {
    for (size_t i = 0; i < pool->position_count; i++)
        if (prices[pool->positions[i].instrument] == PRICE_NONE)
            return false;
    for (size_t k = 0; k < pool->asset_count; k++) {
        uint32_t factor;
        if (oracle_asset_factor(book, pool->assets[k].asset, &factor) &&
            prices[factor] == PRICE_NONE)
            return false;
    }
    return true;
}

bool oracle_is_open(const struct oracle_pool *pool) {
    for (size_t i = 0; i < pool->position_count; i++)
        if (pool->positions[i].lots != 0)
            return true;
    return false;
}

static void note_tiers(struct oracle_book *book, struct oracle_pool *pool, const int64_t *prices) {
    for (size_t i = 0; i < pool->position_count; i++) {
        struct oracle_position *p = &pool->positions[i];
        if (p->lots == 0 || book->tables[p->instrument] == NULL)
            continue;
        const struct margin_tier *tier =
            oracle_tier(book, p->instrument,
                        oracle_notional(book, p->instrument, p->lots, prices[p->instrument]));
        if (p->tier != NULL && p->tier != tier)
            book->coverage.tier_crossings++;
        if (p->tier != NULL && p->lots < 0 && tier > p->tier)
            p->squeezed = true;
        p->tier = tier;
    }
}

/* Whether the pool, found in breach, may be ordered now; else it waits. */
static bool may_order(struct oracle_book *book, struct oracle_pool *pool, int64_t ts_ns) {
    if (book->keeps_queue && pool->breach_since == INT64_MAX)
        pool->breach_since = ts_ns;
    if (ts_ns < pool->allowed) {
        book->coverage.cooled++;
        pool->timer = pool->allowed;
        return false;
    }
    if (book->rulebook->limits.latency_ns > 0 && !pool->sent) {
        book->coverage.latencies++;
        pool->sent = true;
        pool->timer = pool->allowed = ts_ns + book->rulebook->limits.latency_ns;
        return false;
    }
    if (oracle_block_is_over(book, pool)) {
        book->coverage.blocked++;
        pool->sent = true; /* its latency is behind it */
        pool->timer = pool->allowed = oracle_block_end(book);
        return false;
    }
    pool->sent = false;
    return true;
}

/* Longest in breach first; then account id as bytes; then as listed. */
static bool goes_first(const struct oracle_book *book, const struct oracle_pool *a,
                       const struct oracle_pool *b) {
    if (a->breach_since != b->breach_since)
        return a->breach_since < b->breach_since;
    return a->account == b->account ? a < b : oracle_id_before(book, a->account, b->account);
}

/* The engine liquidates no more than so many pools in a window; the others wait for the next. */
static void keep_pace(struct oracle_book *book, bool *ready, int64_t ts_ns) {
    const struct rulebook *rules = book->rulebook;
    if (rules->limits.pace_pools == 0)
        return;
    const int64_t window = (int64_t)div_floor(ts_ns, rules->limits.pace_ns);
    if (window != book->pace_window)
        book->pace_used = 0;
    book->pace_window = window;
    bool *served = allocate(book->pool_count, sizeof(*served));
    while (book->pace_used < rules->limits.pace_pools) {
        size_t best = book->pool_count;
        for (size_t p = 0; p < book->pool_count; p++)
            if (ready[p] && !served[p] &&
                (best == book->pool_count || goes_first(book, &book->pools[p], &book->pools[best])))
                best = p;
        if (best == book->pool_count)
            break;
        served[best] = true;
        book->pace_used++;
    }
    for (size_t p = 0; p < book->pool_count; p++)
        if (ready[p] && !served[p]) {
            ready[p] = false;
            book->coverage.paced++;
            book->pools[p].sent = true; /* its latency is behind it */
            book->pools[p].timer = book->pools[p].allowed = (window + 1) * rules->limits.pace_ns;
        }
    free(served);
}

/* Once at its time the fund gives a part of what it holds to the wave. */
static void work_off(struct oracle_book *book, const int64_t *marks, int64_t ts_ns) {
    const struct rulebook *rules = book->rulebook;
    if (ts_ns < book->work_off_at)
        return;
    for (size_t i = 0; i < book->input->instrument_count; i++) {
        const int64_t held = book->inventory[i].lots;
        const int64_t part = (int64_t)div_ceil(
            (int128)absolute(held) * rules->liquidation.inventory_fraction_e8, RATE_SCALE);
        if (marks[i] != PRICE_NONE)
            book->worked_off[i] = held < 0 ? -part : part;
    }
    const int64_t step = rules->liquidation.inventory_interval_ns;
    book->work_off_at = (int64_t)(div_floor(ts_ns, step) + 1) * step;
}

static void begin_wave(struct oracle_book *book, int64_t ts_ns) {
    const struct rulebook *rules = book->rulebook;
    book->order_count = 0;
    book->match_count = 0;
    book->exchange_count = 0;
    book->vault_borne = 0;
    const size_t fund = oracle_stage(rules, STAGE_INSURANCE_FUND);
    const bool stands_before = fund < rules->waterfall.stage_count &&
                               fund < oracle_stage(rules, STAGE_ADL) &&
                               fund < oracle_stage(rules, STAGE_BACKSTOP);
    for (uint32_t i = 0; i < book->input->instrument_count; i++) {
        const size_t pot = oracle_pot(book, i);
        book->fund_left[pot] = stands_before ? oracle_funds_bearable(book, pot, ts_ns) : 0;
        book->worked_off[i] = 0;
    }
    for (size_t p = 0; p < book->pool_count; p++)
        book->pools[p].forgone = 0;
}

/* One pool: true if it is in breach and may be ordered. */
static bool assess_pool(struct oracle_book *book, struct oracle_pool *pool, const int64_t *marks,
                        int64_t ts_ns, int64_t instant) {
    const bool first = !pool->assessed;
    pool->assessed = true;
    note_tiers(book, pool, marks);
    book->coverage.assessments++;
    oracle_cancel(book, pool, marks, ts_ns);
    if (!oracle_in_breach(book, pool, marks)) {
        pool->sent = false;
        pool->closing = false;
        pool->release_began = INT64_MIN;
        pool->released = 0;
        pool->breach_since = INT64_MAX;
        if (oracle_is_open(pool))
            oracle_exchange_cover(book, pool, marks);
        else if (pool->wallet < 0)
            oracle_exchange_collect(book, pool, false, false, marks);
        return false;
    }
    book->coverage.breaches++;
    book->coverage.coin_breaches += oracle_coin_breach(book, pool, marks);
    book->coverage.breaches_equal += oracle_slack(book, pool, marks) == 0;
    book->coverage.goes_on += oracle_slack(book, pool, marks) > 0;
    if (first) {
        pool->instant_of_first_breach = instant;
        book->in_breach_at_start[pool->account] = true;
    }
    return may_order(book, pool, ts_ns);
}

void oracle_book_assess(struct oracle_book *book, const int64_t *marks, const int64_t *prices,
                        int64_t ts_ns, int64_t instant, uint32_t wave) {
    begin_wave(book, ts_ns);
    book->wave = wave;
    book->now = ts_ns;
    bool *ready = allocate(book->pool_count, sizeof(*ready));
    for (size_t i = 0; i < book->pool_count; i++) {
        struct oracle_pool *pool = &book->pools[i];
        /* something is left of it, and all that it depends on has a price */
        if (!pool->done && !pool->exempt && oracle_is_priced(book, pool, marks) &&
            pool->timer == INT64_MAX)
            ready[i] = assess_pool(book, pool, marks, ts_ns, instant);
    }
    keep_pace(book, ready, ts_ns);
    for (size_t i = 0; i < book->pool_count; i++) {
        struct oracle_pool *pool = &book->pools[i];
        if (!ready[i])
            continue;
        const struct liquidation_record row = {.ts_ns = ts_ns,
                                               .wave = wave,
                                               .account = pool->account,
                                               .at_first_assessment =
                                                   pool->instant_of_first_breach == instant,
                                               .erroneous = !oracle_in_breach(book, pool, prices)};
        oracle_order_pool(book, pool, marks, &row);
        pool->closing = true;
        oracle_exchange_collect(book, pool, true, oracle_is_open(pool), marks);
        if (book->rulebook->limits.interval_ns > 0)
            pool->allowed = ts_ns + book->rulebook->limits.interval_ns;
    }
    free(ready);
    oracle_windows(book);
    work_off(book, marks, ts_ns);
}

bool oracle_book_net(const struct oracle_book *book, uint32_t i, int64_t *ret_net) {
    bool any = book->worked_off[i] != 0;
    *ret_net = book->worked_off[i];
    for (size_t o = 0; o < book->order_count; o++)
        if (book->orders[o].row.instrument == i) {
            if (book->orders[o].price != PRICE_MARK) /* else it does not go through the market */
                *ret_net += book->orders[o].market;
            any = true;
        }
    *ret_net += oracle_exchange_net(book, i, &any);
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
            uint32_t coin;
            if (p->lots != 0 && prices[p->instrument] != PRICE_NONE &&
                !oracle_coin(book, p->instrument, &coin))
                equity += oracle_pnl(book, p, prices);
        }
        uint32_t factor;
        for (size_t k = 0; k < pool->asset_count; k++)
            if (!oracle_asset_factor(book, pool->assets[k].asset, &factor) ||
                prices[factor] != PRICE_NONE)
                equity +=
                    oracle_asset_value(book, pool->assets[k].asset,
                                       oracle_balance(book, pool, k, prices).quantity, prices);
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
