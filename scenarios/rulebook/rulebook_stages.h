#pragma once
/* The list `liquidation.stages` of a rulebook, from YAML. */

#include "base/error.h"
#include "engine/rules/rulebook.h"
#include "scenarios/yaml/yaml_text.h"

/* Reads the list into the rulebook; what a stage that closes does not say is as in the rulebook
 * itself, which must have been read. STATUS_CONFIG: bad content, with its place. */
MUST_CHECK enum status rulebook_stages_read(struct yaml_arena *arena, const struct yaml_node *node,
                                            struct rulebook *rulebook, struct error *reterr);
