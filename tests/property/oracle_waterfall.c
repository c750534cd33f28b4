/* The waterfall by its definition (design section 4.3, step 3): before execution the bankrupt
 * orders of an instrument and side are divided; at the end losses are socialised. Everything is
 * tried lot by lot and recomputed from the book as it stands. */

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tests/property/oracle_book.h"

/* Beyond so many lots the most that the fund can bear are found by halving. */
#define TRIED_ONE_BY_ONE 4096

static void *allocate(size_t count, size_t size) {
    void *memory = calloc(count > 0 ? count : 1, size);
    assert(memory != NULL);
    return memory;
}

static int64_t absolute(int64_t lots) {
    return lots < 0 ? -lots : lots;
}

size_t oracle_stage(const struct rulebook *rulebook, enum waterfall_stage stage) {
    size_t at = 0;
    while (at < rulebook->waterfall.stage_count && rulebook->waterfall.stages[at] != stage)
        at++;
    return at;
}

static bool has_stage(const struct oracle_book *book, enum waterfall_stage stage) {
    return oracle_stage(book->rulebook, stage) < book->rulebook->waterfall.stage_count;
}

void oracle_book_match(struct oracle_book *book, struct oracle_match match) {
    if (book->match_count == book->match_room) {
        book->match_room = 2 * book->match_room + 16;
        book->matches = realloc(book->matches, book->match_room * sizeof(*book->matches));
        assert(book->matches != NULL);
    }
    book->matches[book->match_count++] = match;
}

/* Money of `lots` at `price`, rounded up. */
static int128 value_up(const struct oracle_book *book, uint32_t i, int64_t lots, int64_t price) {
    return -oracle_value(book, i, -lots, price);
}

/* ---- who is bankrupt, and how much the fund can bear ---- */

/* The bankrupt orders of one instrument and side, by account id. */
struct side {
    uint32_t instrument;
    int64_t sign; /* 1: longs, which sell */
    enum close_price kind;
    size_t count;
    struct oracle_order **orders;
};

static bool is_bankrupt(const struct oracle_order *order, int64_t price) {
    const int64_t at = order->row.bankruptcy_price_ticks;
    return at != PRICE_NONE && (order->lots > 0 ? price < at : price > at);
}

/* In order of the accounts' ids. */
static void side_add(const struct oracle_book *book, struct side *side,
                     struct oracle_order *order) {
    size_t at = side->count++;
    for (; at > 0 && oracle_id_before(book, order->row.account, side->orders[at - 1]->row.account);
         at--)
        side->orders[at] = side->orders[at - 1];
    side->orders[at] = order;
}

static void find_bankrupt(struct oracle_book *book, int64_t price, struct side *side) {
    for (size_t o = 0; o < book->order_count; o++) {
        struct oracle_order *order = &book->orders[o];
        if (order->row.instrument != side->instrument || order->price != side->kind ||
            order->lots == 0 || (order->lots > 0) != (side->sign > 0) || !is_bankrupt(order, price))
            continue;
        side_add(book, side, order);
    }
}

/* What `lots` of the bankrupt orders would lose past their average bankruptcy price if no more of
 * them went to market; times all their lots and value_den, so that nothing is rounded. */
static int128 loss_of(const struct oracle_book *book, const struct side *side, int64_t lots,
                      oracle_price *price, const void *context) {
    int64_t net;
    int64_t all = 0;
    int128 worth = 0;
    const bool inverse = book->input->instruments[side->instrument].kind == CONTRACT_INVERSE;
    (void)oracle_book_net(book, side->instrument, &net);
    for (size_t b = 0; b < side->count; b++) {
        all += absolute(side->orders[b]->lots);
        worth += inverse ? value_up(book, side->instrument, side->orders[b]->lots,
                                    side->orders[b]->row.bankruptcy_price_ticks)
                         : (int128)absolute(side->orders[b]->lots) *
                               side->orders[b]->row.bankruptcy_price_ticks;
    }
    const int64_t at = price(context, side->instrument, net - side->sign * (all - lots));
    if (inverse) {
        const int128 loss = worth - oracle_value(book, side->instrument, side->sign * all, at);
        return loss > 0 ? lots * loss : 0;
    }
    const int128 gap = side->sign * (worth - (int128)all * at);
    return gap > 0 ? lots * gap * book->input->instruments[side->instrument].value_num : 0;
}

/* The most lots that the fund can bear; takes what they cost from what it has left. */
static int64_t most_lots(struct oracle_book *book, const struct side *side, const int64_t *marks,
                         oracle_price *price, const void *context) {
    int64_t all = 0;
    for (size_t b = 0; b < side->count; b++)
        all += absolute(side->orders[b]->lots);
    const struct instrument *instrument = &book->input->instruments[side->instrument];
    const int128 unit =
        instrument->kind == CONTRACT_INVERSE ? all : (int128)instrument->value_den * all;
    int128 *left = &book->fund_left[oracle_pot(book, side->instrument)];
    const int128 bearable = oracle_bought(book, side->instrument, *left, marks) * unit;
    int64_t lots = all;
    if (all <= TRIED_ONE_BY_ONE) {
        while (loss_of(book, side, lots, price, context) > bearable)
            lots--;
    } else {
        int64_t too_many = all + 1;
        lots = 0;
        while (too_many - lots > 1) {
            const int64_t middle = lots + (too_many - lots) / 2;
            if (loss_of(book, side, middle, price, context) <= bearable)
                lots = middle;
            else
                too_many = middle;
        }
    }
    const int128 cost = oracle_money_up(
        book, side->instrument, div_ceil(loss_of(book, side, lots, price, context), unit), marks);
    *left = cost < *left ? *left - cost : 0;
    return lots;
}

/* ---- the vault ---- */

static int128 vault_room(const struct oracle_book *book, const int64_t *marks) {
    int128 room = book->vault - book->vault_borne;
    for (uint32_t i = 0; i < book->input->instrument_count; i++)
        if (marks[i] != PRICE_NONE)
            room += oracle_money(
                book, i, oracle_value(book, i, book->held[i].lots, marks[i]) - book->held[i].cost,
                marks);
    return room;
}

/* Each order in turn, as far as capital and gain on paper bear the loss at mark. */
static void vault_take(struct oracle_book *book, const struct side *side, const int64_t *marks) {
    const uint32_t i = side->instrument;
    for (size_t b = 0; b < side->count; b++) {
        struct oracle_order *order = side->orders[b];
        const int64_t price = order->row.bankruptcy_price_ticks;
        const int64_t left = absolute(order->lots - order->market - order->taken);
        if (left == 0)
            continue;
        const int128 room = vault_room(book, marks);
        const int128 loss = oracle_money_up(book, i,
                                            value_up(book, i, side->sign * left, price) -
                                                oracle_value(book, i, side->sign * left, marks[i]),
                                            marks);
        int64_t lots = left;
        if (loss > 0 && loss > room)
            lots = room > 0 ? (int64_t)div_floor(left * room, loss) : 0;
        if (lots == 0)
            continue;
        if (loss > 0)
            book->vault_borne += div_ceil(loss * lots, left);
        order->taken += side->sign * lots;
        book->coverage.vault_takes++;
        oracle_book_match(
            book, (struct oracle_match){
                      .order = order, .vault = true, .lots = side->sign * lots, .price = price});
    }
}

/* ---- auto-deleveraging ---- */

struct candidate {
    struct oracle_pool *pool;
    struct oracle_position *position;
    double score;
    int64_t left; /* lots still to be had */
};

static bool is_eligible(const struct oracle_book *book, const struct oracle_pool *pool,
                        const int64_t *marks) {
    for (size_t o = 0; o < book->order_count; o++)
        if (book->orders[o].pool == pool)
            return false;
    if (!oracle_is_priced(book, pool, marks))
        return false;
    return !oracle_in_breach(book, pool, marks);
}

static double score_of(const struct oracle_book *book, const struct oracle_pool *pool,
                       const struct oracle_position *p, const int64_t *marks) {
    const uint32_t i = p->instrument;
    const int128 value = oracle_value(book, i, p->lots, marks[i]);
    const double equity = (double)oracle_pool_equity(book, pool, marks);
    const double entry = (double)oracle_money(book, i, p->cost < 0 ? -p->cost : p->cost, marks);
    const double gain = (double)oracle_money(book, i, value - p->cost, marks);
    const double profit = entry > 0.0 ? gain / entry : 0.0;
    const double notional = (double)oracle_money(book, i, value < 0 ? -value : value, marks);
    const double leverage = notional / (equity > 1.0 ? equity : 1.0);
    const double wallet = pool->wallet > 1 ? (double)pool->wallet : 1.0;
    const double least = notional < entry ? notional : entry;
    const double most = notional < entry ? entry : notional;
    const double larger = most / (least > 1.0 ? least : 1.0);
    const double smaller = least / (most > 1.0 ? most : 1.0);
    switch (book->rulebook->waterfall.adl_rank) {
    case ADL_PROFIT_TIMES_LEVERAGE:
        if (profit < 0.0 && leverage > 0.0)
            return profit / leverage;
        return profit * leverage;
    case ADL_PROFIT:
        return profit;
    case ADL_LEVERAGE:
        return leverage;
    case ADL_PRICE_RATIO_TIMES_LEVERAGE:
        return (gain > 0.0 ? larger : smaller) * leverage;
    case ADL_PROFIT_OVER_WALLET:
        return gain / wallet;
    case ADL_PROFIT_TIMES_WALLET_LEVERAGE:
        return gain * (notional / wallet);
    case ADL_POSITION_SIZE:
        return (double)absolute(p->lots);
    case ADL_PRO_RATA:
    case ADL_ACCOUNT_ORDER:
        break;
    }
    return 0.0;
}

static bool ranks_before(const struct oracle_book *book, const struct candidate *a,
                         const struct candidate *b) {
    if (a->score != b->score)
        return a->score > b->score;
    if (book->rulebook->waterfall.adl_tie == ADL_TIE_LARGEST_POSITION && a->left != b->left)
        return a->left > b->left;
    return oracle_id_before(book, a->pool->account, b->pool->account);
}

/* All of the other side in order of rank; pools stand in order of accounts as listed, which is what
 * remains between two isolated positions of one account. */
static size_t find_candidates(struct oracle_book *book, const struct side *side,
                              const int64_t *marks, struct candidate *ret_candidates) {
    size_t count = 0;
    for (size_t p = 0; p < book->pool_count; p++) {
        struct oracle_pool *pool = &book->pools[p];
        for (size_t k = 0; k < pool->position_count; k++) {
            struct oracle_position *position = &pool->positions[k];
            if (position->instrument != side->instrument || position->lots * side->sign >= 0 ||
                !is_eligible(book, pool, marks))
                continue;
            int64_t left = absolute(position->lots);
            for (size_t m = 0; m < book->match_count; m++) /* what it gives in this wave already */
                if (book->matches[m].position == position)
                    left -= absolute(book->matches[m].lots);
            if (left == 0)
                continue;
            const struct candidate candidate = {pool, position,
                                                score_of(book, pool, position, marks), left};
            size_t at = count++;
            for (; at > 0 && ranks_before(book, &candidate, &ret_candidates[at - 1]); at--)
                ret_candidates[at] = ret_candidates[at - 1];
            ret_candidates[at] = candidate;
        }
    }
    return count;
}

/* Under pro rata nobody gives more than its share. */
static void share_candidates(const struct side *side, struct candidate *candidates, size_t count) {
    int128 wanted = 0;
    int128 all = 0;
    int128 *weights = allocate(2 * count, sizeof(*weights));
    for (size_t b = 0; b < side->count; b++)
        wanted +=
            absolute(side->orders[b]->lots - side->orders[b]->market - side->orders[b]->taken);
    for (size_t c = 0; c < count; c++)
        all += weights[c] = candidates[c].left;
    if (count > 0)
        oracle_share(count, weights, wanted < all ? wanted : all, weights + count);
    for (size_t c = 0; c < count; c++)
        candidates[c].left = (int64_t)weights[count + c];
    free(weights);
}

/* What closing `lots` (signed as the order) at `price` takes from the counterparty's equity, its
 * position counted against it. */
static int128 forgone_of(const struct oracle_book *book, uint32_t i, int64_t lots, int64_t price,
                         const int64_t *marks) {
    return oracle_money_up(
        book, i, value_up(book, i, -lots, marks[i]) + oracle_value(book, i, lots, price), marks);
}

/* Nobody is left without equity; losers may be spared. */
static bool can_give(const struct oracle_book *book, const struct candidate *candidate,
                     int64_t lots, int64_t price, const int64_t *marks) {
    const struct oracle_position *p = candidate->position;
    if (book->rulebook->waterfall.adl_veto == ADL_VETO_LOSERS &&
        -oracle_value(book, p->instrument, lots, price) <
            div_floor((int128)p->cost * absolute(lots), absolute(p->lots)))
        return false;
    return oracle_pool_equity(book, candidate->pool, marks) - candidate->pool->forgone -
               forgone_of(book, p->instrument, lots, price, marks) >
           0;
}

static void deleverage(struct oracle_book *book, const struct side *side, const int64_t *marks) {
    size_t room = 0;
    for (size_t p = 0; p < book->pool_count; p++)
        room += book->pools[p].position_count;
    struct candidate *candidates = allocate(room, sizeof(*candidates));
    const size_t count = find_candidates(book, side, marks, candidates);
    if (book->rulebook->waterfall.adl_rank == ADL_PRO_RATA)
        share_candidates(side, candidates, count);
    size_t next = 0;
    for (size_t b = 0; b < side->count; b++) {
        struct oracle_order *order = side->orders[b];
        const enum adl_price at = book->rulebook->waterfall.adl_price;
        int64_t price = order->row.bankruptcy_price_ticks;
        if (at == ADL_AT_MARK || at == ADL_AT_PREVIOUS_MARK)
            price = marks[side->instrument];
        if (at == ADL_AT_PREVIOUS_MARK && book->marks_before[side->instrument] != PRICE_NONE)
            price = book->marks_before[side->instrument];
        while (next < count) {
            struct candidate *candidate = &candidates[next];
            const int64_t wanted = absolute(order->lots - order->market - order->taken);
            const int64_t lots = wanted < candidate->left ? wanted : candidate->left;
            if (wanted == 0)
                break;
            if (lots == 0 || !can_give(book, candidate, side->sign * lots, price, marks)) {
                next++; /* passed over for good */
                continue;
            }
            candidate->left -= lots;
            candidate->pool->forgone +=
                forgone_of(book, side->instrument, side->sign * lots, price, marks);
            order->taken += side->sign * lots;
            oracle_book_match(book, (struct oracle_match){.order = order,
                                                          .pool = candidate->pool,
                                                          .position = candidate->position,
                                                          .lots = side->sign * lots,
                                                          .price = price});
        }
    }
    free(candidates);
}

/* ---- dividing ---- */

/* The stages that take positions, in their order. */
static void hand_to_stages(struct oracle_book *book, const struct side *side,
                           const int64_t *marks) {
    for (size_t s = 0; s < book->rulebook->waterfall.stage_count; s++) {
        if (book->rulebook->waterfall.stages[s] == STAGE_BACKSTOP)
            vault_take(book, side, marks);
        if (book->rulebook->waterfall.stages[s] == STAGE_ADL)
            deleverage(book, side, marks);
    }
}

/* Pro rata each bankrupt order keeps its share of what goes to market; the rest goes down the
 * waterfall; what nobody takes goes to market after all. */
static void divide_side(struct oracle_book *book, struct side *side, const int64_t *marks,
                        oracle_price *price, const void *context) {
    int128 all = 0;
    int128 *weights = allocate(2 * side->count, sizeof(*weights));
    const int64_t market = most_lots(book, side, marks, price, context);
    for (size_t b = 0; b < side->count; b++)
        all += weights[b] = absolute(side->orders[b]->lots);
    oracle_share(side->count, weights, market, weights + side->count);
    for (size_t b = 0; b < side->count && market < all; b++)
        side->orders[b]->market = side->sign * (int64_t)weights[side->count + b];
    if (market < all)
        hand_to_stages(book, side, marks);
    for (size_t b = 0; b < side->count; b++) {
        struct oracle_order *order = side->orders[b];
        const int64_t before = order->market;
        order->market = order->lots - order->taken;
        book->coverage.given_back += (uint64_t)absolute(order->market - before);
        book->coverage.divided += order->market != 0 && order->taken != 0;
    }
    free(weights);
}

/* What is closed at mark gets it whatever is closed with it. */
static int64_t at_mark(const void *context, uint32_t i, int64_t net) {
    (void)net;
    return ((const int64_t *)context)[i];
}

void oracle_book_divide(struct oracle_book *book, uint32_t i, const int64_t *marks,
                        oracle_price *price, const void *context) {
    if (!has_stage(book, STAGE_ADL) && !has_stage(book, STAGE_BACKSTOP))
        return;
    struct side side = {.instrument = i, .orders = allocate(book->order_count, sizeof(void *))};
    for (int turn = 0; turn < 4; turn++) { /* through the market, at mark; longs, shorts */
        int64_t net;
        if (!oracle_book_net(book, i, &net))
            break;
        side.kind = turn < 2 ? PRICE_MARKET : PRICE_MARK;
        side.sign = turn % 2 == 0 ? 1 : -1;
        side.count = 0;
        oracle_price *own = turn < 2 ? price : at_mark;
        const void *of = turn < 2 ? context : marks;
        find_bankrupt(book, own(of, i, net), &side);
        if (side.count > 0)
            divide_side(book, &side, marks, own, of);
    }
    free(side.orders);
}

bool oracle_bounds_take_over(const struct oracle_book *book) {
    return has_stage(book, STAGE_ADL) || has_stage(book, STAGE_BACKSTOP);
}

/* What the fund's inventory is down on paper: all of it, or of the instrument whose pot pays. */
static int128 paper_loss(const struct oracle_book *book, uint32_t i, const int64_t *marks) {
    int128 gain = 0;
    for (uint32_t k = 0; k < book->input->instrument_count; k++) {
        const struct oracle_holding *held = &book->inventory[k];
        if (held->lots != 0 && marks[k] != PRICE_NONE && (!book->apart || k == i))
            gain += oracle_money(book, k, oracle_value(book, k, held->lots, marks[k]) - held->cost,
                                 marks);
    }
    return gain < 0 ? -gain : 0;
}

/* One side: each in turn as far as the fund bears its loss at mark, the rest to the stages, and
 * back to the fund what finds nobody. */
static void take_over_side(struct oracle_book *book, struct side *side, const int64_t *marks) {
    const uint32_t i = side->instrument;
    int128 *left = &book->fund_left[oracle_pot(book, i)];
    int128 room = *left - paper_loss(book, i, marks);
    int64_t *own = allocate(side->count, sizeof(*own));
    for (size_t b = 0; b < side->count; b++) {
        struct oracle_order *order = side->orders[b];
        const int64_t all = absolute(order->lots);
        const int128 loss =
            oracle_money_up(book, i,
                            value_up(book, i, order->lots, order->row.bankruptcy_price_ticks) -
                                oracle_value(book, i, order->lots, marks[i]),
                            marks);
        own[b] = all;
        if (loss > 0 && loss > room)
            own[b] = room > 0 ? (int64_t)div_floor(all * room, loss) : 0;
        const int128 borne = loss > 0 ? div_ceil(loss * own[b], all) : 0;
        room -= borne;
        *left = borne < *left ? *left - borne : 0;
        order->taken = side->sign * own[b];
        book->coverage.take_over_bound += own[b] < all;
    }
    hand_to_stages(book, side, marks);
    for (size_t b = 0; b < side->count; b++) {
        struct oracle_order *order = side->orders[b];
        const int64_t rest = order->lots - order->taken;
        const int64_t lots = side->sign * own[b] + rest;
        order->taken = order->lots;
        if (lots != 0)
            oracle_book_match(book,
                              (struct oracle_match){.order = order,
                                                    .lots = lots,
                                                    .price = order->row.bankruptcy_price_ticks});
    }
    free(own);
}

void oracle_book_take_over(struct oracle_book *book, uint32_t i, const int64_t *marks) {
    if (!oracle_bounds_take_over(book))
        return;
    struct side side = {.instrument = i, .orders = allocate(book->order_count, sizeof(void *))};
    for (side.sign = 1; side.sign >= -1; side.sign -= 2) {
        side.count = 0;
        for (size_t o = 0; o < book->order_count; o++) {
            struct oracle_order *order = &book->orders[o];
            if (order->row.instrument != i || order->price != PRICE_BANKRUPTCY || order->handed ||
                order->lots * side.sign <= 0)
                continue;
            side_add(book, &side, order);
        }
        if (side.count > 0)
            take_over_side(book, &side, marks);
    }
    free(side.orders);
}

void oracle_book_divide_rests(struct oracle_book *book, uint32_t i, const int64_t *marks) {
    if (!has_stage(book, STAGE_ADL) && !has_stage(book, STAGE_BACKSTOP))
        return;
    struct side side = {.instrument = i, .orders = allocate(book->order_count, sizeof(void *))};
    for (int turn = 0; turn < 2; turn++) {
        side.sign = turn == 0 ? 1 : -1;
        side.count = 0;
        for (size_t o = 0; o < book->order_count; o++) {
            struct oracle_order *order = &book->orders[o];
            if (order->row.instrument != i || order->rest * side.sign <= 0 || !order->insolvent ||
                order->row.bankruptcy_price_ticks == PRICE_NONE)
                continue;
            side_add(book, &side, order);
            order->lots += order->rest; /* neither to market nor taken yet */
        }
        if (side.count > 0)
            hand_to_stages(book, &side, marks);
        for (size_t b = 0; b < side.count; b++) {
            struct oracle_order *order = side.orders[b];
            const int64_t left = order->lots - order->market - order->taken;
            book->coverage.rests_taken += left != order->rest;
            order->lots -= left;
            order->rest = left;
        }
    }
    free(side.orders);
}

/* ---- socialising ---- */

void oracle_book_schedule(struct oracle_book *book, int64_t ts_ns) {
    const struct rulebook *rules = book->rulebook;
    book->session_at = INT64_MAX;
    if (rules->waterfall.socialise_at != SOCIALISE_AT_SESSION || !has_stage(book, STAGE_SOCIALISE))
        return;
    book->session_at =
        (int64_t)div_floor(ts_ns, NS_PER_DAY) * NS_PER_DAY + rules->waterfall.session_close_ns;
    if (book->session_at <= ts_ns)
        book->session_at += NS_PER_DAY;
}

int128 oracle_book_socialise(struct oracle_book *book, const struct oracle_book *start,
                             const int64_t *first, const int64_t *last) {
    const size_t count = accounts_count(book->accounts);
    if (!has_stage(book, STAGE_SOCIALISE) || count == 0)
        return 0;
    /* accounts by id */
    uint32_t *by_id = allocate(count, sizeof(*by_id));
    for (uint32_t a = 0; a < count; a++) {
        size_t at = a;
        for (; at > 0 && oracle_id_before(book, a, by_id[at - 1]); at--)
            by_id[at] = by_id[at - 1];
        by_id[at] = a;
    }
    int128 *gains = allocate(2 * count, sizeof(*gains));
    int128 all = 0;
    for (size_t k = 0; k < count; k++) {
        const int64_t end = oracle_book_equity(book, by_id[k], last);
        const int128 since_start = end - oracle_book_equity(start, by_id[k], first);
        const int128 gain = since_start - book->session_gains[by_id[k]];
        book->session_gains[by_id[k]] = since_start;
        gains[k] = gain < end ? gain : end;
        gains[k] = gains[k] > 0 ? gains[k] : 0;
        all += gains[k];
    }
    const int128 loss = book->deficit < all ? book->deficit : all;
    if (all > 0)
        oracle_share(count, gains, loss, gains + count);
    for (size_t k = 0; k < count; k++) {
        book->session_gains[by_id[k]] -= gains[count + k];
        book->socialised[by_id[k]] += gains[count + k];
    }
    for (size_t k = 0; k < count; k++)
        for (size_t p = 0; p < book->pool_count; p++)
            if (book->pools[p].account == by_id[k]) {
                book->pools[p].wallet -= (int64_t)gains[count + k]; /* the cross pool is first */
                break;
            }
    book->deficit -= loss;
    free(gains);
    free(by_id);
    return loss;
}
