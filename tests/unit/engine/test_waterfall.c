/* Goal: who pays a loss past bankruptcy, to the unit: fund, auto-deleveraging, socialise, unpaid;
 * and scheduled events do what their names say. Method: books of a few accounts, ticks from an
 * array, everything worked out by hand. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/liquidation/adl.h"
#include "tests/unit/engine/market_scene.h"

/* An account with at most one position. */
static void add_account(struct market_scene *scene, const char *id, int64_t balance, int64_t lots,
                        int64_t entry) {
    scene_account(scene, id, balance);
    if (lots != 0)
        scene_position(scene, 0, lots, entry);
}

static void next_minute(struct market_scene *scene, int64_t price) {
    scene_tick(scene, 0, 60 * (int64_t)scene->ticks[0].count, price);
}

static int64_t end_of(const struct market_scene *scene, const char *id) {
    for (uint32_t a = 0; a < scene->outcome_count; a++)
        if (strcmp(scene->ids[a], id) == 0)
            return scene->outcome[a].equity_end;
    fail_msg("no account %s", id);
    return 0;
}

/* analytic case "adl-queue": 7 coins at the bankruptcy price 26,500, mark 26,000 */
static void adl_closes_the_best_ranked(void **state) {
    (void)state;
    struct market_scene scene;
    scene_open(&scene, 1);
    scene.rules.waterfall.stages[0] = STAGE_ADL;
    scene.rules.waterfall.adl_rank = ADL_PROFIT_TIMES_LEVERAGE;
    add_account(&scene, "long", 24500, 7, 30000); /* bankrupt at 26,500 */
    add_account(&scene, "w1", 20000 - 5 * 4000, -5, 30000);
    add_account(&scene, "w2", 100000 - 10 * 3000, -10, 29000);
    add_account(&scene, "w3", 30000 - 4 * 6000, -4, 32000);
    next_minute(&scene, 27000);
    next_minute(&scene, 26000);
    scene_run(&scene);
    assert_int_equal(scene.row_count, 1);
    assert_true(scene.rows[0].adl);
    assert_int_equal(scene.rows[0].quantity_lots, 7);
    assert_int_equal(scene.rows[0].price_ticks, 26500);
    assert_int_equal(scene.rows[0].paid_adl, USDT(3500));
    assert_int_equal(scene.rows[0].shortfall, 0);
    assert_int_equal(scene.adl_count, 2);
    assert_int_equal(scene.adl[0].account, 1);
    assert_int_equal(scene.adl[0].quantity_lots, -5);
    assert_int_equal(scene.adl[1].account, 3);
    assert_int_equal(scene.adl[1].quantity_lots, -2);
    assert_int_equal(scene.adl[0].forgone + scene.adl[1].forgone, USDT(3500));
    assert_true(scene.summary.adl_notional == USDT(7 * 26500));
    assert_int_equal(scene.summary.adl_accounts, 2);
    assert_true(scene.summary.long_notional == 0); /* nothing went to market */
    assert_int_equal(scene.summary.prices[0].last, 26000);
    assert_int_equal(end_of(&scene, "w1"), USDT(20000 - 5 * 500));
    assert_int_equal(end_of(&scene, "long"), 0);
}

static double score(enum adl_rank rank, double profit, double entry, double notional, double equity,
                    double wallet, double lots) {
    const struct adl_standing standing = {profit, entry, notional, equity, wallet, lots};
    return adl_score(rank, &standing);
}

static void adl_scores(void **state) {
    (void)state;
    /* analytic case "adl-queue", its scores */
    assert_float_equal(score(ADL_PROFIT_TIMES_LEVERAGE, 20000, 150000, 130000, 20000, 0, 1),
                       0.866666666666667, 1e-12);
    assert_float_equal(score(ADL_PROFIT_TIMES_LEVERAGE, 30000, 290000, 260000, 100000, 0, 1),
                       0.268965517241379, 1e-12);
    assert_true(score(ADL_PROFIT_TIMES_LEVERAGE, -10, 100, 90, 30, 40, 1) < 0.0);
    assert_float_equal(score(ADL_PROFIT, 30, 120, 1, 1, 0, 1), 0.25, 1e-15);
    assert_float_equal(score(ADL_LEVERAGE, 30, 120, 90, 30, 0, 1), 3.0, 1e-15);
    /* a short from 120 to 90 and a long from 90 to 120 have both gained a third; both have lost as
     * much the other way */
    assert_float_equal(score(ADL_PRICE_RATIO_TIMES_LEVERAGE, 30, 120, 90, 45, 15, 1), 8.0 / 3,
                       1e-14);
    assert_float_equal(score(ADL_PRICE_RATIO_TIMES_LEVERAGE, 30, 90, 120, 60, 30, 1), 8.0 / 3,
                       1e-14);
    assert_float_equal(score(ADL_PRICE_RATIO_TIMES_LEVERAGE, -30, 120, 90, 45, 75, 1), 1.5, 1e-14);
    assert_float_equal(score(ADL_PROFIT_OVER_WALLET, 300, 500, 200, 400, 100, 5), 3.0, 1e-15);
    assert_float_equal(score(ADL_PROFIT_TIMES_WALLET_LEVERAGE, 300, 500, 200, 400, 100, 5), 600.0,
                       1e-12);
    assert_float_equal(score(ADL_POSITION_SIZE, 300, 500, 200, 400, 100, 5), 5.0, 1e-15);
}

/* The fund bears what it can: of 10 lots each 100 past bankruptcy it can pay for 4. */
static void fund_then_adl(void **state) {
    (void)state;
    struct market_scene scene;
    scene_open(&scene, 1);
    scene.rules.waterfall.stage_count = 2;
    scene.rules.waterfall.stages[1] = STAGE_ADL;
    scene.fund = USDT(499);
    add_account(&scene, "long", 1000, 10, 1100); /* bankrupt at 1,000 */
    add_account(&scene, "short", 100000, -30, 1100);
    next_minute(&scene, 1090);
    next_minute(&scene, 900);
    scene_run(&scene);
    assert_int_equal(scene.row_count, 2);
    assert_false(scene.rows[0].adl);
    assert_int_equal(scene.rows[0].quantity_lots, 4);
    assert_int_equal(scene.rows[0].price_ticks, 900);
    assert_int_equal(scene.rows[0].shortfall + scene.rows[1].shortfall, USDT(400));
    assert_int_equal(scene.rows[0].paid_fund + scene.rows[1].paid_fund, USDT(400));
    assert_true(scene.rows[1].adl);
    assert_int_equal(scene.rows[1].quantity_lots, 6);
    assert_int_equal(scene.rows[1].price_ticks, 1000);
    assert_int_equal(scene.summary.liquidations, 1);
    assert_true(scene.summary.fund_end == USDT(99));
    assert_true(scene.summary.unpaid == 0);
    assert_int_equal(end_of(&scene, "short"), USDT(100000 + 30 * 200 - 6 * 100));
}

/* Candidates run out: the rest goes to market, and its loss to the stage after. The long is
 * bankrupt at 1,000 and first seen at 950: 2 lots find a counterparty at 1,000, 8 are sold at 950.
 */
static void adl_runs_out_then_socialise(void **state) {
    (void)state;
    for (int with = 0; with < 2; with++) {
        struct market_scene scene;
        scene_open(&scene, 1);
        scene.rules.waterfall.stage_count = with ? 2 : 1;
        scene.rules.waterfall.stages[0] = STAGE_ADL;
        scene.rules.waterfall.stages[1] = STAGE_SOCIALISE;
        add_account(&scene, "long", 1000, 10, 1100);
        add_account(&scene, "s1", 100000, -2, 1100); /* closed by ADL: no gain since the start */
        add_account(&scene, "s2", 20000, -6, 900);   /* vetoed below; gains 300 to 900 */
        scene.rules.waterfall.adl_veto = ADL_VETO_LOSERS;
        next_minute(&scene, 950);
        next_minute(&scene, 900);
        scene_run(&scene);
        assert_int_equal(scene.adl_count, 1);
        assert_int_equal(scene.adl[0].quantity_lots, -2);
        assert_true(scene.summary.bad_debt == USDT(8 * 50));
        assert_true(scene.summary.socialised_loss == (with ? USDT(300) : 0));
        assert_true(scene.summary.unpaid == (with ? USDT(100) : USDT(400)));
        assert_int_equal(end_of(&scene, "s2"), USDT(with ? 19700 : 20000));
    }
}

/* Ticks are a minute apart from midnight; sessions close after 2 1/2 minutes. The long leaves 1,000
 * behind. `first` has gained 1,500 by then and pays 600, `second` 1,000 and pays 400. */
static void session_closes_over_its_own_gains(void **state) {
    (void)state;
    struct market_scene scene;
    scene_open(&scene, 1);
    scene.rules.waterfall.stage_count = 1;
    scene.rules.waterfall.stages[0] = STAGE_SOCIALISE;
    scene.rules.waterfall.socialise_at = SOCIALISE_AT_SESSION;
    scene.rules.waterfall.session_close_ns = 150 * NS_PER_S;
    add_account(&scene, "first", 100000, -15, 1000);
    add_account(&scene, "second", 100000, -10, 1000);
    add_account(&scene, "long", 1000, 20, 1000);  /* bankrupt at 950 */
    add_account(&scene, "other", 1000, 10, 1000); /* bankrupt at 900 */
    next_minute(&scene, 1000);
    next_minute(&scene, 900); /* 1,000 past bankruptcy; `other` has nothing left, and no loss */
    next_minute(&scene, 900);
    next_minute(&scene, 900);
    scene_run(&scene);
    assert_true(scene.summary.bad_debt == USDT(1000));
    assert_true(scene.summary.socialised_loss == USDT(1000));
    assert_true(scene.summary.unpaid == 0);
    assert_int_equal(end_of(&scene, "first"), USDT(100000 + 1500 - 600));
    assert_int_equal(end_of(&scene, "second"), USDT(100000 + 1000 - 400));
    assert_int_equal(scene.outcome[0].socialised, USDT(600));
    assert_int_equal(scene.outcome[1].socialised, USDT(400));
    assert_int_equal(scene.outcome[2].socialised, 0);
}

/* The loss of the second session is borne by what was gained in it alone; without
 * sessions the whole run counts. */
static void session_spares_earlier_gains(void **state) {
    (void)state;
    for (int sessions = 0; sessions < 2; sessions++) {
        struct market_scene scene;
        scene_open(&scene, 1);
        scene.rules.waterfall.stages[0] = STAGE_SOCIALISE;
        scene.rules.waterfall.socialise_at = sessions ? SOCIALISE_AT_SESSION : SOCIALISE_AT_END;
        scene.rules.waterfall.session_close_ns = 90 * NS_PER_S;
        add_account(&scene, "up", 100000, 10, 1000);    /* +1,000 to 1,100, then -2,000 */
        add_account(&scene, "down", 100000, -10, 1000); /* -1,000, then +2,000 */
        add_account(&scene, "long", 1000, 20, 1000);    /* bankrupt at 950 */
        add_account(&scene, "up2", 1000, 40, 1090);     /* +400, then bankrupt at 1,065 */
        next_minute(&scene, 1090);
        next_minute(&scene, 1100);
        next_minute(&scene, 900); /* long: 1,000; up2: 6,600 */
        scene_run(&scene);
        assert_true(scene.summary.bad_debt == USDT(7600));
        /* At 900 `down` stands 1,900 above its start at 1,090, 2,000 above the close at 1,100. */
        assert_true(scene.summary.socialised_loss == USDT(sessions ? 2000 : 1900));
        assert_int_equal(scene.outcome[1].socialised, USDT(sessions ? 2000 : 1900));
        assert_int_equal(scene.outcome[0].socialised, 0);
        assert_true(scene.summary.unpaid == USDT(sessions ? 5600 : 5700));
    }
}

/* Who pays at the close may be in breach by it: it is looked at again at once. */
static void session_may_ruin_who_pays(void **state) {
    (void)state;
    struct market_scene scene;
    scene_open(&scene, 1);
    scene.rules.waterfall.stages[0] = STAGE_SOCIALISE;
    scene.rules.waterfall.socialise_at = SOCIALISE_AT_SESSION;
    scene.rules.waterfall.session_close_ns = 90 * NS_PER_S;
    scene.tiers[0].rate_e8 = 10000000; /* 10 % */
    add_account(&scene, "long", 1005, 10, 1000);
    add_account(&scene, "short", 2001, -20, 1000);
    next_minute(&scene, 1000);
    next_minute(&scene, 1200); /* the short leaves 1,999; the long has 3,005 and needs 1,200 */
    next_minute(&scene, 1200);
    scene_run(&scene);
    assert_int_equal(scene.row_count, 2);
    assert_int_equal(scene.rows[1].account, 0);
    assert_int_equal(scene.rows[1].ts_ns, 90 * NS_PER_S);
    assert_true(scene.summary.socialised_loss == USDT(1999));
    assert_int_equal(end_of(&scene, "long"), USDT(1006));
}

/* With impact a fill through the market would be below mark; at mark it is not, nobody follows, and
 * the loss of 10 lots 10 past bankruptcy is the fund's. The reader's own fee is due all the same.
 */
static void closing_at_mark_moves_no_price(void **state) {
    (void)state;
    for (int at_mark = 0; at_mark < 2; at_mark++) {
        struct market_scene scene;
        scene_open(&scene, 1);
        scene.impact = (struct impact_params){.space = IMPACT_PRICE, .slope = 1, .permanent = 1};
        scene.fund = USDT(1000);
        scene.rules.liquidation.price = at_mark ? PRICE_MARK : PRICE_MARKET;
        scene.rules.liquidation.fee_rate_e8 = 1000000; /* 1 % */
        add_account(&scene, "long", 1000, 10, 1000);   /* bankrupt at 900 */
        add_account(&scene, "next", 1000, 8, 1010);    /* bankrupt at 885 */
        next_minute(&scene, 1000);
        next_minute(&scene, 890);
        scene_run(&scene);
        assert_int_equal(scene.row_count, at_mark ? 1 : 2);
        assert_int_equal(scene.rows[0].price_ticks, at_mark ? 890 : 885);
        assert_int_equal(scene.summary.prices[0].min, at_mark ? 890 : 890 - 10 - 8);
        if (!at_mark)
            continue;
        assert_false(scene.rows[0].taken_over || scene.rows[0].adl);
        assert_int_equal(scene.rows[0].quantity_lots, 10);
        assert_int_equal(scene.rows[0].fee, USDT(89));
        assert_int_equal(scene.rows[0].shortfall, USDT(10 * 10 + 89));
        assert_true(scene.summary.fund_end == USDT(1000 - 189));
        assert_true(scene.summary.fees == USDT(89));
        assert_true(scene.summary.long_notional == USDT(8900));
        assert_int_equal(scene.summary.prices[0].last, 890);
        assert_int_equal(end_of(&scene, "next"), USDT(1000 - 8 * 120));
    }
}

/* At a wrong mark too: the feed says 800 where the market trades at 1,000. */
static void closing_at_mark_takes_the_feed_as_it_is(void **state) {
    (void)state;
    struct market_scene scene;
    scene_open(&scene, 1);
    scene.rules.liquidation.price = PRICE_MARK;
    scene.fund = USDT(5000);
    add_account(&scene, "long", 1000, 10, 1000);
    next_minute(&scene, 1000);
    next_minute(&scene, 1000);
    scene_event(&scene,
                (struct replay_event){NS_PER_MINUTE, EVENT_FEED_ERROR, 0, 80000000, 0, NULL});
    scene_run(&scene);
    assert_int_equal(scene.row_count, 1);
    assert_true(scene.rows[0].erroneous);
    assert_int_equal(scene.rows[0].price_ticks, 800);
    assert_true(scene.summary.fund_end == USDT(5000 - 1000));
}

/* What the fund cannot bear at mark goes on to the stage after: 900 is 100 past bankruptcy. */
static void closing_at_mark_goes_down_the_waterfall(void **state) {
    (void)state;
    struct market_scene scene;
    scene_open(&scene, 1);
    scene.impact = (struct impact_params){.space = IMPACT_PRICE, .slope = 1, .permanent = 1};
    scene.rules.liquidation.price = PRICE_MARK;
    scene.rules.waterfall.stage_count = 2;
    scene.rules.waterfall.stages[1] = STAGE_ADL;
    scene.fund = USDT(499);
    add_account(&scene, "long", 1000, 10, 1100);
    add_account(&scene, "short", 100000, -30, 1100);
    next_minute(&scene, 1090);
    next_minute(&scene, 900);
    scene_run(&scene);
    assert_int_equal(scene.row_count, 2);
    assert_int_equal(scene.rows[0].quantity_lots, 4);
    assert_int_equal(scene.rows[0].price_ticks, 900);
    assert_int_equal(scene.rows[1].quantity_lots, 6);
    assert_int_equal(scene.rows[1].price_ticks, 1000);
    assert_true(scene.summary.fund_end == USDT(99));
    assert_int_equal(scene.summary.prices[0].min, 900);
}

/* Taken over at the bankruptcy price of 900, worked off by halves: 5, 3, 1, 1 lots each minute. */
static void fund_takes_over_and_works_off(void **state) {
    (void)state;
    struct market_scene scene;
    scene_open(&scene, 1);
    scene.fund = USDT(1000);
    scene.tiers[0].rate_e8 = 5000000; /* 5 %: breach at 947 */
    scene.rules.liquidation.price = PRICE_BANKRUPTCY;
    scene.rules.liquidation.inventory_interval_ns = NS_PER_MINUTE;
    scene.rules.liquidation.inventory_fraction_e8 = 50000000;
    add_account(&scene, "long", 1000, 10, 1000);
    next_minute(&scene, 1000);
    next_minute(&scene, 940);
    for (int k = 0; k < 6; k++)
        next_minute(&scene, 930 - 10 * k); /* steps see the price of the minute before */
    scene_run(&scene);
    assert_int_equal(scene.row_count, 1);
    assert_true(scene.rows[0].taken_over);
    assert_int_equal(scene.rows[0].price_ticks, 900);
    assert_int_equal(end_of(&scene, "long"), 0);
    assert_true(scene.summary.inventory_taken == USDT(9000));
    const int64_t proceeds = 5 * 940 + 3 * 930 + 920 + 910;
    assert_true(scene.summary.inventory_worked_off == USDT(proceeds));
    assert_true(scene.summary.fund_end == USDT(1000 + proceeds - 9000));
    assert_true(scene.summary.inventory_held == 0);
    assert_true(scene.summary.inventory_gain == 0);
}

/* The vault bears 250 at mark: of 10 lots each 100 past bankruptcy it takes 2, the rest is sold. */
static void vault_takes_what_it_can_bear(void **state) {
    (void)state;
    struct market_scene scene;
    scene_open(&scene, 1);
    scene.backstop = USDT(250);
    scene.rules.waterfall.stages[0] = STAGE_BACKSTOP;
    add_account(&scene, "long", 1000, 10, 1100);
    next_minute(&scene, 1090);
    next_minute(&scene, 900);
    scene_run(&scene);
    assert_int_equal(scene.row_count, 2);
    assert_int_equal(scene.rows[0].quantity_lots, 8);
    assert_true(scene.rows[1].taken_over);
    assert_int_equal(scene.rows[1].quantity_lots, 2);
    assert_int_equal(scene.rows[1].price_ticks, 1000);
    assert_int_equal(scene.summary.liquidations, 1);
    assert_true(scene.summary.backstop_taken == USDT(2000));
    assert_true(scene.summary.backstop_gain == USDT(-200));
    assert_true(scene.summary.unpaid == USDT(800));
}

static void latency_judges_again(void **state) {
    (void)state;
    struct market_scene scene;
    scene_open(&scene, 1);
    scene.rules.limits.latency_ns = 30 * NS_PER_S;
    scene.fund = USDT(10000);
    add_account(&scene, "stays", 1000, 10, 1000); /* breached at 900 */
    add_account(&scene, "saved", 1060, 10, 1000); /* breached at 894, well again at 895 */
    next_minute(&scene, 1000);
    next_minute(&scene, 894);
    next_minute(&scene, 895);
    next_minute(&scene, 893);
    next_minute(&scene, 899);
    scene_run(&scene);
    assert_int_equal(scene.row_count, 2);
    assert_int_equal(scene.rows[0].account, 0);
    assert_int_equal(scene.rows[0].ts_ns, NS_PER_MINUTE + 30 * NS_PER_S);
    assert_int_equal(scene.rows[0].price_ticks, 894);
    assert_int_equal(scene.rows[1].ts_ns, NS_PER_MINUTE + 30 * NS_PER_S);
}

/* Two pools a minute: the longest in breach first, then by account id whatever the row. */
static void pace_queues(void **state) {
    (void)state;
    struct market_scene scene;
    scene_open(&scene, 1);
    scene.rules.limits.pace_pools = 2;
    scene.rules.limits.pace_ns = NS_PER_MINUTE;
    scene.fund = USDT(100000);
    add_account(&scene, "late", 1200, 10, 1000);
    add_account(&scene, "d", 1000, 10, 1000);
    add_account(&scene, "c", 1000, 10, 1000);
    add_account(&scene, "b", 1000, 10, 1000);
    next_minute(&scene, 1000);
    next_minute(&scene, 900);
    next_minute(&scene, 880);
    scene.ticks[0].ts[2] = NS_PER_MINUTE + 1;
    next_minute(&scene, 870);
    scene_run(&scene);
    assert_int_equal(scene.row_count, 4);
    assert_int_equal(scene.rows[0].account, 2); /* c and b at once, in row order */
    assert_int_equal(scene.rows[1].account, 3);
    assert_int_equal(scene.rows[0].ts_ns, NS_PER_MINUTE);
    assert_int_equal(scene.rows[2].account, 0); /* then d, longest in breach, and late */
    assert_int_equal(scene.rows[3].account, 1);
    assert_int_equal(scene.rows[2].ts_ns, 2 * NS_PER_MINUTE);
}

static void funding_is_paid_and_can_liquidate(void **state) {
    (void)state;
    struct market_scene scene;
    scene_open(&scene, 1);
    add_account(&scene, "long", 15, 10, 1000);
    add_account(&scene, "short", 1000, -10, 1000);
    scene_event(&scene, (struct replay_event){.ts_ns = NS_PER_MINUTE / 2,
                                              .kind = EVENT_FUNDING,
                                              .instrument = 0,
                                              .rate_e8 = 100000}); /* 0.1 %: 10 of 10,000 */
    scene_event(&scene, (struct replay_event){.ts_ns = NS_PER_MINUTE + 1,
                                              .kind = EVENT_FUNDING,
                                              .instrument = EVENT_ALL_INSTRUMENTS,
                                              .rate_e8 = 100000});
    next_minute(&scene, 1000);
    next_minute(&scene, 1000);
    next_minute(&scene, 1000);
    scene_run(&scene);
    assert_int_equal(scene.row_count,
                     1); /* equity 5 after the first payment, -5 after the second */
    assert_int_equal(scene.rows[0].ts_ns, NS_PER_MINUTE + 1);
    assert_int_equal(scene.rows[0].shortfall, USDT(5));
    assert_int_equal(end_of(&scene, "short"), USDT(1020));
    assert_true(scene.summary.funding == 0);
}

static void outage_defers_liquidation(void **state) {
    (void)state;
    struct market_scene scene;
    scene_open(&scene, 1);
    scene.fund = USDT(10000);
    add_account(&scene, "long", 1000, 10, 1000); /* bankrupt and liquidated at 900 */
    scene_event(&scene, (struct replay_event){.ts_ns = 1, .kind = EVENT_ENGINE_STOP});
    scene_event(&scene,
                (struct replay_event){.ts_ns = 2 * NS_PER_MINUTE + 1, .kind = EVENT_ENGINE_START});
    next_minute(&scene, 1000);
    next_minute(&scene, 880);
    next_minute(&scene, 850);
    next_minute(&scene, 840);
    scene_run(&scene);
    assert_int_equal(scene.row_count, 1);
    assert_int_equal(scene.rows[0].ts_ns, 2 * NS_PER_MINUTE + 1);
    assert_int_equal(scene.rows[0].price_ticks, 850);
}

static void wrong_feed_liquidates_in_error(void **state) {
    (void)state;
    struct market_scene scene;
    scene_open(&scene, 1);
    add_account(&scene, "long", 1000, 10, 1000);
    add_account(&scene, "other", 10000, 1, 1000);
    scene_event(&scene,
                (struct replay_event){
                    .ts_ns = 1, .kind = EVENT_FEED_ERROR, .instrument = 0, .rate_e8 = 85000000});
    next_minute(&scene, 1000);
    next_minute(&scene, 1000);
    scene_run(&scene);
    assert_int_equal(scene.row_count, 1);
    assert_true(scene.rows[0].erroneous);
    assert_int_equal(scene.rows[0].price_ticks, 1000); /* judged at 850, filled at the market */
    assert_int_equal(scene.summary.erroneous_liquidations, 1);
    assert_int_equal(end_of(&scene, "long"), USDT(1000));
}

static void shock_moves_the_path(void **state) {
    (void)state;
    struct market_scene scene;
    scene_open(&scene, 1);
    add_account(&scene, "long", 1000, 10, 1000);
    scene_event(&scene, (struct replay_event){
                            .ts_ns = 1, .kind = EVENT_SHOCK, .instrument = 0, .rate_e8 = 80000000});
    next_minute(&scene, 1000);
    next_minute(&scene, 1010);
    scene_run(&scene);
    assert_int_equal(scene.row_count, 1);
    assert_int_equal(scene.rows[0].ts_ns, 1);
    assert_int_equal(scene.rows[0].price_ticks, 800);
    assert_int_equal(scene.summary.prices[0].last, 808);
    assert_int_equal(scene.summary.prices[0].last_without, 808);
    assert_int_equal(scene.summary.prices[0].last_recorded, 1010);
    assert_true(scene.summary.unpaid == USDT(1000));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adl_closes_the_best_ranked),
        cmocka_unit_test(adl_scores),
        cmocka_unit_test(fund_then_adl),
        cmocka_unit_test(adl_runs_out_then_socialise),
        cmocka_unit_test(session_closes_over_its_own_gains),
        cmocka_unit_test(session_spares_earlier_gains),
        cmocka_unit_test(session_may_ruin_who_pays),
        cmocka_unit_test(closing_at_mark_moves_no_price),
        cmocka_unit_test(closing_at_mark_takes_the_feed_as_it_is),
        cmocka_unit_test(closing_at_mark_goes_down_the_waterfall),
        cmocka_unit_test(fund_takes_over_and_works_off),
        cmocka_unit_test(vault_takes_what_it_can_bear),
        cmocka_unit_test(latency_judges_again),
        cmocka_unit_test(pace_queues),
        cmocka_unit_test(funding_is_paid_and_can_liquidate),
        cmocka_unit_test(outage_defers_liquidation),
        cmocka_unit_test(wrong_feed_liquidates_in_error),
        cmocka_unit_test(shock_moves_the_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
