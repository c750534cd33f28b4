/* Goal: the engine, which looks at a pool only when its trigger is passed, gives the same results
 * as the definition, which looks at all of them all the time; and the laws that any replay obeys.
 * Method: many random small worlds (random_world.h), each run by both and compared row by row; the
 * seed of a world that differs is printed and is all that is needed to see it again:
 * WORLD_SEED=n runs that world alone, WORLD_COUNT=n more or fewer of them. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/property/oracle.h"
#include "tests/property/oracle_compare.h"
#include "tests/property/random_machine.h"
#include "tests/property/random_margin.h"
#include "tests/property/random_world.h"
#include "tests/property/run_capture.h"
#include "tests/property/world_range.h"

#define WORLDS 1200
#define MACHINES 1200
#define MACHINE_SEED_FIRST 200001
#define MARGINS 1200
#define MARGIN_SEED_FIRST 400001
#define COINS 1200
#define COIN_SEED_FIRST 1000001

struct coverage {
    struct oracle_coverage sum;
    uint64_t worlds;
    uint64_t full; /* a tier crossing, a partial close and a two-sided wave */
    uint64_t moved_without_tick;
    uint64_t squeezed;
    uint64_t identities; /* with orders in the reference */
};

static void coverage_add(struct coverage *coverage, const struct oracle_coverage *world) {
    coverage->worlds++;
    coverage->full +=
        world->tier_crossings > 0 && world->partial_closes > 0 && world->two_sided_waves > 0;
    coverage->moved_without_tick += world->moves_without_tick > 0;
    coverage->squeezed += world->squeezed_shorts > 0;
    coverage->sum.breaches += world->breaches;
    coverage->sum.breaches_equal += world->breaches_equal;
    coverage->sum.cooled += world->cooled;
    coverage->sum.timers += world->timers;
}

/* What the worlds must have seen, or the comparison says little. */
static void coverage_check(const struct coverage *coverage, uint64_t rows) {
    printf("%llu worlds, %llu forced orders: tiers, partial and two-sided in %llu; decay moved "
           "prices in %llu; shorts squeezed up tiers in %llu; %llu of %llu breaches at equality; "
           "%llu waited, %llu timers; null replay in %llu\n",
           (unsigned long long)coverage->worlds, (unsigned long long)rows,
           (unsigned long long)coverage->full, (unsigned long long)coverage->moved_without_tick,
           (unsigned long long)coverage->squeezed, (unsigned long long)coverage->sum.breaches_equal,
           (unsigned long long)coverage->sum.breaches, (unsigned long long)coverage->sum.cooled,
           (unsigned long long)coverage->sum.timers, (unsigned long long)coverage->identities);
    if (coverage->worlds < 100)
        return;
    assert_true(2 * coverage->full >= coverage->worlds);
    assert_true(10 * coverage->moved_without_tick >= coverage->worlds);
    assert_true(10 * coverage->squeezed >= coverage->worlds);
    assert_true(100 * coverage->sum.breaches_equal >= coverage->sum.breaches);
    assert_true(coverage->sum.cooled > 0 && coverage->sum.timers > 0);
    assert_true(10 * coverage->identities >= coverage->worlds);
}

static void engine_equals_oracle(void **state) {
    (void)state;
    const struct worlds worlds = worlds_of(1, WORLDS);
    struct coverage coverage = {0};
    uint64_t rows = 0;
    uint64_t different = 0;
    for (uint64_t seed = worlds.first; seed < worlds.first + worlds.count; seed++) {
        struct random_world *world = random_world_create(seed);
        struct oracle_result oracle;
        struct run_capture run;
        different += !oracle_compare(world, &run, &oracle);
        rows += run.row_count;
        coverage.identities += oracle_is_null_replay(world) && oracle.reference.book.row_count > 0;
        coverage_add(&coverage, &oracle.simulated.book.coverage);
        run_capture_finish(&run);
        oracle_finish(&oracle);
        random_world_destroy(world);
    }
    coverage_check(&coverage, rows);
    worlds_tell(worlds, different);
    assert_int_equal(different, 0);
}

/* In how many worlds each part of the machine took place. */
struct machine_coverage {
    uint64_t worlds;
    uint64_t
        all; /* with ADL, a nearly empty fund, fees, cool-downs, latency, funding in the rules */
    uint64_t adl;
    uint64_t empty_fund;
    uint64_t fees;
    uint64_t waits;
    uint64_t latencies;
    uint64_t funding;
    uint64_t paced;
    uint64_t vault;
    uint64_t fund_takes;
    uint64_t take_over_bound;
    uint64_t at_mark;
    uint64_t goes_on;
    uint64_t handed;
    uint64_t cancelled;
    uint64_t relieved;
    uint64_t own_fees;
    uint64_t kept;
    uint64_t fund_held;
    uint64_t pots_short;
    uint64_t blocked;
    uint64_t block_cuts;
    uint64_t window_waits;
    uint64_t window_parts;
    uint64_t limit_cuts;
    uint64_t limit_parts;
    uint64_t insurance_cuts;
    uint64_t rests_taken;
    uint64_t made_full;
    uint64_t worked_off;
    uint64_t socialised;
    uint64_t sessions;
    uint64_t divided;
    uint64_t given_back;
    uint64_t erroneous;
    uint64_t events;
    uint64_t identities; /* null replays with ADL in them */
};

static void machine_add(struct machine_coverage *sum, const struct random_world *world,
                        const struct machine_features *with, const struct oracle_result *oracle) {
    const struct oracle_flow *flow = &oracle->simulated;
    const struct oracle_coverage *seen = &flow->book.coverage;
    sum->worlds++;
    sum->all += with->all;
    sum->adl += flow->book.adl_count > 0;
    sum->empty_fund += flow->fund_min == 0 && flow->bad_debt > 0;
    bool paid = false;
    for (size_t r = 0; r < flow->book.row_count; r++)
        paid = paid || flow->book.rows[r].fee > 0;
    sum->fees += paid;
    sum->waits += seen->cooled > 0;
    sum->latencies += seen->latencies > 0;
    sum->funding += flow->book.funding != 0;
    sum->paced += seen->paced > 0;
    sum->vault += seen->vault_takes > 0;
    sum->fund_takes += seen->fund_takes > 0;
    sum->take_over_bound += seen->take_over_bound > 0;
    sum->at_mark +=
        world->rules.rulebook.liquidation.price == PRICE_MARK && flow->book.row_count > 0;
    sum->goes_on += seen->goes_on > 0;
    sum->made_full += seen->made_full > 0;
    sum->cancelled += seen->cancelled > 0;
    sum->relieved += seen->relieved > 0;
    sum->own_fees += seen->own_fees > 0;
    sum->kept += seen->kept > 0;
    sum->fund_held += seen->fund_held > 0;
    sum->handed += seen->handed > 0;
    sum->blocked += seen->blocked > 0;
    sum->block_cuts += seen->block_cuts > 0;
    sum->window_waits += seen->window_waits > 0;
    sum->window_parts += seen->window_parts > 0;
    sum->limit_cuts += seen->limit_cuts > 0;
    sum->limit_parts += seen->limit_parts > 0;
    sum->insurance_cuts += seen->insurance_cuts > 0;
    sum->rests_taken += seen->rests_taken > 0;
    sum->pots_short += seen->pots_short > 0;
    sum->worked_off += flow->book.inventory_worked_off > 0;
    sum->socialised += flow->socialised > 0;
    sum->sessions += seen->sessions > 0;
    sum->divided += seen->divided > 0;
    sum->given_back += seen->given_back > 0;
    sum->erroneous += flow->erroneous > 0;
    sum->events += oracle->events > 0;
    sum->identities += oracle_is_null_replay(world) && oracle->reference.book.adl_count > 0;
}

static void machine_check(const struct machine_coverage *sum) {
    const struct {
        const char *name;
        uint64_t count;
        uint64_t percent; /* of the worlds, at least */
    } parts[] = {
        {"all six in the rules", sum->all, 50},
        {"deleveraged", sum->adl, 25},
        {"emptied the fund", sum->empty_fund, 25},
        {"paid fees", sum->fees, 50},
        {"had to wait", sum->waits, 25},
        {"orders with latency", sum->latencies, 50},
        {"funding", sum->funding, 50},
        {"kept a pace", sum->paced, 5},
        {"vault took", sum->vault, 5},
        {"fund took over", sum->fund_takes, 5},
        {"what it could bear alone", sum->take_over_bound, 3},
        {"closed at mark", sum->at_mark, 5},
        {"went on to the exit ratio", sum->goes_on, 3},
        {"handed to the vault", sum->handed, 2},
        {"partial rules gave way", sum->made_full, 5},
        {"cancelled open orders", sum->cancelled, 10},
        {"and were relieved by it", sum->relieved, 5},
        {"fees by contract", sum->own_fees, 5},
        {"remainders to the fund", sum->kept, 5},
        {"fund held back", sum->fund_held, 5},
        {"one fund short beside another", sum->pots_short, 5},
        {"waited for a block", sum->blocked, 5},
        {"cut to a block's notional", sum->block_cuts, 5},
        {"waited for a window", sum->window_waits, 5},
        {"with a part of their order", sum->window_parts, 5},
        {"gave way to a limit", sum->limit_cuts, 5},
        {"in part", sum->limit_parts, 2},
        {"held by a block's losses", sum->insurance_cuts, 1},
        {"rests were taken over", sum->rests_taken, 1},
        {"worked off", sum->worked_off, 5},
        {"socialised", sum->socialised, 5},
        {"socialised in a session", sum->sessions, 3},
        {"divided orders", sum->divided, 5},
        {"gave back to market", sum->given_back, 5},
        {"erroneous", sum->erroneous, 2},
        {"events", sum->events, 50},
        {"null replay with ADL", sum->identities, 3},
    };
    bool enough = true;
    for (size_t p = 0; p < sizeof(parts) / sizeof(parts[0]); p++) {
        printf("  %s: %llu of %llu worlds\n", parts[p].name, (unsigned long long)parts[p].count,
               (unsigned long long)sum->worlds);
        enough = enough && 100 * parts[p].count >= parts[p].percent * sum->worlds;
    }
    if (sum->worlds >= 100)
        assert_true(enough);
}

static void the_whole_machine_equals_oracle(void **state) {
    (void)state;
    const struct worlds worlds = worlds_of(MACHINE_SEED_FIRST, MACHINES);
    struct machine_coverage coverage = {0};
    uint64_t rows = 0;
    uint64_t different = 0;
    for (uint64_t seed = worlds.first; seed < worlds.first + worlds.count; seed++) {
        struct machine_features with;
        struct random_world *world = random_machine_create(seed, &with);
        struct oracle_result oracle;
        struct run_capture run;
        different += !oracle_compare(world, &run, &oracle);
        rows += run.row_count + run.adl_count;
        machine_add(&coverage, world, &with, &oracle);
        run_capture_finish(&run);
        oracle_finish(&oracle);
        random_world_destroy(world);
    }
    printf("machine, %llu rows: ", (unsigned long long)rows);
    worlds_tell(worlds, different);
    machine_check(&coverage);
    assert_int_equal(different, 0);
}

/* In how many worlds with forced orders each kind of margin took place. */
struct margin_coverage {
    uint64_t worlds, inverse, by_size, on_entry, collateral, owed, falling, shared_price, scenario,
        own_moves, hedge_mode;
    uint64_t exchanges; /* worlds in which collateral was exchanged */
    uint64_t cancelled; /* in which open orders were */
    uint64_t stepped;   /* and with orders down to a lower risk step */
    uint64_t coin_orders, coin_breaches, coin_debts, coin_adl, coin_takes;
    uint64_t identities;
};

static void margin_coverage_add(struct margin_coverage *c, const struct margin_features *with,
                                const struct oracle_book *book, bool null_replay) {
    c->worlds++;
    if (book->row_count == 0)
        return;
    c->inverse += with->inverse;
    c->by_size += with->by_size;
    c->on_entry += with->on_entry;
    c->collateral += with->collateral;
    c->owed += with->owed;
    c->falling += with->falling;
    c->shared_price += with->shared_price;
    c->scenario += with->scenario;
    c->own_moves += with->own_moves;
    c->hedge_mode += with->hedge_mode;
    c->exchanges += book->coverage.exchanges > 0;
    c->cancelled += book->coverage.cancelled > 0;
    c->stepped += book->coverage.stepped > 0;
    c->identities += null_replay;
    c->coin_orders += book->coverage.coin_orders > 0;
    c->coin_breaches += book->coverage.coin_breaches > 0;
    c->coin_debts += book->coverage.coin_debts > 0;
    bool adl = false;
    bool taken = false;
    for (size_t r = 0; r < book->row_count; r++) {
        uint32_t coin;
        const bool in_coin = oracle_coin(book, book->rows[r].instrument, &coin);
        adl = adl || (in_coin && book->rows[r].adl);
        taken = taken || (in_coin && book->rows[r].taken_over);
    }
    c->coin_adl += adl;
    c->coin_takes += taken;
}

static void margin_coverage_check(const struct margin_coverage *c) {
    printf("%llu worlds; with orders: inverse %llu, by size %llu, on entry %llu, collateral %llu, "
           "owed %llu, falling weights %llu, price shared %llu, portfolio %llu, own moves %llu, "
           "hedge mode %llu, "
           "exchanges %llu, risk steps %llu, open orders %llu, null "
           "replays %llu\n",
           (unsigned long long)c->worlds, (unsigned long long)c->inverse,
           (unsigned long long)c->by_size, (unsigned long long)c->on_entry,
           (unsigned long long)c->collateral, (unsigned long long)c->owed,
           (unsigned long long)c->falling, (unsigned long long)c->shared_price,
           (unsigned long long)c->scenario, (unsigned long long)c->own_moves,
           (unsigned long long)c->hedge_mode, (unsigned long long)c->exchanges,
           (unsigned long long)c->stepped, (unsigned long long)c->cancelled,
           (unsigned long long)c->identities);
    if (c->worlds < 100)
        return;
    const uint64_t seen[] = {c->inverse,   c->by_size,    c->on_entry,     c->collateral,
                             c->owed,      c->falling,    c->shared_price, c->scenario,
                             c->own_moves, c->hedge_mode, c->exchanges,    c->stepped,
                             c->cancelled, c->identities};
    for (size_t k = 0; k < sizeof(seen) / sizeof(seen[0]); k++)
        assert_true(20 * seen[k] >= c->worlds);
}

static void coin_coverage_check(const struct margin_coverage *c) {
    const struct {
        const char *name;
        uint64_t count;
        uint64_t percent; /* of the worlds, at least */
    } parts[] = {
        {"coin contracts liquidated", c->coin_orders, 50},
        {"breaches by a coin's price", c->coin_breaches, 10},
        {"coin balances below zero", c->coin_debts, 25},
        {"coin contracts deleveraged", c->coin_adl, 5},
        {"coin contracts taken over", c->coin_takes, 5},
        {"exchanges", c->exchanges, 25},
        {"portfolio margin", c->scenario, 10},
        {"null replays", c->identities, 5},
    };
    bool enough = true;
    for (size_t p = 0; p < sizeof(parts) / sizeof(parts[0]); p++) {
        printf("  %s: %llu of %llu worlds\n", parts[p].name, (unsigned long long)parts[p].count,
               (unsigned long long)c->worlds);
        enough = enough && 100 * parts[p].count >= parts[p].percent * c->worlds;
    }
    if (c->worlds >= 100)
        assert_true(enough);
}

static void compare_margins(struct worlds worlds,
                            struct random_world *(*create)(uint64_t seed,
                                                           struct margin_features *with),
                            void (*check)(const struct margin_coverage *coverage)) {
    struct margin_coverage coverage = {0};
    uint64_t different = 0;
    for (uint64_t seed = worlds.first; seed < worlds.first + worlds.count; seed++) {
        struct margin_features with;
        struct random_world *world = create(seed, &with);
        struct oracle_result oracle;
        struct run_capture run;
        const bool same = oracle_compare(world, &run, &oracle);
        different += !same;
        if (!same)
            fprintf(stderr,
                    "  inverse %d, by size %d, on entry %d, collateral %d, owed %d, falling %d, "
                    "price shared %d, "
                    "portfolio %d, hedge mode %d\n",
                    with.inverse, with.by_size, with.on_entry, with.collateral, with.owed,
                    with.falling, with.shared_price, with.scenario, with.hedge_mode);
        margin_coverage_add(&coverage, &with, &oracle.simulated.book,
                            oracle_is_null_replay(world) && oracle.reference.book.row_count > 0);
        run_capture_finish(&run);
        oracle_finish(&oracle);
        random_world_destroy(world);
    }
    check(&coverage);
    worlds_tell(worlds, different);
    assert_int_equal(different, 0);
}

static void any_margin_equals_oracle(void **state) {
    (void)state;
    const struct worlds worlds = worlds_of(MARGIN_SEED_FIRST, MARGINS);
    compare_margins(worlds, random_margin_create, margin_coverage_check);
}

static void contracts_in_coin_equal_oracle(void **state) {
    (void)state;
    const struct worlds worlds = worlds_of(COIN_SEED_FIRST, COINS);
    compare_margins(worlds, random_coins_create, coin_coverage_check);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(engine_equals_oracle),
        cmocka_unit_test(any_margin_equals_oracle),
        cmocka_unit_test(contracts_in_coin_equal_oracle),
        cmocka_unit_test(the_whole_machine_equals_oracle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
