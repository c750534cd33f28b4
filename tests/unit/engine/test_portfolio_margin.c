/* Goal: portfolio margin takes each unit's own moves. Method: values worked out by hand, through
 * the compiled rule. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/rules/portfolio_margin.h"

#define USDT(x) ((int64_t)(x)*MONEY_SCALE)
#define PERCENT (RATE_SCALE / 100)

static struct portfolio_move wide[] = {
    {-60 * PERCENT, 35 * PERCENT}, {-30 * PERCENT, RATE_SCALE}, {20 * PERCENT, RATE_SCALE}};
static struct portfolio_unit units[] = {
    {.name = "A", .symbol_count = 1, .symbols = {"X"}},
    {.name = "B", .symbol_count = 2, .symbols = {"Y", "Z"}, .move_count = 3, .moves = wide}};
static struct portfolio_margin margin = {
    .unit_count = 2,
    .units = units,
    .move_count = 2,
    .moves = {{-10 * PERCENT, RATE_SCALE}, {10 * PERCENT, RATE_SCALE}},
    .initial_factor = {1, 0}};
static struct rulebook rules = {
    .name = "units", .margin.maintenance_multiplier = {1, 0}, .margin.portfolio = &margin};

static void compile(struct portfolio_rule *ret_rule) {
    static struct instrument instruments[4];
    static const char *const symbols[] = {"X", "Y", "Z", "W"};
    for (size_t i = 0; i < 4; i++)
        instruments[i] = (struct instrument){.symbol = symbols[i],
                                             .kind = i == 2 ? CONTRACT_INVERSE : CONTRACT_LINEAR,
                                             .price_tick = {1, 0},
                                             .lot = {1, 0},
                                             .contract_size = {1, 0}};
    assert_int_equal(portfolio_rule_init(ret_rule, &rules, instruments, 4, NULL), STATUS_OK);
}

static struct portfolio_exposure at(const struct portfolio_rule *rule, uint32_t i, int64_t value) {
    return (struct portfolio_exposure){.factor = i,
                                       .unit = rule->unit_of[i],
                                       .inverse = i == 2,
                                       .value = {USDT(value), USDT(value)}};
}

static void expect(const struct portfolio_rule *rule, const struct portfolio_exposure *exposures,
                   size_t count, int64_t required) {
    assert_true(portfolio_rule_requirement(rule, exposures, count) == USDT(required));
}

/* 1000 of X and of W, in no unit: 10 % either way. 1000 of Y: 30 % down, more than 35 % of 60 %,
 * and 20 % for a short. 1000 coins of Z, an inverse long, whose value is -1000: 0.3 / 0.7 down is
 * 428.57..., 0.35 of 0.6 / 0.4 is 525. Y and Z together, which are one unit: 210 + 525, more than
 * 300 + 428.57. */
static void a_unit_has_its_own_moves(void **state) {
    (void)state;
    struct portfolio_rule rule;
    compile(&rule);
    const struct portfolio_exposure x = at(&rule, 0, 1000);
    const struct portfolio_exposure w = at(&rule, 3, -1000);
    const struct portfolio_exposure y = at(&rule, 1, 1000);
    const struct portfolio_exposure y_short = at(&rule, 1, -1000);
    const struct portfolio_exposure z = at(&rule, 2, -1000);
    expect(&rule, &x, 1, 100);
    expect(&rule, &w, 1, 100);
    expect(&rule, &y, 1, 300);
    expect(&rule, &y_short, 1, 200);
    expect(&rule, &z, 1, 525);
    const struct portfolio_exposure all[] = {x, y, w};
    expect(&rule, all, 3, 500);
    const struct portfolio_exposure unit[] = {y, z};
    expect(&rule, unit, 2, 735);
    portfolio_rule_finish(&rule);
}

/* Between 1000 and 1200 of Y no more is asked than at 1200. */
static void a_box_is_bounded_by_its_own_moves(void **state) {
    (void)state;
    struct portfolio_rule rule;
    compile(&rule);
    struct portfolio_exposure y = at(&rule, 1, 1000);
    y.value[1] = USDT(1200);
    expect(&rule, &y, 1, 360);
    portfolio_rule_finish(&rule);
}

static void alone_a_contract_needs_its_units_worst_move(void **state) {
    (void)state;
    assert_int_equal(portfolio_worst_rate(&margin, "X"), 10 * PERCENT);
    assert_int_equal(portfolio_worst_rate(&margin, "venue:Y"), 30 * PERCENT);
    assert_int_equal(portfolio_worst_rate(&margin, "W"), 10 * PERCENT);
    assert_int_equal(portfolio_worst_rate(&margin, NULL), 10 * PERCENT);
}

static void moves_are_checked_and_compared(void **state) {
    (void)state;
    struct error error = {0};
    struct portfolio_move other[] = {{-60 * PERCENT, 35 * PERCENT}};
    struct portfolio_unit changed[] = {units[0], units[1]};
    struct portfolio_margin scenario = margin;
    struct rulebook b = rules;
    scenario.units = changed;
    b.margin.portfolio = &scenario;
    assert_int_equal(rulebook_check(&b, NULL), STATUS_OK);
    assert_true(rulebook_equal(&rules, &b));
    changed[1].move_count = 1;
    assert_false(rulebook_equal(&rules, &b));
    changed[1].moves = other;
    other[0].move_e8 = -RATE_SCALE;
    assert_int_equal(rulebook_check(&b, &error), STATUS_CONFIG);
    assert_string_equal(error.message,
                        "margin.scenario.units.B.moves[0]: must be above -1 and at most 1");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_unit_has_its_own_moves),
        cmocka_unit_test(a_box_is_bounded_by_its_own_moves),
        cmocka_unit_test(alone_a_contract_needs_its_units_worst_move),
        cmocka_unit_test(moves_are_checked_and_compared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
