/* The sections events and funding, and the shock and scale of section market. */

#include <string.h>

#include "scenarios/scenario_read.h"

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
    static const struct field key = {.key = "instruments", .kind = FIELD_TEXT};
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

/* Beside kind and at: which keys a kind must have, and which it may. */
static const struct event_keys {
    const char *must[3], *may[4];
} KEYS_OF_KIND[] = {
    [SCENARIO_OUTAGE] = {{"stops"}, {"until", "instrument", "instruments"}},
    [SCENARIO_STALE_FEED] = {{NULL}, {"until", "instrument", "instruments"}},
    [SCENARIO_WRONG_FEED] = {{"factor"}, {"until", "instrument", "instruments"}},
    [SCENARIO_FUND_CHANGE] = {{"amount"}, {NULL}},
    [SCENARIO_RULES] = {{NULL}, {"rulebook", "override"}},
    [SCENARIO_FUNDING] = {{"rate"}, {"instrument", "instruments"}},
    [SCENARIO_DEPTH] = {{"factor"}, {"until", "instrument", "instruments"}},
    [SCENARIO_EXPIRY] = {{"price"}, {"instrument", "instruments"}},
    [SCENARIO_HAIRCUT] = {{"asset", "weight"}, {NULL}},
};

static bool is_listed(const char *key, const char *const *keys) {
    for (; *keys != NULL; keys++)
        if (strcmp(*keys, key) == 0)
            return true;
    return false;
}

static enum status check_keys(const struct yaml_node *node, const struct scenario_event_text *text,
                              struct error *reterr) {
    const struct yaml_node *until = yaml_find(node, "until");
    const struct yaml_node *instrument = yaml_find(node, "instrument");
    if (yaml_find(node, "kind") == NULL)
        return yaml_missing(node, "kind", reterr);
    const struct event_keys *keys = &KEYS_OF_KIND[text->kind];
    if (yaml_find(node, "at") == NULL)
        return yaml_missing(node, "at", reterr);
    for (size_t i = 0; keys->must[i] != NULL; i++)
        if (yaml_find(node, keys->must[i]) == NULL)
            return yaml_missing(node, keys->must[i], reterr);
    for (const struct yaml_node *child = node->child; child != NULL; child = child->next)
        if (strcmp(child->key, "kind") != 0 && strcmp(child->key, "at") != 0 &&
            !is_listed(child->key, keys->must) && !is_listed(child->key, keys->may))
            return yaml_key_error(child, reterr,
                                  "events[%zu].%s: an event of kind %s has no such key",
                                  node->index, child->key, yaml_find(node, "kind")->text);
    if (instrument != NULL && yaml_find(node, "instruments") != NULL)
        return yaml_key_error(instrument, reterr,
                              "events[%zu]: give instrument or instruments, not both", node->index);
    if (until != NULL && text->until_ns <= text->at_ns)
        return yaml_error(until, reterr, "events[%zu].until must be after events[%zu].at",
                          node->index, node->index);
    return STATUS_OK;
}

static enum status read_stops(const struct yaml_node *node, unsigned *ret_stops,
                              struct error *reterr) {
    static const struct field key = {
        .key = "stops", .kind = FIELD_CHOICE, .choices = scenario_stops};
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

/* Other rules: a rulebook, or NULL for the venue's, and what is different in it, or NULL. */
static enum status read_rules(struct scenario *scenario, const struct yaml_node *node,
                              const struct yaml_node *name, const struct yaml_node *override,
                              struct scenario_event *event, struct error *reterr) {
    struct rulebook *rulebook = yaml_arena_alloc(scenario->memory->arena, sizeof(*rulebook));
    if (name == NULL && override == NULL)
        return yaml_key_error(node->child, reterr,
                              "events[%zu]: an event of kind rules has rulebook, override or both",
                              node->index);
    event->override = override;
    event->rulebook = rulebook;
    event->rulebook_name = name;
    return scenario_read_rulebook(scenario, name, override, rulebook, &event->rulebook_path,
                                  reterr);
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
                                const char *asset, struct scenario_event *event,
                                struct error *reterr) {
    struct yaml_arena *arena = scenario->memory->arena;
    const struct scenario_event *before = rules_before(scenario, event->at_ns);
    const struct rulebook *now = before != NULL ? before->rulebook : &scenario->rulebook;
    if (rulebook_collateral(now, asset) == NULL)
        return yaml_error(yaml_find(node, "asset"), reterr,
                          "events[%zu].asset: '%.40s' is no collateral of rulebook '%.80s'",
                          node->index, asset, now->name);
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
        status = yaml_put(arena, all, yaml_arena_format(arena, "collateral.%s.weight", asset),
                          yaml_find(node, "weight"), reterr);
    if (status != STATUS_OK)
        return status;
    event->kind = SCENARIO_RULES;
    return read_rules(scenario, node, before != NULL ? before->rulebook_name : NULL, all, event,
                      reterr);
}

/* Whom an event concerns; of an outage only a feed stops for some. */
static enum status read_concerned(struct scenario *scenario, const struct yaml_node *node,
                                  struct scenario_event *event, struct error *reterr) {
    const struct yaml_node *list = yaml_find(node, "instruments");
    const struct yaml_node *symbols = list != NULL ? list : yaml_find(node, "instrument");
    if (symbols == NULL && event->kind == SCENARIO_EXPIRY)
        return yaml_missing(node, "instrument", reterr);
    if (symbols != NULL && event->kind == SCENARIO_OUTAGE &&
        (event->stops & SCENARIO_STOPS_FEED) == 0)
        return yaml_key_error(symbols, reterr,
                              "events[%zu].%s: only a feed stops for some instruments; an engine "
                              "stops for all",
                              node->index, symbols->key);
    return symbols != NULL ? read_symbols(scenario, symbols, event, reterr) : STATUS_OK;
}

static enum status read_event(struct scenario *scenario, const struct yaml_node *node,
                              struct scenario_event *event, struct error *reterr) {
    struct scenario_event_text text = {.until_ns = INT64_MAX};
    const struct yaml_node *stops = yaml_find(node, "stops");
    enum status status = yaml_read(node, scenario_event_fields, &text, reterr);
    if (status == STATUS_OK)
        status = check_keys(node, &text, reterr);
    if (status != STATUS_OK)
        return status;
    const bool haircut = text.kind == SCENARIO_HAIRCUT;
    *event = (struct scenario_event){
        .kind = haircut ? SCENARIO_RULES : (enum scenario_event_kind)text.kind,
        .at_ns = text.at_ns,
        .until_ns = text.until_ns,
        .rate_e8 = yaml_find(node, "factor") != NULL ? text.factor_e8 : text.rate_e8,
        .amount = text.kind == SCENARIO_EXPIRY ? text.price_e8 : text.amount};
    if (stops != NULL)
        status = read_stops(stops, &event->stops, reterr);
    if (status == STATUS_OK)
        status = read_concerned(scenario, node, event, reterr);
    if (status == STATUS_OK && haircut)
        return read_haircut(scenario, node, text.asset, event, reterr);
    if (status == STATUS_OK && event->kind == SCENARIO_RULES)
        return read_rules(scenario, node, yaml_find(node, "rulebook"), yaml_find(node, "override"),
                          event, reterr);
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
    const struct yaml_node *interval = yaml_find(node, "interval_h");
    uint32_t hours = 0;
    enum status status = yaml_read(node, scenario_funding_fields, funding, reterr);
    if (status == STATUS_OK && interval != NULL) {
        status = yaml_read_scalar(interval, field_find(scenario_funding_fields, "interval_h"),
                                  &hours, reterr);
        funding->interval_ns = (int64_t)hours * 60 * NS_PER_MINUTE;
    }
    if (status == STATUS_OK && node->count > 0 && yaml_find(node, "source") == NULL)
        return yaml_missing(node, "source", reterr);
    if (status == STATUS_OK && funding->source == SCENARIO_FUNDING_CONSTANT &&
        yaml_find(node, "rate") == NULL)
        return yaml_missing(node, "rate", reterr);
    return status;
}

/* ---- shock and scale ---- */

enum status scenario_read_shock(struct scenario *scenario, const struct yaml_node *node,
                                struct error *reterr) {
    const struct field *field = field_find(scenario_market_fields, "shock");
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
            status = yaml_read_scalar(child, field, &shock[index], reterr);
    }
    for (size_t i = 0; i < scenario->instrument_count; i++)
        if (shock[i] != 0)
            scenario->shock_e8 = shock;
    return status;
}

enum status scenario_read_scale(struct scenario *scenario, const struct yaml_node *node,
                                struct error *reterr) {
    const struct field *field = field_find(scenario_market_fields, "scale");
    const size_t count = scenario->instrument_count;
    double *scale = yaml_arena_alloc(scenario->memory->arena, (count + 1) * sizeof(*scale));
    enum status status = STATUS_OK;
    double all = 1.0;
    if (node->kind != YAML_MAPPING)
        status = yaml_read_scalar(node, field, &all, reterr);
    for (size_t i = 0; i < count; i++)
        scale[i] = all;
    for (const struct yaml_node *child = node->kind == YAML_MAPPING ? node->child : NULL;
         child != NULL && status == STATUS_OK; child = child->next) {
        uint32_t index = 0;
        if (!scenario_knows_symbol(scenario, child->key))
            return scenario_unknown_symbol(scenario, child, reterr);
        status = find_instrument(scenario, child, child->key, &index, reterr);
        if (status == STATUS_OK)
            status = yaml_read_scalar(child, field, &scale[index], reterr);
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
