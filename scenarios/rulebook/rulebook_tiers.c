#include "scenarios/rulebook/rulebook_tiers.h"

#include <stddef.h>
#include <string.h>

#include "scenarios/yaml/yaml_schema.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define TIERS_MAX 256
#define MONEY_MAX 92e9

struct tier_row {
    int64_t floor, cap, rate_e8, deduction, max_leverage_e8;
};

#define AT(member) offsetof(struct tier_row, member)
static const struct yaml_key TIER_KEYS[] = {
    {"floor", YAML_MONEY, AT(floor), 0, MONEY_MAX, false, "notional", NULL},
    {"cap", YAML_MONEY, AT(cap), 0, MONEY_MAX, true, "notional", NULL},
    {"maintenance_rate", YAML_RATE, AT(rate_e8), 0, 1, false, "fraction of notional", NULL},
    {"maintenance_amount", YAML_MONEY, AT(deduction), -MONEY_MAX, MONEY_MAX, false, NULL, NULL},
    {"max_leverage", YAML_RATE, AT(max_leverage_e8), 0, 1000, true, NULL, NULL},
};
#undef AT
enum { TIER_FLOOR, TIER_CAP, TIER_RATE, TIER_AMOUNT };

/* One tier; what is left out is what joins it to the tier below: its cap as floor, and the
 * deduction that leaves no jump. */
static enum status read_tier(const struct yaml_node *node, const struct margin_tier *below,
                             struct margin_tier *ret_tier, struct error *reterr) {
    struct tier_row row = {.cap = INT64_MAX};
    uint64_t given = 0;
    const enum status status = yaml_read(node, TIER_KEYS, COUNT(TIER_KEYS), &row, &given, reterr);
    if (status != STATUS_OK)
        return status;
    if ((given & (1u << TIER_RATE)) == 0)
        return yaml_missing(node, "maintenance_rate", reterr);
    if ((given & (1u << TIER_CAP)) == 0 && node->next != NULL)
        return yaml_missing(node, "cap", reterr);
    if ((given & (1u << TIER_FLOOR)) == 0 && below != NULL)
        row.floor = below->cap;
    if ((given & (1u << TIER_AMOUNT)) == 0 && below != NULL) {
        const int128 step =
            div_nearest((int128)row.floor * (row.rate_e8 - below->rate_e8), RATE_SCALE);
        if (!units_fits_int64(step) ||
            __builtin_add_overflow(below->deduction, (int64_t)step, &row.deduction))
            return yaml_error(node, reterr, "the tier's maintenance_amount is too large");
    }
    *ret_tier = (struct margin_tier){.floor = row.floor,
                                     .cap = row.cap,
                                     .rate_e8 = row.rate_e8,
                                     .deduction = row.deduction,
                                     .max_leverage_e8 = row.max_leverage_e8};
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

void rulebook_tiers_flat(struct yaml_arena *arena, int64_t rate_e8, struct rulebook *rulebook) {
    struct margin_tier *tier = yaml_arena_alloc(arena, sizeof(*tier));
    *tier = (struct margin_tier){.cap = INT64_MAX, .rate_e8 = rate_e8};
    rulebook->margin.tables = yaml_arena_alloc(arena, sizeof(*rulebook->margin.tables));
    rulebook->margin.tables[0] = (struct tier_table){.count = 1, .tiers = tier};
    rulebook->margin.table_count = 1;
}
