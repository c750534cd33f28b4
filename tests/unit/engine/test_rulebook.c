/* Goal: a rulebook that could mislead the engine never reaches it, and the key at fault is named.
 * Method: a good rulebook, changed in one place at a time. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/rules/funding_cap.h"
#include "engine/rules/rulebook.h"

#define USDT(x) ((int64_t)(x)*MONEY_SCALE)

struct fixture {
    struct margin_tier tiers[3];
    struct margin_tier flat[1];
    struct tier_table tables[2];
    struct rulebook rulebook;
};

static struct fixture *fresh(struct fixture *f) {
    *f = (struct fixture){
        .tiers = {{0, USDT(50000), 400000, 0, 0},
                  {USDT(50000), USDT(250000), 500000, USDT(50), 0},
                  {USDT(250000), INT64_MAX, 1000000, USDT(1300), 0}},
        .flat = {{0, INT64_MAX, 500000, 0, 0}},
    };
    f->tables[0] = (struct tier_table){"BTCUSDT", 3, f->tiers};
    f->tables[1] = (struct tier_table){NULL, 1, f->flat};
    f->rulebook = (struct rulebook){.name = "test",
                                    .margin.table_count = 2,
                                    .margin.tables = f->tables,
                                    .margin.maintenance_multiplier = {1, 0},
                                    .liquidation.fraction_e8 = RATE_SCALE / 5,
                                    .liquidation.target_ratio_e8 = RATE_SCALE,
                                    .waterfall.stage_count = 1,
                                    .waterfall.stages = {STAGE_INSURANCE_FUND}};
    return f;
}

static void refused(struct fixture *f, const char *start) {
    struct error error = {0};
    assert_int_equal(rulebook_check(&f->rulebook, &error), STATUS_CONFIG);
    if (strncmp(error.message, start, strlen(start)) != 0)
        fail_msg("'%s' does not start with '%s'", error.message, start);
}

static void a_good_rulebook_passes(void **state) {
    (void)state;
    struct fixture f;
    assert_int_equal(rulebook_check(&fresh(&f)->rulebook, NULL), STATUS_OK);
    /* a deduction rounded to the money unit leaves no more than one unit of a jump */
    f.tiers[1].deduction++;
    f.tiers[2].deduction++;
    assert_int_equal(rulebook_check(&f.rulebook, NULL), STATUS_OK);
    fresh(&f)->rulebook.waterfall.stage_count = 0; /* nobody pays: all is unpaid */
    assert_int_equal(rulebook_check(&f.rulebook, NULL), STATUS_OK);
}

static void broken_tiers_are_refused(void **state) {
    (void)state;
    struct fixture f;
    fresh(&f)->tiers[1].floor += 1;
    refused(&f, "margin.tiers.BTCUSDT[1].floor: 50000.00000001 is not the cap of the tier below");
    fresh(&f)->tiers[1].floor -= 1;
    refused(&f, "margin.tiers.BTCUSDT[1].floor");
    fresh(&f)->tiers[0].floor = 1;
    refused(&f, "margin.tiers.BTCUSDT[0].floor");
    fresh(&f)->tiers[2].cap = USDT(250000);
    refused(&f, "margin.tiers.BTCUSDT[2].cap");
    fresh(&f)->tiers[1].deduction += 2;
    refused(&f, "margin.tiers.BTCUSDT[1].maintenance_amount: the requirement jumps");
    fresh(&f)->tiers[1].deduction -= 2;
    refused(&f, "margin.tiers.BTCUSDT[1].maintenance_amount");
    fresh(&f)->tiers[0].deduction = -1;
    refused(&f, "margin.tiers.BTCUSDT[0].maintenance_amount");
    fresh(&f)->tiers[2].rate_e8 = RATE_SCALE + 1;
    refused(&f, "margin.tiers.BTCUSDT[2].maintenance_rate: 1.00000001 is outside 0..1");
    fresh(&f)->tiers[0].rate_e8 = -1;
    refused(&f, "margin.tiers.BTCUSDT[0].maintenance_rate");
    fresh(&f)->tiers[1].rate_e8 = 300000;
    refused(&f, "margin.tiers.BTCUSDT[1].maintenance_rate: must not fall");
    fresh(&f)->tables[0].count = 0;
    refused(&f, "margin.tiers.BTCUSDT: needs");
    fresh(&f)->tables[1].symbol = "BTCUSDT";
    refused(&f, "margin.tiers.BTCUSDT: given twice");
    fresh(&f)->flat[0].max_leverage_e8 = -1;
    refused(&f, "margin.tiers.default[0].max_leverage");
    fresh(&f)->rulebook.margin.table_count = 0;
    refused(&f, "margin.maintenance_rate");
}

static void numbers_out_of_range_are_refused(void **state) {
    (void)state;
    struct fixture f;
    fresh(&f)->rulebook.margin.maintenance_multiplier = (struct decimal){0, 0};
    refused(&f, "margin.maintenance_multiplier");
    fresh(&f)->rulebook.margin.maintenance_multiplier = (struct decimal){101, 0};
    refused(&f, "margin.maintenance_multiplier");
    fresh(&f)->rulebook.margin.maintenance_multiplier = (struct decimal){1000000001, 9};
    refused(&f, "margin.maintenance_multiplier");
    fresh(&f)->rulebook.margin.maintenance_multiplier =
        (struct decimal){100, 0}; /* 0.01 becomes 1 */
    assert_int_equal(rulebook_check(&f.rulebook, NULL), STATUS_OK);
    f.tiers[2] = (struct margin_tier){USDT(250000), INT64_MAX, 1000001, USDT(1300) + 250000, 0};
    refused(&f, "margin.maintenance_multiplier: takes the highest rate of BTCUSDT above 1");
    fresh(&f)->rulebook.margin.initial_rate_e8 = RATE_SCALE + 1;
    refused(&f, "margin.initial_rate");
    fresh(&f)->rulebook.liquidation.close = CLOSE_FRACTION;
    f.rulebook.liquidation.fraction_e8 = 0;
    refused(&f, "liquidation.fraction");
    fresh(&f)->rulebook.liquidation.close = CLOSE_TO_TARGET;
    f.rulebook.liquidation.target_ratio_e8 = RATE_SCALE - 1;
    refused(&f, "liquidation.target_ratio");
    fresh(&f)->rulebook.liquidation.fee_rate_e8 = -1;
    refused(&f, "liquidation.fee_rate");
    fresh(&f)->rulebook.limits.interval_ns = -1;
    refused(&f, "liquidation.interval_ms");
}

static void unknown_choices_are_refused(void **state) {
    (void)state;
    struct fixture f;
    fresh(&f)->rulebook.margin.mode = (enum margin_mode)9;
    refused(&f, "margin.mode");
    fresh(&f)->rulebook.margin.trigger = (enum trigger_rule)9;
    refused(&f, "margin.trigger");
    fresh(&f)->rulebook.liquidation.close = (enum close_rule)9;
    refused(&f, "liquidation.close");
    fresh(&f)->rulebook.liquidation.order = (enum close_order)9;
    refused(&f, "liquidation.order");
    fresh(&f)->rulebook.liquidation.price = (enum close_price)9;
    refused(&f, "liquidation.price");
    fresh(&f)->rulebook.liquidation.bankruptcy = (enum bankruptcy_rule)9;
    refused(&f, "liquidation.bankruptcy");
    fresh(&f)->rulebook.liquidation.fee_to = (enum fee_receiver)9;
    refused(&f, "liquidation.fee_to");
    fresh(&f)->rulebook.waterfall.stages[0] = (enum waterfall_stage)9;
    refused(&f, "waterfall.stages[0]: unknown stage");
    fresh(&f)->rulebook.waterfall.stage_count = 2;
    refused(&f, "waterfall.stages[1]: the same stage"); /* 0 is the fund again */
    fresh(&f)->rulebook.waterfall.stage_count = WATERFALL_STAGES_MAX + 1;
    refused(&f, "waterfall.stages");
    fresh(&f)->rulebook.waterfall.adl_rank = (enum adl_rank)9;
    refused(&f, "waterfall.adl_rank");
    fresh(&f)->rulebook.waterfall.adl_price = (enum adl_price)9;
    refused(&f, "waterfall.adl_price");
    fresh(&f)->rulebook.waterfall.adl_tie = (enum adl_tie)9;
    refused(&f, "waterfall.adl_tie");
    fresh(&f)->rulebook.waterfall.adl_veto = (enum adl_veto)9;
    refused(&f, "waterfall.adl_veto");
    fresh(&f)->rulebook.funding.cap_share_e8 = RATE_SCALE + 1;
    refused(&f, "funding.cap_share");
}

/* BitMEX, 17 April 2020: XBTUSD's maintenance margin from 0.50 to 0.45 % at an initial margin of 1
 * % takes the cap from 0.375 to 0.4125 %. */
static void lower_maintenance_raises_the_funding_cap(void **state) {
    (void)state;
    struct fixture f;
    assert_int_equal(funding_cap(1000000, 500000, 75000000), 375000);
    assert_int_equal(funding_cap(1000000, 450000, 75000000), 412500);
    assert_int_equal(funding_cap(500000, 500000, 75000000), 0);
    assert_int_equal(funding_cap(500000, 500001, 75000000), 0);

    fresh(&f);
    assert_true(funding_cap_of(&f.rulebook, "BTCUSDT") == FUNDING_CAP_NONE);
    f.rulebook.funding.cap_share_e8 = 75000000;
    f.rulebook.margin.initial_rate_e8 = 2000000;
    f.tiers[0].max_leverage_e8 = 0;
    f.tiers[0].rate_e8 = 900000;
    f.rulebook.margin.maintenance_multiplier = (struct decimal){2, 0};
    assert_int_equal(funding_cap_of(&f.rulebook, "BTCUSDT"), 150000);
    f.tiers[0].max_leverage_e8 = 50 * RATE_SCALE; /* 2 % too, by leverage */
    f.rulebook.margin.initial_rate_e8 = 5000000;
    assert_int_equal(funding_cap_of(&f.rulebook, "BTCUSDT"), 150000);
    struct size_curve curves[] = {{.symbol = "BTCUSDT", .base = {4, 3}},
                                  {.symbol = "BTCUSDT", .base = {1, 3}, .floor = {1, 2}}};
    f.rulebook.margin.sizes = &curves[0]; /* by size: 0.4 % (doubled) and 1 % */
    f.rulebook.margin.size_count = 1;
    f.rulebook.margin.initial_sizes = &curves[1];
    f.rulebook.margin.initial_size_count = 1;
    assert_int_equal(funding_cap_of(&f.rulebook, "BTCUSDT"), 150000);
    f.rulebook.margin.size_count = f.rulebook.margin.initial_size_count = 0;
    f.tiers[0].max_leverage_e8 = 0;
    f.rulebook.margin.initial_rate_e8 = 0; /* nothing to go by */
    assert_true(funding_cap_of(&f.rulebook, "BTCUSDT") == FUNDING_CAP_NONE);
}

static void a_symbol_finds_its_table(void **state) {
    (void)state;
    struct fixture f;
    fresh(&f);
    assert_ptr_equal(rulebook_table(&f.rulebook, "BTCUSDT"), &f.tables[0]);
    assert_ptr_equal(rulebook_table(&f.rulebook, "VENUE:BTCUSDT"), &f.tables[0]);
    assert_ptr_equal(rulebook_table(&f.rulebook, "ETHUSDT"), &f.tables[1]);
    f.rulebook.margin.table_count = 1;
    assert_null(rulebook_table(&f.rulebook, "ETHUSDT"));
}

static void equal_means_the_same_rules(void **state) {
    (void)state;
    struct fixture a;
    struct fixture b;
    fresh(&a);
    fresh(&b)->rulebook.name = "other";
    b.rulebook.margin.maintenance_multiplier = (struct decimal){100, 2};
    assert_true(rulebook_equal(&a.rulebook, &b.rulebook));
    b.tiers[2].deduction++;
    assert_false(rulebook_equal(&a.rulebook, &b.rulebook));
    fresh(&b)->rulebook.liquidation.fee_rate_e8 = 1;
    assert_false(rulebook_equal(&a.rulebook, &b.rulebook));
    fresh(&b)->rulebook.waterfall.stages[0] = STAGE_ADL;
    assert_false(rulebook_equal(&a.rulebook, &b.rulebook));
    fresh(&b)->rulebook.waterfall.adl_veto = ADL_VETO_LOSERS;
    assert_false(rulebook_equal(&a.rulebook, &b.rulebook));
    fresh(&b)->rulebook.margin.maintenance_multiplier = (struct decimal){101, 2};
    assert_false(rulebook_equal(&a.rulebook, &b.rulebook));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_rulebook_passes),
        cmocka_unit_test(broken_tiers_are_refused),
        cmocka_unit_test(numbers_out_of_range_are_refused),
        cmocka_unit_test(unknown_choices_are_refused),
        cmocka_unit_test(lower_maintenance_raises_the_funding_cap),
        cmocka_unit_test(a_symbol_finds_its_table),
        cmocka_unit_test(equal_means_the_same_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
