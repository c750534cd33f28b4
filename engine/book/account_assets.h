#pragma once
/* The part of a set of accounts that says what they hold beside the settlement asset. */

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define ASSET_SYMBOL_SIZE 32 /* longest symbol with its NUL */
#define ASSETS_MAX 256

struct holding_view {
    int64_t quantity; /* 1e-8 of the asset, negative: owed */
    uint32_t asset;   /* number of the asset in this set */
};

struct account_assets {
    char settlement[ASSET_SYMBOL_SIZE];
    size_t asset_count;
    char (*assets)[ASSET_SYMBOL_SIZE];
    size_t count;
    size_t capacity;
    struct holding_view *rows; /* by account, rising */
    uint32_t *accounts;        /* whose row it is */
};

/* Adds a row of `account` (not before the last one's). STATUS_CONFIG: a second row of the asset, a
 * symbol that is empty or too long, more than ASSETS_MAX assets. */
MUST_CHECK enum status account_assets_add(struct account_assets *assets, uint32_t account,
                                          const char *symbol, int64_t quantity,
                                          struct error *reterr);
/* First row of an account, and how many it has. */
void account_assets_of(const struct account_assets *assets, uint32_t account, size_t *ret_first,
                       size_t *ret_count);
void account_assets_finish(struct account_assets *assets);
