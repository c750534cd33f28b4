/* The sections events and funding, and the shock and scale of section market. */

#include <stddef.h>
#include <string.h>

#include "scenarios/scenario_read.h"

#define COUNT SCENARIO_COUNT
#define FACTOR_MAX 100

/* ---- instruments ---- */

/* The index of a known symbol; the count if --set took it out of market.instruments. */
static enum status find_instrument(const struct scenario *scenario, const struct yaml_node *node,
                                   const char *symbol, uint32_t *ret_index, struct error *reterr) {
    const size_t count = scenario->instrument_count;
    const char **names =
        yaml_arena_alloc(scenario->memory->arena, (count + 1) * sizeof(*names)); /* kept, small */
    uint32_t i = 0;
    for (; i < count; i++) {
        names[i] = scenario->instruments[i].symbol;
        if (strcmp(names[i], symbol) == 0)
            break;
    }
    *ret_index = i;
    if (i < count || scenario_knows_symbol(scenario, symbol))
        return STATUS_OK;
    return yaml_error(node, reterr,
                      "'%.60s' is not in market.instruments; the nearest there is '%s'", symbol,
                      yaml_nearest(symbol, names, count));
}

static enum status read_symbols(const struct scenario *scenario, const struct yaml_node *node,
                                struct scenario_event *event, struct error *reterr) {
    static const struct yaml_key key = {.name = "instruments", .type = YAML_TEXT};
    const bool list = node->kind == YAML_SEQUENCE;
    uint32_t *indices = yaml_arena_alloc(scenario->memory->arena,
                                         ((list ? node->count : 1) + 1) * sizeof(*indices));
    enum status status = STATUS_OK;
    for (const struct yaml_node *child = list ? node->child : node;
         child != NULL && status == STATUS_OK; child = list ? child->next : NULL) {
        const char *symbol = NULL;
        uint32_t index = 0;
        status = yaml_read_scalar(child, &key, &symbol, reterr);
        if (status == STATUS_OK)
            status = find_instrument(scenario, child, symbol, &index, reterr);
        if (status == STATUS_OK && index < scenario->instrument_count)
            indices[event->instrument_count++] = index;
    }
    event->instruments = indices;
    return status;
}

/* ---- events ---- */

#define EVENT_HAIRCUT (SCENARIO_EVENT_KINDS) /* read as one of kind rules */

struct event_section {
    int kind;
    int64_t at_ns, until_ns;
    const struct yaml_node *stops, *instruments, *instrument, *rulebook, *override, *weight;
    const char *asset;
    int64_t factor_e8, rate_e8, amount, price_e8;
};

static const struct yaml_choice KINDS[] = {
    {"outage", SCENARIO_OUTAGE},         {"stale_feed", SCENARIO_STALE_FEED},
    {"wrong_feed", SCENARIO_WRONG_FEED}, {"fund_change", SCENARIO_FUND_CHANGE},
    {"rules", SCENARIO_RULES},           {"funding", SCENARIO_FUNDING},
    {"expiry", SCENARIO_EXPIRY},         {"depth", SCENARIO_DEPTH},
    {"haircut", EVENT_HAIRCUT},          {NULL, 0}};
static const struct yaml_choice STOPS[] = {{"top_up", SCENARIO_STOPS_TOP_UP},
                                           {"user_orders", SCENARIO_STOPS_USER_ORDERS},
                                           {"engine", SCENARIO_STOPS_ENGINE},
                                           {"feed", SCENARIO_STOPS_FEED},
                                           {NULL, 0}};

#define AT(member) offsetof(struct event_section, member)
static const struct yaml_key EVENT_KEYS[] = {
    {.name = "kind", .type = YAML_CHOICE, .offset = AT(kind), .choices = KINDS},
    {.name = "at", .type = YAML_TIME, .offset = AT(at_ns)},
    {.name = "until", .type = YAML_TIME, .offset = AT(until_ns)},
    {.name = "stops", .type = YAML_NODE, .offset = AT(stops)},
    {.name = "instruments", .type = YAML_NODE, .offset = AT(instruments)},
    {.name = "instrument", .type = YAML_NODE, .offset = AT(instrument)},
    {"factor", YAML_RATE, AT(factor_e8), 0, FACTOR_MAX, true, "over what is normal", NULL},
    {"amount", YAML_MONEY, AT(amount), -SCENARIO_MONEY_MAX, SCENARIO_MONEY_MAX, false,
     "quote units", NULL},
    {.name = "rulebook", .type = YAML_NODE, .offset = AT(rulebook)},
    {.name = "override", .type = YAML_NODE, .offset = AT(override)},
    {"rate", YAML_RATE, AT(rate_e8), -1, 1, false, "fraction of value", NULL},
    {"price", YAML_MONEY, AT(price_e8), 0, SCENARIO_MONEY_MAX, true, "quote units", NULL},
    {.name = "asset", .type = YAML_TEXT, .offset = AT(asset)},
    {.name = "weight", .type = YAML_NODE, .offset = AT(weight)},
};
#undef AT
enum {
    KEY_KIND = 1 << 0,
    KEY_AT = 1 << 1,
    KEY_UNTIL = 1 << 2,
    KEY_STOPS = 1 << 3,
    KEY_INSTRUMENTS = 1 << 4 | 1 << 5,
    KEY_FACTOR = 1 << 6,
    KEY_AMOUNT = 1 << 7,
    KEY_RULEBOOK = 1 << 8,
    KEY_OVERRIDE = 1 << 9,
    KEY_RATE = 1 << 10,
    KEY_PRICE = 1 << 11,
    KEY_ASSET = 1 << 12,
    KEY_WEIGHT = 1 << 13,
};

/* Beside kind and at: what a kind may have, and what it must have. */
static const struct {
    unsigned may, must;
} EVENT_RULES_OF_KIND[] = {
    [SCENARIO_OUTAGE] = {KEY_UNTIL | KEY_STOPS | KEY_INSTRUMENTS, KEY_STOPS},
    [SCENARIO_STALE_FEED] = {KEY_UNTIL | KEY_INSTRUMENTS, 0},
    [SCENARIO_WRONG_FEED] = {KEY_UNTIL | KEY_INSTRUMENTS | KEY_FACTOR, KEY_FACTOR},
    [SCENARIO_FUND_CHANGE] = {KEY_AMOUNT, KEY_AMOUNT},
    [SCENARIO_RULES] = {KEY_RULEBOOK | KEY_OVERRIDE, 0},
    [SCENARIO_FUNDING] = {KEY_INSTRUMENTS | KEY_RATE, KEY_RATE},
    [SCENARIO_DEPTH] = {KEY_UNTIL | KEY_INSTRUMENTS | KEY_FACTOR, KEY_FACTOR},
    [SCENARIO_EXPIRY] = {KEY_INSTRUMENTS | KEY_PRICE, KEY_PRICE},
    [EVENT_HAIRCUT] = {KEY_ASSET | KEY_WEIGHT, KEY_ASSET | KEY_WEIGHT},
};

static enum status check_keys(const struct yaml_node *node, const struct event_section *section,
                              uint64_t given, struct error *reterr) {
    if ((given & KEY_KIND) == 0)
        return yaml_missing(node, "kind", reterr);
    const unsigned must = EVENT_RULES_OF_KIND[section->kind].must | KEY_AT;
    const unsigned may = EVENT_RULES_OF_KIND[section->kind].may | KEY_AT | KEY_KIND;
    for (size_t i = 0; i < COUNT(EVENT_KEYS); i++) {
        const uint64_t bit = UINT64_C(1) << i;
        if ((must & bit & ~given) != 0)
            return yaml_missing(node, EVENT_KEYS[i].name, reterr);
        if ((given & bit & ~(uint64_t)may) != 0)
            return yaml_key_error(yaml_find(node, EVENT_KEYS[i].name), reterr,
                                  "events[%zu].%s: an event of kind %s has no such key",
                                  node->index, EVENT_KEYS[i].name, yaml_find(node, "kind")->text);
    }
    if ((given & KEY_INSTRUMENTS) == KEY_INSTRUMENTS)
        return yaml_key_error(section->instrument, reterr,
                              "events[%zu]: give instrument or instruments, not both", node->index);
    if ((given & KEY_UNTIL) != 0 && section->until_ns <= section->at_ns)
        return yaml_error(yaml_find(node, "until"), reterr,
                          "events[%zu].until must be after events[%zu].at", node->index,
                          node->index);
    return STATUS_OK;
}

static enum status read_stops(const struct yaml_node *node, unsigned *ret_stops,
                              struct error *reterr) {
    static const struct yaml_key key = {.name = "stops", .type = YAML_CHOICE, .choices = STOPS};
    enum status status = yaml_expect_sequence(node, reterr);
    if (status == STATUS_OK && node->count == 0)
        return yaml_error(node, reterr, "events[].stops names nothing that stops");
    for (const struct yaml_node *child = node->child; child != NULL && status == STATUS_OK;
         child = child->next) {
        int stop = 0;
        status = yaml_read_scalar(child, &key, &stop, reterr);
        *ret_stops |= (unsigned)stop;
    }
    return status;
}

static enum status read_rules(struct scenario *scenario, const struct yaml_node *node,
                              const struct event_section *section, struct scenario_event *event,
                              struct error *reterr) {
    struct rulebook *rulebook = yaml_arena_alloc(scenario->memory->arena, sizeof(*rulebook));
    if (section->rulebook == NULL && section->override == NULL)
        return yaml_key_error(node->child, reterr,
                              "events[%zu]: an event of kind rules has rulebook, override or both",
                              node->index);
    event->override = section->override;
    event->rulebook = rulebook;
    event->rulebook_name = section->rulebook;
    return scenario_read_rulebook(scenario, section->rulebook, section->override, rulebook,
                                  &event->rulebook_path, reterr);
}

/* The latest event of kind rules that is in force at a time; NULL: the venue's own rules are. */
static const struct scenario_event *rules_before(const struct scenario *scenario, int64_t at_ns) {
    const struct scenario_event *latest = NULL;
    for (size_t i = 0; i < scenario->event_count; i++) {
        const struct scenario_event *event = &scenario->events[i];
        if (event->kind == SCENARIO_RULES && event->at_ns <= at_ns &&
            (latest == NULL || event->at_ns >= latest->at_ns))
            latest = event;
    }
    return latest;
}

/* The rules in force, with another weight for one asset: an event of kind rules. */
static enum status read_haircut(struct scenario *scenario, const struct yaml_node *node,
                                const struct event_section *section, struct scenario_event *event,
                                struct error *reterr) {
    struct yaml_arena *arena = scenario->memory->arena;
    const struct scenario_event *before = rules_before(scenario, event->at_ns);
    const struct rulebook *now = before != NULL ? before->rulebook : &scenario->rulebook;
    if (rulebook_collateral(now, section->asset) == NULL)
        return yaml_error(yaml_find(node, "asset"), reterr,
                          "events[%zu].asset: '%.40s' is no collateral of rulebook '%.80s'",
                          node->index, section->asset, now->name);
    const struct yaml_node *overrides =
        before != NULL ? before->override
                       : yaml_find(yaml_find(scenario->memory->simulated, "venue"), "override");
    struct yaml_node *all = yaml_arena_alloc(arena, sizeof(*all));
    *all = (struct yaml_node){.kind = YAML_MAPPING, .text = "", .origin = node->origin};
    enum status status = STATUS_OK;
    for (const struct yaml_node *child = overrides != NULL ? overrides->child : NULL;
         child != NULL && status == STATUS_OK; child = child->next)
        status = yaml_put(arena, all, child->key, child, reterr);
    if (status == STATUS_OK)
        status =
            yaml_put(arena, all, yaml_arena_format(arena, "collateral.%s.weight", section->asset),
                     section->weight, reterr);
    if (status != STATUS_OK)
        return status;
    const struct event_section rules = {.override = all,
                                        .rulebook = before != NULL ? before->rulebook_name : NULL};
    event->kind = SCENARIO_RULES;
    return read_rules(scenario, node, &rules, event, reterr);
}

static enum status read_event(struct scenario *scenario, const struct yaml_node *node,
                              struct scenario_event *event, struct error *reterr) {
    struct event_section section = {.until_ns = INT64_MAX};
    uint64_t given = 0;
    enum status status = yaml_read(node, EVENT_KEYS, COUNT(EVENT_KEYS), &section, &given, reterr);
    if (status == STATUS_OK)
        status = check_keys(node, &section, given, reterr);
    if (status != STATUS_OK)
        return status;
    *event = (struct scenario_event){
        .kind =
            section.kind == EVENT_HAIRCUT ? SCENARIO_RULES : (enum scenario_event_kind)section.kind,
        .at_ns = section.at_ns,
        .until_ns = section.until_ns,
        .rate_e8 = (given & KEY_FACTOR) != 0 ? section.factor_e8 : section.rate_e8,
        .amount = section.kind == SCENARIO_EXPIRY ? section.price_e8 : section.amount};
    if (section.stops != NULL)
        status = read_stops(section.stops, &event->stops, reterr);
    const struct yaml_node *symbols =
        section.instruments != NULL ? section.instruments : section.instrument;
    if (symbols == NULL && event->kind == SCENARIO_EXPIRY)
        return yaml_missing(node, "instrument", reterr);
    if (status == STATUS_OK && symbols != NULL && event->kind == SCENARIO_OUTAGE &&
        (event->stops & SCENARIO_STOPS_FEED) == 0)
        return yaml_key_error(symbols, reterr,
                              "events[%zu].%s: only a feed stops for some instruments; an engine "
                              "stops for all",
                              node->index, symbols->key);
    if (status == STATUS_OK && symbols != NULL)
        status = read_symbols(scenario, symbols, event, reterr);
    if (status == STATUS_OK && section.kind == EVENT_HAIRCUT)
        status = read_haircut(scenario, node, &section, event, reterr);
    else if (status == STATUS_OK && event->kind == SCENARIO_RULES)
        status = read_rules(scenario, node, &section, event, reterr);
    return status;
}

/* What an event takes hold of until it ends: two of them at once would end each other. */
enum { HOLDS_ENGINE = 1, HOLDS_FEED = 2, HOLDS_FACTOR = 4, HOLDS_DEPTH = 8 };

static unsigned holds(const struct scenario_event *event) {
    switch (event->kind) {
    case SCENARIO_OUTAGE:
        return ((event->stops & SCENARIO_STOPS_ENGINE) != 0 ? HOLDS_ENGINE : 0u) |
               ((event->stops & SCENARIO_STOPS_FEED) != 0 ? HOLDS_FEED : 0u);
    case SCENARIO_STALE_FEED:
        return HOLDS_FEED;
    case SCENARIO_WRONG_FEED:
        return HOLDS_FACTOR;
    case SCENARIO_DEPTH:
        return HOLDS_DEPTH;
    case SCENARIO_FUND_CHANGE:
    case SCENARIO_RULES:
    case SCENARIO_FUNDING:
    case SCENARIO_EXPIRY:
        break;
    }
    return 0;
}

static bool share_instrument(const struct scenario_event *a, const struct scenario_event *b) {
    if (a->instruments == NULL || b->instruments == NULL)
        return true;
    for (size_t i = 0; i < a->instrument_count; i++)
        for (size_t k = 0; k < b->instrument_count; k++)
            if (a->instruments[i] == b->instruments[k])
                return true;
    return false;
}

static bool overlap(const struct scenario_event *a, const struct scenario_event *b) {
    const unsigned both = holds(a) & holds(b);
    return both != 0 && a->at_ns < b->until_ns && b->at_ns < a->until_ns &&
           ((both & HOLDS_ENGINE) != 0 || share_instrument(a, b));
}

static enum status read_list(struct scenario *scenario, const struct yaml_node *node,
                             struct error *reterr) {
    if (node->kind == YAML_SCALAR && node->text[0] == '\0')
        return STATUS_OK;
    enum status status = yaml_expect_sequence(node, reterr);
    if (status != STATUS_OK)
        return status;
    scenario->events =
        yaml_arena_alloc(scenario->memory->arena, (node->count + 1) * sizeof(*scenario->events));
    for (const struct yaml_node *child = node->child; child != NULL; child = child->next) {
        struct scenario_event *event = &scenario->events[scenario->event_count];
        status = read_event(scenario, child, event, reterr);
        if (status != STATUS_OK)
            return status;
        for (size_t i = 0; i < scenario->event_count; i++)
            if (overlap(&scenario->events[i], event))
                return yaml_error(child, reterr,
                                  "events[%zu]: at the same time as events[%zu], which stops or "
                                  "distorts the same",
                                  scenario->event_count, i);
        scenario->event_count++;
    }
    return STATUS_OK;
}

/* ---- funding ---- */

static enum status read_funding(const struct yaml_node *node, struct scenario_funding *funding,
                                struct error *reterr) {
    struct funding_section {
        int source;
        int64_t rate_e8, cap_e8;
        uint32_t interval_h;
    } section = {.cap_e8 = RATE_SCALE, .interval_h = 8};
    static const struct yaml_choice sources[] = {{"none", SCENARIO_FUNDING_NONE},
                                                 {"series", SCENARIO_FUNDING_SERIES},
                                                 {"constant", SCENARIO_FUNDING_CONSTANT},
                                                 {NULL, 0}};
#define AT(member) offsetof(struct funding_section, member)
    static const struct yaml_key keys[] = {
        {.name = "source", .type = YAML_CHOICE, .offset = AT(source), .choices = sources},
        {"rate", YAML_RATE, AT(rate_e8), -1, 1, false, "fraction of value", NULL},
        {"interval_h", YAML_UINT32, AT(interval_h), 1, 24, false, "hours", NULL},
        {"cap", YAML_RATE, AT(cap_e8), 0, 1, false, "fraction of value", NULL},
    };
#undef AT
    uint64_t given = 0;
    const enum status status = yaml_read(node, keys, COUNT(keys), &section, &given, reterr);
    if (status != STATUS_OK)
        return status;
    if (node->count > 0 && (given & 1u) == 0)
        return yaml_missing(node, "source", reterr);
    if (section.source == SCENARIO_FUNDING_CONSTANT && (given & 2u) == 0)
        return yaml_missing(node, "rate", reterr);
    *funding =
        (struct scenario_funding){.source = (enum scenario_funding_source)section.source,
                                  .rate_e8 = section.rate_e8,
                                  .interval_ns = (int64_t)section.interval_h * 60 * NS_PER_MINUTE,
                                  .cap_e8 = section.cap_e8};
    return STATUS_OK;
}

/* ---- shock and scale ---- */

enum status scenario_read_shock(struct scenario *scenario, const struct yaml_node *node,
                                struct error *reterr) {
    static const struct yaml_key key = {
        "shock", YAML_RATE, 0, -1, FACTOR_MAX, true, "-0.2: a fall by a fifth", NULL};
    enum status status = yaml_expect_mapping(node, reterr);
    int64_t *shock = yaml_arena_alloc(scenario->memory->arena,
                                      (scenario->instrument_count + 1) * sizeof(*shock));
    for (const struct yaml_node *child = node->child; child != NULL && status == STATUS_OK;
         child = child->next) {
        uint32_t index = 0;
        if (!scenario_knows_symbol(scenario, child->key))
            return scenario_unknown_symbol(scenario, child, reterr);
        status = find_instrument(scenario, child, child->key, &index, reterr);
        if (status == STATUS_OK) /* the last entry takes what is not replayed */
            status = yaml_read_scalar(child, &key, &shock[index], reterr);
    }
    for (size_t i = 0; i < scenario->instrument_count; i++)
        if (shock[i] != 0)
            scenario->shock_e8 = shock;
    return status;
}

enum status scenario_read_scale(struct scenario *scenario, const struct yaml_node *node,
                                struct error *reterr) {
    static const struct yaml_key key = {
        "scale", YAML_DOUBLE, 0, 0, FACTOR_MAX, false, "of the path's log moves", NULL};
    const size_t count = scenario->instrument_count;
    double *scale = yaml_arena_alloc(scenario->memory->arena, (count + 1) * sizeof(*scale));
    enum status status = STATUS_OK;
    double all = 1.0;
    if (node->kind != YAML_MAPPING)
        status = yaml_read_scalar(node, &key, &all, reterr);
    for (size_t i = 0; i < count; i++)
        scale[i] = all;
    for (const struct yaml_node *child = node->kind == YAML_MAPPING ? node->child : NULL;
         child != NULL && status == STATUS_OK; child = child->next) {
        uint32_t index = 0;
        if (!scenario_knows_symbol(scenario, child->key))
            return scenario_unknown_symbol(scenario, child, reterr);
        status = find_instrument(scenario, child, child->key, &index, reterr);
        if (status == STATUS_OK)
            status = yaml_read_scalar(child, &key, &scale[index], reterr);
    }
    scenario->scale = scale;
    return status;
}

enum status scenario_read_events(struct scenario *scenario, struct error *reterr) {
    const struct yaml_node *root = scenario->memory->simulated;
    const struct yaml_node *events = yaml_find(root, "events");
    const struct yaml_node *funding = yaml_find(root, "funding");
    enum status status = STATUS_OK;
    scenario->funding = (struct scenario_funding){.source = SCENARIO_FUNDING_NONE,
                                                  .interval_ns = 8 * 60 * NS_PER_MINUTE,
                                                  .cap_e8 = RATE_SCALE};
    if (funding != NULL)
        status = read_funding(funding, &scenario->funding, reterr);
    if (status == STATUS_OK && events != NULL)
        status = read_list(scenario, events, reterr);
    return status;
}
