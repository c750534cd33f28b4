#include "scenarios/rulebook/rulebook_portfolio_yaml.h"

#include <stddef.h>
#include <string.h>

#include "scenarios/yaml/yaml_schema.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define UNITS_MAX 128
#define OFFSETS_MAX 256

struct scenario_row {
    const struct yaml_node *units, *moves, *offsets;
    int64_t basis_e8, minimum_e8;
    struct decimal initial_factor;
    bool holdings;
};

#define AT(member) offsetof(struct scenario_row, member)
static const struct yaml_key KEYS[] = {
    {.name = "units", .type = YAML_NODE, .offset = AT(units)},
    {.name = "moves", .type = YAML_NODE, .offset = AT(moves)},
    {.name = "offsets", .type = YAML_NODE, .offset = AT(offsets)},
    {"basis_rate", YAML_RATE, AT(basis_e8), 0, 1, false, "of the notional that nets", NULL},
    {"minimum_rate", YAML_RATE, AT(minimum_e8), 0, 1, false, "of gross notional", NULL},
    {"initial_factor", YAML_DECIMAL, AT(initial_factor), 0, 100, true, NULL, NULL},
    {.name = "holdings", .type = YAML_BOOL, .offset = AT(holdings)},
};
#undef AT

static const struct yaml_key MOVE = {"move", YAML_DECIMAL, 0, -1, 1, true, "of the price", NULL};
static const struct yaml_key COVER = {"cover", YAML_RATE, 0, 0, 1, true, "of the loss", NULL};
static const struct yaml_key RATE = {"rate", YAML_RATE, 0, 0, 1, false, NULL, NULL};
static const struct yaml_key TEXT = {.name = "symbol", .type = YAML_TEXT};

/* A number, or [move, cover]. */
static enum status read_move(const struct yaml_node *node, struct portfolio_move *ret_move,
                             struct error *reterr) {
    const struct yaml_node *number = node;
    ret_move->cover_e8 = RATE_SCALE;
    if (node->kind == YAML_SEQUENCE) {
        if (node->count != 2)
            return yaml_error(node, reterr, "a move is a number, or [move, cover]");
        number = node->child;
        const enum status status =
            yaml_read_scalar(node->child->next, &COVER, &ret_move->cover_e8, reterr);
        if (status != STATUS_OK)
            return status;
    }
    struct decimal move;
    const enum status status = yaml_read_scalar(number, &MOVE, &move, reterr);
    if (status != STATUS_OK)
        return status;
    move = decimal_normal(move);
    if (move.decimals > 8)
        return yaml_error(number, reterr, "a move has at most 8 decimals");
    ret_move->move_e8 = move.mantissa * units_pow10(8 - move.decimals);
    return STATUS_OK;
}

/* `moves`: room for PORTFOLIO_MOVES_MAX. */
static enum status read_moves(const struct yaml_node *node, struct portfolio_move *moves,
                              size_t *ret_count, struct error *reterr) {
    enum status status = yaml_expect_sequence(node, reterr);
    if (status != STATUS_OK)
        return status;
    if (node->count == 0 || node->count > PORTFOLIO_MOVES_MAX)
        return yaml_error(node, reterr, "1 to %d moves", PORTFOLIO_MOVES_MAX);
    for (const struct yaml_node *child = node->child; child != NULL && status == STATUS_OK;
         child = child->next)
        status = read_move(child, &moves[(*ret_count)++], reterr);
    return status;
}

static enum status read_symbols(const struct yaml_node *node, struct portfolio_unit *unit,
                                struct error *reterr) {
    enum status status = yaml_expect_sequence(node, reterr);
    if (status != STATUS_OK)
        return status;
    if (node->count == 0 || node->count > PORTFOLIO_UNIT_SYMBOLS_MAX)
        return yaml_error(node, reterr, "a unit has 1 to %d instruments",
                          PORTFOLIO_UNIT_SYMBOLS_MAX);
    for (const struct yaml_node *child = node->child; child != NULL && status == STATUS_OK;
         child = child->next)
        status = yaml_read_scalar(child, &TEXT, &unit->symbols[unit->symbol_count++], reterr);
    return status;
}

/* A list of instruments, or a mapping of them and of the unit's own moves. */
static enum status read_unit(struct yaml_arena *arena, const struct yaml_node *node,
                             struct portfolio_unit *unit, struct error *reterr) {
    struct unit_row {
        const struct yaml_node *instruments, *moves;
    } row = {node, NULL};
    static const struct yaml_key keys[] = {
        {.name = "instruments",
         .type = YAML_NODE,
         .offset = offsetof(struct unit_row, instruments)},
        {.name = "moves", .type = YAML_NODE, .offset = offsetof(struct unit_row, moves)}};
    unit->name = node->key;
    if (node->kind == YAML_MAPPING) {
        row.instruments = NULL;
        const enum status status = yaml_read(node, keys, COUNT(keys), &row, NULL, reterr);
        if (status != STATUS_OK)
            return status;
        if (row.instruments == NULL)
            return yaml_missing(node, "instruments", reterr);
    }
    const enum status status = read_symbols(row.instruments, unit, reterr);
    if (status != STATUS_OK || row.moves == NULL)
        return status;
    unit->moves = yaml_arena_alloc(arena, PORTFOLIO_MOVES_MAX * sizeof(*unit->moves));
    return read_moves(row.moves, unit->moves, &unit->move_count, reterr);
}

static enum status read_units(struct yaml_arena *arena, const struct yaml_node *node,
                              struct portfolio_margin *scenario, struct error *reterr) {
    enum status status = yaml_expect_mapping(node, reterr);
    if (status != STATUS_OK)
        return status;
    if (node->count > UNITS_MAX)
        return yaml_error(node, reterr, "more than %d units", UNITS_MAX);
    scenario->units = yaml_arena_alloc(arena, (node->count + 1) * sizeof(*scenario->units));
    for (const struct yaml_node *child = node->child; child != NULL && status == STATUS_OK;
         child = child->next)
        status = read_unit(arena, child, &scenario->units[scenario->unit_count++], reterr);
    return status;
}

static enum status read_offset(const struct yaml_node *node, struct portfolio_offset *offset,
                               struct error *reterr) {
    struct offset_row {
        const struct yaml_node *units, *rate;
    } row = {NULL, NULL};
    static const struct yaml_key keys[] = {
        {.name = "units", .type = YAML_NODE, .offset = offsetof(struct offset_row, units)},
        {.name = "rate", .type = YAML_NODE, .offset = offsetof(struct offset_row, rate)}};
    enum status status = yaml_read(node, keys, COUNT(keys), &row, NULL, reterr);
    if (status != STATUS_OK)
        return status;
    if (row.units == NULL || row.rate == NULL)
        return yaml_missing(node, row.units == NULL ? "units" : "rate", reterr);
    status = yaml_expect_sequence(row.units, reterr);
    if (status == STATUS_OK && row.units->count != 2)
        status = yaml_error(row.units, reterr, "an offset is between two units");
    if (status == STATUS_OK)
        status = yaml_read_scalar(row.units->child, &TEXT, &offset->units[0], reterr);
    if (status == STATUS_OK)
        status = yaml_read_scalar(row.units->child->next, &TEXT, &offset->units[1], reterr);
    return status == STATUS_OK ? yaml_read_scalar(row.rate, &RATE, &offset->rate_e8, reterr)
                               : status;
}

static enum status read_offsets(struct yaml_arena *arena, const struct yaml_node *node,
                                struct portfolio_margin *scenario, struct error *reterr) {
    enum status status = yaml_expect_sequence(node, reterr);
    if (status != STATUS_OK)
        return status;
    if (node->count > OFFSETS_MAX)
        return yaml_error(node, reterr, "more than %d offsets", OFFSETS_MAX);
    scenario->offsets = yaml_arena_alloc(arena, (node->count + 1) * sizeof(*scenario->offsets));
    for (const struct yaml_node *child = node->child; child != NULL && status == STATUS_OK;
         child = child->next)
        status = read_offset(child, &scenario->offsets[scenario->offset_count++], reterr);
    return status;
}

enum status rulebook_portfolio_read(struct yaml_arena *arena, const struct yaml_node *node,
                                    struct portfolio_margin **ret_scenario, struct error *reterr) {
    struct scenario_row row = {.initial_factor = {1, 0}};
    enum status status = yaml_read(node, KEYS, COUNT(KEYS), &row, NULL, reterr);
    if (status != STATUS_OK)
        return status;
    if (row.moves == NULL)
        return yaml_missing(node, "moves", reterr);
    struct portfolio_margin *scenario = yaml_arena_alloc(arena, sizeof(*scenario));
    scenario->basis_rate_e8 = row.basis_e8;
    scenario->minimum_rate_e8 = row.minimum_e8;
    scenario->initial_factor = row.initial_factor;
    scenario->holdings = row.holdings;
    status = read_moves(row.moves, scenario->moves, &scenario->move_count, reterr);
    if (status == STATUS_OK && row.units != NULL)
        status = read_units(arena, row.units, scenario, reterr);
    if (status == STATUS_OK && row.offsets != NULL)
        status = read_offsets(arena, row.offsets, scenario, reterr);
    *ret_scenario = scenario;
    return status;
}
