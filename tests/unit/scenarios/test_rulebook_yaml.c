/* Goal: a rulebook file becomes the rules it states, with the stated defaults; everything else is
 * refused at its place. Method: files written to a temporary folder, and the bundled ones against
 * figures of the venue's announcements. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <glib.h>
#include <glib/gstdio.h>

#include "scenarios/rulebook/rulebook_yaml.h"

#define USDT(x) ((int64_t)(x)*MONEY_SCALE)

static char *folder;

static int make_folder(void **state) {
    (void)state;
    folder = g_dir_make_tmp("rulebook-XXXXXX", NULL);
    return folder == NULL ? -1 : 0;
}

static int remove_folder(void **state) {
    (void)state;
    const char *names[] = {"r.yaml", "t.csv"};
    for (size_t i = 0; i < 2; i++) {
        char *path = g_build_filename(folder, names[i], NULL);
        (void)g_remove(path); /* not every test wrote both */
        g_free(path);
    }
    const int rc = g_rmdir(folder);
    g_free(folder);
    return rc;
}

static void write_file(const char *name, const char *text) {
    char *path = g_build_filename(folder, name, NULL);
    assert_true(g_file_set_contents(path, text, -1, NULL));
    g_free(path);
}

static enum status read_rulebook(struct yaml_arena *arena, const char *name, const char *overrides,
                                 struct rulebook *ret_rulebook, struct error *reterr) {
    struct config_files files = {.arena = arena, .bundled_dir = getenv("CROSSFALL_SCENARIOS")};
    struct yaml_node *tree = NULL;
    assert_non_null(files.bundled_dir);
    if (overrides != NULL)
        assert_int_equal(yaml_parse(arena, "o.yaml", overrides, strlen(overrides), &tree, reterr),
                         STATUS_OK);
    return rulebook_read(&files, name, folder, tree, ret_rulebook, reterr);
}

static void good(struct yaml_arena *arena, const char *name, const char *overrides,
                 struct rulebook *ret_rulebook) {
    struct error error = {0};
    if (read_rulebook(arena, name, overrides, ret_rulebook, &error) != STATUS_OK)
        fail_msg("%s", error.message);
}

static void bad(const char *text, const char *overrides, const char *says) {
    struct yaml_arena *arena = yaml_arena_create();
    struct rulebook rulebook;
    struct error error = {0};
    write_file("r.yaml", text);
    assert_int_equal(read_rulebook(arena, "r.yaml", overrides, &rulebook, &error), STATUS_CONFIG);
    if (strstr(error.message, says) == NULL)
        fail_msg("'%s' does not say '%s'", error.message, says);
    yaml_arena_destroy(arena);
}

static void defaults_are_filled_in(void **state) {
    (void)state;
    struct yaml_arena *arena = yaml_arena_create();
    struct rulebook r;
    write_file("r.yaml", "name: x\nmargin: {maintenance_rate: 0.005}\n");
    good(arena, "r.yaml", NULL, &r);
    assert_string_equal(r.name, "x");
    assert_int_equal(r.margin.mode, MARGIN_CROSS);
    assert_int_equal(r.margin.trigger, TRIGGER_BELOW);
    assert_int_equal(r.margin.table_count, 1);
    assert_null(r.margin.tables[0].symbol);
    assert_int_equal(r.margin.tables[0].count, 1);
    assert_int_equal(r.margin.tables[0].tiers[0].rate_e8, 500000);
    assert_int_equal(r.margin.tables[0].tiers[0].cap, INT64_MAX);
    assert_true(decimal_to_double(r.margin.maintenance_multiplier) == 1.0);
    assert_int_equal(r.liquidation.close, CLOSE_FULL);
    assert_int_equal(r.liquidation.order, ORDER_LARGEST_LOSS);
    assert_int_equal(r.liquidation.fraction_e8, 20000000);
    assert_int_equal(r.liquidation.target_ratio_e8, 110000000);
    assert_int_equal(r.liquidation.fee_rate_e8, 0);
    assert_int_equal(r.limits.interval_ns, 0);
    assert_int_equal(r.liquidation.inventory_interval_ns, 60 * NS_PER_S);
    assert_int_equal(r.liquidation.inventory_fraction_e8, 10000000);
    assert_int_equal(r.waterfall.stage_count, 1);
    assert_int_equal(r.waterfall.stages[0], STAGE_INSURANCE_FUND);
    yaml_arena_destroy(arena);
}

static void every_key_is_read(void **state) {
    (void)state;
    struct yaml_arena *arena = yaml_arena_create();
    struct rulebook r;
    write_file(
        "r.yaml",
        "name: x\nsource: s\nvalid_from: 2021-05-01\nnote: n\nconfidence: {A: high}\n"
        "margin: {mode: isolated, trigger: at_or_below, initial_rate: 0.01, "
        "maintenance_multiplier: 1.25, tiers: {A: [{cap: 100, maintenance_rate: 0.01, "
        "max_leverage: 50}, {maintenance_rate: 0.02}]}}\n"
        "collateral: {USDT: {weight: 1.0}}\n"
        "liquidation: {close: to_target, fraction: 0.3, target_ratio: 1.5, order: "
        "largest_margin, exit_ratio: 1.25, partial_above: 100000, full_within_ms: 30000, "
        "remainder_to: insurance_fund, remainder_max_rate: 0.005, "
        "tier_steps: 2, full_below_lowest_tier: true, step_quantity: 0.5, fee_rate: 0.0004, "
        "fee_to: insurance_fund, price: "
        "bankruptcy, "
        "bankruptcy: shared, interval_ms: 1000, latency_ms: 20, pace_pools: 3, pace_ms: "
        "500, inventory: {interval_ms: 250, fraction: 0.25}}\n"
        "waterfall: {stages: [backstop, insurance_fund, adl, socialise], adl_rank: "
        "pro_rata, adl_price: mark, adl_fund_fall: 0.3, adl_fund_window_ms: 28800000, adl_tie: "
        "largest_position, adl_veto: losers, socialise_at: session, session_close: 08:30}\n");
    good(arena, "r.yaml", NULL, &r);
    assert_string_equal(r.source, "s");
    assert_string_equal(r.valid_from, "2021-05-01");
    assert_int_equal(r.margin.mode, MARGIN_ISOLATED);
    assert_int_equal(r.margin.trigger, TRIGGER_AT_OR_BELOW);
    assert_int_equal(r.margin.initial_rate_e8, 1000000);
    assert_int_equal(r.margin.tables[0].count, 2);
    assert_int_equal(r.margin.tables[0].tiers[0].max_leverage_e8, INT64_C(5000000000));
    assert_int_equal(r.margin.tables[0].tiers[1].floor, USDT(100)); /* the cap below */
    assert_int_equal(r.margin.tables[0].tiers[1].deduction,
                     USDT(1)); /* leaves no jump: 100 * 0.01 */
    assert_int_equal(r.margin.tables[0].tiers[1].cap, INT64_MAX);
    assert_int_equal(r.liquidation.close, CLOSE_TO_TARGET);
    assert_int_equal(r.liquidation.target_ratio_e8, 150000000);
    assert_int_equal(r.liquidation.order, ORDER_LARGEST_MARGIN);
    assert_int_equal(r.liquidation.exit_ratio_e8, 125000000);
    assert_int_equal(r.liquidation.partial_above, USDT(100000));
    assert_int_equal(r.liquidation.full_within_ns, 30 * NS_PER_S);
    assert_int_equal(r.liquidation.tier_steps, 2);
    assert_int_equal(r.liquidation.remainder_to, REMAINDER_INSURANCE_FUND);
    assert_int_equal(r.liquidation.remainder_max_rate_e8, 500000);
    assert_int_equal(r.waterfall.adl_fund_fall_e8, 30000000);
    assert_int_equal(r.waterfall.adl_fund_window_ns, 28800 * NS_PER_S);
    assert_true(r.liquidation.full_below_lowest_tier);
    assert_true(decimal_to_double(r.liquidation.step_quantity) == 0.5);
    assert_int_equal(r.liquidation.fee_rate_e8, 40000);
    assert_int_equal(r.liquidation.fee_to, FEE_INSURANCE_FUND);
    assert_int_equal(r.limits.interval_ns, NS_PER_S);
    assert_int_equal(r.limits.latency_ns, 20 * NS_PER_MS);
    assert_int_equal(r.limits.pace_pools, 3);
    assert_int_equal(r.limits.pace_ns, 500 * NS_PER_MS);
    assert_int_equal(r.liquidation.price, PRICE_BANKRUPTCY);
    assert_int_equal(r.liquidation.bankruptcy, BANKRUPTCY_SHARED);
    assert_int_equal(r.liquidation.inventory_interval_ns, 250 * NS_PER_MS);
    assert_int_equal(r.liquidation.inventory_fraction_e8, 25000000);
    assert_int_equal(r.waterfall.socialise_at, SOCIALISE_AT_SESSION);
    assert_int_equal(r.waterfall.session_close_ns, (8 * 60 + 30) * NS_PER_MINUTE);
    assert_int_equal(r.waterfall.stage_count, 4);
    assert_int_equal(r.waterfall.stages[0], STAGE_BACKSTOP);
    assert_int_equal(r.waterfall.stages[1], STAGE_INSURANCE_FUND);
    assert_int_equal(r.waterfall.stages[2], STAGE_ADL);
    assert_int_equal(r.waterfall.stages[3], STAGE_SOCIALISE);
    assert_int_equal(r.waterfall.adl_price, ADL_AT_MARK);
    assert_int_equal(r.waterfall.adl_tie, ADL_TIE_LARGEST_POSITION);
    assert_int_equal(r.waterfall.adl_veto, ADL_VETO_LOSERS);
    assert_int_equal(r.waterfall.adl_rank, ADL_PRO_RATA);
    yaml_arena_destroy(arena);
}

#define MARGIN "name: x\nmargin: {maintenance_rate: 0.005}\n"

/* What a stage does not say is the rulebook's own, or follows from its action. */
static void stages_are_read(void **state) {
    (void)state;
    struct yaml_arena *arena = yaml_arena_create();
    struct rulebook r;
    write_file("r.yaml", "name: x\nmargin: {maintenance_rate: 0.005}\n"
                         "liquidation:\n"
                         "  stages:\n"
                         "    - {below: 1.5, action: warn}\n"
                         "    - {at_or_below: 1, action: close, fraction: 0.5}\n"
                         "    - {below: 0.7, action: take_over}\n"
                         "    - {below: 0.5, action: backstop}\n"
                         "    - {below: 0, action: close, close: full, order: all, price: mark}\n"
                         "  close: fraction\n"
                         "  fraction: 0.1\n"
                         "  last_price: bankruptcy\n"
                         "  then: bankruptcy\n");
    good(arena, "r.yaml", NULL, &r);
    const struct liquidation_stage *stage = r.liquidation.stages;
    assert_int_equal(r.liquidation.stage_count, 5);
    assert_int_equal(stage[0].ratio_e8, 150000000);
    assert_int_equal(stage[0].closing.action, ACTION_WARN);
    assert_false(stage[0].inclusive);
    assert_true(stage[1].inclusive);
    assert_int_equal(stage[1].closing.close, CLOSE_FRACTION);
    assert_int_equal(stage[1].closing.fraction_e8, 50000000);
    assert_int_equal(stage[1].closing.order, ORDER_LARGEST_LOSS);
    assert_int_equal(stage[1].closing.price, PRICE_MARKET);
    assert_int_equal(stage[2].closing.close, CLOSE_FULL);
    assert_int_equal(stage[2].closing.order, ORDER_ALL);
    assert_int_equal(stage[2].closing.price, PRICE_BANKRUPTCY);
    assert_int_equal(stage[3].closing.action, ACTION_BACKSTOP);
    assert_int_equal(stage[4].ratio_e8, 0);
    assert_int_equal(stage[4].closing.price, PRICE_MARK);
    assert_int_equal(r.liquidation.last_price, PRICE_BANKRUPTCY);
    assert_int_equal(r.liquidation.then_price, PRICE_BANKRUPTCY);
    assert_true(rulebook_equal(&r, &r));
    yaml_arena_destroy(arena);
}

/* A fee for all contracts but those that have their own; an override by contract joins them, one by
 * number takes their place. */
static void fees_may_be_by_contract(void **state) {
    (void)state;
    struct yaml_arena *arena = yaml_arena_create();
    struct rulebook r;
    struct rulebook other;
    write_file("r.yaml", MARGIN "liquidation: {fee_rate: {default: 0.0075, ETH: 0.009}}\n");
    good(arena, "r.yaml", NULL, &r);
    assert_int_equal(rulebook_fee_rate_e8(&r, "BTC"), 750000);
    assert_int_equal(rulebook_fee_rate_e8(&r, "ETH"), 900000);
    assert_int_equal(rulebook_fee_rate_e8(&r, "venue:ETH"), 900000);
    good(arena, "r.yaml", "{liquidation.fee_rate.SOL: 0.01, liquidation.fee_rate.default: 0}\n",
         &other);
    assert_int_equal(rulebook_fee_rate_e8(&other, "BTC"), 0);
    assert_int_equal(rulebook_fee_rate_e8(&other, "ETH"), 900000);
    assert_int_equal(rulebook_fee_rate_e8(&other, "SOL"), 1000000);
    assert_false(rulebook_equal(&r, &other));
    good(arena, "r.yaml", "{liquidation.fee_rate: 0.002}\n", &other);
    assert_int_equal(rulebook_fee_rate_e8(&other, "ETH"), 200000);
    bad(MARGIN "liquidation: {fee_rate: 1.5}\n", NULL,
        "r.yaml:3:25: error: liquidation.fee_rate must be at least 0 and at most 1");
    bad(MARGIN "liquidation: {fee_rate: {ETH: -1}}\n", NULL, "liquidation.fee_rate.ETH must be");
    bad(MARGIN "liquidation: {fee_rate: [0.1]}\n", NULL, "must be a mapping");
    yaml_arena_destroy(arena);
}

static void weights_may_fall_with_the_amount(void **state) {
    (void)state;
    struct yaml_arena *arena = yaml_arena_create();
    struct rulebook r;
    struct rulebook other;
    write_file("r.yaml",
               MARGIN "collateral: {BTC: {weight: 0.9, sqrt_factor: 0.002, sqrt_top: 1.1}}\n");
    good(arena, "r.yaml", NULL, &r);
    assert_true(decimal_to_double(r.collateral.assets[0].sqrt_factor) == 0.002);
    assert_true(decimal_to_double(r.collateral.assets[0].sqrt_top) == 1.1);
    good(arena, "r.yaml", "{collateral.BTC.sqrt_top: 1}\n", &other);
    assert_false(rulebook_equal(&r, &other));
    write_file("r.yaml", MARGIN "collateral: {BTC: {bands: [[10, 0.9]], sqrt_factor: 0.1}}\n");
    good(arena, "r.yaml", NULL, &r);
    assert_true(decimal_to_double(r.collateral.assets[0].sqrt_top) == 1.0);
    yaml_arena_destroy(arena);
}

#define SCENARIO "name: x\nmargin:\n  scenario:\n    moves: [-0.1, 0.1]\n    units:\n"

static void units_may_have_moves_of_their_own(void **state) {
    (void)state;
    struct yaml_arena *arena = yaml_arena_create();
    struct rulebook r;
    write_file("r.yaml", SCENARIO "      A: [X, Y]\n"
                                  "      B: {instruments: [Z], moves: [-0.2, [0.4, 0.5]]}\n");
    good(arena, "r.yaml", NULL, &r);
    const struct portfolio_unit *unit = r.margin.portfolio->units;
    assert_int_equal(unit[0].move_count, 0);
    assert_int_equal(unit[0].symbol_count, 2);
    assert_string_equal(unit[1].symbols[0], "Z");
    assert_int_equal(unit[1].move_count, 2);
    assert_int_equal(unit[1].moves[0].move_e8, -20000000);
    assert_int_equal(unit[1].moves[1].cover_e8, 50000000);
    good(arena, "r.yaml", "{margin.scenario.units.B.moves: [-0.5]}\n", &r);
    assert_int_equal(r.margin.portfolio->units[1].moves[0].move_e8, -50000000);
    bad(SCENARIO "      B: {moves: [-0.2]}\n", NULL,
        "margin.scenario.units.B.instruments is missing");
    bad(SCENARIO "      B: {instruments: [Z], moves: []}\n", NULL, "1 to 64 moves");
    bad(SCENARIO "      B: {instruments: [Z], moves: [-1]}\n", NULL,
        "r.yaml:6:37: error: margin.scenario.units.B.moves[0] must be above -1");
    bad(SCENARIO "      B: {symbols: [Z]}\n", NULL, "unknown key margin.scenario.units.B.symbols");
    yaml_arena_destroy(arena);
}

#define ORDERS "name: x\nmargin:\n  maintenance_rate: 0.01\n  orders: "

static void open_orders_may_count(void **state) {
    (void)state;
    struct yaml_arena *arena = yaml_arena_create();
    struct rulebook r;
    struct rulebook other;
    write_file("r.yaml", MARGIN);
    good(arena, "r.yaml", NULL, &r);
    assert_int_equal(r.margin.orders.counts, ORDERS_NONE);
    assert_int_equal(r.liquidation.cancel_orders, CANCEL_ALL);
    write_file("r.yaml", ORDERS "{counts: maintenance, rate: 0.1, per_order: 0.01}\n"
                                "liquidation: {cancel_orders: instrument}\n");
    good(arena, "r.yaml", NULL, &r);
    assert_int_equal(r.margin.orders.counts, ORDERS_MAINTENANCE);
    assert_int_equal(r.margin.orders.rate, ORDER_RATE_FIXED);
    assert_int_equal(r.margin.orders.rate_e8, 10000000);
    assert_int_equal(r.margin.orders.per_order, MONEY_SCALE / 100);
    assert_int_equal(r.liquidation.cancel_orders, CANCEL_INSTRUMENT);
    good(arena, "r.yaml", "{margin.orders.rate: initial}\n", &other);
    assert_int_equal(other.margin.orders.rate, ORDER_RATE_INITIAL);
    assert_false(rulebook_equal(&r, &other));
    good(arena, "r.yaml", "{liquidation.cancel_orders: none}\n", &other);
    assert_false(rulebook_equal(&r, &other));
    bad(ORDERS "{counts: maintainance}\n", NULL, "(nearest: maintenance)");
    bad(ORDERS "{rate: 1.5}\n", NULL,
        "r.yaml:4:18: error: margin.orders.rate must be at least 0 and at most 1");
    bad(ORDERS "{rate: initail}\n", NULL, "(nearest: initial)");
    bad(ORDERS "{per_order: -1}\n", NULL, "margin.orders.per_order must be");
    bad(ORDERS "maintenance\n", NULL, "must be a mapping");
    bad(MARGIN "liquidation: {cancel_orders: some}\n", NULL, "liquidation.cancel_orders");
    yaml_arena_destroy(arena);
}

static void bad_files_are_refused_at_their_place(void **state) {
    (void)state;
    bad("name: x\n", NULL, "margin is missing");
    bad("margin: {maintenance_rate: 0.1}\n", NULL, "name is missing");
    bad("name: x\nmargin: {}\n", NULL, "margin needs maintenance_rate, tiers, size or scenario");
    bad("name: x\nmargin: {maintenence_rate: 0.1}\n", NULL,
        "r.yaml:2:10: error: unknown key margin.maintenence_rate; the nearest known one is "
        "'maintenance_rate'");
    bad("name: x\nmargin: {maintenance_rate: 1.5}\n", NULL,
        "r.yaml:2:28: error: margin.maintenance_rate must be at least 0 and at most 1");
    bad("name: x\nmargin: {maintenance_rate: 0.1, tiers: {}}\n", NULL, "has both");
    bad("name: x\nmargin: {tiers: {}}\n", NULL, "no table");
    bad("name: x\nmargin: {tiers: {A: []}}\n", NULL, "1 to 256 tiers");
    bad("name: x\nmargin: {tiers: {A: [{cap: 5, maintenance_rate: 0.1}, {floor: 6, "
        "maintenance_rate: 0.2}]}}\n",
        NULL, "margin.tiers.A[1].floor: 6 is not the cap of the tier below, 5");
    bad("name: x\nmargin: {tiers: {A: [{cap: 5, maintenance_rate: 0.1}, {maintenance_rate: 0.2, "
        "maintenance_amount: 3}]}}\n",
        NULL, "the requirement jumps");
    bad("name: x\nmargin: {tiers: {A: [{cap: 5}]}}\n", NULL, "maintenance_rate is missing");
    bad("name: x\nmargin: {tiers: {A: [{maintenance_rate: 0.1}, {maintenance_rate: 0.2}]}}\n", NULL,
        "cap is missing");
    bad("name: x\nmargin: {maintenance_rate: 0.02, maintenance_multiplier: 60}\n", NULL,
        "takes the highest rate");
    bad(MARGIN "liquidation: {close: ful}\n", NULL, "(nearest: full), got 'ful'");
    bad(MARGIN "liquidation: {price: index}\n", NULL, "nearest");
    bad(MARGIN "liquidation: {bankruptcy: share}\n", NULL, "(nearest: shared)");
    bad(MARGIN "liquidation: {inventory: {fraction: 0}}\n", NULL,
        "liquidation.inventory.fraction must be above 0");
    bad(MARGIN "liquidation: {inventory: {interval_ms: 0}}\n", NULL,
        "liquidation.inventory.interval_ms must be at least 1");
    bad(MARGIN "liquidation: {inventory: {pace: 1}}\n", NULL,
        "unknown key liquidation.inventory.pace");
    bad(MARGIN "liquidation: {inventory: 3}\n", NULL, "must be a mapping");
    bad(MARGIN "liquidation: {fraction: 0}\n", NULL, "liquidation.fraction must be above 0");
    bad(MARGIN "liquidation: {pace_pools: 3}\n", NULL, "liquidation.pace_ms: outside");
    bad(MARGIN "liquidation: {close: step}\n", NULL, "step needs step_notional or step_quantity");
    bad(MARGIN "liquidation: {release_ms: 1000}\n", NULL, "release_ms: needs interval_ms");
    bad(MARGIN "liquidation: {release_initial: 1.1}\n", NULL, "liquidation.release_initial must");
    bad(MARGIN "liquidation: {minimum_notional: -1}\n", NULL, "liquidation.minimum_notional must");
    bad(MARGIN "liquidation: {insurance_fee_rate: 2}\n", NULL, "insurance_fee_rate must");
    bad(MARGIN "liquidation: {insurance_fee_limit: margins}\n", NULL, "(nearest: margin)");
    bad(MARGIN "liquidation: {close: portion, fraction: 0}\n", NULL, "fraction must be above 0");
    bad(MARGIN "liquidation: {tier_steps: 0}\n", NULL, "liquidation.tier_steps must be");
    bad(MARGIN "liquidation: {stages: [{action: close}]}\n", NULL, "either below or at_or_below");
    bad(MARGIN "liquidation: {stages: [{below: 1}]}\n", NULL, "action");
    bad(MARGIN "liquidation: {stages: [{below: 1, action: clos}]}\n", NULL, "(nearest: close)");
    bad(MARGIN "liquidation: {stages: [{below: 1, action: warn, close: full}]}\n", NULL,
        "warn takes no other key");
    bad(MARGIN "liquidation: {stages: [{below: 1, action: take_over, price: mark}]}\n", NULL,
        "it has no price of its own");
    bad(MARGIN "liquidation:\n  stages:\n    - {below: 0.5, action: backstop}\n"
               "    - {below: 0.5, action: close}\n",
        NULL, "r.yaml:6:7: error: liquidation.stages[1]: ratios must fall");
    bad(MARGIN "waterfall: {session_close: 24:00}\n", NULL, "not a time of day");
    bad(MARGIN "waterfall: {session_close: 8:00}\n", NULL, "not a time of day");
    bad(MARGIN "waterfall: {session_close: 08:00:00}\n", NULL, "not a time of day");
    bad(MARGIN "waterfall: {socialise_at: close}\n", NULL, "'close'");
    bad(MARGIN "waterfall: {stages: [insurance_fund, socialize]}\n", NULL, "(nearest: socialise)");
    bad(MARGIN "liquidation: {block_once: true}\n", NULL, "liquidation.block_once: needs block_ms");
    bad(MARGIN "liquidation: {block_notional: 5}\n", NULL, "block_notional: needs block_ms");
    bad(MARGIN "liquidation: {block_insurance: 5}\n", NULL, "block_insurance: needs block_ms");
    bad(MARGIN "liquidation: {limit: fillable}\n", NULL, "liquidation.limit: needs block_ms or");
    bad(MARGIN "liquidation: {limit: bankruptcy}\n", NULL, "liquidation.limit: needs block_ms or");
    bad(MARGIN "liquidation: {limit: market}\n", NULL, "'market'");
    bad(MARGIN "liquidation: {fillable_spread: -1}\n", NULL, "fillable_spread");
    bad(MARGIN "liquidation: {window_ms: 5}\n", NULL, "need each other");
    bad(MARGIN "liquidation: {window_quantity: {X: 1}}\n", NULL, "need each other");
    bad(MARGIN "liquidation: {window_ms: 5, window_quantity: {X: 0}}\n", NULL, "window_quantity");
    bad(MARGIN "liquidation: {block_ms: 86400001}\n", NULL, "block_ms");
    bad(MARGIN "waterfall: {fund: both}\n", NULL, "'both'");
    bad(MARGIN "waterfall: {fund_shares: {BTCUSDT: 1}}\n", NULL, "needs fund: per_instrument");
    bad(MARGIN "waterfall: {fund: per_instrument, fund_shares: {BTCUSDT: -1}}\n", NULL,
        "fund_shares");
    bad(MARGIN "waterfall: {adl_fund_fall: 0.3}\n", NULL, "waterfall.adl_fund_window_ms: outside");
    bad(MARGIN "waterfall: {stages: [insurance_fond]}\n", NULL, "(nearest: insurance_fund)");
    bad(MARGIN "waterfall: {stages: [insurance_fund, insurance_fund]}\n", NULL, "the same stage");
    bad(MARGIN "waterfall: {stages: insurance_fund}\n", NULL, "must be a list");
    bad(MARGIN "collateral: {BTC: {weight: 1.01}}\n", NULL, "weight");
    bad(MARGIN "collateral: {BTC: {bands: [[10, 0.9], [5, 0.8]]}}\n", NULL,
        "collateral.BTC.bands[1]: up to less than the band before");
    bad(MARGIN "collateral: {BTC: {bands: [[10, 0.9]], weight: 1}}\n", NULL, "give one of them");
    bad(MARGIN "collateral: {BTC: {bands: []}}\n", NULL, "1 to 64 bands");
    bad(MARGIN "collateral: {BTC: {sqrt_factor: -1}}\n", NULL,
        "collateral.BTC.sqrt_factor must be");
    bad(MARGIN "collateral: {BTC: {sqrt_factor: 0.1, sqrt_top: 0}}\n", NULL,
        "r.yaml:3:48: error: collateral.BTC.sqrt_top must be above 0");
    bad(MARGIN "collateral: {BTC: {sqrt_factor: 0.1, sqrt_top: 1.0000000000001}}\n", NULL,
        "r.yaml:3:48: error: collateral.BTC.sqrt_top: must be above 0, at most 10 and have at "
        "most");
    bad(MARGIN "collateral: {BTC: {exchange_ratio: 0}}\n", NULL, "exchange_ratio");
    bad(MARGIN "collateral: {}\n", NULL, "r.yaml:3:13: error: collateral: no asset");
    bad("name: x\nmargin: {maintenance_rate: 0.01, settlement: ''}\n", NULL,
        "margin.settlement: no asset");
    bad(MARGIN "collateral: {BTC: {price: -1}}\n", NULL, "price");
    bad("name: x\nmargin: {size: {default: {base: 1.5}}}\n", NULL, "base");
    bad("name: x\nmargin: {size: {default: {unit: notional, base: 0.01, cap: 0.6}}}\n", NULL,
        "margin.size.default.cap: must be above 0 and at most 0.5");
    bad("name: x\nmargin: {maintenance_rate: 0.01, trigger_ratio: 0}\n", NULL, "trigger_ratio");
    bad("name: x\nmargin: {maintenance_rate: 0.01, closing_fee_rate: 2}\n", NULL,
        "closing_fee_rate");
    bad(MARGIN "margin: {}\n", NULL, "there twice");
    bad("- name\n", NULL, "must be a mapping");
}

static void a_file_that_is_not_there_is_no_bad_content(void **state) {
    (void)state;
    struct yaml_arena *arena = yaml_arena_create();
    struct rulebook r;
    struct error error = {0};
    assert_int_equal(read_rulebook(arena, "./none.yaml", NULL, &r, &error), STATUS_IO);
    assert_int_equal(read_rulebook(arena, "flatt", NULL, &r, &error), STATUS_IO);
    assert_non_null(strstr(error.message, "the nearest bundled one is 'flat'"));
    write_file("r.yaml", "name: x\nmargin: {tiers: none.csv}\n");
    assert_int_equal(read_rulebook(arena, "r.yaml", NULL, &r, &error), STATUS_IO);
    assert_non_null(strstr(error.message, "margin.tiers"));
    yaml_arena_destroy(arena);
}

static void tiers_may_be_csv(void **state) {
    (void)state;
    struct yaml_arena *arena = yaml_arena_create();
    struct rulebook r;
    const char *file = "name: x\nmargin: {tiers: t.csv}\n";
    write_file("r.yaml", file);
    write_file("t.csv", "cap,symbol,maintenance_rate\r\n100,A,0.01\r\n,A,0.02\r\n\r\n,B,0.03\r\n");
    good(arena, "r.yaml", NULL, &r);
    assert_int_equal(r.margin.table_count, 2);
    assert_string_equal(r.margin.tables[0].symbol, "A");
    assert_int_equal(r.margin.tables[0].tiers[1].deduction, USDT(1));
    assert_int_equal(rulebook_table(&r, "B")->tiers[0].rate_e8, 3000000);
    yaml_arena_destroy(arena);
    const struct {
        const char *csv, *says;
    } cases[] = {
        {"", "no header"},
        {"symbol,rate\nA,1\n", "t.csv:1:8: error: unknown column; the nearest known one is"},
        {"symbol,symbol,maintenance_rate\n", "a second column symbol"},
        {"cap,maintenance_rate\n", "missing column symbol"},
        {"symbol,cap\n", "missing column maintenance_rate"},
        {"symbol,maintenance_rate\n", "no tiers below the header"},
        {"symbol,maintenance_rate\nA,0.1,7\n", "t.csv:2:1: error: not as many fields"},
        {"symbol,maintenance_rate\n,0.1\n", "without symbol"},
        {"symbol,maintenance_rate\nA,abc\n", "t.csv:2:3: error: "},
        {"symbol,maintenance_rate\nA,0.1\nA,0.2\n", "t.csv:2:1: error: margin.tiers.A[0].cap"},
        {"symbol,maintenance_rate\nA,\xff\n", "not UTF-8"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        write_file("t.csv", cases[i].csv);
        bad(file, NULL, cases[i].says);
    }
}

static void overrides_are_put_on_top(void **state) {
    (void)state;
    struct yaml_arena *arena = yaml_arena_create();
    struct rulebook r;
    good(arena, "flat", "{liquidation.fraction: 0.5, margin: {maintenance_multiplier: 1.25}}", &r);
    assert_int_equal(r.liquidation.fraction_e8, 50000000);
    assert_true(decimal_to_double(r.margin.maintenance_multiplier) == 1.25);
    assert_int_equal(r.margin.tables[0].tiers[0].rate_e8, 500000); /* as it was */
    good(arena, "flat", "{margin.tiers: {default: [{maintenance_rate: 0.02}]}}", &r);
    assert_int_equal(r.margin.tables[0].tiers[0].rate_e8, 2000000);
    good(arena, "binance-usdm-2021-05", "{margin.maintenance_rate: 0.02}", &r);
    assert_int_equal(r.margin.table_count, 1);
    assert_int_equal(rulebook_table(&r, "BTCUSDT")->tiers[0].rate_e8, 2000000);
    good(arena, "binance-usdm-2021-05", "{margin.tiers.BTCUSDT: [{maintenance_rate: 0.02}]}", &r);
    assert_int_equal(rulebook_table(&r, "BTCUSDT")->count, 1);
    assert_int_equal(rulebook_table(&r, "ETHUSDT")->count, 9);
    yaml_arena_destroy(arena);
    bad(MARGIN, "{liquidation.fracton: 0.5}",
        "o.yaml:1:2: error: unknown key liquidation.fracton; the nearest known one is 'fraction'");
    bad(MARGIN, "{liquidation.fraction: 2}", "o.yaml:1:24: error: liquidation.fraction must be");
    bad(MARGIN, "{name.x: 2}", "name must be text, got a mapping");
    bad(MARGIN, "[a]", "must be a mapping");
}

/* Announcements of 18 March and 22 June 2021: brackets of BTCUSDT between the two. */
static void the_venue_of_may_2021_is_as_announced(void **state) {
    (void)state;
    struct yaml_arena *arena = yaml_arena_create();
    struct rulebook r;
    good(arena, "binance-usdm-2021-05", NULL, &r);
    assert_int_equal(r.margin.trigger, TRIGGER_AT_OR_BELOW);
    const struct tier_table *btc = rulebook_table(&r, "BTCUSDT");
    const struct {
        int64_t floor, rate_e8, deduction, leverage;
    } announced[] = {{0, 400000, 0, 125},
                     {50000, 500000, 50, 100},
                     {250000, 1000000, 1300, 50},
                     {1000000, 2500000, 16300, 20},
                     {10000000, 5000000, 266300, 10}};
    assert_int_equal(btc->count, 10);
    for (size_t i = 0; i < sizeof(announced) / sizeof(announced[0]); i++) {
        assert_int_equal(btc->tiers[i].floor, USDT(announced[i].floor));
        assert_int_equal(btc->tiers[i].rate_e8, announced[i].rate_e8);
        assert_int_equal(btc->tiers[i].deduction, USDT(announced[i].deduction));
        assert_int_equal(btc->tiers[i].max_leverage_e8, announced[i].leverage * RATE_SCALE);
    }
    /* the venue's worked example: 4.92 million of ETHUSDT at mark lie in the bracket 10 %, 135,365
     */
    const struct tier_table *eth = rulebook_table(&r, "ETHUSDT");
    const struct margin_tier *tier = eth->tiers;
    while (tier->cap < USDT(4920000))
        tier++;
    assert_int_equal(tier->rate_e8, 10000000);
    assert_int_equal(tier->deduction, USDT(135365));
    good(arena, "tiered-example", NULL, &r);
    assert_int_equal(rulebook_table(&r, "ANY")->count, 3);
    assert_int_equal(r.liquidation.close, CLOSE_FRACTION);
    yaml_arena_destroy(arena);
}

/* The bundled rulebooks of on-chain protocols say what their comments say. */
static void protocols_are_read(void **state) {
    (void)state;
    struct yaml_arena *arena = yaml_arena_create();
    struct rulebook r;
    struct rulebook other;
    good(arena, "dydx-v4", NULL, &r);
    assert_int_equal(r.liquidation.close, CLOSE_PORTION);
    assert_int_equal(r.liquidation.order, ORDER_RANDOM);
    assert_int_equal(r.liquidation.minimum_notional, USDT(1000));
    assert_int_equal(r.liquidation.remainder_max_rate_e8, 1500000);
    assert_int_equal(rulebook_table(&r, "SOL-USD")->tiers[0].rate_e8, 5000000);
    assert_int_equal(rulebook_table(&r, "ANY")->tiers[0].rate_e8, 3000000);
    assert_int_equal(r.liquidation.bankruptcy, BANKRUPTCY_SHARED);
    assert_int_equal(r.waterfall.adl_rank, ADL_ACCOUNT_ORDER);
    good(arena, "drift-v2", NULL, &r);
    assert_int_equal(r.liquidation.close, CLOSE_TO_COVER);
    assert_int_equal(r.liquidation.exit_ratio_e8, 140000000);
    assert_int_equal(r.liquidation.insurance_fee_e8, RATE_SCALE / 100);
    assert_int_equal(r.liquidation.insurance_fee_limit, INSURANCE_FEE_MARGIN);
    assert_int_equal(r.limits.release_initial_e8, RATE_SCALE / 10);
    assert_int_equal(r.limits.release_ns, 60 * NS_PER_S);
    assert_int_equal(r.waterfall.stages[1], STAGE_OPEN_INTEREST);
    assert_true(rulebook_equal(&r, &r));
    other = r;
    other.limits.release_ns++;
    assert_false(rulebook_equal(&r, &other));
    good(arena, "mango-v4", NULL, &r);
    assert_int_equal(r.liquidation.exit_ratio_e8, 133333334);
    good(arena, "synthetix-v3", NULL, &r);
    assert_int_equal(r.margin.sizes[0].minimum, USDT(50));
    yaml_arena_destroy(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(protocols_are_read),
        cmocka_unit_test(defaults_are_filled_in),
        cmocka_unit_test(every_key_is_read),
        cmocka_unit_test(stages_are_read),
        cmocka_unit_test(fees_may_be_by_contract),
        cmocka_unit_test(weights_may_fall_with_the_amount),
        cmocka_unit_test(units_may_have_moves_of_their_own),
        cmocka_unit_test(open_orders_may_count),
        cmocka_unit_test(bad_files_are_refused_at_their_place),
        cmocka_unit_test(a_file_that_is_not_there_is_no_bad_content),
        cmocka_unit_test(tiers_may_be_csv),
        cmocka_unit_test(overrides_are_put_on_top),
        cmocka_unit_test(the_venue_of_may_2021_is_as_announced),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
