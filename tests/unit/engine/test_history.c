/* Goal: what a venue published of forced orders becomes the flow that is taken out of the recorded
 * path: prints one by one, more of them where the feed leaves some out; falls of open interest on
 * the side the price moved to. Method: sequences with the lots by hand. */

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/replay/history.h"

#define LOTS 1000.0 /* a unit of quantity */

struct scene {
    struct instrument instruments[2];
    struct history *history;
    struct wave wave;
};

static void open_scene(struct scene *scene) {
    *scene = (struct scene){.history = NULL};
    for (int i = 0; i < 2; i++) {
        scene->instruments[i] = (struct instrument){
            .symbol = "X", .price_tick = {1, 0}, .lot = {1, 3}, .contract_size = {1, 0}};
        assert_int_equal(instrument_init(&scene->instruments[i], NULL), STATUS_OK);
    }
    assert_int_equal(history_create(scene->instruments, 2, &scene->history, NULL), STATUS_OK);
    assert_int_equal(wave_init(&scene->wave, 2, NULL), STATUS_OK);
}

static void close_scene(struct scene *scene) {
    history_destroy(scene->history);
    wave_finish(&scene->wave);
}

/* Lots of the second instrument in the next wave; the first has none. */
static int64_t collect(struct scene *scene) {
    wave_clear(&scene->wave);
    history_collect(scene->history, &scene->wave);
    assert_false(history_pending(scene->history));
    assert_false(scene->wave.is_touched[0]);
    return (int64_t)scene->wave.net[1];
}

static void prints_are_netted(void **state) {
    (void)state;
    struct scene scene;
    open_scene(&scene);
    assert_false(history_pending(scene.history));
    history_print(scene.history, 1, 5, 0.75, 0, 100);
    history_print(scene.history, 1, 5, -0.25, 0, 100);
    history_print(scene.history, 1, 6, 3.0, 0, 0); /* before the first price */
    assert_true(history_pending(scene.history));
    assert_int_equal(collect(&scene), 500);
    history_print(scene.history, 1, 7, 0.5, 0, 100);
    history_print(scene.history, 1, 7, -0.5, 0, 100);
    assert_false(history_pending(scene.history));
    assert_int_equal(collect(&scene), 0);
    assert_int_equal(scene.wave.touched_count, 0);
    close_scene(&scene);
}

/* One print in a quiet minute stands for little more than itself; one in each second, for many. */
static void a_throttled_feed_leaves_orders_out(void **state) {
    (void)state;
    struct scene scene;
    open_scene(&scene);
    history_print(scene.history, 1, 100 * NS_PER_S, 1.0, NS_PER_S, 100);
    assert_int_equal(collect(&scene), llround(LOTS * -log(1 - 1.0 / 60) * 60));
    for (int64_t second = 101; second <= 129; second++)
        history_print(scene.history, 1, second * NS_PER_S, 0.0, NS_PER_S, 100);
    history_print(scene.history, 1, 130 * NS_PER_S - 1, 1.0, NS_PER_S, 100); /* 30 of 60 */
    assert_int_equal(collect(&scene), llround(LOTS * -log(0.5) * 2));
    for (int64_t second = 130; second <= 159; second++)
        history_print(scene.history, 1, second * NS_PER_S, 0.0, NS_PER_S, 100);
    history_print(scene.history, 1, 159 * NS_PER_S, -2.0, NS_PER_S, 100); /* all 60 */
    assert_int_equal(collect(&scene), -llround(2 * LOTS * -log(0.5 / 60) / (59.5 / 60)));
    history_print(scene.history, 1, 219 * NS_PER_S, 1.0, NS_PER_S, 100); /* a minute later */
    assert_int_equal(collect(&scene), llround(LOTS * -log(1 - 1.0 / 60) * 60));
    close_scene(&scene);
}

static void open_interest_falls_on_the_falling_side(void **state) {
    (void)state;
    struct scene scene;
    open_scene(&scene);
    history_open_interest(scene.history, 1, 50.0, 1000);
    assert_int_equal(collect(&scene), 0);
    history_open_interest(scene.history, 1, 48.5, 990); /* longs closed */
    assert_int_equal(collect(&scene), 1500);
    history_open_interest(scene.history, 1, 48.0, 995); /* shorts closed */
    assert_int_equal(collect(&scene), -500);
    history_open_interest(scene.history, 1, 60.0, 900); /* opened */
    assert_int_equal(collect(&scene), 0);
    history_open_interest(scene.history, 1, 59.0, 900); /* no side */
    assert_int_equal(collect(&scene), 0);
    close_scene(&scene);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prints_are_netted),
        cmocka_unit_test(a_throttled_feed_leaves_orders_out),
        cmocka_unit_test(open_interest_falls_on_the_falling_side),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
