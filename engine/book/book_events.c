/* What changes many pools at once: funding payments and new rules. */

#include <stdlib.h>

#include "engine/book/book.h"
#include "engine/book/coins.h"
#include "engine/book/fund_split.h"
#include "engine/book/portfolio.h"
#include "engine/rules/funding_cap.h"

enum status book_pay_funding(struct book *book, uint32_t instrument, int64_t rate_e8,
                             struct error *reterr) {
    const int64_t cap = funding_cap_of(book->rulebook, book->instruments[instrument].symbol);
    const int64_t rate = rate_e8 > cap ? cap : rate_e8 < -cap ? -cap : rate_e8;
    if (book->prices[instrument] == 0 || rate == 0 || !coins_are_priced(book, instrument))
        return STATUS_OK;
    /* A long pays; that of an inverse contract has a value below zero. */
    const bool inverse = instrument_is_inverse(&book->instruments[instrument]);
    for (size_t p = 0; p < book->pool_count; p++) {
        struct pool *pool = &book->pools[p];
        const struct position *position = book_positions(book, pool);
        for (uint16_t k = 0; k < pool->position_count; k++) {
            if (position[k].instrument != instrument || position[k].lots == 0)
                continue;
            const int128 value = book_value(book, &position[k]);
            const int128 paid = div_ceil((inverse ? -value : value) * rate, RATE_SCALE);
            int64_t *purse = coins_purse(book, pool, instrument);
            const int128 balance = *purse - paid;
            if (!units_fits_int64(balance))
                return error_set(reterr, STATUS_RANGE,
                                 "a funding payment of '%s' does not fit the money unit",
                                 book->instruments[instrument].symbol);
            *purse = (int64_t)balance;
            book->ledger.funding += coins_sell(book, instrument, paid);
            if (pool->state == POOL_LIVE)
                book_queue(book, (uint32_t)p);
        }
    }
    return STATUS_OK;
}

enum status book_change_rules(struct book *book, const struct rulebook *rulebook,
                              struct error *reterr) {
    if (rulebook->liquidation.inventory_interval_ns <= 0 && !inventory_is_empty(&book->inventory))
        return error_set(reterr, STATUS_CONFIG,
                         "rulebook '%s': liquidation.inventory_interval_ms is needed, since the "
                         "fund holds inventory under the rules before",
                         rulebook->name);
    for (size_t i = 0; i < book->instrument_count; i++) {
        struct margin_rule rule;
        if (book->instruments[i].kind == CONTRACT_SPOT)
            continue;
        const enum status status = margin_rule_init(&rule, rulebook, &book->instruments[i], reterr);
        if (status != STATUS_OK)
            return status;
        margin_rule_finish(&book->rules[i]);
        book->rules[i] = rule;
    }
    enum status status = holdings_set_rules(&book->holdings, book->accounts, rulebook,
                                            book->instruments, book->instrument_count, reterr);
    struct portfolio_rule scenario = {0};
    if (status == STATUS_OK && rulebook->margin.portfolio != NULL)
        status = portfolio_rule_init(&scenario, rulebook, book->instruments, book->instrument_count,
                                     reterr);
    portfolio_rule_finish(&book->portfolio);
    book->portfolio = scenario;
    book->rulebook = rulebook;
    open_orders_set_rules(&book->open_orders, rulebook, book->rules);
    if (status == STATUS_OK)
        status = portfolio_check(book, reterr);
    if (status == STATUS_OK)
        status = fund_split_prepare(book, reterr);
    if (status == STATUS_OK)
        status = book_prepare_rules(book, reterr);
    if (status != STATUS_OK)
        return status;
    for (size_t p = 0; p < book->pool_count; p++) {
        if (book->pools[p].state == POOL_LIVE)
            book_queue(book, (uint32_t)p);
    }
    return STATUS_OK;
}
