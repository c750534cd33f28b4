#include "engine/liquidation/adl.h"

#include <stdlib.h>
#include <string.h>

#include "engine/rules/share.h"

struct candidate {
    double score;
    int64_t lots;  /* magnitude still to be had */
    int128 equity; /* what the pool keeps, after the matches so far */
    struct holder holder;
};

static double over(double amount, double base) {
    return amount / (base > 1.0 ? base : 1.0); /* a unit of money at least: never by nothing */
}

double adl_effective_leverage(const struct adl_standing *standing) {
    return over(standing->notional, standing->equity);
}

/* Mark over entry of a long, entry over mark of a short: above 1 in profit. */
static double price_ratio(const struct adl_standing *standing) {
    const bool rose = standing->notional > standing->entry;
    const double high = rose ? standing->notional : standing->entry;
    const double low = rose ? standing->entry : standing->notional;
    return standing->profit > 0.0 ? over(high, low) : over(low, high);
}

double adl_score(enum adl_rank rank, const struct adl_standing *standing) {
    const double rate = standing->entry > 0.0 ? standing->profit / standing->entry : 0.0;
    const double leverage = adl_effective_leverage(standing);
    switch (rank) {
    case ADL_PROFIT_TIMES_LEVERAGE:
        /* A loss ranks below every profit, the less levered the lower (BitMEX's form). */
        return rate >= 0.0 || leverage <= 0.0 ? rate * leverage : rate / leverage;
    case ADL_PROFIT:
        return rate;
    case ADL_LEVERAGE:
        return leverage;
    case ADL_PRICE_RATIO_TIMES_LEVERAGE:
        return price_ratio(standing) * leverage;
    case ADL_PROFIT_OVER_WALLET:
        return over(standing->profit, standing->wallet);
    case ADL_PROFIT_TIMES_WALLET_LEVERAGE:
        return standing->profit * over(standing->notional, standing->wallet);
    case ADL_POSITION_SIZE:
        return standing->lots;
    case ADL_PRO_RATA:
    case ADL_ACCOUNT_ORDER:
        break;
    }
    return 0.0;
}

struct adl_standing adl_standing_of(const struct book *book, const struct pool *pool,
                                    const struct position *position, struct pool_health health) {
    const uint32_t i = position->instrument;
    const int128 value = book_value(book, position);
    return (struct adl_standing){
        .profit = (double)book_money(book, i, value - position->cost),
        .entry = (double)book_money(book, i, position->cost < 0 ? -position->cost : position->cost),
        .notional = (double)book_money(book, i, value < 0 ? -value : value),
        .equity = (double)health.equity,
        .wallet = (double)pool->wallet,
        .lots = (double)(position->lots < 0 ? -(int128)position->lots : position->lots),
    };
}

/* ---- candidates ---- */

static bool eligible(const struct book *book, const struct pool *pool, struct pool_health *health) {
    if (pool->flags & POOL_BREACHED)
        return false;
    if (!book_is_priced(book, (uint32_t)(pool - book->pools)))
        return false;
    *health = book_health(book, pool, book->prices);
    return !book_must_close(book, pool, *health);
}

struct candidates {
    struct candidate *rows;
    size_t count;
};

/* What a pool has given in this wave so far: against marks, in any instrument; and lots of the
 * instrument and side that candidates are looked for in. */
struct given {
    uint32_t pool;
    int128 forgone;
    int64_t lots;
};

struct given_list {
    struct given *rows; /* by pool, each once */
    size_t count;
};

static int given_by_pool(const void *a, const void *b) {
    const uint32_t x = ((const struct given *)a)->pool;
    const uint32_t y = ((const struct given *)b)->pool;
    return x < y ? -1 : x > y;
}

/* What closing `lots` (signed as the order closed against it) at `price` takes from the equity of a
 * counterparty, its position counted against it, money; of a coin at its full value. */
static int128 forgone_of(const struct book *book, uint32_t i, int64_t lots, int64_t price) {
    const struct instrument *instrument = &book->instruments[i];
    return book_money_up(book, i,
                         instrument_value_ceil(instrument, -lots, book->prices[i]) +
                             instrument_value_floor(instrument, lots, price));
}

static enum status given_find(const struct book *book, const struct wave *wave, uint32_t of,
                              bool is_long, struct given_list *given, struct error *reterr) {
    *given = (struct given_list){0};
    if (wave->match_count == 0)
        return STATUS_OK;
    given->rows = malloc(wave->match_count * sizeof(*given->rows));
    if (given->rows == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for ADL counterparties");
    size_t count = 0;
    for (size_t m = 0; m < wave->match_count; m++) {
        const struct adl_match *match = &wave->matches[m];
        if (match->pool == POOL_FUND || match->pool == POOL_VAULT)
            continue;
        const uint32_t i =
            book_positions(book, &book->pools[match->pool])[match->position].instrument;
        given->rows[count++] = (struct given){
            .pool = match->pool,
            .forgone = forgone_of(book, i, match->lots, match->price),
            .lots = i != of || (match->lots < 0) != is_long ? 0 : lots_magnitude(match->lots),
        };
    }
    qsort(given->rows, count, sizeof(*given->rows), given_by_pool);
    for (size_t g = 0; g < count; g++) {
        if (given->count > 0 && given->rows[given->count - 1].pool == given->rows[g].pool) {
            given->rows[given->count - 1].forgone += given->rows[g].forgone;
            given->rows[given->count - 1].lots += given->rows[g].lots;
        } else {
            given->rows[given->count++] = given->rows[g];
        }
    }
    return STATUS_OK;
}

static struct given given_by(const struct given_list *given, uint32_t pool) {
    if (given->count == 0)
        return (struct given){.pool = pool};
    const struct given wanted = {.pool = pool};
    const struct given *found =
        bsearch(&wanted, given->rows, given->count, sizeof(wanted), given_by_pool);
    return found != NULL ? *found : wanted;
}

static int by_account_id(const struct book *book, const struct candidate *x,
                         const struct candidate *y) {
    const uint32_t account_x = book->pools[x->holder.pool].account;
    const uint32_t account_y = book->pools[y->holder.pool].account;
    if (account_x == account_y)
        return x->holder.pool < y->holder.pool ? -1 : x->holder.pool > y->holder.pool;
    return accounts_by_id(book->accounts, account_x, account_y);
}

static int by_score(const void *a, const void *b, void *book_pointer) {
    const struct candidate *x = a;
    const struct candidate *y = b;
    const struct book *book = book_pointer;
    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    if (book->rulebook->waterfall.adl_tie == ADL_TIE_LARGEST_POSITION && x->lots != y->lots)
        return x->lots > y->lots ? -1 : 1;
    return by_account_id(book, x, y);
}

static enum status candidates_find(struct book *book, uint32_t i, bool is_long,
                                   const struct given_list *given, struct candidates *candidates,
                                   struct error *reterr) {
    const size_t first = book->holder_first[i];
    const size_t end = book->holder_first[i + 1];
    candidates->count = 0;
    candidates->rows = malloc((end - first + 1) * sizeof(*candidates->rows));
    if (candidates->rows == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for ADL counterparties");
    for (size_t h = first; h < end; h++) {
        const struct holder holder = book->holders[h];
        const struct pool *pool = &book->pools[holder.pool];
        const struct position *position = &book_positions(book, pool)[holder.position];
        struct pool_health health;
        if (position->lots == 0 || (position->lots > 0) != is_long ||
            !eligible(book, pool, &health))
            continue;
        const int64_t lots = position->lots < 0 ? -position->lots : position->lots;
        const struct given so_far = given_by(given, holder.pool);
        if (so_far.lots >= lots)
            continue;
        const struct adl_standing standing = adl_standing_of(book, pool, position, health);
        candidates->rows[candidates->count++] = (struct candidate){
            .score = adl_score(book->rulebook->waterfall.adl_rank, &standing),
            .lots = lots - so_far.lots,
            .equity = health.equity - so_far.forgone,
            .holder = holder,
        };
    }
    qsort_r(candidates->rows, candidates->count, sizeof(*candidates->rows), by_score, book);
    return STATUS_OK;
}

static int by_row(const void *context, size_t a, size_t b) {
    (void)context;
    return a < b ? -1 : a > b;
}

/* Under pro rata each candidate gives its share of `wanted` lots, not all it has. */
static enum status candidates_share(struct candidates *candidates, int128 wanted,
                                    struct error *reterr) {
    int64_t *weights = malloc((2 * candidates->count + 1) * sizeof(*weights));
    if (weights == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for ADL counterparties");
    int64_t *shares = weights + candidates->count;
    int128 all = 0;
    for (size_t c = 0; c < candidates->count; c++)
        all += weights[c] = candidates->rows[c].lots;
    const enum status status = share_out(candidates->count, weights, wanted < all ? wanted : all,
                                         by_row, NULL, shares, reterr);
    for (size_t c = 0; c < candidates->count && status == STATUS_OK; c++)
        candidates->rows[c].lots = shares[c];
    free(weights);
    return status;
}

/* ---- matching ---- */

/* Lots of a candidate that can be closed at `price` without leaving its pool at or below zero (and,
 * if losers are spared, without a loss on them). */
static int64_t candidate_room(const struct book *book, const struct candidate *candidate,
                              uint32_t i, int64_t price, int64_t wanted) {
    const struct instrument *instrument = &book->instruments[i];
    const struct position *position =
        &book_positions(book, &book->pools[candidate->holder.pool])[candidate->holder.position];
    const int64_t sign = position->lots < 0 ? -1 : 1;
    const int64_t lots = candidate->lots < wanted ? candidate->lots : wanted;
    if (lots == 0)
        return 0;
    if (book->rulebook->waterfall.adl_veto == ADL_VETO_LOSERS) {
        const int128 brings = -instrument_value_floor(instrument, -sign * lots, price);
        const int128 magnitude = position->lots < 0 ? -(int128)position->lots : position->lots;
        if (brings < div_floor((int128)position->cost * lots, magnitude))
            return 0;
    }
    return candidate->equity - forgone_of(book, i, -sign * lots, price) > 0 ? lots : 0;
}

static int64_t adl_price_of(const struct book *book, uint32_t i, const struct order *order) {
    switch (book->rulebook->waterfall.adl_price) {
    case ADL_AT_BANKRUPTCY:
        return order->bankruptcy_price;
    case ADL_AT_PREVIOUS_MARK:
        if (book->previous_prices != NULL && book->previous_prices[i] > 0)
            return book->previous_prices[i];
        break;
    case ADL_AT_MARK:
        break;
    }
    return book->prices[i];
}

/* Serves one order from the front of the queue; a candidate that cannot give what is wanted of it
 * is passed over for good. */
static enum status serve(struct book *book, struct wave *wave, uint32_t i, uint32_t index,
                         struct candidates *candidates, size_t *next, struct error *reterr) {
    struct order *order = &wave->orders.rows[index];
    const int64_t sign = order->lots < 0 ? -1 : 1;
    const int64_t price = adl_price_of(book, i, order);
    int64_t wanted = sign * (order->lots - order->market - order->taken);
    while (wanted > 0 && *next < candidates->count) {
        struct candidate *candidate = &candidates->rows[*next];
        const int64_t lots = candidate_room(book, candidate, i, price, wanted);
        if (lots == 0) {
            ++*next;
            continue;
        }
        const enum status status =
            wave_add_match(wave,
                           (struct adl_match){.order = index,
                                              .pool = candidate->holder.pool,
                                              .position = candidate->holder.position,
                                              .lots = sign * lots,
                                              .price = price},
                           reterr);
        if (status != STATUS_OK)
            return status;
        candidate->equity -= forgone_of(book, i, sign * lots, price);
        candidate->lots -= lots;
        wanted -= lots;
        order->taken += sign * lots;
        wave_add_net(wave, order, i, -sign * lots);
        if (candidate->lots == 0)
            ++*next;
    }
    return STATUS_OK;
}

enum status adl_match_orders(struct book *book, struct wave *wave, uint32_t instrument,
                             const uint32_t *indices, size_t count, struct error *reterr) {
    int128 wanted = 0;
    bool is_long = true;
    for (size_t k = 0; k < count; k++) {
        const struct order *order = &wave->orders.rows[indices[k]];
        is_long = order->lots > 0;
        const int64_t left = order->lots - order->market - order->taken;
        wanted += is_long ? left : -left;
    }
    if (wanted == 0) /* a stage before has taken all */
        return STATUS_OK;
    struct given_list given;
    struct candidates candidates = {0};
    enum status status = given_find(book, wave, instrument, !is_long, &given, reterr);
    if (status == STATUS_OK)
        status = candidates_find(book, instrument, !is_long, &given, &candidates, reterr);
    if (status == STATUS_OK && book->rulebook->waterfall.adl_rank == ADL_PRO_RATA)
        status = candidates_share(&candidates, wanted, reterr);
    size_t next = 0;
    for (size_t k = 0; k < count && status == STATUS_OK; k++)
        status = serve(book, wave, instrument, indices[k], &candidates, &next, reterr);
    free(candidates.rows);
    free(given.rows);
    return status;
}
