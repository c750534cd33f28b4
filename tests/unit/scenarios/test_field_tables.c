/* Goal: tables and what they are about agree: files are held to their ranges, every part has a
 * reader, every choice a name, and no member of a rulebook is in no table. Method: files of one key
 * at and beyond its bounds; the bytes of each struct that its table covers. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "engine/rules/rulebook_fields.h"
#include "scenarios/population/population.h"
#include "scenarios/rulebook/rulebook_yaml.h"
#include "scenarios/scenario.h"
#include "scenarios/scenario_fields.h"
#include "scenarios/yaml/yaml_schema.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static bool has_range(const struct field *field) {
    return field->least != 0.0 || field->most != 0.0 || field->above;
}

/* ---- read ---- */

union scratch {
    struct rulebook rulebook;
    struct scenario scenario;
    struct scenario_instrument instrument;
    struct population_settings population;
};

static void expect_read(const struct field *fields, const struct field *field, double value,
                        double beyond, bool fits) {
    char text[64];
    char line[160];
    union scratch scratch;
    struct error error = {0};
    struct yaml_node *root = NULL;
    struct yaml_arena *arena = yaml_arena_create();
    const bool small = value < 1e6 && value > -1e6;
    (void)snprintf(text, sizeof(text), small ? "%.8f" : "%.0f", value + beyond);
    (void)snprintf(line, sizeof(line), "%s: %s\n", field->key, text);
    assert_int_equal(yaml_parse(arena, "f.yaml", line, strlen(line), &root, NULL), STATUS_OK);
    memset(&scratch, 0, sizeof(scratch));
    const enum status status = yaml_read(root, fields, &scratch, &error);
    if ((status == STATUS_OK) != fits)
        fail_msg("%s%s", line, error.message);
    if (!fits && strstr(error.message, field->key) == NULL)
        fail_msg("'%s' does not name %s", error.message, field->key);
    yaml_arena_destroy(arena);
}

/* Scalars alone: groups and rows are looked at as tables of their own. */
static void read_bounds(const struct field *fields) {
    for (const struct field *field = fields; field->key != NULL; field++) {
        const bool whole =
            field->kind == FIELD_MS || field->kind == FIELD_UINT32 || field->kind == FIELD_UINT64;
        const double step = whole || field->most >= 1e6 ? 1.0 : 1e-8;
        if (field->of != NULL && field->kind != FIELD_LIST)
            read_bounds(field->of);
        if (field->of != NULL || field->by_hand || !has_range(field) || field->kind == FIELD_CHOICE)
            continue;
        expect_read(fields, field, field->most, 0.0, true);
        expect_read(fields, field, field->most, step, false);
        expect_read(fields, field, field->least, field->above ? 0.0 : -step, false);
        expect_read(fields, field, field->least, field->above ? step : 0.0, true);
    }
}

static void files_are_held_to_the_same_ranges(void **state) {
    (void)state;
    const struct field *const tables[] = {
        rulebook_fields,          field_below(rulebook_field("margin.tiers")),
        scenario_market_fields,   field_below(rulebook_field("margin.size")),
        scenario_impact_fields,   field_below(rulebook_field("collateral")),
        scenario_feedback_fields, field_below(rulebook_field("liquidation.stages")),
        scenario_funding_fields,  scenario_instrument_fields,
        scenario_event_fields,    scenario_money_fields,
        population_fields};
    for (size_t t = 0; t < COUNT(tables); t++)
        read_bounds(tables[t]);
}

/* What a table leaves to the hand has a reader. */
static void no_part_is_left_unread(void **state) {
    (void)state;
    size_t parts = 0;
    for (const struct field *section = rulebook_fields; section->key != NULL; section++)
        for (const struct field *field = section->of; field->key != NULL; field++)
            if (field->by_hand && field->key[0] != '\0') {
                parts++;
                if (!rulebook_reads_part(section->key, field->key))
                    fail_msg("nobody reads %s.%s", section->key, field->key);
            }
    assert_true(parts >= 10);
}

/* ---- choices ---- */

static void expect_distinct(const struct field *fields) {
    for (const struct field *field = fields; field->key != NULL; field++) {
        if (field->of != NULL)
            expect_distinct(field->of);
        for (const struct field_choice *a = field->choices; a != NULL && a->name != NULL; a++)
            for (const struct field_choice *b = field->choices; b != a; b++)
                if (strcmp(a->name, b->name) == 0 || a->value == b->value)
                    fail_msg("%s: %s and %s", field->key, a->name, b->name);
    }
}

static void choices_have_names_of_their_own(void **state) {
    (void)state;
    expect_distinct(rulebook_fields);
    assert_string_equal(rulebook_choice_name("waterfall.stages", STAGE_OPEN_INTEREST),
                        "socialise_open_interest");
    assert_string_equal(rulebook_choice_name("liquidation.stages.action", ACTION_BACKSTOP),
                        "backstop");
    assert_string_equal(rulebook_choice_name("liquidation.limit", LIMIT_FILLABLE), "fillable");
    assert_string_equal(rulebook_choice_name("mark.of", MARK_PART_RECORDED), "recorded");
    assert_null(rulebook_field("liquidation.stages.axe"));
    assert_null(rulebook_field("margin.mode.more"));
}

/* ---- members ---- */

#define BYTES_MAX 8192

struct cover {
    size_t size;
    bool taken[BYTES_MAX];
};

static void take(struct cover *cover, size_t offset, size_t size) {
    assert_true(offset + size <= cover->size);
    memset(cover->taken + offset, true, size);
}

static size_t size_of(const struct field *field) {
    switch (field->kind) {
    case FIELD_BOOL:
        return sizeof(bool);
    case FIELD_CHOICE:
    case FIELD_UINT32:
        return sizeof(int);
    case FIELD_DECIMAL:
        return sizeof(struct decimal);
    case FIELD_LIST:
        return field->rows.inside ? field->rows.most * field->rows.size : sizeof(void *);
    case FIELD_TEXT:
    case FIELD_DOUBLE:
    case FIELD_UINT64:
    case FIELD_MONEY:
    case FIELD_RATE:
    case FIELD_MS:
    case FIELD_TIME:
    case FIELD_CLOCK:
    case FIELD_OPTION:
        return sizeof(int64_t);
    case FIELD_GROUP:
    case FIELD_NODE:
        break;
    }
    fail();
    return 0;
}

static void take_table(struct cover *cover, const struct field *fields, size_t base) {
    for (const struct field *field = fields; field->key != NULL; field++) {
        if (field->kind == FIELD_NODE || field->offset == FIELD_NOWHERE)
            continue;
        if (field->kind == FIELD_GROUP) {
            take_table(cover, field->of, base + field->offset);
            continue;
        }
        take(cover, base + field->offset, size_of(field));
        if (field->kind == FIELD_LIST && field->rows.count != FIELD_NOWHERE)
            take(cover, base + field->rows.count, sizeof(size_t));
    }
}

/* Padding is less than eight bytes. */
static void expect_covered(const struct cover *cover, const char *what) {
    size_t free = 0;
    for (size_t i = 0; i < cover->size; i++) {
        free = cover->taken[i] ? 0 : free + 1;
        if (free == 8)
            fail_msg("%s: bytes %zu to %zu belong to no field", what, i - 7, i);
    }
}

/* Members of a row that are no field of their own, as offset and size; size 0 ends them. */
struct beside {
    size_t offset, size;
};

static void cover_rows(const char *key, const struct beside *beside) {
    static struct cover cover;
    const struct field *list = rulebook_field(key);
    while (list->of->kind == FIELD_LIST && list->of->key[0] == '\0')
        list = list->of;
    memset(&cover, 0, sizeof(cover));
    cover.size = list->rows.size;
    if (list->rows.named)
        take(&cover, 0, sizeof(const char *));
    for (; beside != NULL && beside->size > 0; beside++)
        take(&cover, beside->offset, beside->size);
    take_table(&cover, list->of, 0);
    expect_covered(&cover, key);
}

static void every_member_is_in_a_table(void **state) {
    (void)state;
    /* said by which of two keys is there; of a plan, not of a rule */
    static const struct beside of_stage[] = {
        {offsetof(struct liquidation_stage, inclusive), sizeof(bool)},
        {offsetof(struct liquidation_stage, closing.release_e4), sizeof(int64_t)},
        {0, 0}};
    static struct cover cover;
    cover = (struct cover){.size = sizeof(struct rulebook)};
    take_table(&cover, rulebook_head_fields, 0);
    take_table(&cover, rulebook_fields, 0);
    /* said by the key that says the rate */
    take(&cover, offsetof(struct rulebook, margin.orders.rate), sizeof(enum order_rate));
    expect_covered(&cover, "struct rulebook");
    cover = (struct cover){.size = sizeof(struct portfolio_margin)};
    take_table(&cover, field_below(rulebook_field("margin.scenario")), 0);
    expect_covered(&cover, "struct portfolio_margin");
    cover_rows("margin.tiers", NULL);
    cover_rows("margin.size", NULL);
    cover_rows("margin.scenario.units", NULL);
    cover_rows("margin.scenario.moves", NULL);
    cover_rows("margin.scenario.offsets", NULL);
    cover_rows("collateral.bands", NULL);
    cover_rows("waterfall.fund_shares", NULL);
    cover_rows("liquidation.window_quantity", NULL);
    cover_rows("liquidation.stages", of_stage);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_held_to_the_same_ranges),
        cmocka_unit_test(no_part_is_left_unread),
        cmocka_unit_test(choices_have_names_of_their_own),
        cmocka_unit_test(every_member_is_in_a_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
