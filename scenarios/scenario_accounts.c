/* The sections accounts and population, for the simulated side and for history. */

#include <string.h>

#include "base/field_walk.h"
#include "scenarios/scenario_read.h"

static enum status read_open_interest(struct scenario *scenario, const struct yaml_node *node,
                                      bool guesses, const int64_t **ret_open_interest,
                                      struct error *reterr) {
    enum status status = yaml_expect_mapping(node, reterr);
    int64_t *open_interest = yaml_arena_alloc(scenario->memory->arena,
                                              scenario->instrument_count * sizeof(*open_interest));
    for (const struct yaml_node *child = node->child; child != NULL && status == STATUS_OK;
         child = child->next) {
        int64_t unused = 0;
        if (!scenario_knows_symbol(scenario, child->key))
            return scenario_unknown_symbol(scenario, child, reterr);
        status = scenario_read_money(NULL, child, &unused, reterr);
    }
    for (size_t i = 0; i < scenario->instrument_count && status == STATUS_OK; i++) {
        const struct yaml_node *child = yaml_find(node, scenario->instruments[i].symbol);
        if (child != NULL)
            status =
                scenario_read_money(guesses ? scenario : NULL, child, &open_interest[i], reterr);
    }
    *ret_open_interest = open_interest;
    return status;
}

static enum status read_population(struct scenario *scenario, const struct yaml_node *node,
                                   bool guesses, struct population_settings *ret_settings,
                                   struct error *reterr) {
    struct population_settings settings = population_settings_default();
    const struct yaml_node *open_interest = yaml_find(node, "open_interest");
    enum status status = yaml_read(node, population_fields, &settings, reterr);
    struct error found = {0};
    if (status == STATUS_OK && population_settings_check(&settings, &found) != STATUS_OK)
        status = yaml_error(yaml_locate(node->parent, found.message), reterr, "%s", found.message);
    if (status == STATUS_OK && open_interest != NULL)
        status =
            read_open_interest(scenario, open_interest, guesses, &settings.open_interest, reterr);
    if (status == STATUS_OK)
        *ret_settings = settings;
    return status;
}

static enum status read_side(struct scenario *scenario, const struct yaml_node *root, bool guesses,
                             struct scenario_accounts *ret_accounts, struct error *reterr) {
    struct scenario_memory *memory = scenario->memory;
    struct scenario_accounts accounts = {.population = population_settings_default()};
    enum status status = STATUS_OK;
    const struct yaml_node *node = yaml_find(root, "accounts");
    if (node != NULL)
        status = yaml_read(node, scenario_accounts_fields, &accounts, reterr);
    if (status == STATUS_OK && accounts.file != NULL)
        accounts.file = accounts.file[0] == '\0'
                            ? NULL
                            : config_join(&memory->files, accounts.file,
                                          scenario_base(memory, yaml_find(node, "file")));
    node = yaml_find(root, "population");
    if (status == STATUS_OK && node != NULL) {
        status = read_population(scenario, node, guesses, &accounts.population, reterr);
        accounts.synthetic = accounts.population.accounts > 0;
    }
    if (status == STATUS_OK)
        *ret_accounts = accounts;
    return status;
}

static bool same_open_interest(const struct scenario *scenario) {
    const int64_t *a = scenario->accounts.population.open_interest;
    const int64_t *b = scenario->reference_accounts.population.open_interest;
    if ((a == NULL) != (b == NULL))
        return false;
    return a == NULL || memcmp(a, b, scenario->instrument_count * sizeof(*a)) == 0;
}

static bool same_population(const struct scenario *scenario) {
    const struct population_settings *a = &scenario->accounts.population;
    const struct population_settings *b = &scenario->reference_accounts.population;
    return same_open_interest(scenario) &&
           fields_compare(population_fields, a, b, "", NULL, NULL) == 0;
}

enum status scenario_read_accounts(struct scenario *scenario, struct error *reterr) {
    struct scenario_memory *memory = scenario->memory;
    enum status status = read_side(scenario, memory->simulated, true, &scenario->accounts, reterr);
    if (status == STATUS_OK)
        status = read_side(scenario, memory->history, false, &scenario->reference_accounts, reterr);
    if (status != STATUS_OK)
        return status;
    const struct scenario_accounts *a = &scenario->accounts;
    const struct scenario_accounts *b = &scenario->reference_accounts;
    if (a->file == NULL && !a->synthetic)
        return yaml_error(memory->simulated, reterr,
                          "no accounts: give accounts.file, or population, or both");
    const bool same_file = (a->file == NULL) == (b->file == NULL) &&
                           (a->file == NULL || strcmp(a->file, b->file) == 0);
    scenario->reference_accounts_differ =
        !same_file || a->synthetic != b->synthetic || (a->synthetic && !same_population(scenario));
    return STATUS_OK;
}
