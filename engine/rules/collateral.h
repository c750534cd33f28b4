#pragma once
/* Assets beside the settlement asset that a pool holds or owes: what a quantity counts for as
 * collateral, compiled for a run. A quantity is in 1e-8 of the asset, negative where it is owed. */

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/units.h"
#include "engine/rules/instrument.h"
#include "engine/rules/rulebook.h"

struct collateral_rule {
    const struct collateral_asset *asset;
    bool fixed;      /* its price does not move */
    uint32_t factor; /* the instrument whose mark price values it, unless fixed */
    /* Money of 1e-8 of the asset at one tick of the factor (fixed: at its price) is num / den. */
    int128 num;
    int128 den;
    int128 owed_e8; /* what 1 unit owed takes from the slack, in units: liability weight + the
                       borrow rate times the trigger ratio, 1e-8 */
};

/* Compiles `asset` for the instruments of a run. `settlement` is the settlement asset's symbol: by
 * name, an asset X is valued by the spot instrument, else by the linear one, that is called X +
 * settlement. STATUS_CONFIG: no such instrument, or one that is not linear or spot. */
MUST_CHECK enum status
collateral_rule_init(struct collateral_rule *rule, const struct rulebook *rulebook,
                     const struct collateral_asset *asset, const char *settlement,
                     const struct instrument *instruments, size_t count, struct error *reterr);

/* Money of `quantity` at a price of the factor, at full value, rounded down. */
int128 collateral_value(const struct collateral_rule *rule, int64_t quantity, int64_t price_ticks);

/* What `quantity` counts for in equity: bands (marginal) on what is held, the liability weight on
 * what is owed; money, rounded down. */
int128 collateral_counted(const struct collateral_rule *rule, int64_t quantity,
                          int64_t price_ticks);

/* Requirement of what is owed: the borrow rate on its value, times the trigger ratio; rounded up.
 */
int128 collateral_requirement(const struct collateral_rule *rule, int64_t quantity,
                              int64_t price_ticks);

/* The quantity that weights leave of `quantity` > 0, rounded down: bands (marginal), and at most
 * the weight that falls with the root of the whole. It does not depend on any price. */
int64_t collateral_weighted(const struct collateral_asset *asset, int64_t quantity);

/* The first price of the factor, down for what is held and up for what is owed, at which counted
 * less requirement may be below `share`. MARGIN_PRICE_NEVER (0): there is none. */
int64_t collateral_trigger_price(const struct collateral_rule *rule, int64_t quantity,
                                 int128 share);
