#include "engine/book/holdings.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static bool weighs_one(const struct collateral_asset *asset) {
    return asset->band_count == 1 && asset->bands[0].weight_e8 == RATE_SCALE;
}

/* Why contracts cannot settle in a coin under the rulebook; NULL: they can. A weight that falls
 * with the amount would step as unrealised gains move it: no box bounds that. */
static const char *coin_refusal(const struct rulebook *rulebook, const char *coin) {
    const struct collateral_asset *asset = rulebook_collateral(rulebook, coin);
    if (rulebook->margin.mode == MARGIN_ISOLATED)
        return "this is not supported with margin.mode isolated";
    if (asset == NULL)
        return "the rulebook's collateral has no such asset";
    if (asset->sqrt_factor.mantissa != 0)
        return "its weight may fall by bands alone (sqrt_factor)";
    return rulebook->limits.order != LIMIT_NONE || rulebook->limits.block_ns > 0 ||
                   rulebook->limits.window_count > 0
               ? "this is not supported with liquidation.limit, block_ms or window_quantity"
               : NULL;
}

enum status holdings_set_rules(struct holdings *holdings, const struct accounts *accounts,
                               const struct rulebook *rulebook,
                               const struct instrument *instruments, size_t instrument_count,
                               struct error *reterr) {
    const char *settlement = accounts_settlement(accounts);
    for (size_t i = 0; holdings->settles != NULL && i < instrument_count; i++) {
        const char *why = holdings->settles[i] == SETTLES_OWN
                              ? NULL
                              : coin_refusal(rulebook, instruments[i].settles);
        if (why != NULL)
            return error_set(
                reterr, STATUS_CONFIG, "rulebook '%s': '%s' settles in %s, accounts in %s: %s",
                rulebook->name, instruments[i].symbol, instruments[i].settles, settlement, why);
    }
    for (size_t a = 0; a < holdings->asset_count; a++) {
        const struct collateral_asset *asset = rulebook_collateral(rulebook, holdings->symbols[a]);
        if (asset == NULL)
            return error_set(reterr, STATUS_CONFIG,
                             "rulebook '%s': no collateral '%s', which accounts hold",
                             rulebook->name, holdings->symbols[a]);
        const enum status status =
            collateral_rule_init(&holdings->rules[a], rulebook, asset, settlement, instruments,
                                 instrument_count, reterr);
        if (status != STATUS_OK)
            return status;
    }
    const struct collateral_asset *own = rulebook_collateral(rulebook, settlement);
    holdings->settlement_weighted = own != NULL && !weighs_one(own);
    holdings->counts = holdings->settlement_weighted || holdings->rows != NULL;
    if (own != NULL && own->sqrt_factor.mantissa != 0)
        return error_set(reterr, STATUS_CONFIG,
                         "rulebook '%s': collateral.%s.sqrt_factor: the weight of the settlement "
                         "asset may fall by bands alone",
                         rulebook->name, settlement);
    if (!holdings->settlement_weighted)
        return STATUS_OK;
    return collateral_rule_init(&holdings->settlement, rulebook, own, settlement, instruments,
                                instrument_count, reterr);
}

/* The asset's number among those so far; a new one is added. */
static uint32_t asset_number(struct holdings *holdings, const char *symbol) {
    for (size_t a = 0; a < holdings->asset_count; a++) {
        assert(holdings->symbols[a] != NULL);
        if (strcmp(holdings->symbols[a], symbol) == 0)
            return (uint32_t)a;
    }
    holdings->symbols[holdings->asset_count] = symbol;
    return (uint32_t)holdings->asset_count++;
}

static bool in_coin(const struct accounts *accounts, const struct instrument *instrument) {
    return instrument->settles != NULL &&
           strcmp(instrument->settles, accounts_settlement(accounts)) != 0;
}

static enum status refuse_coin(const struct accounts *accounts, uint32_t account,
                               const struct instrument *instrument, const char *what,
                               struct error *reterr) {
    char id[ACCOUNT_ID_SIZE];
    accounts_id(accounts, account, id);
    return error_set(reterr, STATUS_CONFIG,
                     "account '%s': '%s' settles in %s, accounts in %s: this is not supported for "
                     "an %s",
                     id, instrument->symbol, instrument->settles, accounts_settlement(accounts),
                     what);
}

/* Finds the contracts held that settle in another asset than the accounts, and how many positions
 * there are in them: so many rows more there may be. `settles` is NULL where there are none. */
static enum status find_coins(struct holdings *holdings, const struct accounts *accounts,
                              const struct instrument *instruments, size_t *ret_positions,
                              struct error *reterr) {
    *ret_positions = 0;
    for (uint32_t a = 0; a < accounts_count(accounts); a++) {
        const struct account_view view = accounts_view(accounts, a);
        for (size_t k = 0; k < view.position_count; k++) {
            const struct position_view p = accounts_position(accounts, view.position_first + k);
            if (!in_coin(accounts, &instruments[p.instrument]))
                continue;
            if (p.mode == MARGIN_ISOLATED)
                return refuse_coin(accounts, a, &instruments[p.instrument], "isolated position",
                                   reterr);
            holdings->settles[p.instrument] =
                asset_number(holdings, instruments[p.instrument].settles);
            ++*ret_positions;
        }
    }
    return STATUS_OK;
}

/* What such an order asks would move with the coin's price: it is refused, by name. */
static enum status check_orders(const struct accounts *accounts,
                                const struct instrument *instruments, struct error *reterr) {
    for (size_t k = 0; k < accounts_order_count(accounts); k++) {
        uint32_t owner;
        const struct open_order_view order = accounts_order(accounts, k, &owner);
        if (in_coin(accounts, &instruments[order.instrument]))
            return refuse_coin(accounts, owner, &instruments[order.instrument], "open order",
                               reterr);
    }
    return STATUS_OK;
}

static enum status no_memory(struct error *reterr) {
    return error_set(reterr, STATUS_NO_MEMORY, "no memory for collateral");
}

static enum status init_coins(struct holdings *holdings, const struct accounts *accounts,
                              const struct instrument *instruments, size_t instrument_count,
                              size_t *ret_positions, struct error *reterr) {
    *ret_positions = 0;
    size_t i = 0;
    while (i < instrument_count && !in_coin(accounts, &instruments[i]))
        i++;
    if (i == instrument_count) /* positions need not be looked at */
        return STATUS_OK;
    holdings->settles = malloc(instrument_count * sizeof(*holdings->settles));
    if (holdings->settles == NULL)
        return no_memory(reterr);
    for (i = 0; i < instrument_count; i++)
        holdings->settles[i] = SETTLES_OWN;
    enum status status = find_coins(holdings, accounts, instruments, ret_positions, reterr);
    if (status == STATUS_OK)
        status = check_orders(accounts, instruments, reterr);
    if (*ret_positions == 0) {
        free(holdings->settles);
        holdings->settles = NULL;
    }
    if (holdings->asset_count > ASSETS_MAX)
        return error_set(reterr, STATUS_CONFIG, "more than %d assets", ASSETS_MAX);
    return status;
}

enum status holdings_init(struct holdings *holdings, const struct accounts *accounts,
                          const struct rulebook *rulebook, const struct instrument *instruments,
                          size_t instrument_count, size_t pool_count, struct error *reterr) {
    memset(holdings, 0, sizeof(*holdings));
    const size_t held = accounts_holding_count(accounts);
    const size_t assets = held > 0 ? accounts_asset_count(accounts) : 0;
    holdings->symbols = calloc(assets + instrument_count, sizeof(*holdings->symbols));
    if (holdings->symbols == NULL)
        return no_memory(reterr);
    for (size_t a = 0; a < assets; a++)
        holdings->symbols[holdings->asset_count++] = accounts_asset(accounts, a);
    size_t in_coins = 0;
    enum status status =
        init_coins(holdings, accounts, instruments, instrument_count, &in_coins, reterr);
    if (status == STATUS_OK && held + in_coins > 0) {
        holdings->rules = calloc(holdings->asset_count, sizeof(*holdings->rules));
        holdings->market = calloc(holdings->asset_count, sizeof(*holdings->market));
        holdings->unseen = calloc(holdings->asset_count, sizeof(*holdings->unseen));
        holdings->rows = calloc(held + in_coins, sizeof(*holdings->rows));
        holdings->first = calloc(pool_count + 1, sizeof(*holdings->first));
        if (holdings->rules == NULL || holdings->market == NULL || holdings->unseen == NULL ||
            holdings->rows == NULL || holdings->first == NULL)
            status = no_memory(reterr);
    }
    if (status == STATUS_OK)
        status =
            holdings_set_rules(holdings, accounts, rulebook, instruments, instrument_count, reterr);
    if (status != STATUS_OK)
        holdings_finish(holdings);
    return status;
}

void holdings_finish(struct holdings *holdings) {
    free(holdings->symbols);
    free(holdings->settles);
    free(holdings->rules);
    free(holdings->market);
    free(holdings->unseen);
    free(holdings->rows);
    free(holdings->first);
    memset(holdings, 0, sizeof(*holdings));
}

/* Rows of nothing for assets that the account's contracts settle in and it has none of, in order of
 * instruments, whatever the order of its positions. `own`: its first row. */
static void fill_coins(struct holdings *holdings, const struct accounts *accounts,
                       struct account_view view, size_t own) {
    const size_t added = holdings->count;
    uint32_t order[ASSETS_MAX]; /* the first instrument of each row added */
    for (size_t k = 0; k < view.position_count; k++) {
        const uint32_t i = accounts_position(accounts, view.position_first + k).instrument;
        const uint32_t asset = holdings->settles[i];
        size_t r = own;
        while (r < holdings->count && holdings->rows[r].asset != asset)
            r++;
        if (asset == SETTLES_OWN || (r < holdings->count && (r < added || order[r - added] <= i)))
            continue;
        if (r == holdings->count)
            holdings->count++;
        for (; r > added && order[r - 1 - added] > i; r--) {
            holdings->rows[r] = holdings->rows[r - 1];
            order[r - added] = order[r - 1 - added];
        }
        holdings->rows[r] = (struct holding){0, asset};
        order[r - added] = i;
    }
}

void holdings_fill(struct holdings *holdings, const struct accounts *accounts, uint32_t account,
                   size_t pool) {
    if (holdings->first == NULL)
        return;
    const size_t own = holdings->count;
    size_t first;
    size_t count;
    accounts_holdings(accounts, account, &first, &count);
    for (size_t k = 0; k < count; k++) {
        const struct holding_view view = accounts_holding(accounts, first + k);
        holdings->rows[holdings->count++] = (struct holding){view.quantity, view.asset};
        holdings->market[view.asset] -= view.quantity;
    }
    if (holdings->settles != NULL)
        fill_coins(holdings, accounts, accounts_view(accounts, account), own);
    holdings->first[pool + 1] = (uint32_t)holdings->count;
}

bool holdings_priced(const struct holdings *holdings, size_t pool, const int64_t *prices) {
    size_t count;
    const struct holding *row = holdings_of(holdings, pool, &count);
    for (size_t k = 0; k < count; k++) {
        const struct collateral_rule *rule = &holdings->rules[row[k].asset];
        if (!rule->fixed && prices[rule->factor] <= 0)
            return false;
    }
    return true;
}

/* A gain so large that money could not hold it is not asked about anywhere near it. */
int64_t holding_balance(const struct holding *row, int128 gains) {
    const int128 balance = row->quantity + gains;
    return balance > INT64_MAX ? INT64_MAX : balance < -INT64_MAX ? -INT64_MAX : (int64_t)balance;
}

int128 holdings_worth(const struct holdings *holdings, size_t pool, const int64_t *prices,
                      const int128 *gains) {
    int128 worth = 0;
    size_t count;
    const struct holding *row = holdings_of(holdings, pool, &count);
    for (size_t k = 0; k < count; k++) {
        const struct collateral_rule *rule = &holdings->rules[row[k].asset];
        const int64_t price = rule->fixed ? 1 : prices[rule->factor];
        if (price > 0)
            worth += collateral_value(
                rule, gains == NULL ? row[k].quantity : holding_balance(&row[k], gains[k]), price);
    }
    return worth;
}

void holdings_health(const struct holdings *holdings, size_t pool, const int64_t *prices,
                     const int128 *gains, int128 *equity, int128 *worth, int128 *requirement) {
    if (holdings->settlement_weighted && *equity > 0 && units_fits_int64(*equity))
        *equity = collateral_weighted(holdings->settlement.asset, (int64_t)*equity);
    size_t count;
    const struct holding *row = holdings_of(holdings, pool, &count);
    for (size_t k = 0; k < count; k++) {
        const struct collateral_rule *rule = &holdings->rules[row[k].asset];
        const int64_t price = rule->fixed ? 1 : prices[rule->factor];
        const int64_t quantity =
            gains == NULL ? row[k].quantity : holding_balance(&row[k], gains[k]);
        *equity += collateral_counted(rule, quantity, price);
        *worth += collateral_value(rule, quantity, price);
        *requirement += collateral_requirement(rule, quantity, price);
    }
}

int128 holdings_residual(const struct holdings *holdings, const int128 *costs) {
    int128 residual = 0;
    for (size_t a = 0; a < holdings->asset_count; a++) {
        int128 sum = holdings->market[a] - costs[a];
        for (size_t k = 0; k < holdings->count; k++)
            if (holdings->rows[k].asset == a)
                sum += holdings->rows[k].quantity;
        residual += units_magnitude(sum) + units_magnitude(holdings->unseen[a]);
    }
    return residual;
}
