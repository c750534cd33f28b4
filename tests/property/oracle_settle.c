/* Settling a wave by its definition: all of it at once. What goes through the market, what is taken
 * over and what is deleveraged are booked at their prices; then shortfalls; then what the fund's
 * inventory made; then the fund pays. Nothing depends on the order of accounts. */

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tests/property/oracle_book.h"

static void *allocate(size_t count, size_t size) {
    void *memory = calloc(count > 0 ? count : 1, size);
    assert(memory != NULL);
    return memory;
}

static int64_t absolute(int64_t lots) {
    return lots < 0 ? -lots : lots;
}

bool oracle_id_before(const struct oracle_book *book, uint32_t a, uint32_t b) {
    char left[ACCOUNT_ID_SIZE];
    char right[ACCOUNT_ID_SIZE];
    accounts_id(book->accounts, a, left);
    accounts_id(book->accounts, b, right);
    return strcmp(left, right) < 0;
}

void oracle_share(size_t count, const int128 *weights, int128 amount, int128 *ret_shares) {
    int128 sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += weights[i];
    int128 left = amount;
    int128 *remainder = allocate(count, sizeof(*remainder));
    for (size_t i = 0; i < count; i++) {
        ret_shares[i] = amount * weights[i] / sum;
        remainder[i] = amount * weights[i] % sum;
        left -= ret_shares[i];
    }
    for (; left > 0; left--) {
        size_t best = 0;
        for (size_t i = 1; i < count; i++)
            if (remainder[i] > remainder[best])
                best = i;
        ret_shares[best]++;
        remainder[best] = -1;
    }
    free(remainder);
}

/* ---- rows ---- */

/* A new row of the order, of which `part` others stand before it. */
static struct liquidation_record *add_row(struct oracle_book *book,
                                          const struct oracle_order *order, uint8_t part) {
    if (book->row_count == book->row_room) {
        book->row_room = 2 * book->row_room + 64;
        book->rows = realloc(book->rows, book->row_room * sizeof(*book->rows));
        book->row_funds = realloc(book->row_funds, book->row_room * sizeof(*book->row_funds));
        assert(book->rows != NULL && book->row_funds != NULL);
    }
    book->row_funds[book->row_count] = order->row.instrument;
    struct liquidation_record *row = &book->rows[book->row_count++];
    *row = order->row;
    row->part = part;
    return row;
}

/* Closes `lots` of a position for `cash`; gives the realised PnL, both of what it settles in. */
static int64_t close_lots(const struct oracle_book *book, struct oracle_pool *pool,
                          struct oracle_position *p, int64_t lots, int128 cash) {
    const int64_t share =
        lots == p->lots ? p->cost
                        : (int64_t)div_floor((int128)p->cost * absolute(lots), absolute(p->lots));
    const int64_t pnl = (int64_t)(cash - share);
    p->lots -= lots;
    p->cost -= share;
    *oracle_purse(book, pool, p->instrument) += pnl;
    return pnl;
}

/* What the fund keeps of an order that brought more than its bankruptcy price; not more than the
 * rule's share of its notional, nor than the equity of its pool; of what the contract settles in.
 */
static int64_t remainder_of(const struct oracle_book *book, const struct oracle_order *order,
                            const struct liquidation_record *row, int128 notional, int128 fees,
                            const int64_t *marks) {
    const uint32_t i = row->instrument;
    int128 most =
        div_floor(notional * book->rulebook->liquidation.remainder_max_rate_e8, RATE_SCALE);
    const int128 equity =
        oracle_bought(book, i, oracle_pool_equity(book, order->pool, marks), marks);
    most = equity < most ? equity : most;
    if (row->bankruptcy_price_ticks != PRICE_NONE) {
        const int128 beyond = oracle_value(book, i, order->market, row->price_ticks) +
                              oracle_value(book, i, -order->market, row->bankruptcy_price_ticks) -
                              fees;
        most = beyond < most ? beyond : most;
    }
    return most > 0 ? (int64_t)most : 0;
}

static void settle_market(struct oracle_book *book, struct oracle_order *order, int64_t fill,
                          const int64_t *marks) {
    struct oracle_position *p = order->position;
    struct liquidation_record *row = add_row(book, order, 0);
    row->quantity_lots = order->market;
    row->price_ticks = fill;
    const uint32_t i = p->instrument;
    const int128 notional = oracle_notional(book, i, order->market, fill);
    const int64_t fee = (int64_t)div_ceil(notional * oracle_fee_rate(book, i), RATE_SCALE);
    const int64_t pnl =
        close_lots(book, order->pool, p, order->market, oracle_value(book, i, order->market, fill));
    const int64_t insurance = (int64_t)oracle_insurance_fee(book, order, fill);
    int64_t *purse = oracle_purse(book, order->pool, i);
    *purse -= fee + insurance;
    book->coverage.own_fees += fee > 0 && book->rulebook->liquidation.fee_rate_count > 0;
    int64_t kept = 0;
    if (book->rulebook->liquidation.remainder_to == REMAINDER_INSURANCE_FUND)
        kept = remainder_of(book, order, row, notional, fee + insurance, marks);
    book->coverage.kept += kept > 0;
    *purse -= kept;
    /* What the venue and the fund get of a coin is sold for them at its mark. */
    const int128 fee_money = oracle_money(book, i, fee, marks);
    const int128 to_fund =
        oracle_money(book, i, insurance, marks) + oracle_money(book, i, kept, marks);
    int128 *pot = &book->pots[oracle_pot(book, i)];
    *pot += to_fund;
    if (book->rulebook->liquidation.fee_to == FEE_INSURANCE_FUND)
        *pot += fee_money;
    else
        book->fees += fee_money;
    row->notional = (int64_t)oracle_money_up(book, i, notional, marks);
    row->realised_pnl = (int64_t)oracle_money(book, i, pnl, marks);
    row->fee = (int64_t)(fee_money + to_fund);
}

static void add_adl_row(struct oracle_book *book, const struct oracle_match *match,
                        int128 forgone) {
    if (book->adl_count == book->adl_room) {
        book->adl_room = 2 * book->adl_room + 64;
        book->adl = realloc(book->adl, book->adl_room * sizeof(*book->adl));
        assert(book->adl != NULL);
    }
    book->adl[book->adl_count++] = (struct adl_record){.ts_ns = match->order->row.ts_ns,
                                                       .wave = match->order->row.wave,
                                                       .account = match->pool->account,
                                                       .instrument = match->order->row.instrument,
                                                       .quantity_lots = -match->lots,
                                                       .price_ticks = match->price,
                                                       .forgone = (int64_t)forgone};
    book->deleveraged[match->pool->account] = true;
}

/* The order's rows: through the market; then one for each run of takers of one kind. */
static void settle_order(struct oracle_book *book, struct oracle_order *order, int64_t fill,
                         const int64_t *marks) {
    const uint32_t i = order->row.instrument;
    uint8_t part = 0;
    struct liquidation_record *row = NULL;
    if (order->market != 0) {
        settle_market(book, order, fill, marks);
        part = 1;
    }
    for (size_t m = 0; m < book->match_count; m++) {
        const struct oracle_match *match = &book->matches[m];
        if (match->order != order)
            continue;
        if (row == NULL || row->adl != (match->pool != NULL)) {
            row = add_row(book, order, part++);
            row->adl = match->pool != NULL;
            row->taken_over = match->pool == NULL;
            row->price_ticks = match->price;
        }
        const int128 cash = oracle_value(book, i, match->lots, match->price);
        const int128 forgone =
            oracle_money(book, i, cash - oracle_value(book, i, match->lots, marks[i]), marks);
        const int128 notional = oracle_notional(book, i, match->lots, match->price);
        const int64_t pnl = close_lots(book, order->pool, order->position, match->lots, cash);
        row->quantity_lots += match->lots;
        row->notional += (int64_t)oracle_money_up(book, i, notional, marks);
        row->realised_pnl += (int64_t)oracle_money(book, i, pnl, marks);
        if (match->pool != NULL) {
            row->paid_adl += (int64_t)forgone;
            add_adl_row(book, match, forgone);
        }
    }
}

/* ---- takers ---- */

static void settle_counterparties(struct oracle_book *book, const int64_t *marks) {
    for (size_t m = 0; m < book->match_count; m++) {
        const struct oracle_match *match = &book->matches[m];
        if (match->pool == NULL)
            continue;
        const int128 cash =
            oracle_value(book, match->position->instrument, match->lots, match->price);
        close_lots(book, match->pool, match->position, -match->lots, -cash);
        if (!oracle_stays(book, match->pool, marks))
            match->pool->done = true;
    }
}

/* Adds `lots` bought for `cash` (both signed) to a holding; gives what closing what is held of the
 * other sign makes. */
static int128 hold(struct oracle_holding *holding, int64_t lots, int128 cash) {
    if (lots == 0 || holding->lots == 0 || (holding->lots > 0) == (lots > 0)) {
        holding->lots += lots;
        holding->cost += cash;
        return 0;
    }
    const int64_t met =
        absolute(lots) < absolute(holding->lots) ? absolute(lots) : absolute(holding->lots);
    const int128 paid =
        div_floor(cash * met, absolute(lots)); /* of the cash, for those that meet */
    const int128 cost = met == absolute(holding->lots)
                            ? holding->cost
                            : div_floor(holding->cost * met, absolute(holding->lots));
    const int64_t sign = lots > 0 ? 1 : -1;
    holding->lots += sign * met;
    holding->cost -= cost;
    holding->lots += lots - sign * met;
    holding->cost += cash - paid;
    return -paid - cost;
}

/* What fund or vault took over in this wave, by instrument: all longs together and all shorts
 * together, those first that are held already (longs if nothing is). Adds what it made of each. */
static void take_over(struct oracle_book *book, bool vault, const int64_t *marks,
                      int128 *ret_notional, int128 *pnl) {
    for (uint32_t i = 0; i < book->input->instrument_count; i++) {
        int64_t lots[2] = {0, 0}; /* longs, shorts */
        int128 cash[2] = {0, 0};
        for (size_t m = 0; m < book->match_count; m++) {
            const struct oracle_match *match = &book->matches[m];
            if (match->pool != NULL || match->vault != vault || match->order->row.instrument != i)
                continue;
            const int side = match->lots < 0;
            lots[side] += match->lots;
            cash[side] += oracle_value(book, i, match->lots, match->price);
        }
        for (int side = 0; side < 2; side++)
            *ret_notional += oracle_money_up(book, i, units_magnitude(cash[side]), marks);
        struct oracle_holding *holding = vault ? &book->held[i] : &book->inventory[i];
        const int first = holding->lots < 0;
        pnl[i] += oracle_money(book, i, hold(holding, lots[first], cash[first]), marks);
        pnl[i] += oracle_money(book, i, hold(holding, lots[!first], cash[!first]), marks);
    }
}

/* The fund's inventory that went to market in this wave is paid its price. */
static void work_off(struct oracle_book *book, const int64_t *fills, const int64_t *marks,
                     int128 *pnl) {
    for (uint32_t i = 0; i < book->input->instrument_count; i++) {
        const int64_t lots = book->worked_off[i];
        struct oracle_holding *holding = &book->inventory[i];
        if (lots == 0)
            continue;
        const int128 proceeds = oracle_value(book, i, lots, fills[i]);
        const int128 cost = lots == holding->lots ? holding->cost
                                                  : div_floor(holding->cost * absolute(lots),
                                                              absolute(holding->lots));
        holding->lots -= lots;
        holding->cost -= cost;
        pnl[i] += oracle_money(book, i, proceeds - cost, marks);
        book->inventory_worked_off += oracle_money_up(book, i, units_magnitude(proceeds), marks);
    }
}

static void settle_inventory(struct oracle_book *book, const int64_t *fills, const int64_t *marks,
                             int64_t ts_ns) {
    const uint32_t count = (uint32_t)book->input->instrument_count;
    int128 *pnl = allocate(2 * (size_t)count, sizeof(*pnl)); /* the fund's, the vault's */
    work_off(book, fills, marks, pnl); /* lots that were held when the wave began */
    take_over(book, false, marks, &book->inventory_taken, pnl);
    take_over(book, true, marks, &book->vault_taken, pnl + count);
    int128 all = 0; /* one pot for all bears them at once */
    for (uint32_t i = 0; i < count; i++) {
        if (book->apart)
            oracle_funds_bear(book, i, pnl[i]);
        else
            all += pnl[i];
        book->vault += pnl[count + i];
    }
    oracle_funds_bear(book, 0, all);
    free(pnl);
    bool holds = false;
    for (size_t i = 0; i < book->input->instrument_count; i++)
        holds = holds || book->inventory[i].lots != 0;
    const int64_t step = book->rulebook->liquidation.inventory_interval_ns;
    if (!holds)
        book->work_off_at = INT64_MAX;
    else if (book->work_off_at == INT64_MAX)
        book->work_off_at = (int64_t)(div_floor(ts_ns, step) + 1) * step;
}

/* ---- losses ---- */

/* What the pool's wallet is short of once nothing is left open, over its rows by notional; `row_of`
 * are the pools of the wave's rows, which begin at `first`. */
static void take_shortfall(struct oracle_book *book, struct oracle_pool *pool, size_t first,
                           struct oracle_pool *const *row_of) {
    const size_t count = book->row_count - first;
    int128 *weights = allocate(2 * count, sizeof(*weights));
    for (size_t r = 0; r < count; r++)
        weights[r] = row_of[r] == pool ? book->rows[first + r].notional : 0;
    oracle_share(count, weights, -(int128)pool->wallet, weights + count);
    for (size_t r = 0; r < count; r++)
        book->rows[first + r].shortfall += (int64_t)weights[count + r];
    pool->wallet = 0;
    book->short_of_money[pool->account] = true;
    free(weights);
}

/* Whether something is left of the pool: positions, owed assets, or collateral for its debt. */
bool oracle_stays(const struct oracle_book *book, const struct oracle_pool *pool,
                  const int64_t *marks) {
    return oracle_is_open(pool) || oracle_owes(pool) ||
           (pool->wallet < 0 && oracle_can_exchange(book, pool, marks));
}

/* Pools that only exchanged collateral: a debt that is left is a row of its own, without lots. */
static void settle_exchangers(struct oracle_book *book, const int64_t *marks, int64_t ts_ns) {
    for (size_t e = 0; e < book->exchange_count; e++) {
        const struct oracle_exchange *x = &book->exchanges[e];
        bool ordered = e > 0 && book->exchanges[e - 1].pool == x->pool;
        for (size_t o = 0; o < book->order_count; o++)
            ordered = ordered || book->orders[o].pool == x->pool;
        if (ordered || oracle_stays(book, x->pool, marks))
            continue;
        x->pool->done = true;
        if (x->pool->wallet >= 0)
            continue;
        uint32_t instrument = 0;
        if (!oracle_asset_factor(book, x->pool->assets[x->row].asset, &instrument))
            instrument = 0;
        const struct oracle_order none = {
            .row = {.ts_ns = ts_ns,
                    .wave = book->wave,
                    .account = x->pool->account,
                    .instrument = instrument,
                    .price_ticks = marks[instrument] == PRICE_NONE ? 0 : marks[instrument],
                    .bankruptcy_price_ticks = PRICE_NONE}};
        struct liquidation_record *row = add_row(book, &none, 1);
        if (x->pool->position_count > 0) /* what it was in before, not what it sold now */
            book->row_funds[book->row_count - 1] = x->pool->positions[0].instrument;
        row->shortfall = -x->pool->wallet;
        x->pool->wallet = 0;
        book->short_of_money[x->pool->account] = true;
    }
}

/* By account id as bytes, then instrument, then as they stand. */
static bool row_before(const struct oracle_book *book, const struct liquidation_record *a,
                       const struct liquidation_record *b) {
    if (a->account != b->account)
        return oracle_id_before(book, a->account, b->account);
    return a->instrument < b->instrument;
}

/* A pot pays what it can of the shortfalls that are its own; nobody pays the rest. `rows` are
 * indices into the book's, by account. */
static void pay_from(struct oracle_book *book, size_t pot, const size_t *rows, size_t count) {
    int128 *weights = allocate(2 * count, sizeof(*weights));
    int128 total = 0;
    for (size_t r = 0; r < count; r++) {
        const bool own = oracle_pot(book, book->row_funds[rows[r]]) == pot;
        total += weights[r] = own ? book->rows[rows[r]].shortfall : 0;
    }
    const bool has_fund =
        oracle_stage(book->rulebook, STAGE_INSURANCE_FUND) < book->rulebook->waterfall.stage_count;
    const int128 fund = has_fund ? book->pots[pot] : 0;
    const int128 paid = fund < total ? fund : total;
    if (total > 0)
        oracle_share(count, weights, paid, weights + count);
    for (size_t r = 0; r < count && total > 0; r++)
        book->rows[rows[r]].paid_fund += (int64_t)weights[count + r];
    book->pots[pot] -= paid;
    book->deficit += total - paid;
    book->coverage.pots_short += book->apart && has_fund && paid < total && oracle_fund(book) > 0;
    free(weights);
}

static void pay_shortfalls(struct oracle_book *book, size_t first) {
    const size_t count = book->row_count - first;
    size_t *rows = allocate(count, sizeof(*rows));
    for (size_t r = 0; r < count; r++) {
        size_t at = r;
        for (; at > 0 && row_before(book, &book->rows[first + r], &book->rows[rows[at - 1]]); at--)
            rows[at] = rows[at - 1];
        rows[at] = first + r;
    }
    for (size_t pot = 0; pot <= book->input->instrument_count; pot++)
        pay_from(book, pot, rows, count);
    for (size_t r = first; r < book->row_count; r++)
        book->rows[r].unpaid = book->rows[r].shortfall - book->rows[r].paid_fund;
    if (oracle_stage(book->rulebook, STAGE_OPEN_INTEREST) < book->rulebook->waterfall.stage_count)
        for (uint32_t i = 0; i < book->input->instrument_count; i++)
            oracle_spread(book, i, first);
    free(rows);
}

/* ---- the wave ---- */

static void note_orders(struct oracle_book *book) {
    for (size_t i = 0; i < book->order_count; i++) {
        const struct oracle_order *order = &book->orders[i];
        uint32_t coin;
        const bool in_coin = oracle_coin(book, order->row.instrument, &coin);
        book->coverage.coin_orders += in_coin;
        book->coverage.coin_debts +=
            in_coin && *oracle_purse(book, order->pool, order->row.instrument) < 0;
        book->coverage.partial_closes += order->position->lots != 0;
        book->coverage.squeezed_shorts += order->position->squeezed && order->lots < 0;
        book->liquidations[order->row.account] += order->market != 0 || order->taken != 0;
    }
    for (uint32_t i = 0; i < book->input->instrument_count; i++) {
        bool sells = false;
        bool buys = false;
        for (size_t o = 0; o < book->order_count; o++)
            if (book->orders[o].row.instrument == i) {
                sells = sells || book->orders[o].market > 0;
                buys = buys || book->orders[o].market < 0;
            }
        book->coverage.two_sided_waves += sells && buys;
    }
}

/* What the pools of the wave's orders ask for, at its marks. */
static int128 *note_asked(const struct oracle_book *book, const int64_t *marks) {
    int128 *asked = allocate(book->order_count, sizeof(*asked));
    for (size_t i = 0; i < book->order_count; i++)
        asked[i] = oracle_pool_requirement(book, book->orders[i].pool, marks);
    return asked;
}

void oracle_book_settle(struct oracle_book *book, const int64_t *fills, const int64_t *marks,
                        int64_t ts_ns) {
    const size_t first = book->row_count;
    int128 *asked = note_asked(book, marks);
    /* An order has a row of the market and, of each match, at most one more. */
    struct oracle_pool **row_of = allocate(book->order_count + book->match_count, sizeof(*row_of));
    for (size_t i = 0; i < book->order_count; i++) {
        const size_t before = book->row_count;
        const int64_t *at = book->orders[i].price == PRICE_MARK ? marks : fills;
        settle_order(book, &book->orders[i], at[book->orders[i].row.instrument], marks);
        for (size_t r = before; r < book->row_count; r++)
            row_of[r - first] = book->orders[i].pool;
        if (book->orders[i].position->lots != 0 && book->rulebook->liquidation.full_within_ns > 0)
            book->orders[i].pool->full_until = ts_ns + book->rulebook->liquidation.full_within_ns;
    }
    oracle_exchange_settle(book, fills);
    for (size_t i = 0; i < book->order_count; i++) {
        struct oracle_pool *pool = book->orders[i].pool;
        if (!oracle_stays(book, pool, marks)) {
            pool->done = true;
            if (book->orders[i].handed && pool->wallet > 0) {
                book->vault += pool->wallet;
                book->vault_received += pool->wallet;
                pool->wallet = 0;
            }
            if (pool->wallet < 0)
                take_shortfall(book, pool, first, row_of);
        }
    }
    settle_exchangers(book, marks, ts_ns);
    settle_counterparties(book, marks);
    settle_inventory(book, fills, marks, ts_ns);
    pay_shortfalls(book, first);
    note_orders(book);
    for (size_t i = 0; i < book->order_count; i++) {
        book->coverage.asked++;
        book->coverage.asked_more +=
            oracle_pool_requirement(book, book->orders[i].pool, marks) > asked[i];
    }
    free(asked);
    free(row_of);
}
