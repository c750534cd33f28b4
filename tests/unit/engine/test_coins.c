/* Goal: a contract that settles in a coin inside an account judged in USDT counts in the balance of
 * the coin, is closed into it, and what the coin is short of is bought back. Method: worked by
 * hand, with inverse contracts of 100 USD. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "engine/book/book.h"
#include "engine/liquidation/closing.h"
#include "tests/unit/engine/market_scene.h"

#define PERPETUAL 0 /* X: inverse, settles in BTC */
#define COIN 1      /* Y: the price that values BTC */

static struct collateral_band bands[2];
static struct collateral_asset btc;

/* BTC counts for nine tenths; margin is 1 % of the notional in BTC. */
static void begin(struct market_scene *scene) {
    scene_open(scene, 2);
    struct instrument *perpetual = &scene->instruments[PERPETUAL];
    perpetual->kind = CONTRACT_INVERSE;
    perpetual->settles = "BTC";
    perpetual->contract_size = (struct decimal){100, 0};
    assert_int_equal(instrument_init(perpetual, NULL), STATUS_OK);
    scene->instruments[COIN].kind = CONTRACT_SPOT;
    scene->tiers[0].rate_e8 = RATE_SCALE / 100;
    bands[0] = (struct collateral_band){INT64_MAX, 90000000};
    btc = (struct collateral_asset){.symbol = "BTC",
                                    .band_count = 1,
                                    .bands = bands,
                                    .liability_weight_e8 = RATE_SCALE,
                                    .exchange_ratio_e8 = RATE_SCALE,
                                    .price = COLLATERAL_INSTRUMENT,
                                    .instrument = "Y"};
    scene->rules.collateral.assets = &btc;
    scene->rules.collateral.count = 1;
    scene->rules.liquidation.fee_rate_e8 = RATE_SCALE / 1000;
}

static void hold(struct market_scene *scene, int64_t quantity_e8) {
    assert_int_equal(accounts_add_holding(scene->accounts, "BTC", quantity_e8, NULL), STATUS_OK);
}

/* Contracts entered at 50000: 0.002 BTC each. */
static void enter(struct market_scene *scene, int64_t contracts, enum margin_mode mode) {
    assert_int_equal(accounts_add_position(scene->accounts, PERPETUAL, contracts,
                                           -contracts * 200000, mode, 0, 0, NULL),
                     STATUS_OK);
}

/* ---- health ---- */

static struct pool_health health_at(struct market_scene *scene, int64_t perpetual, int64_t coin,
                                    int64_t *ret_bankruptcy_price) {
    const int64_t prices[2] = {perpetual, coin};
    const struct venue_input venue = {.accounts = scene->accounts, .rulebook = &scene->rules};
    struct book book;
    struct error error = {0};
    assert_int_equal(accounts_finish(scene->accounts, NULL), STATUS_OK);
    if (book_init(&book, &venue, scene->instruments, 2, NULL, prices, prices, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    const struct pool_health health = book_health(&book, &book.pools[0], prices);
    *ret_bankruptcy_price = closing_bankruptcy_price(&book, &book.pools[0], book.positions, health);
    book_finish(&book);
    accounts_destroy(scene->accounts);
    return health;
}

/* 100 contracts from 50000 to 40000: 10000 (1/50000 - 1/40000) = -0.05 BTC. Of 0.5 BTC 0.45 are
 * left: 18000 USDT, counted as 16200. Margin: 1 % of 0.25 BTC, 100 USDT. All is gone where the
 * contract has lost what 19000 USDT buy, 0.475 BTC more: at 10000 / 0.725 = 13793.1. */
static void a_gain_in_coin_counts_in_its_balance(void **state) {
    (void)state;
    struct market_scene scene;
    begin(&scene);
    scene_account(&scene, "a", 1000);
    hold(&scene, 50000000);
    enter(&scene, 100, MARGIN_CROSS);
    int64_t bankruptcy;
    const struct pool_health health = health_at(&scene, 40000, 40000, &bankruptcy);
    assert_true(health.equity == USDT(1000 + 16200));
    assert_true(health.worth == USDT(1000 + 18000));
    assert_true(health.requirement == USDT(100));
    assert_int_equal(bankruptcy, 13794);
}

/* The same without any BTC: 0.05 are owed, in full, and ask for the borrow rate; and with bands,
 * which see the balance with its gain: 0.3 in full, of 0.15 a half. The coin's price is its own. */
static void a_loss_in_coin_is_owed(void **state) {
    (void)state;
    struct market_scene scene;
    int64_t bankruptcy;
    begin(&scene);
    btc.borrow_rate_e8 = RATE_SCALE / 10;
    scene_account(&scene, "a", 5000);
    enter(&scene, 100, MARGIN_CROSS);
    struct pool_health health = health_at(&scene, 40000, 44000, &bankruptcy);
    assert_true(health.equity == USDT(5000 - 2200) && health.worth == health.equity);
    assert_true(health.requirement == USDT(110 + 220));

    begin(&scene);
    bands[0] = (struct collateral_band){30000000, RATE_SCALE};
    bands[1] = (struct collateral_band){INT64_MAX, RATE_SCALE / 2};
    btc.band_count = 2;
    scene_account(&scene, "a", 0);
    hold(&scene, 50000000);
    enter(&scene, 100, MARGIN_CROSS);
    health = health_at(&scene, 40000, 40000, &bankruptcy);
    assert_true(health.equity == USDT(15000) && health.worth == USDT(18000));
}

/* ---- liquidations ---- */

/* At 25000 the 100 contracts have lost 0.2 BTC; 0.1 was there, so 0.1 is owed: 1000 - 2500 is below
 * the margin. Closed at 25000: 0.4 BTC, 10000 USDT; fee 0.0004 BTC, 10 USDT. The balance of -0.1004
 * is bought back for 2510: 1510 are missing, of which the fund has 600. Bankrupt it was where the
 * position is worth -0.34 BTC: 10000 / 0.34 = 29411.8. */
static void what_the_coin_is_short_of_is_bought_back(void **state) {
    (void)state;
    struct market_scene scene;
    begin(&scene);
    scene.fund = USDT(600);
    scene_account(&scene, "a", 1000);
    hold(&scene, 10000000);
    enter(&scene, 100, MARGIN_CROSS);
    scene_tick(&scene, COIN, 1, 50000);
    scene_tick(&scene, PERPETUAL, 1, 50000);
    scene_tick(&scene, COIN, 2, 25000);
    scene_tick(&scene, PERPETUAL, 2, 25000);
    scene_run(&scene);
    assert_int_equal(scene.row_count, 2);
    scene_expect(&scene, 0, 0, PERPETUAL, 100, 25000);
    assert_int_equal(scene.rows[0].bankruptcy_price_ticks, 29412);
    assert_int_equal(scene.rows[0].notional, USDT(10000));
    assert_int_equal(scene.rows[0].realised_pnl, USDT(-5000));
    assert_int_equal(scene.rows[0].fee, USDT(10));
    assert_int_equal(scene.rows[0].shortfall, 0);
    assert_int_equal(scene.rows[1].quantity_lots, 0);
    assert_int_equal(scene.rows[1].shortfall, USDT(1510));
    assert_int_equal(scene.rows[1].paid_fund, USDT(600));
    assert_true(scene.summary.fees == USDT(10));
    assert_true(scene.summary.collateral_exchanged == USDT(2510));
    assert_true(scene.summary.fund_end == 0 && scene.summary.unpaid == USDT(910));
    assert_int_equal(scene.outcome[0].equity_start, USDT(1000 + 5000));
    assert_int_equal(scene_end(&scene, 0), 0);
}

/* The contract stands at 50000; the coin falls to 44000: 0.9 * 0.2 * 44000 = 7920 no longer covers
 * 8000 owed. The short is closed without gain for 0.00002 BTC, 0.88 USDT; BTC worth 8000 is sold.
 */
static void the_price_of_a_coin_alone_liquidates(void **state) {
    (void)state;
    struct market_scene scene;
    begin(&scene);
    scene_account(&scene, "a", -8000);
    hold(&scene, 20000000);
    enter(&scene, -10, MARGIN_CROSS);
    scene_tick(&scene, PERPETUAL, 1, 50000);
    scene_tick(&scene, COIN, 1, 50000);
    scene_tick(&scene, COIN, 2, 44600); /* 28 above its debt, 8.92 asked */
    scene_tick(&scene, COIN, 3, 44000);
    scene_run(&scene);
    assert_int_equal(scene.row_count, 1);
    scene_expect(&scene, 0, 0, PERPETUAL, -10, 50000);
    assert_true(scene.rows[0].ts_ns == 3 * NS_PER_S);
    assert_int_equal(scene.rows[0].realised_pnl, 0);
    assert_int_equal(scene.rows[0].fee, USDT(88) / 100);
    assert_true(scene.summary.fees == USDT(88) / 100);
    assert_true(scene.summary.collateral_exchanged >= USDT(8000) &&
                scene.summary.collateral_exchanged < USDT(8000) + 44000 * 2);
    assert_int_equal(scene_end(&scene, 0), USDT(8800 - 8000) - USDT(88) / 100);
}

/* A funding rate of 0.1 % on 0.2 BTC: 0.0002 BTC into the short's balance, 8 USDT. */
static void funding_is_paid_in_coin(void **state) {
    (void)state;
    struct market_scene scene;
    begin(&scene);
    scene_account(&scene, "a", 0);
    hold(&scene, 100000000);
    enter(&scene, -100, MARGIN_CROSS);
    scene_tick(&scene, COIN, 1, 40000);
    scene_tick(&scene, PERPETUAL, 1, 50000);
    scene_tick(&scene, COIN, 3, 40000);
    scene_event(&scene, (struct replay_event){.ts_ns = 2 * NS_PER_S,
                                              .kind = EVENT_FUNDING,
                                              .instrument = EVENT_ALL_INSTRUMENTS,
                                              .rate_e8 = RATE_SCALE / 1000});
    scene_run(&scene);
    assert_int_equal(scene_end(&scene, 0), USDT(40000 + 8));
    assert_true(scene.summary.funding == USDT(-8));
}

/* ---- refusals ---- */

static void refused(struct market_scene *scene, const char *says) {
    const int64_t prices[2] = {50000, 50000};
    const struct venue_input venue = {.accounts = scene->accounts, .rulebook = &scene->rules};
    struct book book;
    struct error error = {0};
    assert_int_equal(accounts_finish(scene->accounts, NULL), STATUS_OK);
    assert_int_equal(book_init(&book, &venue, scene->instruments, 2, NULL, prices, prices, &error),
                     STATUS_CONFIG);
    if (strstr(error.message, says) == NULL)
        fail_msg("'%s' does not say '%s'", error.message, says);
    accounts_destroy(scene->accounts);
}

static void what_is_not_supported_is_refused_by_name(void **state) {
    (void)state;
    struct market_scene scene;
    begin(&scene);
    scene_account(&scene, "a", 1000);
    enter(&scene, 10, MARGIN_ISOLATED);
    refused(&scene, "account 'a': 'X' settles in BTC, accounts in USDT");
    begin(&scene);
    scene.rules.margin.mode = MARGIN_ISOLATED;
    scene_account(&scene, "a", 1000);
    enter(&scene, 10, MARGIN_CROSS);
    refused(&scene, "not supported with margin.mode isolated");
    begin(&scene);
    scene.rules.collateral.count = 0;
    scene_account(&scene, "a", 1000);
    enter(&scene, 10, MARGIN_CROSS);
    refused(&scene, "'X' settles in BTC, accounts in USDT: the rulebook's collateral has no such");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_gain_in_coin_counts_in_its_balance),
        cmocka_unit_test(a_loss_in_coin_is_owed),
        cmocka_unit_test(what_the_coin_is_short_of_is_bought_back),
        cmocka_unit_test(the_price_of_a_coin_alone_liquidates),
        cmocka_unit_test(funding_is_paid_in_coin),
        cmocka_unit_test(what_is_not_supported_is_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
