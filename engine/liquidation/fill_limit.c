#include "engine/liquidation/fill_limit.h"

#include <assert.h>
#include <stdlib.h>

#include "engine/liquidation/block_limit.h"
#include "engine/rules/close_price.h"
#include "engine/rules/share.h"

int64_t fill_limit_of(const struct book *book, const struct position *position,
                      struct pool_health health, int64_t bankruptcy_price) {
    const struct rulebook_limits *limits = &book->rulebook->limits;
    if (limits->order != LIMIT_FILLABLE)
        return limits->order == LIMIT_BANKRUPTCY ? bankruptcy_price : PRICE_NONE;
    const struct close_fillable rule = {limits->fillable_adjustment_e8, limits->fillable_spread_e8};
    struct close_spread spread = {0, 1};
    if (health.requirement > 0)
        spread = close_fillable_spread(&rule, health.equity, health.requirement,
                                       book_requirement(book, position));
    const int64_t price =
        instrument_price_of_value(&book->instruments[position->instrument], position->lots,
                                  close_fillable_value(spread, book_value(book, position)));
    return price < 1 ? PRICE_NONE : price;
}

/* ---- limits ---- */

/* The limited orders of one instrument and side, from the most permissive limit to the worst, of
 * one limit by account id. */
struct limited {
    uint32_t *rows;
    size_t count;
    int64_t sign; /* 1: they sell */
    int128 *kept; /* lots of the first so many of them: count + 1 */
};

struct cut {
    const struct book *book;
    struct wave *wave;
    uint32_t instrument;
    waterfall_price *price;
    const void *context;
    struct limited sides[2];
    bool changed;
};

static bool is_worse(int64_t sign, int64_t price, int64_t than) {
    return sign > 0 ? price < than : price > than;
}

static int by_limit(const void *a, const void *b, void *cut_pointer) {
    const struct cut *cut = cut_pointer;
    const uint32_t i = *(const uint32_t *)a;
    const uint32_t j = *(const uint32_t *)b;
    const struct order *x = &cut->wave->orders.rows[i];
    const struct order *y = &cut->wave->orders.rows[j];
    if (x->limit != y->limit)
        return (x->limit < y->limit) == (x->market > 0) ? -1 : 1;
    return order_by_id(cut->book, cut->wave->orders.rows, i, j);
}

static bool is_ours(const struct cut *cut, const struct order *order) {
    return order->way == WAY_MARKET && order->market != 0 &&
           order_instrument(cut->book, order) == cut->instrument;
}

static enum status cut_init(struct cut *cut, struct error *reterr) {
    const struct wave *wave = cut->wave;
    for (size_t s = 0; s < 2; s++) {
        struct limited *side = &cut->sides[s];
        side->sign = s == 0 ? 1 : -1;
        side->rows = malloc((wave->orders.count + 1) * sizeof(*side->rows));
        side->kept = malloc((wave->orders.count + 1) * sizeof(*side->kept));
        if (side->rows == NULL || side->kept == NULL)
            return error_set(reterr, STATUS_NO_MEMORY, "no memory for orders with a limit");
    }
    for (uint32_t o = 0; o < wave->orders.count; o++) {
        struct limited *side = &cut->sides[wave->orders.rows[o].market < 0];
        if (is_ours(cut, &wave->orders.rows[o]) && wave->orders.rows[o].limit != PRICE_NONE)
            side->rows[side->count++] = o;
    }
    for (size_t s = 0; s < 2; s++)
        qsort_r(cut->sides[s].rows, cut->sides[s].count, sizeof(uint32_t), by_limit, cut);
    return STATUS_OK;
}

static void cut_finish(struct cut *cut) {
    for (size_t s = 0; s < 2; s++) {
        free(cut->sides[s].rows);
        free(cut->sides[s].kept);
    }
}

/* Leaves `market` (magnitude) of an order in the market, because of `why`. */
static void leave(struct cut *cut, struct order *order, int64_t market, enum order_cut why) {
    const int64_t sign = order->market < 0 ? -1 : 1;
    const int64_t less = order->market - sign * market;
    wave_add_net(cut->wave, order, cut->instrument, -less);
    order->market -= less;
    order_leave_resting(order, less);
    order->cut = less != 0 ? why : order->cut;
    cut->changed = cut->changed || less != 0;
}

/* Whether, with `lots` of the side in the market, the price meets a limit. */
static bool meets(const struct cut *cut, const struct limited *side, int128 lots, int64_t limit) {
    const int128 less = side->kept[side->count] - lots;
    const int128 net = cut->wave->net[cut->instrument] - (side->sign > 0 ? less : -less);
    return !is_worse(side->sign, cut->price(cut->context, cut->instrument, net), limit);
}

static int64_t limit_at(const struct cut *cut, const struct limited *side, size_t row) {
    return cut->wave->orders.rows[side->rows[row]].limit;
}

/* End of the rows that have the same limit as `row`. */
static size_t group_end(const struct cut *cut, const struct limited *side, size_t row) {
    size_t end = row + 1;
    while (end < side->count && limit_at(cut, side, end) == limit_at(cut, side, row))
        end++;
    return end;
}

/* How many rows, whole groups, can stay as they are: the price falls as more do. */
static size_t rows_kept(const struct cut *cut, const struct limited *side) {
    size_t low = 0; /* can stay; an end of a group */
    size_t high = side->count;
    if (high == 0 || meets(cut, side, side->kept[high], limit_at(cut, side, high - 1)))
        return high;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const size_t end = group_end(cut, side, middle);
        while (middle > low && limit_at(cut, side, middle - 1) == limit_at(cut, side, middle))
            middle--; /* the beginning of its group */
        if (meets(cut, side, side->kept[end], limit_at(cut, side, middle)))
            low = end;
        else
            high = middle;
    }
    return low;
}

/* The most lots of the group first..end that can be in the market beside those before it. */
static int128 group_most(const struct cut *cut, const struct limited *side, size_t first,
                         size_t end) {
    int128 low = 0;
    int128 high = side->kept[end] - side->kept[first];
    for (size_t r = first; r < end; r++)
        if (cut->wave->orders.rows[side->rows[r]].gave_way)
            return 0;
    while (low < high) {
        const int128 middle = low + (high - low + 1) / 2;
        if (meets(cut, side, side->kept[first] + middle, limit_at(cut, side, first)))
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

static int by_row(const void *context, size_t a, size_t b) {
    (void)context; /* the rows stand in order of account id */
    return a < b ? -1 : a > b;
}

static enum status group_share(struct cut *cut, const struct limited *side, size_t first,
                               size_t end, int128 most, struct error *reterr) {
    int64_t *weights = malloc(2 * (end - first) * sizeof(*weights));
    if (weights == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for orders with a limit");
    int64_t *shares = weights + (end - first);
    for (size_t r = first; r < end; r++)
        weights[r - first] = lots_magnitude(cut->wave->orders.rows[side->rows[r]].market);
    const enum status status = share_out(end - first, weights, most, by_row, NULL, shares, reterr);
    for (size_t r = first; r < end && status == STATUS_OK; r++) {
        struct order *order = &cut->wave->orders.rows[side->rows[r]];
        leave(cut, order, shares[r - first], CUT_LIMIT);
        order->gave_way = true;
    }
    free(weights);
    return status;
}

/* One side gives way as far as the price of the wave asks for. */
static enum status side_cut(struct cut *cut, struct limited *side, struct error *reterr) {
    size_t count = 0;
    for (size_t r = 0; r < side->count; r++) /* those that still go to market */
        if (cut->wave->orders.rows[side->rows[r]].market != 0)
            side->rows[count++] = side->rows[r];
    side->count = count;
    side->kept[0] = 0;
    for (size_t r = 0; r < count; r++)
        side->kept[r + 1] =
            side->kept[r] + lots_magnitude(cut->wave->orders.rows[side->rows[r]].market);
    const size_t first = rows_kept(cut, side);
    if (first == count)
        return STATUS_OK;
    const size_t end = group_end(cut, side, first);
    const int128 most = group_most(cut, side, first, end);
    for (size_t r = end; r < count; r++)
        leave(cut, &cut->wave->orders.rows[side->rows[r]], 0, CUT_LIMIT);
    return group_share(cut, side, first, end, most, reterr);
}

/* ---- losses ---- */

static void cut_losses(struct cut *cut) {
    const int64_t price =
        cut->price(cut->context, cut->instrument, cut->wave->net[cut->instrument]);
    for (size_t o = 0; o < cut->wave->orders.count; o++) {
        struct order *order = &cut->wave->orders.rows[o];
        if (!is_ours(cut, order))
            continue;
        const int128 left = block_limit_insurance(&cut->wave->limits, cut->book, order->pool);
        const int128 loss = order_market_loss(cut->book, order, price);
        if (loss <= left)
            continue;
        assert(left >= 0); /* so loss is above 0 */
        const int128 most = lots_magnitude(order->market) * left / loss;
        leave(cut, order, order->loss_cut ? 0 : (int64_t)most, CUT_LOSS);
        order->loss_cut = true;
    }
}

enum status fill_limit_cut(const struct book *book, struct wave *wave, uint32_t instrument,
                           waterfall_price *price, const void *context, struct error *reterr) {
    const struct rulebook_limits *limits = &book->rulebook->limits;
    if (limits->order == LIMIT_NONE && limits->block_insurance == 0)
        return STATUS_OK;
    struct cut cut = {book, wave, instrument, price, context, {{0}}, true};
    enum status status = cut_init(&cut, reterr);
    const size_t first = wave->net[instrument] > 0 ? 0 : 1; /* the side that moves the price */
    while (status == STATUS_OK && cut.changed) {
        cut.changed = false;
        status = side_cut(&cut, &cut.sides[first], reterr);
        if (status == STATUS_OK && !cut.changed)
            status = side_cut(&cut, &cut.sides[1 - first], reterr);
        if (status == STATUS_OK && !cut.changed && limits->block_insurance > 0)
            cut_losses(&cut);
    }
    cut_finish(&cut);
    return status;
}
