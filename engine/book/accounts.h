#pragma once
/* The accounts of a run as columns, read-only for the engine: each book of a replay copies what it
 * changes. Filled by scenarios (CSV, population) or by tests through the builder below. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "engine/book/account_assets.h"
#include "engine/book/account_orders.h"
#include "engine/rules/rulebook.h"

#define ACCOUNT_ID_SIZE 64 /* longest id with its NUL */

struct accounts; /* opaque; immutable once finished */

/* Begins an empty set. */
MUST_CHECK enum status accounts_create(struct accounts **ret_accounts, struct error *reterr);
void accounts_destroy(struct accounts *accounts); /* NULL is fine */

/* Adds an account with its cross wallet `balance` (money, may be negative). `id` is copied; NULL
 * gives the synthetic id "s" and the account's number among the synthetic ones, eight digits or
 * more. `cohort` is copied once a distinct text; "" for none. Positions added next are its.
 * STATUS_CONFIG: an id that is empty, too long; STATUS_NO_MEMORY. Duplicates: accounts_finish(). */
MUST_CHECK enum status accounts_add(struct accounts *accounts, const char *id, const char *cohort,
                                    int64_t balance, bool exempt, struct error *reterr);

/* Adds to the balance of the account added last. STATUS_RANGE: overflow. */
MUST_CHECK enum status accounts_add_balance(struct accounts *accounts, int64_t amount,
                                            struct error *reterr);

/* What balances and money of the set are in; "USDT" until it is set. `symbol` is copied.
 * STATUS_CONFIG: empty or too long. */
MUST_CHECK enum status accounts_set_settlement(struct accounts *accounts, const char *symbol,
                                               struct error *reterr);
const char *accounts_settlement(const struct accounts *accounts);

/* Adds a balance of another asset to the account added last: `quantity` in 1e-8, negative where it
 * is owed. STATUS_CONFIG: a second one of the asset. */
MUST_CHECK enum status accounts_add_holding(struct accounts *accounts, const char *asset,
                                            int64_t quantity, struct error *reterr);
size_t accounts_asset_count(const struct accounts *accounts);
const char *accounts_asset(const struct accounts *accounts, size_t asset);
size_t accounts_holding_count(const struct accounts *accounts);
struct holding_view accounts_holding(const struct accounts *accounts, size_t holding);
/* An account's holdings are consecutive. */
void accounts_holdings(const struct accounts *accounts, uint32_t account, size_t *ret_first,
                       size_t *ret_count);

/* Adds a position to the account added last: `lots` != 0 (signed), `cost` as instrument_cost()
 * gives, in instrument `instrument` of the run. Isolated: `isolated_margin` >= 0 is that position's
 * own wallet, beside the balance. `leverage_e8` 0: not given. STATUS_CONFIG: a second cross
 * position in the same instrument and direction; a long beside a short is hedge mode. */
MUST_CHECK enum status accounts_add_position(struct accounts *accounts, uint32_t instrument,
                                             int64_t lots, int64_t cost, enum margin_mode mode,
                                             int64_t isolated_margin, int64_t leverage_e8,
                                             struct error *reterr);

/* Adds an order that the account added last has open in the market: `lots` != 0 (signed), `cost` as
 * instrument_cost() gives at the order's own price. It is backed by the cross balance. */
MUST_CHECK enum status accounts_add_order(struct accounts *accounts, struct open_order_view order,
                                          struct error *reterr);
size_t accounts_order_count(const struct accounts *accounts);
/* The k-th order of the set, by account, and whose it is. */
struct open_order_view accounts_order(const struct accounts *accounts, size_t order,
                                      uint32_t *ret_account);

/* Closes the set: trims memory and refuses duplicate ids (STATUS_CONFIG, names the id). */
MUST_CHECK enum status accounts_finish(struct accounts *accounts, struct error *reterr);

size_t accounts_count(const struct accounts *accounts);
size_t accounts_position_count(const struct accounts *accounts);
/* The id as text, into `ret_id` (ACCOUNT_ID_SIZE bytes). */
void accounts_id(const struct accounts *accounts, uint32_t account, char *ret_id);
/* Order of two accounts by id as bytes. */
int accounts_by_id(const struct accounts *accounts, uint32_t a, uint32_t b);
/* An id as a number (FNV-1a), whatever row the account stands in. */
uint64_t account_id_number(const char *id);
const char *accounts_cohort(const struct accounts *accounts, uint32_t account);

struct account_view {
    int64_t balance;
    bool exempt;
    size_t position_first; /* positions are consecutive */
    size_t position_count;
};
struct account_view accounts_view(const struct accounts *accounts, uint32_t account);

struct position_view {
    uint32_t instrument;
    int64_t lots;
    int64_t cost;
    enum margin_mode mode;
    int64_t isolated_margin;
    int64_t leverage_e8;
};
struct position_view accounts_position(const struct accounts *accounts, size_t position);
