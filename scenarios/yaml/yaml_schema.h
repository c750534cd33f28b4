#pragma once
/* Typed reading of YAML mappings by tables of fields. What a table does not list is an error that
 * names the nearest key it does. */

#include "base/error.h"
#include "base/field.h"
#include "scenarios/yaml/yaml_text.h"

/* Reads mapping `node` (also an empty one: nothing stands after the key) by a table into
 * `ret_target`, of which what is not given stays as it is: scalars, groups, and lists that stand in
 * the struct. What the table gives to the hand (FIELD_NODE, by_hand) is known and not read: it is
 * yaml_find()'s. STATUS_CONFIG: with the place. */
MUST_CHECK enum status yaml_read(const struct yaml_node *node, const struct field *fields,
                                 void *ret_target, struct error *reterr);

/* The same for a mapping whose keys stand in several tables; `tables` ends with NULL. */
MUST_CHECK enum status yaml_read_tables(const struct yaml_node *node,
                                        const struct field *const *tables, void *ret_target,
                                        struct error *reterr);

/* Reads one scalar as `field` says; its offset is not used. */
MUST_CHECK enum status yaml_read_scalar(const struct yaml_node *node, const struct field *field,
                                        void *ret_value, struct error *reterr);

/* Reads a mapping of names to rows ("default": a row without a name) into a list of pointed-to
 * rows, in the arena; each begins with its table's defaults. */
MUST_CHECK enum status yaml_read_named(struct yaml_arena *arena, const struct yaml_node *node,
                                       const struct field *list, void *ret_holder,
                                       struct error *reterr);

/* Refuses what is neither a mapping nor empty. */
MUST_CHECK enum status yaml_expect_mapping(const struct yaml_node *node, struct error *reterr);
MUST_CHECK enum status yaml_expect_sequence(const struct yaml_node *node, struct error *reterr);

/* The error of a missing key: at `node`, which lacks `name`. */
enum status yaml_missing(const struct yaml_node *node, const char *name, struct error *reterr);
