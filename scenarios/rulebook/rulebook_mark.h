#pragma once
/* The section `mark` of a rulebook: how the venue makes its mark price. */

#include "base/error.h"
#include "engine/rules/mark_rule.h"
#include "scenarios/yaml/yaml_text.h"

/* What stands where a rulebook has no such section: the last price; averages, where the market asks
 * for the recorded mark, of 150 s, as two venues have it (margin-rules of Binance COIN-M and
 * Hyperliquid): for any other a guess. */
struct mark_rule rulebook_mark_default(void);

/* Reads the section over *rule. STATUS_CONFIG: bad content, with its place. */
MUST_CHECK enum status rulebook_mark_read(const struct yaml_node *node, struct mark_rule *rule,
                                          struct error *reterr);

/* The name of a part in rulebooks. */
const char *rulebook_mark_part(enum mark_part part);
