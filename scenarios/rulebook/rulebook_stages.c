#include "scenarios/rulebook/rulebook_stages.h"

#include <string.h>

#include "engine/rules/rulebook_fields.h"
#include "scenarios/yaml/yaml_schema.h"

/* What an action leaves no choice in, and what it takes as its own where nothing is said. */
static enum status settle_action(const struct yaml_node *node, struct closing *closing,
                                 struct error *reterr) {
    switch (closing->action) {
    case ACTION_CLOSE:
        return STATUS_OK;
    case ACTION_TAKE_OVER:
        if (yaml_find(node, "price") != NULL)
            return yaml_error(yaml_find(node, "price"), reterr,
                              "take_over is at the bankruptcy price: it has no price of its own");
        closing->price = PRICE_BANKRUPTCY;
        if (yaml_find(node, "close") == NULL)
            closing->close = CLOSE_FULL;
        if (yaml_find(node, "order") == NULL)
            closing->order = ORDER_ALL;
        return STATUS_OK;
    case ACTION_WARN:
    case ACTION_REDUCE_ONLY:
    case ACTION_BACKSTOP:
        break;
    }
    for (const struct yaml_node *child = node->child; child != NULL; child = child->next)
        if (strcmp(child->key, "below") != 0 && strcmp(child->key, "at_or_below") != 0 &&
            strcmp(child->key, "action") != 0)
            return yaml_error(
                node, reterr, "only close and take_over say what is closed: %s takes no other key",
                rulebook_choice_name("liquidation.stages.action", (int)closing->action));
    closing->close = CLOSE_FULL;
    closing->order = ORDER_ALL;
    closing->price = PRICE_MARK;
    return STATUS_OK;
}

static enum status read_stage(const struct yaml_node *node, const struct rulebook *rulebook,
                              struct liquidation_stage *ret_stage, struct error *reterr) {
    struct liquidation_stage stage = {.closing = rulebook_closing(rulebook)};
    enum status status =
        yaml_read(node, field_below(rulebook_field("liquidation.stages")), &stage, reterr);
    if (status != STATUS_OK)
        return status;
    stage.inclusive = yaml_find(node, "at_or_below") != NULL;
    if (stage.inclusive == (yaml_find(node, "below") != NULL))
        return yaml_error(node, reterr, "a stage has either below or at_or_below");
    if (yaml_find(node, "action") == NULL)
        return yaml_missing(node, "action", reterr);
    status = settle_action(node, &stage.closing, reterr);
    *ret_stage = stage;
    return status;
}

enum status rulebook_stages_read(struct yaml_arena *arena, const struct yaml_node *node,
                                 struct rulebook *rulebook, struct error *reterr) {
    struct rulebook_liquidation *liquidation = &rulebook->liquidation;
    (void)arena; /* the stages stand in the rulebook itself */
    enum status status = yaml_expect_sequence(node, reterr);
    if (status != STATUS_OK)
        return status;
    if (node->count > LIQUIDATION_STAGES_MAX)
        return yaml_error(node, reterr, "more than %d stages", LIQUIDATION_STAGES_MAX);
    for (const struct yaml_node *child = node->child; child != NULL && status == STATUS_OK;
         child = child->next)
        status =
            read_stage(child, rulebook, &liquidation->stages[liquidation->stage_count++], reterr);
    return status;
}
