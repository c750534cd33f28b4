/* dYdX v4: subaccounts, and deleveraging one against others. */

#include <string.h>

#include "engine/rules/close_price.h"
#include "tests/conformance_dydx.h"

#define Q QUANTUM_DECIMALS

/* ---- subaccounts ---- */

static struct open_interest_scale tier_of(const json_t *in) {
    const json_t *tier = vector_find(in, "tier");
    /* `margin_fraction`: one rate for initial and maintenance margin. */
    const int64_t both = protocol_rate(in, "margin_fraction", RATE_SCALE);
    struct open_interest_scale scale = {
        .initial_rate_e8 = protocol_rate(tier, "initial_margin_fraction", both),
        .maintenance_part_e8 = protocol_rate(tier, "maintenance_fraction_of_initial", -1),
    };
    if (scale.maintenance_part_e8 < 0)
        scale.maintenance_part_e8 = (int64_t)div_ceil(
            (int128)protocol_rate(tier, "maintenance_margin_fraction", scale.initial_rate_e8) *
                RATE_SCALE,
            scale.initial_rate_e8 > 0 ? scale.initial_rate_e8 : 1);
    return scale;
}

/* A base quantum: 1e-8 of BTC, 1e-9 of ETH, 1e-6 else, as the vectors' conventions say. */
static int64_t base_quantum(const char *market) {
    if (strncmp(market, "BTC", 3) == 0)
        return units_pow10(BASE_DECIMALS - 8);
    if (strncmp(market, "ETH", 3) == 0)
        return units_pow10(BASE_DECIMALS - 9);
    return units_pow10(BASE_DECIMALS - 6);
}

static bool add_position(struct vector *vector, struct dydx_account *account, const char *market,
                         int128 size, int128 price) {
    if (account->count == DYDX_POSITIONS_MAX) {
        (void)vector_broken(vector, "an account has more than %d positions", DYDX_POSITIONS_MAX);
        return false;
    }
    account->positions[account->count++] =
        (struct dydx_position){market, size, price, base_quantum(market)};
    return true;
}

/* The oracle price of a market, in quanta, from `oracle_prices` or `oracle_price`. */
static int128 oracle_of(const json_t *in, const char *market) {
    return protocol_scaled(vector_find(in, "oracle_prices"), market, Q,
                           protocol_scaled(in, "oracle_price", Q, 0));
}

static bool read_account(struct vector *vector, const json_t *object,
                         struct dydx_account *account) {
    memset(account, 0, sizeof(*account));
    account->tier = tier_of(vector->inputs);
    account->usdc = protocol_scaled(object, "collateral_usdc collateral usdc", Q, 0);
    const json_t *positions = vector_find(object, "positions");
    bool done = true;
    for (size_t i = 0; done && i < json_array_size(positions); i++) {
        const json_t *p = json_array_get(positions, i);
        done = add_position(vector, account, vector_text(p, "market symbol"),
                            protocol_scaled(p, "size quantity", BASE_DECIMALS, 0),
                            protocol_scaled(p, "oracle_price mark_price", Q,
                                            oracle_of(vector->inputs, vector_text(p, "market"))));
    }
    const char *market = NULL;
    json_t *size = NULL;
    if (json_is_object(positions)) {
        json_object_foreach((json_t *)positions, market, size) {
            done = done && add_position(vector, account, market,
                                        protocol_scaled(positions, market, BASE_DECIMALS, 0),
                                        oracle_of(vector->inputs, market));
        }
    }
    dydx_account_update(account);
    return done;
}

bool dydx_account_read(struct vector *vector, const char *name, struct dydx_account *ret_account) {
    const json_t *object = vector_find(vector->inputs, name);
    if (json_is_object(object))
        return read_account(vector, object, ret_account);
    (void)vector_broken(vector, "the input '%s' is no account", name);
    return false;
}

const struct dydx_position *dydx_position_of(const struct dydx_account *account,
                                             const char *market) {
    for (size_t i = 0; i < account->count; i++)
        if (strcmp(account->positions[i].market, market) == 0)
            return &account->positions[i];
    return NULL;
}

int128 dydx_value(const struct dydx_position *position, int128 size) {
    return size * position->price / units_pow10(BASE_DECIMALS);
}

struct risk dydx_risk_of(const struct dydx_account *account, const struct dydx_position *position,
                         int128 size) {
    const int128 value = dydx_value(position, size);
    const int128 notional = value < 0 ? -value : value;
    return (struct risk){value, open_interest_maintenance(&account->tier, notional),
                         open_interest_initial(&account->tier, notional, 0)};
}

void dydx_account_update(struct dydx_account *account) {
    account->risk = (struct risk){.equity = account->usdc};
    for (size_t i = 0; i < account->count; i++) {
        const struct risk own =
            dydx_risk_of(account, &account->positions[i], account->positions[i].size);
        account->risk.equity += own.equity;
        account->risk.maintenance += own.maintenance;
        account->risk.initial += own.initial;
    }
}

bool dydx_may_close(const struct dydx_position *position, int128 delta) {
    if (position == NULL || position->size == 0 || delta == 0)
        return false;
    return position->size > 0 ? delta < 0 && -delta <= position->size
                              : delta > 0 && delta <= -position->size;
}

int128 dydx_bankruptcy_quote(const struct dydx_account *account,
                             const struct dydx_position *position, int128 delta) {
    const struct risk before = dydx_risk_of(account, position, position->size);
    const struct risk after = dydx_risk_of(account, position, position->size + delta);
    const int128 requirement = account->risk.maintenance;
    return close_bankruptcy_quote(after.equity - before.equity, account->risk.equity,
                                  before.maintenance - after.maintenance,
                                  requirement > 0 ? requirement : 1);
}

/* ---- deleveraging ---- */

static enum vector_outcome deleverage_trigger(struct vector *vector) {
    struct dydx_account account;
    if (!dydx_account_read(vector, "account", &account))
        return VECTOR_BROKEN;
    const bool final = vector_bool(vector->inputs, "market_final_settlement", false);
    const bool bankrupt = account.risk.equity < 0;
    vector_put_bool(vector, "deleverage_at_bankruptcy_price", bankrupt);
    vector_put_bool(vector, "deleverage_at_oracle_price", final && !bankrupt);
    protocol_put(vector, "equity", account.risk.equity, Q);
    return VECTOR_DONE;
}

/* Moves `delta` into the liquidated account's first position for what its bankruptcy price, or the
 * oracle, says, against the same position of the other account. Neither may end riskier than it
 * was: false, and nothing changes. */
static bool deleverage(struct dydx_account *liquidated, struct dydx_account *other, int128 delta,
                       bool at_oracle, int128 *ret_quote) {
    struct dydx_account before[2] = {*liquidated, *other};
    struct dydx_position *closed = &liquidated->positions[0];
    struct dydx_position *taken = (struct dydx_position *)dydx_position_of(other, closed->market);
    *ret_quote = at_oracle
                     ? dydx_value(closed, closed->size) - dydx_value(closed, closed->size + delta)
                     : dydx_bankruptcy_quote(liquidated, closed, delta);
    liquidated->usdc += *ret_quote;
    other->usdc -= *ret_quote;
    closed->size += delta;
    taken->size -= delta;
    dydx_account_update(liquidated);
    dydx_account_update(other);
    if (risk_may_become(&before[0].risk, &liquidated->risk) &&
        risk_may_become(&before[1].risk, &other->risk))
        return true;
    *liquidated = before[0];
    *other = before[1];
    return false;
}

static enum vector_outcome deleverage_pair(struct vector *vector) {
    struct dydx_account liquidated;
    struct dydx_account other;
    const json_t *in = vector->inputs;
    if (!dydx_account_read(vector, "liquidated", &liquidated) ||
        !dydx_account_read(vector, "offsetting", &other))
        return VECTOR_BROKEN;
    const int128 delta = protocol_scaled(in, "close_size_delta", BASE_DECIMALS, 0);
    const bool at_oracle = strcmp(vector_text(in, "price_basis"), "oracle") == 0;
    if (liquidated.count == 0 || !dydx_may_close(&liquidated.positions[0], delta) ||
        !dydx_may_close(dydx_position_of(&other, liquidated.positions[0].market), -delta))
        return protocol_error(vector, "invalid_position_size_delta");
    int128 quote = 0;
    if (!deleverage(&liquidated, &other, delta, at_oracle, &quote)) {
        vector_put_text(vector, "reason",
                        at_oracle ? "negative-equity account may not close at oracle price"
                                  : "bankruptcy prices do not overlap");
        return protocol_error(vector, "failed_update");
    }
    protocol_put(vector, "liquidated_usdc_after", liquidated.usdc, Q);
    protocol_put(vector, "offsetting_usdc_after", other.usdc, Q);
    vector_put(vector, "transfer_price",
               -protocol_number(quote, Q) / protocol_number(delta, BASE_DECIMALS));
    return VECTOR_DONE;
}

/* An account of the queue, whose position is `size` alone or the first of `positions`. */
static bool queue_account(struct vector *vector, const json_t *object, const char *market,
                          struct dydx_account *account) {
    if (!read_account(vector, object, account))
        return false;
    if (account->count == 0) {
        if (!add_position(vector, account, market,
                          protocol_scaled(object, "size quantity", BASE_DECIMALS, 0),
                          oracle_of(vector->inputs, market)))
            return false;
        dydx_account_update(account);
    }
    return true;
}

static enum vector_outcome deleverage_queue(struct vector *vector) {
    const json_t *in = vector->inputs;
    const json_t *candidates = vector_find(in, "candidates_in_iteration_order candidates");
    struct dydx_account liquidated;
    if (!json_is_object(vector_find(in, "liquidated")) ||
        !queue_account(vector, vector_find(in, "liquidated"), "BTC", &liquidated))
        return vector_broken(vector, "the input 'liquidated' is no account");
    int128 left = protocol_scaled(in, "close_size_delta", BASE_DECIMALS, 0);
    json_t *fills = json_array();
    json_t *usdc = json_object();
    for (size_t i = 0; left != 0 && i < json_array_size(candidates); i++) {
        const json_t *candidate = json_array_get(candidates, i);
        struct dydx_account other;
        if (!queue_account(vector, candidate, liquidated.positions[0].market, &other)) {
            json_decref(fills);
            json_decref(usdc);
            return VECTOR_BROKEN;
        }
        const struct dydx_position *p = dydx_position_of(&other, liquidated.positions[0].market);
        int128 delta = left;
        if (p != NULL && (left > 0 ? p->size < left : p->size > left))
            delta = p->size;
        int128 quote = 0;
        const bool filled = dydx_may_close(p, -delta) &&
                            dydx_may_close(&liquidated.positions[0], delta) &&
                            deleverage(&liquidated, &other, delta, false, &quote);
        const char *id = vector_text(candidate, "id");
        if (filled) {
            left -= delta;
            (void)json_array_append_new(
                fills, json_pack("{s:s, s:f}", "id", id, "size",
                                 protocol_number(delta < 0 ? -delta : delta, BASE_DECIMALS)));
        }
        (void)json_object_set_new(usdc, id, json_real(protocol_number(other.usdc, Q)));
    }
    (void)json_object_set_new(usdc, "liquidated", json_real(protocol_number(liquidated.usdc, Q)));
    vector_put_new(vector, "fills", fills);
    vector_put_new(vector, "usdc_after", usdc);
    protocol_put(vector, "size_remaining", left < 0 ? -left : left, BASE_DECIMALS);
    return VECTOR_DONE;
}

const struct vector_rule conformance_deleveraging[] = {
    {"deleverage_trigger", "dydx", deleverage_trigger},
    {"deleverage_pair", "dydx", deleverage_pair},
    {"deleverage_queue", "dydx", deleverage_queue},
    {NULL, NULL, NULL},
};
