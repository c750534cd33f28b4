/* Scheduled events upon one book of the oracle. */

#include <assert.h>

#include "tests/property/oracle_book.h"

static int128 up_to_e8(struct decimal value) {
    return div_ceil((int128)value.mantissa * RATE_SCALE, units_pow10(value.decimals));
}

static int128 larger(int128 a, int128 b) {
    return a > b ? a : b;
}

/* A rate held within the rulebook's share of initial less maintenance rate, those of the smallest
 * positions: a curve's base or floor, the lowest tier, a flat initial rate. */
static int64_t capped(const struct oracle_book *book, uint32_t instrument, int64_t rate_e8) {
    const struct rulebook *rules = book->rulebook;
    const char *symbol = book->input->instruments[instrument].symbol;
    const struct tier_table *table = rulebook_table(rules, symbol);
    const struct size_curve *curve =
        rulebook_size(rules->margin.sizes, rules->margin.size_count, symbol);
    const struct size_curve *first =
        rulebook_size(rules->margin.initial_sizes, rules->margin.initial_size_count, symbol);
    int128 initial = rules->margin.initial_rate_e8;
    if (first != NULL)
        initial = larger(up_to_e8(first->base), up_to_e8(first->floor));
    else if (table != NULL && table->tiers[0].max_leverage_e8 > 0)
        initial = div_ceil((int128)RATE_SCALE * RATE_SCALE, table->tiers[0].max_leverage_e8);
    if (rules->funding.cap_share_e8 == 0 || initial == 0 || (curve == NULL && table == NULL))
        return rate_e8;
    const int128 lowest = curve != NULL ? larger(up_to_e8(curve->base), up_to_e8(curve->floor))
                                        : table->tiers[0].rate_e8;
    const int128 maintenance = div_ceil(lowest * rules->margin.maintenance_multiplier.mantissa,
                                        units_pow10(rules->margin.maintenance_multiplier.decimals));
    const int128 cap = larger(initial - maintenance, 0) * rules->funding.cap_share_e8 / RATE_SCALE;
    if (rate_e8 > cap)
        return (int64_t)cap;
    return rate_e8 < -cap ? (int64_t)-cap : rate_e8;
}

/* Every long pays `rate_e8` of what it is worth at mark, every short is paid, rounded against both;
 * an inverse contract is worth to a long what its value is to a short. */
static void pay_funding(struct oracle_book *book, uint32_t instrument, int64_t rate_e8,
                        const int64_t *marks) {
    uint32_t coin;
    uint32_t factor;
    if (marks[instrument] == PRICE_NONE ||
        (oracle_coin(book, instrument, &coin) && oracle_asset_factor(book, coin, &factor) &&
         marks[factor] == PRICE_NONE))
        return;
    for (size_t p = 0; p < book->pool_count; p++) {
        struct oracle_pool *pool = &book->pools[p];
        for (size_t k = 0; k < pool->position_count; k++) {
            const struct oracle_position *position = &pool->positions[k];
            if (position->instrument != instrument)
                continue;
            const int128 value = oracle_value(book, instrument, position->lots, marks[instrument]);
            const bool inverse = book->input->instruments[instrument].kind == CONTRACT_INVERSE;
            const int128 paid = div_ceil((inverse ? -value : value) * rate_e8, RATE_SCALE);
            if (position->lots == 0)
                continue;
            *oracle_purse(book, pool, instrument) -= (int64_t)paid;
            book->funding += oracle_money(book, instrument, paid, marks);
        }
    }
}

/* Every position of the instrument is settled in cash; a wallet below zero stays. */
static void expire(struct oracle_book *book, uint32_t instrument, int64_t price_e8,
                   const int64_t *marks) {
    if (marks[instrument] == PRICE_NONE)
        return;
    for (size_t p = 0; p < book->pool_count; p++) {
        struct oracle_pool *pool = &book->pools[p];
        bool settled = false;
        for (size_t k = 0; k < pool->position_count; k++) {
            struct oracle_position *position = &pool->positions[k];
            if (position->instrument != instrument || position->lots == 0)
                continue;
            settled = true;
            int64_t cost_of_opposite = 0;
            const enum status status =
                instrument_cost(&book->input->instruments[instrument], -position->lots,
                                (struct decimal){price_e8, 8}, &cost_of_opposite, NULL);
            assert(status == STATUS_OK);
            *oracle_purse(book, pool, instrument) += -cost_of_opposite - position->cost;
            position->lots = 0;
            position->cost = 0;
        }
        if (settled && !oracle_stays(book, pool, marks))
            pool->done = true;
    }
}

void oracle_book_event(struct oracle_book *book, const struct replay_event *event,
                       const int64_t *marks) {
    switch (event->kind) {
    case EVENT_FUNDING:
        for (uint32_t i = 0; i < book->input->instrument_count; i++)
            if (event->instrument == EVENT_ALL_INSTRUMENTS || event->instrument == i)
                pay_funding(book, i, capped(book, i, event->rate_e8), marks);
        break;
    case EVENT_EXPIRY:
        for (uint32_t i = 0; i < book->input->instrument_count; i++)
            if (event->instrument == EVENT_ALL_INSTRUMENTS || event->instrument == i)
                expire(book, i, event->amount, marks);
        break;
    case EVENT_FUND_CHANGE:
        oracle_funds_change(book, event->amount);
        break;
    case EVENT_RULES:
        oracle_book_set_rules(book, event->rulebook);
        break;
    case EVENT_ENGINE_STOP:
    case EVENT_ENGINE_START:
    case EVENT_FEED_STOP:
    case EVENT_FEED_START:
    case EVENT_FEED_ERROR:
    case EVENT_DEPTH:
    case EVENT_SHOCK:
        break;
    }
}
