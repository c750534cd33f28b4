#pragma once
/* What the files that read a scenario's sections share. Not for other rooms. */

#include "scenarios/scenario.h"
#include "scenarios/scenario_fields.h"
#include "scenarios/yaml/config_files.h"
#include "scenarios/yaml/yaml_schema.h"
#include "scenarios/yaml/yaml_text.h"

#define SCENARIO_COUNT(table) (sizeof(table) / sizeof((table)[0]))

struct scenario_memory {
    struct yaml_arena *arena;
    struct config_files files;
    const char *base_dir;        /* of the scenario file; NULL: the working directory */
    struct yaml_node *written;   /* as the file has it */
    struct yaml_node *simulated; /* with every --set */
    struct yaml_node *history;   /* with --set of reference keys, and they merged in */
    /* For writing the scenario back. */
    const char *rulebook_path;
    const char *reference_rulebook_path;
    const struct yaml_node *override;
    const struct yaml_node *reference_override;
};

/* The folder that paths in `node` are relative to: its file's, or for --set the working one. */
const char *scenario_base(const struct scenario_memory *memory, const struct yaml_node *node);

/* Reads a number that may be written as {value, low, high, source}; the mapping is then noted as a
 * guess under the node's path, unless `scenario` is NULL. */
MUST_CHECK enum status scenario_read_money(struct scenario *scenario, const struct yaml_node *node,
                                           int64_t *ret_value, struct error *reterr);

/* Notes a guess. `key` lives as long as the scenario. */
void scenario_add_guess(struct scenario *scenario, const struct scenario_guess *guess);

/* Reads sections of memory->simulated into `scenario`, in this order; errors name the place. */
MUST_CHECK enum status scenario_read_head(struct scenario *scenario, struct error *reterr);
MUST_CHECK enum status scenario_read_market(struct scenario *scenario, struct error *reterr);
MUST_CHECK enum status scenario_read_impact(struct scenario *scenario, struct error *reterr);
/* Part of it: the keys `cross` of the instruments, the impact being linear and read. */
MUST_CHECK enum status scenario_read_cross(struct scenario *scenario,
                                           const struct yaml_node *instruments,
                                           struct error *reterr);
MUST_CHECK enum status scenario_read_venues(struct scenario *scenario, struct error *reterr);
MUST_CHECK enum status scenario_read_events(struct scenario *scenario, struct error *reterr);
MUST_CHECK enum status scenario_read_accounts(struct scenario *scenario, struct error *reterr);

/* market.shock and market.scale, after the instruments. */
MUST_CHECK enum status scenario_read_shock(struct scenario *scenario, const struct yaml_node *node,
                                           struct error *reterr);
MUST_CHECK enum status scenario_read_scale(struct scenario *scenario, const struct yaml_node *node,
                                           struct error *reterr);

/* Reads the rulebook that `name` names (NULL: the venue's) with `override` (NULL: none) put on;
 * every instrument must have margin tiers in it. *ret_path is its resolved path. */
MUST_CHECK enum status scenario_read_rulebook(struct scenario *scenario,
                                              const struct yaml_node *name,
                                              const struct yaml_node *override,
                                              struct rulebook *ret_rulebook, const char **ret_path,
                                              struct error *reterr);

/* How a file writes it. */
const char *scenario_space_name(enum impact_space space);

/* What the instrument's parameters as they stand make idle: bits of impact_parameter.unless. */
unsigned scenario_idle_bits(const struct scenario_instrument *instrument);

/* Whether a symbol is in market.instruments as run or as written: then keys may name it. */
bool scenario_knows_symbol(const struct scenario *scenario, const char *symbol);

/* The error of a key that names no instrument. */
enum status scenario_unknown_symbol(const struct scenario *scenario, const struct yaml_node *node,
                                    struct error *reterr);
