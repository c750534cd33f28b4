/* Goal: every bundled rulebook, as it stands in its file, obeys the laws of a replay: the engine
 * equals the oracle byte for byte, the ledger balances, history replayed under its own rules is
 * history, less equity never rescues an account, no liquidation leaves more requirement than
 * before, and an account split in two never needs more. Method: walks scenarios/rulebooks, so that
 * a new file is under the laws at once; many random small worlds for each (shipped_world.h), with
 * and without feedback, cleaned and not. What a rulebook has a rule for must have taken place in
 * its worlds. RULEBOOK=name, WORLD_SEED=n, WORLD_COUNT=n: that rulebook, that world alone, so many
 * of them. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <glib.h>

#include "engine/book/book.h"
#include "scenarios/rulebook/rulebook_yaml.h"
#include "tests/bundled_rulebooks.h"
#include "tests/property/oracle_compare.h"
#include "tests/property/random_draw.h"
#include "tests/property/shipped_world.h"

#define WORLDS 80
#define ACCOUNTS_ALONE 3 /* of a world, for the laws that run accounts one by one */
#define SEED_FIRST 500001
#define RULEBOOKS_AT_LEAST 20

/* ---- the files ---- */

/* Calls `law` on every bundled rulebook, or on the one asked for. */
static void for_each(void (*law)(const struct rulebook *rulebook)) {
    char **names = bundled_rulebook_names(getenv("CROSSFALL_SCENARIOS"));
    assert_non_null(names);
    assert_true(g_strv_length(names) >= RULEBOOKS_AT_LEAST);
    const char *wanted = getenv("RULEBOOK");
    size_t count = 0;
    for (char **name = names; *name != NULL; name++) {
        if (wanted != NULL && strcmp(wanted, *name) != 0)
            continue;
        struct yaml_arena *arena = yaml_arena_create();
        struct config_files files = {.arena = arena, .bundled_dir = getenv("CROSSFALL_SCENARIOS")};
        struct rulebook rulebook;
        struct error error = {0};
        if (rulebook_read(&files, *name, ".", NULL, &rulebook, &error) != STATUS_OK)
            fail_msg("%s: %s", *name, error.message);
        law(&rulebook);
        yaml_arena_destroy(arena);
        count++;
    }
    g_strfreev(names);
    assert_true(count > 0);
}

static uint64_t seed_first(void) {
    const char *seed = getenv("WORLD_SEED");
    return seed != NULL ? strtoull(seed, NULL, 10) : SEED_FIRST;
}

static uint64_t world_count(void) {
    const char *count = getenv("WORLD_COUNT");
    if (count != NULL)
        return strtoull(count, NULL, 10);
    return getenv("WORLD_SEED") != NULL ? 1 : WORLDS;
}

/* ---- engine and oracle ---- */

/* Of a rulebook's worlds, how many had it. */
struct seen {
    uint64_t worlds, differ, with_orders, moved, cleaned, identities, equal, tiers, partial,
        made_full, cooled, fund_takes, worked_off, handed, vault, adl, fund_held, socialised,
        sessions, spread, exchanges, owed, kept, goes_on, pairs, fees, funding, bankrupt, hedged,
        isolated;
    uint64_t orders, asked_more; /* sums */
};

static bool is_hedged(const struct random_world *world) {
    for (size_t a = 0; a < world->account_count; a++)
        for (size_t p = 1; p < world->rows[a].position_count; p++)
            if (world->rows[a].positions[p].instrument == world->rows[a].positions[0].instrument &&
                world->rows[a].positions[p].mode == MARGIN_CROSS)
                return true;
    return false;
}

static bool has_isolated(const struct random_world *world) {
    for (size_t a = 0; a < world->account_count; a++)
        for (size_t p = 0; p < world->rows[a].position_count; p++)
            if (world->rows[a].positions[p].mode == MARGIN_ISOLATED)
                return true;
    return false;
}

static void note(struct seen *sum, const struct shipped_world *shipped,
                 const struct oracle_result *oracle) {
    const struct random_world *world = shipped->world;
    const struct oracle_flow *flow = &oracle->simulated;
    const struct oracle_coverage *c = &flow->book.coverage;
    const bool with_orders = flow->book.row_count > 0;
    bool fees = false;
    for (size_t r = 0; r < flow->book.row_count; r++)
        fees = fees || flow->book.rows[r].fee > 0;
    sum->worlds++;
    sum->with_orders += with_orders;
    sum->moved += with_orders && world->input.feedback;
    sum->cleaned += with_orders && world->input.cleaning == CLEANING_MODELLED;
    sum->identities += oracle_is_null_replay(world) && oracle->reference.book.row_count > 0;
    sum->equal += c->breaches_equal > 0;
    sum->tiers += c->tier_crossings > 0;
    sum->partial += c->partial_closes > 0;
    sum->made_full += c->made_full > 0;
    sum->cooled += c->cooled > 0;
    sum->fund_takes += c->fund_takes > 0;
    sum->worked_off += flow->book.inventory_worked_off > 0;
    sum->handed += c->handed > 0;
    sum->vault += c->vault_takes > 0;
    sum->adl += flow->book.adl_count > 0;
    sum->fund_held += c->fund_held > 0;
    sum->socialised += flow->socialised > flow->book.spread;
    sum->sessions += c->sessions > 0;
    sum->spread += flow->book.spread > 0;
    sum->exchanges += c->exchanges > 0;
    sum->owed += with_orders && shipped->owes;
    sum->kept += c->kept > 0;
    sum->goes_on += c->goes_on > 0;
    sum->pairs += c->pairs > 0;
    sum->fees += fees;
    sum->funding += flow->book.funding != 0;
    sum->bankrupt += flow->bad_debt > 0;
    sum->hedged += with_orders && is_hedged(world);
    sum->isolated += with_orders && has_isolated(world);
    sum->orders += c->asked;
    sum->asked_more += c->asked_more;
}

static bool has_tiers(const struct rulebook *rulebook) {
    for (size_t t = 0; t < rulebook->margin.table_count; t++)
        if (rulebook->margin.tables[t].count > 1)
            return true;
    return false;
}

static bool has_action(const struct rulebook *rulebook, enum closing_action action) {
    for (size_t s = 0; s < rulebook->liquidation.stage_count; s++)
        if (rulebook->liquidation.stages[s].closing.action == action)
            return true;
    return false;
}

/* What the rulebook has a rule for was seen in its worlds. */
static bool has_seen(const struct rulebook *rules, const struct seen *sum) {
    const bool takes = rulebook_takes_over(rules);
    const bool hands = has_action(rules, ACTION_BACKSTOP); /* before a loss that the vault bears */
    const bool other = rules->collateral.count > 1;
    const struct {
        const char *name;
        bool wanted;
        uint64_t count;
        uint64_t percent; /* of the worlds, at least; one world always */
    } parts[] = {
        {"orders", true, sum->with_orders, 80},
        {"with feedback", true, sum->moved, 60},
        {"cleaned", true, sum->cleaned, 40},
        {"null replay", true, sum->identities, 10},
        {"at equality", rules->margin.trigger == TRIGGER_AT_OR_BELOW && !other, sum->equal, 10},
        {"funding", true, sum->funding, 20},
        {"bankrupt", !takes, sum->bankrupt, 20},
        {"hedge mode", true, sum->hedged, 10},
        {"isolated", true, sum->isolated, 20},
        {"tiers crossed", has_tiers(rules), sum->tiers, 10},
        {"partial", rules->liquidation.close != CLOSE_FULL, sum->partial, 20},
        {"made full",
         rules->liquidation.full_within_ns > 0 || rules->liquidation.full_below_lowest_tier,
         sum->made_full, 5},
        {"waited", rules->limits.interval_ns > 0, sum->cooled, 10},
        {"taken over", takes, sum->fund_takes, 20},
        {"worked off", takes, sum->worked_off, 10},
        {"handed over", hands, sum->handed, 10},
        {"vault", rulebook_has_stage(rules, STAGE_BACKSTOP) && !hands, sum->vault, 2},
        {"deleveraged", rulebook_has_stage(rules, STAGE_ADL), sum->adl, takes ? 2 : 10},
        {"fund held", rules->waterfall.adl_fund_fall_e8 > 0, sum->fund_held, 2},
        {"socialised", rulebook_has_stage(rules, STAGE_SOCIALISE), sum->socialised, 10},
        {"in a session", rules->waterfall.socialise_at == SOCIALISE_AT_SESSION, sum->sessions, 2},
        {"spread", rulebook_has_stage(rules, STAGE_OPEN_INTEREST), sum->spread, 10},
        {"exchanged", other, sum->exchanges, 10},
        {"owed", other, sum->owed, 10},
        {"remainder", rules->liquidation.remainder_to == REMAINDER_INSURANCE_FUND, sum->kept, 10},
        {"went on", rules->liquidation.exit_ratio_e8 > RATE_SCALE, sum->goes_on, 10},
        {"offset", rules->liquidation.order == ORDER_OFFSET_FIRST, sum->pairs, 20},
        {"fees", rules->liquidation.fee_rate_e8 > 0, sum->fees, 20},
    };
    bool enough = true;
    printf("%s: %llu worlds, %llu orders (%llu left more asked)\n ", rules->name,
           (unsigned long long)sum->worlds, (unsigned long long)sum->orders,
           (unsigned long long)sum->asked_more);
    for (size_t p = 0; p < sizeof(parts) / sizeof(parts[0]); p++) {
        if (!parts[p].wanted)
            continue;
        const bool seen =
            parts[p].count > 0 && 100 * parts[p].count >= parts[p].percent * sum->worlds;
        printf(" %s %llu%s", parts[p].name, (unsigned long long)parts[p].count,
               seen ? "," : " (TOO FEW),");
        enough = enough && seen;
    }
    printf("\n");
    return enough || sum->worlds < WORLDS;
}

/* Under portfolio margin an order may close one leg of a hedge, and the rest then asks for more:
 * the model's page says so. All at once leaves nothing. Everywhere else what is asked is a sum over
 * positions, and one with fewer lots asks for less. */
static bool may_ask_more(const struct rulebook *rulebook) {
    return rulebook->margin.portfolio != NULL && rulebook->liquidation.order != ORDER_ALL;
}

static void law_oracle(const struct rulebook *rulebook) {
    struct seen sum = {0};
    const uint64_t first = seed_first();
    for (uint64_t seed = first; seed < first + world_count(); seed++) {
        struct shipped_world *shipped = shipped_world_create(rulebook, seed);
        struct oracle_result oracle;
        struct run_capture run;
        if (!oracle_compare(shipped->world, &run, &oracle)) {
            fprintf(stderr, "  rulebook %s\n", rulebook->name);
            sum.differ++;
        }
        note(&sum, shipped, &oracle);
        run_capture_finish(&run);
        oracle_finish(&oracle);
        shipped_world_destroy(shipped);
    }
    const bool enough = has_seen(rulebook, &sum);
    if (!enough || sum.differ > 0 || (sum.asked_more > 0 && !may_ask_more(rulebook)))
        fail_msg("%s", rulebook->name);
}

static void the_engine_equals_the_oracle(void **state) {
    (void)state;
    for_each(law_oracle);
}

/* ---- less equity ---- */

/* Runs the world with one of its accounts alone. */
static void run_alone(struct random_world *world, const struct world_account *row,
                      struct run_capture *ret_run) {
    struct world_account own = *row;
    own.settlement = world->rows[0].settlement;
    struct accounts *accounts = random_world_accounts(&own, 1);
    struct replay_input input = world->input;
    input.simulated.accounts = accounts;
    random_world_rewind(world);
    run_capture(&input, ret_run);
    accounts_destroy(accounts);
}

/* Prices are given: no impact, no reference. */
static void still_the_market(struct random_world *world) {
    world->input.cleaning = CLEANING_NONE;
    for (size_t i = 0; i < world->input.instrument_count; i++) {
        world->models[i] = impact_model_find("none");
        world->params[i].space = IMPACT_LOG;
    }
}

/* A venue that exchanges collateral for a debt before it liquidates (Binance multi-assets: 0.975
 * for BTC that counts 0.95) does give an account more equity for a deeper debt. That is the venue's
 * rule, not a rescue by less: such an account is not under the law. */
static bool is_exchanged_early(const struct rulebook *rulebook, const struct world_account *row) {
    return rulebook->margin.exchange_below > 0 && row->holding_count > 0;
}

/* When the account had its first order; INT64_MAX: never. An exchange of collateral alone is none:
 * it leaves a row only where a debt is left. */
static int64_t first_order(const struct run_capture *run) {
    for (size_t r = 0; r < run->row_count; r++)
        if (run->rows[r].quantity_lots != 0)
            return run->rows[r].ts_ns;
    return INT64_MAX;
}

/* With less in its wallet an account has its first order no later. Up to that order its world is
 * the same; after it the law would say little, since partial closes leave different positions. */
static void law_less_equity(const struct rulebook *rulebook) {
    uint64_t liquidated = 0;
    uint64_t earlier = 0;
    const uint64_t first = seed_first();
    for (uint64_t seed = first; seed < first + world_count(); seed++) {
        struct shipped_world *shipped = shipped_world_create(rulebook, seed);
        struct random_world *world = shipped->world;
        struct random_stream dice;
        random_stream_init(&dice, seed, RANDOM_TEST, 9);
        still_the_market(world);
        for (size_t a = 0; a < world->account_count && a < ACCOUNTS_ALONE; a++) {
            if (is_exchanged_early(rulebook, &world->rows[a]))
                continue;
            struct run_capture rich;
            struct run_capture poor;
            struct world_account row = world->rows[a];
            run_alone(world, &row, &rich);
            row.balance -= chance(&dice, 50)
                               ? 1
                               : 1 + (int64_t)(shipped->notional * (double)MONEY_SCALE *
                                               (double)between(&dice, 0, 100) / 1e3);
            run_alone(world, &row, &poor);
            const int64_t then = first_order(&rich);
            const int64_t now = first_order(&poor);
            if (now > then)
                fail_msg("%s, world %llu, account %zu: less equity rescued it", rulebook->name,
                         (unsigned long long)seed, a);
            liquidated += then != INT64_MAX;
            earlier += then != INT64_MAX && now < then;
            run_capture_finish(&rich);
            run_capture_finish(&poor);
        }
        shipped_world_destroy(shipped);
    }
    printf("%s: %llu accounts liquidated, %llu earlier with less\n", rulebook->name,
           (unsigned long long)liquidated, (unsigned long long)earlier);
    if (world_count() >= WORLDS)
        assert_true(liquidated > WORLDS / 2 && earlier > WORLDS / 20);
}

static void less_equity_never_rescues(void **state) {
    (void)state;
    for_each(law_less_equity);
}

/* ---- an account in two ---- */

/* Divides an account's positions at random between two; what it holds and owes stays with the
 * first. */
static void split(struct random_stream *dice, const struct world_account *row,
                  struct world_account *ret_halves) {
    for (size_t h = 0; h < 2; h++) {
        ret_halves[h] = *row;
        ret_halves[h].position_count = 0;
        ret_halves[h].holding_count = h == 0 ? row->holding_count : 0;
        (void)snprintf(ret_halves[h].id, sizeof(ret_halves[h].id), "half %zu", h);
    }
    ret_halves[0].balance = row->balance / 2;
    ret_halves[1].balance = row->balance - row->balance / 2;
    for (size_t p = 0; p < row->position_count; p++) {
        const struct world_position *whole = &row->positions[p];
        const int64_t magnitude = whole->lots < 0 ? -whole->lots : whole->lots;
        const int64_t first = between(dice, 0, magnitude);
        const int64_t parts[2] = {first, magnitude - first};
        const int64_t cost = (int64_t)div_floor((int128)whole->cost * first, magnitude);
        const int64_t costs[2] = {cost, whole->cost - cost};
        for (size_t h = 0; h < 2; h++) {
            if (parts[h] == 0)
                continue;
            struct world_position *to = &ret_halves[h].positions[ret_halves[h].position_count++];
            *to = *whole;
            to->lots = whole->lots < 0 ? -parts[h] : parts[h];
            to->cost = costs[h];
        }
    }
}

/* What the engine asks of some accounts at these prices. */
static int128 asked_of(const struct random_world *world, struct world_account *rows, size_t count,
                       const int64_t *prices) {
    struct error error = {0};
    rows[0].settlement = world->rows[0].settlement;
    struct accounts *accounts = random_world_accounts(rows, count);
    const struct venue_input venue = {.accounts = accounts, .rulebook = &world->rules.rulebook};
    struct book book;
    if (book_init(&book, &venue, world->instruments, world->input.instrument_count, NULL, prices,
                  prices, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    int128 asked = 0;
    for (size_t p = 0; p < book.pool_count; p++)
        asked += book_health(&book, &book.pools[p], prices).requirement;
    book_finish(&book);
    accounts_destroy(accounts);
    return asked;
}

/* A sum asked of each open position is asked twice of two. */
static bool asks_by_position(const struct rulebook *rulebook) {
    for (size_t i = 0; i < rulebook->margin.size_count; i++)
        if (rulebook->margin.sizes[i].minimum > 0)
            return true;
    return false;
}

/* Not under portfolio margin, where positions net and two accounts do not; and not where a sum is
 * asked of each position. A few units are the roundings of notional and margin. */
static void law_split(const struct rulebook *rulebook) {
    uint64_t accounts = 0;
    uint64_t less = 0;
    const uint64_t first = seed_first();
    if (rulebook->margin.portfolio != NULL || asks_by_position(rulebook))
        return;
    for (uint64_t seed = first; seed < first + world_count(); seed++) {
        struct shipped_world *shipped = shipped_world_create(rulebook, seed);
        const struct random_world *world = shipped->world;
        struct random_stream dice;
        random_stream_init(&dice, seed, RANDOM_TEST, 10);
        for (size_t a = 0; a < world->account_count && a < 3 * ACCOUNTS_ALONE; a++) {
            struct world_account whole = world->rows[a];
            struct world_account halves[2];
            int64_t prices[WORLD_INSTRUMENTS_MAX];
            for (size_t i = 0; i < world->input.instrument_count; i++)
                prices[i] = world->series[i].count == 0
                                ? 100
                                : world->series[i]
                                      .price[0][random_stream_below(&dice, world->series[i].count)];
            split(&dice, &whole, halves);
            const int128 together = asked_of(world, &whole, 1, prices);
            const int128 apart = asked_of(world, halves, 2, prices);
            if (apart > together + 4 * (int128)whole.position_count)
                fail_msg("%s, world %llu, account %zu: asks for more in two parts", rulebook->name,
                         (unsigned long long)seed, a);
            accounts += together > 0;
            less += apart + 4 < together;
        }
        shipped_world_destroy(shipped);
    }
    printf("%s: %llu accounts split, %llu ask for less in two\n", rulebook->name,
           (unsigned long long)accounts, (unsigned long long)less);
    if (world_count() < WORLDS)
        return;
    assert_true(accounts > WORLDS);
    assert_true(less > WORLDS / 4 || (!has_tiers(rulebook) && rulebook->margin.size_count == 0));
}

static void a_split_account_never_needs_more(void **state) {
    (void)state;
    for_each(law_split);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_engine_equals_the_oracle),
        cmocka_unit_test(less_equity_never_rescues),
        cmocka_unit_test(a_split_account_never_needs_more),
    };
    printf("worlds from %llu on, %llu a rulebook\n", (unsigned long long)seed_first(),
           (unsigned long long)world_count());
    return cmocka_run_group_tests(tests, NULL, NULL);
}
