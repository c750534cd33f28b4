/* The sections venue and feedback, for the simulated side and for history. */

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "scenarios/rulebook/rulebook_yaml.h"
#include "scenarios/scenario_read.h"

#define COUNT SCENARIO_COUNT

struct venue_section {
    const struct yaml_node *rulebook, *insurance_fund, *backstop, *override;
};

#define AT(member) offsetof(struct venue_section, member)
static const struct yaml_key VENUE_KEYS[] = {
    {.name = "rulebook", .type = YAML_NODE, .offset = AT(rulebook)},
    {.name = "insurance_fund", .type = YAML_NODE, .offset = AT(insurance_fund)},
    {.name = "backstop", .type = YAML_NODE, .offset = AT(backstop)},
    {.name = "override", .type = YAML_NODE, .offset = AT(override)},
};
#undef AT

/* One side's rules as read. */
struct venue {
    struct rulebook rulebook;
    int64_t insurance_fund, backstop;
    const char *path;
    const struct yaml_node *override;
};

/* A tier file that an override names is kept with its whole path, so that the scenario can be
 * written back. */
static void anchor_tiers(struct scenario_memory *memory, const struct yaml_node *override) {
    struct yaml_node *tiers = yaml_find(override, "margin.tiers");
    if (tiers == NULL)
        tiers = yaml_find(yaml_find(override, "margin"), "tiers");
    if (tiers != NULL && tiers->kind == YAML_SCALAR && tiers->text[0] != '\0')
        tiers->text = config_join(&memory->files, tiers->text, scenario_base(memory, tiers));
}

enum status scenario_read_rulebook(struct scenario *scenario, const struct yaml_node *name,
                                   const struct yaml_node *override, struct rulebook *ret_rulebook,
                                   const char **ret_path, struct error *reterr) {
    struct scenario_memory *memory = scenario->memory;
    static const struct yaml_key key = {.name = "rulebook", .type = YAML_TEXT};
    const char *text = memory->rulebook_path;
    const char *base = memory->base_dir;
    enum status status = STATUS_OK;
    if (name != NULL) {
        base = scenario_base(memory, name);
        status = yaml_read_scalar(name, &key, &text, reterr);
    }
    char place[200] = "venue.rulebook";
    if (name != NULL)
        yaml_path(name, sizeof(place), place);
    if (status == STATUS_OK && name != NULL && text[0] == '\0')
        status = yaml_error(name, reterr, "%s names no rulebook", place);
    if (status != STATUS_OK)
        return status;
    if (override != NULL)
        anchor_tiers(memory, override);
    *ret_path = rulebook_resolve(&memory->files, text, base);
    status = rulebook_read(&memory->files, text, base, override, ret_rulebook, reterr);
    if (status == STATUS_IO && name != NULL)
        return name->origin->argument ? error_prefix(reterr, status, "%s", name->origin->name)
                                      : error_prefix(reterr, status, "%s:%d: %s",
                                                     name->origin->name, name->line, place);
    const struct yaml_node *shown = name != NULL ? name : override;
    for (size_t i = 0; i < scenario->instrument_count && status == STATUS_OK; i++)
        if (scenario->instruments[i].kind != CONTRACT_SPOT &&
            ret_rulebook->margin.portfolio == NULL &&
            rulebook_collateral(ret_rulebook, scenario->instruments[i].symbol) == NULL &&
            rulebook_size(ret_rulebook->margin.sizes, ret_rulebook->margin.size_count,
                          scenario->instruments[i].symbol) == NULL &&
            rulebook_table(ret_rulebook, scenario->instruments[i].symbol) == NULL)
            status = yaml_error(shown, reterr, "rulebook '%s' has no margin for %s",
                                ret_rulebook->name, scenario->instruments[i].symbol);
    return status;
}

static enum status read_venue(struct scenario *scenario, const struct yaml_node *root, bool guesses,
                              struct venue *ret_venue, struct error *reterr) {
    const struct yaml_node *node = yaml_find(root, "venue");
    struct venue_section section = {NULL, NULL, NULL, NULL};
    struct venue venue = {.insurance_fund = 0};
    if (node == NULL)
        return yaml_missing(root, "venue", reterr);
    enum status status = yaml_read(node, VENUE_KEYS, COUNT(VENUE_KEYS), &section, NULL, reterr);
    if (status == STATUS_OK && section.rulebook == NULL)
        status = yaml_missing(node, "rulebook", reterr);
    if (status == STATUS_OK && section.insurance_fund != NULL)
        status = scenario_read_money(guesses ? scenario : NULL, section.insurance_fund,
                                     &venue.insurance_fund, reterr);
    if (status == STATUS_OK && section.backstop != NULL)
        status = scenario_read_money(guesses ? scenario : NULL, section.backstop, &venue.backstop,
                                     reterr);
    if (status != STATUS_OK)
        return status;
    if (section.override != NULL && section.override->count > 0)
        venue.override = section.override;
    assert(section.rulebook != NULL);
    status = scenario_read_rulebook(scenario, section.rulebook, section.override, &venue.rulebook,
                                    &venue.path, reterr);
    *ret_venue = venue;
    return status;
}

struct feedback_section {
    bool enabled;
    int cleaning;
    const struct yaml_node *reference, *throttle;
    uint32_t max_waves;
};

static const struct yaml_choice CLEANINGS[] = {{"none", CLEANING_NONE},
                                               {"recorded", CLEANING_RECORDED},
                                               {"open_interest", CLEANING_OPEN_INTEREST},
                                               {"modelled", CLEANING_MODELLED},
                                               {NULL, 0}};
#define AT(member) offsetof(struct feedback_section, member)
static const struct yaml_key FEEDBACK_KEYS[] = {
    {.name = "enabled", .type = YAML_BOOL, .offset = AT(enabled)},
    {.name = "cleaning", .type = YAML_CHOICE, .offset = AT(cleaning), .choices = CLEANINGS},
    {.name = "reference", .type = YAML_NODE, .offset = AT(reference)},
    {"max_waves", YAML_UINT32, AT(max_waves), 0, 1e9, false, "waves an instant; 0: no limit", NULL},
    {.name = "throttle_ms", .type = YAML_NODE, .offset = AT(throttle)},
};
#undef AT
enum { FEEDBACK_CLEANING = 1 };

/* Turns memory->history, a scenario without --set, into the one that feedback.reference says. */
static enum status make_history(struct scenario_memory *memory, struct error *reterr) {
    static const struct yaml_key keys[] = {
        {.name = "rulebook", .type = YAML_NODE}, {.name = "insurance_fund", .type = YAML_NODE},
        {.name = "backstop", .type = YAML_NODE}, {.name = "override", .type = YAML_NODE},
        {.name = "accounts", .type = YAML_NODE}, {.name = "population", .type = YAML_NODE}};
    struct yaml_node *root = memory->history;
    const struct yaml_node *reference = yaml_find(yaml_find(root, "feedback"), "reference");
    const struct yaml_node *unused = NULL;
    enum status status = STATUS_OK;
    yaml_remove(yaml_find(root, "venue"), "override");
    if (reference == NULL)
        return STATUS_OK;
    status = yaml_read(reference, keys, COUNT(keys), &unused, NULL, reterr);
    for (const struct yaml_node *child = reference->child; child != NULL && status == STATUS_OK;
         child = child->next) {
        const bool section =
            strcmp(child->key, "accounts") == 0 || strcmp(child->key, "population") == 0;
        if (!section)
            yaml_remove(yaml_find(root, "venue"), child->key);
        if (section)
            status = yaml_expect_mapping(child, reterr);
        if (status == STATUS_OK)
            status = yaml_put(
                memory->arena, root,
                yaml_arena_format(memory->arena, "%s%s", section ? "" : "venue.", child->key),
                child, reterr);
    }
    return status;
}

/* How fast a take-over is worked off, where the rulebook leaves it at the default. */
static void note_inventory_guess(struct scenario *scenario) {
    static const char source[] = "no venue publishes how fast it works off what it took over";
    const struct rulebook *rulebook = &scenario->rulebook;
    if (!rulebook_takes_over(rulebook))
        return;
    if (rulebook->liquidation.inventory_interval_ns == RULEBOOK_INVENTORY_INTERVAL_NS)
        scenario_add_guess(
            scenario,
            &(struct scenario_guess){.key = "venue.override.liquidation.inventory.interval_ms",
                                     .value = (double)RULEBOOK_INVENTORY_INTERVAL_NS / NS_PER_MS,
                                     .low = 10e3,
                                     .high = 600e3,
                                     .source = source});
    if (rulebook->liquidation.inventory_fraction_e8 == RULEBOOK_INVENTORY_FRACTION_E8)
        scenario_add_guess(
            scenario,
            &(struct scenario_guess){.key = "venue.override.liquidation.inventory.fraction",
                                     .value = (double)RULEBOOK_INVENTORY_FRACTION_E8 / RATE_SCALE,
                                     .low = 0.02,
                                     .high = 0.5,
                                     .source = source});
}

static enum status read_throttle(struct scenario *scenario, const struct yaml_node *node,
                                 struct error *reterr) {
    static const struct yaml_key key = {
        "throttle_ms", YAML_MS, 0, 0, 3600000, false, "ms, or auto; 0: the feed shows all", NULL};
    scenario->throttle_auto = node->kind == YAML_SCALAR && strcmp(node->text, "auto") == 0;
    return scenario->throttle_auto ? STATUS_OK
                                   : yaml_read_scalar(node, &key, &scenario->throttle_ns, reterr);
}

enum status scenario_read_venues(struct scenario *scenario, struct error *reterr) {
    struct scenario_memory *memory = scenario->memory;
    struct feedback_section feedback = {.enabled = true};
    uint64_t given = 0;
    enum status status = STATUS_OK;
    const struct yaml_node *node = yaml_find(memory->simulated, "feedback");
    if (node != NULL)
        status = yaml_read(node, FEEDBACK_KEYS, COUNT(FEEDBACK_KEYS), &feedback, &given, reterr);
    if (status != STATUS_OK)
        return status;
    scenario->throttle_auto = true;
    if (feedback.throttle != NULL)
        status = read_throttle(scenario, feedback.throttle, reterr);
    if (status != STATUS_OK)
        return status;
    scenario->feedback = feedback.enabled;
    scenario->max_waves = feedback.max_waves;
    scenario->cleaning = (given & (1u << FEEDBACK_CLEANING)) != 0
                             ? (enum cleaning)feedback.cleaning
                             : (feedback.enabled ? CLEANING_MODELLED : CLEANING_NONE);

    struct venue venue = {.insurance_fund = 0};
    status = read_venue(scenario, memory->simulated, true, &venue, reterr);
    if (status != STATUS_OK)
        return status;
    scenario->rulebook = venue.rulebook;
    scenario->insurance_fund = venue.insurance_fund;
    scenario->backstop = venue.backstop;
    note_inventory_guess(scenario);
    memory->rulebook_path = venue.path;
    memory->override = venue.override;

    status = make_history(memory, reterr);
    if (status == STATUS_OK)
        status = read_venue(scenario, memory->history, false, &venue, reterr);
    if (status != STATUS_OK)
        return status;
    scenario->reference_rulebook = venue.rulebook;
    scenario->reference_insurance_fund = venue.insurance_fund;
    scenario->reference_backstop = venue.backstop;
    scenario->reference_rulebook_differs =
        !rulebook_equal(&scenario->rulebook, &scenario->reference_rulebook);
    memory->reference_rulebook_path = venue.path;
    memory->reference_override = venue.override;
    return STATUS_OK;
}
