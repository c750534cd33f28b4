/* Goal: maintenance margin follows the venue's brackets, and the bound prices of a box are exact:
 * at the bound the share is lost or may be, one tick inside it is not.
 * Method: figures of a dated venue table; then random tables and positions against a search. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random_stream.h"
#include "engine/rules/margin.h"

#define USDT(x) ((int64_t)(x)*MONEY_SCALE)

/* BTCUSDT at Binance, 18 March to 22 June 2021 (announcements of both dates), first five tiers. */
static struct margin_tier btc_tiers[] = {
    {0, USDT(50000), 400000, 0, 0},
    {USDT(50000), USDT(250000), 500000, USDT(50), 0},
    {USDT(250000), USDT(1000000), 1000000, USDT(1300), 0},
    {USDT(1000000), USDT(10000000), 2500000, USDT(16300), 0},
    {USDT(10000000), USDT(20000000), 5000000, USDT(266300), 0},
};

static void make_rule(struct margin_rule *rule, struct instrument *instrument,
                      struct tier_table *table, struct decimal multiplier) {
    const struct rulebook rulebook = {.name = "test",
                                      .margin.table_count = 1,
                                      .margin.tables = table,
                                      .margin.maintenance_multiplier = multiplier};
    struct error error;
    assert_int_equal(instrument_init(instrument, &error), STATUS_OK);
    assert_int_equal(margin_rule_init(rule, &rulebook, instrument, &error), STATUS_OK);
}

static void maintenance_follows_the_brackets(void **state) {
    (void)state;
    struct instrument instrument = {
        .symbol = "BTCUSDT", .price_tick = {1, 2}, .lot = {1, 3}, .contract_size = {1, 0}};
    struct tier_table table = {NULL, 5, btc_tiers};
    struct margin_rule rule;
    make_rule(&rule, &instrument, &table, (struct decimal){1, 0});
    assert_true(margin_maintenance(&rule, USDT(50000)) == USDT(200));
    assert_true(margin_maintenance(&rule, USDT(250000)) == USDT(1200));
    assert_true(margin_maintenance(&rule, USDT(1000000)) == USDT(8700));
    assert_true(margin_maintenance(&rule, USDT(5000000)) == USDT(108700));
    assert_true(margin_maintenance(&rule, USDT(20000000)) == USDT(733700));
    assert_true(margin_maintenance(&rule, 1) == 1); /* what is held rounds up */
    margin_rule_finish(&rule);
    make_rule(&rule, &instrument, &table, (struct decimal){125, 2});
    assert_true(margin_maintenance(&rule, USDT(1000000)) == USDT(10875));
    margin_rule_finish(&rule);
}

/* value - maintenance of a long, and value + maintenance owed by a short, as box.c takes them */
static int128 contribution(const struct margin_rule *rule, int64_t lots, int64_t price) {
    return instrument_value_floor(rule->instrument, lots, price) -
           margin_maintenance(rule, margin_notional(rule, lots, price));
}

static void check_long(const struct margin_rule *rule, int64_t lots, int128 target, int64_t top) {
    const int64_t bound = margin_trigger_price(rule, lots, 0, target);
    for (int64_t price = 1; price <= top; price++) {
        if (price > bound)
            assert_true(contribution(rule, lots, price) >= target);
        else if (rule->instrument->value_den == 1)
            assert_true(contribution(rule, lots, price) < target);
    }
}

static void check_short(const struct margin_rule *rule, int64_t lots, int128 limit, int64_t top) {
    const int64_t bound = margin_trigger_price(rule, lots, 0, -limit);
    for (int64_t price = 1; price <= top; price++) {
        const int128 owed = -contribution(rule, lots, price);
        if (bound == MARGIN_PRICE_NEVER || price < bound)
            assert_true(owed <= limit);
        else if (rule->instrument->value_den == 1)
            assert_true(owed > limit);
    }
}

static void bounds_are_exact(void **state) {
    (void)state;
    struct random_stream random;
    const uint64_t seed = 20210519;
    print_message("seed %llu\n", (unsigned long long)seed);
    random_stream_init(&random, seed, RANDOM_TEST, 1);
    for (int round = 0; round < 3000; round++) {
        struct margin_tier tiers[4];
        int64_t floor = 0;
        int64_t rate = random_stream_between(&random, 0, 20000000);
        int64_t deduction = 0;
        const size_t count = 1 + random_stream_below(&random, 4);
        for (size_t k = 0; k < count; k++) {
            const int64_t cap = floor + random_stream_between(&random, 1, 60) * 100;
            tiers[k] = (struct margin_tier){floor, cap, rate, deduction, 0};
            const int64_t next = rate + random_stream_between(&random, 0, 20) * 1000000;
            deduction += cap * (next - rate) / RATE_SCALE; /* caps are hundreds: exact */
            rate = next;
            floor = cap;
        }
        struct tier_table table = {NULL, count, tiers};
        /* one lot at one tick is 1 money unit, or 1/3 of ten in coarse steps */
        struct instrument instrument = {.symbol = "X",
                                        .price_tick = {1, 4},
                                        .lot = {1, random_stream_below(&random, 2) ? 4 : 5},
                                        .contract_size = {random_stream_between(&random, 1, 7), 0}};
        struct margin_rule rule;
        make_rule(&rule, &instrument, &table, (struct decimal){1, 0});
        const int64_t lots = random_stream_between(&random, 1, 40);
        const int64_t top = 200;
        const int64_t at = random_stream_between(&random, 1, top);
        const int64_t part = random_stream_between(&random, 0, 300);
        check_long(&rule, lots, contribution(&rule, lots, at) - part, top);
        check_short(&rule, -lots, -contribution(&rule, -lots, at) + part, top);
        margin_rule_finish(&rule);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(maintenance_follows_the_brackets),
        cmocka_unit_test(bounds_are_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
