#pragma once
/* The section `liquidation.stages` of a rulebook, and the choices it shares with `liquidation`. */

#include "base/error.h"
#include "engine/rules/rulebook.h"
#include "scenarios/yaml/yaml_schema.h"

extern const struct yaml_choice rulebook_actions[];
extern const struct yaml_choice rulebook_closes[];
extern const struct yaml_choice rulebook_orders[];
extern const struct yaml_choice rulebook_prices[];

/* Reads the list into the rulebook; what a stage that closes does not say is as in the rulebook
 * itself, which must have been read. STATUS_CONFIG: bad content, with its place. */
MUST_CHECK enum status rulebook_stages_read(const struct yaml_node *node, struct rulebook *rulebook,
                                            struct error *reterr);
