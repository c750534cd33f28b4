#include "scenarios/rulebook/rulebook_mark.h"

#include <stddef.h>

#include "base/units.h"
#include "scenarios/yaml/yaml_schema.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define DEFAULT_AVERAGE_NS (150 * NS_PER_S)

static const struct yaml_choice PARTS[] = {
    {"last", MARK_PART_LAST},   {"recorded", MARK_PART_RECORDED}, {"index", MARK_PART_INDEX},
    {"basis", MARK_PART_BASIS}, {"funding", MARK_PART_FUNDING},   {NULL, 0}};

struct mark_section {
    struct mark_rule rule;
    const struct yaml_node *of;
};

#define AT(member) offsetof(struct mark_section, rule.member)
static const struct yaml_key KEYS[] = {
    {.name = "of", .type = YAML_NODE, .offset = offsetof(struct mark_section, of)},
    {"average_ms", YAML_MS, AT(average_ns), 0, 86400000, false, "ms", NULL},
    {"band", YAML_RATE, AT(band_e8), 0, 1, false, "of the index", NULL},
    {"stale_ms", YAML_MS, AT(stale_ns), 0, 86400000, false, "ms; 0: never", NULL},
    {"index_weight", YAML_RATE, AT(index_weight_e8), 0, 1, false, "of the index", NULL},
};
#undef AT

struct mark_rule rulebook_mark_default(void) {
    return (struct mark_rule){
        .part_count = 1, .parts = {MARK_PART_LAST}, .average_ns = DEFAULT_AVERAGE_NS};
}

static enum status read_parts(const struct yaml_node *node, struct mark_rule *rule,
                              struct error *reterr) {
    static const struct yaml_key key = {.name = "of", .type = YAML_CHOICE, .choices = PARTS};
    enum status status = yaml_expect_sequence(node, reterr);
    if (status != STATUS_OK)
        return status;
    if (node->count == 0 || node->count > MARK_PARTS_MAX)
        return yaml_error(node, reterr, "mark.of: 1 to %d prices", MARK_PARTS_MAX);
    rule->part_count = 0;
    for (const struct yaml_node *child = node->child; child != NULL && status == STATUS_OK;
         child = child->next) {
        int part = 0;
        status = yaml_read_scalar(child, &key, &part, reterr);
        rule->parts[rule->part_count++] = (enum mark_part)part;
    }
    return status;
}

enum status rulebook_mark_read(const struct yaml_node *node, struct mark_rule *rule,
                               struct error *reterr) {
    struct mark_section section = {.rule = *rule};
    enum status status = yaml_read(node, KEYS, COUNT(KEYS), &section, NULL, reterr);
    if (status == STATUS_OK && section.of != NULL)
        status = read_parts(section.of, &section.rule, reterr);
    if (status == STATUS_OK)
        *rule = section.rule;
    return status;
}

const char *rulebook_mark_part(enum mark_part part) {
    for (const struct yaml_choice *choice = PARTS; choice->name != NULL; choice++)
        if (choice->value == (int)part)
            return choice->name;
    return "";
}
