#pragma once
/* Portfolio margin of a rulebook (margin.scenario), from YAML. */

#include "base/error.h"
#include "engine/rules/rulebook.h"
#include "scenarios/yaml/yaml_text.h"

/* Reads the mapping into *ret_scenario, in the arena. STATUS_CONFIG: bad content, with its place.
 */
MUST_CHECK enum status rulebook_portfolio_read(struct yaml_arena *arena,
                                               const struct yaml_node *node,
                                               struct portfolio_margin **ret_scenario,
                                               struct error *reterr);
