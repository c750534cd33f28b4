/* The insurance fund by its definition: one pot for all, or one an instrument. */

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tests/property/oracle_book.h"

static size_t count_of(const struct oracle_book *book) {
    return book->input->instrument_count;
}

int128 oracle_fund(const struct oracle_book *book) {
    int128 sum = 0;
    for (size_t p = 0; p <= count_of(book); p++)
        sum += book->pots[p];
    return sum;
}

size_t oracle_pot(const struct oracle_book *book, uint32_t i) {
    return book->rulebook->waterfall.fund == FUND_PER_INSTRUMENT ? i : count_of(book);
}

/* What an instrument's part of the fund weighs: as the rulebook says for its symbol, else for all
 * contracts, else 1; spot, of which nobody is liquidated, has none unless it is named. */
static int64_t weight_of(const struct oracle_book *book, size_t i) {
    const struct instrument *instrument = &book->input->instruments[i];
    int64_t weight = instrument->kind == CONTRACT_SPOT ? 0 : RATE_SCALE;
    bool named = false;
    for (size_t s = 0; s < book->rulebook->waterfall.fund_share_count; s++) {
        const struct fund_share *share = &book->rulebook->waterfall.fund_shares[s];
        const bool own = share->symbol != NULL && strcmp(share->symbol, instrument->symbol) == 0;
        if (own || (share->symbol == NULL && !named && instrument->kind != CONTRACT_SPOT))
            weight = share->weight_e8;
        named = named || own;
    }
    return weight;
}

/* Deals `amount` out over the instruments' pots: ends of a running sum, in their order. */
static void deal(struct oracle_book *book, const int128 *weights, int128 amount) {
    int128 all = 0;
    int128 so_far = 0;
    for (size_t i = 0; i < count_of(book); i++)
        all += weights[i];
    for (size_t i = 0; i < count_of(book); i++) {
        const int128 before = div_floor(amount * so_far, all);
        so_far += weights[i];
        book->pots[i] += div_floor(amount * so_far, all) - before;
    }
}

static void deal_by_rule(struct oracle_book *book, int128 amount) {
    const size_t count = count_of(book);
    int128 *weights = calloc(count, sizeof(*weights));
    assert(weights != NULL);
    int128 all = 0;
    for (size_t i = 0; i < count; i++)
        all += weights[i] = weight_of(book, i);
    for (size_t i = 0; all == 0 && i < count; i++)
        weights[i] = 1;
    deal(book, weights, amount);
    free(weights);
}

void oracle_funds_set_rules(struct oracle_book *book) {
    const size_t count = count_of(book);
    const int128 all = oracle_fund(book);
    const bool apart = book->rulebook->waterfall.fund == FUND_PER_INSTRUMENT;
    if (apart == book->apart)
        return;
    book->apart = apart;
    for (size_t p = 0; p <= count; p++)
        book->pots[p] = 0;
    if (!apart) {
        book->pots[count] = all;
        return;
    }
    deal_by_rule(book, all);
    for (size_t i = 0; i < count; i++)
        book->noted[i] = book->pots[i]; /* its past begins here */
    size_t kept = 0;
    for (size_t p = 0; p < book->past_count; p++)
        if (book->past[p].pot == count)
            book->past[kept++] = book->past[p];
    book->past_count = kept;
}

void oracle_funds_change(struct oracle_book *book, int128 amount) {
    const size_t count = count_of(book);
    const int128 all = oracle_fund(book);
    if (amount < -all)
        amount = -all; /* no more than there is goes out */
    if (!book->apart) {
        book->pots[count] += amount;
    } else if (amount > 0) {
        deal_by_rule(book, amount);
    } else if (amount < 0) {
        int128 *balances = calloc(count, sizeof(*balances));
        assert(balances != NULL);
        memcpy(balances, book->pots, count * sizeof(*balances));
        for (size_t i = 0; i < count; i++)
            book->pots[i] = 0;
        deal(book, balances, all + amount); /* what stays */
        free(balances);
    }
}

void oracle_funds_bear(struct oracle_book *book, uint32_t i, int128 pnl) {
    int128 *pot = &book->pots[oracle_pot(book, i)];
    *pot += pnl;
    if (*pot < 0) {
        book->deficit -= *pot;
        *pot = 0;
    }
}

/* ---- the past, for rules that look at a fall from a peak ---- */

static int128 balance_of(const struct oracle_book *book, size_t pot) {
    return pot == count_of(book) ? oracle_fund(book) : book->pots[pot];
}

void oracle_book_note_fund(struct oracle_book *book, int64_t ts_ns) {
    if (book->rulebook->waterfall.adl_fund_fall_e8 == 0)
        book->past_count = 0;
    for (size_t pot = 0; pot <= count_of(book); pot++) {
        const int128 now = balance_of(book, pot);
        if (book->rulebook->waterfall.adl_fund_fall_e8 != 0 && now != book->noted[pot]) {
            book->past = realloc(book->past, (book->past_count + 1) * sizeof(*book->past));
            assert(book->past != NULL);
            book->past[book->past_count++] = (struct oracle_past){ts_ns, book->noted[pot], pot};
        }
        book->noted[pot] = now;
    }
}

int128 oracle_funds_bearable(struct oracle_book *book, size_t pot, int64_t ts_ns) {
    const struct rulebook *rules = book->rulebook;
    const int128 now = balance_of(book, pot);
    if (rules->waterfall.adl_fund_fall_e8 == 0)
        return now;
    int128 peak = now > book->noted[pot] ? now : book->noted[pot];
    for (size_t p = 0; p < book->past_count; p++)
        if (book->past[p].pot == pot &&
            book->past[p].until > ts_ns - rules->waterfall.adl_fund_window_ns &&
            book->past[p].balance > peak)
            peak = book->past[p].balance;
    const int128 left =
        now - div_ceil(peak * (RATE_SCALE - rules->waterfall.adl_fund_fall_e8), RATE_SCALE);
    book->coverage.fund_held += left < now;
    return left > 0 ? left : 0;
}
