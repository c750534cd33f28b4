#include "engine/book/account_assets.h"

#include <stdlib.h>
#include <string.h>

static enum status find_asset(struct account_assets *assets, const char *symbol,
                              uint32_t *ret_asset, struct error *reterr) {
    for (size_t a = 0; a < assets->asset_count; a++)
        if (strcmp(assets->assets[a], symbol) == 0) {
            *ret_asset = (uint32_t)a;
            return STATUS_OK;
        }
    const size_t length = strlen(symbol);
    if (length == 0 || length >= ASSET_SYMBOL_SIZE)
        return error_set(reterr, STATUS_CONFIG, "asset '%.40s' is empty or longer than %d bytes",
                         symbol, ASSET_SYMBOL_SIZE - 1);
    if (assets->asset_count == ASSETS_MAX)
        return error_set(reterr, STATUS_CONFIG, "asset '%s': more than %d assets", symbol,
                         ASSETS_MAX);
    if (assets->assets == NULL) {
        assets->assets = calloc(ASSETS_MAX, sizeof(*assets->assets));
        if (assets->assets == NULL)
            return error_set(reterr, STATUS_NO_MEMORY, "accounts: no memory for assets");
    }
    memcpy(assets->assets[assets->asset_count], symbol, length + 1);
    *ret_asset = (uint32_t)assets->asset_count++;
    return STATUS_OK;
}

enum status account_assets_add(struct account_assets *assets, uint32_t account, const char *symbol,
                               int64_t quantity, struct error *reterr) {
    uint32_t asset = 0;
    const enum status status = find_asset(assets, symbol, &asset, reterr);
    if (status != STATUS_OK)
        return status;
    for (size_t r = assets->count; r > 0 && assets->accounts[r - 1] == account; r--)
        if (assets->rows[r - 1].asset == asset)
            return error_set(reterr, STATUS_CONFIG, "a second balance in '%s'", symbol);
    if (assets->count == assets->capacity) {
        const size_t capacity = assets->capacity * 2 + 256;
        struct holding_view *rows = realloc(assets->rows, capacity * sizeof(*rows));
        assets->rows = rows != NULL ? rows : assets->rows;
        uint32_t *accounts = realloc(assets->accounts, capacity * sizeof(*accounts));
        assets->accounts = accounts != NULL ? accounts : assets->accounts;
        if (rows == NULL || accounts == NULL || capacity > UINT32_MAX)
            return error_set(reterr, STATUS_NO_MEMORY, "accounts: no memory for balances");
        assets->capacity = capacity;
    }
    assets->accounts[assets->count] = account;
    assets->rows[assets->count++] = (struct holding_view){quantity, asset};
    return STATUS_OK;
}

void account_assets_of(const struct account_assets *assets, uint32_t account, size_t *ret_first,
                       size_t *ret_count) {
    size_t low = 0;
    size_t high = assets->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (assets->accounts[middle] < account)
            low = middle + 1;
        else
            high = middle;
    }
    *ret_first = low;
    *ret_count = 0;
    while (low + *ret_count < assets->count && assets->accounts[low + *ret_count] == account)
        ++*ret_count;
}

void account_assets_finish(struct account_assets *assets) {
    free(assets->assets);
    free(assets->rows);
    free(assets->accounts);
    memset(assets, 0, sizeof(*assets));
}
