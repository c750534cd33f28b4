/* The section impact. */

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include <glib.h>

#include "scenarios/impact_defaults.h"
#include "scenarios/scenario_read.h"

#define COUNT SCENARIO_COUNT
#define KEYS_MAX 32

struct impact_section {
    const struct yaml_node *model, *instrument, *parameters;
    int64_t clock_step_ns;
    const struct yaml_node *parameter; /* any; only that they are known is checked */
};

#define AT(member) offsetof(struct impact_section, member)
static const struct yaml_key FIXED_KEYS[] = {
    {.name = "model", .type = YAML_NODE, .offset = AT(model)},
    {.name = "instrument", .type = YAML_NODE, .offset = AT(instrument)},
    {.name = "parameters", .type = YAML_NODE, .offset = AT(parameters)},
    {"clock_step_ms", YAML_MS, AT(clock_step_ns), 0, 86400000, false, "ms", NULL},
};

static const struct yaml_choice SPACES[] = {
    {"log", IMPACT_LOG, false}, {"price", IMPACT_PRICE, false}, {NULL, 0, false}};
static const struct yaml_key SPACE_KEY = {.name = "space", .type = YAML_CHOICE, .choices = SPACES};

/* Every model's parameters after the first `count` keys: a scenario may hold those of another model
 * than the one it runs, so that --set impact.model=... works on it. */
static size_t add_parameter_keys(struct yaml_key *keys, size_t count) {
    keys[count++] = (struct yaml_key){.name = "space", .type = YAML_NODE, .offset = AT(parameter)};
    for (size_t p = 0; impact_presets[p] != NULL; p++)
        for (size_t i = 0; i < impact_presets[p]->parameter_count; i++) {
            const char *name = impact_presets[p]->parameters[i].name;
            size_t known = 0;
            while (known < count && strcmp(keys[known].name, name) != 0)
                known++;
            if (known == count)
                keys[count++] =
                    (struct yaml_key){.name = name, .type = YAML_NODE, .offset = AT(parameter)};
        }
    return count;
}
#undef AT

static enum status read_model(struct scenario *scenario, const struct yaml_node *node,
                              const struct impact_preset **ret_preset, struct error *reterr) {
    struct yaml_choice choices[KEYS_MAX] = {{NULL, 0, false}};
    for (size_t i = 0; impact_presets[i] != NULL; i++)
        choices[i] =
            (struct yaml_choice){impact_presets[i]->name, (int)i, impact_presets[i]->model == NULL};
    const struct yaml_key key = {.name = "model", .type = YAML_CHOICE, .choices = choices};
    int index = 0; /* the first preset is the default one */
    if (node != NULL) {
        const enum status status = yaml_read_scalar(node, &key, &index, reterr);
        if (status != STATUS_OK)
            return status;
    }
    assert(impact_presets[index] != NULL);
    *ret_preset = impact_presets[index];
    scenario->impact_preset = impact_presets[index]->name;
    scenario->impact_model = impact_presets[index]->model;
    return STATUS_OK;
}

unsigned scenario_auto_bit(const char *name) {
    return strcmp(name, "volatility") == 0 ? SCENARIO_AUTO_VOLATILITY : SCENARIO_AUTO_VOLUME;
}

/* Notes a default that is a guess, once whatever the number of instruments. */
static void note_guess(struct scenario *scenario, const struct impact_parameter *parameter) {
    const struct scenario_guess guess = {
        .key = yaml_arena_format(scenario->memory->arena, "impact.%s", parameter->name),
        .value = parameter->value,
        .low = parameter->low,
        .high = parameter->high,
        .source = parameter->source};
    for (size_t i = 0; i < scenario->guess_count; i++)
        if (strcmp(scenario->guesses[i].key, guess.key) == 0)
            return;
    scenario_add_guess(scenario, &guess);
}

static enum status read_parameter(struct scenario *scenario, const struct yaml_node *own,
                                  const struct yaml_node *all,
                                  const struct impact_parameter *parameter,
                                  struct scenario_instrument *instrument, struct error *reterr) {
    const struct yaml_key key = {
        parameter->name,  YAML_DOUBLE,     0,   parameter->min, parameter->max,
        parameter->above, parameter->unit, NULL};
    const struct yaml_node *node = yaml_find(own, parameter->name);
    if (node == NULL)
        node = yaml_find(all, parameter->name);
    double *value = (double *)(void *)((char *)&instrument->impact + parameter->offset);
    const bool asks_auto =
        node != NULL && node->kind == YAML_SCALAR && strcmp(node->text, "auto") == 0;
    if (node != NULL && !(asks_auto && parameter->kind == IMPACT_AUTO)) {
        const enum status status = yaml_read_scalar(node, &key, value, reterr);
        if (status == STATUS_OK && parameter->guess && *value == parameter->value)
            note_guess(scenario, parameter); /* written out, it is no better founded */
        return status;
    }
    if (parameter->kind == IMPACT_REQUIRED)
        return yaml_missing(all != NULL ? all : scenario->memory->simulated,
                            yaml_arena_format(scenario->memory->arena, "instrument.%s.%s",
                                              instrument->symbol, parameter->name),
                            reterr);
    if (parameter->kind == IMPACT_AUTO)
        instrument->impact_auto |= scenario_auto_bit(parameter->name);
    *value = parameter->value;
    if (parameter->guess)
        note_guess(scenario, parameter);
    return STATUS_OK;
}

static enum status read_instrument(struct scenario *scenario, const struct yaml_node *own,
                                   const struct yaml_node *all, const struct impact_preset *preset,
                                   struct scenario_instrument *instrument, struct error *reterr) {
    enum status status = STATUS_OK;
    instrument->impact = (struct impact_params){.space = IMPACT_LOG};
    const struct yaml_node *space = yaml_find(own, "space");
    if (space == NULL)
        space = yaml_find(all, "space");
    if (space != NULL && preset->has_space) {
        int value = 0;
        status = yaml_read_scalar(space, &SPACE_KEY, &value, reterr);
        instrument->impact.space = (enum impact_space)value;
    }
    for (size_t i = 0; i < preset->parameter_count && status == STATUS_OK; i++)
        status = read_parameter(scenario, own, all, &preset->parameters[i], instrument, reterr);
    return status;
}

enum status scenario_read_impact(struct scenario *scenario, struct error *reterr) {
    const struct yaml_node *node = yaml_find(scenario->memory->simulated, "impact");
    struct impact_section section = {.clock_step_ns = 1000 * NS_PER_MS};
    const struct impact_preset *preset = NULL;
    struct yaml_key keys[KEYS_MAX];
    struct yaml_key own_keys[KEYS_MAX];
    memcpy(keys, FIXED_KEYS, sizeof(FIXED_KEYS));
    const size_t count = add_parameter_keys(keys, COUNT(FIXED_KEYS));
    const size_t own_count = add_parameter_keys(own_keys, 0);
    enum status status = STATUS_OK;
    if (node != NULL)
        status = yaml_read(node, keys, count, &section, NULL, reterr);
    if (status == STATUS_OK && section.parameters != NULL)
        status =
            yaml_key_error(section.parameters, reterr, "impact.parameters is not supported yet");
    if (status == STATUS_OK)
        status = read_model(scenario, section.model, &preset, reterr);
    if (status == STATUS_OK && section.instrument != NULL)
        status = yaml_expect_mapping(section.instrument, reterr);
    if (status != STATUS_OK)
        return status;
    scenario->clock_step_ns = section.clock_step_ns;
    for (const struct yaml_node *child = section.instrument != NULL ? section.instrument->child
                                                                    : NULL;
         child != NULL && status == STATUS_OK; child = child->next) {
        struct impact_section unused;
        if (!scenario_knows_symbol(scenario, child->key))
            return scenario_unknown_symbol(scenario, child, reterr);
        status = yaml_read(child, own_keys, own_count, &unused, NULL, reterr);
    }
    for (size_t i = 0; i < scenario->instrument_count && status == STATUS_OK; i++)
        status = read_instrument(scenario,
                                 yaml_find(section.instrument, scenario->instruments[i].symbol),
                                 node, preset, &scenario->instruments[i], reterr);
    return status;
}
