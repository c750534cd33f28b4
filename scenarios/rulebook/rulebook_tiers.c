#include "scenarios/rulebook/rulebook_tiers.h"

#include <string.h>

#include "engine/rules/rulebook_fields.h"
#include "scenarios/yaml/yaml_schema.h"

#define TIERS_MAX 256

/* One tier; what is left out is what joins it to the tier below: its cap as floor, and the
 * deduction that leaves no jump. */
static enum status read_tier(const struct yaml_node *node, const struct margin_tier *below,
                             struct margin_tier *ret_tier, struct error *reterr) {
    struct margin_tier tier = {.cap = INT64_MAX};
    const enum status status =
        yaml_read(node, field_below(rulebook_field("margin.tiers")), &tier, reterr);
    if (status != STATUS_OK)
        return status;
    if (yaml_find(node, "maintenance_rate") == NULL)
        return yaml_missing(node, "maintenance_rate", reterr);
    if (yaml_find(node, "cap") == NULL && node->next != NULL)
        return yaml_missing(node, "cap", reterr);
    if (yaml_find(node, "floor") == NULL && below != NULL)
        tier.floor = below->cap;
    if (yaml_find(node, "maintenance_amount") == NULL && below != NULL) {
        const int128 step =
            div_nearest((int128)tier.floor * (tier.rate_e8 - below->rate_e8), RATE_SCALE);
        if (!units_fits_int64(step) ||
            __builtin_add_overflow(below->deduction, (int64_t)step, &tier.deduction))
            return yaml_error(node, reterr, "the tier's maintenance_amount is too large");
    }
    *ret_tier = tier;
    return STATUS_OK;
}

static enum status read_table(struct yaml_arena *arena, const struct yaml_node *node,
                              struct tier_table *ret_table, struct error *reterr) {
    const enum status status = yaml_expect_sequence(node, reterr);
    if (status != STATUS_OK)
        return status;
    if (node->count == 0 || node->count > TIERS_MAX)
        return yaml_error(node, reterr, "a table has 1 to %d tiers", TIERS_MAX);
    struct margin_tier *tiers = yaml_arena_alloc(arena, node->count * sizeof(*tiers));
    size_t i = 0;
    for (const struct yaml_node *child = node->child; child != NULL; child = child->next, i++) {
        const enum status read = read_tier(child, i > 0 ? &tiers[i - 1] : NULL, &tiers[i], reterr);
        if (read != STATUS_OK)
            return read;
    }
    *ret_table = (struct tier_table){.symbol = strcmp(node->key, "default") == 0 ? NULL : node->key,
                                     .count = node->count,
                                     .tiers = tiers};
    return STATUS_OK;
}

enum status rulebook_tiers_read(struct yaml_arena *arena, const struct yaml_node *node,
                                struct rulebook *rulebook, struct error *reterr) {
    enum status status = yaml_expect_mapping(node, reterr);
    if (status != STATUS_OK)
        return status;
    if (node->count == 0)
        return yaml_error(node, reterr, "margin.tiers: no table");
    rulebook->margin.tables =
        yaml_arena_alloc(arena, node->count * sizeof(*rulebook->margin.tables));
    rulebook->margin.table_count = node->count;
    size_t i = 0;
    for (const struct yaml_node *child = node->child; child != NULL; child = child->next, i++) {
        status = read_table(arena, child, &rulebook->margin.tables[i], reterr);
        if (status != STATUS_OK)
            return status;
    }
    /* The last tier takes what lies beyond its cap too, which rulebook_check() has not seen yet:
     * a cap below its floor must stay an error. */
    for (i = 0; i < rulebook->margin.table_count; i++) {
        struct margin_tier *last =
            &rulebook->margin.tables[i].tiers[rulebook->margin.tables[i].count - 1];
        if (last->cap > last->floor)
            last->cap = INT64_MAX;
    }
    return STATUS_OK;
}

enum status rulebook_flat_read(struct yaml_arena *arena, const struct yaml_node *node,
                               struct rulebook *rulebook, struct error *reterr) {
    struct margin_tier *tier = yaml_arena_alloc(arena, sizeof(*tier));
    tier->cap = INT64_MAX;
    rulebook->margin.tables = yaml_arena_alloc(arena, sizeof(*rulebook->margin.tables));
    rulebook->margin.tables[0] = (struct tier_table){.count = 1, .tiers = tier};
    rulebook->margin.table_count = 1;
    return yaml_read_scalar(node, rulebook_field("margin.maintenance_rate"), &tier->rate_e8,
                            reterr);
}
