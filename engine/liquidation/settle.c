/* Settling (design §4.3 step 5), a pool at a time, then what all pools share:
 * 1. each order's rows: what went through the market, then its matches (settle_order);
 * 2. collateral that was exchanged;
 * 3. each pool: cool-down, back on the queue or done, its shortfall (settle_pool);
 * 4. the counterparties' side of the matches, fund and vault inventories;
 * 5. shortfalls: the fund or funds, the open interest, the rest unpaid (settle_shortfalls).
 * Rows are made here, from what was booked. */

#include "engine/liquidation/settle.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "engine/book/coins.h"
#include "engine/liquidation/exchange.h"
#include "engine/liquidation/loss_spread.h"
#include "engine/rules/share.h"

static enum status settle_reserve(struct wave *wave, struct error *reterr) {
    /* at most one an order through the market, one a match, one a pool that exchanged */
    const size_t rows = wave->orders.count + wave->match_count + wave->exchange_count;
    if (rows > wave->row_capacity) {
        const size_t capacity = rows + rows / 2;
        struct liquidation_record *row = realloc(wave->rows, capacity * sizeof(*row));
        wave->rows = row != NULL ? row : wave->rows;
        uint32_t *pool = realloc(wave->row_pool, capacity * sizeof(*pool));
        wave->row_pool = pool != NULL ? pool : wave->row_pool;
        int64_t *shortfalls = realloc(wave->shortfalls, capacity * sizeof(*shortfalls));
        wave->shortfalls = shortfalls != NULL ? shortfalls : wave->shortfalls;
        int64_t *shares = realloc(wave->shares, capacity * sizeof(*shares));
        wave->shares = shares != NULL ? shares : wave->shares;
        int64_t *weights = realloc(wave->weights, capacity * sizeof(*weights));
        wave->weights = weights != NULL ? weights : wave->weights;
        if (row == NULL || pool == NULL || shortfalls == NULL || shares == NULL || weights == NULL)
            return error_set(reterr, STATUS_NO_MEMORY, "no memory for forced orders");
        wave->row_capacity = capacity;
    }
    if (wave->match_count > wave->adl_row_capacity) {
        struct adl_record *adl =
            realloc(wave->adl_rows, wave->match_capacity * sizeof(*wave->adl_rows));
        if (adl == NULL)
            return error_set(reterr, STATUS_NO_MEMORY, "no memory for ADL rows");
        wave->adl_rows = adl;
        wave->adl_row_capacity = wave->match_capacity;
    }
    return STATUS_OK;
}

/* Closes `lots` (signed as the position, not more than it) for `cash`; gives the realised PnL, both
 * of what the contract settles in. */
static enum status close_position(struct book *book, struct pool *pool, struct position *position,
                                  int64_t lots, int128 cash, int64_t *ret_pnl,
                                  struct error *reterr) {
    const bool all = lots == position->lots;
    const int128 magnitude = position->lots < 0 ? -(int128)position->lots : position->lots;
    const int128 closed = lots < 0 ? -(int128)lots : lots;
    const int128 cost =
        all ? position->cost : div_floor((int128)position->cost * closed, magnitude);
    int64_t *purse = coins_purse(book, pool, position->instrument);
    const int128 balance = *purse + cash - cost;
    if (!units_fits_int64(balance) || !units_fits_int64(cash) || !units_fits_int64(cash - cost))
        return error_set(reterr, STATUS_RANGE, "a fill of '%s' does not fit the money unit",
                         book->instruments[position->instrument].symbol);
    *purse = (int64_t)balance;
    position->cost -= (int64_t)cost;
    position->lots -= lots;
    if (all && lots > 0)
        book->open_longs[position->instrument]--;
    else if (all)
        book->open_shorts[position->instrument]--;
    *ret_pnl = (int64_t)(cash - cost);
    return STATUS_OK;
}

/* A row of an order, with all that is known before it is booked. */
static struct liquidation_record *row_begin(struct book *book, struct wave *wave,
                                            const struct order *order, int64_t now_ns,
                                            uint32_t wave_number) {
    const struct pool *pool = &book->pools[order->pool];
    wave->row_pool[wave->row_count] = order->pool;
    wave->shortfalls[wave->row_count] = 0;
    struct liquidation_record *row = &wave->rows[wave->row_count++];
    memset(row, 0, sizeof(*row)); /* padding too: rows are compared as bytes */
    row->ts_ns = now_ns;
    row->node = NODE_NONE;
    row->parent = order->origin.parent;
    row->cascade = order->origin.cascade;
    row->generation = order->origin.generation;
    row->through = order->origin.through;
    row->caused_e8 = order->origin.caused_e8;
    row->wave = wave_number;
    row->account = pool->account;
    row->instrument = book_positions(book, pool)[order->position].instrument;
    row->bankruptcy_price_ticks = order->bankruptcy_price;
    row->at_first_assessment = (pool->flags & POOL_FIRST) != 0;
    row->erroneous = order->erroneous;
    return row;
}

/* What the insurance fund keeps of an order that brought more than its bankruptcy price: not more
 * than the rulebook's share of its notional, and never what other positions of the pool need; all
 * of what the contract settles in. */
static int128 remainder_of(const struct book *book, const struct order *order, uint32_t i,
                           int128 proceeds, int128 notional, int128 fee) {
    const struct rulebook *rules = book->rulebook;
    if (rules->liquidation.remainder_to == REMAINDER_ACCOUNT)
        return 0;
    const struct pool *pool = &book->pools[order->pool];
    int128 remainder = div_floor(notional * rules->liquidation.remainder_max_rate_e8, RATE_SCALE);
    const int128 equity = book_bought(book, i, book_health(book, pool, book->prices).equity);
    remainder = equity < remainder ? equity : remainder;
    if (order->bankruptcy_price != PRICE_NONE) {
        const int128 surplus =
            proceeds - fee -
            instrument_value_ceil(&book->instruments[i], order->market, order->bankruptcy_price);
        remainder = surplus < remainder ? surplus : remainder;
    }
    return remainder < 0 ? 0 : remainder;
}

/* The part of an order that goes through the market, or to the market counterparty at mark:
 * position, wallet (or coin), market's side, fee. */
static enum status settle_market(struct book *book, const struct order *order, int64_t fill,
                                 struct liquidation_record *row, struct error *reterr) {
    struct pool *pool = &book->pools[order->pool];
    const uint32_t i = row->instrument;
    const struct instrument *instrument = &book->instruments[i];
    const int128 proceeds = instrument_value_floor(instrument, order->market, fill);
    const int128 notional = margin_notional(&book->rules[i], order->market, fill);
    const int128 fee = div_ceil(notional * book->rules[i].fee_rate_e8, RATE_SCALE);
    const int128 insurance = div_floor(notional * order->insurance_e8, RATE_SCALE);
    const int128 notional_money = book_money_up(book, i, notional);
    int64_t *purse = coins_purse(book, pool, i);
    if (!units_fits_int64(notional_money) || !units_fits_int64(fee + insurance) ||
        !units_fits_int64(*purse - fee - insurance))
        return error_set(reterr, STATUS_RANGE, "a fill of '%s' does not fit the money unit",
                         instrument->symbol);
    const enum status status =
        close_position(book, pool, &book_positions(book, pool)[order->position], order->market,
                       proceeds, &row->realised_pnl, reterr);
    if (status != STATUS_OK)
        return status;
    *purse -= (int64_t)(fee + insurance);
    const int128 remainder = remainder_of(book, order, i, proceeds, notional, fee + insurance);
    *purse -= (int64_t)remainder;
    coins_fill(book, i, order->market, proceeds, true);
    const bool to_fund = book->rulebook->liquidation.fee_to == FEE_INSURANCE_FUND;
    const int128 fee_money = coins_sell(book, i, fee);
    const int128 kept_money = coins_sell(book, i, insurance) + coins_sell(book, i, remainder);
    book->ledger.fees += to_fund ? 0 : fee_money;
    ledger_fund_receive(&book->ledger, i, (to_fund ? fee_money : 0) + kept_money);
    row->quantity_lots = order->market;
    row->price_ticks = fill;
    row->notional = (int64_t)notional_money;
    row->realised_pnl = units_narrow(book_money(book, i, row->realised_pnl));
    row->fee = units_narrow(fee_money + kept_money);
    coins_record(book, row);
    return STATUS_OK;
}

static bool is_adl(const struct adl_match *match) {
    return match->pool != POOL_FUND && match->pool != POOL_VAULT;
}

/* The order's side of a match: it is paid for its position; no price moves and no fee is due. Those
 * who pay are settled when all orders are, so that the order of accounts does not matter. */
static enum status settle_match(struct book *book, struct wave *wave, const struct order *order,
                                const struct adl_match *match, struct liquidation_record *row,
                                struct error *reterr) {
    struct pool *pool = &book->pools[order->pool];
    const uint32_t i = row->instrument;
    const struct instrument *instrument = &book->instruments[i];
    const int128 cash = instrument_value_floor(instrument, match->lots, match->price);
    const int128 at_mark = instrument_value_floor(instrument, match->lots, book->prices[i]);
    const int128 notional =
        book_money_up(book, i, margin_notional(&book->rules[i], match->lots, match->price));
    int64_t pnl;
    enum status status = close_position(book, pool, &book_positions(book, pool)[order->position],
                                        match->lots, cash, &pnl, reterr);
    if (status == STATUS_OK && !units_fits_int64((int128)row->notional + notional))
        status = error_set(reterr, STATUS_RANGE, "a fill of '%s' does not fit the money unit",
                           instrument->symbol);
    if (status != STATUS_OK)
        return status;
    row->quantity_lots += match->lots;
    row->price_ticks = match->price;
    row->notional += (int64_t)notional;
    row->realised_pnl += (int64_t)book_money(book, i, pnl);
    if (!row->adl) {
        struct taken *taken = &wave->taken[i].by[match->pool == POOL_VAULT][match->lots < 0];
        taken->lots += match->lots;
        taken->cash += cash;
        return STATUS_OK;
    }
    const int64_t forgone = (int64_t)book_money(book, i, cash - at_mark);
    row->paid_adl += forgone;
    wave->adl_rows[wave->adl_row_count++] = (struct adl_record){
        .ts_ns = row->ts_ns,
        .wave = row->wave,
        .account = book->pools[match->pool].account,
        .instrument = row->instrument,
        .quantity_lots = -match->lots,
        .price_ticks = match->price,
        .forgone = forgone,
    };
    return STATUS_OK;
}

/* An order's rows: through the market, taken over, deleveraged. */
static enum status settle_order(struct book *book, struct wave *wave, uint32_t index, size_t *match,
                                int64_t now_ns, uint32_t wave_number, struct error *reterr) {
    const struct order *order = &wave->orders.rows[index];
    enum status status = STATUS_OK;
    uint8_t part = 0;
    assert(order_adds_up(order, true));
    if (order->market != 0) {
        struct liquidation_record *row = row_begin(book, wave, order, now_ns, wave_number);
        const int64_t fill = order->way == WAY_MARK ? book->prices[row->instrument]
                                                    : wave->fill_price[row->instrument];
        status = settle_market(book, order, fill, row, reterr);
        part++;
    }
    while (status == STATUS_OK && *match < wave->match_count &&
           wave->matches[*match].order == index) {
        struct liquidation_record *row = row_begin(book, wave, order, now_ns, wave_number);
        row->adl = is_adl(&wave->matches[*match]);
        row->taken_over = !row->adl;
        row->part = part++;
        for (; status == STATUS_OK && *match < wave->match_count &&
               wave->matches[*match].order == index && is_adl(&wave->matches[*match]) == row->adl;
             ++*match)
            status = settle_match(book, wave, order, &wave->matches[*match], row, reterr);
    }
    const struct pool *pool = &book->pools[order->pool];
    if (book->rulebook->liquidation.full_within_ns > 0 &&
        book_positions(book, pool)[order->position].lots != 0)
        book->full_until_ns[order->pool] = now_ns + book->rulebook->liquidation.full_within_ns;
    return status;
}

/* What an inventory of the book took over of one instrument in this wave, all longs and all shorts
 * each at once: those first that are held already. */
static enum status inventory_settle(struct book *book, struct inventory *inventory, uint32_t i,
                                    const struct taken sides[2], int128 *pnl,
                                    struct error *reterr) {
    const size_t first = inventory->lots[i] < 0;
    enum status status = STATUS_OK;
    for (size_t k = 0; k < 2 && status == STATUS_OK; k++) {
        const struct taken *side = &sides[k == 0 ? first : !first];
        int128 gain = 0;
        if (!units_fits_int64(side->lots))
            return error_set(reterr, STATUS_RANGE, "too many lots of '%s' were taken over",
                             inventory->instruments[i].symbol);
        if (side->lots != 0)
            status = inventory_take(inventory, i, (int64_t)side->lots, side->cash, &gain, reterr);
        inventory->taken += book_money_up(book, i, units_magnitude(side->cash));
        *pnl += coins_sell(book, i, gain);
    }
    return status;
}

/* The fund's inventory that went into this wave's net is paid at its price; then fund and vault
 * take over what is theirs. What a fund made of all that it bears at once. */
static enum status settle_inventories(struct book *book, const struct wave *wave, int64_t now_ns,
                                      struct error *reterr) {
    int128 all = 0;
    enum status status = STATUS_OK;
    for (size_t t = 0; t < wave->touched_count && status == STATUS_OK; t++) {
        const uint32_t i = wave->touched[t];
        int128 fund = 0;
        if (wave->worked_off[i] != 0) {
            const int128 proceeds = instrument_value_floor(
                &book->instruments[i], wave->worked_off[i], wave->fill_price[i]);
            coins_fill(book, i, wave->worked_off[i], proceeds, false);
            book->inventory.worked_off += book_money_up(book, i, units_magnitude(proceeds));
            fund += coins_sell(book, i,
                               inventory_give(&book->inventory, i, wave->worked_off[i], proceeds));
        }
        status = inventory_settle(book, &book->inventory, i, wave->taken[i].by[0], &fund, reterr);
        if (status == STATUS_OK)
            status = inventory_settle(book, &book->vault, i, wave->taken[i].by[1],
                                      &book->ledger.vault, reterr);
        if (book->ledger.is_divided)
            ledger_fund_bear(&book->ledger, i, fund);
        else
            all += fund;
    }
    if (!book->ledger.is_divided)
        ledger_fund_bear(&book->ledger, 0, all);
    const int64_t step = book->rulebook->liquidation.inventory_interval_ns;
    if (inventory_is_empty(&book->inventory))
        book->work_off_ns = INT64_MAX;
    else if (book->work_off_ns == INT64_MAX)
        book->work_off_ns = (int64_t)(div_floor(now_ns, step) + 1) * step;
    return status;
}

static int by_number(const void *a, const void *b) {
    const struct adl_match *x = a;
    const struct adl_match *y = b;
    return x->number < y->number ? -1 : x->number > y->number;
}

/* The counterparties' side of the matches, in the order in which they were made. They are looked at
 * again in the next wave; one with nothing left open is done. */
static enum status settle_counterparties(struct book *book, struct wave *wave,
                                         struct error *reterr) {
    enum status status = STATUS_OK;
    if (wave->match_count > 1)
        qsort(wave->matches, wave->match_count, sizeof(*wave->matches), by_number);
    for (size_t m = 0; m < wave->match_count && status == STATUS_OK; m++) {
        const struct adl_match *match = &wave->matches[m];
        if (!is_adl(match))
            continue;
        struct pool *pool = &book->pools[match->pool];
        struct position *position = &book_positions(book, pool)[match->position];
        const int128 cash = instrument_value_floor(&book->instruments[position->instrument],
                                                   match->lots, match->price);
        int64_t pnl;
        status = close_position(book, pool, position, -match->lots, -cash, &pnl, reterr);
        book->account_states[pool->account].deleveraged = true;
        if (pool->state != POOL_LIVE)
            continue;
        if (book_pool_is_open(book, pool) || exchange_pending(book, match->pool)) {
            book_queue(book, match->pool);
        } else {
            pool->state = POOL_IDLE;
            book->generation[match->pool]++;
        }
    }
    return status;
}

static int by_row(const void *context, size_t a, size_t b) {
    (void)context;
    return a < b ? -1 : a > b;
}

#define SHORTFALL_ROWS 64 /* a pool with more rows in a wave books its shortfall on the first */

/* A pool with nothing left open and a negative wallet: the wallet goes to zero against the deficit
 * account, and the shortfall is shared over the pool's rows first..end by notional. */
static enum status settle_shortfall(struct book *book, struct wave *wave, struct pool *pool,
                                    size_t first, size_t end, struct error *reterr) {
    const int128 shortfall = -(int128)pool->wallet;
    pool->wallet = 0;
    book->account_states[pool->account].bankrupt = true;
    book->ledger.deficit -= shortfall;
    int128 notional = 0;
    for (size_t r = first; r < end; r++)
        notional += wave->rows[r].notional;
    /* share_out() deals no more than the weights hold: scale the weights up by whole multiples. */
    const int128 scale = notional > 0 ? shortfall / notional + 1 : 1;
    int64_t weights[SHORTFALL_ROWS];
    if (end - first > SHORTFALL_ROWS || notional == 0 || !units_fits_int64(scale * notional)) {
        wave->shortfalls[first] = units_narrow(shortfall);
        return STATUS_OK;
    }
    for (size_t r = first; r < end; r++)
        weights[r - first] = (int64_t)(wave->rows[r].notional * scale);
    return share_out(end - first, weights, shortfall, by_row, NULL, &wave->shortfalls[first],
                     reterr);
}

static void cool_down(struct book *book, uint32_t pool, int64_t now_ns) {
    const int64_t interval_ns = book->rulebook->limits.interval_ns;
    if (interval_ns > 0 && book->allowed_ns[pool] < now_ns + interval_ns)
        book->allowed_ns[pool] = now_ns + interval_ns; /* else its window lasts longer */
}

/* Pools whose orders their limits have left out altogether, which have no rows. */
static void settle_unfilled(struct book *book, const struct wave *wave, int64_t now_ns) {
    for (size_t o = 0; o < wave->orders.count; o++) {
        const uint32_t index = wave->orders.rows[o].pool;
        if (!(book->pools[index].flags & POOL_BREACHED))
            continue; /* settled with its rows */
        book->pools[index].flags &= (uint8_t)~POOL_BREACHED;
        cool_down(book, index, now_ns);
        book_queue(book, index);
    }
}

/* After all fills of one pool, its rows first..end. */
static enum status settle_pool(struct book *book, struct wave *wave, size_t first, size_t end,
                               int64_t now_ns, struct error *reterr) {
    const uint32_t index = wave->row_pool[first];
    struct pool *pool = &book->pools[index];
    uint32_t orders = 0;
    for (size_t r = first; r < end; r++)
        orders += wave->rows[r].part == 0;
    book->account_states[pool->account].liquidations += orders;
    const bool handed = pool->flags & POOL_TO_VAULT;
    pool->flags &= (uint8_t) ~(POOL_BREACHED | POOL_TO_VAULT);
    cool_down(book, index, now_ns);
    if (book_pool_is_open(book, pool)) {
        book_queue(book, index);
        return STATUS_OK;
    }
    if (exchange_pending(book, index)) {
        book_queue(book, index); /* what it holds is sold first */
        return STATUS_OK;
    }
    pool->state = POOL_IDLE;
    if (handed && pool->wallet > 0) {
        book->ledger.vault += pool->wallet;
        book->ledger.received += pool->wallet;
        pool->wallet = 0;
    }
    return pool->wallet < 0 ? settle_shortfall(book, wave, pool, first, end, reterr) : STATUS_OK;
}

/* Order of rows in a tie over a unit of money: account id as bytes, then instrument. */
struct row_order {
    const struct book *book;
    const struct liquidation_record *rows;
};

static int by_account_id(const void *context, size_t a, size_t b) {
    const struct row_order *order = context;
    const struct liquidation_record *x = &order->rows[a];
    const struct liquidation_record *y = &order->rows[b];
    if (x->account != y->account)
        return accounts_by_id(order->book->accounts, x->account, y->account);
    if (x->instrument != y->instrument)
        return x->instrument < y->instrument ? -1 : 1;
    return a < b ? -1 : a > b;
}

/* Whose fund pays the shortfall of a row: its instrument's. A row without lots (what a sale of
 * collateral left owing) counts for the first of the contracts that the pool was in. */
static uint32_t fund_of_row(const struct book *book, const struct wave *wave, size_t r) {
    const struct pool *pool = &book->pools[wave->row_pool[r]];
    if (wave->rows[r].quantity_lots != 0 || pool->position_count == 0)
        return wave->rows[r].instrument;
    return book_positions(book, pool)[0].instrument;
}

/* One fund, that of `instrument` or of all, pays the wave's shortfalls that are its own as far as
 * it goes. */
static enum status settle_fund(struct book *book, struct wave *wave, uint32_t instrument,
                               struct error *reterr) {
    const bool divided = book->ledger.is_divided;
    int128 total = 0;
    for (size_t r = 0; r < wave->row_count; r++) {
        const bool own = !divided || fund_of_row(book, wave, r) == instrument;
        wave->weights[r] = own ? wave->shortfalls[r] : 0;
        total += wave->weights[r];
    }
    if (total == 0)
        return STATUS_OK;
    const int128 paid = ledger_fund_pay(&book->ledger, instrument, total);
    const struct row_order order = {book, wave->rows};
    const enum status status = share_out(wave->row_count, wave->weights, paid, by_account_id,
                                         &order, wave->shares, reterr);
    for (size_t r = 0; r < wave->row_count && status == STATUS_OK; r++)
        wave->rows[r].paid_fund += wave->shares[r];
    return status;
}

/* The fund or funds pay the wave's shortfalls; the rest is spread over open positions, or unpaid.
 */
static enum status settle_shortfalls(struct book *book, struct wave *wave, struct error *reterr) {
    int128 total = 0;
    for (size_t r = 0; r < wave->row_count; r++) {
        total += wave->shortfalls[r];
        wave->rows[r].shortfall = wave->shortfalls[r];
    }
    if (total == 0)
        return STATUS_OK;
    size_t funds = 0;
    if (rulebook_has_stage(book->rulebook, STAGE_INSURANCE_FUND))
        funds = book->ledger.is_divided ? book->instrument_count : 1;
    enum status status = STATUS_OK;
    for (uint32_t f = 0; f < funds && status == STATUS_OK; f++)
        status = settle_fund(book, wave, f, reterr);
    for (size_t r = 0; r < wave->row_count; r++)
        wave->rows[r].unpaid = wave->rows[r].shortfall - wave->rows[r].paid_fund;
    return status == STATUS_OK && rulebook_has_stage(book->rulebook, STAGE_OPEN_INTEREST)
               ? loss_spread_wave(book, wave, reterr)
               : status;
}

/* A pool that only exchanged collateral in this wave: done, or looked at again; a wallet that stays
 * below zero is a shortfall, on a row of its own without lots. */
static enum status settle_exchanger(struct book *book, struct wave *wave, uint32_t index,
                                    uint32_t instrument, int64_t now_ns, uint32_t wave_number,
                                    struct error *reterr) {
    struct pool *pool = &book->pools[index];
    pool->flags &= (uint8_t)~POOL_BREACHED;
    if (book_pool_is_open(book, pool) || exchange_pending(book, index)) {
        book_queue(book, index);
        return STATUS_OK;
    }
    pool->state = POOL_IDLE;
    if (pool->wallet >= 0)
        return STATUS_OK;
    const size_t row = wave->row_count++;
    wave->row_pool[row] = index;
    wave->shortfalls[row] = 0;
    wave->rows[row] = (struct liquidation_record){.ts_ns = now_ns,
                                                  .node = NODE_NONE,
                                                  .parent = NODE_NONE,
                                                  .wave = wave_number,
                                                  .account = pool->account,
                                                  .instrument = instrument,
                                                  .price_ticks = book->prices[instrument],
                                                  .bankruptcy_price_ticks = PRICE_NONE,
                                                  .part = 1};
    return settle_shortfall(book, wave, pool, row, row + 1, reterr);
}

static enum status settle_exchangers(struct book *book, struct wave *wave, size_t row_end,
                                     int64_t now_ns, uint32_t wave_number, struct error *reterr) {
    enum status status = STATUS_OK;
    size_t row = 0;
    for (size_t e = 0; e < wave->exchange_count && status == STATUS_OK; e++) {
        const uint32_t pool = wave->exchanges[e].pool;
        if (e > 0 && wave->exchanges[e - 1].pool == pool)
            continue;
        while (row < row_end && wave->row_pool[row] < pool)
            row++;
        if (row < row_end && wave->row_pool[row] == pool)
            continue; /* settled with its orders */
        const struct collateral_rule *rule =
            &book->holdings.rules[book->holdings.rows[wave->exchanges[e].row].asset];
        const uint32_t instrument = rule->fixed ? 0 : rule->factor;
        status = settle_exchanger(book, wave, pool, instrument, now_ns, wave_number, reterr);
    }
    return status;
}

static int by_order(const void *a, const void *b) {
    const struct adl_match *x = a;
    const struct adl_match *y = b;
    if (x->order != y->order)
        return x->order < y->order ? -1 : 1;
    return x->number < y->number ? -1 : 1;
}

enum status wave_settle(struct book *book, struct wave *wave, int64_t now_ns, uint32_t wave_number,
                        struct error *reterr) {
    enum status status = settle_reserve(wave, reterr);
    size_t match = 0;
    wave->adl_row_count = 0;
    if (wave->match_count > 1)
        qsort(wave->matches, wave->match_count, sizeof(*wave->matches), by_order);
    for (uint32_t o = 0; o < wave->orders.count && status == STATUS_OK; o++)
        status = settle_order(book, wave, o, &match, now_ns, wave_number, reterr);
    if (status == STATUS_OK)
        status = exchange_settle(book, wave, reterr);
    size_t first = 0;
    while (first < wave->row_count && status == STATUS_OK) {
        size_t end = first + 1;
        while (end < wave->row_count && wave->row_pool[end] == wave->row_pool[first])
            end++;
        status = settle_pool(book, wave, first, end, now_ns, reterr);
        first = end;
    }
    settle_unfilled(book, wave, now_ns);
    if (status == STATUS_OK)
        status = settle_exchangers(book, wave, wave->row_count, now_ns, wave_number, reterr);
    if (status == STATUS_OK)
        status = settle_counterparties(book, wave, reterr);
    if (status == STATUS_OK)
        status = settle_inventories(book, wave, now_ns, reterr);
    return status == STATUS_OK ? settle_shortfalls(book, wave, reterr) : status;
}
