/* The sections accounts and population, for the simulated side and for history. */

#include <stddef.h>
#include <string.h>

#include "scenarios/scenario_read.h"

#define COUNT SCENARIO_COUNT

struct population_section {
    uint64_t accounts, seed;
    const struct yaml_node *open_interest, *equity, *leverage, *positions, *hedging;
};

#define AT(member) offsetof(struct population_section, member)
static const struct yaml_key POPULATION_KEYS[] = {
    {.name = "accounts", .type = YAML_UINT64, .offset = AT(accounts)},
    {.name = "seed", .type = YAML_UINT64, .offset = AT(seed)},
    {.name = "open_interest", .type = YAML_NODE, .offset = AT(open_interest)},
    {.name = "equity", .type = YAML_NODE, .offset = AT(equity)},
    {.name = "leverage", .type = YAML_NODE, .offset = AT(leverage)},
    {.name = "positions", .type = YAML_NODE, .offset = AT(positions)},
    {.name = "hedging", .type = YAML_NODE, .offset = AT(hedging)},
};
#undef AT

/* Ranges are population_settings_check()'s. */
#define AT(member) offsetof(struct population_equity, member)
static const struct yaml_key EQUITY_KEYS[] = {
    {.name = "median", .type = YAML_DOUBLE, .offset = AT(median)},
    {.name = "ln_sd", .type = YAML_DOUBLE, .offset = AT(ln_sd)},
    {.name = "tail_quantile", .type = YAML_DOUBLE, .offset = AT(tail_quantile)},
    {.name = "tail_alpha", .type = YAML_DOUBLE, .offset = AT(tail_alpha)},
    {.name = "cap", .type = YAML_DOUBLE, .offset = AT(cap)},
};
#undef AT
#define AT(member) offsetof(struct population_leverage, member)
static const struct yaml_key LEVERAGE_KEYS[] = {
    {.name = "median", .type = YAML_DOUBLE, .offset = AT(median)},
    {.name = "equity_slope", .type = YAML_DOUBLE, .offset = AT(equity_slope)},
    {.name = "ln_sd", .type = YAML_DOUBLE, .offset = AT(ln_sd)},
    {.name = "min", .type = YAML_DOUBLE, .offset = AT(min)},
    {.name = "max", .type = YAML_DOUBLE, .offset = AT(max)},
    {.name = "spike_share", .type = YAML_DOUBLE, .offset = AT(spike_share)},
    {.name = "short_factor", .type = YAML_DOUBLE, .offset = AT(short_factor)},
};
#undef AT
#define AT(member) offsetof(struct population_positions, member)
static const struct yaml_key POSITION_KEYS[] = {
    {.name = "max", .type = YAML_UINT32, .offset = AT(max)},
    {.name = "decay", .type = YAML_DOUBLE, .offset = AT(decay)},
    {.name = "same_side", .type = YAML_DOUBLE, .offset = AT(same_side)},
};
#undef AT
static const struct yaml_key HEDGING_KEYS[] = {
    {.name = "share",
     .type = YAML_DOUBLE,
     .offset = offsetof(struct population_settings, hedged_share)},
};

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
    struct population_section section = {.accounts = settings.accounts, .seed = settings.seed};
    enum status status =
        yaml_read(node, POPULATION_KEYS, COUNT(POPULATION_KEYS), &section, NULL, reterr);
    settings.accounts = section.accounts;
    settings.seed = section.seed;
    const struct {
        const struct yaml_node *node;
        const struct yaml_key *keys;
        size_t count;
        void *target;
    } parts[] = {
        {section.equity, EQUITY_KEYS, COUNT(EQUITY_KEYS), &settings.equity},
        {section.leverage, LEVERAGE_KEYS, COUNT(LEVERAGE_KEYS), &settings.leverage},
        {section.positions, POSITION_KEYS, COUNT(POSITION_KEYS), &settings.positions},
        {section.hedging, HEDGING_KEYS, COUNT(HEDGING_KEYS), &settings},
    };
    for (size_t i = 0; i < COUNT(parts) && status == STATUS_OK; i++)
        if (parts[i].node != NULL)
            status = yaml_read(parts[i].node, parts[i].keys, parts[i].count, parts[i].target, NULL,
                               reterr);
    struct error found = {0};
    if (status == STATUS_OK && population_settings_check(&settings, &found) != STATUS_OK)
        status = yaml_error(yaml_locate(node->parent, found.message), reterr, "%s", found.message);
    if (status == STATUS_OK && section.open_interest != NULL)
        status = read_open_interest(scenario, section.open_interest, guesses,
                                    &settings.open_interest, reterr);
    if (status == STATUS_OK)
        *ret_settings = settings;
    return status;
}

static enum status read_side(struct scenario *scenario, const struct yaml_node *root, bool guesses,
                             struct scenario_accounts *ret_accounts, struct error *reterr) {
    static const struct yaml_key keys[] = {{.name = "file", .type = YAML_TEXT}};
    struct scenario_memory *memory = scenario->memory;
    struct scenario_accounts accounts = {.population = population_settings_default()};
    enum status status = STATUS_OK;
    const struct yaml_node *node = yaml_find(root, "accounts");
    if (node != NULL)
        status = yaml_read(node, keys, COUNT(keys), &accounts.file, NULL, reterr);
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
    return a->accounts == b->accounts && a->seed == b->seed && same_open_interest(scenario) &&
           memcmp(&a->equity, &b->equity, sizeof(a->equity)) == 0 &&
           memcmp(&a->leverage, &b->leverage, sizeof(a->leverage)) == 0 &&
           a->positions.max == b->positions.max && a->positions.decay == b->positions.decay &&
           a->positions.same_side == b->positions.same_side && a->hedged_share == b->hedged_share;
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
