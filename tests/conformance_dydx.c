/* dYdX v4: margin, trigger, who is liquidated first, how much and at which limit, what the
 * insurance fund gets or pays. Values are in the protocol's quote quantums (1e-6 USDC). */

#include <stdlib.h>
#include <string.h>

#include "engine/book/ledger.h"
#include "engine/rules/close_amount.h"
#include "engine/rules/close_fee.h"
#include "engine/rules/close_price.h"
#include "tests/conformance_book.h"
#include "tests/conformance_dydx.h"

#define Q QUANTUM_DECIMALS

/* ---- margin ---- */

static struct open_interest_scale scale_of(const json_t *in) {
    struct open_interest_scale scale = {
        .initial_rate_e8 = protocol_rate(in, "base_imf initial_margin_fraction", -1),
        .maintenance_part_e8 =
            protocol_rate(in, "maintenance_fraction_of_initial maintenance_fraction", -1),
        .lower = protocol_scaled(in, "oi_lower_cap open_interest_lower_cap", 0, 0),
        .upper = protocol_scaled(in, "oi_upper_cap open_interest_upper_cap", 0, 0),
    };
    if (scale.initial_rate_e8 < 0)
        scale.initial_rate_e8 =
            (int64_t)protocol_scaled(in, "base_imf_ppm initial_margin_ppm imf_ppm", 2, 0);
    if (scale.maintenance_part_e8 < 0)
        scale.maintenance_part_e8 =
            (int64_t)protocol_scaled(in, "maintenance_fraction_ppm", 2, RATE_SCALE);
    return scale;
}

static enum vector_outcome initial_scaled(struct vector *vector) {
    if (!vector_require(vector, "notional_quantums,open_interest_notional"))
        return VECTOR_BROKEN;
    const struct open_interest_scale scale = scale_of(vector->inputs);
    protocol_put(
        vector, "initial_margin_quantums",
        open_interest_initial(&scale, protocol_scaled(vector->inputs, "notional_quantums", 0, 0),
                              protocol_scaled(vector->inputs, "open_interest_notional", 0, 0)),
        0);
    return VECTOR_DONE;
}

static enum vector_outcome margin_fraction(struct vector *vector) {
    if (!vector_require(vector, "open_interest_notional"))
        return VECTOR_BROKEN;
    const struct open_interest_scale scale = scale_of(vector->inputs);
    const int64_t rate = open_interest_rate_e8(
        &scale, protocol_scaled(vector->inputs, "open_interest_notional", 0, 0));
    protocol_put(vector, "effective_imf_ppm", rate, 2);
    protocol_put(vector, "effective_imf", rate, 8);
    return VECTOR_DONE;
}

/* |base quantums| at a price in quote quantums, cut off: base * 10^resolution * price * 10^6. */
static int128 quantums_of(int128 base, int64_t resolution, const json_t *in) {
    /* As many digits as leave room for the largest size, 2^64. */
    const double shown = vector_number(in, "price oracle_price", 0.0);
    const int decimals = shown > 1e12 ? 0 : shown > 1e6 ? 6 : 12;
    const int128 price = protocol_scaled(in, "price oracle_price", decimals, 0);
    const int64_t exponent = resolution + Q - decimals;
    const int128 product = (base < 0 ? -base : base) * price;
    return exponent < 0 ? product / units_pow10((int)-exponent)
                        : product * units_pow10((int)exponent);
}

static enum vector_outcome initial_and_maintenance(struct vector *vector) {
    const json_t *in = vector->inputs;
    if (!vector_require(vector, "price,size_base_quantums,base_atomic_resolution"))
        return VECTOR_BROKEN;
    const struct open_interest_scale scale = scale_of(in);
    const int64_t resolution = (int64_t)protocol_scaled(in, "base_atomic_resolution", 0, 0);
    if (resolution < -18 || resolution > 18)
        return vector_broken(vector, "base_atomic_resolution is out of range");
    const int128 notional =
        quantums_of(protocol_scaled(in, "size_base_quantums", 0, 0), resolution, in);
    const int128 open =
        quantums_of(protocol_scaled(in, "open_interest_base_quantums", 0, 0), resolution, in);
    protocol_put(vector, "initial_margin_quantums", open_interest_initial(&scale, notional, open),
                 0);
    protocol_put(vector, "maintenance_margin_quantums", open_interest_maintenance(&scale, notional),
                 0);
    protocol_put(vector, "notional_quantums", notional, 0);
    return VECTOR_DONE;
}

static enum vector_outcome initial_check(struct vector *vector) {
    if (!vector_require(vector, "equity,initial_margin"))
        return VECTOR_BROKEN;
    vector_put_bool(vector, "initial_ok",
                    protocol_scaled(vector->inputs, "equity", Q, 0) >=
                        protocol_scaled(vector->inputs, "initial_margin", Q, 0));
    return VECTOR_DONE;
}

/* ---- trigger ---- */

static void put_trigger(struct vector *vector, const struct vector_book *book,
                        struct pool_health health) {
    vector_put_bool(vector, "liquidatable",
                    health.requirement > 0 && book_in_breach(&book->book, health));
    vector_put_bool(vector, "maintenance_ok", !book_in_breach(&book->book, health));
}

/* An account through a rulebook of the tier's rates, or the two figures as a pool's health. */
static enum vector_outcome trigger(struct vector *vector) {
    const json_t *in = vector->inputs;
    const json_t *account = vector_find(in, "account");
    const struct open_interest_scale tier = scale_of(vector_find(in, "tier"));
    struct vector_book book;
    bool done =
        vector_book_begin(vector, &book) &&
        vector_book_rules(
            vector, &book, "margin: {trigger: below, initial_rate: %s, maintenance_rate: %s}\n",
            decimal_text(protocol_number(tier.initial_rate_e8, 8)),
            decimal_text(protocol_number(
                div_ceil((int128)tier.initial_rate_e8 * tier.maintenance_part_e8, RATE_SCALE), 8)));
    const json_t *positions = vector_find(account, "positions");
    /* The protocol's USDC balance holds what the positions cost: as if all were opened now. */
    double balance = vector_number(account, "collateral_usdc", 0.0);
    for (size_t i = 0; i < json_array_size(positions); i++) {
        const json_t *p = json_array_get(positions, i);
        balance += vector_number(p, "size", 0.0) * vector_number(p, "oracle_price", 0.0);
    }
    done = done && vector_book_account(vector, &book, "a", balance);
    for (size_t i = 0; done && i < json_array_size(positions); i++) {
        const json_t *p = json_array_get(positions, i);
        const double price = vector_number(p, "oracle_price", 0.0);
        uint32_t instrument;
        done =
            vector_book_instrument(vector, &book, vector_text(p, "market"), CONTRACT_LINEAR, price,
                                   &instrument) &&
            vector_book_position(vector, &book, instrument, vector_number(p, "size", 0.0), price);
    }
    done = done && vector_book_open(vector, &book);
    if (done) {
        struct pool_health health = {
            .equity = protocol_scaled(in, "equity", 8, 0),
            .requirement = protocol_scaled(in, "maintenance_margin", 8, 0),
        };
        if (account != NULL) {
            int128 initial = 0;
            const struct pool *pool = &book.book.pools[0];
            health = book_health(&book.book, pool, book.book.prices);
            for (uint16_t k = 0; k < pool->position_count; k++) {
                const struct position *p = &book_positions(&book.book, pool)[k];
                const struct margin_rule *rule = &book.book.rules[p->instrument];
                initial += margin_initial(
                    rule, &book.rulebook, p->lots, p->cost,
                    margin_notional(rule, p->lots, book.book.prices[p->instrument]), 0);
            }
            vector_put(vector, "equity", vector_of_money(health.equity));
            vector_put(vector, "initial_margin", vector_of_money(initial));
            vector_put(vector, "maintenance_margin", vector_of_money(health.requirement));
        }
        put_trigger(vector, &book, health);
    }
    vector_book_close(&book);
    return done ? VECTOR_DONE : VECTOR_BROKEN;
}

/* ---- order ---- */

static struct risk risk_of(const json_t *figures) {
    return (struct risk){.equity = protocol_scaled(figures, "equity", Q, 0),
                         .maintenance = protocol_scaled(figures, "maintenance_margin", Q, 0)};
}

static enum vector_outcome account_ordering(struct vector *vector) {
    const struct risk first = risk_of(vector_find(vector->inputs, "first"));
    const struct risk second = risk_of(vector_find(vector->inputs, "second"));
    vector_put(vector, "cmp", risk_compare(&first, &second));
    vector_put_text(vector, "meaning", "+1 first is riskier, -1 second is riskier");
    return VECTOR_DONE;
}

enum { ORDERS_MAX = 64 };

static enum vector_outcome order_priority(struct vector *vector) {
    const json_t *orders = vector_find(vector->inputs, "orders");
    const size_t count = json_array_size(orders);
    struct risk_order rows[ORDERS_MAX];
    size_t at[ORDERS_MAX];
    if (count == 0 || count > ORDERS_MAX)
        return vector_broken(vector, "the input 'orders' is no list of 1 to %d", ORDERS_MAX);
    for (size_t i = 0; i < count; i++) {
        const json_t *order = json_array_get(orders, i);
        rows[i] = (struct risk_order){
            .limit = protocol_scaled(order, "fillable_price", Q, 0),
            .oracle = protocol_scaled(order, "oracle_price", Q,
                                      protocol_scaled(vector->inputs, "oracle_price", Q, 0)),
            .size = protocol_scaled(order, "size", 10, 0),
        };
        size_t place = i; /* insertion: what ties keeps its order */
        while (place > 0 && risk_order_compare(&rows[i], &rows[at[place - 1]]) < 0) {
            at[place] = at[place - 1];
            place--;
        }
        at[place] = i;
    }
    json_t *ids = json_array();
    for (size_t i = 0; i < count; i++)
        (void)json_array_append(ids, json_object_get(json_array_get(orders, at[i]), "id"));
    vector_put_new(vector, "order", ids);
    return VECTOR_DONE;
}

/* ---- prices ---- */

static enum vector_outcome invalid_size(struct vector *vector) {
    return protocol_error(vector, "invalid_position_size_delta");
}

static enum vector_outcome bankruptcy_price(struct vector *vector) {
    struct dydx_account account;
    if (!dydx_account_read(vector, "account", &account))
        return VECTOR_BROKEN;
    const struct dydx_position *p =
        dydx_position_of(&account, vector_text(vector->inputs, "close_market"));
    const int128 delta = protocol_scaled(vector->inputs, "close_size_delta", BASE_DECIMALS, 0);
    if (!dydx_may_close(p, delta))
        return invalid_size(vector);
    const int128 quote = dydx_bankruptcy_quote(&account, p, delta);
    protocol_put(vector, "quote_delta_quantums", quote, 0);
    protocol_put(vector, "quote_delta_usd", quote, Q);
    vector_put(vector, "bankruptcy_price",
               -protocol_number(quote, Q) / protocol_number(delta, BASE_DECIMALS));
    return VECTOR_DONE;
}

static struct close_spread spread_of(const json_t *in, const struct dydx_account *account,
                                     const struct dydx_position *p) {
    const struct close_fillable rule = {
        .adjustment_e8 = protocol_rate(in, "bankruptcy_adjustment", RATE_SCALE),
        .spread_e8 = protocol_rate(in, "spread_to_maintenance_margin_ratio", RATE_SCALE / 10),
    };
    return close_fillable_spread(&rule, account->risk.equity, account->risk.maintenance,
                                 dydx_risk_of(account, p, p->size).maintenance);
}

static int128 common_divisor(int128 a, int128 b) {
    while (b != 0) {
        const int128 rest = a % b;
        a = b;
        b = rest;
    }
    return a < 0 ? -a : a;
}

static enum vector_outcome fillable_price(struct vector *vector) {
    struct dydx_account account;
    if (!dydx_account_read(vector, "account", &account))
        return VECTOR_BROKEN;
    const struct dydx_position *p =
        dydx_position_of(&account, vector_text(vector->inputs, "close_market"));
    const int128 delta = protocol_scaled(vector->inputs, "close_size_delta", BASE_DECIMALS, 0);
    if (!dydx_may_close(p, delta))
        return invalid_size(vector);
    if (account.risk.maintenance <= 0)
        return vector_broken(vector, "the account has no maintenance margin");
    const struct close_spread spread = spread_of(vector->inputs, &account, p);
    const int128 worth = dydx_value(p, p->size) * spread.den - spread.num; /* over spread.den */
    const double price = (double)worth / (double)spread.den / (double)units_pow10(Q) /
                         protocol_number(p->size, BASE_DECIMALS);
    vector_put(vector, "fillable_price", price);
    /* As quote quantums a base quantum, in lowest terms. */
    int128 num = worth * p->base_quantum;
    int128 den = spread.den * p->size;
    if (den < 0) {
        num = -num;
        den = -den;
    }
    const int128 divisor = common_divisor(num, den);
    num /= divisor;
    den /= divisor;
    if (units_fits_int64(num) && units_fits_int64(den))
        vector_put_new(vector, "rational_quote_quantum_per_base_quantum",
                       json_pack("[I, I]", (json_int_t)num, (json_int_t)den));
    return VECTOR_DONE;
}

/* ---- insurance ---- */

static enum vector_outcome insurance_delta(struct vector *vector) {
    const json_t *in = vector->inputs;
    struct dydx_account account;
    if (!dydx_account_read(vector, "account", &account))
        return VECTOR_BROKEN;
    const bool buys = strcmp(vector_text(in, "side"), "buy") == 0;
    const int128 fill = protocol_scaled(in, "fill_size", BASE_DECIMALS, 0);
    if (fill == 0)
        return protocol_error(vector, "zero_fill");
    const json_t *only = json_array_get(vector_find(vector_find(in, "account"), "positions"), 0);
    const char *market = vector_text(in, "market close_market");
    const struct dydx_position *p =
        dydx_position_of(&account, market[0] != '\0' ? market : vector_text(only, "market"));
    const int128 delta = buys ? fill : -fill;
    if (!dydx_may_close(p, delta))
        return invalid_size(vector);
    int128 proceeds = protocol_scaled(in, "fill_quote_usd", Q, -1);
    if (proceeds < 0)
        proceeds = fill * protocol_scaled(in, "fill_price", Q, 0) / units_pow10(BASE_DECIMALS);
    const int128 paid = close_insurance_delta(buys ? -proceeds : proceeds,
                                              dydx_bankruptcy_quote(&account, p, delta),
                                              protocol_rate(in, "max_liquidation_fee", 0));
    protocol_put(vector, "insurance_fund_delta_usd", paid, Q);
    protocol_put(vector, "insurance_fund_delta_quantums", paid, 0);
    return VECTOR_DONE;
}

static enum vector_outcome fund_sufficiency(struct vector *vector) {
    if (!vector_require(vector, "insurance_fund_balance_usd,insurance_fund_delta_usd"))
        return VECTOR_BROKEN;
    const int128 delta = protocol_scaled(vector->inputs, "insurance_fund_delta_usd", Q, 0);
    struct ledger ledger = {
        .fund = protocol_scaled(vector->inputs, "insurance_fund_balance_usd", Q, 0)};
    const int128 wanted = delta < 0 ? -delta : 0;
    ledger.deficit = -wanted;
    vector_put_bool(vector, "valid", ledger_fund_pay(&ledger, 0, wanted) == wanted);
    return VECTOR_DONE;
}

/* ---- how much ---- */

static enum vector_outcome step_size_limits(struct vector *vector) {
    const json_t *in = vector->inputs;
    if (!vector_require(vector, "position_size,oracle_price,min_position_notional_liquidated_usd,"
                                "max_position_portion_liquidated"))
        return VECTOR_BROKEN;
    const int128 size = protocol_scaled(in, "position_size", BASE_DECIMALS, 0);
    const int128 notional = (size < 0 ? -size : size) * protocol_scaled(in, "oracle_price", Q, 0) /
                            units_pow10(BASE_DECIMALS);
    const int128 minimum = protocol_scaled(in, "min_position_notional_liquidated_usd", Q, 0);
    protocol_put(vector, "min_notional_usd", close_portion_least(notional, minimum), Q);
    protocol_put(vector, "max_notional_usd",
                 close_portion_most(notional, minimum,
                                    protocol_rate(in, "max_position_portion_liquidated", 0)),
                 Q);
    return VECTOR_DONE;
}

/* A block is a window of which nothing lapses: what it may lose or liquidate less what it has. */
static enum vector_outcome block_limit(struct vector *vector) {
    static const char *const limits[][3] = {
        {"max_notional_liquidated", "previous_notional_liquidated", "remaining_notional"},
        {"max_insurance_lost", "previous_insurance_lost", "remaining_insurance"},
    };
    const json_t *in = vector->inputs;
    if (vector_bool(in, "perpetual_already_liquidated_this_block", false))
        return protocol_error(vector, "perpetual_already_liquidated_this_block");
    for (size_t i = 0; i < 2; i++) {
        if (!vector_has(in, limits[i][0]))
            continue;
        const int128 most = protocol_scaled(in, limits[i][0], Q, 0);
        const struct close_window block = {0, protocol_scaled(in, limits[i][1], Q, 0)};
        protocol_put(vector, limits[i][2], close_window_room(&block, most, 0, 0, most), Q);
    }
    return VECTOR_DONE;
}

/* One liquidation order against one maker. */
static enum vector_outcome liquidation_step(struct vector *vector) {
    const json_t *in = vector->inputs;
    struct dydx_account account;
    if (!dydx_account_read(vector, "account", &account) ||
        !vector_require(vector, "best_maker_price"))
        return VECTOR_BROKEN;
    if (account.count == 0 || account.positions[0].size == 0 || account.risk.maintenance <= 0)
        return vector_broken(vector, "the account has no position with a margin");
    const struct dydx_position *p = &account.positions[0];
    const int128 size = p->size < 0 ? -p->size : p->size;
    const int128 value = dydx_value(p, p->size);
    const int128 notional = value < 0 ? -value : value;
    const bool is_long = p->size > 0;

    int128 most = close_portion_most(
        notional, protocol_scaled(in, "min_position_notional_liquidated_usd", Q, 0),
        protocol_rate(in, "max_position_portion_liquidated", RATE_SCALE));
    const int128 block = protocol_scaled(in, "max_subaccount_notional_per_block_usd", Q, most);
    most = block < most ? block : most;
    int128 closed = close_portion_quantity(
        size, notional, most,
        protocol_scaled(in, "step_size step_base", BASE_DECIMALS, p->base_quantum));

    /* It fills where the maker is within the limit. */
    const int128 maker = protocol_scaled(in, "best_maker_price", Q, 0);
    const int128 proceeds_all = maker * p->size / units_pow10(BASE_DECIMALS);
    const struct close_spread spread = spread_of(in, &account, p);
    const bool breached =
        account.risk.maintenance > 0 && account.risk.equity < account.risk.maintenance;
    if (!breached || proceeds_all < close_fillable_value(spread, value))
        closed = 0;
    const int128 proceeds = maker * closed / units_pow10(BASE_DECIMALS);
    const int128 paid = is_long ? proceeds : -proceeds;
    int128 fee = 0;
    if (closed > 0)
        fee = close_insurance_delta(paid,
                                    dydx_bankruptcy_quote(&account, p, is_long ? -closed : closed),
                                    protocol_rate(in, "max_liquidation_fee", 0));
    /* The test bed's maker has 100,000 USDC where the vector does not say. */
    const int128 maker_usdc =
        protocol_scaled(in, "maker_usdc_before maker_usdc", Q, (int128)100000 * units_pow10(Q));
    protocol_put(vector, "liquidated_usdc_after", account.usdc + paid - fee, Q);
    protocol_put(vector, "size_after", is_long ? p->size - closed : p->size + closed,
                 BASE_DECIMALS);
    protocol_put(vector, "maker_usdc_after", maker_usdc - paid, Q);
    protocol_put(vector, "fee_to_insurance_fund", fee, Q);
    return VECTOR_DONE;
}

const struct vector_rule conformance_dydx[] = {
    {"trigger", "dydx", trigger},
    {"account_ordering", "dydx", account_ordering},
    {"insurance_fund_delta", "dydx", insurance_delta},
    {"initial_and_maintenance_margin", "dydx", initial_and_maintenance},
    {"initial_margin_open_interest_scaled", "dydx", initial_scaled},
    {"insurance_fund_sufficiency", "dydx", fund_sufficiency},
    {"open_interest_margin_fraction", "dydx", margin_fraction},
    {"bankruptcy_price", "dydx", bankruptcy_price},
    {"fillable_price", "dydx", fillable_price},
    {"liquidation_order_priority", "dydx", order_priority},
    {"initial_margin_check", "dydx", initial_check},
    {"step_size_limits", "dydx", step_size_limits},
    {"subaccount_block_limit", "dydx", block_limit},
    {"liquidation_step_end_to_end", "dydx", liquidation_step},
    {NULL, NULL, NULL},
};
