#pragma once
/* Rulebooks (interface §5) from YAML, with overrides. */

#include <stdbool.h>

#include "base/error.h"
#include "engine/rules/rulebook.h"
#include "scenarios/yaml/config_files.h"
#include "scenarios/yaml/yaml_text.h"

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

/* Whether the part of a section that its table leaves to the hand has one. */
bool rulebook_reads_part(const char *section, const char *key);
