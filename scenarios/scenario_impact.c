/* The section impact. */

#include <assert.h>
#include <string.h>

#include <glib.h>

#include "base/field_value.h"
#include "engine/impact/impact_depth.h"
#include "scenarios/impact_defaults.h"
#include "scenarios/scenario_read.h"

#define COUNT SCENARIO_COUNT
#define KEYS_MAX 32

static const struct field_choice SPACES[] = {
    {"log", IMPACT_LOG}, {"price", IMPACT_PRICE}, {NULL, 0}};
static const struct field SPACE = {.key = "space", .kind = FIELD_CHOICE, .choices = SPACES};

const char *scenario_space_name(enum impact_space space) {
    return field_choice_name(&SPACE, (int)space);
}

/* Beside the parameters of the tables; `cross` is an instrument's alone. */
static const char *const OTHER_KEYS[] = {"space", "depth", "withdrawal"};

static void add_key(struct field *keys, const char *name) {
    size_t count = 0;
    while (keys[count].key != NULL && strcmp(keys[count].key, name) != 0)
        count++;
    assert(count + 1 < KEYS_MAX);
    keys[count] = (struct field){.key = name, .kind = FIELD_NODE};
}

/* Every model's parameters into a table that ends with zeroed rows: a scenario may hold those of
 * another model than the one it runs, so that --set impact.model=... works on it. Only that they
 * are known is looked at. */
static void add_parameter_keys(struct field *keys) {
    for (size_t i = 0; i < COUNT(OTHER_KEYS); i++)
        add_key(keys, OTHER_KEYS[i]);
    for (size_t p = 0; impact_presets[p] != NULL; p++)
        for (size_t i = 0; i < impact_presets[p]->parameter_count; i++)
            if (strchr(impact_presets[p]->parameters[i].name, '.') == NULL)
                add_key(keys, impact_presets[p]->parameters[i].name);
}

/* Checks the keys of `withdrawal`: those that presets know as "withdrawal.KEY". */
static enum status check_withdrawal_keys(const struct yaml_node *parent, struct error *reterr) {
    static const char prefix[] = "withdrawal.";
    const struct yaml_node *node = yaml_find(parent, "withdrawal");
    const struct impact_preset *preset = impact_presets[0];
    struct field keys[KEYS_MAX] = {{.key = NULL}};
    for (size_t i = 0; i < preset->parameter_count; i++)
        if (g_str_has_prefix(preset->parameters[i].name, prefix))
            add_key(keys, preset->parameters[i].name + strlen(prefix));
    return node == NULL ? STATUS_OK : yaml_read(node, keys, keys, reterr);
}

/* A value by a name that may lead through one mapping: "withdrawal.floor". */
static const struct yaml_node *find_by_name(const struct yaml_node *mapping, const char *name) {
    const char *dot = strchr(name, '.');
    if (dot == NULL)
        return yaml_find(mapping, name);
    char section[32] = "";
    (void)g_strlcpy(section, name, (size_t)(dot - name) + 1); /* names are ours and short */
    return yaml_find(yaml_find(mapping, section), dot + 1);
}

static const struct yaml_node *find_parameter(const struct yaml_node *own,
                                              const struct yaml_node *all, const char *name) {
    const struct yaml_node *node = find_by_name(own, name);
    return node != NULL ? node : find_by_name(all, name);
}

static bool is_auto(const struct yaml_node *node) {
    return node != NULL && node->kind == YAML_SCALAR && strcmp(node->text, "auto") == 0;
}

static enum status read_model(struct scenario *scenario, const struct yaml_node *node,
                              const struct impact_preset **ret_preset, struct error *reterr) {
    struct field_choice choices[KEYS_MAX] = {{NULL, 0}};
    for (size_t i = 0; impact_presets[i] != NULL; i++)
        choices[i] = (struct field_choice){impact_presets[i]->name, (int)i};
    const struct field key = {.key = "model", .kind = FIELD_CHOICE, .choices = choices};
    int index = 0; /* the first preset is the default one */
    if (node != NULL) {
        const enum status status = yaml_read_scalar(node, &key, &index, reterr);
        if (status != STATUS_OK)
            return status;
    }
    assert(impact_presets[index] != NULL);
    *ret_preset = impact_presets[index];
    scenario->impact_preset = impact_presets[index]->name;
    return STATUS_OK;
}

unsigned scenario_auto_bit(const char *name) {
    static const struct {
        const char *name;
        unsigned bit;
    } bits[] = {{"volatility", SCENARIO_AUTO_VOLATILITY},
                {"volume", SCENARIO_AUTO_VOLUME},
                {"depth_1pct", SCENARIO_AUTO_DEPTH},
                {"withdrawal.volatility_reference", SCENARIO_AUTO_REFERENCE}};
    for (size_t i = 0; i < COUNT(bits); i++)
        if (strcmp(name, bits[i].name) == 0)
            return bits[i].bit;
    return 0;
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
    const struct field key = {.key = parameter->name,
                              .kind = FIELD_DOUBLE,
                              .least = parameter->min,
                              .most = parameter->max,
                              .above = parameter->above,
                              .unit = parameter->unit};
    const struct yaml_node *node = find_parameter(own, all, parameter->name);
    double *value = (double *)(void *)((char *)&instrument->impact + parameter->offset);
    if (node != NULL && !(is_auto(node) && parameter->kind == IMPACT_AUTO)) {
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

/* One [distance, quantity]. */
static enum status read_point(const struct yaml_node *node, struct depth_point *ret_point,
                              struct error *reterr) {
    static const struct field distance = {.key = "distance", .kind = FIELD_DOUBLE, .most = 1e12};
    static const struct field quantity = {.key = "quantity", .kind = FIELD_DOUBLE, .most = 1e18};
    enum status status = yaml_expect_sequence(node, reterr);
    if (status == STATUS_OK && node->count != 2)
        return yaml_error(node, reterr, "a point of the depth is [distance, quantity]");
    if (status == STATUS_OK)
        status = yaml_read_scalar(node->child, &distance, &ret_point->distance, reterr);
    if (status == STATUS_OK)
        status = yaml_read_scalar(node->child->next, &quantity, &ret_point->quantity, reterr);
    return status;
}

static enum status read_depth(const struct yaml_node *node, struct impact_params *params,
                              struct error *reterr) {
    enum status status = yaml_expect_sequence(node, reterr);
    if (status == STATUS_OK && (node->count == 0 || node->count > DEPTH_POINTS_MAX))
        return yaml_error(node, reterr, "depth has 1 to %d points, not %zu", DEPTH_POINTS_MAX,
                          node->count);
    for (const struct yaml_node *point = node->child; point != NULL && status == STATUS_OK;
         point = point->next)
        status = read_point(point, &params->depth.points[params->depth.count++], reterr);
    struct error curve;
    if (status == STATUS_OK && impact_depth_check(params, &curve) != STATUS_OK)
        return yaml_error(node, reterr, "%s", curve.message);
    return status;
}

unsigned scenario_idle_bits(const struct scenario_instrument *instrument) {
    const struct impact_params *impact = &instrument->impact;
    const bool has_points = impact->depth.count > 0 && !impact->depth.from_depth_1pct;
    const bool is_given =
        impact->depth_1pct > 0.0 && (instrument->impact_auto & SCENARIO_AUTO_DEPTH) == 0;
    const bool is_still = impact->withdrawal.volatility == 0.0 && impact->withdrawal.fall == 0.0;
    return (has_points ? IMPACT_DEPTH_POINTS : 0u) |
           (has_points || is_given ? IMPACT_DEPTH_KNOWN : 0u) |
           (is_still ? IMPACT_NO_WITHDRAWAL : 0u);
}

static enum status read_instrument(struct scenario *scenario, const struct yaml_node *own,
                                   const struct yaml_node *all, const struct impact_preset *preset,
                                   struct scenario_instrument *instrument, struct error *reterr) {
    enum status status = STATUS_OK;
    const struct yaml_node *depth = find_parameter(own, all, "depth");
    const struct yaml_node *depth_1pct = find_parameter(own, all, "depth_1pct");
    if (preset->with_depth != NULL && (depth != NULL || depth_1pct != NULL))
        preset = preset->with_depth;
    instrument->impact_preset = preset;
    instrument->impact = (struct impact_params){.space = IMPACT_LOG};
    const struct yaml_node *space = find_parameter(own, all, "space");
    if (space != NULL && preset->has_space) {
        int value = 0;
        status = yaml_read_scalar(space, &SPACE, &value, reterr);
        instrument->impact.space = (enum impact_space)value;
    }
    if (preset->model->beyond != NULL && depth != NULL && status == STATUS_OK)
        status = read_depth(depth, &instrument->impact, reterr);
    for (size_t i = 0; i < preset->parameter_count && status == STATUS_OK; i++) {
        const struct impact_parameter *parameter = &preset->parameters[i];
        if ((parameter->unless & scenario_idle_bits(instrument)) == 0)
            status = read_parameter(scenario, own, all, parameter, instrument, reterr);
    }
    return status;
}

/* Whether the instrument has the value of that name from its scenario: not from data or defaults.
 */
static bool has_fact(const struct scenario_instrument *instrument, const char *name) {
    const struct impact_preset *preset = instrument->impact_preset;
    for (size_t i = 0; i < preset->parameter_count; i++) {
        const struct impact_parameter *parameter = &preset->parameters[i];
        if (parameter->kind == IMPACT_AUTO && strcmp(parameter->name, name) == 0)
            return (instrument->impact_auto & scenario_auto_bit(name)) == 0 &&
                   (scenario_idle_bits(instrument) & parameter->unless) == 0;
    }
    return false;
}

void scenario_bound_impact(const struct scenario_instrument *instrument,
                           const struct impact_preset *preset,
                           struct scenario_instrument *ret_instrument) {
    const struct impact_params *from = &instrument->impact;
    *ret_instrument = *instrument;
    ret_instrument->impact_preset = preset;
    ret_instrument->impact = (struct impact_params){.space = IMPACT_LOG};
    ret_instrument->impact_auto = 0;
    struct impact_params *impact = &ret_instrument->impact;
    if (preset->model->beyond != NULL && from->space == IMPACT_LOG && !from->depth.from_depth_1pct)
        impact->depth = from->depth;
    for (size_t i = 0; i < preset->parameter_count; i++) {
        const struct impact_parameter *parameter = &preset->parameters[i];
        const size_t offset = parameter->offset;
        if ((scenario_idle_bits(ret_instrument) & parameter->unless) != 0)
            continue;
        if (has_fact(instrument, parameter->name))
            memcpy((char *)impact + offset, (const char *)from + offset, sizeof(double));
        else if (parameter->kind == IMPACT_AUTO)
            ret_instrument->impact_auto |= scenario_auto_bit(parameter->name);
        else
            memcpy((char *)impact + offset, &parameter->value, sizeof(double));
    }
}

/* The mean absolute log return of a minute, of normally distributed ones: sqrt(2 / pi) of their
 * deviation, which is that of a day over sqrt(1440). */
static const double MINUTE_OVER_DAY = 0.79788456080286536 / 37.947331922020551;

void scenario_fill_impact(struct scenario_instrument *instrument, double volatility_day,
                          double volume_day) {
    struct impact_params *impact = &instrument->impact;
    if ((instrument->impact_auto & SCENARIO_AUTO_VOLATILITY) != 0)
        impact->volatility = volatility_day;
    if ((instrument->impact_auto & SCENARIO_AUTO_VOLUME) != 0)
        impact->volume = volume_day;
    if ((instrument->impact_auto & SCENARIO_AUTO_DEPTH) != 0)
        impact->depth_1pct = impact->depth_share * impact->volume;
    if ((instrument->impact_auto & SCENARIO_AUTO_REFERENCE) != 0)
        impact->withdrawal.volatility_reference = volatility_day * MINUTE_OVER_DAY;
    impact_prepare(impact);
}

/* Whether all keys of the section and of its instruments are known. */
static enum status check_impact_keys(struct scenario *scenario, const struct yaml_node *node,
                                     struct error *reterr) {
    struct field parameters[KEYS_MAX] = {{.key = NULL}};
    struct field own[KEYS_MAX] = {{.key = NULL}};
    const struct field *const tables[] = {scenario_impact_fields, parameters, NULL};
    const struct yaml_node *instruments = yaml_find(node, "instrument");
    add_parameter_keys(parameters);
    add_parameter_keys(own);
    add_key(own, "cross");
    enum status status = STATUS_OK;
    if (node != NULL)
        status = yaml_read_tables(node, tables, scenario, reterr);
    if (status == STATUS_OK && yaml_find(node, "parameters") != NULL)
        status = yaml_key_error(yaml_find(node, "parameters"), reterr,
                                "impact.parameters is not supported yet");
    if (status == STATUS_OK)
        status = check_withdrawal_keys(node, reterr);
    if (status == STATUS_OK && instruments != NULL)
        status = yaml_expect_mapping(instruments, reterr);
    for (const struct yaml_node *child = instruments != NULL ? instruments->child : NULL;
         child != NULL && status == STATUS_OK; child = child->next) {
        if (!scenario_knows_symbol(scenario, child->key))
            return scenario_unknown_symbol(scenario, child, reterr);
        status = yaml_read(child, own, scenario, reterr);
        if (status == STATUS_OK)
            status = check_withdrawal_keys(child, reterr);
    }
    return status;
}

enum status scenario_read_impact(struct scenario *scenario, struct error *reterr) {
    const struct yaml_node *node = yaml_find(scenario->memory->simulated, "impact");
    const struct yaml_node *instruments = yaml_find(node, "instrument");
    const struct impact_preset *preset = NULL;
    fields_default(scenario_impact_fields, scenario);
    enum status status = check_impact_keys(scenario, node, reterr);
    if (status == STATUS_OK)
        status = read_model(scenario, yaml_find(node, "model"), &preset, reterr);
    for (size_t i = 0; i < scenario->instrument_count && status == STATUS_OK; i++)
        status = read_instrument(scenario, yaml_find(instruments, scenario->instruments[i].symbol),
                                 node, preset, &scenario->instruments[i], reterr);
    if (status == STATUS_OK && preset->model->displace != NULL)
        status = scenario_read_cross(scenario, instruments, reterr);
    return status;
}
