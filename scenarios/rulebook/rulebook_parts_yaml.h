#pragma once
/* Curves by size, collateral, rates by contract and margin of open orders of a rulebook, from YAML:
 * each reads the node of its key into the rulebook, in the arena. STATUS_CONFIG: bad content, with
 * its place. */

#include "base/error.h"
#include "engine/rules/rulebook.h"
#include "scenarios/yaml/yaml_text.h"

/* margin.size, margin.initial_size: mappings of symbols (or `default`) to curves. */
MUST_CHECK enum status rulebook_sizes_read(struct yaml_arena *arena, const struct yaml_node *node,
                                           struct rulebook *rulebook, struct error *reterr);
MUST_CHECK enum status rulebook_initial_sizes_read(struct yaml_arena *arena,
                                                   const struct yaml_node *node,
                                                   struct rulebook *rulebook, struct error *reterr);

/* The section `collateral`. */
MUST_CHECK enum status rulebook_collateral_read(struct yaml_arena *arena,
                                                const struct yaml_node *node,
                                                struct rulebook *rulebook, struct error *reterr);

/* liquidation.fee_rate: a rate for all contracts, or a mapping of symbols (or `default`) to rates.
 */
MUST_CHECK enum status rulebook_fee_rates_read(struct yaml_arena *arena,
                                               const struct yaml_node *node,
                                               struct rulebook *rulebook, struct error *reterr);

/* liquidation.window_quantity, waterfall.fund_shares: mappings of symbols (or `default`). */
MUST_CHECK enum status rulebook_windows_read(struct yaml_arena *arena, const struct yaml_node *node,
                                             struct rulebook *rulebook, struct error *reterr);
MUST_CHECK enum status rulebook_fund_shares_read(struct yaml_arena *arena,
                                                 const struct yaml_node *node,
                                                 struct rulebook *rulebook, struct error *reterr);

/* The mapping margin.orders. */
MUST_CHECK enum status rulebook_orders_read(struct yaml_arena *arena, const struct yaml_node *node,
                                            struct rulebook *rulebook, struct error *reterr);
