#include "runs/record/run_record.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal_text.h"
#include "base/sha256.h"
#include "scenarios/impact_defaults.h"
#include "scenarios/scenario_fields.h"
#include "scenarios/yaml/yaml_text.h"

static char *keep(struct run_record *record, const char *text) {
    return g_string_chunk_insert(record->texts, text);
}

/* ---- inputs ---- */

static void add_input(struct run_record *record, const struct results_input *input) {
    g_array_append_val(record->inputs, *input);
}

static enum status add_bytes(struct run_record *record, const char *role, const char *name,
                             const void *bytes, size_t size, struct error *reterr) {
    char hex[65];
    struct sha256 *sha = sha256_create();
    if (sha == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory to hash '%s'", name);
    sha256_update(sha, bytes, size);
    sha256_finish(sha, hex);
    sha256_destroy(sha);
    add_input(record, &(struct results_input){.role = role,
                                              .name = name,
                                              .sha256 = keep(record, hex),
                                              .bytes = bytes,
                                              .size = size,
                                              .note = ""});
    return STATUS_OK;
}

static void add_file(struct run_record *record, const char *role, const struct run_file *file) {
    if (file->path != NULL)
        add_input(record, &(struct results_input){.role = role,
                                                  .name = file->path,
                                                  .sha256 = file->sha256,
                                                  .bytes = file->bytes,
                                                  .size = file->size,
                                                  .note = ""});
}

static void add_readings(struct run_record *record, const char *symbol,
                         const struct run_reading *readings) {
    for (int kind = 0; kind < READING_KINDS; kind++) {
        const struct run_reading *reading = &readings[kind];
        if (reading->rows == NULL)
            continue;
        add_input(record, &(struct results_input){
                              .role = reading->series.name,
                              .name = symbol,
                              .sha256 = reading->hash,
                              .size = market_source_extent(reading->rows).rows,
                              .note = reading->series.kind == SERIES_BARS ? "bars" : "ticks"});
    }
}

static enum status add_inputs(struct run_record *record, const struct run_setup *setup,
                              const char *effective, struct error *reterr) {
    const struct scenario *scenario = setup->inputs->scenario;
    enum status status = add_bytes(record, "effective scenario", scenario->name, effective,
                                   strlen(effective), reterr);
    for (size_t i = 0; status == STATUS_OK && i < scenario->input_count; i++) {
        const struct scenario_input *input = &scenario->inputs[i];
        status = add_bytes(record, input->kind, input->path, input->bytes, input->size, reterr);
    }
    if (status != STATUS_OK)
        return status;
    add_file(record, "accounts", &setup->inputs->accounts_file);
    add_file(record, "reference accounts", &setup->inputs->reference_file);
    for (size_t i = 0; i < scenario->instrument_count; i++)
        add_input(record, &(struct results_input){.role = "ticks",
                                                  .name = scenario->instruments[i].symbol,
                                                  .sha256 = setup->inputs->series[i].hash,
                                                  .size = setup->inputs->series[i].extent.rows,
                                                  .note = setup->inputs->series[i].note});
    for (size_t i = 0; i < scenario->instrument_count; i++)
        if (setup->inputs->series[i].funding != NULL)
            add_input(record,
                      &(struct results_input){
                          .role = "funding",
                          .name = scenario->instruments[i].symbol,
                          .sha256 = setup->inputs->series[i].funding_hash,
                          .size = market_source_extent(setup->inputs->series[i].funding).rows,
                          .note = "series funding_rate"});
    for (size_t i = 0; i < scenario->instrument_count; i++)
        add_readings(record, scenario->instruments[i].symbol, setup->inputs->series[i].readings);
    return STATUS_OK;
}

/* ---- settings: the effective scenario, flat ---- */

static void put_value(GString *out, const struct yaml_node *node) {
    if (node->kind == YAML_SCALAR) {
        g_string_append(out, node->text);
        return;
    }
    g_string_append_c(out, node->kind == YAML_MAPPING ? '{' : '[');
    for (const struct yaml_node *child = node->child; child != NULL; child = child->next) {
        g_string_append_printf(out, "%s", child == node->child ? "" : ", ");
        if (child->key != NULL)
            g_string_append_printf(out, "%s: ", child->key);
        put_value(out, child);
    }
    g_string_append_c(out, node->kind == YAML_MAPPING ? '}' : ']');
}

static bool is_guess(const struct yaml_node *node) {
    return yaml_find(node, "value") != NULL && yaml_find(node, "low") != NULL;
}

/* Every scalar and sequence below `node` as a setting, `prefix` before its path; guesses are added
 * by themselves. */
static void flatten(struct run_record *record, const struct yaml_node *node, const char *prefix,
                    const char *origin) {
    if (node->kind == YAML_MAPPING && node->count > 0 && !is_guess(node)) {
        for (const struct yaml_node *child = node->child; child != NULL; child = child->next)
            flatten(record, child, prefix, origin);
        return;
    }
    const struct yaml_node *shown = is_guess(node) ? yaml_find(node, "value") : node;
    char path[256];
    yaml_path(node, sizeof(path), path);
    GString *value = g_string_new(NULL);
    put_value(value, shown);
    char *key = g_strconcat(prefix, path, NULL);
    const struct results_setting setting = {.key = keep(record, key),
                                            .value = keep(record, value->str),
                                            .origin = origin,
                                            .low = NAN,
                                            .high = NAN,
                                            .note = ""};
    g_array_append_val(record->settings, setting);
    g_free(key);
    (void)g_string_free(value, TRUE); /* returns NULL */
}

/* The rulebooks' files, key by key, so that an edit of one shows: the venue's own as rulebook.KEY,
 * those of a reference or an event with their name. */
static enum status add_rules(struct run_record *record, const struct scenario *scenario,
                             struct yaml_arena *arena, struct error *reterr) {
    enum status status = STATUS_OK;
    size_t count = 0;
    for (size_t i = 0; status == STATUS_OK && i < scenario->input_count; i++) {
        const struct scenario_input *input = &scenario->inputs[i];
        struct yaml_node *root = NULL;
        if (strcmp(input->kind, "rulebook") != 0)
            continue;
        status = yaml_parse(arena, input->path, input->bytes, input->size, &root, reterr);
        if (status != STATUS_OK)
            break;
        char *prefix =
            count++ == 0 ? g_strdup("rulebook.") : g_strdup_printf("rulebook(%s).", input->path);
        flatten(record, root, prefix, "rulebook");
        g_free(prefix);
    }
    return status;
}

/* Marks what --set named: rows of the key itself or below it. */
static void mark_sets(struct run_record *record, const char *const *sets) {
    for (size_t i = 0; sets != NULL && sets[i] != NULL; i++) {
        const size_t length = strcspn(sets[i], "=");
        for (guint k = 0; k < record->settings->len; k++) {
            struct results_setting *setting =
                &g_array_index(record->settings, struct results_setting, k);
            if (strncmp(setting->key, sets[i], length) == 0 &&
                (setting->key[length] == '\0' || setting->key[length] == '.'))
                setting->origin = "set";
        }
    }
}

static void add_guesses(struct run_record *record, const struct scenario *scenario) {
    for (size_t i = 0; i < scenario->guess_count; i++) {
        const struct scenario_guess *guess = &scenario->guesses[i];
        char value[40];
        (void)snprintf(value, sizeof(value), "%.17g", guess->value); /* fits */
        const struct results_setting setting = {.key = guess->key,
                                                .value = keep(record, value),
                                                .origin = "guess",
                                                .low = guess->low,
                                                .high = guess->high,
                                                .note = guess->source};
        g_array_append_val(record->settings, setting); /* replaces the flat row of this key */
    }
}

/* What the scenario left to the data, as it was found there. */
static void add_found(struct run_record *record, const char *symbol, const char *section,
                      const char *name, const char *value) {
    char *key = g_strdup_printf("%s.instrument.%s.%s", section, symbol, name);
    const struct results_setting setting = {.key = keep(record, key),
                                            .value = keep(record, value),
                                            .origin = "data",
                                            .low = NAN,
                                            .high = NAN,
                                            .note = ""};
    g_array_append_val(record->settings, setting); /* replaces the flat row, which says auto */
    g_free(key);
}

static void add_all_found(struct run_record *record, const struct run_setup *setup) {
    for (size_t i = 0; i < setup->inputs->scenario->instrument_count; i++) {
        const struct scenario_instrument *wanted = &setup->inputs->scenario->instruments[i];
        char text[40];
        if (wanted->price_tick_auto) {
            (void)decimal_format(wanted->price_tick.mantissa, wanted->price_tick.decimals, text);
            add_found(record, wanted->symbol, "market", "price_tick", text);
        }
        if (wanted->lot_auto) {
            (void)decimal_format(wanted->lot.mantissa, wanted->lot.decimals, text);
            add_found(record, wanted->symbol, "market", "lot", text);
        }
        const struct impact_preset *preset = wanted->impact_preset;
        for (size_t k = 0; k < preset->parameter_count; k++) {
            const struct impact_parameter *parameter = &preset->parameters[k];
            if ((wanted->impact_auto & scenario_auto_bit(parameter->name)) == 0)
                continue;
            (void)snprintf(text, sizeof(text), "%.17g",
                           impact_value(&wanted->impact, parameter)); /* fits */
            add_found(record, wanted->symbol, "impact", parameter->name, text);
        }
    }
}

static enum status add_settings(struct run_record *record, const struct run_setup *setup,
                                const char *effective, const char *const *sets,
                                struct error *reterr) {
    struct yaml_arena *arena = yaml_arena_create();
    struct yaml_node *root = NULL;
    enum status status =
        yaml_parse(arena, "effective scenario", effective, strlen(effective), &root, reterr);
    if (status == STATUS_OK)
        status = add_rules(record, setup->inputs->scenario, arena, reterr);
    if (status == STATUS_OK) {
        flatten(record, root, "", "scenario");
        mark_sets(record, sets);
        add_guesses(record, setup->inputs->scenario);
        add_all_found(record, setup);
    }
    yaml_arena_destroy(arena);
    return status;
}

/* ---- notes, instruments ---- */

static void add_note(struct run_record *record, const char *kind, const char *text) {
    const struct results_note note = {.kind = kind, .text = text};
    if (text != NULL && text[0] != '\0')
        g_array_append_val(record->notes, note);
}

static void add_notes(struct run_record *record, const struct run_setup *setup) {
    const struct scenario *scenario = setup->inputs->scenario;
    add_note(record, "note", scenario->note);
    for (size_t i = 0; i < scenario->caveat_count; i++)
        add_note(record, "caveat", scenario->caveats[i]);
    for (guint i = 0; i < setup->inputs->caveats->len; i++)
        add_note(record, "caveat", g_ptr_array_index(setup->inputs->caveats, i));
    add_note(record, "source", scenario->source);
}

static void add_instruments(struct run_record *record, const struct run_setup *setup) {
    const struct field *kind = field_find(scenario_instrument_fields, "kind");
    for (size_t i = 0; i < setup->inputs->scenario->instrument_count; i++) {
        const struct instrument *instrument = &setup->instruments[i];
        const struct impact_params *params = &setup->params[i];
        const struct impact_preset *preset = setup->inputs->scenario->instruments[i].impact_preset;
        GString *impact = g_string_new(setup->models[i]->name);
        for (size_t k = 0; k < preset->parameter_count; k++)
            g_string_append_printf(impact, "%s %s %g", k > 0 ? "," : ":",
                                   preset->parameters[k].name,
                                   impact_value(params, &preset->parameters[k]));
        const struct results_instrument row = {.symbol = instrument->symbol,
                                               .kind =
                                                   field_choice_name(kind, (int)instrument->kind),
                                               .price_tick = instrument->price_tick,
                                               .lot = instrument->lot,
                                               .contract_size = instrument->contract_size,
                                               .impact = keep(record, impact->str)};
        g_array_append_val(record->instruments, row);
        (void)g_string_free(impact, TRUE); /* returns NULL */
    }
}

static void account_id(void *context, uint32_t account, char *ret_id) {
    accounts_id(context, account, ret_id);
}

enum status run_record_init(struct run_record *ret_record, const struct run_setup *setup,
                            const char *const *sets, struct error *reterr) {
    const struct scenario *scenario = setup->inputs->scenario;
    *ret_record = (struct run_record){
        .inputs = g_array_new(FALSE, FALSE, sizeof(struct results_input)),
        .settings = g_array_new(FALSE, FALSE, sizeof(struct results_setting)),
        .notes = g_array_new(FALSE, FALSE, sizeof(struct results_note)),
        .instruments = g_array_new(FALSE, FALSE, sizeof(struct results_instrument)),
        .texts = g_string_chunk_new(4096),
    };
    struct run_record *record = ret_record;
    char *built = scenario_effective_yaml(scenario);
    if (built == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for the effective scenario");
    const char *effective = keep(record, built);
    free(built);
    enum status status = add_inputs(record, setup, effective, reterr);
    if (status == STATUS_OK)
        status = add_settings(record, setup, effective, sets, reterr);
    if (status != STATUS_OK)
        return status;
    add_notes(record, setup);
    add_instruments(record, setup);
    record->run = (struct results_run){
        .id = setup->inputs->id,
        .scenario = scenario->name,
        .title = scenario->title,
        .seed = (int64_t)scenario->accounts.population.seed,
        .version = CROSSFALL_VERSION,
        .asset = setup->asset,
        .input_count = record->inputs->len,
        .inputs = (const struct results_input *)(const void *)record->inputs->data,
        .setting_count = record->settings->len,
        .settings = (const struct results_setting *)(const void *)record->settings->data,
        .note_count = record->notes->len,
        .notes = (const struct results_note *)(const void *)record->notes->data,
        .instrument_count = record->instruments->len,
        .instruments = (const struct results_instrument *)(const void *)record->instruments->data,
        .account_id = account_id,
        .account_context = setup->accounts,
    };
    return STATUS_OK;
}

void run_record_finish(struct run_record *record) {
    if (record->texts == NULL)
        return;
    (void)g_array_free(record->inputs, TRUE); /* these return NULL */
    (void)g_array_free(record->settings, TRUE);
    (void)g_array_free(record->notes, TRUE);
    (void)g_array_free(record->instruments, TRUE);
    g_string_chunk_free(record->texts);
    *record = (struct run_record){0};
}
