/* Goal: laws that every replay obeys, whatever the rules: no row order, no name and no thread
 * matters; less money never helps; without impact nobody drags another down; who holds nothing
 * changes nothing; the books close.
 * Method: random worlds (random_world.h), each run twice with one thing changed. Seeds are printed
 * with a failure. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random_stream.h"
#include "tests/property/random_machine.h"
#include "tests/property/random_world.h"
#include "tests/property/run_capture.h"

#define WORLDS 200
#define MACHINES 600
#define SEED_FIRST 100001

/* Runs the world with other accounts in both flows. */
static void run_with(struct random_world *world, struct accounts *accounts,
                     struct run_capture *ret_run) {
    struct replay_input input = world->input;
    input.simulated.accounts = accounts;
    input.reference.accounts = accounts;
    random_world_rewind(world);
    run_capture(&input, ret_run);
}

/* What no relabelling may change. */
static void assert_same_totals(uint64_t seed, const struct run_capture *a,
                               const struct run_capture *b) {
    const struct replay_summary *x = &a->summary;
    const struct replay_summary *y = &b->summary;
    const bool same =
        x->ticks == y->ticks && x->liquidations == y->liquidations &&
        x->accounts_liquidated == y->accounts_liquidated &&
        x->accounts_in_breach_at_start == y->accounts_in_breach_at_start &&
        x->accounts_never_assessed == y->accounts_never_assessed &&
        x->long_notional == y->long_notional && x->short_notional == y->short_notional &&
        x->peak_minute_ts_ns == y->peak_minute_ts_ns &&
        x->peak_minute_notional == y->peak_minute_notional && x->waves_max == y->waves_max &&
        memcmp(x->generation_counts, y->generation_counts, sizeof(x->generation_counts)) == 0 &&
        x->caused_notional == y->caused_notional &&
        x->caused_proportional == y->caused_proportional && x->bad_debt == y->bad_debt &&
        x->fund_min == y->fund_min && x->fund_end == y->fund_end && x->unpaid == y->unpaid &&
        x->fees == y->fees && x->funding == y->funding && x->adl_notional == y->adl_notional &&
        x->adl_accounts == y->adl_accounts && x->socialised_loss == y->socialised_loss &&
        x->inventory_taken == y->inventory_taken && x->inventory_held == y->inventory_held &&
        x->inventory_gain == y->inventory_gain &&
        x->inventory_worked_off == y->inventory_worked_off &&
        x->backstop_taken == y->backstop_taken && x->backstop_gain == y->backstop_gain &&
        x->erroneous_liquidations == y->erroneous_liquidations && a->adl_count == b->adl_count &&
        x->ledger_residual == 0 && y->ledger_residual == 0;
    bool same_paths = a->minute_count == b->minute_count;
    for (size_t m = 0; same_paths && m < a->minute_count; m++)
        same_paths = a->minutes[m].simulated_ticks == b->minutes[m].simulated_ticks &&
                     a->minutes[m].without_ticks == b->minutes[m].without_ticks &&
                     a->minutes[m].long_notional == b->minutes[m].long_notional &&
                     a->minutes[m].short_notional == b->minutes[m].short_notional;
    if (!same || !same_paths)
        fprintf(stderr, "world %llu: totals differ\n", (unsigned long long)seed);
    assert_true(same && same_paths);
}

/* The accounts of a world in another order. */
static struct world_account *shuffled(const struct random_world *world) {
    struct random_stream dice;
    random_stream_init(&dice, world->seed, RANDOM_TEST, 2);
    struct world_account *rows = calloc(world->account_count, sizeof(*rows));
    assert_non_null(rows);
    memcpy(rows, world->rows, world->account_count * sizeof(*rows));
    for (size_t a = world->account_count; a-- > 1;) {
        const size_t other = random_stream_below(&dice, a + 1);
        const struct world_account swapped = rows[a];
        rows[a] = rows[other];
        rows[other] = swapped;
    }
    return rows;
}

/* Runs the world as it is and with its accounts as `rows` say (freed here), and compares totals;
 * `same_ids` are the same results for every account, too. */
static void assert_same_with(struct random_world *world, struct world_account *rows,
                             bool same_ids) {
    struct run_capture before;
    struct run_capture after;
    run_capture_world(world, &before);
    struct accounts *accounts = random_world_accounts(rows, world->account_count);
    run_with(world, accounts, &after);
    assert_same_totals(world->seed, &before, &after);
    if (same_ids && before.summary.fingerprint[0] != after.summary.fingerprint[0])
        fprintf(stderr, "world %llu: fingerprints differ\n", (unsigned long long)world->seed);
    if (same_ids) {
        assert_int_equal(before.summary.fingerprint[0], after.summary.fingerprint[0]);
        assert_int_equal(before.summary.fingerprint[1], after.summary.fingerprint[1]);
    }
    run_capture_finish(&before);
    run_capture_finish(&after);
    accounts_destroy(accounts);
    free(rows);
}

/* Accounts in another order under other names: the same totals. */
static void order_and_names_do_not_matter(void **state) {
    (void)state;
    for (uint64_t seed = SEED_FIRST; seed < SEED_FIRST + WORLDS; seed++) {
        struct random_world *world = random_world_create(seed);
        struct random_stream dice;
        random_stream_init(&dice, seed, RANDOM_TEST, 4);
        struct world_account *rows = shuffled(world);
        for (size_t a = 0; a < world->account_count; a++)
            snprintf(rows[a].id, sizeof(rows[a].id), "%llu-%zu",
                     (unsigned long long)random_stream_below(&dice, 1000), a);
        assert_same_with(world, rows, false);
        random_world_destroy(world);
    }
}

static bool draws_by_name(const struct random_world *world) {
    if (world->rules.rulebook.liquidation.order == ORDER_RANDOM ||
        (!world->equal_rules && world->reference_rules.rulebook.liquidation.order == ORDER_RANDOM))
        return true;
    for (size_t e = 0; e < world->input.event_count; e++)
        if (world->events[e].kind == EVENT_RULES &&
            world->events[e].rulebook->liquidation.order == ORDER_RANDOM)
            return true;
    return false;
}

/* With the whole machine names do matter where the rules say so: among bankrupt orders and equal
 * counterparties the lower id is served first, and `random` draws from the id. The order of rows
 * never does, to the fingerprint, and without draws names that sort alike give the same totals. */
static void order_does_not_matter_to_the_machine(void **state) {
    (void)state;
    uint64_t deleveraged = 0;
    for (uint64_t seed = SEED_FIRST; seed < SEED_FIRST + MACHINES; seed++) {
        struct random_world *world = random_machine_create(seed, NULL);
        assert_same_with(world, shuffled(world), true);
        struct world_account *rows = shuffled(world);
        for (size_t a = 0; a < world->account_count; a++) {
            char id[ACCOUNT_ID_SIZE];
            snprintf(id, sizeof(id), "%s", rows[a].id);
            snprintf(rows[a].id, sizeof(rows[a].id), "x%.60s", id);
        }
        if (draws_by_name(world))
            free(rows);
        else
            assert_same_with(world, rows, false);
        struct run_capture run;
        run_capture_world(world, &run);
        deleveraged += run.adl_count > 0;
        run_capture_finish(&run);
        random_world_destroy(world);
    }
    printf("%llu worlds with ADL\n", (unsigned long long)deleveraged);
    assert_true(deleveraged > MACHINES / 10);
}

/* Decoding on a thread of its own: the same fingerprint and the same rows. */
static void assert_same_on_two_threads(struct random_world *world) {
    struct run_capture one;
    struct run_capture two;
    run_capture_world(world, &one);
    world->input.threads = 2;
    run_capture_world(world, &two);
    assert_same_totals(world->seed, &one, &two);
    assert_int_equal(one.summary.fingerprint[0], two.summary.fingerprint[0]);
    assert_int_equal(one.summary.fingerprint[1], two.summary.fingerprint[1]);
    assert_int_equal(one.row_count, two.row_count);
    run_capture_finish(&one);
    run_capture_finish(&two);
}

static void threads_do_not_matter(void **state) {
    (void)state;
    for (uint64_t seed = SEED_FIRST; seed < SEED_FIRST + WORLDS; seed++) {
        struct random_world *world = random_world_create(seed);
        assert_same_on_two_threads(world);
        random_world_destroy(world);
        world = random_machine_create(seed, NULL);
        assert_same_on_two_threads(world);
        random_world_destroy(world);
    }
}

/* The fingerprint does tell runs apart: one unit of money in one wallet is seen. */
static void the_fingerprint_sees_a_unit(void **state) {
    (void)state;
    struct random_world *world = random_world_create(SEED_FIRST);
    struct run_capture before;
    struct run_capture after;
    run_capture_world(world, &before);
    world->rows[0].balance++;
    struct accounts *accounts = random_world_accounts(world->rows, world->account_count);
    run_with(world, accounts, &after);
    assert_true(before.summary.fingerprint[0] != after.summary.fingerprint[0]);
    assert_true(before.summary.fingerprint[1] != after.summary.fingerprint[1]);
    run_capture_finish(&before);
    run_capture_finish(&after);
    accounts_destroy(accounts);
    random_world_destroy(world);
}

/* Turns the world into one in which prices are given: no impact in either flow. */
static void still_the_market(struct random_world *world) {
    world->input.cross = NULL;
    for (size_t i = 0; i < world->input.instrument_count; i++) {
        world->models[i] = impact_model_find("none");
        world->params[i].space = IMPACT_LOG;
    }
}

/* One account alone on given prices under full closes: with less money it is liquidated if it was,
 * and no later; it is never left with more. */
static void less_equity_never_rescues(void **state) {
    (void)state;
    uint64_t earlier = 0;
    uint64_t liquidated = 0;
    for (uint64_t seed = SEED_FIRST; seed < SEED_FIRST + WORLDS; seed++) {
        struct random_world *world = random_world_create(seed);
        still_the_market(world);
        world->rules.rulebook.liquidation.close = CLOSE_FULL;
        world->rules.rulebook.liquidation.order = ORDER_ALL;
        world->input.cleaning = CLEANING_NONE;
        for (size_t a = 0; a < world->account_count; a++) {
            struct world_account row = world->rows[a];
            struct accounts *rich = random_world_accounts(&row, 1);
            row.balance -= 1 + (int64_t)(seed % 50);
            struct accounts *poor = random_world_accounts(&row, 1);
            struct run_capture more;
            struct run_capture less;
            run_with(world, rich, &more);
            run_with(world, poor, &less);
            /* Isolated positions have their own margin, which is the same in both: rows of the
             * cross pool are those that may differ, so the first row tells. */
            if (more.row_count > 0) {
                liquidated++;
                assert_true(less.row_count > 0);
                assert_true(less.rows[0].ts_ns <= more.rows[0].ts_ns);
                earlier += less.rows[0].ts_ns < more.rows[0].ts_ns;
            }
            assert_true(less.row_count >= more.row_count);
            run_capture_finish(&more);
            run_capture_finish(&less);
            accounts_destroy(rich);
            accounts_destroy(poor);
        }
        random_world_destroy(world);
    }
    printf("%llu accounts liquidated, %llu earlier with less\n", (unsigned long long)liquidated,
           (unsigned long long)earlier);
    assert_true(liquidated > 0 && earlier > 0);
}

/* Without impact every account fares as if it were alone. */
static void zero_impact_triggers_nobody_else(void **state) {
    (void)state;
    uint64_t rows = 0;
    for (uint64_t seed = SEED_FIRST; seed < SEED_FIRST + WORLDS; seed++) {
        struct random_world *world = random_world_create(seed);
        still_the_market(world);
        world->input.max_waves = 0; /* an account's partial closes may need another's waves */
        struct run_capture all;
        run_capture_world(world, &all);
        assert_int_equal(all.summary.caused_notional, 0);
        rows += all.row_count;
        for (uint32_t a = 0; a < world->account_count; a++) {
            struct accounts *alone = random_world_accounts(&world->rows[a], 1);
            struct run_capture one;
            run_with(world, alone, &one);
            size_t next = 0;
            for (size_t r = 0; r < all.row_count; r++) {
                if (all.rows[r].account != a)
                    continue;
                assert_true(next < one.row_count);
                const struct liquidation_record *x = &all.rows[r];
                const struct liquidation_record *y = &one.rows[next++];
                assert_int_equal(x->ts_ns, y->ts_ns);
                assert_int_equal(x->wave, y->wave);
                assert_int_equal(x->instrument, y->instrument);
                assert_int_equal(x->quantity_lots, y->quantity_lots);
                assert_int_equal(x->price_ticks, y->price_ticks);
                assert_int_equal(x->realised_pnl, y->realised_pnl);
                assert_int_equal(x->shortfall, y->shortfall);
            }
            assert_int_equal(next, one.row_count);
            run_capture_finish(&one);
            accounts_destroy(alone);
        }
        run_capture_finish(&all);
        random_world_destroy(world);
    }
    assert_true(rows > 0);
}

/* An account that holds no position is a row more and nothing else. */
static void an_empty_account_changes_nothing(void **state) {
    (void)state;
    for (uint64_t seed = SEED_FIRST; seed < SEED_FIRST + WORLDS; seed++) {
        struct random_world *world = random_world_create(seed);
        struct run_capture before;
        struct run_capture after;
        run_capture_world(world, &before);
        struct world_account *rows = calloc(world->account_count + 1, sizeof(*rows));
        assert_non_null(rows);
        memcpy(rows, world->rows, world->account_count * sizeof(*rows));
        snprintf(rows[world->account_count].id, ACCOUNT_ID_SIZE, "onlooker");
        rows[world->account_count].balance = (int64_t)(seed % 3) * 1000 - 1000;
        struct accounts *accounts = random_world_accounts(rows, world->account_count + 1);
        run_with(world, accounts, &after);
        assert_same_totals(seed, &before, &after);
        assert_int_equal(before.row_count, after.row_count);
        for (size_t r = 0; r < before.row_count; r++)
            assert_memory_equal(&before.rows[r], &after.rows[r], sizeof(before.rows[r]));
        assert_int_equal(after.accounts[world->account_count].equity_end,
                         rows[world->account_count].balance);
        run_capture_finish(&before);
        run_capture_finish(&after);
        accounts_destroy(accounts);
        free(rows);
        random_world_destroy(world);
    }
}

/* Wallets, fund and venue gain what the market pays, and the market pays what rows and open
 * positions say: counted here from the outside, beside the ledger's own residual. */
static void money_is_conserved(void **state) {
    (void)state;
    for (uint64_t seed = SEED_FIRST; seed < SEED_FIRST + WORLDS; seed++) {
        struct random_world *world = random_world_create(seed);
        world->input.to_ns = INT64_MAX;
        struct run_capture run;
        run_capture_world(world, &run);
        assert_int_equal(run.summary.ledger_residual, 0);
        int128 paid = 0;
        int128 debt = 0;
        int128 fees = 0;
        for (size_t r = 0; r < run.row_count; r++) {
            const struct liquidation_record *row = &run.rows[r];
            assert_true(row->shortfall >= 0 && row->fee >= 0);
            assert_int_equal(row->shortfall, row->paid_fund + row->paid_socialised + row->unpaid);
            paid += row->paid_fund;
            debt += row->unpaid;
            fees += row->fee;
        }
        const bool to_fund = world->rules.rulebook.liquidation.fee_to == FEE_INSURANCE_FUND;
        assert_true(run.summary.fund_end == run.summary.fund_start - paid + (to_fund ? fees : 0));
        assert_true(run.summary.unpaid == debt);
        assert_true(run.summary.bad_debt == paid + debt);
        run_capture_finish(&run);
        random_world_destroy(world);
    }
}

/* What was lost past bankruptcy, by accounts and by the fund on what it took over, is what was paid
 * for it and what was not; and the fund is what came into it less what went out. */
static void assert_bill_adds_up(const struct replay_summary *summary, int128 paid, int128 forgone) {
    const struct fund_flows *flows = &summary->fund_flows;
    assert_true(flows->paid == paid && flows->unborne >= 0 && flows->received >= 0);
    assert_true(summary->bad_debt + flows->unborne ==
                flows->paid + summary->socialised_loss + summary->unpaid);
    assert_true(summary->fund_end == summary->fund_start + flows->changed + flows->received +
                                         flows->inventory + flows->unborne - flows->paid);
    assert_true(summary->adl_forgone == forgone);
}

/* With the whole machine: every loss has its payer or none, what bankrupt orders got from
 * counterparties these gave, and the ledger's residual is 0. */
static void the_machine_conserves_money(void **state) {
    (void)state;
    int with_unborne = 0;
    int with_forgone = 0;
    int with_changes = 0;
    for (uint64_t seed = SEED_FIRST; seed < SEED_FIRST + MACHINES; seed++) {
        struct random_world *world = random_machine_create(seed, NULL);
        struct run_capture run;
        run_capture_world(world, &run);
        assert_true(run.summary.ledger_residual == 0);
        int128 debt = 0;
        int128 owed = 0;
        int128 paid = 0;
        int128 spread = 0; /* at once, over open interest */
        int128 gained = 0; /* by deleveraged orders, against marks */
        int128 forgone = 0;
        int128 lots[WORLD_INSTRUMENTS_MAX] = {0};
        for (size_t r = 0; r < run.row_count; r++) {
            const struct liquidation_record *row = &run.rows[r];
            assert_true(row->shortfall >= 0 && row->fee >= 0);
            assert_int_equal(row->shortfall, row->paid_fund + row->paid_socialised + row->unpaid);
            assert_true(!row->adl || (!row->taken_over && row->fee == 0));
            debt += row->shortfall;
            owed += row->unpaid;
            paid += row->paid_fund;
            spread += row->paid_socialised;
            gained += row->paid_adl;
            if (row->adl)
                lots[row->instrument] += row->quantity_lots;
        }
        for (size_t r = 0; r < run.adl_count; r++) {
            forgone += run.adl[r].forgone;
            lots[run.adl[r].instrument] += run.adl[r].quantity_lots;
        }
        for (size_t i = 0; i < WORLD_INSTRUMENTS_MAX; i++)
            assert_true(lots[i] == 0);
        assert_true(gained == forgone);
        assert_true(run.summary.bad_debt == debt);
        /* Losses on the fund's inventory that the fund could not bear are unpaid, too. */
        assert_true(run.summary.unpaid + run.summary.socialised_loss >= owed + spread);
        assert_true(run.summary.inventory_taken > 0 ||
                    run.summary.unpaid + run.summary.socialised_loss == owed + spread);
        assert_bill_adds_up(&run.summary, paid, forgone);
        with_unborne += run.summary.fund_flows.unborne > 0;
        with_forgone += run.summary.adl_forgone != 0;
        with_changes += run.summary.fund_flows.changed != 0;
        run_capture_finish(&run);
        random_world_destroy(world);
    }
    assert_true(with_unborne > 5 && with_forgone > 5 && with_changes > 5);
}

/* Where forced orders move no price the two paths are one, and so are their falls: whatever is
 * cleaned out of the recorded path, by whatever model and along whatever path of a bar. */
static void equal_paths_have_equal_falls(void **state) {
    (void)state;
    uint64_t apart = 0; /* from the recorded path */
    for (uint64_t seed = SEED_FIRST; seed < SEED_FIRST + MACHINES; seed++) {
        struct random_world *world = random_machine_create(seed, NULL);
        world->input.feedback = false;
        struct run_capture run;
        run_capture_world(world, &run);
        for (size_t i = 0; i < world->input.instrument_count; i++) {
            const struct replay_price_summary *price = &run.summary.prices[i];
            assert_int_equal(price->last, price->last_without);
            assert_int_equal(price->min, price->min_without);
            assert_true(price->first == PRICE_NONE || price->fall == price->fall_without);
            apart += price->min_without != price->min_recorded;
        }
        run_capture_finish(&run);
        random_world_destroy(world);
    }
    assert_true(apart > MACHINES / 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_paths_have_equal_falls),
        cmocka_unit_test(order_and_names_do_not_matter),
        cmocka_unit_test(order_does_not_matter_to_the_machine),
        cmocka_unit_test(threads_do_not_matter),
        cmocka_unit_test(the_fingerprint_sees_a_unit),
        cmocka_unit_test(less_equity_never_rescues),
        cmocka_unit_test(zero_impact_triggers_nobody_else),
        cmocka_unit_test(an_empty_account_changes_nothing),
        cmocka_unit_test(money_is_conserved),
        cmocka_unit_test(the_machine_conserves_money),
    };
    printf("worlds %d to %d\n", SEED_FIRST, SEED_FIRST + WORLDS - 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
