#include "scenarios/rulebook/rulebook_stages.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

const struct yaml_choice rulebook_closes[] = {
    {"full", CLOSE_FULL},         {"tier_step", CLOSE_TIER_STEP},
    {"fraction", CLOSE_FRACTION}, {"to_target", CLOSE_TO_TARGET},
    {"step", CLOSE_STEP},         {"portion", CLOSE_PORTION},
    {"to_cover", CLOSE_TO_COVER}, {NULL, 0}};
const struct yaml_choice rulebook_orders[] = {{"all", ORDER_ALL},
                                              {"proportional", ORDER_PROPORTIONAL},
                                              {"largest_loss", ORDER_LARGEST_LOSS},
                                              {"largest_margin", ORDER_LARGEST_MARGIN},
                                              {"largest_notional", ORDER_LARGEST_NOTIONAL},
                                              {"largest_relief", ORDER_LARGEST_RELIEF},
                                              {"delta_neutral", ORDER_DELTA_NEUTRAL},
                                              {"offset_first", ORDER_OFFSET_FIRST},
                                              {"random", ORDER_RANDOM},
                                              {NULL, 0}};
const struct yaml_choice rulebook_prices[] = {
    {"market", PRICE_MARKET}, {"mark", PRICE_MARK}, {"bankruptcy", PRICE_BANKRUPTCY}, {NULL, 0}};
const struct yaml_choice rulebook_actions[] = {
    {"warn", ACTION_WARN},           {"reduce_only", ACTION_REDUCE_ONLY}, {"close", ACTION_CLOSE},
    {"take_over", ACTION_TAKE_OVER}, {"backstop", ACTION_BACKSTOP},       {NULL, 0}};

struct stage_entry {
    int64_t below_e8, at_or_below_e8;
    struct closing closing;
};

#define AT(member) offsetof(struct stage_entry, member)
static const struct yaml_key STAGE_KEYS[] = {
    {"below", YAML_RATE, AT(below_e8), 0, 1000, false, "equity over requirement", NULL},
    {"at_or_below", YAML_RATE, AT(at_or_below_e8), 0, 1000, false, "equity over requirement", NULL},
    {.name = "action",
     .type = YAML_CHOICE,
     .offset = AT(closing.action),
     .choices = rulebook_actions},
    {.name = "close", .type = YAML_CHOICE, .offset = AT(closing.close), .choices = rulebook_closes},
    {"fraction", YAML_RATE, AT(closing.fraction_e8), 0, 1, true, "of the current position", NULL},
    {"target_ratio", YAML_RATE, AT(closing.target_ratio_e8), 1, 1000, false,
     "equity over requirement", NULL},
    {.name = "order", .type = YAML_CHOICE, .offset = AT(closing.order), .choices = rulebook_orders},
    {.name = "price", .type = YAML_CHOICE, .offset = AT(closing.price), .choices = rulebook_prices},
};
#undef AT
enum { KEY_BELOW, KEY_AT_OR_BELOW, KEY_ACTION, KEY_CLOSE, KEY_ORDER = 6, KEY_PRICE };

/* What an action leaves no choice in, and what it takes as its own where nothing is said. */
static enum status settle_action(const struct yaml_node *node, uint64_t given,
                                 struct closing *closing, struct error *reterr) {
    const uint64_t ratio = (1u << KEY_BELOW) | (1u << KEY_AT_OR_BELOW) | (1u << KEY_ACTION);
    switch (closing->action) {
    case ACTION_CLOSE:
        return STATUS_OK;
    case ACTION_TAKE_OVER:
        if (given & (1u << KEY_PRICE))
            return yaml_error(yaml_find(node, "price"), reterr,
                              "take_over is at the bankruptcy price: it has no price of its own");
        closing->price = PRICE_BANKRUPTCY;
        if (!(given & (1u << KEY_CLOSE)))
            closing->close = CLOSE_FULL;
        if (!(given & (1u << KEY_ORDER)))
            closing->order = ORDER_ALL;
        return STATUS_OK;
    case ACTION_WARN:
    case ACTION_REDUCE_ONLY:
    case ACTION_BACKSTOP:
        break;
    }
    if (given & ~ratio)
        return yaml_error(node, reterr,
                          "only close and take_over say what is closed: %s takes no other key",
                          rulebook_actions[closing->action].name);
    closing->close = CLOSE_FULL;
    closing->order = ORDER_ALL;
    closing->price = PRICE_MARK;
    return STATUS_OK;
}

static enum status read_stage(const struct yaml_node *node, const struct rulebook *rulebook,
                              struct liquidation_stage *ret_stage, struct error *reterr) {
    struct stage_entry entry = {.closing = rulebook_closing(rulebook)};
    uint64_t given = 0;
    enum status status = yaml_read(node, STAGE_KEYS, COUNT(STAGE_KEYS), &entry, &given, reterr);
    if (status != STATUS_OK)
        return status;
    const bool below = given & (1u << KEY_BELOW);
    const bool at_or_below = given & (1u << KEY_AT_OR_BELOW);
    if (below == at_or_below)
        return yaml_error(node, reterr, "a stage has either below or at_or_below");
    if (!(given & (1u << KEY_ACTION)))
        return yaml_missing(node, "action", reterr);
    status = settle_action(node, given, &entry.closing, reterr);
    *ret_stage =
        (struct liquidation_stage){.ratio_e8 = below ? entry.below_e8 : entry.at_or_below_e8,
                                   .inclusive = at_or_below,
                                   .closing = entry.closing};
    return status;
}

enum status rulebook_stages_read(const struct yaml_node *node, struct rulebook *rulebook,
                                 struct error *reterr) {
    enum status status = yaml_expect_sequence(node, reterr);
    if (status != STATUS_OK)
        return status;
    if (node->count > LIQUIDATION_STAGES_MAX)
        return yaml_error(node, reterr, "more than %d stages", LIQUIDATION_STAGES_MAX);
    rulebook->liquidation.stage_count = 0;
    for (const struct yaml_node *child = node->child; child != NULL && status == STATUS_OK;
         child = child->next)
        status =
            read_stage(child, rulebook,
                       &rulebook->liquidation.stages[rulebook->liquidation.stage_count++], reterr);
    return status;
}
