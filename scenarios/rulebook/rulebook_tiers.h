#pragma once
/* The tier tables of a rulebook, from YAML. */

#include "base/error.h"
#include "engine/rules/rulebook.h"
#include "scenarios/yaml/yaml_text.h"

/* Reads the mapping of symbol to tiers (`default`: all that have no table) into the rulebook's
 * tables, in the arena. STATUS_CONFIG: bad content, with its place; seams are rulebook_check()'s.
 */
MUST_CHECK enum status rulebook_tiers_read(struct yaml_arena *arena, const struct yaml_node *node,
                                           struct rulebook *rulebook, struct error *reterr);

/* Reads margin.maintenance_rate: one table of one tier for all instruments. */
MUST_CHECK enum status rulebook_flat_read(struct yaml_arena *arena, const struct yaml_node *node,
                                          struct rulebook *rulebook, struct error *reterr);
