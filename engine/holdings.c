#include "engine/holdings.h"

#include <stdlib.h>
#include <string.h>

static bool weighs_one(const struct collateral_asset *asset) {
    return asset->band_count == 1 && asset->bands[0].weight_e8 == RATE_SCALE;
}

enum status holdings_set_rules(struct holdings *holdings, const struct accounts *accounts,
                               const struct rulebook *rulebook,
                               const struct instrument *instruments, size_t instrument_count,
                               struct error *reterr) {
    const char *settlement = accounts_settlement(accounts);
    for (size_t a = 0; a < holdings->asset_count; a++) {
        const char *symbol = accounts_asset(accounts, a);
        const struct collateral_asset *asset = rulebook_collateral(rulebook, symbol);
        if (asset == NULL)
            return error_set(reterr, STATUS_CONFIG,
                             "rulebook '%s': no collateral '%s', which accounts hold",
                             rulebook->name, symbol);
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

enum status holdings_init(struct holdings *holdings, const struct accounts *accounts,
                          const struct rulebook *rulebook, const struct instrument *instruments,
                          size_t instrument_count, size_t pool_count, struct error *reterr) {
    memset(holdings, 0, sizeof(*holdings));
    holdings->asset_count = accounts_asset_count(accounts);
    const size_t rows = accounts_holding_count(accounts);
    if (rows > 0) {
        holdings->rules = calloc(holdings->asset_count, sizeof(*holdings->rules));
        holdings->market = calloc(holdings->asset_count, sizeof(*holdings->market));
        holdings->rows = calloc(rows, sizeof(*holdings->rows));
        holdings->first = calloc(pool_count + 1, sizeof(*holdings->first));
        if (holdings->rules == NULL || holdings->market == NULL || holdings->rows == NULL ||
            holdings->first == NULL) {
            holdings_finish(holdings);
            return error_set(reterr, STATUS_NO_MEMORY, "no memory for collateral");
        }
    } else {
        holdings->asset_count = 0;
    }
    const enum status status =
        holdings_set_rules(holdings, accounts, rulebook, instruments, instrument_count, reterr);
    if (status != STATUS_OK)
        holdings_finish(holdings);
    return status;
}

void holdings_finish(struct holdings *holdings) {
    free(holdings->rules);
    free(holdings->market);
    free(holdings->rows);
    free(holdings->first);
    memset(holdings, 0, sizeof(*holdings));
}

void holdings_fill(struct holdings *holdings, const struct accounts *accounts, uint32_t account,
                   size_t pool) {
    if (holdings->first == NULL)
        return;
    size_t first;
    size_t count;
    accounts_holdings(accounts, account, &first, &count);
    for (size_t k = 0; k < count; k++) {
        const struct holding_view view = accounts_holding(accounts, first + k);
        holdings->rows[holdings->count++] = (struct holding){view.quantity, view.asset};
        holdings->market[view.asset] -= view.quantity;
    }
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

int128 holdings_worth(const struct holdings *holdings, size_t pool, const int64_t *prices) {
    int128 worth = 0;
    size_t count;
    const struct holding *row = holdings_of(holdings, pool, &count);
    for (size_t k = 0; k < count; k++) {
        const struct collateral_rule *rule = &holdings->rules[row[k].asset];
        const int64_t price = rule->fixed ? 1 : prices[rule->factor];
        if (price > 0)
            worth += collateral_value(rule, row[k].quantity, price);
    }
    return worth;
}

void holdings_health(const struct holdings *holdings, size_t pool, const int64_t *prices,
                     int128 *equity, int128 *worth, int128 *requirement) {
    if (holdings->settlement_weighted && *equity > 0 && units_fits_int64(*equity))
        *equity = collateral_weighted(holdings->settlement.asset, (int64_t)*equity);
    size_t count;
    const struct holding *row = holdings_of(holdings, pool, &count);
    for (size_t k = 0; k < count; k++) {
        const struct collateral_rule *rule = &holdings->rules[row[k].asset];
        const int64_t price = rule->fixed ? 1 : prices[rule->factor];
        *equity += collateral_counted(rule, row[k].quantity, price);
        *worth += collateral_value(rule, row[k].quantity, price);
        *requirement += collateral_requirement(rule, row[k].quantity, price);
    }
}

int128 holdings_residual(const struct holdings *holdings) {
    int128 residual = 0;
    for (size_t a = 0; a < holdings->asset_count; a++) {
        int128 sum = holdings->market[a];
        for (size_t k = 0; k < holdings->count; k++)
            if (holdings->rows[k].asset == a)
                sum += holdings->rows[k].quantity;
        residual += sum < 0 ? -sum : sum;
    }
    return residual;
}
