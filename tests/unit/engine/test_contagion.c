/* Goal: which instrument's forced orders hurt which, split into shared collateral and cross-impact;
 * the share of forced flow in each order; and how far a fall goes. Method: two instruments and a
 * few accounts whose every price is worked out by hand. */

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/replay/replay.h"

#define ROWS 16
#define TICKS 8
#define USDT(x) ((int64_t)(x)*MONEY_SCALE)

enum { A, B };

struct feed {
    int64_t ts[TICKS];
    int64_t price[TICKS];
    size_t count;
    bool given;
};

/* A at 1,000 and B at 100, a unit of price and quantity each; impact linear in price. */
struct scene {
    struct instrument instruments[2];
    struct impact_params impact[2];
    struct feed feeds[2];
    struct accounts *accounts;
    double cross[4];
    bool crosses;
    struct liquidation_record rows[ROWS];
    size_t row_count;
    struct contagion_record contagion[ROWS];
    size_t contagion_count;
    struct replay_summary summary;
};

static enum status feed_next(void *context, struct tick_batch *ret_batch, struct error *reterr) {
    static const uint8_t flags[TICKS] = {TICK_NO_QUANTITY};
    struct feed *feed = context;
    (void)reterr;
    if (feed->given || feed->count == 0)
        return STATUS_END;
    feed->given = true;
    *ret_batch = (struct tick_batch){
        .count = feed->count, .ts_ns = feed->ts, .value = {feed->price, NULL}, .flags = flags};
    return STATUS_OK;
}

static enum status take_rows(void *context, size_t count, const struct liquidation_record *rows,
                             struct error *reterr) {
    struct scene *scene = context;
    (void)reterr;
    assert_true(scene->row_count + count <= ROWS);
    memcpy(&scene->rows[scene->row_count], rows, count * sizeof(*rows));
    scene->row_count += count;
    return STATUS_OK;
}

static enum status take_contagion(void *context, size_t count, const struct contagion_record *rows,
                                  struct error *reterr) {
    struct scene *scene = context;
    (void)reterr;
    assert_true(scene->contagion_count + count <= ROWS);
    memcpy(&scene->contagion[scene->contagion_count], rows, count * sizeof(*rows));
    scene->contagion_count += count;
    return STATUS_OK;
}

static void scene_open(struct scene *scene, double slope_a, double slope_b) {
    memset(scene, 0, sizeof(*scene));
    for (size_t i = 0; i < 2; i++) {
        scene->instruments[i] = (struct instrument){.symbol = i == A ? "A" : "B",
                                                    .price_tick = {1, 0},
                                                    .lot = {1, 0},
                                                    .contract_size = {1, 0}};
        assert_int_equal(instrument_init(&scene->instruments[i], NULL), STATUS_OK);
        scene->impact[i] = (struct impact_params){
            .space = IMPACT_PRICE, .slope = i == A ? slope_a : slope_b, .permanent = 1};
    }
    assert_int_equal(accounts_create(&scene->accounts, NULL), STATUS_OK);
}

static void scene_tick(struct scene *scene, int64_t minute, int64_t price_a, int64_t price_b) {
    const int64_t prices[2] = {price_a, price_b};
    for (size_t i = 0; i < 2; i++) {
        struct feed *feed = &scene->feeds[i];
        feed->ts[feed->count] = minute * NS_PER_MINUTE;
        feed->price[feed->count++] = prices[i];
    }
}

static void scene_account(struct scene *scene, const char *id, int64_t balance, int64_t lots_a,
                          int64_t lots_b) {
    assert_int_equal(accounts_add(scene->accounts, id, "", USDT(balance), false, NULL), STATUS_OK);
    const int64_t lots[2] = {lots_a, lots_b};
    const int64_t entry[2] = {1000, 100};
    for (uint32_t i = 0; i < 2; i++)
        if (lots[i] != 0)
            assert_int_equal(accounts_add_position(scene->accounts, i, lots[i],
                                                   USDT(lots[i] * entry[i]), MARGIN_CROSS, 0, 0,
                                                   NULL),
                             STATUS_OK);
}

static void scene_run(struct scene *scene) {
    static struct margin_tier tier = {.cap = INT64_MAX};
    static const struct tier_table table = {NULL, 1, &tier};
    const struct rulebook rules = {.name = "scene",
                                   .margin.trigger = TRIGGER_AT_OR_BELOW,
                                   .margin.table_count = 1,
                                   .margin.tables = (struct tier_table *)&table,
                                   .margin.maintenance_multiplier = {1, 0},
                                   .liquidation.close = CLOSE_FULL,
                                   .liquidation.order = ORDER_ALL,
                                   .waterfall.stage_count = 1,
                                   .waterfall.stages = {STAGE_INSURANCE_FUND}};
    const struct price_source sources[2] = {{{&scene->feeds[A], feed_next}, SERIES_TICKS, 0},
                                            {{&scene->feeds[B], feed_next}, SERIES_TICKS, 0}};
    const struct impact_model *linear = impact_model_find("linear");
    const struct impact_model *const models[2] = {linear, linear};
    const struct replay_input input = {
        .instrument_count = 2,
        .instruments = scene->instruments,
        .prices = sources,
        .impact_model = models,
        .impact_params = scene->impact,
        .cross = scene->crosses ? scene->cross : NULL,
        .simulated = {scene->accounts, &rules, 0, 0},
        .from_ns = INT64_MIN,
        .to_ns = INT64_MAX,
        .feedback = true,
        .cleaning = CLEANING_NONE,
        .threads = 1,
        .branching_step_ns = NS_PER_MINUTE,
        .sink = {.context = scene, .liquidations = take_rows, .contagion = take_contagion},
    };
    struct error error = {STATUS_OK, ""};
    assert_int_equal(accounts_finish(scene->accounts, NULL), STATUS_OK);
    if (replay_run(&input, &scene->summary, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    assert_true(scene->summary.ledger_residual == 0);
    accounts_destroy(scene->accounts);
}

static void assert_near(double found, double expected) {
    if (!(fabs(found - expected) < 1e-12))
        fail_msg("%.17g is not %.17g", found, expected);
}

static void assert_row(const struct scene *scene, size_t r, uint32_t account, uint32_t instrument,
                       uint32_t generation, uint32_t through, int64_t notional, int64_t caused_e8) {
    const struct liquidation_record *row = &scene->rows[r];
    assert_int_equal(row->account, account);
    assert_int_equal(row->instrument, instrument);
    assert_int_equal(row->generation, generation);
    assert_int_equal(row->through, through);
    assert_int_equal(row->notional, USDT(notional));
    assert_int_equal(row->caused_e8, caused_e8);
}

/* A falls from outside to 900: `a` closes 20, A goes on to 880. That takes `both` (it bears 890),
 * which also holds B: B falls from 100 to 90, which takes `b`.
 *   both: first 1,100, without feedback 100, now -100: 200 of 1,200 by forced flow
 *   b: 500 of 500 */
static void shared_collateral_carries_the_fall(void **state) {
    (void)state;
    struct scene scene;
    scene_open(&scene, 1.0, 0.1);
    scene_account(&scene, "a", 2000, 20, 0);
    scene_account(&scene, "both", 1100, 10, 100);
    scene_account(&scene, "b", 500, 0, 50);
    scene_tick(&scene, 0, 1000, 100);
    scene_tick(&scene, 1, 900, 100);
    scene_run(&scene);
    assert_int_equal(scene.row_count, 4);
    assert_row(&scene, 0, 0, A, 0, INSTRUMENT_NONE, 20 * 890, 0);
    assert_row(&scene, 1, 1, A, 1, A, 10 * 875, 16666667);
    assert_row(&scene, 2, 1, B, 1, A, 100 * 95, 16666667);
    assert_row(&scene, 3, 2, B, 2, B, 50 * 88, RATE_SCALE);
    assert_true(scene.rows[1].parent == scene.rows[0].node);
    assert_true(scene.rows[3].parent == scene.rows[2].node);
    assert_true(scene.summary.caused_notional == USDT(8750 + 9500 + 4400));
    assert_true(scene.summary.caused_proportional ==
                (int128)USDT(8750 + 9500) * 16666667 + (int128)USDT(4400) * RATE_SCALE);
}

/* Nobody holds both; what `a` sells moves B by half a unit each. */
static void cross_impact_carries_the_fall(void **state) {
    (void)state;
    struct scene scene;
    scene_open(&scene, 1.0, 0.1);
    scene.crosses = true;
    scene.cross[B * 2 + A] = 0.5;
    scene_account(&scene, "a", 2000, 20, 0);
    scene_account(&scene, "b", 500, 0, 50);
    scene_tick(&scene, 0, 1000, 100);
    scene_tick(&scene, 1, 900, 100);
    scene_run(&scene);
    assert_int_equal(scene.row_count, 2);
    assert_row(&scene, 0, 0, A, 0, INSTRUMENT_NONE, 20 * 890, 0);
    assert_row(&scene, 1, 1, B, 1, B, 50 * 88, RATE_SCALE);
    assert_true(scene.rows[1].parent == scene.rows[0].node); /* the parent sold A, through B */
}

/* A root by the parent rule, since it would have gone without; yet a part of its loss was made: A
 * is at 850 of 1,000 from outside and shown at 830, and `later` bears 140 units. */
static void a_root_has_a_share_too(void **state) {
    (void)state;
    struct scene scene;
    scene_open(&scene, 1.0, 0.1);
    scene_account(&scene, "a", 2000, 20, 0);
    scene_account(&scene, "later", 140, 1, 0);
    scene_tick(&scene, 0, 1000, 100);
    scene_tick(&scene, 1, 900, 100);
    scene_tick(&scene, 2, 850, 100);
    scene_run(&scene);
    assert_int_equal(scene.row_count, 2);
    assert_row(&scene, 1, 1, A, 0, INSTRUMENT_NONE, 830, 11764706); /* 20 of 170 */
}

static void assert_contagion(const struct scene *scene, uint32_t cause, uint32_t effect,
                             double total, double shared) {
    for (size_t r = 0; r < scene->contagion_count; r++) {
        const struct contagion_record *row = &scene->contagion[r];
        if (row->cause != cause || row->effect != effect)
            continue;
        assert_near(row->total, total);
        assert_near(row->shared_collateral, shared);
        return;
    }
    fail_msg("no row for %u upon %u", cause, effect);
}

/* `both` goes at the first half percent of either. It sells 10 A, 0.2 % of the price, 0.2 of the
 * window; and 100 B, 0.1 of it. N = (0.2 0.2; 0.1 0.1), (I - N)^-1 = (0.9 0.2; 0.1 0.8) / 0.7. With
 * 10 A moving B by 0.1 more, N = (0.2 0.2; 0.2 0.2), the inverse (0.8 0.2; 0.2 0.8) / 0.6. */
static void multipliers_are_the_inverse(void **state) {
    (void)state;
    for (int crosses = 0; crosses < 2; crosses++) {
        struct scene scene;
        scene_open(&scene, 0.2, 0.001);
        scene.crosses = crosses != 0;
        scene.cross[B * 2 + A] = 0.01;
        scene_account(&scene, "both", 50, 10, 100);
        scene_tick(&scene, 0, 1000, 100);
        scene_run(&scene);
        assert_int_equal(scene.row_count, 0);
        assert_near(scene.summary.branching_max, crosses ? 0.4 : 0.3);
        assert_int_equal(scene.contagion_count, 4);
        assert_contagion(&scene, A, A, crosses ? 0.8 / 0.6 : 0.9 / 0.7, 0.9 / 0.7);
        assert_contagion(&scene, B, A, crosses ? 0.2 / 0.6 : 0.2 / 0.7, 0.2 / 0.7);
        assert_contagion(&scene, A, B, crosses ? 0.2 / 0.6 : 0.1 / 0.7, 0.1 / 0.7);
        assert_contagion(&scene, B, B, crosses ? 0.8 / 0.6 : 0.8 / 0.7, 0.8 / 0.7);
    }
}

/* Ten times the impact feeds itself: there is no multiplier, and which reaches which is still said.
 */
static void no_multiplier_where_the_ratio_is_above_one(void **state) {
    (void)state;
    struct scene scene;
    scene_open(&scene, 2.0, 0.01);
    scene_account(&scene, "both", 50, 10, 100);
    scene_tick(&scene, 0, 1000, 100);
    scene_run(&scene);
    assert_near(scene.summary.branching_max, 3.0);
    assert_int_equal(scene.contagion_count, 4);
    for (size_t r = 0; r < scene.contagion_count; r++)
        assert_true(isnan(scene.contagion[r].total) && isnan(scene.contagion[r].shared_collateral));
}

/* Who holds one instrument alone reaches no other: two rows, on the diagonal. */
static void apart_there_is_no_contagion(void **state) {
    (void)state;
    struct scene scene;
    scene_open(&scene, 0.2, 0.001);
    scene_account(&scene, "a", 50, 10, 0);
    scene_account(&scene, "b", 50, 0, 100);
    scene_tick(&scene, 0, 1000, 100);
    scene_run(&scene);
    assert_int_equal(scene.contagion_count, 2);
    assert_contagion(&scene, A, A, 1 / 0.8, 1 / 0.8);
    assert_contagion(&scene, B, B, 1 / 0.9, 1 / 0.9);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shared_collateral_carries_the_fall),
        cmocka_unit_test(cross_impact_carries_the_fall),
        cmocka_unit_test(a_root_has_a_share_too),
        cmocka_unit_test(multipliers_are_the_inverse),
        cmocka_unit_test(no_multiplier_where_the_ratio_is_above_one),
        cmocka_unit_test(apart_there_is_no_contagion),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
