#include "engine/liquidation/exchange.h"

#include <assert.h>
#include <stdlib.h>

static int64_t ratio_of(const struct collateral_rule *rule) {
    return rule->asset->exchange_ratio_e8;
}

/* What selling (> 0) or buying back (< 0) a quantity brings the pool at a price of the factor; the
 * exchange ratio is taken from what is sold, and on top of what is bought. */
static int128 proceeds_of(const struct collateral_rule *rule, int64_t quantity, int64_t price,
                          int128 *ret_full) {
    *ret_full = collateral_value(rule, quantity, price);
    return quantity >= 0 ? div_floor(*ret_full * ratio_of(rule), RATE_SCALE)
                         : div_floor(*ret_full * RATE_SCALE, ratio_of(rule));
}

static int64_t price_of(const struct book *book, const struct collateral_rule *rule) {
    return rule->fixed ? 1 : book->prices[rule->factor];
}

bool exchange_pending(const struct book *book, uint32_t pool) {
    size_t count;
    const struct holding *row = holdings_of(&book->holdings, pool, &count);
    for (size_t k = 0; k < count; k++) {
        const struct collateral_rule *rule = &book->holdings.rules[row[k].asset];
        int128 full;
        if (row[k].quantity < 0)
            return true;
        if (book->pools[pool].wallet < 0 && row[k].quantity > 0 &&
            proceeds_of(rule, row[k].quantity, price_of(book, rule), &full) > 0)
            return true;
    }
    return false;
}

static enum status add(const struct book *book, struct wave *wave, uint32_t pool, size_t row,
                       int64_t quantity, struct error *reterr) {
    if (wave->exchange_count == wave->exchange_capacity) {
        const size_t capacity = wave->exchange_capacity * 2 + 64;
        struct exchange *rows = realloc(wave->exchanges, capacity * sizeof(*rows));
        if (rows == NULL)
            return error_set(reterr, STATUS_NO_MEMORY, "no memory for exchanges of collateral");
        wave->exchanges = rows;
        wave->exchange_capacity = capacity;
    }
    const struct collateral_rule *rule = &book->holdings.rules[book->holdings.rows[row].asset];
    /* An asset with a fixed price moves none, but the wave must know that something happens. */
    const struct pool *owner = &book->pools[pool];
    uint32_t instrument = 0;
    if (!rule->fixed)
        instrument = rule->factor;
    else if (owner->position_count > 0)
        instrument = book_positions(book, owner)[0].instrument;
    wave_touch(wave, instrument);
    if (!rule->fixed) {
        const struct instrument *traded = &book->instruments[rule->factor];
        const double lots = (double)quantity / (double)MONEY_SCALE / traded->lot_size;
        wave->net[instrument] += (int128)(lots < 0.0 ? lots - 0.5 : lots + 0.5);
    }
    wave->exchanges[wave->exchange_count++] = (struct exchange){pool, (uint32_t)row, quantity};
    return STATUS_OK;
}

/* Sells of each asset its share of what is needed, all of it where that is not enough; `dust`: also
 * what brings nothing. */
static enum status sell_for(const struct book *book, struct wave *wave, uint32_t pool, int128 need,
                            bool dust, struct error *reterr) {
    size_t count;
    const struct holding *row = holdings_of(&book->holdings, pool, &count);
    int128 all = 0;
    int128 full;
    for (size_t k = 0; k < count; k++) {
        const struct collateral_rule *rule = &book->holdings.rules[row[k].asset];
        if (row[k].quantity > 0)
            all += proceeds_of(rule, row[k].quantity, price_of(book, rule), &full);
    }
    enum status status = STATUS_OK;
    for (size_t k = 0; k < count && (all > 0 || dust) && status == STATUS_OK; k++) {
        if (row[k].quantity <= 0)
            continue;
        const struct collateral_rule *rule = &book->holdings.rules[row[k].asset];
        const int128 own = proceeds_of(rule, row[k].quantity, price_of(book, rule), &full);
        int128 quantity = row[k].quantity;
        if (need < all && own > 0) { /* one unit more, or roundings would ask for it again */
            const int128 part = div_ceil(need * own, all) + 1;
            if (part < own)
                quantity = div_ceil(quantity * part, own);
        }
        if (need >= all || own > 0)
            status = add(book, wave, pool, (size_t)(&row[k] - book->holdings.rows),
                         (int64_t)quantity, reterr);
    }
    return status;
}

enum status exchange_collect(const struct book *book, struct wave *wave, uint32_t pool_index,
                             bool in_breach, struct error *reterr) {
    const struct pool *pool = &book->pools[pool_index];
    size_t count;
    const struct holding *row = holdings_of(&book->holdings, pool_index, &count);
    if (!in_breach || book_pool_is_open(book, pool))
        return pool->wallet < 0
                   ? sell_for(book, wave, pool_index, -(int128)pool->wallet, false, reterr)
                   : STATUS_OK;
    enum status status = STATUS_OK;
    for (size_t k = 0; k < count && status == STATUS_OK; k++)
        if (row[k].quantity != 0)
            status = add(book, wave, pool_index, (size_t)(&row[k] - book->holdings.rows),
                         row[k].quantity, reterr);
    return status;
}

/* With dust, so that afterwards nothing is left to sell or the balance is covered: no later price
 * can ask for another exchange, and the pool needs no trigger for it. */
enum status exchange_cover(const struct book *book, struct wave *wave, uint32_t pool,
                           struct error *reterr) {
    const int64_t wallet = book->pools[pool].wallet;
    const int64_t below = book->rulebook->margin.exchange_below;
    if (below == 0 || wallet > -below)
        return STATUS_OK;
    return sell_for(book, wave, pool, -(int128)wallet, true, reterr);
}

enum status exchange_settle(struct book *book, struct wave *wave, struct error *reterr) {
    for (size_t e = 0; e < wave->exchange_count; e++) {
        const struct exchange *exchange = &wave->exchanges[e];
        struct holding *row = &book->holdings.rows[exchange->row];
        struct pool *pool = &book->pools[exchange->pool];
        const struct collateral_rule *rule = &book->holdings.rules[row->asset];
        int128 full;
        const int128 cash = proceeds_of(rule, exchange->quantity,
                                        rule->fixed ? 1 : wave->fill_price[rule->factor], &full);
        const int128 wallet = pool->wallet + cash;
        if (!units_fits_int64(wallet))
            return error_set(reterr, STATUS_RANGE, "an exchange of '%s' does not fit money",
                             rule->asset->symbol);
        pool->wallet = (int64_t)wallet;
        row->quantity -= exchange->quantity;
        book->holdings.market[row->asset] += exchange->quantity;
        book->ledger.market_cash -= full;
        book->ledger.recorded_proceeds += full;
        book->ledger.fees += full - cash;
        book->exchanged += full < 0 ? -full : full;
    }
    return STATUS_OK;
}
