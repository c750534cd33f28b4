/* The sections scenario and market. */

#include <string.h>

#include "base/field_value.h"
#include "scenarios/scenario_read.h"

#define SYMBOL_SIZE_MAX 48

/* ---- scenario ---- */

static enum status read_caveats(struct scenario *scenario, const struct yaml_node *node,
                                struct error *reterr) {
    static const struct field caveat = {.key = "caveats", .kind = FIELD_TEXT};
    const enum status status = yaml_expect_sequence(node, reterr);
    if (status != STATUS_OK)
        return status;
    const char **caveats =
        yaml_arena_alloc(scenario->memory->arena, node->count * sizeof(*caveats));
    size_t i = 0;
    for (const struct yaml_node *child = node->child; child != NULL; child = child->next, i++) {
        const enum status read = yaml_read_scalar(child, &caveat, &caveats[i], reterr);
        if (read != STATUS_OK)
            return read;
    }
    scenario->caveats = caveats;
    scenario->caveat_count = node->count;
    return STATUS_OK;
}

enum status scenario_read_head(struct scenario *scenario, struct error *reterr) {
    const struct yaml_node *root = scenario->memory->simulated;
    const struct yaml_node *node = yaml_find(root, "scenario");
    scenario->title = scenario->note = scenario->source = "";
    scenario->from_ns = INT64_MIN;
    scenario->to_ns = INT64_MAX;
    enum status status = yaml_read(root, scenario_sections, scenario, reterr); /* knows the keys */
    if (status != STATUS_OK || node == NULL)
        return status;
    const struct yaml_node *caveats = yaml_find(node, "caveats");
    status = yaml_read(node, scenario_head_fields, scenario, reterr);
    if (status == STATUS_OK && scenario->name[0] == '\0')
        status = yaml_error(yaml_find(node, "name"), reterr, "scenario.name is empty");
    if (status == STATUS_OK && scenario->from_ns >= scenario->to_ns)
        status =
            yaml_error(yaml_find(node, "to"), reterr, "scenario.to must be after scenario.from");
    return status == STATUS_OK && caveats != NULL ? read_caveats(scenario, caveats, reterr)
                                                  : status;
}

/* ---- market ---- */

/* Share of a displacement that reaches other venues at once, the table's default: nobody has
 * measured it. */
#define PASS_THROUGH_LOW 0.2
#define PASS_THROUGH_HIGH 0.6

/* An instrument of which nothing is said. */
static struct scenario_instrument plain_instrument(const char *symbol) {
    struct scenario_instrument instrument = {
        .symbol = symbol, .settlement = "", .price_tick_auto = true, .lot_auto = true};
    fields_default(scenario_instrument_fields, &instrument);
    return instrument;
}

static bool symbol_is_fine(const char *symbol) {
    const size_t length = strlen(symbol);
    if (length == 0 || length > SYMBOL_SIZE_MAX)
        return false;
    for (const char *c = symbol; *c != '\0'; c++)
        if ((unsigned char)*c <= ' ' || *c == ',' || *c == '"' || *c == '.' || *c == '\'' ||
            *c == '=' || (unsigned char)*c >= 0x7f)
            return false;
    return true;
}

static enum status read_symbols(struct scenario *scenario, const struct yaml_node *node,
                                struct error *reterr) {
    const enum status status = yaml_expect_sequence(node, reterr);
    if (status != STATUS_OK)
        return status;
    if (node->count == 0 || node->count > INSTRUMENTS_MAX)
        return yaml_error(node, reterr, "market.instruments must name 1 to %d instruments",
                          INSTRUMENTS_MAX);
    scenario->instruments =
        yaml_arena_alloc(scenario->memory->arena, node->count * sizeof(*scenario->instruments));
    for (const struct yaml_node *child = node->child; child != NULL; child = child->next) {
        if (child->kind != YAML_SCALAR || !symbol_is_fine(child->text))
            return yaml_error(child, reterr,
                              "market.instruments[%zu] must be a venue's symbol like BTCUSDT",
                              child->index);
        for (size_t i = 0; i < scenario->instrument_count; i++)
            if (strcmp(scenario->instruments[i].symbol, child->text) == 0)
                return yaml_error(child, reterr, "market.instruments names %s twice", child->text);
        scenario->instruments[scenario->instrument_count++] = plain_instrument(child->text);
    }
    return STATUS_OK;
}

/* A step of the grid, unless the data say it. */
static enum status read_grid(const struct yaml_node *node, const char *key, bool *ret_auto,
                             struct decimal *ret_value, struct error *reterr) {
    const struct yaml_node *grid = yaml_find(node, key);
    if (grid == NULL || (grid->kind == YAML_SCALAR && strcmp(grid->text, "auto") == 0))
        return STATUS_OK;
    const enum status status =
        yaml_read_scalar(grid, field_find(scenario_instrument_fields, key), ret_value, reterr);
    if (status == STATUS_OK)
        *ret_auto = false;
    return status;
}

/* The share in use, where it is the one assumed, is a guess. */
static void note_pass_through(struct scenario *scenario,
                              const struct scenario_instrument *instrument) {
    const double assumed = plain_instrument("").mark.pass_through;
    if (instrument->mark.source == MARK_LAST || instrument->mark.pass_through != assumed)
        return;
    scenario_add_guess(
        scenario,
        &(struct scenario_guess){
            .key = yaml_arena_format(scenario->memory->arena, "market.instrument.%s.pass_through",
                                     instrument->symbol),
            .value = assumed,
            .low = PASS_THROUGH_LOW,
            .high = PASS_THROUGH_HIGH,
            .source = "how much of a displacement other venues follow at once; assumed"});
}

static enum status read_instrument(const struct yaml_node *node,
                                   struct scenario_instrument *instrument, struct error *reterr) {
    enum status status = yaml_read(node, scenario_instrument_fields, instrument, reterr);
    if (status == STATUS_OK)
        status = read_grid(node, "price_tick", &instrument->price_tick_auto,
                           &instrument->price_tick, reterr);
    if (status == STATUS_OK)
        status = read_grid(node, "lot", &instrument->lot_auto, &instrument->lot, reterr);
    if (status == STATUS_OK && instrument->settlement[0] != '\0' &&
        instrument->kind == CONTRACT_SPOT)
        return yaml_error(yaml_find(node, "settlement"), reterr,
                          "market.instrument.%s.settlement: spot is no contract that settles",
                          node->key);
    return status;
}

bool scenario_knows_symbol(const struct scenario *scenario, const char *symbol) {
    for (size_t i = 0; i < scenario->instrument_count; i++)
        if (strcmp(scenario->instruments[i].symbol, symbol) == 0)
            return true;
    const struct yaml_node *written =
        yaml_find(yaml_find(scenario->memory->written, "market"), "instruments");
    for (const struct yaml_node *child = written != NULL ? written->child : NULL; child != NULL;
         child = child->next)
        if (strcmp(child->text, symbol) == 0)
            return true;
    return false;
}

enum status scenario_unknown_symbol(const struct scenario *scenario, const struct yaml_node *node,
                                    struct error *reterr) {
    const char **names =
        yaml_arena_alloc(scenario->memory->arena, scenario->instrument_count * sizeof(*names));
    for (size_t i = 0; i < scenario->instrument_count; i++)
        names[i] = scenario->instruments[i].symbol;
    return yaml_key_error(node, reterr,
                          "'%.60s' is not in market.instruments; the nearest there is '%s'",
                          node->key, yaml_nearest(node->key, names, scenario->instrument_count));
}

static enum status read_instruments(struct scenario *scenario, const struct yaml_node *node,
                                    struct error *reterr) {
    enum status status = yaml_expect_mapping(node, reterr);
    for (const struct yaml_node *child = node->child; child != NULL && status == STATUS_OK;
         child = child->next) {
        struct scenario_instrument other = plain_instrument(child->key);
        struct scenario_instrument *instrument = &other;
        if (!scenario_knows_symbol(scenario, child->key))
            return scenario_unknown_symbol(scenario, child, reterr);
        for (size_t i = 0; i < scenario->instrument_count; i++)
            if (strcmp(scenario->instruments[i].symbol, child->key) == 0)
                instrument = &scenario->instruments[i];
        status = read_instrument(child, instrument, reterr);
        if (status == STATUS_OK && instrument != &other)
            note_pass_through(scenario, instrument);
    }
    return status;
}

enum status scenario_read_market(struct scenario *scenario, struct error *reterr) {
    const struct yaml_node *root = scenario->memory->simulated;
    const struct yaml_node *node = yaml_find(root, "market");
    const struct yaml_node *instrument = yaml_find(node, "instrument");
    const struct yaml_node *shock = yaml_find(node, "shock");
    const struct yaml_node *scale = yaml_find(node, "scale");
    scenario->settlement = "";
    scenario->shock_at_ns = INT64_MIN;
    if (node == NULL)
        return yaml_missing(root, "market", reterr);
    enum status status = yaml_read(node, scenario_market_fields, scenario, reterr);
    if (status == STATUS_OK && yaml_find(node, "instruments") == NULL)
        status = yaml_missing(node, "instruments", reterr);
    if (status == STATUS_OK)
        status = read_symbols(scenario, yaml_find(node, "instruments"), reterr);
    if (status == STATUS_OK && instrument != NULL)
        status = read_instruments(scenario, instrument, reterr);
    if (status == STATUS_OK && shock != NULL)
        status = scenario_read_shock(scenario, shock, reterr);
    if (status == STATUS_OK && scale != NULL)
        status = scenario_read_scale(scenario, scale, reterr);
    return status;
}
