#include "scenarios/rulebook/rulebook_portfolio_yaml.h"

#include "base/field_value.h"
#include "engine/rules/rulebook_fields.h"
#include "scenarios/yaml/yaml_schema.h"

/* A list of as many as its table allows. */
static enum status expect_rows(const struct yaml_node *node, const struct field *list,
                               struct error *reterr) {
    const enum status status = yaml_expect_sequence(node, reterr);
    if (status == STATUS_OK && (node->count < list->rows.least || node->count > list->rows.most))
        return yaml_error(node, reterr, "%zu to %zu %s", list->rows.least, list->rows.most,
                          list->unit);
    return status;
}

/* A number, or [move, cover]. */
static enum status read_move(const struct yaml_node *node, const struct field *fields,
                             struct portfolio_move *ret_move, struct error *reterr) {
    const struct yaml_node *number = node;
    enum status status = STATUS_OK;
    fields_default(fields, ret_move);
    if (node->kind == YAML_SEQUENCE) {
        if (node->count != 2)
            return yaml_error(node, reterr, "a move is a number, or [move, cover]");
        number = node->child;
        status = yaml_read_scalar(node->child->next, field_find(fields, "cover"),
                                  &ret_move->cover_e8, reterr);
    }
    return status == STATUS_OK ? yaml_read_scalar(number, fields, &ret_move->move_e8, reterr)
                               : status;
}

/* `moves`: room for PORTFOLIO_MOVES_MAX. */
static enum status read_moves(const struct yaml_node *node, struct portfolio_move *moves,
                              size_t *ret_count, struct error *reterr) {
    const struct field *list = rulebook_field("margin.scenario.moves");
    enum status status = expect_rows(node, list, reterr);
    for (const struct yaml_node *child = node->child; child != NULL && status == STATUS_OK;
         child = child->next)
        status = read_move(child, list->of, &moves[(*ret_count)++], reterr);
    return status;
}

static enum status read_symbols(const struct yaml_node *node, struct portfolio_unit *unit,
                                struct error *reterr) {
    const struct field *list = rulebook_field("margin.scenario.units.instruments");
    enum status status = expect_rows(node, list, reterr);
    for (const struct yaml_node *child = node->child; child != NULL && status == STATUS_OK;
         child = child->next)
        status = yaml_read_scalar(child, list->of, &unit->symbols[unit->symbol_count++], reterr);
    return status;
}

/* A list of instruments, or a mapping of them and of the unit's own moves. */
static enum status read_unit(struct yaml_arena *arena, const struct yaml_node *node,
                             const struct field *fields, struct portfolio_unit *unit,
                             struct error *reterr) {
    const struct yaml_node *instruments = node;
    const struct yaml_node *moves = NULL;
    unit->name = node->key;
    if (node->kind == YAML_MAPPING) {
        const enum status status = yaml_read(node, fields, unit, reterr); /* knows the keys */
        if (status != STATUS_OK)
            return status;
        instruments = yaml_find(node, "instruments");
        moves = yaml_find(node, "moves");
        if (instruments == NULL)
            return yaml_missing(node, "instruments", reterr);
    }
    const enum status status = read_symbols(instruments, unit, reterr);
    if (status != STATUS_OK || moves == NULL)
        return status;
    unit->moves = yaml_arena_alloc(arena, PORTFOLIO_MOVES_MAX * sizeof(*unit->moves));
    return read_moves(moves, unit->moves, &unit->move_count, reterr);
}

static enum status read_units(struct yaml_arena *arena, const struct yaml_node *node,
                              struct portfolio_margin *scenario, struct error *reterr) {
    const struct field *list = rulebook_field("margin.scenario.units");
    enum status status = yaml_expect_mapping(node, reterr);
    if (status != STATUS_OK)
        return status;
    if (node->count > list->rows.most)
        return yaml_error(node, reterr, "more than %zu units", list->rows.most);
    scenario->units = yaml_arena_alloc(arena, (node->count + 1) * sizeof(*scenario->units));
    for (const struct yaml_node *child = node->child; child != NULL && status == STATUS_OK;
         child = child->next)
        status =
            read_unit(arena, child, list->of, &scenario->units[scenario->unit_count++], reterr);
    return status;
}

static enum status read_offsets(struct yaml_arena *arena, const struct yaml_node *node,
                                struct portfolio_margin *scenario, struct error *reterr) {
    const struct field *list = rulebook_field("margin.scenario.offsets");
    enum status status = expect_rows(node, list, reterr);
    if (status != STATUS_OK)
        return status;
    scenario->offsets = yaml_arena_alloc(arena, (node->count + 1) * sizeof(*scenario->offsets));
    for (const struct yaml_node *child = node->child; child != NULL && status == STATUS_OK;
         child = child->next) {
        struct portfolio_offset *offset = &scenario->offsets[scenario->offset_count++];
        status = yaml_read(child, list->of, offset, reterr);
        for (const struct field *field = list->of; field->key != NULL && status == STATUS_OK;
             field++)
            if (yaml_find(child, field->key) == NULL)
                return yaml_missing(child, field->key, reterr);
    }
    return status;
}

enum status rulebook_portfolio_read(struct yaml_arena *arena, const struct yaml_node *node,
                                    struct rulebook *rulebook, struct error *reterr) {
    const struct field *fields = field_below(rulebook_field("margin.scenario"));
    const struct yaml_node *units = yaml_find(node, "units");
    const struct yaml_node *moves = yaml_find(node, "moves");
    const struct yaml_node *offsets = yaml_find(node, "offsets");
    struct portfolio_margin *scenario = yaml_arena_alloc(arena, sizeof(*scenario));
    fields_default(fields, scenario);
    enum status status = yaml_read(node, fields, scenario, reterr);
    if (status == STATUS_OK && moves == NULL)
        return yaml_missing(node, "moves", reterr);
    if (status == STATUS_OK)
        status = read_moves(moves, scenario->moves, &scenario->move_count, reterr);
    if (status == STATUS_OK && units != NULL)
        status = read_units(arena, units, scenario, reterr);
    if (status == STATUS_OK && offsets != NULL)
        status = read_offsets(arena, offsets, scenario, reterr);
    rulebook->margin.portfolio = scenario;
    return status;
}
