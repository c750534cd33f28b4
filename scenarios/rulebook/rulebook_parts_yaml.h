#pragma once
/* Curves by size, collateral, rates by contract and margin of open orders of a rulebook, from YAML.
 */

#include "base/error.h"
#include "engine/rules/rulebook.h"
#include "scenarios/yaml/yaml_text.h"

/* Reads a mapping of symbols (or `default`) to curves (margin.size, margin.initial_size) into
 * *ret_curves, in the arena. STATUS_CONFIG: bad content, with its place. */
MUST_CHECK enum status rulebook_sizes_read(struct yaml_arena *arena, const struct yaml_node *node,
                                           size_t *ret_count, struct size_curve **ret_curves,
                                           struct error *reterr);

/* Reads waterfall.fund_shares, a mapping of symbols (or `default`) to weights, in the arena. */
MUST_CHECK enum status rulebook_fund_shares_read(struct yaml_arena *arena,
                                                 const struct yaml_node *node,
                                                 struct rulebook *rulebook, struct error *reterr);

/* Reads liquidation.window_quantity, a mapping of symbols (or `default`) to quantities, in the
 * arena. */
MUST_CHECK enum status rulebook_windows_read(struct yaml_arena *arena, const struct yaml_node *node,
                                             struct rulebook *rulebook, struct error *reterr);

/* Reads the section `collateral` into rulebook->collateral, in the arena. */
MUST_CHECK enum status rulebook_collateral_read(struct yaml_arena *arena,
                                                const struct yaml_node *node,
                                                struct rulebook *rulebook, struct error *reterr);

/* Reads liquidation.fee_rate: a rate for all contracts, or a mapping of symbols (or `default`) to
 * rates, in the arena. */
MUST_CHECK enum status rulebook_fee_rates_read(struct yaml_arena *arena,
                                               const struct yaml_node *node,
                                               struct rulebook *rulebook, struct error *reterr);

/* Reads the mapping margin.orders. */
MUST_CHECK enum status rulebook_orders_read(const struct yaml_node *node,
                                            struct order_margin *ret_margin, struct error *reterr);
