#include "scenarios/scenario.h"

#include <assert.h>
#include <string.h>

#include <glib.h>

#include "scenarios/scenario_read.h"
#include "scenarios/settlement.h"

#define ARGUMENT_SHOWN 300

const char *scenario_base(const struct scenario_memory *memory, const struct yaml_node *node) {
    return node->origin->argument ? NULL : memory->base_dir;
}

void scenario_add_guess(struct scenario *scenario, const struct scenario_guess *guess) {
    /* A few dozen at most: growing by copying keeps the array in the arena. */
    struct scenario_guess *guesses =
        yaml_arena_alloc(scenario->memory->arena, (scenario->guess_count + 1) * sizeof(*guesses));
    if (scenario->guess_count > 0)
        memcpy(guesses, scenario->guesses, scenario->guess_count * sizeof(*guesses));
    guesses[scenario->guess_count++] = *guess;
    scenario->guesses = guesses;
}

enum status scenario_read_money(struct scenario *scenario, const struct yaml_node *node,
                                int64_t *ret_value, struct error *reterr) {
    if (node->kind != YAML_MAPPING)
        return yaml_read_scalar(node, field_find(scenario_money_fields, "value"), ret_value,
                                reterr);
    struct scenario_money section = {.source = ""};
    const enum status status = yaml_read(node, scenario_money_fields, &section, reterr);
    if (status != STATUS_OK)
        return status;
    if (yaml_find(node, "value") == NULL)
        return yaml_missing(node, "value", reterr);
    const double value = (double)section.value / (double)MONEY_SCALE;
    const struct scenario_guess guess = {
        .value = value,
        .low = yaml_find(node, "low") != NULL ? section.low : value,
        .high = yaml_find(node, "high") != NULL ? section.high : value,
        .source = section.source};
    if (guess.low > value || guess.high < value)
        return yaml_error(node, reterr, "value %.10g is not within low %.10g and high %.10g", value,
                          guess.low, guess.high);
    *ret_value = section.value;
    if (scenario != NULL) {
        char path[200];
        struct scenario_guess named = guess;
        yaml_path(node, sizeof(path), path);
        named.key = yaml_arena_copy(scenario->memory->arena, path, strlen(path));
        scenario_add_guess(scenario, &named);
    }
    return STATUS_OK;
}

/* ---- --set ---- */

static enum status apply_set(struct scenario_memory *memory, const char *set,
                             struct error *reterr) {
    const char *equals = strchr(set, '=');
    if (equals == NULL || equals == set)
        return error_set(reterr, STATUS_USAGE, "--set %s: must be KEY.KEY=VALUE", set);
    if (!g_utf8_validate(set, -1, NULL))
        return error_set(reterr, STATUS_CONFIG, "--set: not UTF-8 text");
    const bool names_reference = g_str_has_prefix(set, "reference.");
    const char *path = yaml_arena_format(
        memory->arena, "%s%.*s", names_reference ? "feedback." : "", (int)(equals - set), set);
    const char *argument = yaml_arena_format(memory->arena, "--set %.*s%s", ARGUMENT_SHOWN, set,
                                             strlen(set) > ARGUMENT_SHOWN ? "..." : "");
    struct yaml_node *value = NULL;
    enum status status = yaml_parse_argument(memory->arena, argument, equals + 1, &value, reterr);
    /* Nothing after the '=' is an empty text, not an empty mapping. */
    if (status == STATUS_OK && value->kind == YAML_MAPPING && value->count == 0 &&
        strchr(equals, '{') == NULL)
        value->kind = YAML_SCALAR;
    if (status == STATUS_OK)
        status = yaml_put(memory->arena, memory->simulated, path, value, reterr);
    if (status == STATUS_OK && g_str_has_prefix(path, "feedback.reference."))
        status = yaml_put(memory->arena, memory->history, path, value, reterr);
    return status;
}

/* ---- loading ---- */

static struct scenario *create(void) {
    struct yaml_arena *arena = yaml_arena_create();
    struct scenario *scenario = g_new0(struct scenario, 1);
    scenario->memory = yaml_arena_alloc(arena, sizeof(*scenario->memory));
    scenario->memory->arena = arena;
    scenario->memory->files.arena = arena;
    return scenario;
}

void scenario_destroy(struct scenario *scenario) {
    if (scenario == NULL)
        return;
    yaml_arena_destroy(scenario->memory->arena);
    g_free(scenario);
}

static enum status read_sections(struct scenario *scenario, struct error *reterr) {
    enum status status = scenario_read_head(scenario, reterr);
    if (status == STATUS_OK)
        status = scenario_read_market(scenario, reterr);
    if (status == STATUS_OK)
        status = scenario_read_venues(scenario, reterr);
    if (status == STATUS_OK)
        status = scenario_read_events(scenario, reterr);
    if (status == STATUS_OK)
        status = scenario_read_accounts(scenario, reterr);
    if (status == STATUS_OK)
        status = scenario_read_impact(scenario, reterr);
    scenario->inputs = scenario->memory->files.inputs;
    scenario->input_count = scenario->memory->files.input_count;
    return status;
}

/* "may-2021" of "/a/b/may-2021.yaml". */
static const char *stem(struct yaml_arena *arena, const char *path) {
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    const char *dot = strrchr(name, '.');
    return yaml_arena_copy(arena, name,
                           dot != NULL && dot != name ? (size_t)(dot - name) : strlen(name));
}

enum status scenario_load(const char *path_or_name, const char *bundled_dir,
                          const char *const *sets, struct scenario **ret_scenario,
                          struct error *reterr) {
    assert(path_or_name != NULL && ret_scenario != NULL);
    struct scenario *scenario = create();
    struct scenario_memory *memory = scenario->memory;
    memory->files.bundled_dir = bundled_dir;
    const char *path = config_resolve(&memory->files, path_or_name, "library", NULL, true);
    memory->base_dir = config_folder(&memory->files, path);
    scenario->name = stem(memory->arena, path);
    enum status status = config_parse(&memory->files, "scenario", path, &memory->written, reterr);
    if (status == STATUS_OK)
        status = yaml_expect_mapping(memory->written, reterr);
    if (status == STATUS_OK) {
        memory->simulated = yaml_copy(memory->arena, memory->written);
        memory->history = yaml_copy(memory->arena, memory->written);
    }
    for (size_t i = 0; status == STATUS_OK && sets != NULL && sets[i] != NULL; i++)
        status = apply_set(memory, sets[i], reterr);
    if (status == STATUS_OK)
        status = read_sections(scenario, reterr);
    if (status != STATUS_OK) {
        scenario_destroy(scenario);
        return status;
    }
    *ret_scenario = scenario;
    return STATUS_OK;
}

/* The list of symbols as if the file had it, and the rulebook that an option names. */
static enum status put_options(struct scenario_memory *memory, const char *rulebook,
                               const char *const *symbols, size_t symbol_count,
                               struct error *reterr) {
    enum status status = STATUS_OK;
    struct yaml_node *node = NULL;
    if (yaml_find(yaml_find(memory->written, "market"), "instruments") == NULL) {
        GString *list = g_string_new("[");
        for (size_t i = 0; i < symbol_count; i++)
            g_string_append_printf(list, "%s'%s'", i > 0 ? ", " : "", symbols[i]);
        g_string_append_c(list, ']');
        status = yaml_parse_argument(memory->arena, "--price", list->str, &node, reterr);
        g_string_free(list, TRUE);
        if (status == STATUS_OK)
            status = yaml_put(memory->arena, memory->written, "market.instruments", node, reterr);
    }
    if (status == STATUS_OK && rulebook != NULL) {
        const char *argument = yaml_arena_format(memory->arena, "--rulebook %s", rulebook);
        status = yaml_parse_argument(memory->arena, argument, "''", &node, reterr);
        if (status == STATUS_OK) {
            node->text = yaml_arena_copy(memory->arena, rulebook, strlen(rulebook));
            status = yaml_put(memory->arena, memory->written, "venue.rulebook", node, reterr);
        }
    }
    return status;
}

enum status scenario_load_market(const char *market_path, const char *bundled_dir,
                                 const char *rulebook, const char *const *symbols,
                                 size_t symbol_count, struct scenario **ret_scenario,
                                 struct error *reterr) {
    struct scenario *scenario = create();
    struct scenario_memory *memory = scenario->memory;
    enum status status = STATUS_OK;
    memory->files.bundled_dir = bundled_dir;
    scenario->name = "margin";
    scenario->settlement = "";
    if (market_path != NULL) {
        const char *path = config_join(&memory->files, market_path, NULL);
        memory->base_dir = config_folder(&memory->files, path);
        status = config_parse(&memory->files, "scenario", path, &memory->written, reterr);
    } else {
        status = yaml_parse(memory->arena, "--price", "", 0, &memory->written, reterr);
    }
    if (status == STATUS_OK)
        status = yaml_expect_mapping(memory->written, reterr);
    if (status == STATUS_OK)
        status = put_options(memory, rulebook, symbols, symbol_count, reterr);
    if (status == STATUS_OK) {
        memory->simulated = memory->written;
        memory->history = yaml_copy(memory->arena, memory->written);
        status = scenario_read_head(scenario, reterr);
    }
    if (status == STATUS_OK)
        status = scenario_read_market(scenario, reterr);
    if (status == STATUS_OK)
        status = scenario_read_venues(scenario, reterr);
    if (status != STATUS_OK) {
        scenario_destroy(scenario);
        return status;
    }
    *ret_scenario = scenario;
    return STATUS_OK;
}

void scenario_add_spot(struct scenario *scenario, const char *symbol) {
    struct yaml_arena *arena = scenario->memory->arena;
    const size_t count = scenario->instrument_count;
    struct scenario_instrument *all = yaml_arena_alloc(arena, (count + 1) * sizeof(*all));
    if (count > 0)
        memcpy(all, scenario->instruments, count * sizeof(*all));
    all[count] =
        (struct scenario_instrument){.symbol = yaml_arena_copy(arena, symbol, strlen(symbol)),
                                     .kind = CONTRACT_SPOT,
                                     .settlement = "",
                                     .contract_size = {1, 0},
                                     .price_tick_auto = true,
                                     .lot_auto = true};
    scenario->instruments = all;
    scenario->instrument_count = count + 1;
}

void scenario_settlement(const struct scenario *scenario, const struct rulebook *rulebook,
                         char *ret_symbol) {
    const char *symbols[INSTRUMENTS_MAX];
    enum contract_kind kinds[INSTRUMENTS_MAX];
    for (size_t i = 0; i < scenario->instrument_count; i++) {
        symbols[i] = scenario->instruments[i].symbol;
        kinds[i] = scenario->instruments[i].kind;
    }
    settlement_find(scenario->settlement, rulebook, symbols, kinds, scenario->instrument_count,
                    ret_symbol);
}

const char *scenario_settles(const struct scenario *scenario, size_t index) {
    const struct scenario_instrument *instrument = &scenario->instruments[index];
    char accounts[SETTLEMENT_SIZE];
    char contract[SETTLEMENT_SIZE];
    scenario_settlement(scenario, &scenario->rulebook, accounts);
    settlement_of_contract(instrument->settlement, &scenario->rulebook, accounts,
                           instrument->symbol, instrument->kind, contract);
    return contract[0] == '\0' || strcmp(contract, accounts) == 0
               ? NULL
               : yaml_arena_copy(scenario->memory->arena, contract, strlen(contract));
}

enum status scenario_load_stored(const char *text, const struct scenario_input *inputs,
                                 size_t input_count, struct scenario **ret_scenario,
                                 struct error *reterr) {
    assert(text != NULL && ret_scenario != NULL);
    static const struct scenario_input nothing = {"", "", "", 0};
    struct scenario *scenario = create();
    struct scenario_memory *memory = scenario->memory;
    memory->files.stored = input_count > 0 ? inputs : &nothing;
    memory->files.stored_count = input_count;
    scenario->name = "stored";
    enum status status =
        yaml_parse(memory->arena, "stored scenario", text, strlen(text), &memory->written, reterr);
    /* Its effective text is what is read; the file is kept as an input, as when it was first read.
     */
    const struct scenario_input *file = NULL;
    if (status == STATUS_OK && input_count > 0 && strcmp(inputs[0].kind, "scenario") == 0)
        status = config_read(&memory->files, "scenario", inputs[0].path, &file, reterr);
    if (status == STATUS_OK)
        status = yaml_expect_mapping(memory->written, reterr);
    if (status == STATUS_OK) {
        memory->simulated = yaml_copy(memory->arena, memory->written);
        memory->history = yaml_copy(memory->arena, memory->written);
        status = read_sections(scenario, reterr);
    }
    if (status != STATUS_OK) {
        scenario_destroy(scenario);
        return status;
    }
    *ret_scenario = scenario;
    return STATUS_OK;
}

void scenario_set_seed(struct scenario *scenario, uint64_t seed) {
    scenario->accounts.population.seed = seed;
    scenario->reference_accounts.population.seed = seed;
}
