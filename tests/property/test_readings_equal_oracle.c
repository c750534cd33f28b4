/* Goal: what a venue publishes beside prices (mark and index, liquidation prints, open interest)
 * does to a replay what its definition says. Method: random small worlds of every kind
 * (random_machine.h, random_margin.h) with such readings, each run by the engine and by the oracle
 * and compared row by row. WORLD_SEED=n runs that world alone, WORLD_COUNT=n more or fewer of them.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/property/oracle.h"
#include "tests/property/oracle_compare.h"
#include "tests/property/random_history.h"
#include "tests/property/random_machine.h"
#include "tests/property/random_margin.h"
#include "tests/property/random_marks.h"
#include "tests/property/run_capture.h"
#include "tests/property/world_range.h"

#define MARKS 1200
#define MARKS_SEED_FIRST 600001
#define HISTORIES 600
#define HISTORY_SEED_FIRST 800001

/* In how many worlds with forced orders each kind of mark price took place. */
struct marks_coverage {
    uint64_t worlds, recorded, by_rulebook, averaged, stale, band, funding, identities;
};

static void marks_coverage_add(struct marks_coverage *c, const struct marks_features *with,
                               const struct oracle_result *oracle, bool null_replay) {
    c->worlds++;
    if (oracle->simulated.book.row_count == 0)
        return;
    c->recorded += with->recorded;
    c->by_rulebook += with->by_rulebook;
    c->averaged += with->averaged;
    c->stale += with->stale;
    c->band += with->band;
    c->funding += with->funding;
    c->identities += null_replay && oracle->reference.book.row_count > 0;
}

static void marks_coverage_check(const struct marks_coverage *c) {
    printf("%llu worlds; with orders: recorded %llu, by rulebook %llu, averaged %llu, stale %llu, "
           "band %llu, funding %llu, null replays %llu\n",
           (unsigned long long)c->worlds, (unsigned long long)c->recorded,
           (unsigned long long)c->by_rulebook, (unsigned long long)c->averaged,
           (unsigned long long)c->stale, (unsigned long long)c->band,
           (unsigned long long)c->funding, (unsigned long long)c->identities);
    if (c->worlds < 100)
        return;
    const uint64_t seen[] = {c->recorded, c->by_rulebook, c->averaged,  c->stale,
                             c->band,     c->funding,     c->identities};
    for (size_t k = 0; k < sizeof(seen) / sizeof(seen[0]); k++)
        assert_true(20 * seen[k] >= c->worlds);
}

/* Half of the worlds have the whole machine, half any kind of margin. */
static void any_mark_equals_oracle(void **state) {
    (void)state;
    const struct worlds worlds = worlds_of(MARKS_SEED_FIRST, MARKS);
    struct marks_coverage coverage = {0};
    uint64_t different = 0;
    for (uint64_t seed = worlds.first; seed < worlds.first + worlds.count; seed++) {
        struct marks_features with;
        struct random_world *world =
            seed % 2 == 0 ? random_machine_create(seed, NULL) : random_margin_create(seed, NULL);
        random_marks_add(world, &with);
        struct oracle_result oracle;
        struct run_capture run;
        different += !oracle_compare(world, &run, &oracle);
        marks_coverage_add(&coverage, &with, &oracle, oracle_is_null_replay(world));
        run_capture_finish(&run);
        oracle_finish(&oracle);
        random_world_destroy(world);
    }
    marks_coverage_check(&coverage);
    worlds_tell(worlds, different);
    assert_int_equal(different, 0);
}

/* Recorded forced flow in the reference's place, with every kind of world. */
static void recorded_flow_equals_oracle(void **state) {
    (void)state;
    const struct worlds worlds = worlds_of(HISTORY_SEED_FIRST, HISTORIES);
    uint64_t different = 0;
    uint64_t prints = 0;
    uint64_t falls = 0;
    uint64_t throttled = 0;
    for (uint64_t seed = worlds.first; seed < worlds.first + worlds.count; seed++) {
        struct random_world *world =
            seed % 2 == 0 ? random_machine_create(seed, NULL) : random_margin_create(seed, NULL);
        random_history_add(world);
        struct oracle_result oracle;
        struct run_capture run;
        different += !oracle_compare(world, &run, &oracle);
        const bool both = run.row_count > 0 && run.summary.cleaned_notional > 0;
        prints += both && world->input.cleaning == CLEANING_RECORDED;
        falls += both && world->input.cleaning == CLEANING_OPEN_INTEREST;
        throttled += both && world->readings[0].throttle_ns > 0;
        run_capture_finish(&run);
        oracle_finish(&oracle);
        random_world_destroy(world);
    }
    printf("%llu worlds; with orders and recorded flow: prints %llu, open interest %llu, throttled "
           "%llu; %llu differ\n",
           (unsigned long long)worlds.count, (unsigned long long)prints, (unsigned long long)falls,
           (unsigned long long)throttled, (unsigned long long)different);
    if (worlds.count >= 100) {
        assert_true(5 * prints >= worlds.count);
        assert_true(10 * falls >= worlds.count);
        assert_true(10 * throttled >= worlds.count);
    }
    assert_int_equal(different, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_mark_equals_oracle),
        cmocka_unit_test(recorded_flow_equals_oracle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
