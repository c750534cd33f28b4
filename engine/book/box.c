/* Boxes and triggers (design §4.2).
 *
 * A pool's slack is a sum of one share a position and one a holding of other assets, and each share
 * is monotone in one price: a long's and a held asset's rises with it, a short's and an owed
 * asset's falls (no requirement is above the value itself). So each has one harmful side; the other
 * is open. Bands on the settlement asset keep this: what they leave of equity never falls faster
 * than equity. The slack is dealt out in proportion to notional times volatility, and each bound is
 * the exact price at which its share has lost what it was dealt, through all brackets on the way.
 * While every price is inside its bounds the losses add up to no more than the slack, so the pool
 * cannot be in breach. A pool with one position and nothing else is dealt all of it and gets its
 * exact liquidation price. */

#include "engine/book/coins.h"
#include "engine/book/portfolio.h"

#define BOX_SHARES 64 /* pools with more are dealt equal parts */

/* One position or holding of the pool whose price moves. */
struct share {
    uint32_t instrument;
    bool hurt_by_falls;
    double weight;                   /* notional times volatility */
    const struct position *position; /* NULL: a holding */
    const struct holding *holding;
};

static double volatility_of(const struct book *book, uint32_t instrument) {
    return book->volatility != NULL ? book->volatility[instrument] : 1.0;
}

static struct share share_of_position(const struct book *book, const struct position *position) {
    const uint32_t i = position->instrument;
    return (struct share){
        .instrument = i,
        .hurt_by_falls = position->lots > 0,
        .weight = (double)margin_notional(&book->rules[i], position->lots, book->prices[i]) *
                  volatility_of(book, i),
        .position = position,
    };
}

static struct share share_of_holding(const struct book *book, const struct holding *holding) {
    const struct collateral_rule *rule = &book->holdings.rules[holding->asset];
    const uint32_t i = rule->factor;
    const double value = (double)collateral_value(rule, holding->quantity, book->prices[i]);
    return (struct share){
        .instrument = i,
        .hurt_by_falls = holding->quantity > 0,
        .weight = (value < 0.0 ? -value : value) * volatility_of(book, i),
        .holding = holding,
    };
}

static bool holding_moves(const struct book *book, const struct holding *holding) {
    return holding->quantity != 0 && !book->holdings.rules[holding->asset].fixed;
}

/* The trigger of one share that may lose `part` of the pool's slack. */
static enum status box_trigger(struct book *book, uint32_t pool_index, const struct share *share,
                               int128 part, struct error *reterr) {
    const uint32_t i = share->instrument;
    const int64_t now = book->prices[i];
    int64_t price;
    if (share->position != NULL) {
        const struct position *p = share->position;
        price = margin_trigger_price(&book->rules[i], p->lots, p->cost,
                                     margin_share(&book->rules[i], p->lots, p->cost, now) - part);
    } else {
        const struct collateral_rule *rule = &book->holdings.rules[share->holding->asset];
        const int64_t quantity = share->holding->quantity;
        price = collateral_trigger_price(rule, quantity,
                                         collateral_counted(rule, quantity, now) -
                                             collateral_requirement(rule, quantity, now) - part);
    }
    if (price == MARGIN_PRICE_NEVER)
        return STATUS_OK;
    struct ladder *ladder = share->hurt_by_falls ? &book->falls[i] : &book->rises[i];
    return ladder_add(ladder, &book->arena, price, pool_index, book->generation[pool_index],
                      reterr);
}

/* Stale triggers may outnumber the live ones by half before a ladder is swept. */
static enum status box_sweep(struct book *book, const struct share *share, struct error *reterr) {
    const uint32_t i = share->instrument;
    struct ladder *ladder = share->hurt_by_falls ? &book->falls[i] : &book->rises[i];
    uint32_t open = share->hurt_by_falls ? book->open_longs[i] : book->open_shorts[i];
    if (book->holdings.settles != NULL) /* other pools have triggers on either side of a price */
        open = book->open_longs[i] + book->open_shorts[i];
    if (ladder_count(ladder) <= (size_t)open + open / 2 + 1024)
        return STATUS_OK;
    return ladder_compact(ladder, &book->arena, book->generation, reterr);
}

/* The k-th share of the pool that moves; positions first. False: there is none. */
struct share_walk {
    const struct book *book;
    const struct position *position;
    uint16_t position_count;
    const struct holding *holding;
    size_t holding_count;
    size_t next;
};

static bool share_next(struct share_walk *walk, struct share *ret_share) {
    while (walk->next < walk->position_count + walk->holding_count) {
        const size_t k = walk->next++;
        if (k < walk->position_count) {
            if (walk->position[k].lots == 0)
                continue;
            *ret_share = share_of_position(walk->book, &walk->position[k]);
            return true;
        }
        if (!holding_moves(walk->book, &walk->holding[k - walk->position_count]))
            continue;
        *ret_share = share_of_holding(walk->book, &walk->holding[k - walk->position_count]);
        return true;
    }
    return false;
}

/* Deals out the budget; only the looks of a box depend on these doubles, never whether a pool is in
 * breach. */
enum status book_box(struct book *book, uint32_t pool_index, struct pool_health health,
                     struct error *reterr) {
    const struct pool *pool = &book->pools[pool_index];
    book->generation[pool_index]++;
    /* Where the settlement asset counts for less than it is, a gain may be worth less than what the
     * risen notional asks: no side is harmless. What a contract has lost in a coin depends on the
     * coin's price too, and has no share of its own. */
    if (book->rulebook->margin.portfolio != NULL || coins_open(book, pool) ||
        (book->holdings.settlement_weighted && pool->position_count <= SCENARIO_EXPOSURES_MAX / 2))
        return portfolio_box(book, pool_index, reterr);
    int128 budget = health.equity - health.requirement;
    if (book->rulebook->margin.trigger == TRIGGER_AT_OR_BELOW)
        budget -= 1;
    assert(budget >= 0);
    struct share_walk walk = {.book = book,
                              .position = book_positions(book, pool),
                              .position_count = pool->position_count};
    walk.holding = holdings_of(&book->holdings, pool_index, &walk.holding_count);
    struct share shares[BOX_SHARES];
    size_t count = 0;
    size_t all = 0;
    double total = 0.0;
    for (struct share share; share_next(&walk, &share); all++) {
        total += share.weight;
        if (count < BOX_SHARES)
            shares[count++] = share;
    }
    walk.next = 0;
    int128 left = budget;
    enum status status = STATUS_OK;
    struct share share = {0};
    for (size_t k = 0; k < all && status == STATUS_OK; k++) {
        if (all <= BOX_SHARES)
            share = shares[k];
        else
            (void)share_next(&walk, &share); /* there are `all` of them */
        int128 part = budget;
        if (all > BOX_SHARES)
            part = budget / (int128)all;
        else if (all > 1)
            part = total > 0.0 ? (int128)((double)budget * (share.weight / total)) : 0;
        if (part > left)
            part = left;
        left -= part;
        status = box_trigger(book, pool_index, &share, part, reterr);
        if (status == STATUS_OK)
            status = box_sweep(book, &share, reterr);
    }
    return status;
}

static enum status box_collect(struct book *book, struct ladder *ladder, int64_t price,
                               struct error *reterr) {
    while (ladder_reached(ladder, price)) {
        struct trigger trigger;
        const enum status status =
            ladder_take(ladder, &book->arena, book->generation, &trigger, reterr);
        if (status != STATUS_OK)
            return status;
        if (trigger.pool != UINT32_MAX && book->generation[trigger.pool] == trigger.generation)
            book_queue(book, trigger.pool);
    }
    return STATUS_OK;
}

enum status book_price_changed(struct book *book, uint32_t instrument, struct error *reterr) {
    const int64_t price = book->prices[instrument];
    const enum status status = box_collect(book, &book->falls[instrument], price, reterr);
    return status == STATUS_OK ? box_collect(book, &book->rises[instrument], price, reterr)
                               : status;
}
