#include "engine/liquidation/waterfall.h"

#include <stdlib.h>
#include <string.h>

#include "engine/book/coins.h"
#include "engine/liquidation/adl.h"
#include "engine/rules/share.h"

/* The bankrupt orders of one instrument and side. */
struct bankrupt {
    uint32_t *orders; /* indices into the wave's, by account id as bytes */
    size_t count;
    int128 lots;  /* magnitude, all of them */
    int128 worth; /* sum of lots * bankruptcy price, magnitude */
    bool is_long;
};

static bool past_bankruptcy(const struct order *order, int64_t price) {
    if (order->bankruptcy_price == PRICE_NONE)
        return false;
    return order->lots > 0 ? price < order->bankruptcy_price : price > order->bankruptcy_price;
}

/* What an order is worth at its bankruptcy price: lots times price, so that nothing is rounded; of
 * an inverse contract, which has no such product, money. */
static int128 bankrupt_worth(const struct instrument *instrument, const struct order *order) {
    const int128 lots = order->lots < 0 ? -(int128)order->lots : order->lots;
    return instrument_is_inverse(instrument)
               ? instrument_value_ceil(instrument, order->lots, order->bankruptcy_price)
               : lots * order->bankruptcy_price;
}

/* Loss past the average bankruptcy price of `lots` of them at `price`, times `all lots`, in
 * what the contract settles in times loss_unit(). */
static int128 scaled_loss(const struct bankrupt *bankrupt, const struct instrument *instrument,
                          int128 lots, int64_t price) {
    if (instrument_is_inverse(instrument)) {
        const int64_t all = (int64_t)(bankrupt->is_long ? bankrupt->lots : -bankrupt->lots);
        const int128 gap = bankrupt->worth - instrument_value_floor(instrument, all, price);
        return gap <= 0 ? 0 : lots * gap;
    }
    const int128 at_price = bankrupt->lots * price;
    const int128 gap = bankrupt->is_long ? bankrupt->worth - at_price : at_price - bankrupt->worth;
    return gap <= 0 ? 0 : lots * gap * instrument->value_num;
}

static int64_t loss_unit(const struct instrument *instrument) {
    return instrument_is_inverse(instrument) ? 1 : instrument->value_den;
}

static int128 *fund_left(const struct book *book, const struct wave *wave, uint32_t i) {
    return &wave->fund_left[book->ledger.is_divided ? i : 0];
}

/* Most lots whose loss the fund can bear, and what it costs, money. */
static int128 most_lots(const struct bankrupt *bankrupt, const struct book *book,
                        const struct wave *wave, uint32_t i, waterfall_price *price,
                        const void *context, int128 *ret_loss) {
    const struct instrument *instrument = &book->instruments[i];
    const int128 bearable =
        book_bought(book, i, *fund_left(book, wave, i)) * loss_unit(instrument) * bankrupt->lots;
    int128 low = 0; /* bearable */
    int128 high = bankrupt->lots;
    int128 loss = 0;
    for (int128 middle = high; low < high; middle = low + (high - low + 1) / 2) {
        const int128 held = bankrupt->lots - middle;
        const int128 net = wave->net[i] - (bankrupt->is_long ? held : -held);
        const int128 cost = scaled_loss(bankrupt, instrument, middle, price(context, i, net));
        if (cost <= bearable) {
            low = middle;
            loss = cost;
        } else {
            high = middle - 1;
        }
    }
    *ret_loss = book_money_up(book, i, div_ceil(loss, loss_unit(instrument) * bankrupt->lots));
    return low;
}

static int by_rank(const void *context, size_t a, size_t b) {
    (void)context; /* the rows stand in order of account id */
    return a < b ? -1 : a > b;
}

static enum status find_bankrupt(const struct book *book, const struct wave *wave, uint32_t i,
                                 enum order_way way, bool is_long, int64_t price,
                                 struct bankrupt *bankrupt, struct error *reterr) {
    memset(bankrupt, 0, sizeof(*bankrupt));
    bankrupt->is_long = is_long;
    for (size_t pass = 0; pass < 2; pass++) {
        size_t count = 0;
        for (size_t o = 0; o < wave->orders.count; o++) {
            const struct order *order = &wave->orders.rows[o];
            if (order->way != way || order->lots == 0 || (order->lots > 0) != is_long ||
                !past_bankruptcy(order, price) || order_instrument(book, order) != i)
                continue;
            if (pass == 1)
                bankrupt->orders[count] = (uint32_t)o;
            count++;
        }
        bankrupt->count = count;
        if (pass == 0 && count > 0) {
            bankrupt->orders = malloc(count * sizeof(*bankrupt->orders));
            if (bankrupt->orders == NULL)
                return error_set(reterr, STATUS_NO_MEMORY, "no memory for bankrupt orders");
        }
        if (count == 0)
            return STATUS_OK;
    }
    order_sort_by_id(book, wave->orders.rows, bankrupt->orders, bankrupt->count);
    for (size_t b = 0; b < bankrupt->count; b++) {
        const struct order *o = &wave->orders.rows[bankrupt->orders[b]];
        const int128 lots = o->lots < 0 ? -(int128)o->lots : o->lots;
        bankrupt->lots += lots;
        bankrupt->worth += bankrupt_worth(&book->instruments[i], o);
    }
    return STATUS_OK;
}

/* Pro rata: each bankrupt order keeps its share of `market` lots; the rest of it is to be matched.
 */
static enum status hand_out(struct wave *wave, const struct bankrupt *bankrupt, int128 market,
                            struct error *reterr) {
    int64_t *weights = malloc(2 * bankrupt->count * sizeof(*weights));
    if (weights == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for bankrupt orders");
    int64_t *shares = weights + bankrupt->count;
    for (size_t b = 0; b < bankrupt->count; b++) {
        const int64_t lots = wave->orders.rows[bankrupt->orders[b]].lots;
        weights[b] = lots < 0 ? -lots : lots;
    }
    const enum status status =
        share_out(bankrupt->count, weights, market, by_rank, NULL, shares, reterr);
    for (size_t b = 0; b < bankrupt->count && status == STATUS_OK; b++)
        wave->orders.rows[bankrupt->orders[b]].market = bankrupt->is_long ? shares[b] : -shares[b];
    free(weights);
    return status;
}

/* What whoever takes `lots` of an order over at its bankruptcy price loses at mark, money; below 0:
 * gains. */
static int128 taking_loss(const struct book *book, uint32_t i, const struct order *order,
                          int64_t lots) {
    const struct instrument *instrument = &book->instruments[i];
    return book_money_up(book, i,
                         instrument_value_ceil(instrument, lots, order->bankruptcy_price) -
                             instrument_value_floor(instrument, lots, book->prices[i]));
}

/* Of `lots` (signed), which lose so much, as many as `room` bears; *ret_borne: what they lose. */
static int64_t bearable_lots(int64_t lots, int128 loss, int128 room, int128 *ret_borne) {
    int64_t part = lots;
    if (loss > 0 && loss > room)
        part = room <= 0 ? 0 : (int64_t)(lots * room / loss);
    const int64_t sign = lots < 0 ? -1 : 1;
    *ret_borne = loss > 0 ? div_ceil(loss * (sign * part), sign * lots) : 0;
    return part;
}

/* The vault takes what its capital, less what it has lost on paper so far, can bear at mark; orders
 * in turn, each as far as it goes. */
static enum status vault_take(struct book *book, struct wave *wave, uint32_t i,
                              const struct bankrupt *bankrupt, struct error *reterr) {
    int128 room = book->ledger.vault + coins_inventory_gain(book, &book->vault) - wave->vault_taken;
    for (size_t b = 0; b < bankrupt->count; b++) {
        struct order *order = &wave->orders.rows[bankrupt->orders[b]];
        const int64_t left = order->lots - order->market - order->taken;
        if (left == 0)
            continue;
        int128 borne;
        const int64_t lots = bearable_lots(left, taking_loss(book, i, order, left), room, &borne);
        if (lots == 0)
            continue;
        room -= borne;
        wave->vault_taken += borne;
        wave_add_net(wave, order, i, -lots);
        order->taken += lots;
        const enum status status =
            wave_add_match(wave,
                           (struct adl_match){.order = bankrupt->orders[b],
                                              .pool = POOL_VAULT,
                                              .lots = lots,
                                              .price = order->bankruptcy_price},
                           reterr);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

/* The stages that take positions, in their order. */
static enum status take(struct book *book, struct wave *wave, uint32_t i,
                        const struct bankrupt *bankrupt, struct error *reterr) {
    enum status status = STATUS_OK;
    for (size_t s = 0; s < book->rulebook->waterfall.stage_count && status == STATUS_OK; s++) {
        if (book->rulebook->waterfall.stages[s] == STAGE_BACKSTOP)
            status = vault_take(book, wave, i, bankrupt, reterr);
        if (book->rulebook->waterfall.stages[s] == STAGE_ADL)
            status = adl_match_orders(book, wave, i, bankrupt->orders, bankrupt->count, reterr);
    }
    return status;
}

/* What nobody took goes to market after all. */
static void give_back(struct wave *wave, const struct bankrupt *bankrupt) {
    for (size_t b = 0; b < bankrupt->count; b++) {
        struct order *order = &wave->orders.rows[bankrupt->orders[b]];
        order->market = order->lots - order->taken;
    }
}

static enum status divide_side(struct book *book, struct wave *wave, uint32_t i, enum order_way way,
                               bool is_long, waterfall_price *price, const void *context,
                               struct error *reterr) {
    struct bankrupt bankrupt;
    enum status status = find_bankrupt(book, wave, i, way, is_long, price(context, i, wave->net[i]),
                                       &bankrupt, reterr);
    if (status == STATUS_OK && bankrupt.count > 0) {
        int128 loss;
        const int128 market = most_lots(&bankrupt, book, wave, i, price, context, &loss);
        int128 *left = fund_left(book, wave, i);
        *left -= loss < *left ? loss : *left;
        if (market < bankrupt.lots) {
            status = hand_out(wave, &bankrupt, market, reterr);
            if (status == STATUS_OK)
                status = take(book, wave, i, &bankrupt, reterr);
            give_back(wave, &bankrupt);
        }
    }
    free(bankrupt.orders);
    return status;
}

/* What is closed at mark gets it whatever the net is. */
static int64_t mark_price(const void *context, uint32_t i, int128 net) {
    const struct book *book = context;
    (void)net;
    return book->prices[i];
}

static bool takes_positions(const struct book *book) {
    return rulebook_has_stage(book->rulebook, STAGE_ADL) ||
           rulebook_has_stage(book->rulebook, STAGE_BACKSTOP);
}

enum status waterfall_divide(struct book *book, struct wave *wave, uint32_t instrument,
                             waterfall_price *price, const void *context, struct error *reterr) {
    if (!takes_positions(book) || !wave->is_touched[instrument])
        return STATUS_OK;
    enum status status = STATUS_OK;
    for (int is_long = 1; is_long >= 0 && status == STATUS_OK; is_long--)
        status = divide_side(book, wave, instrument, WAY_MARKET, is_long, price, context, reterr);
    for (int is_long = 1; is_long >= 0 && status == STATUS_OK; is_long--)
        status = divide_side(book, wave, instrument, WAY_MARK, is_long, mark_price, book, reterr);
    return status;
}

/* ---- take-overs ---- */

bool waterfall_fund_is_first(const struct rulebook *rules) {
    return rulebook_stage_before(rules, STAGE_INSURANCE_FUND, STAGE_ADL) &&
           rulebook_stage_before(rules, STAGE_INSURANCE_FUND, STAGE_BACKSTOP);
}

bool waterfall_bounds_take_over(const struct book *book) {
    return takes_positions(book);
}

static bool is_fund_take_over(const struct book *book, const struct order *order, uint32_t i) {
    return order->way == WAY_FUND && order->lots != 0 && order_instrument(book, order) == i;
}

/* What the fund cannot bear of each goes to the stages; what these leave is the fund's after all.
 */
static enum status take_over(struct book *book, struct wave *wave, uint32_t i,
                             struct bankrupt *orders, int128 room, struct error *reterr) {
    int128 *left = fund_left(book, wave, i);
    int64_t *own = malloc((orders->count + 1) * sizeof(*own));
    if (own == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for take-overs");
    for (size_t b = 0; b < orders->count; b++) {
        struct order *order = &wave->orders.rows[orders->orders[b]];
        int128 borne;
        own[b] = bearable_lots(order->lots, taking_loss(book, i, order, order->lots), room, &borne);
        room -= borne;
        *left -= borne < *left ? borne : *left;
        order->taken = own[b];
        wave_add_net(wave, order, i, order->lots - own[b]);
    }
    enum status status = take(book, wave, i, orders, reterr);
    for (size_t b = 0; b < orders->count && status == STATUS_OK; b++) {
        struct order *order = &wave->orders.rows[orders->orders[b]];
        const int64_t rest = order->lots - order->taken;
        wave_add_net(wave, order, i, -rest);
        order->taken = order->lots;
        if (own[b] + rest != 0)
            status = wave_add_match(wave,
                                    (struct adl_match){.order = orders->orders[b],
                                                       .pool = POOL_FUND,
                                                       .lots = own[b] + rest,
                                                       .price = order->bankruptcy_price},
                                    reterr);
    }
    free(own);
    return status;
}

enum status waterfall_take_over(struct book *book, struct wave *wave, uint32_t instrument,
                                struct error *reterr) {
    if (!takes_positions(book) || !wave->is_touched[instrument])
        return STATUS_OK;
    struct bankrupt orders = {.orders = malloc((wave->orders.count + 1) * sizeof(uint32_t))};
    if (orders.orders == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for take-overs");
    enum status status = STATUS_OK;
    for (int is_long = 1; is_long >= 0 && status == STATUS_OK; is_long--) {
        orders.is_long = is_long != 0;
        orders.count = 0;
        for (uint32_t o = 0; o < wave->orders.count; o++)
            if (is_fund_take_over(book, &wave->orders.rows[o], instrument) &&
                (wave->orders.rows[o].lots > 0) == orders.is_long)
                orders.orders[orders.count++] = o;
        order_sort_by_id(book, wave->orders.rows, orders.orders, orders.count);
        const int128 gain = book->ledger.is_divided
                                ? coins_inventory_gain_of(book, &book->inventory, instrument)
                                : coins_inventory_gain(book, &book->inventory);
        const int128 room = *fund_left(book, wave, instrument) + (gain < 0 ? gain : 0);
        if (orders.count > 0)
            status = take_over(book, wave, instrument, &orders, room, reterr);
    }
    free(orders.orders);
    return status;
}

/* ---- rests ---- */

static enum status rests_of_side(struct book *book, struct wave *wave, uint32_t i, int64_t sign,
                                 struct error *reterr) {
    struct bankrupt rests = {.is_long = sign > 0};
    rests.orders = malloc((wave->orders.count + 1) * sizeof(*rests.orders));
    if (rests.orders == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for what limits left out");
    for (uint32_t o = 0; o < wave->orders.count; o++) {
        struct order *order = &wave->orders.rows[o];
        if (order->rest == 0 || (order->rest > 0) != (sign > 0) || !order->insolvent ||
            order->bankruptcy_price == PRICE_NONE || order_instrument(book, order) != i)
            continue;
        rests.orders[rests.count++] = o;
        wave_add_net(wave, order, i, order->rest);
        order_leave_resting(order, -order->rest); /* for the stages, as if it were in the wave */
    }
    order_sort_by_id(book, wave->orders.rows, rests.orders, rests.count);
    enum status status = STATUS_OK;
    if (rests.count > 0)
        status = take(book, wave, i, &rests, reterr);
    for (size_t r = 0; r < rests.count; r++) {
        struct order *rest = &wave->orders.rows[rests.orders[r]];
        order_leave_resting(rest, rest->lots - rest->market - rest->taken);
        wave_add_net(wave, rest, i, -rest->rest);
    }
    free(rests.orders);
    return status;
}

enum status waterfall_take_rests(struct book *book, struct wave *wave, uint32_t instrument,
                                 struct error *reterr) {
    const struct rulebook_limits *limits = &book->rulebook->limits;
    if (!takes_positions(book) || (limits->order == LIMIT_NONE && limits->block_insurance == 0))
        return STATUS_OK;
    const enum status status = rests_of_side(book, wave, instrument, 1, reterr);
    return status == STATUS_OK ? rests_of_side(book, wave, instrument, -1, reterr) : status;
}
