#pragma once
/* Rulebooks (interface §5) from YAML, with overrides. */

#include "base/error.h"
#include "engine/rules/rulebook.h"
#include "scenarios/yaml/config_files.h"
#include "scenarios/yaml/yaml_text.h"

/* How fast a venue works off what it took over: a guess, no venue publishes it. */
#define RULEBOOK_INVENTORY_INTERVAL_NS (INT64_C(60) * NS_PER_S)
#define RULEBOOK_INVENTORY_FRACTION_E8 (RATE_SCALE / 10)

/* Reads the rulebook `name` (a bundled name or a path relative to `base_dir`) with the mapping
 * `overrides` put on top (dotted or nested keys; NULL: none). An override of
 * margin.maintenance_rate takes the place of the tiers, and the reverse. Everything lives in
 * files->arena. STATUS_IO: not there; STATUS_CONFIG: bad content, with its place. */
MUST_CHECK enum status rulebook_read(struct config_files *files, const char *name,
                                     const char *base_dir, const struct yaml_node *overrides,
                                     struct rulebook *ret_rulebook, struct error *reterr);

/* The resolved path of a rulebook: absolute, or "bundled:rulebooks/NAME.yaml". */
const char *rulebook_resolve(const struct config_files *files, const char *name,
                             const char *base_dir);

/* How a file writes `value` of the key `key` (close, order, price, fee_to, adl_rank, ... or
 * stages); NULL: the key has no choices, or not that one. */
const char *rulebook_choice_name(const char *key, int value);
