/* Goal: YAML comes out as text with its places, and whatever is broken or not wanted is refused
 * with file, line, column, the line and a caret. Method: small documents, and random mutations of a
 * real one, which must neither crash nor hang. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/field_value.h"
#include "base/random_stream.h"
#include "base/units.h"
#include "scenarios/yaml/yaml_schema.h"
#include "scenarios/yaml/yaml_text.h"

static struct yaml_node *parse(struct yaml_arena *arena, const char *text) {
    struct yaml_node *root = NULL;
    struct error error = {0};
    if (yaml_parse(arena, "f.yaml", text, strlen(text), &root, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    return root;
}

static void refused(const char *text, size_t size, const char *says) {
    struct yaml_arena *arena = yaml_arena_create();
    struct yaml_node *root = NULL;
    struct error error = {0};
    assert_int_equal(yaml_parse(arena, "f.yaml", text, size, &root, &error), STATUS_CONFIG);
    assert_null(root);
    if (strstr(error.message, says) == NULL)
        fail_msg("'%s' does not say '%s'", error.message, says);
    yaml_arena_destroy(arena);
}

static void scalars_stay_text(void **state) {
    (void)state;
    struct yaml_arena *arena = yaml_arena_create();
    const struct yaml_node *root = parse(
        arena, "a: no\nb: 0.10\nc: [1e3, 'x: y', \"q\\n\"]\nd: {}\ne:\nf: >-\n  two\n  lines\n");
    assert_int_equal(root->kind, YAML_MAPPING);
    assert_int_equal(root->count, 6);
    assert_string_equal(yaml_find(root, "a")->text, "no");
    assert_string_equal(yaml_find(root, "b")->text, "0.10");
    const struct yaml_node *list = yaml_find(root, "c");
    assert_int_equal(list->kind, YAML_SEQUENCE);
    assert_int_equal(list->count, 3);
    assert_string_equal(list->child->text, "1e3");
    assert_string_equal(list->child->next->text, "x: y");
    assert_string_equal(list->child->next->next->text, "q\n");
    assert_int_equal(list->child->next->line, 3);
    assert_int_equal(yaml_find(root, "d")->kind, YAML_MAPPING);
    assert_string_equal(yaml_find(root, "e")->text, "");
    assert_string_equal(yaml_find(root, "f")->text, "two lines");
    assert_null(yaml_find(root, "g"));
    assert_int_equal(parse(arena, "")->count, 0);
    yaml_arena_destroy(arena);
}

static void an_error_shows_the_place(void **state) {
    (void)state;
    struct yaml_arena *arena = yaml_arena_create();
    struct error error = {0};
    const struct yaml_node *root = parse(arena, "a:\n  b: 1\n  c: [x, yy]\n");
    const struct yaml_node *list = yaml_find(yaml_find(root, "a"), "c");
    assert_int_equal(yaml_error(list->child->next, &error, "bad %d", 7), STATUS_CONFIG);
    assert_string_equal(error.message, "f.yaml:3:10: error: bad 7\n    c: [x, yy]\n           ^");
    assert_int_equal(yaml_key_error(list, &error, "bad"), STATUS_CONFIG);
    assert_string_equal(error.message, "f.yaml:3:3: error: bad\n    c: [x, yy]\n    ^");
    char path[64];
    yaml_path(list->child->next, sizeof(path), path);
    assert_string_equal(path, "a.c[1]");
    yaml_arena_destroy(arena);
}

static void what_is_not_wanted_is_refused(void **state) {
    (void)state;
    const struct {
        const char *text, *says;
    } cases[] = {
        {"a: &x 1\n", "f.yaml:1:"},
        {"a: &x 1\n", "anchors"},
        {"a: 1\nb: *x\n", "aliases"},
        {"a: !!int 3\n", "tags"},
        {"a: 1\nb: 2\na: 3\n", "f.yaml:3:1: error: key 'a' is there twice, first in line 1"},
        {"a: {b: 1, b: 2}\n", "there twice"},
        {"a: 1\n---\nb: 1\n", "second document"},
        {"a: \"x\\0y\"\n", "NUL"},
        {"? [a]\n: b\n", "a key must be text"},
        {"a: [1, 2\n", "closing bracket"},
        {"a:\n\tb: 1\n", "f.yaml:2:1: error: tab"},
        {"a: b: c\n", "f.yaml:1:"},
        {"a: 'x\n", "closing quote"},
        {"'': 1\n", "empty key"},
        {"a: @x\n", "f.yaml:1:4"},
        {"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "nested deeper"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        refused(cases[i].text, strlen(cases[i].text), cases[i].says);
    refused("a: \xff\n", 5, "f.yaml:1: error: byte 3 is not UTF-8");
    refused("a: 1\n% \xfe\n", 9, "is not UTF-8"); /* would loop for ever in libfyaml 0.7.12 */
    refused("a: 1\0b", 7, "is not UTF-8");
    char *large = malloc(YAML_SIZE_MAX + 1);
    assert_non_null(large);
    memset(large, 'x', YAML_SIZE_MAX + 1);
    refused(large, YAML_SIZE_MAX + 1, "larger than");
    free(large);
}

static void a_long_list_is_refused(void **state) {
    (void)state;
    const size_t count = YAML_CHILDREN_MAX + 1;
    char *text = malloc(2 * count + 2);
    assert_non_null(text);
    text[0] = '[';
    for (size_t i = 0; i < count; i++)
        memcpy(text + 1 + 2 * i, "1,", 2);
    text[2 * count + 1] = ']';
    refused(text, 2 * count + 2, "more than 4096 entries");
    free(text);
}

static void a_path_can_be_put(void **state) {
    (void)state;
    struct yaml_arena *arena = yaml_arena_create();
    struct yaml_node *root = parse(arena, "a: {b: 1}\nc: 2\nd:\n");
    struct yaml_node *value = NULL;
    struct error error = {0};
    assert_int_equal(yaml_parse_argument(arena, "--set k", "{x: 8, b: 9}", &value, &error),
                     STATUS_OK);
    assert_int_equal(yaml_put(arena, root, "a", value, &error), STATUS_OK); /* merged */
    assert_int_equal(yaml_put(arena, root, "d.e.f", value, &error), STATUS_OK);
    assert_int_equal(yaml_put(arena, root, "c", value, &error), STATUS_OK); /* replaced */
    assert_string_equal(yaml_find(yaml_find(root, "a"), "b")->text, "9");
    assert_string_equal(yaml_find(yaml_find(root, "a"), "x")->text, "8");
    assert_string_equal(yaml_find(yaml_find(yaml_find(yaml_find(root, "d"), "e"), "f"), "x")->text,
                        "8");
    assert_int_equal(root->count, 3);
    assert_int_equal(yaml_put(arena, root, "a.b.c", value, &error), STATUS_CONFIG);
    assert_string_equal(error.message, "--set k: error: 'b' is not a section, so it has no 'c'");
    assert_int_equal(yaml_put(arena, root, "a.", value, &error), STATUS_CONFIG);
    yaml_remove(root, "c");
    assert_null(yaml_find(root, "c"));
    assert_ptr_equal(yaml_locate(root, "a.x: too small"), yaml_find(yaml_find(root, "a"), "x"));
    assert_ptr_equal(yaml_locate(root, "a.zz.y is"), yaml_find(root, "a"));
    yaml_arena_destroy(arena);
}

struct target {
    const char *text;
    bool flag;
    int choice;
    uint32_t narrow;
    uint64_t wide;
    double number;
    struct decimal decimal;
    int64_t money, rate, span_ns, ts_ns, clock_ns;
};

static const struct field_choice CHOICES[] = {{"red", 4}, {"green", 5}, {"blue", 6}, {NULL, 0}};
#define AT(member) offsetof(struct target, member)
static const struct field KEYS[] = {
    {.key = "text", .kind = FIELD_TEXT, .offset = AT(text)},
    {.key = "flag", .kind = FIELD_BOOL, .offset = AT(flag)},
    {.key = "choice", .kind = FIELD_CHOICE, .offset = AT(choice), .choices = CHOICES},
    {.key = "narrow", .kind = FIELD_UINT32, .offset = AT(narrow), .most = 1e12},
    {.key = "wide", .kind = FIELD_UINT64, .offset = AT(wide)},
    {.key = "number",
     .kind = FIELD_DOUBLE,
     .offset = AT(number),
     .most = 10,
     .above = true,
     .unit = "m"},
    {.key = "decimal", .kind = FIELD_DECIMAL, .offset = AT(decimal)},
    {.key = "money", .kind = FIELD_MONEY, .offset = AT(money), .most = 92e9, .unit = "USDT"},
    {.key = "rate", .kind = FIELD_RATE, .offset = AT(rate), .most = 1},
    {.key = "span_ms", .kind = FIELD_MS, .offset = AT(span_ns), .most = 1e6, .unit = "ms"},
    {.key = "time", .kind = FIELD_TIME, .offset = AT(ts_ns)},
    {.key = "clock", .kind = FIELD_CLOCK, .offset = AT(clock_ns)},
    {.key = "node", .kind = FIELD_NODE},
    FIELD_END,
};
#undef AT

static void a_table_reads_every_type(void **state) {
    (void)state;
    struct yaml_arena *arena = yaml_arena_create();
    struct target target = {.money = 77};
    const struct yaml_node *root =
        parse(arena, "text: 'no'\nflag: true\nchoice: green\nnarrow: 7\n"
                     "wide: 18446744073709551615\nnumber: 2.5e-1\ndecimal: 0.050\nrate: 0.005\n"
                     "span_ms: 1500\ntime: 2021-05-19T13:00:00Z\nclock: 23:59\nnode: [1]\n");
    assert_int_equal(yaml_read(root, KEYS, &target, NULL), STATUS_OK);
    assert_string_equal(target.text, "no");
    assert_true(target.flag);
    assert_int_equal(target.choice, 5);
    assert_int_equal(target.narrow, 7);
    assert_true(target.wide == UINT64_MAX);
    assert_true(target.number == 0.25);
    assert_true(decimal_to_double(target.decimal) == 0.05);
    assert_int_equal(target.rate, 500000);
    assert_int_equal(target.span_ns, INT64_C(1500000000));
    assert_int_equal(target.ts_ns, INT64_C(1621429200000000000));
    assert_int_equal(target.clock_ns, 1439 * NS_PER_MINUTE);
    assert_int_equal(target.money, 77); /* not given, not touched */
    yaml_arena_destroy(arena);
}

static void a_table_names_what_is_wrong(void **state) {
    (void)state;
    const struct {
        const char *text, *says;
    } cases[] = {
        {"monney: 1", "f.yaml:1:1: error: unknown key monney; the nearest known one is 'money'"},
        {"text: [1]", "text must be text, got a list"},
        {"flag: yes", "flag must be true or false, got 'yes'"},
        {"choice: geen", "choice must be one of red, green, blue (nearest: green), got 'geen'"},
        {"choice: {a: 1}", "got a mapping"},
        {"narrow: 4294967296", "at most 4294967295"},
        {"narrow: -1", "narrow must be a whole number, 0 or more"},
        {"narrow: 1.5", "whole number"},
        {"wide: 18446744073709551616", "whole number"},
        {"number: 0", "number must be above 0 and at most 10 (m), got '0'"},
        {"number: 1e400", "number must be a number (m), got '1e400'"},
        {"number: nan", "must be a number"},
        {"number: 0x10", "must be a number"},
        {"number:", "number must be a number (m), got nothing"},
        {"decimal: 1.", "must be a number"},
        {"money: 1.000000001", "at most 8 decimals"},
        {"money: 93e9", "money must be at least 0 and at most 9.2e+10 (USDT)"},
        {"money: -5", "at least 0"},
        {"rate: 1.1", "rate must be at least 0 and at most 1"},
        {"span_ms: 0.5", "span_ms must be a whole number"},
        {"time: 2021-02-30", "time must be a UTC time like"},
        {"clock: 24:00", "clock must be a time of day, HH:MM in UTC, got '24:00'"},
        {"- a", "must be a mapping of keys to values"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct yaml_arena *arena = yaml_arena_create();
        struct target target;
        struct error error = {0};
        assert_int_equal(yaml_read(parse(arena, cases[i].text), KEYS, &target, &error),
                         STATUS_CONFIG);
        if (strstr(error.message, cases[i].says) == NULL)
            fail_msg("'%s' does not say '%s'", error.message, cases[i].says);
        yaml_arena_destroy(arena);
    }
}

static void numbers_have_one_form(void **state) {
    (void)state;
    double value = 0;
    const char *bad[] = {"",   "-",  ".5",  "1.",    "1e",  "1e+",
                         " 1", "1 ", "inf", "1e999", "0x1", "1,5"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(field_parse_double(bad[i], &value));
    assert_true(field_parse_double("-1.25e+2", &value) && value == -125.0);
    assert_true(field_parse_double("+3", &value) && value == 3.0);
    assert_true(field_parse_double("1e-12", &value) && value == 1e-12);
}

static void mutations_neither_crash_nor_hang(void **state) {
    (void)state;
    static const char seed_text[] =
        "scenario: {name: a, from: 2021-05-19T00:00:00Z}\nmarket:\n  instruments: [A, B]\n"
        "  instrument:\n    A: {lot: 0.1, price_tick: auto}\n# note\nvenue:\n  rulebook: "
        "\"x\\ty\"\n"
        "  source: >-\n    folded\n    text\n%TAG ! x\n";
    static const char alphabet[] = "{}[]:,-&*!|>'\"%@#\n\t \\a0\x80\xc3";
    struct random_stream random;
    random_stream_init(&random, 11, RANDOM_TEST, 0);
    print_message("seed 11\n");
    for (int round = 0; round < 20000; round++) {
        char text[sizeof(seed_text)];
        memcpy(text, seed_text, sizeof(text));
        const uint64_t changes = 1 + random_stream_below(&random, 4);
        for (uint64_t k = 0; k < changes; k++)
            text[random_stream_below(&random, sizeof(text) - 1)] =
                alphabet[random_stream_below(&random, sizeof(alphabet) - 1)];
        struct yaml_arena *arena = yaml_arena_create();
        struct yaml_node *root = NULL;
        struct error error = {0};
        const enum status status =
            yaml_parse(arena, "f.yaml", text, sizeof(text) - 1, &root, &error);
        assert_true(status == STATUS_OK || status == STATUS_CONFIG);
        assert_true((root != NULL) == (status == STATUS_OK));
        assert_true(status == STATUS_OK || strncmp(error.message, "f.yaml:", 7) == 0);
        yaml_arena_destroy(arena);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scalars_stay_text),
        cmocka_unit_test(an_error_shows_the_place),
        cmocka_unit_test(what_is_not_wanted_is_refused),
        cmocka_unit_test(a_long_list_is_refused),
        cmocka_unit_test(a_path_can_be_put),
        cmocka_unit_test(a_table_reads_every_type),
        cmocka_unit_test(a_table_names_what_is_wrong),
        cmocka_unit_test(numbers_have_one_form),
        cmocka_unit_test(mutations_neither_crash_nor_hang),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
