/* What on-chain protocols close of a pool in breach and what their insurance funds take, by its
 * definition. */

#include <string.h>

#include "base/random_stream.h"
#include "tests/property/oracle_book.h"

#define PART 10000 /* parts of a shortage are in 1e-4 */
#define THOUSANDTH 1000

static int64_t absolute(int64_t lots) {
    return lots < 0 ? -lots : lots;
}

static int128 notional_of(const struct oracle_book *book, const struct oracle_position *p,
                          const int64_t *prices) {
    return oracle_money_up(book, p->instrument,
                           oracle_notional(book, p->instrument, p->lots, prices[p->instrument]),
                           prices);
}

static int128 own_margin(const struct oracle_book *book, const struct oracle_position *p,
                         const int64_t *prices) {
    return oracle_money_up(
        book, p->instrument,
        oracle_maintenance(book, p->instrument, p->lots, p->cost, prices[p->instrument]), prices);
}

static int64_t exit_ratio(const struct oracle_book *book) {
    return book->rulebook->liquidation.exit_ratio_e8 == 0
               ? RATE_SCALE
               : book->rulebook->liquidation.exit_ratio_e8;
}

static int128 shortage(const struct oracle_book *book, const struct oracle_pool *pool,
                       const int64_t *prices) {
    const int128 wanted =
        div_ceil(oracle_pool_requirement(book, pool, prices) * exit_ratio(book), RATE_SCALE);
    const int128 short_of = wanted - oracle_pool_equity(book, pool, prices);
    return short_of < 0 ? 0 : short_of;
}

/* The position's part of it, by margin. */
static int128 own_shortage(const struct oracle_book *book, const struct oracle_pool *pool,
                           const struct oracle_position *p, const int64_t *prices) {
    const int128 all = oracle_pool_requirement(book, pool, prices);
    const int128 whole = shortage(book, pool, prices);
    return all == 0 ? whole : div_ceil(whole * own_margin(book, p, prices), all);
}

/* Margin that closing frees, of the notional, at the exit ratio. */
static int64_t ratio_of(const struct oracle_book *book, const struct oracle_position *p,
                        const int64_t *prices) {
    return (int64_t)(own_margin(book, p, prices) * exit_ratio(book) / notional_of(book, p, prices));
}

int64_t oracle_fee_rate(const struct oracle_book *book, uint32_t instrument) {
    const struct rulebook *rules = book->rulebook;
    int64_t rate = rules->liquidation.fee_rate_e8;
    for (size_t k = 0; k < rules->liquidation.fee_rate_count; k++)
        if (strcmp(rules->liquidation.fee_rates[k].symbol,
                   book->input->instruments[instrument].symbol) == 0)
            rate = rules->liquidation.fee_rates[k].rate_e8;
    return rate;
}

int64_t oracle_insurance_rate(const struct oracle_book *book, const struct oracle_pool *pool,
                              const struct oracle_position *p, const int64_t *prices) {
    const struct rulebook_liquidation *rules = &book->rulebook->liquidation;
    if (rules->insurance_fee_e8 == 0 || rules->insurance_fee_limit != INSURANCE_FEE_MARGIN)
        return rules->insurance_fee_e8;
    const int128 value = notional_of(book, p, prices);
    const int128 short_of = own_shortage(book, pool, p, prices);
    const int128 millionths = short_of >= value ? 1000000 : short_of * RATE_SCALE / value / 100;
    const int128 left =
        ratio_of(book, p, prices) - oracle_fee_rate(book, p->instrument) - millionths * 100;
    if (left <= 0)
        return 0;
    const int128 most = left * 19 / 20 / 100 * 100;
    return most < rules->insurance_fee_e8 ? (int64_t)most : rules->insurance_fee_e8;
}

/* What an order frees of each unit of its value. */
static int128 freed_rate(const struct oracle_book *book, const struct oracle_pool *pool,
                         const struct oracle_position *p, const int64_t *prices) {
    return (int128)ratio_of(book, p, prices) - oracle_fee_rate(book, p->instrument) -
           oracle_insurance_rate(book, pool, p, prices);
}

int64_t oracle_portion(const struct oracle_book *book, const struct closing *rule,
                       const struct oracle_position *p, const int64_t *prices) {
    const int64_t lots = absolute(p->lots);
    const int128 notional = notional_of(book, p, prices);
    int128 most = notional * rule->fraction_e8 / RATE_SCALE;
    if (most < book->rulebook->liquidation.minimum_notional)
        most = book->rulebook->liquidation.minimum_notional;
    if (most >= notional)
        return lots;
    const int64_t closed = (int64_t)(lots * most / notional);
    return closed < 1 ? 1 : closed;
}

/* How much of the shortage may be freed now, in PART. */
int64_t oracle_part(const struct oracle_book *book, const struct oracle_pool *pool,
                    const int64_t *prices) {
    const struct rulebook_limits *limits = &book->rulebook->limits;
    const int128 short_of = shortage(book, pool, prices);
    if (limits->release_ns == 0 || short_of == 0 ||
        short_of < book->rulebook->liquidation.minimum_notional)
        return PART;
    const bool begun = pool->release_began != INT64_MIN;
    const int128 elapsed = begun ? book->now - pool->release_began : 0;
    int128 allowed = elapsed * PART / limits->release_ns + limits->release_initial_e8 / 10000;
    if (allowed > PART)
        allowed = PART;
    const int128 done = begun ? pool->released : 0;
    const int128 more = (short_of + done) * allowed / PART - done;
    if (more <= 0)
        return 0;
    return more >= short_of ? PART : (int64_t)(more * PART / short_of);
}

int64_t oracle_cover(const struct oracle_book *book, const struct closing *rule,
                     const struct oracle_pool *pool, const struct oracle_position *p,
                     const int64_t *prices) {
    const int64_t lots = absolute(p->lots);
    const int128 notional = notional_of(book, p, prices);
    if (notional <= book->rulebook->liquidation.minimum_notional)
        return lots;
    const bool together = rule->order == ORDER_ALL || rule->order == ORDER_PROPORTIONAL;
    const int128 to_free =
        together ? own_shortage(book, pool, p, prices) : shortage(book, pool, prices);
    const int128 rate = freed_rate(book, pool, p, prices);
    const int128 part = pool->part;
    if (rate <= 0) /* nothing is freed: all goes, as far as time allows any */
        return part == 0 ? 1 : lots;
    const int128 thousandths = to_free * RATE_SCALE * lots * THOUSANDTH / (notional * rate);
    const int128 wanted = div_ceil(div_ceil(thousandths, THOUSANDTH) * part, PART);
    return wanted < 1 ? 1 : wanted < lots ? (int64_t)wanted : lots;
}

void oracle_note_release(const struct oracle_book *book, struct oracle_pool *pool,
                         const struct oracle_position *p, const int64_t *prices, int64_t lots) {
    if (book->rulebook->limits.release_ns == 0)
        return;
    if (pool->release_began == INT64_MIN) {
        pool->release_began = book->now;
        pool->released = 0;
    }
    const int128 rate = freed_rate(book, pool, p, prices);
    const int128 value = notional_of(book, p, prices) * absolute(lots) / absolute(p->lots);
    if (rate > 0)
        pool->released += value * rate / RATE_SCALE;
}

int128 oracle_insurance_fee(const struct oracle_book *book, const struct oracle_order *order,
                            int64_t fill) {
    const int128 notional = oracle_notional(book, order->row.instrument, order->market, fill);
    return notional * order->insurance_e8 / RATE_SCALE;
}

void oracle_spread(struct oracle_book *book, uint32_t i, size_t first) {
    const int128 scale = 1000000000; /* an index in 1e-9 of money a lot */
    int128 loss = 0;
    for (size_t r = first; r < book->row_count; r++)
        if (book->rows[r].instrument == i)
            loss += book->rows[r].unpaid;
    int128 lots = 0;
    for (size_t p = 0; p < book->pool_count; p++)
        for (size_t k = 0; k < book->pools[p].position_count; k++)
            if (book->pools[p].positions[k].instrument == i)
                lots += absolute(book->pools[p].positions[k].lots);
    if (loss == 0 || lots == 0)
        return;
    const int128 index = div_ceil(loss * scale, lots);
    int128 charged = 0;
    for (size_t p = 0; p < book->pool_count; p++)
        for (size_t k = 0; k < book->pools[p].position_count; k++) {
            const struct oracle_position *at = &book->pools[p].positions[k];
            if (at->instrument != i)
                continue;
            const int128 due = div_ceil(index * absolute(at->lots), scale);
            book->pools[p].wallet -= (int64_t)due;
            charged += due;
        }
    book->deficit -= loss;
    book->pots[oracle_pot(book, i)] += charged - loss;
    book->spread += loss;
    for (size_t r = first; r < book->row_count; r++)
        if (book->rows[r].instrument == i) {
            book->rows[r].paid_socialised = book->rows[r].unpaid;
            book->rows[r].unpaid = 0;
        }
}

/* One of the open positions, drawn by time and account; NULL: there is none. */
struct oracle_position *oracle_drawn(const struct oracle_book *book, struct oracle_pool *pool,
                                     int64_t ts_ns) {
    struct oracle_position *open[64];
    size_t count = 0;
    for (size_t k = 0; k < pool->position_count; k++)
        if (pool->positions[k].lots != 0)
            open[count++] = &pool->positions[k];
    if (count == 0)
        return NULL;
    char id[ACCOUNT_ID_SIZE];
    accounts_id(book->accounts, pool->account, id);
    uint64_t name = 14695981039346656037U; /* FNV-1a */
    for (size_t c = 0; id[c] != '\0'; c++)
        name = (name ^ (unsigned char)id[c]) * 1099511628211U;
    struct random_stream stream;
    random_stream_init(&stream, (uint64_t)ts_ns, RANDOM_FIRST_POSITION, name);
    size_t drawn = random_stream_below(&stream, count);
    for (size_t k = 0; k < count && oracle_block_spares(book, open[drawn]); k++)
        drawn = (drawn + 1) % count; /* the first that has had no order in this block */
    return open[drawn];
}
