#pragma once
/* A dYdX v4 subaccount in quote quantums (1e-6 USDC), base sizes in 1e-10. */

#include <stdbool.h>
#include <stddef.h>

#include "engine/rules/margin_scale.h"
#include "engine/rules/risk_order.h"
#include "tests/conformance_protocols.h"

#define BASE_DECIMALS 10
#define DYDX_POSITIONS_MAX 16

struct dydx_position {
    const char *market;   /* borrowed from the vector */
    int128 size;          /* signed */
    int128 price;         /* quanta a whole unit */
    int64_t base_quantum; /* the protocol's smallest size, in 10^-BASE_DECIMALS */
};

struct dydx_account {
    int128 usdc;
    struct open_interest_scale tier;
    size_t count;
    struct dydx_position positions[DYDX_POSITIONS_MAX];
    struct risk risk; /* of the whole account */
};

/* Reads the input `name` as an account under the input `tier`. False: broken, with a reason. */
bool dydx_account_read(struct vector *vector, const char *name, struct dydx_account *ret_account);

/* The position in a market; NULL: none. */
const struct dydx_position *dydx_position_of(const struct dydx_account *account,
                                             const char *market);

/* Value of `size` of the position at the oracle, cut off. */
int128 dydx_value(const struct dydx_position *position, int128 size);

/* Risk of the position were it of `size`; its equity is its value. */
struct risk dydx_risk_of(const struct dydx_account *account, const struct dydx_position *position,
                         int128 size);

/* Sums the account's risk anew, after a change. */
void dydx_account_update(struct dydx_account *account);

/* Whether `delta` closes a part of the position (NULL: no). */
bool dydx_may_close(const struct dydx_position *position, int128 delta);

/* What closing must bring so that nobody else pays. */
int128 dydx_bankruptcy_quote(const struct dydx_account *account,
                             const struct dydx_position *position, int128 delta);
