/* Goal: the trigger ladder gives, for every price, exactly the live triggers that the price
 * reached. Method: random adds, re-boxes (new generations) and price walks in both directions,
 * beside a plain list that is searched from end to end; few distinct prices, so that equality comes
 * up often. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random_stream.h"
#include "engine/book/ladder.h"

#define POOLS 3000
#define NO_PRICE 0

struct world {
    struct ladder ladder;
    struct ladder_arena arena;
    uint32_t generation[POOLS];
    int64_t price[POOLS]; /* of the live trigger; NO_PRICE: none */
};

static void world_box(struct world *world, uint32_t pool, int64_t price) {
    world->generation[pool]++;
    world->price[pool] = price;
    assert_int_equal(
        ladder_add(&world->ladder, &world->arena, price, pool, world->generation[pool], NULL),
        STATUS_OK);
}

static int reached(const struct world *world, int64_t trigger, int64_t price) {
    return world->ladder.direction == LADDER_FALL ? price <= trigger : price >= trigger;
}

/* Takes all that `price` reaches and compares with the list. */
static void world_visit(struct world *world, int64_t price) {
    while (ladder_reached(&world->ladder, price)) {
        struct trigger trigger;
        assert_int_equal(
            ladder_take(&world->ladder, &world->arena, world->generation, &trigger, NULL),
            STATUS_OK);
        if (trigger.pool == UINT32_MAX || world->generation[trigger.pool] != trigger.generation)
            continue;
        assert_true(reached(world, world->price[trigger.pool], price));
        world->price[trigger.pool] = NO_PRICE;
        world->generation[trigger.pool]++;
    }
    for (uint32_t pool = 0; pool < POOLS; pool++) {
        if (world->price[pool] != NO_PRICE)
            assert_false(reached(world, world->price[pool], price));
    }
}

static void walk(enum ladder_direction direction, uint64_t seed, int64_t centre, int64_t width) {
    struct world *world = calloc(1, sizeof(*world));
    assert_non_null(world);
    struct random_stream random;
    random_stream_init(&random, seed, RANDOM_TEST, (uint64_t)direction);
    ladder_arena_init(&world->arena);
    assert_int_equal(ladder_init(&world->ladder, direction, NULL), STATUS_OK);
    const int64_t away = direction == LADDER_FALL ? -1 : 1;
    int64_t price = centre;
    for (int round = 0; round < 400; round++) {
        const int64_t boxes = random_stream_between(&random, 0, round == 0 ? POOLS : 60);
        for (int64_t b = 0; b < boxes; b++) {
            int64_t trigger = price + away * random_stream_between(&random, 1, width);
            world_box(world, (uint32_t)random_stream_below(&random, POOLS),
                      trigger < 1 ? 1 : trigger);
        }
        if (random_stream_below(&random, 20) == 0)
            assert_int_equal(ladder_compact(&world->ladder, &world->arena, world->generation, NULL),
                             STATUS_OK);
        price += random_stream_between(&random, -width / 20, width / 20);
        if (price < 1)
            price = 1;
        world_visit(world, price);
    }
    ladder_finish(&world->ladder);
    ladder_arena_finish(&world->arena);
    free(world);
}

static void ladder_gives_what_was_reached(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        print_message("seed %llu\n", (unsigned long long)seed);
        walk(LADDER_FALL, seed, 4000000, 400000);
        walk(LADDER_RISE, seed, 4000000, 400000);
        walk(LADDER_FALL, seed, 300, 200); /* bins of a single price */
        walk(LADDER_RISE, seed, 300, 200);
        walk(LADDER_FALL, seed, INT64_C(1) << 50, INT64_C(1) << 46);
    }
}

/* Goal: a heap that gathers near triggers while the price moves away gives them back to the bins,
 * and the count of triggers held never exceeds what was added. */
static void ladder_spills_and_counts(void **state) {
    (void)state;
    struct ladder ladder;
    struct ladder_arena arena;
    uint32_t *generation = calloc(60000, sizeof(*generation));
    assert_non_null(generation);
    ladder_arena_init(&arena);
    assert_int_equal(ladder_init(&ladder, LADDER_FALL, NULL), STATUS_OK);
    assert_int_equal(ladder_add(&ladder, &arena, 1000, 0, 0, NULL), STATUS_OK);
    struct trigger trigger = {0, UINT32_MAX, 0};
    while (trigger.pool == UINT32_MAX)
        assert_int_equal(ladder_take(&ladder, &arena, generation, &trigger, NULL), STATUS_OK);
    for (uint32_t pool = 0; pool < 60000; pool++)
        assert_int_equal(ladder_add(&ladder, &arena, 1001 + pool, pool, 0, NULL), STATUS_OK);
    assert_true(ladder.heap_count < 60000);
    assert_int_equal(ladder_count(&ladder), 60000);
    for (uint32_t pool = 0; pool < 60000; pool += 2)
        generation[pool] = 1;
    assert_int_equal(ladder_compact(&ladder, &arena, generation, NULL), STATUS_OK);
    assert_int_equal(ladder_count(&ladder), 30000);
    for (uint32_t pool = 59999; pool < 60000; pool -= 2) { /* nearest first: the highest price */
        assert_int_equal(ladder.nearest, 1001 + pool);
        assert_int_equal(ladder_take(&ladder, &arena, generation, &trigger, NULL), STATUS_OK);
        assert_int_equal(trigger.pool, pool);
    }
    assert_int_equal(ladder.nearest, INT64_MIN);
    ladder_finish(&ladder);
    ladder_arena_finish(&arena);
    free(generation);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ladder_gives_what_was_reached),
        cmocka_unit_test(ladder_spills_and_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
