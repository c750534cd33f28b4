#pragma once
/* Tier tables as CSV: symbol,floor,cap,maintenance_rate,maintenance_amount,max_leverage. */

#include <stddef.h>

#include "base/error.h"
#include "scenarios/yaml/yaml_text.h"

/* Turns the bytes into what the same tables would be inline: a mapping of symbol to a list of
 * tiers, each node with its place in the file. A header is required, columns in any order, empty
 * fields are left out. STATUS_CONFIG: not UTF-8, an unknown, missing or double column, a row of
 * another length, a row without symbol; the message has file:line:column. */
MUST_CHECK enum status tiers_csv_parse(struct yaml_arena *arena, const char *name,
                                       const char *bytes, size_t size, struct yaml_node **ret_tiers,
                                       struct error *reterr);
