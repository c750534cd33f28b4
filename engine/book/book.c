#include "engine/book/book.h"

#include <stdlib.h>
#include <string.h>

#include "engine/book/coins.h"
#include "engine/book/fund_split.h"
#include "engine/book/large_block.h"
#include "engine/book/portfolio.h"

/* ---- making a book from accounts ---- */

/* The position as its rulebook has it: margin.mode isolated gives each cross position a pool of its
 * own, with the account's balance divided by cost at entry (ends of a running sum in order of
 * instruments, so that it adds up whatever the order of rows). A negative balance is not divided.
 */
static struct position_view position_under(const struct book *book, struct account_view view,
                                           size_t k) {
    struct position_view own = accounts_position(book->accounts, view.position_first + k);
    if (book->rulebook->margin.mode != MARGIN_ISOLATED || own.mode == MARGIN_ISOLATED)
        return own;
    int128 before = 0;
    int128 all = 0;
    const int128 cost = own.cost < 0 ? -(int128)own.cost : own.cost;
    for (size_t j = 0; j < view.position_count; j++) {
        const struct position_view p = accounts_position(book->accounts, view.position_first + j);
        if (p.mode == MARGIN_ISOLATED)
            continue;
        const int128 other = p.cost < 0 ? -(int128)p.cost : p.cost;
        all += other;
        if (p.instrument < own.instrument || (p.instrument == own.instrument && p.lots > own.lots))
            before += other;
    }
    own.mode = MARGIN_ISOLATED;
    if (view.balance > 0 && all > 0)
        own.isolated_margin = (int64_t)(div_floor(view.balance * (before + cost), all) -
                                        div_floor(view.balance * before, all));
    return own;
}

static size_t pools_of(const struct book *book, uint32_t account) {
    const struct account_view view = accounts_view(book->accounts, account);
    size_t isolated = 0;
    for (size_t k = 0; k < view.position_count; k++)
        isolated += position_under(book, view, k).mode == MARGIN_ISOLATED;
    return 1 + isolated;
}

static enum status no_memory(struct error *reterr) {
    return error_set(reterr, STATUS_NO_MEMORY, "no memory for the accounts of a run");
}

static enum status book_allocate(struct book *book, struct error *reterr) {
    const size_t accounts = accounts_count(book->accounts);
    size_t pools = 0;
    for (uint32_t a = 0; a < accounts; a++)
        pools += pools_of(book, a);
    if (pools > UINT32_MAX - 1 || accounts_position_count(book->accounts) > UINT32_MAX - 1)
        return error_set(reterr, STATUS_RANGE, "more than 4 billion pools or positions");
    book->pool_count = pools;
    book->position_count = accounts_position_count(book->accounts);
    const size_t n = book->instrument_count;
    book->rules = calloc(n, sizeof(*book->rules));
    book->falls = calloc(n, sizeof(*book->falls));
    book->rises = calloc(n, sizeof(*book->rises));
    book->open_longs = calloc(n, sizeof(*book->open_longs));
    book->open_shorts = calloc(n, sizeof(*book->open_shorts));
    book->pools = large_block_create(pools + 1, sizeof(*book->pools));
    book->generation = large_block_create(pools + 1, sizeof(*book->generation));
    book->queue = malloc((pools + 1) * sizeof(*book->queue));
    book->positions = large_block_create(book->position_count + 1, sizeof(*book->positions));
    book->account_states = calloc(accounts + 1, sizeof(*book->account_states));
    if (book->rules == NULL || book->falls == NULL || book->rises == NULL ||
        book->open_longs == NULL || book->open_shorts == NULL || book->pools == NULL ||
        book->generation == NULL || book->queue == NULL || book->positions == NULL ||
        book->account_states == NULL)
        return no_memory(reterr);
    return STATUS_OK;
}

static void book_put_position(struct book *book, struct pool *pool, struct position_view view) {
    book->positions[pool->position_first + pool->position_count++] =
        (struct position){view.lots, view.cost, view.instrument};
    if (view.lots > 0)
        book->open_longs[view.instrument]++;
    else
        book->open_shorts[view.instrument]++;
    if (book_in_coin(book, view.instrument))
        book->holdings.market[book->holdings.settles[view.instrument]] += view.cost;
    else
        book->ledger.external += view.cost; /* wallet minus costs, negated */
    book->ledger.market_lots[view.instrument] -= view.lots;
}

/* Cross positions come first in the account's pool, then one pool an isolated position; within a
 * pool positions stand in instrument order, so that ties need no search. */
static int by_instrument(const void *a, const void *b) {
    const struct position *x = a;
    const struct position *y = b;
    if (x->instrument != y->instrument)
        return x->instrument < y->instrument ? -1 : 1;
    return (y->lots > 0) - (x->lots > 0); /* hedge mode: the long first */
}

/* Whether the pool owes an asset and its health moves, without a position. Counts what its
 * holdings' triggers can be. */
static bool book_owes(struct book *book, size_t pool) {
    bool owes = false;
    bool moves = false;
    size_t count;
    const struct holding *row = holdings_of(&book->holdings, pool, &count);
    for (size_t k = 0; k < count; k++) {
        const struct collateral_rule *rule = &book->holdings.rules[row[k].asset];
        owes = owes || row[k].quantity < 0;
        moves = moves || !rule->fixed;
        if (!rule->fixed && row[k].quantity > 0)
            book->open_longs[rule->factor]++;
        else if (!rule->fixed)
            book->open_shorts[rule->factor]++;
    }
    return owes && moves;
}

/* Open orders are backed by the cross pool. */
static void book_put_orders(struct book *book, uint32_t account, uint32_t pool) {
    uint32_t owner = 0;
    while (book->open_orders.count < accounts_order_count(book->accounts)) {
        const struct open_order_view view =
            accounts_order(book->accounts, book->open_orders.count, &owner);
        if (owner != account)
            return;
        open_orders_put(&book->open_orders, pool, view);
        book->pools[pool].flags |= POOL_ORDERS;
    }
}

static void book_fill_account(struct book *book, uint32_t account, size_t *pool_next,
                              uint32_t *position_next) {
    const struct account_view view = accounts_view(book->accounts, account);
    struct pool *cross = &book->pools[(*pool_next)++];
    *cross =
        (struct pool){.wallet = view.balance, .account = account, .position_first = *position_next};
    book->ledger.external -= view.balance;
    for (size_t k = 0; k < view.position_count; k++) {
        const struct position_view p = position_under(book, view, k);
        if (p.mode == MARGIN_CROSS)
            book_put_position(book, cross, p);
        else if (accounts_position(book->accounts, view.position_first + k).mode == MARGIN_CROSS)
            cross->wallet -= p.isolated_margin; /* moved to the position's own pool */
    }
    qsort(book_positions(book, cross), cross->position_count, sizeof(struct position),
          by_instrument);
    *position_next += cross->position_count;
    holdings_fill(&book->holdings, book->accounts, account, (size_t)(cross - book->pools));
    book_put_orders(book, account, (uint32_t)(cross - book->pools));
    const bool alive = cross->position_count > 0 || book_owes(book, (size_t)(cross - book->pools));
    cross->state = alive && !view.exempt ? POOL_WAITING : POOL_IDLE;
    for (size_t k = 0; k < view.position_count; k++) {
        const struct position_view p = position_under(book, view, k);
        if (p.mode != MARGIN_ISOLATED)
            continue;
        struct pool *pool = &book->pools[(*pool_next)++];
        if (book->holdings.first != NULL)
            book->holdings.first[*pool_next] = book->holdings.first[*pool_next - 1];
        *pool = (struct pool){.wallet = p.isolated_margin,
                              .account = account,
                              .position_first = *position_next,
                              .state = view.exempt ? POOL_IDLE : POOL_WAITING};
        if (accounts_position(book->accounts, view.position_first + k).mode == MARGIN_ISOLATED)
            book->ledger.external -= p.isolated_margin; /* else it came out of the balance */
        book_put_position(book, pool, p);
        *position_next += 1;
    }
}

/* Positions by instrument. */
static enum status book_list_holders(struct book *book, struct error *reterr) {
    book->holder_first = calloc(book->instrument_count + 1, sizeof(*book->holder_first));
    book->holders = malloc((book->position_count + 1) * sizeof(*book->holders));
    size_t *next = calloc(book->instrument_count + 1, sizeof(*next));
    if (book->holder_first == NULL || book->holders == NULL || next == NULL) {
        free(next);
        return no_memory(reterr);
    }
    for (size_t k = 0; k < book->position_count; k++)
        book->holder_first[book->positions[k].instrument + 1]++;
    for (size_t i = 0; i < book->instrument_count; i++) {
        book->holder_first[i + 1] += book->holder_first[i];
        next[i] = book->holder_first[i];
    }
    for (size_t p = 0; p < book->pool_count; p++) {
        const struct position *position = book_positions(book, &book->pools[p]);
        for (uint16_t k = 0; k < book->pools[p].position_count; k++)
            book->holders[next[position[k].instrument]++] = (struct holder){(uint32_t)p, k};
    }
    free(next);
    return STATUS_OK;
}

static enum status book_fill_column(const struct book *book, int64_t value, int64_t **column,
                                    struct error *reterr) {
    *column = malloc((book->pool_count + 1) * sizeof(**column));
    if (*column == NULL)
        return no_memory(reterr);
    for (size_t p = 0; p < book->pool_count; p++)
        (*column)[p] = value;
    return STATUS_OK;
}

enum status book_prepare_rules(struct book *book, struct error *reterr) {
    const struct rulebook *rules = book->rulebook;
    const bool waits = rules->limits.interval_ns > 0 || rules->limits.latency_ns > 0 ||
                       rules->limits.pace_pools > 0 || rules->limits.block_ns > 0 ||
                       rules->limits.window_ns > 0;
    enum status status = STATUS_OK;
    if (waits && book->allowed_ns == NULL)
        status = book_fill_column(book, INT64_MIN, &book->allowed_ns, reterr);
    const bool queues = rules->limits.pace_pools > 0 || rules->limits.window_ns > 0;
    if (status == STATUS_OK && queues && book->breach_ns == NULL)
        status = book_fill_column(book, INT64_MAX, &book->breach_ns, reterr);
    if (status == STATUS_OK && rules->liquidation.full_within_ns > 0 && book->full_until_ns == NULL)
        status = book_fill_column(book, INT64_MIN, &book->full_until_ns, reterr);
    const bool lists =
        rulebook_has_stage(rules, STAGE_ADL) || rulebook_has_stage(rules, STAGE_OPEN_INTEREST);
    if (status == STATUS_OK && lists && book->holders == NULL)
        status = book_list_holders(book, reterr);
    return status;
}

enum status book_init(struct book *book, const struct venue_input *input,
                      const struct instrument *instruments, size_t instrument_count,
                      const double *volatility, const int64_t *prices, const int64_t *true_prices,
                      struct error *reterr) {
    memset(book, 0, sizeof(*book));
    ladder_arena_init(&book->arena);
    book->instruments = instruments;
    book->instrument_count = instrument_count;
    book->rulebook = input->rulebook;
    book->accounts = input->accounts;
    book->volatility = volatility;
    book->prices = prices;
    book->true_prices = true_prices;
    enum status status = ledger_init(&book->ledger, instruments, instrument_count, reterr);
    if (status == STATUS_OK)
        status = inventory_init(&book->inventory, instruments, instrument_count, reterr);
    if (status == STATUS_OK)
        status = inventory_init(&book->vault, instruments, instrument_count, reterr);
    if (status == STATUS_OK)
        status = book_allocate(book, reterr);
    if (status == STATUS_OK)
        status = open_orders_init(&book->open_orders, book->accounts, reterr);
    if (status == STATUS_OK)
        status = holdings_init(&book->holdings, book->accounts, book->rulebook, instruments,
                               instrument_count, book->pool_count, reterr);
    for (size_t i = 0; i < instrument_count && status == STATUS_OK; i++) {
        if (instruments[i].kind == CONTRACT_SPOT) /* a price, no contract */
            book->rules[i].instrument = &instruments[i];
        else
            status = margin_rule_init(&book->rules[i], input->rulebook, &instruments[i], reterr);
        if (status == STATUS_OK)
            status = ladder_init(&book->falls[i], LADDER_FALL, reterr);
        if (status == STATUS_OK)
            status = ladder_init(&book->rises[i], LADDER_RISE, reterr);
    }
    if (status == STATUS_OK && input->rulebook->margin.portfolio != NULL)
        status = portfolio_rule_init(&book->portfolio, input->rulebook, instruments,
                                     instrument_count, reterr);
    if (status != STATUS_OK) {
        book_finish(book);
        return status;
    }
    book->ledger.fund = input->insurance_fund;
    fund_peak_init(&book->fund_peak, input->insurance_fund);
    book->ledger.vault = input->backstop;
    book->ledger.external = -(int128)input->insurance_fund - input->backstop;
    book->work_off_ns = book->session_ns = INT64_MAX;
    size_t pool_next = 0;
    uint32_t position_next = 0;
    const size_t accounts = accounts_count(book->accounts);
    for (uint32_t a = 0; a < accounts; a++)
        book_fill_account(book, a, &pool_next, &position_next);
    open_orders_set_rules(&book->open_orders, book->rulebook, book->rules);
    for (size_t p = 0; p < book->pool_count; p++)
        book->waiting_count += book->pools[p].state == POOL_WAITING;
    status = book_prepare_rules(book, reterr);
    if (status == STATUS_OK)
        status = fund_split_prepare(book, reterr);
    if (status == STATUS_OK)
        status = portfolio_check(book, reterr);
    if (status != STATUS_OK)
        book_finish(book);
    return status;
}

void book_finish(struct book *book) {
    for (size_t i = 0; i < book->instrument_count; i++) {
        if (book->rules != NULL)
            margin_rule_finish(&book->rules[i]);
        if (book->falls != NULL)
            ladder_finish(&book->falls[i]);
        if (book->rises != NULL)
            ladder_finish(&book->rises[i]);
    }
    free(book->rules);
    free(book->falls);
    free(book->rises);
    free(book->open_longs);
    free(book->open_shorts);
    free(book->pools);
    free(book->generation);
    free(book->allowed_ns);
    free(book->breach_ns);
    free(book->full_until_ns);
    free(book->queue);
    free(book->first);
    free(book->holders);
    free(book->holder_first);
    free(book->positions);
    free(book->account_states);
    portfolio_rule_finish(&book->portfolio);
    holdings_finish(&book->holdings);
    open_orders_finish(&book->open_orders);
    fund_peak_finish(&book->fund_peak);
    for (size_t i = 0; book->fund_peaks != NULL && i < book->instrument_count; i++)
        fund_peak_finish(&book->fund_peaks[i]);
    free(book->fund_peaks);
    free(book->session_gains);
    free(book->socialised);
    timer_queue_finish(&book->timers);
    ladder_arena_finish(&book->arena);
    inventory_finish(&book->inventory);
    inventory_finish(&book->vault);
    ledger_finish(&book->ledger);
    memset(book, 0, sizeof(*book));
}

/* ---- health ---- */

/* Of a book whose contracts all settle in its own asset; without open orders. */
static inline struct pool_health money_health(const struct book *book, const struct pool *pool,
                                              const int64_t *prices) {
    struct pool_health health = {pool->wallet, 0, 0};
    const struct position *position = book_positions(book, pool);
    for (uint16_t k = 0; k < pool->position_count; k++, position++) {
        if (position->lots == 0)
            continue;
        const uint32_t i = position->instrument;
        const struct instrument *instrument = &book->instruments[i];
        const int128 value = instrument_value_floor(instrument, position->lots, prices[i]);
        health.equity += value - position->cost;
        const int128 notional = instrument->value_den == 1 && !instrument_is_inverse(instrument)
                                    ? (value < 0 ? -value : value)
                                    : margin_notional(&book->rules[i], position->lots, prices[i]);
        health.requirement +=
            margin_requirement(&book->rules[i], position->lots, position->cost, notional);
    }
    if (__builtin_expect(book->rulebook->margin.portfolio != NULL, 0))
        health.requirement = portfolio_requirement(book, pool, prices, UINT16_MAX, 0);
    health.worth = health.equity;
    if (__builtin_expect(book->holdings.counts, 0))
        holdings_health(&book->holdings, (size_t)(pool - book->pools), prices, NULL, &health.equity,
                        &health.worth, &health.requirement);
    return health;
}

struct pool_health book_health(const struct book *book, const struct pool *pool,
                               const int64_t *prices) {
    struct pool_health health = __builtin_expect(book->holdings.settles != NULL, 0)
                                    ? coins_health(book, pool, prices)
                                    : money_health(book, pool, prices);
    if (__builtin_expect(pool->flags & POOL_ORDERS, 0))
        health.requirement +=
            open_orders_margin(&book->open_orders, (uint32_t)(pool - book->pools));
    return health;
}

bool book_in_breach(const struct book *book, struct pool_health health) {
    return book->rulebook->margin.trigger == TRIGGER_BELOW ? health.equity < health.requirement
                                                           : health.equity <= health.requirement;
}

bool book_must_close(const struct book *book, const struct pool *pool, struct pool_health health) {
    return book_in_breach(book, health) ||
           ((pool->flags & POOL_CLOSING) &&
            health.equity * RATE_SCALE <
                health.requirement * book->rulebook->liquidation.exit_ratio_e8);
}

int128 book_totals(const struct book *book, int128 *ret_lots) {
    int128 total = 0;
    memset(ret_lots, 0, book->instrument_count * sizeof(*ret_lots));
    for (size_t p = 0; p < book->pool_count; p++)
        total += book->pools[p].wallet;
    for (size_t k = 0; k < book->position_count; k++) {
        if (!book_in_coin(book, book->positions[k].instrument))
            total -= book->positions[k].cost;
        ret_lots[book->positions[k].instrument] += book->positions[k].lots;
    }
    for (uint32_t i = 0; i < book->instrument_count; i++) {
        if (!book_in_coin(book, i))
            total -= book->inventory.cost[i] + book->vault.cost[i];
        ret_lots[i] += (int128)book->inventory.lots[i] + book->vault.lots[i];
    }
    return total;
}

int128 book_account_equity(const struct book *book, size_t pool_first, size_t pool_end) {
    int128 equity = 0;
    int128 gains[ASSETS_MAX];
    for (size_t p = pool_first; p < pool_end; p++) {
        const struct pool *pool = &book->pools[p];
        const struct position *position = book_positions(book, pool);
        equity += pool->wallet;
        for (uint16_t k = 0; k < pool->position_count; k++, position++) {
            if (book->prices[position->instrument] > 0 && !book_in_coin(book, position->instrument))
                equity += book_value(book, position) - position->cost;
        }
        const bool in_coins =
            coins_open(book, pool) && coins_gains(book, pool, book->prices, gains);
        equity += holdings_worth(&book->holdings, p, book->prices, in_coins ? gains : NULL);
    }
    return equity;
}

size_t book_bytes(const struct book *book) {
    size_t bytes = (book->pool_count + 1) *
                   (sizeof(*book->pools) + sizeof(*book->generation) + sizeof(*book->queue) +
                    (book->allowed_ns != NULL ? sizeof(*book->allowed_ns) : 0) +
                    (book->breach_ns != NULL ? sizeof(*book->breach_ns) : 0) +
                    (book->full_until_ns != NULL ? sizeof(*book->full_until_ns) : 0));
    bytes += (book->position_count + 1) * sizeof(*book->positions);
    bytes += (accounts_count(book->accounts) + 1) * sizeof(*book->account_states);
    if (book->session_gains != NULL)
        bytes += (accounts_count(book->accounts) + 1) *
                 (sizeof(*book->session_gains) + sizeof(*book->socialised));
    bytes += ladder_arena_bytes(&book->arena);
    bytes += book->open_orders.count * sizeof(*book->open_orders.rows);
    if (book->holders != NULL)
        bytes += (book->position_count + 1) * sizeof(*book->holders);
    bytes += book->timers.capacity * sizeof(struct timer);
    for (size_t i = 0; i < book->instrument_count; i++)
        bytes += ladder_bytes(&book->falls[i]) + ladder_bytes(&book->rises[i]);
    return bytes;
}

/* ---- queue ---- */

void book_queue(struct book *book, uint32_t pool) {
    if (book->pools[pool].flags & POOL_QUEUED)
        return;
    book->pools[pool].flags |= POOL_QUEUED;
    book->queue[book->queue_count++] = pool;
}

bool book_is_priced(const struct book *book, uint32_t index) {
    const struct pool *pool = &book->pools[index];
    const struct position *position = book_positions(book, pool);
    for (uint16_t k = 0; k < pool->position_count; k++)
        if (book->prices[position[k].instrument] <= 0)
            return false;
    return !book->holdings.counts || holdings_priced(&book->holdings, index, book->prices);
}

void book_prices_appeared(struct book *book) {
    for (size_t p = 0; p < book->pool_count && book->waiting_count > 0; p++) {
        struct pool *pool = &book->pools[p];
        if (pool->state != POOL_WAITING)
            continue;
        if (!book_is_priced(book, (uint32_t)p))
            continue;
        pool->state = POOL_LIVE;
        book->waiting_count--;
        book_queue(book, (uint32_t)p);
    }
}
