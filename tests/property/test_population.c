/* Goal: the synthetic population keeps its promises for any settings: long equals short to the lot,
 * every account starts healthy, account i is a pure function of (seed, i), open interest is met,
 * threads change nothing, and the drawn laws are those that were asked for.
 * Method: random settings, instruments and prices; each law is checked on every account. The
 * distribution is checked on one large draw without clipping, within four standard errors. */

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random_stream.h"
#include "engine/rules/margin.h"
#include "scenarios/population/population.h"

#define MARKET_MAX 5
#define HISTORY 7
#define ROUNDS 40
#define SEED UINT64_C(20210519)

#define U MONEY_SCALE
/* BTCUSDT and the common altcoin table of Binance in May 2021. */
static struct margin_tier btc_tiers[] = {
    {0, 50000 * U, 400000, 0, 125 * U},
    {50000 * U, 250000 * U, 500000, 50 * U, 100 * U},
    {250000 * U, 1000000 * U, 1000000, 1300 * U, 50 * U},
    {1000000 * U, 10000000 * U, 2500000, 16300 * U, 20 * U},
    {10000000 * U, 20000000 * U, 5000000, 266300 * U, 10 * U},
    {20000000 * U, 50000000 * U, 10000000, 1266300 * U, 5 * U},
    {50000000 * U, 100000000 * U, 12500000, 2516300 * U, 4 * U},
    {100000000 * U, 200000000 * U, 15000000, 5016300 * U, 3 * U},
    {200000000 * U, 300000000 * U, 25000000, 25016300 * U, 2 * U},
    {300000000 * U, 500000000 * U, 50000000, 100016300 * U, 1 * U},
};
static struct margin_tier alt_tiers[] = {
    {0, 10000 * U, 650000, 0, 75 * U},
    {10000 * U, 50000 * U, 1000000, 35 * U, 50 * U},
    {50000 * U, 250000 * U, 2000000, 535 * U, 25 * U},
    {250000 * U, 1000000 * U, 5000000, 8035 * U, 10 * U},
    {1000000 * U, 2000000 * U, 10000000, 58035 * U, 5 * U},
    {2000000 * U, 5000000 * U, 12500000, 108035 * U, 4 * U},
    {5000000 * U, 10000000 * U, 15000000, 233035 * U, 3 * U},
    {10000000 * U, INT64_MAX, 25000000, 1233035 * U, 2 * U},
};
static struct margin_tier flat_tiers[] = {{0, INT64_MAX, 500000, 0, 0}};
static struct tier_table binance_tables[] = {{"A", 10, btc_tiers}, {NULL, 8, alt_tiers}};
static struct tier_table flat_tables[] = {{NULL, 1, flat_tiers}};

static const struct rulebook binance = {.name = "binance",
                                        .margin.table_count = 2,
                                        .margin.tables = binance_tables,
                                        .margin.maintenance_multiplier = {1, 0}};
static const struct rulebook flat = {.name = "flat",
                                     .margin.initial_rate_e8 = 1000000,
                                     .margin.table_count = 1,
                                     .margin.tables = flat_tables,
                                     .margin.maintenance_multiplier = {1, 0}};

/* Without initial margin the maintenance margin alone keeps an account from starting too thin. */
static struct margin_tier steep_tiers[] = {{0, INT64_MAX, 5000000, 0, 0}};
static struct tier_table steep_tables[] = {{NULL, 1, steep_tiers}};
static const struct rulebook steep = {.name = "steep",
                                      .margin.table_count = 1,
                                      .margin.tables = steep_tables,
                                      .margin.maintenance_multiplier = {15, 1}};

/* Everything population_generate() reads. */
struct world {
    struct population_settings settings;
    size_t count;
    struct instrument instruments[MARKET_MAX];
    int64_t start[MARKET_MAX];
    int64_t open_interest[MARKET_MAX];
    int64_t history[MARKET_MAX][HISTORY];
    bool no_history;
    const struct rulebook *rulebook;
};

static void world_instrument(struct world *world, size_t i, struct decimal tick, struct decimal lot,
                             int64_t start) {
    static const char *const symbols[MARKET_MAX] = {"A", "B", "C", "D", "E"};
    struct error error;
    world->instruments[i] = (struct instrument){.symbol = symbols[i],
                                                .kind = CONTRACT_LINEAR,
                                                .price_tick = tick,
                                                .lot = lot,
                                                .contract_size = {1, 0}};
    assert_int_equal(instrument_init(&world->instruments[i], &error), STATUS_OK);
    world->start[i] = start;
}

static void world_history(struct world *world, struct random_stream *stream) {
    for (size_t i = 0; i < world->count; i++) {
        for (size_t k = 0; k < HISTORY; k++)
            world->history[i][k] =
                random_stream_between(stream, world->start[i] / 2 + 1, world->start[i] * 3 / 2 + 1);
    }
}

static void random_world(struct random_stream *stream, struct world *world) {
    memset(world, 0, sizeof(*world));
    struct population_settings settings = population_settings_default();
    settings.seed = random_stream_next(stream);
    settings.accounts = random_stream_below(stream, 3000);
    settings.equity.median = 1.0 + 1000.0 * random_stream_uniform(stream);
    settings.equity.ln_sd = 0.1 + 3.0 * random_stream_uniform(stream);
    settings.equity.tail_quantile =
        random_stream_below(stream, 4) == 0 ? 1.0 : 0.5 + 0.5 * random_stream_uniform(stream);
    settings.equity.tail_alpha = 0.5 + 2.0 * random_stream_uniform(stream);
    settings.leverage.median = 0.1 + 20.0 * random_stream_uniform(stream);
    settings.leverage.equity_slope = 0.5 * random_stream_uniform(stream);
    settings.leverage.ln_sd = 2.0 * random_stream_uniform(stream);
    settings.leverage.spike_share = random_stream_uniform(stream);
    settings.leverage.short_factor = 0.1 + random_stream_uniform(stream);
    settings.positions.max = 1 + (uint32_t)random_stream_below(stream, POPULATION_POSITIONS_MAX);
    settings.positions.decay = random_stream_uniform(stream);
    settings.positions.same_side = random_stream_uniform(stream);
    settings.hedged_share = random_stream_uniform(stream);
    world->settings = settings;
    world->count = 1 + random_stream_below(stream, MARKET_MAX);
    for (size_t i = 0; i < world->count; i++)
        world_instrument(world, i,
                         (struct decimal){random_stream_between(stream, 1, 5),
                                          (int32_t)random_stream_below(stream, 6)},
                         (struct decimal){random_stream_between(stream, 1, 5),
                                          (int32_t)random_stream_below(stream, 6)},
                         random_stream_between(stream, 1, 100000));
    world_history(world, stream);
    world->no_history = random_stream_below(stream, 4) == 0;
    static const struct rulebook *const rulebooks[] = {&binance, &flat, &steep};
    world->rulebook = rulebooks[random_stream_below(stream, 3)];
}

static enum status generate_into(const struct world *world, unsigned threads,
                                 struct accounts *accounts, struct error *reterr) {
    struct price_history entries[MARKET_MAX];
    for (size_t i = 0; i < world->count; i++)
        entries[i] = (struct price_history){world->history[i], HISTORY};
    return population_generate(&world->settings, world->instruments, world->count, world->start,
                               world->no_history ? NULL : entries, world->rulebook, accounts,
                               threads, reterr);
}

static struct accounts *generate(const struct world *world, unsigned threads) {
    struct accounts *accounts = NULL;
    struct error error = {0};
    assert_int_equal(accounts_create(&accounts, &error), STATUS_OK);
    if (generate_into(world, threads, accounts, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    assert_int_equal(accounts_count(accounts), world->settings.accounts);
    return accounts;
}

/* One account beside one of another set: equal in everything. */
static void assert_same_account(const struct accounts *a, const struct accounts *b,
                                uint32_t account) {
    const struct account_view x = accounts_view(a, account);
    const struct account_view y = accounts_view(b, account);
    char id_x[ACCOUNT_ID_SIZE];
    char id_y[ACCOUNT_ID_SIZE];
    accounts_id(a, account, id_x);
    accounts_id(b, account, id_y);
    assert_string_equal(id_x, id_y);
    assert_string_equal(accounts_cohort(a, account), accounts_cohort(b, account));
    assert_int_equal(x.balance, y.balance);
    assert_int_equal(x.exempt, y.exempt);
    assert_int_equal(x.position_count, y.position_count);
    for (size_t k = 0; k < x.position_count; k++) {
        const struct position_view p = accounts_position(a, x.position_first + k);
        const struct position_view q = accounts_position(b, y.position_first + k);
        assert_int_equal(p.instrument, q.instrument);
        assert_int_equal(p.lots, q.lots);
        assert_int_equal(p.cost, q.cost);
    }
}

/* Each account holds what its partner is short of, position by position. */
static void assert_mirrored(const struct world *world, const struct accounts *accounts) {
    const uint32_t paired = (uint32_t)(world->settings.accounts & ~UINT64_C(1));
    for (uint32_t i = 0; i < paired; i += 2) {
        const struct account_view a = accounts_view(accounts, i);
        const struct account_view b = accounts_view(accounts, i + 1);
        assert_int_equal(a.position_count, b.position_count);
        for (size_t k = 0; k < a.position_count; k++) {
            const struct position_view p = accounts_position(accounts, a.position_first + k);
            const struct position_view q = accounts_position(accounts, b.position_first + k);
            assert_int_equal(p.instrument, q.instrument);
            assert_int_equal(p.lots, -q.lots);
        }
    }
    if (world->settings.accounts % 2 == 1) {
        assert_int_equal(accounts_view(accounts, paired).position_count, 0);
        assert_string_equal(accounts_cohort(accounts, paired), "flat");
    }
}

/* The entry price of a position, of which only the cost is kept, is one of the past or the start.
 */
static bool cost_is_of_history(const struct world *world, const struct position_view *position) {
    const size_t i = position->instrument;
    const struct instrument *instrument = &world->instruments[i];
    bool found = instrument_value_ceil(instrument, position->lots, world->start[i]) ==
                 (int128)position->cost;
    for (size_t k = 0; k < HISTORY && !world->no_history; k++)
        found |= instrument_value_ceil(instrument, position->lots, world->history[i][k]) ==
                 (int128)position->cost;
    return found;
}

static void assert_healthy(const struct world *world, const struct accounts *accounts) {
    struct margin_rule rules[MARKET_MAX];
    struct error error;
    for (size_t i = 0; i < world->count; i++)
        assert_int_equal(
            margin_rule_init(&rules[i], world->rulebook, &world->instruments[i], &error),
            STATUS_OK);
    for (uint32_t i = 0; i < accounts_count(accounts); i++) {
        const struct account_view view = accounts_view(accounts, i);
        int128 equity = view.balance;
        int128 maintenance = 0;
        int128 initial = 0;
        assert_true(view.balance >= 0);
        assert_true(view.position_count <= world->settings.positions.max ||
                    view.position_count == 2);
        for (size_t k = 0; k < view.position_count; k++) {
            const struct position_view p = accounts_position(accounts, view.position_first + k);
            const struct margin_rule *rule = &rules[p.instrument];
            const int64_t price = world->start[p.instrument];
            const int128 notional = margin_notional(rule, p.lots, price);
            assert_int_equal(p.mode, MARGIN_CROSS);
            assert_true(cost_is_of_history(world, &p));
            equity += instrument_value_floor(rule->instrument, p.lots, price) - p.cost;
            maintenance += margin_maintenance(rule, notional);
            initial += margin_initial(rule, world->rulebook, p.lots, p.cost, notional, 0);
        }
        assert_true(view.position_count == 0 || equity * 100 > maintenance * 105);
        assert_true(equity >= initial);
    }
    for (size_t i = 0; i < world->count; i++)
        margin_rule_finish(&rules[i]);
}

static void laws_hold_for_random_settings(void **state) {
    (void)state;
    for (uint64_t round = 0; round < ROUNDS; round++) {
        struct random_stream stream;
        struct world world;
        random_stream_init(&stream, SEED, RANDOM_TEST, round);
        random_world(&stream, &world);
        struct accounts *accounts = generate(&world, 1);
        assert_mirrored(&world, accounts);
        assert_healthy(&world, accounts);

        struct world fewer = world;
        fewer.settings.accounts = random_stream_below(&stream, world.settings.accounts + 1);
        struct accounts *start = generate(&fewer, 2);
        for (uint32_t i = 0; i + 1 < fewer.settings.accounts; i += 2) { /* whole pairs */
            assert_same_account(accounts, start, i);
            assert_same_account(accounts, start, i + 1);
        }
        accounts_destroy(start);
        accounts_destroy(accounts);
    }
}

static struct world may_world(struct random_stream *stream, uint64_t accounts) {
    struct world world = {.settings = population_settings_default(), .count = 3};
    world.settings.accounts = accounts;
    world_instrument(&world, 0, (struct decimal){1, 2}, (struct decimal){1, 3}, 4284978);
    world_instrument(&world, 1, (struct decimal){1, 2}, (struct decimal){1, 3}, 337508);
    world_instrument(&world, 2, (struct decimal){1, 4}, (struct decimal){1, 0}, 20036);
    world.open_interest[0] = INT64_C(3000000000) * U;
    world.open_interest[1] = INT64_C(1500000000) * U;
    world.open_interest[2] = INT64_C(123456789) * U;
    world.rulebook = &binance;
    world_history(&world, stream);
    return world;
}

/* The long side of each contract is its open interest, half a lot a position off at most, and the
 * legs of hedged accounts are alike. Gives how many are hedged. */
static int64_t assert_open_interest(const struct world *world, const struct accounts *accounts) {
    int128 sums[MARKET_MAX] = {0};
    int64_t hedged = 0;
    for (uint32_t i = 0; i < accounts_count(accounts); i++) {
        const struct account_view view = accounts_view(accounts, i);
        double legs[POPULATION_POSITIONS_MAX] = {0};
        double lots_value = 0.0;
        for (size_t k = 0; k < view.position_count; k++) {
            const struct position_view p = accounts_position(accounts, view.position_first + k);
            const struct instrument *instrument = &world->instruments[p.instrument];
            const int64_t price = world->start[p.instrument];
            legs[k] = (double)instrument_value_floor(instrument, p.lots, price);
            lots_value += (double)instrument_value_ceil(instrument, 1, price);
            if (p.lots > 0)
                sums[p.instrument] += instrument_value_floor(instrument, p.lots, price);
        }
        if (strcmp(accounts_cohort(accounts, i), "hedged") == 0) {
            hedged++;
            assert_int_equal(view.position_count, 2);
            assert_true(fabs(legs[0] + legs[1]) <= lots_value / 2.0 + 1.0);
        }
    }
    for (size_t i = 0; i < world->count; i++) {
        const struct instrument *instrument = &world->instruments[i];
        const double lot = (double)instrument_value_ceil(instrument, 1, world->start[i]);
        const double bound = lot * 0.5 * (double)accounts_count(accounts);
        assert_true(fabs((double)(sums[i] - world->open_interest[i])) <= bound);
        assert_true(bound < 0.3 * (double)world->open_interest[i]); /* the check above can fail */
    }
    return hedged;
}

static void open_interest_is_met(void **state) {
    (void)state;
    struct random_stream stream;
    random_stream_init(&stream, SEED, RANDOM_TEST, 1000);
    struct world world = may_world(&stream, 20001);
    world.settings.open_interest = world.open_interest;
    struct accounts *accounts = generate(&world, 1);
    assert_mirrored(&world, accounts);
    assert_healthy(&world, accounts);
    assert_in_range(assert_open_interest(&world, accounts), 20001 * 7 / 100, 20001 * 13 / 100);

    for (unsigned threads = 2; threads <= 5; threads += 3) {
        struct accounts *others = generate(&world, threads);
        for (uint32_t i = 0; i < accounts_count(accounts); i++)
            assert_same_account(accounts, others, i);
        accounts_destroy(others);
    }
    accounts_destroy(accounts);
}

/* Goal: the same where hedged accounts hold nearly everything, so that the scales of the contracts
 * lie far apart and little is left to directional accounts. */
static void open_interest_is_met_by_hedgers(void **state) {
    (void)state;
    for (uint64_t round = 0; round < 20; round++) {
        struct random_stream stream;
        random_stream_init(&stream, SEED, RANDOM_TEST, 4000 + round);
        struct world world = may_world(&stream, 2000);
        world.settings.open_interest = world.open_interest;
        world.settings.seed = round;
        world.settings.hedged_share = 0.95;
        struct accounts *accounts = generate(&world, 1);
        assert_mirrored(&world, accounts);
        assert_healthy(&world, accounts);
        assert_in_range(assert_open_interest(&world, accounts), 1800, 2000);
        accounts_destroy(accounts);
    }
}

/* Goal: every compiler and processor draws the same accounts, and a change of the population is
 * seen. Method: a hash over all columns, written down. A commit that moves it says so under
 * "Results changed". */
static void bits_are_the_same_everywhere(void **state) {
    (void)state;
    struct random_stream stream;
    random_stream_init(&stream, SEED, RANDOM_TEST, 2000);
    const struct world world = may_world(&stream, 10000);
    struct accounts *accounts = generate(&world, 1);
    uint64_t hash = UINT64_C(14695981039346656037);
    for (uint32_t i = 0; i < accounts_count(accounts); i++) {
        const struct account_view view = accounts_view(accounts, i);
        hash = (hash ^ (uint64_t)view.balance) * UINT64_C(1099511628211);
        for (size_t k = 0; k < view.position_count; k++) {
            const struct position_view p = accounts_position(accounts, view.position_first + k);
            hash = (hash ^ p.instrument) * UINT64_C(1099511628211);
            hash = (hash ^ (uint64_t)p.lots) * UINT64_C(1099511628211);
            hash = (hash ^ (uint64_t)p.cost) * UINT64_C(1099511628211);
        }
    }
    accounts_destroy(accounts);
    print_message("hash of 10,000 accounts: 0x%016llx\n", (unsigned long long)hash);
    assert_true(hash == UINT64_C(0x0417cf352d6ad18c));
}

static int compare_doubles(const void *a, const void *b) {
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Goal: equity is log-normal with a Pareto tail and leverage falls with it as asked. Method: one
 * instrument of a fine grid, no spikes, no clipping; 100,000 pairs. The two accounts of a pair
 * share their size, so standard errors are those of 100,000 draws. */
static void laws_are_those_asked_for(void **state) {
    (void)state;
    enum { COUNT = 200000 };
    static struct margin_tier tiny[] = {{0, INT64_MAX, 1, 0, 0}};
    static struct tier_table table[] = {{NULL, 1, tiny}};
    const struct rulebook loose = {.name = "loose",
                                   .margin.table_count = 1,
                                   .margin.tables = table,
                                   .margin.maintenance_multiplier = {1, 0}};
    struct world world = {.settings = population_settings_default(),
                          .count = 1,
                          .no_history = true,
                          .rulebook = &loose};
    world_instrument(&world, 0, (struct decimal){1, 2}, (struct decimal){1, 4}, 100);
    world.settings.accounts = COUNT;
    world.settings.equity.cap = 1e10;
    world.settings.leverage.min = 0.01;
    world.settings.leverage.max = 1000.0;
    world.settings.leverage.spike_share = 0.0;
    world.settings.leverage.short_factor = 1.0;
    struct accounts *accounts = generate(&world, 1);

    double *equity = calloc(COUNT, sizeof(*equity));
    assert_non_null(equity);
    double n = 0.0;
    double x = 0.0;
    double y = 0.0;
    double xx = 0.0;
    double xy = 0.0;
    for (uint32_t i = 0; i < COUNT; i++) {
        const struct account_view view = accounts_view(accounts, i);
        equity[i] = (double)view.balance / (double)U;
        const double ln_equity = log(equity[i] / 180.0);
        if (view.position_count == 1 && fabs(ln_equity) < 2.5) { /* one sd: no tail, no rounding */
            const struct position_view p = accounts_position(accounts, view.position_first);
            const double ln_leverage = log(fabs((double)p.lots) * 1e-4 / equity[i]);
            n += 1.0;
            x += ln_equity;
            y += ln_leverage;
            xx += ln_equity * ln_equity;
            xy += ln_equity * ln_leverage;
        }
    }
    accounts_destroy(accounts);
    qsort(equity, COUNT, sizeof(*equity), compare_doubles);
    const double median = log(equity[COUNT / 2] / 180.0);
    const double spread = log(equity[COUNT * 84 / 100] / equity[COUNT * 16 / 100]) / 2.0;
    double excess = 0.0;
    const int top = COUNT / 100;
    for (int i = 0; i < top; i++)
        excess += log(equity[COUNT - 1 - i] / equity[COUNT - 1 - top]);
    free(equity);
    const double hill = (double)top / excess;
    const double slope = (xy / n - x / n * (y / n)) / (xx / n - x / n * (x / n));
    const double leverage = exp(y / n - slope * (x / n));
    print_message("ln median off by %.4f, ln sd %.3f, Hill %.3f, slope %.3f, leverage %.3f\n",
                  median, spread, hill, slope, leverage);
    assert_true(fabs(median) < 4.0 * 1.2533 * 2.5 / sqrt(100000.0));
    assert_true(fabs(spread - 2.5 * 0.9945) < 0.05); /* 0.9945: normal quantile of 0.84 */
    assert_true(fabs(hill - 0.9) < 4.0 * 0.9 / sqrt(1000.0));
    assert_true(fabs(slope + 0.2) < 4.0 * 1.1 / (1.35 * sqrt(60000.0)));
    assert_true(fabs(log(leverage / 1.2)) < 4.0 * 1.1 / sqrt(60000.0));
}

static void assert_refused(const struct world *world, enum status expected, const char *text) {
    struct accounts *accounts = NULL;
    struct error error = {0};
    assert_int_equal(accounts_create(&accounts, &error), STATUS_OK);
    assert_int_equal(generate_into(world, 1, accounts, &error), expected);
    if (strstr(error.message, text) == NULL)
        fail_msg("'%s' does not say '%s'", error.message, text);
    accounts_destroy(accounts);
}

static void bad_settings_are_named(void **state) {
    (void)state;
    struct random_stream stream;
    random_stream_init(&stream, SEED, RANDOM_TEST, 3000);
    const struct world good = may_world(&stream, 100);
    struct world world = good;
    world.settings.equity.ln_sd = (double)NAN;
    assert_refused(&world, STATUS_CONFIG, "population.equity.ln_sd:");
    world = good;
    world.settings.positions.max = 11;
    assert_refused(&world, STATUS_CONFIG, "population.positions.max: 11 is not in 1 .. 10");
    world = good;
    world.settings.leverage.min = 200.0;
    assert_refused(&world, STATUS_CONFIG, "population.leverage.min:");
    world = good;
    world.start[1] = 0;
    assert_refused(&world, STATUS_CONFIG, "'B' has no usable start price");
    world = good;
    world.history[2][0] = 0;
    assert_refused(&world, STATUS_CONFIG, "past price 0 of 'C'");
    world = good;
    world.open_interest[1] = -1;
    world.settings.open_interest = world.open_interest;
    assert_refused(&world, STATUS_CONFIG, "population.open_interest.B:");
    world = good;
    world.settings.open_interest = world.open_interest;
    world.settings.accounts = 2;
    world.settings.positions.max = 1;
    world.settings.hedged_share = 0.0;
    assert_refused(&world, STATUS_CONFIG, "raise population.accounts");
}

int main(void) {
    print_message("seed %llu\n", (unsigned long long)SEED);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(laws_hold_for_random_settings),
        cmocka_unit_test(open_interest_is_met),
        cmocka_unit_test(open_interest_is_met_by_hedgers),
        cmocka_unit_test(bits_are_the_same_everywhere),
        cmocka_unit_test(laws_are_those_asked_for),
        cmocka_unit_test(bad_settings_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
