/* Goal: how a pool in breach is closed: until when, which positions, how much, at which price.
 * Method: markets of one to three instruments, everything worked out by hand. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/market_scene.h"

/* 10 long from 100 with 150: at 90 equity is 50, the requirement at 10 % is 90. Each wave closes a
 * fifth, rounded up: 2 of 10, 2 of 8, 2 of 6. After the second, 6 lots ask 54; after the third, 4
 * lots ask 36: not in breach any more. With an exit ratio of 2, 72 is asked for and it goes on: 1
 * of 4 leaves 27, asking 54; 1 of 3 leaves 18, asking 36. */
static void goes_on_to_the_exit_ratio(void **state) {
    (void)state;
    for (int with = 0; with < 2; with++) {
        struct market_scene scene;
        scene_open(&scene, 1);
        scene.tiers[0].rate_e8 = RATE_SCALE / 10;
        scene.rules.close = CLOSE_FRACTION;
        scene.rules.fraction_e8 = RATE_SCALE / 5;
        scene.rules.exit_ratio_e8 = with ? 2 * RATE_SCALE : 0;
        scene_account(&scene, "a", 150);
        scene_position(&scene, 0, 10, 100);
        scene_tick(&scene, 0, 0, 100);
        scene_tick(&scene, 0, 1, 90);
        scene_tick(&scene, 0, 2, 89);
        scene_run(&scene);
        assert_int_equal(scene.row_count, with ? 5 : 3);
        scene_expect(&scene, 2, 0, 0, 2, 90);
        if (with)
            scene_expect(&scene, 4, 0, 0, 1, 90);
        for (size_t r = 0; r < scene.row_count; r++)
            assert_false(scene.rows[r].erroneous);
        assert_int_equal(scene_end(&scene, 0), USDT(50 - (with ? 2 : 4)));
    }
}

/* Above the trigger at the start, below the exit ratio: nothing is to be closed. */
static void the_exit_ratio_triggers_nothing(void **state) {
    (void)state;
    struct market_scene scene;
    scene_open(&scene, 1);
    scene.tiers[0].rate_e8 = RATE_SCALE / 10;
    scene.rules.exit_ratio_e8 = 3 * RATE_SCALE;
    scene_account(&scene, "a", 150);
    scene_position(&scene, 0, 10, 100);
    scene_tick(&scene, 0, 0, 100);
    scene_tick(&scene, 0, 1, 95);
    scene_run(&scene);
    assert_int_equal(scene.row_count, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goes_on_to_the_exit_ratio),
        cmocka_unit_test(the_exit_ratio_triggers_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
