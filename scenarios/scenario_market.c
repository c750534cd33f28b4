/* The sections scenario and market. */

#include <stddef.h>
#include <string.h>

#include "base/decimal_text.h"
#include "scenarios/scenario_read.h"

#define COUNT SCENARIO_COUNT
#define SYMBOL_SIZE_MAX 48

/* ---- scenario ---- */

struct head_section {
    const char *name, *title, *note, *source;
    const struct yaml_node *caveats;
    int64_t from_ns, to_ns;
};

#define AT(member) offsetof(struct head_section, member)
static const struct yaml_key HEAD_KEYS[] = {
    {.name = "name", .type = YAML_TEXT, .offset = AT(name)},
    {.name = "title", .type = YAML_TEXT, .offset = AT(title)},
    {.name = "note", .type = YAML_TEXT, .offset = AT(note)},
    {.name = "source", .type = YAML_TEXT, .offset = AT(source)},
    {.name = "caveats", .type = YAML_NODE, .offset = AT(caveats)},
    {.name = "from", .type = YAML_TIME, .offset = AT(from_ns)},
    {.name = "to", .type = YAML_TIME, .offset = AT(to_ns)},
};
#undef AT

static enum status read_caveats(struct scenario *scenario, const struct yaml_node *node,
                                struct error *reterr) {
    static const struct yaml_key caveat = {.name = "caveats", .type = YAML_TEXT};
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
    static const struct yaml_key sections[] = {
        {.name = "scenario", .type = YAML_NODE},   {.name = "market", .type = YAML_NODE},
        {.name = "venue", .type = YAML_NODE},      {.name = "accounts", .type = YAML_NODE},
        {.name = "population", .type = YAML_NODE}, {.name = "impact", .type = YAML_NODE},
        {.name = "feedback", .type = YAML_NODE},   {.name = "events", .type = YAML_NODE},
        {.name = "funding", .type = YAML_NODE}};
    const struct yaml_node *root = scenario->memory->simulated;
    const struct yaml_node *unused = NULL;
    enum status status = yaml_read(root, sections, COUNT(sections), &unused, NULL, reterr);
    if (status != STATUS_OK)
        return status;
    struct head_section head = {.name = scenario->name,
                                .title = "",
                                .note = "",
                                .source = "",
                                .from_ns = INT64_MIN,
                                .to_ns = INT64_MAX};
    const struct yaml_node *node = yaml_find(root, "scenario");
    if (node != NULL) {
        status = yaml_read(node, HEAD_KEYS, COUNT(HEAD_KEYS), &head, NULL, reterr);
        if (status == STATUS_OK && head.name[0] == '\0')
            status = yaml_error(yaml_find(node, "name"), reterr, "scenario.name is empty");
        if (status == STATUS_OK && head.from_ns >= head.to_ns)
            status = yaml_error(yaml_find(node, "to"), reterr,
                                "scenario.to must be after scenario.from");
        if (status == STATUS_OK && head.caveats != NULL)
            status = read_caveats(scenario, head.caveats, reterr);
    }
    scenario->name = head.name;
    scenario->title = head.title;
    scenario->note = head.note;
    scenario->source = head.source;
    scenario->from_ns = head.from_ns;
    scenario->to_ns = head.to_ns;
    return status;
}

/* ---- market ---- */

struct market_section {
    const struct yaml_node *instruments, *instrument, *shock, *scale;
    int bar_path;
    int64_t shock_at_ns;
    const char *settlement;
};

static const struct yaml_choice BAR_PATHS[] = {{"nearest", BAR_PATH_NEAREST},
                                               {"ohlc", BAR_PATH_OHLC},
                                               {"olhc", BAR_PATH_OLHC},
                                               {"close", BAR_PATH_CLOSE},
                                               {NULL, 0}};
#define AT(member) offsetof(struct market_section, member)
static const struct yaml_key MARKET_KEYS[] = {
    {.name = "instruments", .type = YAML_NODE, .offset = AT(instruments)},
    {.name = "instrument", .type = YAML_NODE, .offset = AT(instrument)},
    {.name = "bar_path", .type = YAML_CHOICE, .offset = AT(bar_path), .choices = BAR_PATHS},
    {.name = "shock", .type = YAML_NODE, .offset = AT(shock)},
    {.name = "shock_at", .type = YAML_TIME, .offset = AT(shock_at_ns)},
    {.name = "scale", .type = YAML_NODE, .offset = AT(scale)},
    {.name = "settlement", .type = YAML_TEXT, .offset = AT(settlement)},
};
#undef AT

static const struct yaml_choice KINDS[] = {{"linear", CONTRACT_LINEAR},
                                           {"inverse", CONTRACT_INVERSE},
                                           {"quanto", CONTRACT_QUANTO},
                                           {"spot", CONTRACT_SPOT},
                                           {NULL, 0}};
static const struct yaml_choice MARKS[] = {
    {"last", MARK_LAST}, {"recorded", MARK_RECORDED}, {"rulebook", MARK_RULEBOOK}, {NULL, 0}};

/* Share of a displacement that reaches other venues at once: nobody has measured it. */
#define PASS_THROUGH 0.4
#define PASS_THROUGH_LOW 0.2
#define PASS_THROUGH_HIGH 0.6

struct instrument_section {
    int kind, mark;
    double pass_through;
    struct decimal contract_size;
    const struct yaml_node *price_tick, *lot;
    const char *settlement;
};

#define AT(member) offsetof(struct instrument_section, member)
static const struct yaml_key INSTRUMENT_KEYS[] = {
    {.name = "kind", .type = YAML_CHOICE, .offset = AT(kind), .choices = KINDS},
    {"contract_size", YAML_DECIMAL, AT(contract_size), 0, 1e9, true, "base units a contract", NULL},
    {.name = "price_tick", .type = YAML_NODE, .offset = AT(price_tick)},
    {.name = "lot", .type = YAML_NODE, .offset = AT(lot)},
    {.name = "settlement", .type = YAML_TEXT, .offset = AT(settlement)},
    {.name = "mark", .type = YAML_CHOICE, .offset = AT(mark), .choices = MARKS},
    {"pass_through", YAML_DOUBLE, AT(pass_through), 0, 1, false, "of a displacement", NULL},
};
#undef AT

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
        scenario->instruments[scenario->instrument_count++] =
            (struct scenario_instrument){.symbol = child->text,
                                         .kind = CONTRACT_LINEAR,
                                         .settlement = "",
                                         .contract_size = {1, 0},
                                         .price_tick_auto = true,
                                         .lot_auto = true};
    }
    return STATUS_OK;
}

static enum status read_grid(const struct yaml_node *node, const char *name, const char *unit,
                             bool *ret_auto, struct decimal *ret_value, struct error *reterr) {
    const struct yaml_key key = {name, YAML_DECIMAL, 0, 0, 1e9, true, unit, NULL};
    if (node == NULL || (node->kind == YAML_SCALAR && strcmp(node->text, "auto") == 0))
        return STATUS_OK;
    const enum status status = yaml_read_scalar(node, &key, ret_value, reterr);
    if (status == STATUS_OK)
        *ret_auto = false;
    return status;
}

/* The share in use, where it is the one assumed, is a guess. */
static void note_pass_through(struct scenario *scenario,
                              const struct scenario_instrument *instrument) {
    if (instrument->mark.source == MARK_LAST || instrument->mark.pass_through != PASS_THROUGH)
        return;
    scenario_add_guess(
        scenario,
        &(struct scenario_guess){
            .key = yaml_arena_format(scenario->memory->arena, "market.instrument.%s.pass_through",
                                     instrument->symbol),
            .value = PASS_THROUGH,
            .low = PASS_THROUGH_LOW,
            .high = PASS_THROUGH_HIGH,
            .source = "how much of a displacement other venues follow at once; assumed"});
}

static enum status read_instrument(const struct yaml_node *node,
                                   struct scenario_instrument *instrument, struct error *reterr) {
    struct instrument_section section = {.kind = CONTRACT_LINEAR,
                                         .pass_through = PASS_THROUGH,
                                         .contract_size = {1, 0},
                                         .settlement = ""};
    enum status status =
        yaml_read(node, INSTRUMENT_KEYS, COUNT(INSTRUMENT_KEYS), &section, NULL, reterr);
    if (status == STATUS_OK)
        status = read_grid(section.price_tick, "price_tick", "price, or auto",
                           &instrument->price_tick_auto, &instrument->price_tick, reterr);
    if (status == STATUS_OK)
        status = read_grid(section.lot, "lot", "base units, or auto", &instrument->lot_auto,
                           &instrument->lot, reterr);
    instrument->kind = (enum contract_kind)section.kind;
    instrument->contract_size = section.contract_size;
    instrument->mark = (struct mark_input){(enum mark_source)section.mark, section.pass_through};
    instrument->settlement = section.settlement;
    if (status == STATUS_OK && section.settlement[0] != '\0' && section.kind == CONTRACT_SPOT)
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
        struct scenario_instrument other;
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
    struct market_section market = {
        .bar_path = BAR_PATH_NEAREST, .shock_at_ns = INT64_MIN, .settlement = ""};
    if (node == NULL)
        return yaml_missing(root, "market", reterr);
    enum status status = yaml_read(node, MARKET_KEYS, COUNT(MARKET_KEYS), &market, NULL, reterr);
    if (status != STATUS_OK)
        return status;
    if (market.instruments == NULL)
        return yaml_missing(node, "instruments", reterr);
    scenario->bar_path = (enum bar_path)market.bar_path;
    scenario->settlement = market.settlement;
    status = read_symbols(scenario, market.instruments, reterr);
    if (status == STATUS_OK && market.instrument != NULL)
        status = read_instruments(scenario, market.instrument, reterr);
    if (status == STATUS_OK && market.shock != NULL)
        status = scenario_read_shock(scenario, market.shock, reterr);
    if (status == STATUS_OK && market.scale != NULL)
        status = scenario_read_scale(scenario, market.scale, reterr);
    scenario->shock_at_ns = market.shock_at_ns;
    return status;
}
