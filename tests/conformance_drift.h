#pragma once
/* A Drift v2 account with one perpetual, and its liquidation call by call. Quote in 1e-6, base in
 * 1e-9. */

#include <stdbool.h>

#include "engine/rules/close_amount.h"
#include "tests/conformance_protocols.h"

struct drift_perp {
    int128 collateral, price, size, quote; /* size and quote signed */
    int128 open_size;                      /* worst size with open orders less size */
    int128 order_margin;                   /* a fixed sum an open order */
    int64_t ratio_e8, buffer_e8, fee_e8, insurance_e8;
    int128 most, step;
    struct close_release release;
    int128 small; /* a position or shortage worth less is dealt with at once */
    bool cancelled;
    bool in_liquidation;
    int128 freed;
    int128 insurance, liquidator_size, liquidator_quote; /* sums over the calls */
};

/* What the protocol takes for small: 50 USD. */
int128 drift_small(const json_t *in);

bool drift_perp_read(struct vector *vector, struct drift_perp *ret_perp);

/* One call, `elapsed` after the first. */
void drift_perp_step(struct drift_perp *perp, int64_t elapsed);

/* Requirement, in quanta, of a position whose ratio grows with its size. */
bool drift_requirement(const json_t *in, int128 *ret_requirement);
